// @ts-check
/** parts.mjs - kernels, layers, steps, epochs and loading: each part of the bench, in each place and build. */
import { loadNatively } from './native.mjs';
import { inTurn, summarize } from './stats.mjs';

/** @typedef {import('./session.mjs').Config} Config */
/** @typedef {import('./stats.mjs').Summary} Summary */

/**
 * A line of the report.
 * @typedef
 *   {Summary & { part: string, what: string, place: string, variant: string, threads: number,
 *   unit: 's' | 'bytes' | 'count',
 *   work?: number, share?: number, reference?: Summary & { name: string }, note?: string }} Row
 * work: floating-point operations; share: of the register loop's rate
 */

/**
 * The data and programs that a run of the bench uses.
 * @typedef {object} Bench
 * @property {import('./places.mjs').Place[]} places
 * @property {Config[]} configs  builds and numbers of threads
 * @property {import('./sizes.mjs').Size} size  how often each measurement is repeated
 * @property {import('./pytorch.mjs').PyTorch | null} pytorch
 * @property {string} archive
 * @property {boolean} whole  whole epochs of the slow models too
 * @property {(text: string) => void} tell  reports progress
 */

/** Seconds of one model between two turns of ours and PyTorch's. */
const STRETCH = 0.25;

/**
 * As PyTorch's in pytorch.py.
 * @type {Record<string, Partial<import('../../web/core/protocol.js').Settings> & { batch: number }>}
 */
const MODELS = {
  linear: { model: 'linear', batch: 256, optimizer: 'sgd', lr: 0.01, momentum: 0, weightDecay: 0 },
  mlp: { model: 'mlp', batch: 256, optimizer: 'sgd', lr: 0.01, momentum: 0, weightDecay: 0 },
  cnn: { model: 'cnn', batch: 128, optimizer: 'adam', lr: 0.001, weightDecay: 0 },
  resnet18: { model: 'resnet18', batch: 64, optimizer: 'adam', lr: 0.003, weightDecay: 0 },
};

/** Models whose epochs are short enough to be repeated. */
const SHORT = ['linear', 'mlp'];

/**
 * Each place and build in turn, opened.
 * @param {Bench} bench @param {Config[]} configs
 * @param
 *   {(place: import('./places.mjs').Place, row: { place: string, variant: string, threads: number }) => Promise<void>}
 *   run
 */
async function inEach({ places, tell }, configs, run) {
  for (const place of places) {
    for (const config of configs) {
      const variant = await place.call('open', config);
      tell(`${place.name}, ${variant}, ${config.threads}`);
      await run(place, { place: place.name, variant, threads: config.threads });
      await place.call('close');
    }
  }
}

/**
 * The builds with the most threads and the fastest arithmetic, or with the fewest threads.
 * @param {Config[]} configs
 */
const fastest = (configs) => [configs[configs.length - 1]];
const singles = (/** @type {Config[]} */ configs) => configs.filter(({ threads }) => threads === 1);

/** @param {Bench} bench */
export async function kernels(bench) {
  /** @type {Row[]} */
  const rows = [];
  await inEach(bench, singles(bench.configs), async (place, row) => {
    /** @type {import('./session.mjs').Timing[]} */
    const timings = await place.call('kernels', bench.size.kernels);
    const [registers] = timings,
      limit = Number(registers.work) / Math.min(...registers.seconds);
    for (const { name, seconds, work } of timings) {
      const summary = summarize(seconds);
      rows.push({
        part: 'kernels',
        what: name,
        ...row,
        unit: 's',
        ...summary,
        work: Number(work),
        share: Number(work) / summary.min / limit,
      });
    }
  });
  return rows;
}

/** @param {Bench} bench */
export async function layers(bench) {
  /** @type {Row[]} */
  const rows = [];
  await inEach(bench, bench.configs, async (place, row) => {
    for (const [model, { batch }] of Object.entries(MODELS)) {
      /** @type {import('./session.mjs').Timing[]} */
      const timings = await place.call('layers', model, batch, bench.size.layers);
      timings.forEach(({ name, seconds, work }, i) =>
        rows.push({
          part: 'layers',
          what: `${model} ${String(i).padStart(3)} ${name}`,
          ...row,
          unit: 's',
          ...summarize(seconds),
          ...(work && { work }),
        }),
      );
    }
  });
  return rows;
}

/**
 * Ours and PyTorch's in turn.
 * @param {Bench} bench @param {number} rounds
 * @param {() => Promise<number[]>} ours  seconds of a stretch
 * @param {(pytorch: import('./pytorch.mjs').PyTorch) => Promise<number[]>} theirs
 * @returns {Promise<Summary & { reference?: Summary & { name: string } }>}
 */
async function besidePyTorch({ pytorch }, rounds, ours, theirs) {
  const [summary, reference] = await inTurn(rounds, pytorch ? [ours, () => theirs(pytorch)] : [ours]);
  return reference ? { ...summary, reference: { name: 'PyTorch', ...reference } } : summary;
}

