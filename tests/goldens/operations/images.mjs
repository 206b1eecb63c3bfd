/** images.mjs - the goldens of images: conversion, resizing, sampling on a grid, lighting. */
import { flags, needCount } from './plan.mjs';

export const IMAGES = {
  affine_grid: (p, inputs) => ({ ask: { op: 'affine_grid', ...inputs, ...flags(p) } }),
  grid_sample: (p, inputs) => {
    needCount(inputs, 'x', p.n * p.c * p.h * p.w);
    needCount(inputs, 'grid', p.n * p.out_h * p.out_w * 2);
    return { ask: { op: 'grid_sample', ...inputs, ...flags(p) } };
  },
  resize_bilinear: (p, inputs) =>
    needCount(inputs, 'x', p.n * p.c * p.h * p.w) ?? { ask: { op: 'resize_bilinear', ...inputs, ...flags(p) } },
  lighting: (p, inputs) => ({ ask: { op: 'lighting', ...inputs, ...flags(p) } }),
  u8_to_float: (p, inputs) => {
    if (p.divide_by !== undefined && p.divide_by !== 255)
      throw new Error(`the core divides by 255, not by ${p.divide_by}`);
    return { ask: { op: 'u8_to_float', ...inputs } };
  },
  pil_resize_bilinear: (p, inputs) =>
    needCount(inputs, 'x', p.n * p.h * p.w) ?? {
      ask: { op: 'pil_resize_bilinear', ...inputs, n: p.n, h: p.h, w: p.w, out_h: p.out_h, out_w: p.out_w },
    },
};
