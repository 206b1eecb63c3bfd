/**
 * make-corpus.mjs - makes the corpus that fuzzing starts from and that every test run replays:
 * tests/fuzz/corpus/<parser>/<name>. What fuzzing found lies there too, named found-*, and is left alone.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { chunk, idx, ihdr, paxRecord, png, pngRows, TAR_END, tarEntry } from '../support/files.mjs';
import { DAMAGED, exif, FORMATS, ODD, paletteOf, picture, sampleOf } from '../support/pngs.mjs';

/** @type {Record<string, Buffer | string>} */
const pngs = {};
for (const [colour, depth] of FORMATS)
  for (const interlace of [0, 1])
    pngs[`c${colour}-d${depth}-i${interlace}`] = picture(colour, depth, { width: 7, height: 6, interlace });
for (const filter of [0, 1, 2, 3, 4]) pngs[`filter${filter}`] = picture(2, 8, { width: 5, height: 3, filter });
pngs['key-grey'] = picture(0, 4, { width: 5, height: 3, transparency: [0, 1] });
pngs['key-rgb16'] = picture(2, 16, { width: 5, height: 3, transparency: [0, 0, 71, 71, 142, 142] });
pngs['palette-alpha'] = picture(3, 2, { width: 5, height: 3, transparency: [0, 99, 200] });
pngs['palette-short'] = png({ width: 5, height: 3, depth: 4, colour: 3, palette: [1, 2, 3], sample: (x) => x });
pngs['thin'] = picture(0, 1, { width: 1, height: 9, interlace: 1 });
{
  // image data in several chunks, some of them empty
  const whole = picture(0, 8, { width: 5, height: 4 }),
    at = whole.indexOf('IDAT') + 4,
    data = whole.subarray(at, whole.length - 16);
  const cuts = [data.subarray(0, 0), data.subarray(0, 3), data.subarray(3, 3), data.subarray(3)];
  pngs['chunks'] = Buffer.concat([whole.subarray(0, at - 8), ...cuts.map((cut) => chunk('IDAT', cut)), chunk('IEND')]);
}
pngs['digit'] = picture(0, 8, { width: 28, height: 28 });
for (const [colour, depth] of FORMATS) {
  const o = { width: 6, height: 5, depth, colour, sample: sampleOf(depth) };
  const palette = Buffer.from(colour === 3 ? [6, ...paletteOf(2), 1, 128] : colour === 0 ? [0, 2, 0, 1] : [0, 0]);
  pngs[`rows-c${colour}-d${depth}`] = Buffer.concat([
    Buffer.from('ROWS'),
    ihdr({ ...o, interlace: depth === 8 ? 1 : 0 }).subarray(8, 21),
    palette,
    ...pngRows({ ...o, interlace: depth === 8 ? 1 : 0 }),
  ]);
}
pngs['rows-too-few'] = Buffer.from('ROWS');
const fileName = (/** @type {string} */ name) => name.replace(/[^a-z0-9]+/gi, '-').slice(0, 60);
for (const [name, bytes] of DAMAGED) if (bytes.length < 2000) pngs[`bad-${fileName(name).slice(0, 40)}`] = bytes;
for (const [name, bytes] of ODD) if (bytes.length < 2600) pngs[`odd-${fileName(name)}`] = bytes;
for (let orientation = 0; orientation <= 9; orientation++)
  pngs[`exif-${orientation}`] = picture(6, 8, {
    width: 5,
    height: 3,
    interlace: orientation & 1,
    extra: [exif(orientation, orientation > 4)],
  });
pngs['exif-of-another-type'] = picture(2, 8, { width: 5, height: 3, extra: [exif(6, false, 4)] });
for (const cut of [1, 7, 8, 9, 10, 21, 22, 31])
  pngs[`exif-cut-at-${cut}`] = picture(2, 8, {
    width: 5,
    height: 3,
    extra: [chunk('eXIf', exif(6).subarray(8, 8 + cut))],
  });
pngs['exif-directory-beyond'] = picture(2, 8, {
  width: 5,
  height: 3,
  extra: [chunk('eXIf', Buffer.from('4d4d002affffffff0001', 'hex'))],
});
pngs['exif-directory-at-the-end'] = picture(2, 8, {
  width: 5,
  height: 3,
  extra: [chunk('eXIf', Buffer.from('4d4d002a00000008ffff', 'hex'))],
});
const whiteInk = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ c) =>
  c === 3 ? 50 * x : 255;
