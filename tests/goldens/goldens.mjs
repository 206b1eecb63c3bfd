/**
 * goldens.mjs - holds the core against a folder of golden vectors: goldens.mjs <folder>
 *
 * The folder has a manifest.json (format "goldens", version 1) and blobs. Each case goes through
 * every build that is there and runs here: native with sanitizers, and WebAssembly with each of
 * its kernels, with one thread and with several.
 * Ends with `N passed, N failed, N skipped`; 1 if any failed, 2 if the folder cannot be read.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startModule } from '../support/module.mjs';

/** @typedef {Float32Array | Int32Array | Uint8Array} Values */
/**
 * @typedef {{ name: string, io: 'in' | 'out', dtype: 'f32' | 'i32' | 'u8', shape: number[], blob: string, offset:
 *   number, rtol?: number, atol?: number }} Tensor
 */
/**
 * @typedef {{ name: string, op: string, params: Record<string, any>, lcg?: { name: string, shape: number[], seed:
 *   number, scale: number, offset: number }[], tensors: Tensor[] }} Case
 */
/** @typedef {Record<string, Values | string | number>} Message */

const product = (/** @type {number[]} */ shape) => shape.reduce((a, b) => a * b, 1);

// ---- the folder ----

class FolderError extends Error {}

/** @param {unknown} condition @param {string} message @returns {asserts condition} */
function need(condition, message) {
  if (!condition) throw new FolderError(message);
}

/** More values in a tensor than any case has: a shape beyond it is a mistake, not to be allocated. */
const MOST_VALUES = 2 ** 26;
const BYTES = /** @type {const} */ ({ f32: 4, i32: 4, u8: 1 });

const isObject = (/** @type {unknown} */ v) => typeof v === 'object' && v !== null && !Array.isArray(v);
const isCount = (/** @type {unknown} */ v) => Number.isSafeInteger(v) && /** @type {number} */ (v) >= 0;
const isTolerance = (/** @type {unknown} */ v) =>
  v === undefined || (Number.isFinite(v) && /** @type {number} */ (v) >= 0);
const isShape = (/** @type {any} */ v) => Array.isArray(v) && v.every(isCount) && product(v) <= MOST_VALUES;
const shown = (/** @type {unknown} */ v) => String(JSON.stringify(v)).slice(0, 60);

/** @param {any} t @param {string} where @param {Map<string, ArrayBuffer>} blobs */
function checkTensor(t, where, blobs) {
  need(isObject(t) && typeof t.name === 'string', `${where}: a tensor without a name`);
  const at = `${where}, tensor ${t.name}`;
  need(t.io === 'in' || t.io === 'out', `${at}: io is ${shown(t.io)}, not "in" or "out"`);
  need(
    typeof t.dtype === 'string' && Object.hasOwn(BYTES, t.dtype),
    `${at}: dtype is ${shown(t.dtype)}, not "f32", "i32" or "u8"`,
  );
  need(isShape(t.shape), `${at}: ${shown(t.shape)} is no shape of at most ${MOST_VALUES} values`);
  need(isTolerance(t.rtol) && isTolerance(t.atol), `${at}: rtol and atol must be numbers of 0 or more`);
  const blob = blobs.get(t.blob),
    size = product(t.shape) * BYTES[/** @type {keyof typeof BYTES} */ (t.dtype)];
  need(blob, `${at}: there is no blob ${shown(t.blob)}`);
  need(isCount(t.offset) && t.offset % 16 === 0, `${at}: offset ${shown(t.offset)} is no multiple of 16`);
  need(
    t.offset + size <= blob.byteLength,
    `${at}: bytes ${t.offset} to ${t.offset + size} do not lie in ${t.blob}, which has ${blob.byteLength}`,
  );
}

