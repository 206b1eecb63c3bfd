// @ts-check
/** sizes.mjs - how often each thing is measured. */

/**
 * @typedef {Record<'kernels' | 'layers' | 'steps' | 'epochs' | 'validations' | 'loading' | 'startup' | 'pause',
 *   number>} Size
 */

/** @type {Record<'full' | 'quick' | 'tiny', Size>} */
export const SIZES = {
  full: { kernels: 25, layers: 9, steps: 8, epochs: 7, validations: 5, loading: 5, startup: 9, pause: 15 },
  quick: { kernels: 9, layers: 5, steps: 5, epochs: 5, validations: 2, loading: 2, startup: 5, pause: 5 },
  // That all runs
  tiny: { kernels: 1, layers: 1, steps: 1, epochs: 1, validations: 1, loading: 1, startup: 1, pause: 1 },
};