pngs['white-ink'] = png({ width: 6, height: 3, colour: 6, sample: whiteInk });
pngs['white-ink-16'] = png({
  width: 6,
  height: 3,
  colour: 4,
  depth: 16,
  interlace: 1,
  sample: (x, y, c) => (c === 1 ? 13000 * x : 65535),
});
pngs['white-ink-palette'] = png({
  width: 6,
  height: 3,
  colour: 3,
  depth: 4,
  palette: Array(48).fill(255),
  transparency: Array.from({ length: 16 }, (_, i) => 17 * i),
  sample: (x) => x,
});

const size256 = Buffer.alloc(12);
size256[0] = 0x80;
size256[11] = 5;
const text = Buffer.from('hello'),
  long = `${'long/'.repeat(30)}x`;
/** A header whose sum is written as old programs computed it, of signed bytes. */
const signed = tarEntry('\xe9', Buffer.alloc(0));
signed.write('        ', 148, 'latin1');
signed.write(
  `${signed
    .subarray(0, 512)
    .reduce((a, b) => a + (b > 127 ? b - 256 : b), 0)
    .toString(8)
    .padStart(6, '0')}\0 `,
  148,
  'latin1',
);
const tar = (/** @type {Buffer[]} */ ...entries) => Buffer.concat([...entries, TAR_END]);
/**
 * A PAX header of 128 bytes that ends in `last`, and a byte more: read in pieces, it fills its memory to the last byte.
 */
const cutPax = (/** @type {string} */ last) =>
  tarEntry('x', Buffer.concat([paxRecord('comment', 'x'.repeat(128 - last.length - 13)), Buffer.from(last)]), {
    type: 'x',
  }).subarray(0, 512 + 128 + 1);
const tars = {
  empty: TAR_END,
  file: tar(tarEntry('a/b', text)),
  two: tar(tarEntry('a', text), tarEntry('b', Buffer.alloc(512, 7)), tarEntry('c')),
  'no-end': tarEntry('a', text),
  'one-zero-block': Buffer.concat([tarEntry('a', text), Buffer.alloc(512)]),
  'junk-behind-end': Buffer.concat([tar(tarEntry('a', text)), Buffer.from('junk')]),
  'cut-in-data': tarEntry('a', Buffer.alloc(600)).subarray(0, 900),
  'cut-in-header': tarEntry('a', text).subarray(0, 300),
  prefix: tar(tarEntry('name', text, { prefix: 'prefix' })),
  'gnu-magic': tar(tarEntry('name', text, { prefix: 'no prefix', magic: 'ustar  \0' })),
  'long-name': tar(tarEntry('L', Buffer.from(`${long}\0`), { type: 'L' }), tarEntry('short', text)),
  'too-long-name': tar(tarEntry('L', Buffer.alloc(1100, 97), { type: 'L' }), tarEntry('short', text)),
  'long-link': tar(tarEntry('K', Buffer.from(long), { type: 'K' }), tarEntry('link', undefined, { type: '2' })),
  pax: tar(
    tarEntry('x', Buffer.concat([paxRecord('path', 'p/q'), paxRecord('mtime', '1.5'), paxRecord('size', '5')]), {
      type: 'x',
    }),
    tarEntry('short', text, { size: `${'0'.repeat(11)}\0` }),
  ),
  'pax-then-long': tar(
    tarEntry('x', paxRecord('path', 'by pax'), { type: 'x' }),
    tarEntry('L', Buffer.from('by L\0'), { type: 'L' }),
    tarEntry('short', text),
  ),
  'long-then-pax': tar(
    tarEntry('L', Buffer.from('by L\0'), { type: 'L' }),
    tarEntry('x', paxRecord('path', 'by pax'), { type: 'x' }),
    tarEntry('short', text),
  ),
  'pax-global': tar(tarEntry('g', paxRecord('comment', 'x'), { type: 'g' }), tarEntry('a', text)),
  'pax-solaris': tar(tarEntry('X', paxRecord('path', 'sun'), { type: 'X' }), tarEntry('a', text)),
  'pax-sparse': tar(tarEntry('x', paxRecord('GNU.sparse.major', '1'), { type: 'x' }), tarEntry('a', text)),
  'pax-no-size': tar(tarEntry('x', paxRecord('size', ''), { type: 'x' }), tarEntry('a', text)),
  'pax-bad-size': tar(tarEntry('x', paxRecord('size', '5x'), { type: 'x' }), tarEntry('a', text)),
  'pax-huge-size': tar(tarEntry('x', paxRecord('size', '999999999999999'), { type: 'x' }), tarEntry('a', text)),
  'pax-length': tar(tarEntry('x', Buffer.from('99 path=a\n'), { type: 'x' })),
  'pax-equals': tar(tarEntry('x', Buffer.from('8 path\n\n'), { type: 'x' })),
  'pax-huge': tarEntry('x', text, { type: 'x', size: '00077777777\0' }),
  'pax-digits-at-end': cutPax('12'),
  'pax-length-0-at-end': cutPax('0 \n'),
  'pax-longer-at-end': cutPax('9 path=\n'),
  'size-256': tar(tarEntry('a', text, { size: size256 })),
  'size-negative': tarEntry('a', text, { size: Buffer.alloc(12, 0xff) }),
  'size-2to60': tarEntry('a', text, { size: Buffer.from('800000001000000000000000', 'hex') }),
  'size-2to53': tarEntry('a', text, { size: Buffer.from('800000000020000000000000', 'hex') }),
  'size-blanks': tar(tarEntry('a', text, { size: '         5  ' })),
  'size-none': tarEntry('a', text, { size: ' '.repeat(12) }),
  'size-junk': tarEntry('a', text, { size: '5 5         ' }),
  'size-12-digits': tarEntry('a', text, { size: '777777777777' }),
  'large-file': tarEntry('a', text, { size: '00400000001\0' }),
  checksum: Buffer.concat([Buffer.from('b'), tarEntry('a', text).subarray(1)]),
  'checksum-none': (() => {
    const bytes = tarEntry('a', text);
    bytes.fill(0x78, 148, 156);
    return bytes;
  })(),
  'checksum-signed': tar(signed),
  kinds: tar(
    ...['1', '2', '3', '4', '5', '6', '7', 'S', 'D', 'V', 'Z', '\0'].map((type) =>
      tarEntry(`kind ${type.charCodeAt(0)}`, undefined, { type }),
    ),
  ),
  'unknown-with-data': tar(tarEntry('a', text, { type: 'Z' }), tarEntry('b', text)),
  'folder-by-name': tar(tarEntry('folder/', text), tarEntry('', text)),
};