/** @param {any} c @param {number} index @param {Map<string, ArrayBuffer>} blobs */
function checkCase(c, index, blobs) {
  need(
    isObject(c) && typeof c.name === 'string' && typeof c.op === 'string',
    `case ${index} of the manifest has no name or no op`,
  );
  need(isObject(c.params) && Array.isArray(c.tensors), `case ${c.name}: params or tensors are missing`);
  for (const t of c.tensors) checkTensor(t, `case ${c.name}`, blobs);
  need(
    c.tensors.some((/** @type {Tensor} */ t) => t.io === 'out'),
    `case ${c.name} expects nothing: it has no tensor with io "out"`,
  );
  need(c.lcg === undefined || Array.isArray(c.lcg), `case ${c.name}: lcg is no list`);
  for (const g of c.lcg ?? [])
    need(
      isObject(g) &&
        typeof g.name === 'string' &&
        isShape(g.shape) &&
        isCount(g.seed) &&
        Number.isFinite(g.scale) &&
        Number.isFinite(g.offset),
      `case ${c.name}: ${shown(g)} is no generated tensor: name, shape, seed, scale and offset are needed`,
    );
}

/** @param {string} folder */
function readFolder(folder) {
  /**
   * @type {{ format: string, version: number, blobs: Record<string, { bytes: number, sha256: string }>, cases: Case[]
   *   }}
   */
  let manifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  } catch (error) {
    throw new FolderError(`${join(folder, 'manifest.json')}: ${/** @type {Error} */ (error).message}`);
  }
  need(
    isObject(manifest) &&
      manifest.format === 'goldens' &&
      manifest.version === 1 &&
      Array.isArray(manifest.cases) &&
      isObject(manifest.blobs),
    `${folder}: the manifest is not of format "goldens", version 1, with blobs and cases`,
  );
  /** @type {Map<string, ArrayBuffer>} */
  const blobs = new Map();
  for (const [name, blob] of Object.entries(manifest.blobs)) {
    need(/^[\w-][\w.-]*$/.test(name), `the manifest names a blob ${shown(name)}, which is no plain file name`);
    const path = join(folder, name);
    need(isObject(blob), `the manifest does not say how many bytes ${name} has`);
    const info = statSync(path, { throwIfNoEntry: false });
    need(info?.isFile(), `${path} is missing`);
    need(info.size === blob.bytes, `${path} has ${info.size} bytes, not ${shown(blob.bytes)}`);
    const data = readFileSync(path);
    const digest = createHash('sha256').update(data).digest('hex');
    need(digest === blob.sha256, `${path} has another checksum than the manifest says`);
    blobs.set(name, data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
  }
  manifest.cases.forEach((c, i) => checkCase(c, i, blobs));
  return { cases: manifest.cases, blobs };
}

/** @param {Tensor} t @param {Map<string, ArrayBuffer>} blobs @returns {Values} */
function valuesOf(t, blobs) {
  const Type = { f32: Float32Array, i32: Int32Array, u8: Uint8Array }[t.dtype];
  return new Type(/** @type {ArrayBuffer} */ (blobs.get(t.blob)), t.offset, product(t.shape));
}

/**
 * The generator of the goldens' README.
 * @param {number} n
 * @param {number} seed
 * @param {number} scale
 * @param {number} offset
 */
export function lcg(n, seed, scale, offset) {
  const out = new Float32Array(n),
    s32 = Math.fround(scale);
  let s = seed >>> 0;
  for (let i = 0; i < n; i++) {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    const r = ((s >>> 8) - 8388608) / 8388608;
    out[i] = Math.fround(r * s32);
    if (offset !== 0) out[i] = Math.fround(out[i] + Math.fround(offset));
  }
  return out;
}

// ---- the probes ----

const NAME = 40;
const TYPES = /** @type {const} */ ([Float32Array, Int32Array, Uint8Array]);

/** @param {Message} message */
function encode(message) {
  const parts = [Buffer.alloc(4)];
  parts[0].writeUInt32LE(Object.keys(message).length);
  for (const [name, value] of Object.entries(message)) {
    const text = typeof value === 'object' ? null : Buffer.from(`${value}\0`);
    const data =
      text ??
      Buffer.from(
        /** @type {Values} */ (value).buffer,
        /** @type {Values} */ (value).byteOffset,
        /** @type {Values} */ (value).byteLength,
      );
    const head = Buffer.alloc(NAME + 8);
    head.write(name, 0, NAME - 1, 'latin1');
    head.writeUInt32LE(text ? 3 : TYPES.findIndex((T) => value instanceof T), NAME);
    head.writeUInt32LE(text ? text.length : /** @type {Values} */ (value).length, NAME + 4);
    parts.push(head, data, Buffer.alloc((4 - (data.length % 4)) % 4));
  }
  return Buffer.concat(parts);
}

