/** safetensors.mjs - the seeds of the safetensors reader: weights and checkpoints of small models. */

/** A tensor of a header: name, type, shape, bytes. @typedef {[string, string, number[], number]} Entry */

/**
 * A safetensors file: the header's length in 8 bytes, the header, the data.
 * @param {string} header
 * @param {Uint8Array} [data]
 * @param {number | bigint} [claim]  the length that the file states
 */
function safe(header, data = new Uint8Array(), claim = Buffer.byteLength(header)) {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(claim));
  return Buffer.concat([head, Buffer.from(header), data]);
}
const f32 = (/** @type {number[]} */ ...values) => Buffer.from(Float32Array.from(values).buffer);
/** Entries of a header, whose data follow one another. @param {Entry[]} list */
function entries(list) {
  let at = 0;
  return list
    .map(
      ([name, dtype, shape, bytes]) =>
        `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${at},${(at += bytes)}]}`,
    )
    .join(',');
}
/** The metadata of a file of ours with two classes. */
const META = (/** @type {string} */ settings, more = '') =>
  `"__metadata__":{"checksum":"00000000","format":"inklearn","version":"1","settings":"${settings}","classes":"a\\nb\\n"${more}}`;
const SMALL = 'model=avgpool(28) linear(classes)\\nbatch=2\\nepochs=2',
  AVG = /** @type {Entry[]} */ ([
    ['2.weight', 'F32', [2, 1], 8],
    ['2.bias', 'F32', [2], 8],
  ]);
const numbered = (/** @type {string} */ prefix) =>
  AVG.map(([name, ...rest]) => /** @type {Entry} */ ([prefix + name, ...rest]));
const bn = /** @type {Entry[]} */ ([
  ['1.num_batches_tracked', 'I64', [], 8],
  ['1.weight', 'F32', [1], 4],
  ['1.bias', 'F32', [1], 4],
  ['1.running_mean', 'F32', [1], 4],
  ['1.running_var', 'F32', [1], 4],
  ['3.weight', 'F32', [2, 1], 8],
  ['3.bias', 'F32', [2], 8],
]);
/** The metadata of a run after one step, with the changes of `o`. */
const progress = (o = {}) => {
  const p = {
    fit: 0,
    fit_epoch: 0,
    fit_step: 1,
    step: 1,
    epoch: 0,
    train_at: 2,
    loss_sum: 0.7,
    smooth_value: 0.01,
    smooth_count: 1,
    optimizer_steps: 1,
    train_count: 4,
    valid_count: 2,
    first_epoch: 0,
    momentum: 0,
    ...o,
  };
  return `,"progress":"${Object.entries(p)
    .map(([k, v]) => `${k}=${v}\\n`)
    .join('')}"`;
};
const weights = f32(1, -1, 0.5, 0.25);
const counter = (/** @type {bigint} */ n) => Buffer.from(BigInt64Array.of(n).buffer);
const bnData = (/** @type {number} */ variance, n = 3n) =>
  Buffer.concat([counter(n), f32(1, 0, 0.1, variance, 1, -1, 0, 0)]);
const resnet = /** @type {Entry[]} */ ([
  ['layer4.0.conv1.weight', 'F32', [1], 4],
  ['fc.weight', 'F32', [1], 4],
  ['fc.bias', 'F32', [1], 4],
]);
/**
 * A file of a body with one block, with torchvision's names.
 * @param {string[]} fc  the parameters of the last layer that the file has
 * @param {string} [layer4]
 */