const images = (/** @type {number} */ n, h = 2, w = 2) =>
  idx(
    [n, h, w],
    Uint8Array.from({ length: n * h * w }, (_, i) => (i * 37) % 256),
  );
const labels = (/** @type {number[]} */ ...l) => idx([l.length], Uint8Array.from(l));
/** @param {Buffer[]} files */
const four = (...files) =>
  Buffer.concat(files.flatMap((bytes) => [Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]));
const good = [images(3), labels(0, 1, 0), images(2), labels(1, 0)];
const change = (/** @type {number} */ i, /** @type {Buffer} */ bytes) =>
  four(...good.map((f, j) => (j === i ? bytes : f)));
const typed = (/** @type {number} */ type) => {
  const bytes = images(3);
  bytes[2] = type;
  return bytes;
};
const idxs = {
  good: four(...good),
  'good-28': four(images(2, 28, 28), labels(3, 4), images(1, 28, 28), labels(4)),
  wide: four(images(2, 1, 3), labels(3, 4), images(1, 3, 1), labels(4)),
  more: four(images(5, 3, 3), labels(9, 1, 2, 1, 9), images(1, 2, 2), labels(2)),
  swapped: four(good[1], good[0], good[3], good[2]),
  'label-63': four(images(2), labels(0, 63), images(1), labels(63)),
  none: Buffer.alloc(0),
  'images-only': four(good[0]),
  'labels-only': four(labels(0, 1)),
  'no-test': four(good[0], good[1]),
  twice: four(good[0], good[0]),
  'twice-different': four(good[0], images(2)),
  cut: change(0, images(3).subarray(0, 20)),
  'cut-in-header': change(0, images(3).subarray(0, 11)),
  'cut-labels': change(1, labels(0, 1, 0).subarray(0, 9)),
  'too-long': change(0, Buffer.concat([images(3), Buffer.alloc(3)])),
  'too-long-labels': change(1, Buffer.concat([labels(0, 1, 0), Buffer.alloc(3)])),
  'counts-differ': change(1, labels(0, 1)),
  'label-64': change(1, labels(0, 64, 1)),
  'label-255': change(3, labels(0, 255)),
  'one-class': change(1, labels(0, 0, 0)),
  'test-class': change(3, labels(0, 2)),
  'empty-images': change(0, idx([0, 2, 2], new Uint8Array())),
  'huge-count': change(0, idx([0xffffffff, 2, 2], new Uint8Array(8))),
  'huge-product': change(0, idx([4000000, 4096, 4096], new Uint8Array(8))),
  'huge-side': change(0, idx([3, 5000, 2], new Uint8Array(8))),
  'no-side': change(0, idx([3, 0, 2], new Uint8Array(8))),
  'no-width': change(0, idx([3, 2, 0], new Uint8Array(8))),
  'huge-width': change(0, idx([3, 2, 5000], new Uint8Array(8))),
  largest: change(0, idx([19867, 411, 263], new Uint8Array(8))), // 2 GB with its header, to the byte
  'two-dimensions': change(0, idx([3, 2], new Uint8Array(6))),
  'nine-dimensions': change(0, idx([1, 1, 1, 1, 1, 1, 1, 1, 3], new Uint8Array(3))),
  signed: change(0, typed(9)),
  float: change(0, typed(13)),
  'type-10': change(0, typed(10)),
  int16: change(0, typed(11)),
  double: change(0, typed(14)),
  'four-bytes': change(0, images(3).subarray(0, 4)),
  'magic-first': change(0, Buffer.concat([Buffer.of(1), images(3).subarray(1)])),
  'magic-second': change(0, Buffer.concat([Buffer.of(0, 1), images(3).subarray(2)])),
  'a-picture': change(0, png({ width: 2, height: 2, sample: (x) => x })),
  'an-archive': change(0, TAR_END),
};