/** @param {Buffer} bytes @returns {Record<string, Values>} */
function decode(bytes) {
  /** @type {Record<string, Values>} */
  const out = {};
  let at = 4;
  for (let left = bytes.readUInt32LE(0); left > 0; left--) {
    const name = bytes.toString('latin1', at, bytes.indexOf(0, at));
    const type = bytes.readUInt32LE(at + NAME),
      count = bytes.readUInt32LE(at + NAME + 4);
    at += NAME + 8;
    const size = count * (type <= 1 ? 4 : 1);
    const data = bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + size);
    if (type === 3) throw new Error(Buffer.from(data).toString());
    out[name] = new TYPES[type](data);
    at += (size + 3) & ~3;
  }
  return out;
}

/** @typedef {{ name: string, ask: (message: Message) => Record<string, Values> }} Probe */

const BUILD = fileURLToPath(new URL('../../build/tests/', import.meta.url));

/** @returns {Probe} */
function nativeProbe() {
  return {
    name: 'native scalar, sanitized',
    ask(message) {
      const bytes = encode({ ...message, variant: 'scalar' }),
        length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      const run = spawnSync(join(BUILD, 'probe'), { input: Buffer.concat([length, bytes]), maxBuffer: 1 << 30 });
      if (run.status !== 0)
        throw new Error(
          `the native probe ended with ${run.status ?? run.signal}: ${run.stderr.toString().slice(0, 1000)}`,
        );
      return decode(run.stdout.subarray(4));
    },
  };
}

/** Of what was built, what runs here. */
async function findProbes() {
  const builds = /** @type {const} */ ([
    ['probe.wasm', 'scalar', 1],
    ['probe.wasm', 'simd128', 1],
    ['probe-relaxed.wasm', 'relaxed', 1],
    ['probe-threads.wasm', 'simd128', 3],
    ['probe-threads-relaxed.wasm', 'relaxed', 3],
  ]);
  const probes = existsSync(join(BUILD, 'probe')) ? [nativeProbe()] : [];
  for (const [file, variant, threads] of builds)
    if (existsSync(join(BUILD, file)) && WebAssembly.validate(readFileSync(join(BUILD, file))))
      probes.push(await wasmProbe(file, variant, threads));
  if (probes.length === 0) throw new Error(`there is no probe in ${BUILD}: run make goldens`);
  return probes;
}

/** @param {string} file @param {string} variant @param {number} threads @returns {Promise<Probe>} */
async function wasmProbe(file, variant, threads) {
  const { x } = await startModule(join(BUILD, file), threads);
  return {
    name: `wasm ${variant}${threads > 1 ? `, ${threads} threads` : ''}`,
    ask(message) {
      const bytes = encode({ ...message, variant });
      const at = x.probe_alloc(bytes.length);
      new Uint8Array(x.memory.buffer, at, bytes.length).set(bytes);
      const out = x.probe_run(at, bytes.length);
      return decode(Buffer.from(new Uint8Array(x.memory.buffer, out, x.probe_length()).slice().buffer));
    },
  };
}

// ---- operations: what to ask, and which answer belongs to which tensor ----

/**
 * @typedef {object} Plan
 * @property {Message} [ask]
 * @property {(name: string) => string} [answer]  our name of a tensor of theirs
 * @property {Record<string, Values>} [known]  answers that need no probe
 * @property {(answers: Record<string, Values>) => Record<string, Values>} [derive]  what they ask, from what we answer
 */

