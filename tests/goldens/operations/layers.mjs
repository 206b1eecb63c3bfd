/** layers.mjs - the goldens of single layers, each asked as a model of one line. */
import { product } from '../folder.mjs';
import { needCount } from './plan.mjs';

/** @typedef {import('./plan.mjs').Plan} Plan */
/** @typedef {import('../probes.mjs').Message} Message */

/** A model of one line, with x, dy and the parameters by their names in the core's state dict. @returns {Plan} */
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

const NORM = { weight: 'weight', bias: 'bias', running_mean: 'running_mean', running_var: 'running_var' };
const norm = (p, inputs) => modelPlan(`bn(eps=${p.eps}, momentum=${p.momentum})`, p, inputs, NORM);

/** A BasicBlock. It is the only item of its line, so its names begin with "0.". */
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

export const LAYERS = {
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
};