/** @param {string} header  @param {Uint8Array} [data]  @param {number | bigint} [claim] */
function safe(header, data = new Uint8Array(), claim = Buffer.byteLength(header)) {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(claim));
  return Buffer.concat([head, Buffer.from(header), data]);
}
const f32 = (/** @type {number[]} */ ...values) => Buffer.from(Float32Array.from(values).buffer);
/** @param {[string, string, number[], number][]} list  name, type, shape, bytes */
function entries(list) {
  let at = 0;
  return list
    .map(
      ([name, dtype, shape, bytes]) =>
        `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${at},${(at += bytes)}]}`,
    )
    .join(',');
}
const META = (/** @type {string} */ settings, more = '') =>
  `"__metadata__":{"checksum":"00000000","format":"inklearn","version":"1","settings":"${settings}","classes":"a\\nb\\n"${more}}`;
const SMALL = 'model=avgpool(28) linear(classes)\\nbatch=2\\nepochs=2',
  AVG = /** @type {[string, string, number[], number][]} */ ([
    ['2.weight', 'F32', [2, 1], 8],
    ['2.bias', 'F32', [2], 8],
  ]);
const numbered = (/** @type {string} */ prefix) =>
  AVG.map(([name, ...rest]) => /** @type {[string, string, number[], number]} */ ([prefix + name, ...rest]));