/** A model of one line, with x, dy and the parameters under their names in our state dict. @returns {Plan} */
function modelPlan(line, { shape, training = true }, inputs, names) {
  const [n, channels, height, width] = [shape[0], shape[1] ?? 1, shape[2] ?? 1, shape[3] ?? 1];
  if (inputs.x) needCount(inputs, 'x', product(shape));
  const back = new Map(Object.entries(names));
  /** @type {Message} */
  const ask = {
    op: 'model',
    line,
    n,
    channels,
    height,
    width,
    flat: shape.length === 2 ? 1 : 0,
    training: training ? 1 : 0,
  };
  for (const [name, values] of Object.entries(inputs)) ask[back.get(name) ?? name] = values;
  return {
    ask,
    answer(name) {
      if (['y', 'dx', 'index'].includes(name)) return name;
      if (name.startsWith('new_')) return `new.${back.get(name.slice(4))}`;
      const gradient = name.startsWith('grad.') ? name.slice(5) : name.startsWith('d') ? name.slice(1) : name;
      return `grad.${back.get(gradient) ?? gradient}`;
    },
  };
}

/** @param {Record<string, Values>} inputs @param {string} name @param {number} count */
function needCount(inputs, name, count) {
  if (inputs[name]?.length !== count)
    throw new Error(`${name} has ${inputs[name]?.length ?? 'no'} values; ${count} are needed`);
}

/** @param {Values | undefined} targets @param {number} classes */
function needClasses(targets, classes) {
  const wrong = targets?.find((t) => t < 0 || t >= classes);
  if (!targets || wrong !== undefined)
    throw new Error(targets ? `target ${wrong} is no class of ${classes}` : 'there are no targets');
}

/** The length of an input's first axis. @param {Case} c @param {string} name */
function rowsOf(c, name) {
  const shape = [...(c.lcg ?? []), ...c.tensors].find((t) => t.name === name)?.shape;
  if (!shape?.length) throw new Error(`there is no ${name}`);
  return shape[0];
}

/** Steps of SGD from generated parameters. @returns {Plan} */
function trainPlan(line, p, inputs, names) {
  const rename = (/** @type {string} */ name) => {
    const parts = name.split('.'),
      layer = parts.slice(0, -1).join('.');
    return names[layer] + parts.at(-1);
  };
  /** @type {Message} */
  const ask = { op: 'train', line, channels: 1, height: 28, width: 28, batch: p.batch, steps: p.steps, lr: p.lr };
  for (const [name, values] of Object.entries(inputs)) ask[name.includes('.') ? rename(name) : name] = values;
  return {
    ask,
    answer: (name) =>
      name === 'logits_step0'
        ? 'logits'
        : name === 'losses'
          ? 'losses'
          : name.startsWith('grad0.')
            ? `grad.${rename(name.slice(6))}`
            : `new.${rename(name.slice(6))}`,
  };
}

const NORM = { weight: 'weight', bias: 'bias', running_mean: 'running_mean', running_var: 'running_var' };
const norm = (p, inputs) => modelPlan(`bn(eps=${p.eps}, momentum=${p.momentum})`, p, inputs, NORM);

/** A BasicBlock; as the only item of a line its names begin with "0.". */
function blockPlan(p, inputs) {
  const plan = modelPlan(
    `block(${p.out_channels}, ${p.stride})`,
    { shape: [p.n, p.in_channels, p.h, p.w], training: p.training },
    {},
    {},
  );
  for (const [name, values] of Object.entries(inputs)) plan.ask[name.includes('.') ? `0.${name}` : name] = values;
  return {
    ask: plan.ask,
    answer: (name) =>
      name.startsWith('grad.') ? `grad.0.${name.slice(5)}` : name.startsWith('new.') ? `new.0.${name.slice(4)}` : name,
  };
}

/** Given gradients to the optimiser of that kind (ink_optimizer_kind). */
function optimizerPlan(kind, inputs, steps, settings) {
  if (!inputs.p0?.length) throw new Error('there are no parameters p0');
  needCount(inputs, 'grads', inputs.p0.length * steps);
  return { ask: { op: 'optimizer', kind, ...inputs, ...settings } };
}
const adamPlan = (kind, p, inputs) =>
  optimizerPlan(kind, inputs, p.steps, {
    lr: p.lr,
    momentum: p.betas[0],
    beta2: p.betas[1],
    eps: p.eps,
    weight_decay: p.weight_decay,
  });

/** The norm of a tensor. A plain loop: the tensors of a ResNet-18 have 11 million values. @param {Values} v */
function l2(v) {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i] * v[i];
  return Math.sqrt(sum);
}
const pick = (v, n) => Array.from({ length: n }, (_, i) => v[Math.floor((i * v.length) / n)]);

