/** models.mjs - the goldens of whole models: some steps of SGD from given parameters. */
import { l2 } from './plan.mjs';

/** @typedef {import('./plan.mjs').Plan} Plan */
/** @typedef {import('../folder.mjs').Case} Case */
/** @typedef {import('../probes.mjs').Message} Message */

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

/** `n` values at equal distances. */
const pick = (v, n) => Array.from({ length: n }, (_, i) => v[Math.floor((i * v.length) / n)]);

/** ResNet-18 without dropout: summaries of activations and gradients, as the goldens' README defines them. */
function resnetPlan(p, inputs, c) {
  const line =
    'rgb body(conv(64,7,2,3,bias=no) bn relu maxpool(3,2,1) sequence(block(64) block(64)) sequence(block(128,2) block(128)) split ' +
    'sequence(block(256,2) block(256)) sequence(block(512,2) block(512))) split ' +
    'head(concatpool flatten bn dropout(0) linear(512,bias=no) relu bn dropout(0) linear(10,bias=no))';
  const { x_u8: pixels, x, noise, ...rest } = inputs;
  const n = p.batch;
  /** Equal channels are passed as one, unless noise was added to them. */
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

export const MODELS = {
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