const bn = /** @type {[string, string, number[], number][]} */ ([
  ['1.num_batches_tracked', 'I64', [], 8],
  ['1.weight', 'F32', [1], 4],
  ['1.bias', 'F32', [1], 4],
  ['1.running_mean', 'F32', [1], 4],
  ['1.running_var', 'F32', [1], 4],
  ['3.weight', 'F32', [2, 1], 8],
  ['3.bias', 'F32', [2], 8],
]);
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
const resnet = /** @type {[string, string, number[], number][]} */ ([
  ['layer4.0.conv1.weight', 'F32', [1], 4],
  ['fc.weight', 'F32', [1], 4],
  ['fc.bias', 'F32', [1], 4],
]);
/**
 * torchvision's names of a body with one block; `fc`: those of its last layer that are there.
 * @param {string[]} fc
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
  const list = /** @type {[string, string, number[], number][]} */ ([
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
const safes = {
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

const LINES = [
  'linear',
  'mlp',
  'cnn',
  'resnet18',
  ' linear ',
  'linear(classes)',
  'linear(30, bias=no) relu linear(outputs=classes)',
  'linear(3e1) linear(classes,yes)',
  'conv(4,3,stride=2,pad=1) bn(eps=1e-4,momentum=0.2) relu dropout(0.25) maxpool(2) avgpool(2,2,1) flatten linear(classes)',
  'conv(4,5) adaptivemaxpool(2) linear(classes)',
  'conv(4,5) adaptiveavgpool linear(classes)',
  'conv(4,5) concatpool flatten bn linear(classes)',
  'rgb conv(4,3) relu linear(classes)',
  'rgb relu',
  'rgb rgb conv(1,1) linear(classes)',
  'residual(conv(4,3,pad=1) | conv(4,1)) block(8,2) block(8) linear(classes)',
  'residual(relu | ) linear(classes)',
  'residual(conv(2,3) | ) linear(classes)',
  'sequence(linear(5) relu) split head(linear(classes))',
  'body(conv(4,3) split conv(4,3)) split head(concatpool linear(classes))',
  '',
  ' ',
  '(',
  ')',
  '|',
  'linear(',
  'linear(10',
  'linear(10,',
  'linear(10 10)',
  'linear(,)',
  'linear(x)',
  'linear(x=1)',
  'linear(1,1,1)',
  'linear(outputs=1,1,outputs=1)',
  'linear(1e999)',
  'linear(0x10)',
  'linear(nan)',
  'linear(-1)',
  'linear(1.5)',
  'linear(0)',
  'linear(70000)',
  `linear(${'1'.repeat(40)})`,
  'linear(11)',
  'conv(4,3)',
  'relu',
  'linear(5) conv(3,3)',
  'linear(5) block(3)',
  'block',
  'block()',
  'conv(4,63)',
  'conv(16384,1)',
  'conv(16384,1) conv(16384,63,pad=31)',
  'maxpool(2,2,2)',
  'maxpool(60)',
  'avgpool(2,1,1) linear(classes)',
  'split linear(classes)',
  'linear(classes) split',
  'sequence(relu',
  'sequence relu',
  'residual(relu)',
  'residual(relu | relu',
  'residual(linear(2) | linear(3))',
  `${'sequence('.repeat(10)}relu`,
  `${'relu '.repeat(600)}linear(classes)`,
  `${'conv(1,1,1,63) '.repeat(40)}linear(classes)`,
  `${'linear(20) split '.repeat(20)}linear(classes)`,
  'nothing',
  '<b>',
  'é',
  `${'x'.repeat(5000)}`,
  'bn linear(classes)',
  'linear(1) bn linear(classes)',
  'sequence(linear(classes))',
  'x'.repeat(4095),
  'x'.repeat(4096),
  'linear(10-)',
];
const SETTINGS = [
  'epochs=3\nbatch=64\nlr=0.1\noptimizer=adam\nmomentum=0.9\nbeta2=0.99\neps=1e-5\nweight_decay=0.01\nseed=9007199254740991',
  'optimizer=fastai_adam\nschedule=one_cycle\ndiv=10\ndiv_final=100\npct_start=0.5',
  'lr=1e-6:1e-4\nschedule=fine_tune\nfreeze_epochs=2\nclip=1\nlabel_smoothing=0.1\ndrop_last=1\nnesterov=1',
  'lr=:3e-3\noptimizer=adamw\naugment=fastai',
  'augment=fastai_no_flip\n\n\nepochs=1',
  'augment=fastai,-flip,-warp',
  'augment=fastai,-',
  'augment=fastai,flip',
  'augment=fastai,-flop',
  'augment=none',
  'batch=1\nmodel=linear(1) bn linear(classes)',
  'optimizer=sgdx',
  'schedule=',
  'augment=all',
  'epochs=0',
  'epochs=1.5',
  'epochs=1e9',
  'epochs=nan',
  'batch=',
  'batch=1,5',
  'lr=0',
  'lr=1e308',
  'lr=1:',
  'lr=:',
  'lr=0:1',
  'momentum=1',
  'seed=-1',
  `seed=${'9'.repeat(70)}`,
  'unknown=1',
  'epochs',
  '=',
  '=1',
  `${'n'.repeat(100)}=1`,
  '__proto__=1',
  'batch=65536\nmodel=conv(4096,1) linear(classes)',
  'preset=quick',
  '\n\npreset=good\nepochs=1',
  'preset=',
  'preset=none',
  'epochs=1\npreset=quick',
  'preset=quick\npreset=quick',
  'augment=digits\nema=0.99\ntemperature=1.5\naugment_strength=2',
  'augment=digits,-shear,-elastic',
  'augment=digits,-flip',
  'augment=fastai,-shear',
  'ema=1',
  'temperature=0',
  'augment_strength=4.1',
];
/** @type {Record<string, string>} */
const lines = {};
LINES.forEach((line, i) => {
  lines[`line-${String(i).padStart(2, '0')}`] = `model=${line}`;
});
SETTINGS.forEach((text, i) => {
  lines[`settings-${String(i).padStart(2, '0')}`] = text;
});

for (const [parser, files] of Object.entries({
  png: pngs,
  tar: tars,
  idx: idxs,
  safetensors: safes,
  model_line: lines,
})) {
  const folder = new URL(`corpus/${parser}/`, import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!name.startsWith('found-')) rmSync(new URL(name, folder));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(new URL(encodeURIComponent(name), folder), bytes);
}