/** ResNet-18 without dropout: summaries of activations and gradients, as the goldens' README defines them. */
function resnetPlan(p, inputs, c) {
  const line =
    'rgb body(conv(64,7,2,3,bias=no) bn relu maxpool(3,2,1) sequence(block(64) block(64)) sequence(block(128,2) block(128)) split ' +
    'sequence(block(256,2) block(256)) sequence(block(512,2) block(512))) split ' +
    'head(concatpool flatten bn dropout(0) linear(512,bias=no) relu bn dropout(0) linear(10,bias=no))';
  const { x_u8: pixels, x, noise, ...rest } = inputs;
  const n = p.batch;
  /** Three channels as they are; equal ones are given as one where nothing was added. */
  let given = x,
    channels = 3;
  if (pixels) {
    channels = noise ? 3 : 1;
    given = new Float32Array(n * channels * 784);
    for (let i = 0; i < given.length; i++)
      given[i] = Math.fround(
        Math.fround(pixels[Math.floor(i / (channels * 784)) * 784 + (i % 784)] / 255) + (noise ? noise[i] : 0),
      );
  }
  return {
    ask: {
      op: 'train',
      line,
      channels,
      height: 28,
      width: 28,
      batch: n,
      steps: p.steps,
      lr: p.lr,
      training: p.training ? 1 : 0,
      x: given,
      ...rest,
    },
    derive(a) {
      const acts = Object.keys(a).filter((k) => k.startsWith('act.'));
      const words = acts.map((k) => k.split('.')[2]);
      const sums = words.flatMap((w, i) => (w === 'add' ? [i + 1] : [])); // the relu after each addition
      const shown = [
        words.indexOf('relu'),
        words.indexOf('maxpool'),
        sums[1],
        sums[3],
        sums[5],
        sums[7],
        words.indexOf('flatten'),
      ].map((i) => a[acts[i]]);
      const grads = p.parameters.map((name) => a[`grad.${name}`]);
      const norms = grads.map(l2);
      const running = c.lcg.map((g) => g.name).filter((name) => /running_(mean|var)$/.test(name));
      return {
        logits: a.logits,
        loss0: a.losses.subarray(0, 1),
        loss1: a.losses.subarray(1, 2),
        loss2: a.losses.subarray(2, 3),
        act_l2: Float32Array.from(shown, l2),
        act_pick16: Float32Array.from(shown.flatMap((v) => pick(v, 16))),
        grad_l2: Float32Array.from(norms),
        grad_sum_over_l2: Float32Array.from(grads, (g, i) => g.reduce((s, v) => s + v, 0) / norms[i]),
        grad_pick8_over_rms: Float32Array.from(
          grads.flatMap((g, i) => pick(g, 8).map((v) => v / (norms[i] / Math.sqrt(g.length)))),
        ),
        new_running_l2: Float32Array.from(running, (name) => l2(a[`new.${name}`])),
      };
    },
  };
}