function residual(fc, layer4 = 'layer4.0.') {
  const norm = (/** @type {string} */ name) =>
    ['weight', 'bias', 'running_mean', 'running_var'].map(
      (part) => /** @type {const} */ ([`${name}.${part}`, 'F32', [1], 4]),
    );
  const counters = ['bn1', 'bn2'].map(
    (name) => /** @type {const} */ ([`${layer4}${name}.num_batches_tracked`, 'I64', [], 8]),
  );
  const list = /** @type {Entry[]} */ ([
    ...counters,
    ['conv1.weight', 'F32', [1, 1, 28, 28], 3136],
    [`${layer4}conv1.weight`, 'F32', [1, 1, 3, 3], 36],
    ...norm(`${layer4}bn1`),
    [`${layer4}conv2.weight`, 'F32', [1, 1, 3, 3], 36],
    ...norm(`${layer4}bn2`),
    ...fc.map((name) => /** @type {const} */ ([`fc.${name}`, 'F32', [1], 4])),
  ]);
  return safe(
    `{${META('model=body(conv(1,28,bias=no) relu relu relu relu relu relu sequence(block(1))) head(flatten linear(classes))')},${entries(list)}}`,
    Buffer.alloc(list.reduce((sum, [, , , bytes]) => sum + bytes, 0)),
  );
}
/** Files by the name of the seed. */
export const safes = {
  'torchvision-block': residual(['weight', 'bias']),
  'torchvision-no-fc': residual([]),
  'torchvision-no-weight': residual(['bias']),
  'torchvision-no-bias': residual(['weight']),
  'torchvision-no-layer4': residual(['weight', 'bias'], '0.7.0.'),
  checkpoint: safe(`{${META(SMALL)},${entries(AVG)}}`, weights),
  resumable: safe(`{${META(SMALL, progress())},${entries(AVG)}}`, weights),
  'resumable-momentum': safe(
    `{${META(`${SMALL}\\nmomentum=0.9`, progress())},${entries([...AVG, ...numbered('optimizer.first.')])}}`,
    Buffer.concat([weights, weights]),
  ),
  'resumable-adam': safe(
    `{${META(`${SMALL}\\noptimizer=adam`, progress())},${entries([...AVG, ...numbered('optimizer.first.'), ...numbered('optimizer.second.')])}}`,
    Buffer.concat([weights, weights, f32(1, 1, 1, 1)]),
  ),
  'mean-square-negative': safe(
    `{${META(`${SMALL}\\noptimizer=adam`, progress())},${entries([...AVG, ...numbered('optimizer.first.'), ...numbered('optimizer.second.')])}}`,
    Buffer.concat([weights, weights, f32(1, -1, 1, 1)]),
  ),
  'state-missing': safe(`{${META(`${SMALL}\\noptimizer=adam`, progress())},${entries(AVG)}}`, weights),
  'fine-tune': safe(
    `{${META(`${SMALL}\\nschedule=fine_tune`, progress({ fit: 1, fit_epoch: 1, fit_step: 3, epoch: 2, step: 5 }))},${entries(AVG)}}`,
    weights,
  ),
  bn: safe(`{${META('model=avgpool(28) bn flatten linear(classes)\\nbatch=2')},${entries(bn)}}`, bnData(1)),
  'bn-variance-negative': safe(
    `{${META('model=avgpool(28) bn flatten linear(classes)\\nbatch=2')},${entries(bn)}}`,
    bnData(-1),
  ),
  'bn-count-negative': safe(
    `{${META('model=avgpool(28) bn flatten linear(classes)\\nbatch=2')},${entries(bn)}}`,
    bnData(1, -3n),
  ),
  'bn-count-float': safe(
    `{${META('model=avgpool(28) bn flatten linear(classes)\\nbatch=2')},${entries(bn.map(([n, t, s, b]) => [n, t === 'I64' ? 'F32' : t, s, t === 'I64' ? 4 : b]))}}`,
    bnData(1).subarray(4),
  ),
  weights: safe(
    `{${entries([['1.num_batches_tracked', 'I64', [], 8], ...bn.slice(1, 5), ['3.weight', 'F32', [2, 1], 8], ['3.bias', 'F32', [2], 8]])}}`,
    bnData(1),
  ),
  torchvision: safe(`{${entries(resnet)}}`, f32(1, 2, 3)),
  'torchvision-resnet': safe(
    `{${META('model=body(conv(1,28,bias=no)) head(flatten linear(classes))')},${entries(resnet)}}`,
    f32(1, 2, 3),
  ),
  'no-metadata': safe(`{${entries(AVG)}}`, weights),
  'no-settings': safe(`{"__metadata__":{"format":"pt"},${entries(AVG)}}`, weights),
  'no-checksum': safe(`{"__metadata__":{"format":"inklearn","version":"1"},${entries(AVG)}}`, weights),
  'no-version': safe(`{"__metadata__":{"checksum":"00000000","format":"inklearn"},${entries(AVG)}}`, weights),
  'version-2': safe(
    `{"__metadata__":{"checksum":"00000000","format":"inklearn","version":"2"},${entries(AVG)}}`,
    weights,
  ),
  'classes-other': safe(`{${META(SMALL).replace('a\\nb\\n', 'a\\nc\\n')},${entries(AVG)}}`, weights),
  'classes-more': safe(`{${META(SMALL).replace('a\\nb\\n', 'a\\nb\\nc\\n')},${entries(AVG)}}`, weights),
  'classes-fewer': safe(`{${META(SMALL).replace('a\\nb\\n', 'a')},${entries(AVG)}}`, weights),
  'classes-prefix': safe(`{${META(SMALL).replace('a\\nb\\n', '\\nb\\n')},${entries(AVG)}}`, weights),
  'classes-empty': safe(`{${META(SMALL).replace('a\\nb\\n', 'a\\nb\\n\\n')},${entries(AVG)}}`, weights),
  'classes-none': safe(`{${META(SMALL).replace(',"classes":"a\\nb\\n"', '')},${entries(AVG)}}`, weights),
  'settings-bad': safe(`{${META('epochs=0')},${entries(AVG)}}`, weights),
  'model-bad': safe(`{${META('model=nothing')},${entries(AVG)}}`, weights),
  'model-huge': safe(`{${META('model=linear(60000) linear(4000) linear(classes)')},${entries(AVG)}}`, weights),
  'shape-other': safe(
    `{${META(SMALL)},${entries([
      ['2.weight', 'F32', [1, 2], 8],
      ['2.bias', 'F32', [2], 8],
    ])}}`,
    weights,
  ),
  'rank-other': safe(
    `{${META(SMALL)},${entries([
      ['2.weight', 'F32', [2], 8],
      ['2.bias', 'F32', [2], 8],
    ])}}`,
    weights,
  ),
  'type-other': safe(
    `{${META(SMALL)},${entries([
      ['2.weight', 'F32', [2, 1], 8],
      ['2.bias', 'I64', [1], 8],
    ])}}`,
    weights,
  ),
  'type-f16': safe(`{${entries([['w', 'F16', [2], 4]])}}`, f32(1)),
  'tensor-more': safe(
    `{${META(SMALL)},${entries([...AVG, ['more', 'F32', [1], 4]])}}`,
    Buffer.concat([weights, f32(1)]),
  ),
  'tensor-twice': safe(
    `{${entries([
      ['a', 'F32', [1], 4],
      ['a', 'F32', [1], 4],
    ])}}`,
    f32(1, 2),
  ),
  nan: safe(`{${META(SMALL)},${entries(AVG)}}`, f32(NaN, 1, 2, 3)),
  infinity: safe(`{${META(SMALL)},${entries(AVG)}}`, f32(1, 2, 3, Infinity)),
  'progress-other-data': safe(`{${META(SMALL, progress({ train_count: 5 }))},${entries(AVG)}}`, weights),
  'progress-nowhere': safe(`{${META(SMALL, progress({ fit_step: 2 }))},${entries(AVG)}}`, weights),
  ...Object.fromEntries(
    Object.entries({
      end: { fit_epoch: 2, fit_step: 4, step: 4, epoch: 2, train_at: 0 },
      'behind-end': { fit_epoch: 3, fit_step: 6, step: 6, epoch: 3, train_at: 0 },
      'no-such-fit': { fit: 1, epoch: 2 },
      'epoch-end': { train_at: 4, fit_step: 2, step: 2 },
      'behind-epoch': { train_at: 6, fit_step: 3, step: 3 },
      'within-batch': { train_at: 3, fit_step: 2, step: 2 },
      'more-steps': { step: 5 },
      'fewer-steps': { step: 0, smooth_count: 0 },
      'smooth-count': { smooth_count: 2 },
      'smooth-nan': { smooth_value: NaN },
      'momentum-0.9': { momentum: 0.9 },
      'momentum-1': { momentum: 1 },
      'momentum-negative': { momentum: -0.1 },
      'momentum-nan': { momentum: NaN },
      'first-epoch': { first_epoch: 3, epoch: 3 },
      'epoch-other': { epoch: 1 },
      'steps-most': { optimizer_steps: 2 ** 30 },
      'steps-too-many': { optimizer_steps: 2 ** 30 + 1 },
      'steps-half': { optimizer_steps: 0.5 },
      'steps-negative': { optimizer_steps: -1 },
      'valid-other': { valid_count: 3 },
    }).map(([name, o]) => [`progress-${name}`, safe(`{${META(SMALL, progress(o))},${entries(AVG)}}`, weights)]),
  ),
  'progress-nan': safe(`{${META(SMALL, progress({ loss_sum: NaN }))},${entries(AVG)}}`, weights),
  'progress-text': safe(`{${META(SMALL, ',"progress":"fit=0\\nepoch"')},${entries(AVG)}}`, weights),
  'data-more': safe(`{${entries(AVG)}}`, Buffer.concat([weights, f32(1)])),
  'data-less': safe(`{${entries(AVG)}}`, weights.subarray(0, 12)),
  'data-gap': safe('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', f32(1, 2)),
  'data-overlap': safe(
    '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
    f32(1),
  ),
  'offsets-backwards': safe('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', f32(1)),
  'offsets-back': safe(
    '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}',
    f32(1),
  ),
  'empty-tensors': safe(
    `{${entries([
      ['a', 'F32', [0], 0],
      ['b', 'F32', [0, 9], 0],
      ['c', 'F32', [], 4],
    ])}}`,
    f32(1),
  ),
  'shape-wrong': safe(`{${entries([['a', 'F32', [3], 4]])}}`, f32(1)),
  'shape-overflow': safe(`{${entries([['a', 'F32', [2000000000, 2000000000], 4]])}}`, f32(1)),
  'shape-largest': safe(`{${entries([['a', 'F32', [268435455], 4]])}}`, f32(1)), // 2 GB of counters, to the byte
  'shape-deep': safe(`{${entries([['a', 'F32', [1, 1, 1, 1, 1], 4]])}}`, f32(1)),
  'number-largest': safe('{"a":{"shape":[2147483647]}}'),
  'number-huge': safe('{"a":{"shape":[99999999999999999999]}}'),
  'number-negative': safe('{"a":{"shape":[-1]}}'),
  blanks: safe(
    ' { "__metadata__" : { "a" : "b" } , "w" : { "shape" : [ ] , "dtype" : "F32" , "data_offsets" : [ 0 , 4 ] } }\n\t\r ',
    f32(1),
  ),
  escapes: safe('{"__metadata__":{"\\"\\\\\\/\\b\\f\\n\\r\\t":"\\u0041\\u007F\\u001f"}}'),
  'escape-unknown': safe('{"\\x":1}'),
  'escape-80': safe('{"\\u0080":1}'),
  'escape-high': safe('{"\\u00e9":1}'),
  'escape-pair': safe('{"__metadata__":{"author":"Jos\\u00e9 \\uD83D\\uDE00"}}'),
  'escape-first-half': safe('{"__metadata__":{"a":"\\ud83d"}}'),
  'escape-second-half': safe('{"__metadata__":{"a":"\\ude00"}}'),
  'escape-two-first-halves': safe('{"__metadata__":{"a":"\\ud83d\\ud83d"}}'),
  'escape-0': safe('{"__metadata__":{"a":"\\u0000"}}'),
  'utf-8': safe('{"__metadata__":{"\u00e9\u6f22\u{1f600}":""}}'),
  'utf-8-cut': safe('{"__metadata__":{"a":"?"}}', Buffer.alloc(0)).map((byte) => (byte === 0x3f ? 0xc3 : byte)),
  'latin-1': safe('{"__metadata__":{"a":"?"}}', Buffer.alloc(0)).map((byte) => (byte === 0x3f ? 0xe9 : byte)),
  line: safe(`{${META(SMALL, ',"line":"avgpool(28) linear(classes)"')},${entries(AVG)}}`, weights),
  'line-other': safe(`{${META(SMALL, ',"line":"avgpool(28) linear(2)"')},${entries(AVG)}}`, weights),
  'line-python': safe(
    `{${META(SMALL, ',"line":"avgpool(28) linear(classes) )\\"\\"\\"\\nimport os"')},${entries(AVG)}}`,
    weights,
  ),
  'progress-more': safe(`{${META(SMALL, progress().replace(/"$/, 'more=1\\n"'))},${entries(AVG)}}`, weights),
  'escape-cut': safe('{"\\u00'),
  'escape-hex': safe('{"\\u00g0":1}'),
  control: safe('{"a\u0001":1}'),
  'text-open': safe('{"abc'),
  'name-long': safe(`{"${'n'.repeat(100)}":1}`),
  'name-empty': safe('{"":{}}'),
  'field-unknown': safe('{"a":{"size":1}}'),
  'field-twice': safe('{"a":{"dtype":"F32","dtype":"F32"}}'),
  'field-missing': safe('{"a":{"dtype":"F32"}}'),
  'offsets-three': safe('{"a":{"data_offsets":[0,1,2]}}'),
  'offsets-one': safe('{"a":{"data_offsets":[0]}}'),
  comma: safe('{"a":{"dtype":"F32" "shape":[]}}'),
  'comma-list': safe('{"a":{"shape":[1 2]}}'),
  'comma-entries': safe('{"__metadata__":{} "a":{}}'),
  'comma-metadata': safe('{"__metadata__":{"a":"b" "c":"d"}}'),
  colon: safe('{"a" {}}'),
  'metadata-twice': safe('{"__metadata__":{},"__metadata__":{}}'),
  'metadata-same': safe('{"__metadata__":{"a":"b","a":"c"}}'),
  'metadata-many': safe(`{"__metadata__":{${Array.from({ length: 1030 }, (_, i) => `"${i}":""`).join()}}}`),
  'metadata-number': safe('{"__metadata__":{"a":1}}'),
  deep: safe('{"a":[[[[[[[[[[[[1]]]]]]]]]]]]}'),
  'two-values': safe('{} {}'),
  array: safe('[]'),
  nothing: safe(''),
  short: Buffer.from('abc'),
  'header-long': safe('{}', undefined, 3),
  'header-4GB': safe('{}', undefined, 0xffffffff),
  'header-2to64': safe('{}', undefined, 0xffffffffffffffffn),
};
