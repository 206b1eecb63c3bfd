// @ts-check
/**
 * session.mjs - the measurements of one build with so many threads, where it runs: in Node, or in a
 * worker of a page. What goes in and out are plain values.
 */
import { EVENT_KINDS } from '../../build/schema.js';
import { Engine } from '../../web/core/engine.js';
import { Trainer } from '../../web/core/trainer.js';
import { chooseVariant } from '../../web/core/variants.js';
import { startInstance } from './instance.mjs';
import { timed } from './stats.mjs';

/** @typedef {{ threads: number, arithmetic: 'fast' | 'deterministic' }} Config */
/**
 * @typedef {{ name: string, seconds: number[], work: number | null }} Timing  work: floating-point operations of each
 */

/** [m][k] times [k][n] */
const SHAPES = [
  [240, 240, 256],
  [480, 480, 512],
  [10, 784, 256],
  [30, 784, 256],
  [64, 576, 64],
  [512, 512, 64],
];
/** Seconds that a kernel runs between two looks at the clock. */
const STRETCH = 0.004;

export class Session {
  #where;
  /** @type {Config & { file: string }} */
  #config = { threads: 1, arithmetic: 'fast', file: '' };
  /** @type {Trainer | null} */
  #trainer = null;

  /**
   * @param
   *   {{ readModule: (file: string) => Promise<BufferSource>,
   *   startThread: import('../../web/core/engine.js').StartThread,
   *   entries: () => Promise<import('../../web/core/sources/sources.js').Entry[]> }} where
   */
  constructor(where) {
    this.#where = where;
  }