const OPERATIONS = {
  linear: (p, inputs) =>
    modelPlan(`linear(${p.out_features}, bias=${p.bias ? 'yes' : 'no'})`, { shape: [p.n, p.in_features] }, inputs, {
      w: 'weight',
      b: 'bias',
    }),
  conv2d: (p, inputs) =>
    modelPlan(
      `conv(${p.out_channels}, ${p.kernel}, ${p.stride}, ${p.padding}, bias=${p.bias ? 'yes' : 'no'})`,
      { shape: [p.n, p.in_channels, p.h, p.w] },
      inputs,
      { w: 'weight', b: 'bias' },
    ),
  batchnorm2d: norm,
  batchnorm1d: norm,
  relu: (p, inputs) => modelPlan('relu', p, inputs, {}),
  maxpool2d: (p, inputs) => modelPlan(`maxpool(${p.kernel}, ${p.stride}, ${p.padding})`, p, inputs, {}),
  adaptive_avgpool2d: (p, inputs) => modelPlan(`adaptiveavgpool(${p.out})`, p, inputs, {}),
  adaptive_maxpool2d: (p, inputs) => modelPlan(`adaptivemaxpool(${p.out})`, p, inputs, {}),
  concatpool: (p, inputs) => modelPlan('concatpool flatten', p, inputs, {}),
  dropout: (p, inputs) => modelPlan(`dropout(${p.p})`, p, inputs, {}),
  basicblock: blockPlan,
  cross_entropy: (p, inputs) => {
    needCount(inputs, 'logits', p.n * p.classes);
    needCount(inputs, 'target', p.n);
    needClasses(inputs.target, p.classes);
    return { ask: { op: 'cross_entropy', ...inputs } };
  },
  sgd: (p, inputs) => optimizerPlan(0, inputs, p.steps, flags(p)),
  adam: (p, inputs) => adamPlan(1, p, inputs),
  adamw: (p, inputs) => adamPlan(2, p, inputs),
  adam_fastai: (p, inputs) => {
    if (p.lr.length !== p.steps || p.mom.length !== p.steps) throw new Error(`lr and mom must list ${p.steps} values`);
    return optimizerPlan(3, inputs, p.steps, {
      lr_each: Float32Array.from(p.lr),
      mom_each: Float32Array.from(p.mom),
      beta2: p.sqr_mom,
      eps: p.eps,
      weight_decay: p.wd,
    });
  },
  one_cycle: (p) => ({
    ask: {
      op: 'one_cycle',
      lr_max: Float32Array.from(p.lr_max),
      moms: Float32Array.from(p.moms),
      total: p.n_epoch * p.n_iter,
      div: p.div,
      div_final: p.div_final,
      pct_start: p.pct_start,
    },
  }),
  lr_find: (p, inputs) => ({ ask: { op: 'lr_find', ...inputs, ...flags(p) } }),
  confusion: (p, inputs) => {
    needCount(inputs, 'target', p.n);
    needCount(inputs, 'pred', p.n);
    needClasses(inputs.target, p.classes);
    needClasses(inputs.pred, p.classes);
    return { ask: { op: 'confusion', ...inputs, ...flags(p) } };
  },
  top_losses: (p, inputs) => {
    needCount(inputs, 'logits', p.n * p.classes);
    needCount(inputs, 'target', p.n);
    needClasses(inputs.target, p.classes);
    if (!(p.k <= p.n)) throw new Error(`k = ${p.k} of ${p.n}`);
    return { ask: { op: 'top_losses', ...inputs, ...flags(p) } };
  },
  affine_grid: (p, inputs) => ({ ask: { op: 'affine_grid', ...inputs, ...flags(p) } }),
  grid_sample: (p, inputs) => {
    needCount(inputs, 'x', p.n * p.c * p.h * p.w);
    needCount(inputs, 'grid', p.n * p.out_h * p.out_w * 2);
    return { ask: { op: 'grid_sample', ...inputs, ...flags(p) } };
  },
  resize_bilinear: (p, inputs) =>
    needCount(inputs, 'x', p.n * p.c * p.h * p.w) ?? { ask: { op: 'resize_bilinear', ...inputs, ...flags(p) } },
  lighting: (p, inputs) => ({ ask: { op: 'lighting', ...inputs, ...flags(p) } }),
  smooth_loss: (p, inputs) => ({ ask: { op: 'smooth_loss', ...inputs, beta: p.beta } }),
  u8_to_float: (p, inputs) => {
    if (p.divide_by !== undefined && p.divide_by !== 255)
      throw new Error(`the core divides by 255, not by ${p.divide_by}`);
    return { ask: { op: 'u8_to_float', ...inputs } };
  },
  pil_resize_bilinear: (p, inputs) =>
    needCount(inputs, 'x', p.n * p.h * p.w) ?? {
      ask: { op: 'pil_resize_bilinear', ...inputs, n: p.n, h: p.h, w: p.w, out_h: p.out_h, out_w: p.out_w },
    },
  lcg: (p) => ({ known: { y: lcg(p.n, p.seed, p.scale, p.offset) } }),
  model_linear: (p, inputs, c) => trainPlan(`linear(${rowsOf(c, 'fc.weight')})`, p, inputs, { fc: '' }),
  model_mlp: (p, inputs, c) =>
    trainPlan(`linear(${rowsOf(c, 'fc1.weight')}) relu linear(${rowsOf(c, 'fc2.weight')})`, p, inputs, {
      fc1: '0.',
      fc2: '2.',
    }),
  model_cnn: (p, inputs) =>
    trainPlan(
      `conv(${p.channels[0]},5) relu maxpool(2) conv(${p.channels[1]},5) relu maxpool(2) linear(${p.hidden}) relu linear(10)`,
      p,
      inputs,
      { conv1: '0.', conv2: '3.', fc1: '7.', fc2: '9.' },
    ),
  model_resnet18: resnetPlan,
};