/**
 * A new network; refused where PyTorch's of that name has another number of parameters, for then the work is not the
 * same.
 * @param {Bench} bench @param {import('./places.mjs').Place} place @param {string} model @param {object} [settings]
 */
async function begin({ pytorch }, place, model, settings = {}) {
  const ours = await place.call('begin', { ...MODELS[model], ...settings }),
    theirs = await pytorch?.parameters(model);
  if (theirs !== undefined && ours !== theirs)
    throw new Error(`${model}: ours has ${ours} parameters, PyTorch's ${theirs}: they are not the same work`);
}

/**
 * Steps of a new network, beside PyTorch's.
 * @param {Bench} bench
 * @param {import('./places.mjs').Place} place
 * @param {string} model
 * @param {number} threads
 */
async function measureSteps(bench, place, model, threads) {
  await begin(bench, place, model);
  const [, , warm] = await place.call('steps', 3);
  const count = Math.min(Math.max(Math.round(STRETCH / warm), 2), 200);
  return besidePyTorch(
    bench,
    bench.size.steps,
    () => place.call('steps', count),
    (pytorch) => pytorch.run('steps', model, count, threads),
  );
}

/** @param {Bench} bench */
export async function steps(bench) {
  /** @type {Row[]} */
  const rows = [];
  await inEach(bench, bench.configs, async (place, row) => {
    await place.call('load');
    for (const model in MODELS)
      rows.push({
        part: 'steps',
        what: `${model}, batch ${MODELS[model].batch}`,
        ...row,
        unit: 's',
        ...(await measureSteps(bench, place, model, row.threads)),
      });
  });
  return rows;
}

/**
 * An epoch of so many steps and a validation.
 * @param {number} count
 * @param {Summary} step
 * @param {Summary} validation
 * @returns {Summary}
 */
const compose = (count, step, validation) => ({
  min: count * step.min + validation.min,
  median: count * step.median + validation.median,
  max: count * step.max + validation.max,
  n: Math.min(step.n, validation.n),
});

/** Validation included, without augmentation unless the line says so. @param {Bench} bench */
export async function epochs(bench) {
  /** @type {Row[]} */
  const rows = [];
  await inEach(bench, fastest(bench.configs), async (place, row) => {
    const { train } = await place.call('load'),
      { threads } = row;
    /** Whole epochs. @param {string} what @param {string} model @param {number} rounds @param {object} settings */
    const run = async (what, model, rounds, settings = {}, withPyTorch = true) => {
      await begin(bench, place, model, settings);
      if (rounds > 1) await place.call('epoch');
      const summary = await besidePyTorch(
        withPyTorch ? bench : { ...bench, pytorch: null },
        rounds,
        async () => [await place.call('epoch')],
        (pytorch) => pytorch.run('epoch', model, 1, threads),
      );
      rows.push({ part: 'epochs', what, ...row, unit: 's', ...summary });
    };
    for (const [model, { batch }] of Object.entries(MODELS)) {
      if (SHORT.includes(model)) {
        await run(model, model, bench.size.epochs);
        continue;
      }
      const step = await measureSteps(bench, place, model, threads);
      const validation = await besidePyTorch(
        bench,
        bench.size.validations,
        async () => [await place.call('validate')],
        (pytorch) => pytorch.run('validate', model, 1, threads),
      );
      const summary = compose(train / batch, step, validation);
      const reference = step.reference &&
        validation.reference && { name: 'PyTorch', ...compose(train / batch, step.reference, validation.reference) };
      rows.push({
        part: 'epochs',
        what: model,
        ...row,
        unit: 's',
        ...summary,
        ...(reference && { reference }),
        note: `from ${step.n} steps and ${validation.n} validations`,
      });
    }
    if (!bench.whole) return;
    for (const model in MODELS) if (!SHORT.includes(model)) await run(`${model}, in one go`, model, 1);
    await run('resnet18, in one go, augmented', 'resnet18', 1, { augment: 'fastai' }, false);
  });
  return rows;
}

/**
 * Decompressing, decoding and sorting the archive; PNGs are integers' work, so arithmetic does not matter.
 * @param {Bench} bench
 */
export async function loading(bench) {
  const [{ arithmetic }] = fastest(bench.configs);
  const works = bench.places.flatMap((place) =>
    bench.configs
      .filter((config) => config.arithmetic === arithmetic)
      .map((config) => ({ place, config, variant: '' })),
  );
  const [native, ...ours] = await inTurn(bench.size.loading, [
    () => [loadNatively(bench.archive)],
    ...works.map((work) => async () => {
      work.variant = await work.place.call('open', work.config);
      const { seconds } = await work.place.call('load');
      await work.place.call('close');
      return [seconds];
    }),
  ]);
  return ours.map(
    (summary, i) =>
      /** @type {Row} */ ({
        part: 'loading',
        what: 'the archive',
        place: works[i].place.name,
        variant: works[i].variant,
        threads: works[i].config.threads,
        unit: 's',
        ...summary,
        reference: { name: 'gunzip + stb_image', ...native },
      }),
  );
}