  /**
   * Loads a build; all later measurements are of it.
   * @param {Config} config
   * @returns {Promise<string>} name of its kernels
   */
  async open(config) {
    this.close();
    this.#config = { ...config, file: chooseVariant(config, config.threads).file };
    const engine = await Engine.create(await this.#where.readModule(this.#config.file), {
      ...config,
      startThread: this.#where.startThread,
    });
    while (engine.threadsAtWork < config.threads) await new Promise((resolve) => setTimeout(resolve, 1));
    this.#trainer = new Trainer(engine);
    return engine.variant;
  }

  close() {
    this.#trainer?.engine.close();
    this.#trainer = null;
  }

  get #open() {
    if (!this.#trainer) throw new Error('no session is open');
    return this.#trainer;
  }

  // ---- kernels and layers: of the bench's own module ----

  async #bench() {
    const bytes = await this.#where.readModule(this.#config.file.replace('inklearn', 'bench'));
    return startInstance(bytes, this.#config.threads, this.#where.startThread);
  }

  /**
   * The loop that only multiplies and adds in registers, and products beside it, one thread.
   * @param {number} rounds
   * @returns {Promise<Timing[]>} the fastest of the register loops first
   */
  async kernels(rounds) {
    const { x, close } = await this.#bench();
    const loops = Array.from({ length: x.bench_register_loops() }, (_, i) =>
      repeated(`registers ${i}`, (turns) => x.bench_registers(i, turns)),
    );
    const products = SHAPES.flatMap(([m, k, n]) => {
      const work = 2 * m * k * n,
        prepare = () => {
          if (x.bench_prepare(m, k, n)) throw new Error(`no memory for a product of ${m} x ${k} x ${n}`);
        };
      prepare();
      return [
        ['product', x.bench_product],
        ['weight gradient', x.bench_weight_gradient],
      ].map(([name, run]) => repeated(`${name} ${m} x ${k} x ${n}`, (times) => (run(times), times * work), prepare));
    });
    for (let round = 0; round < rounds; round++) for (const kernel of [...loops, ...products]) kernel.measure();
    await close();
    const fastest = loops.reduce((a, b) => (a.rate() > b.rate() ? a : b));
    return [{ ...fastest.timing(), name: 'registers' }, ...products.map((p) => p.timing())];
  }

  /**
   * Each layer of a model forward and backward, its input, loss and optimiser (Adam), as a step runs them; random
   * pictures.
   * @param {string} model  a preset
   * @param {number} batch
   * @param {number} rounds
   * @returns {Promise<Timing[]>}
   */
  async layers(model, batch, rounds) {
    const { x, close } = await this.#bench();
    let preset = 0;
    while (x.bench_preset(preset) && textAt(x, x.bench_preset(preset)) !== model) preset++;
    if (x.bench_model(preset, batch)) throw new Error(`${model}: there is no such preset, or no memory`);
    const layers = Array.from({ length: x.bench_layers() }, (_, i) => ({
      i,
      name: textAt(x, x.bench_layer_name(i)),
      work: 2 * x.bench_layer_work(i),
    }));
    const first = layers.findIndex(({ work }) => work > 0); // has no gradient of its input to compute
    /** @type {{ name: string, work: number | null, run: () => void }[]} */
    const parts = [
      { name: 'input', work: null, run: x.bench_input },
      ...layers.map(({ i, name, work }) => ({
        name: `${name} forward`,
        work: work || null,
        run: () => x.bench_layer_forward(i),
      })),
      { name: 'loss', work: null, run: x.bench_loss },
      ...[...layers].reverse().map(({ i, name, work }) => ({
        name: `${name} backward`,
        work: (i === first ? 1 : 2) * work || null,
        run: () => x.bench_layer_backward(i),
      })),
      { name: 'optimiser', work: null, run: x.bench_optimizer },
    ];
    for (const part of parts) part.run();
    const times = parts.map(() => /** @type {number[]} */ ([]));
    for (let round = 0; round < rounds; round++) parts.forEach(({ run }, i) => times[i].push(timed(run)));
    await close();
    return parts.map(({ name, work }, i) => ({ name, work, seconds: times[i] }));
  }

  // ---- data and training: as the page does it ----

  /** @returns {Promise<{ seconds: number, train: number, valid: number, classes: number }>} */
  async load() {
    const { seconds, train, valid, classes } = await this.#open.load('bench', await this.#where.entries());
    return { seconds, train, valid, classes: classes.length };
  }

  /**
   * A new network to train.
   * @param {Partial<import('../../web/core/protocol.js').Settings>} settings
   * @returns {number} its parameters
   */
  begin(settings) {
    const { engine } = this.#open;
    engine.train({ epochs: 10000, seed: 0, ...settings });
    return engine.describe(settings).parameters;
  }

  /** Goes on training. @param {number} count @returns {number[]} seconds of each step */
  steps(count) {
    const seconds = [];
    while (seconds.length < count) {
      let kind = 0;
      const one = timed(() => ({ kind } = this.#open.engine.advance()));
      if (kind === EVENT_KINDS.step) seconds.push(one);
    }
    return seconds;
  }

  /** To the end of the epoch, with its validation. @returns {number} seconds */
  epoch() {
    return timed(() => {
      while (this.#open.engine.advance().kind !== EVENT_KINDS.epoch);
    });
  }

  /** @returns {number} seconds of a whole validation */
  validate() {
    return timed(() => this.#open.engine.evaluate());
  }
}

/** @param {any} x @param {number} address */
function textAt(x, address) {
  const bytes = new Uint8Array(x.memory.buffer, address, 96).slice();
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}

/**
 * Short work, repeated until the clock can tell it.
 * @param {string} name
 * @param {(times: number) => number} run  returns the operations of so many times
 * @param {() => void} prepare
 */
function repeated(name, run, prepare = () => {}) {
  /** @type {number[]} */
  const seconds = [];
  let times = 1,
    work = 0;
  const measure = () => timed(() => (work = run(times)));
  return {
    measure() {
      prepare();
      if (seconds.length === 0) while (Math.min(measure(), measure(), measure()) < STRETCH / 2) times *= 2;
      seconds.push(measure());
    },
    rate: () => work / Math.min(...seconds),
    /** @returns {Timing} */
    timing: () => ({ name, seconds, work }),
  };
}