/** Booleans as 1 and 0. @param {Record<string, any>} p */
const flags = (p) => Object.fromEntries(Object.entries(p).map(([k, v]) => [k, typeof v === 'boolean' ? Number(v) : v]));

// ---- comparing ----

/** '' or what is wrong. @param {Tensor} t @param {Values} want @param {Values | undefined} got */
function difference(t, want, got) {
  if (!got) return `${t.name} was not computed`;
  if (got.length !== want.length) return `${t.name} has ${got.length} values, not ${want.length}`;
  const { rtol = 0, atol = 0 } = t;
  for (let i = 0; i < want.length; i++) {
    const allowed = atol + rtol * Math.abs(want[i]);
    if (!(Math.abs(got[i] - want[i]) <= allowed))
      return `${t.name}[${i}]: got ${got[i]}, want ${want[i]} within ${allowed.toExponential(2)}`;
  }
  return '';
}

/**
 * The norm of each whole tensor is asked for by names that end in _l2.
 * @param {Record<string, Values>} answers
 * @param {string} name
 * @param {(name: string) => string} rename
 */
function lookUp(answers, name, rename) {
  if (answers[rename(name)] || !name.endsWith('_l2')) return answers[rename(name)];
  const whole = answers[rename(name.slice(0, -3))];
  return whole && Float32Array.of(l2(whole));
}

/** @param {Case} c @param {Map<string, ArrayBuffer>} blobs @param {Probe[]} probes @returns {string[]} failures */
function runCase(c, blobs, probes) {
  /** @type {Record<string, Values>} */
  const inputs = {};
  for (const t of c.tensors) if (t.io === 'in') inputs[t.name] = valuesOf(t, blobs);
  for (const g of c.lcg ?? []) inputs[g.name] = lcg(product(g.shape), g.seed, g.scale, g.offset);
  const {
    ask,
    known,
    derive = (/** @type {any} */ a) => a,
    answer = (/** @type {string} */ name) => name,
  } = OPERATIONS[c.op](c.params, inputs, c);
  const failures = [];
  for (const probe of known ? [{ name: 'runner', ask: () => known }] : probes) {
    try {
      const answers = derive(probe.ask(/** @type {Message} */ (ask)));
      for (const t of c.tensors) {
        const wrong = t.io === 'out' && difference(t, valuesOf(t, blobs), lookUp(answers, t.name, answer));
        if (wrong) failures.push(`${c.name} (${probe.name}): ${wrong}`);
      }
    } catch (error) {
      if (error instanceof FolderError) throw error;
      failures.push(`${c.name} (${probe.name}): ${/** @type {Error} */ (error).message}`);
    }
  }
  return failures;
}

/** @param {string} folder @param {(line: string) => void} print */
export async function runGoldens(folder, print) {
  const { cases, blobs } = readFolder(folder);
  const probes = await findProbes();
  print(`builds: ${probes.map((p) => p.name).join('; ')}`);
  const result = { passed: 0, failed: 0, skipped: 0 };
  for (const c of cases) {
    if (!Object.hasOwn(OPERATIONS, c.op)) {
      print(`skipped: ${c.name}: ${c.op} is not implemented`);
      result.skipped++;
      continue;
    }
    let failures;
    try {
      failures = runCase(c, blobs, probes);
    } catch (error) {
      failures = [`${c.name}: ${/** @type {Error} */ (error).message}`];
    }
    for (const line of failures) print(line);
    result[failures.length ? 'failed' : 'passed']++;
  }
  print(`${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
  return result;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { failed } = await runGoldens(process.argv[2] ?? '', console.log);
    process.exitCode = failed ? 1 : 0;
  } catch (error) {
    if (!(error instanceof FolderError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
