// @ts-check
/**
 * engine.js - the only file that knows the core is WebAssembly.
 *
 * C owns every byte. A view into its memory lives inside one method here, since any call may move
 * the memory; callers get copies, which they may keep or transfer.
 */

import { EVENT_FIELDS, EVENT_KINDS, SIZES, STATUSES } from '../../build/schema.js';
import { importsOn } from './imports.js';

/** @typedef {Record<typeof EVENT_FIELDS[number], number>} EngineEvent */

/** Values of EngineEvent.kind. */
export const { step: STEP, valid: VALID, epoch: EPOCH, done: DONE, part: PART } = EVENT_KINDS;

/** What the core refused, and why: `message` is a sentence for people. */
export class EngineError extends Error {
  /** @param {string} code  one of STATUSES, or another of the caller's
   *  @param {string} message */
  constructor(code, message) {
    super(message);
    this.name = 'EngineError';
    this.code = code;
  }
}

/** weightDecay is weight_decay in the core. @param {Partial<import('./protocol.js').Settings>} settings */
function settingsText(settings) {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}=${value}`.replaceAll('\n', ' '))
    .join('\n');
}

/** A module whose only function returns a vector: it is valid where the engine has SIMD. */
const SIMD = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0, // magic, version
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0, // a function () -> v128
  10,
  8,
  1,
  6,
  0,
  65,
  0,
  253,
  15,
  11, // i32.const 0, i8x16.splat, end
);

/** @throws {EngineError} code `unsupported` where no core can run */
export function checkSupport() {
  if (typeof WebAssembly !== 'object')
    throw new EngineError('unsupported', 'WebAssembly, which Inklearn needs, is missing or switched off here.');
  if (!WebAssembly.validate(SIMD))
    throw new EngineError(
      'unsupported',
      'This browser cannot run WebAssembly SIMD, which Inklearn needs: please use a newer one.',
    );
}

/** Reserves as much memory as threads may share here, all at once. Returns null where they may share none. */
export function sharedMemory() {
  const initial = 256,
    most = 65536,
    least = 4096; // pages of 64 KiB, as the module is linked
  for (let maximum = most; maximum >= least; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial, maximum, shared: true });
    } catch {
      // less may be possible
    }
  }
  return null;
}

/**
 * Starts helper.js in a thread of its own; `onLost` is told if that fails.
 * @callback StartThread
 * @param {import('./helper.js').Thread} thread
 * @param {() => void} onLost
 * @returns {{ terminate(): unknown }}
 */

export class Engine {
  /** @type {any} */
  #x;
  /** @type {Set<{ terminate(): unknown }>} */
  #helpers = new Set();
  /** @type {EngineError | null} */
  #crash = null;
  /** Called when a thread was lost; the others do its work. @type {(() => void) | null} */
  onThreadLost = null;

  /** @param {WebAssembly.Exports} exports  of an instance @param {WebAssembly.Memory | null} [memory]  if it does not export it */
  constructor(exports, memory) {
    this.#x = { memory };
    for (const [name, value] of Object.entries(exports))
      this.#x[name] = typeof value === 'function' ? this.#guard(value) : value;
    this.#x._initialize();
  }

  /**
   * @param {BufferSource | WebAssembly.Module} wasm
   * @param {{ threads?: number, memory?: WebAssembly.Memory | null, startThread?: StartThread }} [options]  more than one thread needs
   *   a module with threads, memory that they share, and a way to start one
   * @throws {EngineError} code `unsupported` where the engine lacks WebAssembly SIMD
   */
  static async create(wasm, { threads = 1, memory = threads > 1 ? sharedMemory() : null, startThread } = {}) {
    checkSupport();
    try {
      const module = wasm instanceof WebAssembly.Module ? wasm : await WebAssembly.compile(wasm);
      const { exports } = await WebAssembly.instantiate(module, importsOn(memory)),
        engine = new Engine(exports, memory);
      if (memory && startThread) engine.#startThreads({ module, memory }, threads - 1, startThread);
      return engine;
    } catch (error) {
      throw new EngineError(
        'start',
        error instanceof RangeError
          ? `The training engine could not be started for lack of memory: close other tabs or programs, and try again (${error.message}).`
          : `The training engine could not be started: ${String(error)}`,
      );
    }
  }

  /** Starts threads. Those that can be started do the work of those that cannot. @param {Omit<import('./helper.js').Thread, 'stack'>} core @param {number} count @param {StartThread} start */
  #startThreads(core, count, start) {
    for (let i = 0; i < count; i++) {
      const stack = this.#x.ink_thread_stack();
      if (!stack) return;
      try {
        const helper = start({ ...core, stack }, () => {
          if (this.#helpers.delete(helper)) this.onThreadLost?.();
        });
        this.#helpers.add(helper);
      } catch {
        return; // `threads` says how many there are
      }
    }
  }

  /** Ends all threads but the caller's; the engine cannot be used any more. */
  close() {
    this.#crash ??= new EngineError('state', 'the training engine is closed');
    for (const helper of this.#helpers) helper.terminate();
    this.#helpers.clear();
  }

  /** Which build the core is of. */
  get build() {
    return this.#text(this.#x.ink_build());
  }

  /** Name of the kernels: `simd128`, ... */
  get variant() {
    return this.#text(this.#x.ink_api_variant());
  }

  /** Threads that work or are starting, the caller's among them. */
  get threads() {
    return this.#helpers.size + 1;
  }

  /** Those that work already. */
  get threadsAtWork() {
    return this.#x.ink_threads();
  }

  /** Bytes of memory that the core has taken; they only grow. */
  get memoryBytes() {
    return this.#x.memory.buffer.byteLength;
  }

  // ---- data ----

  loadStart() {
    this.#check(this.#x.ink_api_load_start());
  }

  /** @param {string} name  of the file, or its path in a folder */
  loadStream(name) {
    this.#input(new TextEncoder().encode(name));
    this.#check(this.#x.ink_api_load_stream());
  }

  /** @param {Uint8Array} bytes  the next of this stream */
  loadPush(bytes) {
    this.#input(bytes);
    this.#check(this.#x.ink_api_load_push(bytes.length));
  }

  loadEnd() {
    this.#check(this.#x.ink_api_load_end());
  }

  /** Is called instead of loadEnd if the stream cannot be read; the report names it. @param {string} reason */
  loadSkip(reason) {
    this.#input(new TextEncoder().encode(reason));
    this.#check(this.#x.ink_api_load_skip());
  }

  /** Returns false if the open stream is litter: its bytes need not be read. */
  loadWanted() {
    return this.#x.ink_api_load_wanted() !== 0;
  }

  /** Classes whose names are all whole numbers get numeric order. */
  loadNumberClasses() {
    this.#x.ink_api_load_number_classes();
  }

  /**
   * Replaces the data set; a learner of the old one is freed. Class names that differ only in how their accents are
   * encoded are one class: macOS writes them decomposed, other systems composed.
   */
  loadFinish() {
    this.#check(this.#x.ink_api_load_settle());
    for (let i = 0, at; (at = this.#x.ink_api_load_class(i)); i++) {
      const name = this.#text(at),
        composed = name.normalize('NFC');
      if (composed === name) continue;
      this.#input(new TextEncoder().encode(composed));
      this.#check(this.#x.ink_api_load_rename_class(i));
    }
    this.#check(this.#x.ink_api_load_finish());
  }

  loadCancel() {
    this.#x.ink_api_load_cancel();
  }

  /** Of the load that is running, or of the last one. */
  loadCounts() {
    const [bytes, train, valid, skipped, problems, apart, litter] = new Float64Array(
      this.#x.memory.buffer,
      this.#x.ink_api_load_counts(),
      7,
    );
    return { bytes, train, valid, skipped, problems, apart, litter };
  }

  /** @returns {{ path: string, reason: string }[]} */
  loadProblems() {
    return Array.from({ length: this.loadCounts().problems }, (_, i) => ({
      path: this.#text(this.#x.ink_api_problem_path(i)),
      reason: this.#text(this.#x.ink_api_problem_reason(i)),
    }));
  }

  /** Names of the classes; none while there is no data set. */
  classes() {
    return Array.from({ length: this.#x.ink_api_class_count() }, (_, i) => this.#text(this.#x.ink_api_class_name(i)));
  }

  /** @param {'train' | 'valid'} split */
  pictureCount(split) {
    return this.#x.ink_api_picture_count(split === 'train' ? 0 : 1);
  }

  /**
   * @param {'train' | 'valid'} split
   * @param {number} index
   * @returns {{ pixels: Uint8Array, label: number, path: string | null } | null} 784 pixels
   */
  picture(split, index) {
    const s = split === 'train' ? 0 : 1;
    if (!(index >= 0 && index < this.pictureCount(split))) return null; // not after it was cut to 32 bits
    const address = this.#x.ink_api_picture(s, index);
    const path = this.#x.ink_api_path(s, index);
    return {
      pixels: new Uint8Array(this.#x.memory.buffer, address, SIZES.pixels).slice(),
      label: this.#x.ink_api_label(s, index),
      path: path ? this.#text(path) : null,
    };
  }

  /** @param {'train' | 'valid'} split @param {number} index  -1 where there is none */
  label(split, index) {
    return this.#x.ink_api_label(split === 'train' ? 0 : 1, index);
  }

  // ---- training ----

  /**
   * What these settings would make.
   * @param {Partial<import('./protocol.js').Settings>} settings
   * @returns {import('./protocol.js').ModelInfo}
   */
  describe(settings) {
    this.#input(new TextEncoder().encode(settingsText(settings)));
    this.#check(this.#x.ink_api_describe());
    /** @type {import('./protocol.js').ModelInfo} */
    const info = { line: '', layers: [], parameters: 0, bytes: 0, macs: 0 };
    for (const row of this.#text(this.#x.ink_api_text()).trim().split('\n')) {
      const [key, ...fields] = row.split('\t');
      if (key === 'line')
        info.line = row.slice('line\t'.length); // which may have tabs itself
      else if (key === 'parameters') info.parameters = Number(fields[0]);
      else if (key === 'bytes') info.bytes = Number(fields[0]);
      else if (key === 'macs') info.macs = Number(fields[0]);
      else if (key === 'layer') {
        const [channels, height, width, parameters, flat] = fields.slice(1).map(Number);
        info.layers.push({
          name: fields[0],
          parameters,
          shape: flat ? [channels] : [channels, height, width],
        });
      }
    }
    return info;
  }

  /** A new learner takes the place of the old. @param {Partial<import('./protocol.js').Settings>} settings */
  train(settings) {
    this.#input(new TextEncoder().encode(settingsText(settings)));
    this.#check(this.#x.ink_api_train());
  }

  /** A new learner goes on with the network of the old. @param {Partial<import('./protocol.js').Settings>} settings */
  continue(settings) {
    this.#input(new TextEncoder().encode(settingsText(settings)));
    this.#check(this.#x.ink_api_continue());
  }

  /** One mini-batch. @returns {EngineEvent} */
  advance() {
    this.#check(this.#x.ink_api_advance());
    return this.#event();
  }

  /** A layer of one: after an event of kind PART nothing else may be asked of this engine until it is done. @returns {EngineEvent} */
  advancePart() {
    this.#check(this.#x.ink_api_advance_part());
    return this.#event();
  }

  /** A whole validation with the weights of this moment. @returns {EngineEvent} */
  evaluate() {
    this.#check(this.#x.ink_api_evaluate());
    return this.#event();
  }

  /** ... with the mean of nine views of each picture, shifted by up to a pixel. @returns {EngineEvent} */
  evaluateShifted() {
    this.#check(this.#x.ink_api_evaluate_shifted());
    return this.#event();
  }

  /** The last of a seeded shuffle of the training pictures become the validation pictures; the learner is gone. @param {number} count @param {number} seed */
  holdOut(count, seed) {
    this.#check(this.#x.ink_api_hold_out(count, seed));
  }

  /** Sets the temperature of the probabilities to the one with the least validation loss. @returns {import('./protocol.js').Calibration} */
  calibrate() {
    this.#check(this.#x.ink_api_calibrate());
    const [temperature, before, after] = new Float64Array(this.#x.memory.buffer, this.#x.ink_api_calibration(), 3);
    return { temperature, before, after };
  }

  /** Whether the probabilities of the last validation mean what they say. @returns {import('./protocol.js').Reliability} */
  reliability() {
    const bins = new Float64Array(this.#x.memory.buffer, this.#x.ink_api_calibration(), 4)[3],
      address = this.#x.ink_api_reliability();
    if (!address) this.#check(STATUSES.indexOf('state'));
    const [error, ...rest] = new Float64Array(this.#x.memory.buffer, address, 1 + 3 * bins);
    return {
      error,
      bins: Array.from({ length: bins }, (_, i) => ({
        count: rest[3 * i],
        confidence: rest[3 * i + 1],
        accuracy: rest[3 * i + 2],
      })),
    };
  }

  /** @returns {EngineEvent} */
  #event() {
    const values = new Float64Array(this.#x.memory.buffer, this.#x.ink_api_event(), EVENT_FIELDS.length);
    return /** @type {EngineEvent} */ (Object.fromEntries(EVENT_FIELDS.map((name, i) => [name, values[i]])));
  }

  /**
   * The learning-rate finder: a point for each step, then all is as it was before.
   * @param {{ start?: number, end?: number, steps?: number }} [options]
   * @returns {Generator<{ lr: number, loss: number }, import('./protocol.js').Suggestions | null>}
   */
  *find({ start = 1e-7, end = 10, steps = 100 } = {}) {
    this.#check(this.#x.ink_api_find_begin(start, end, steps));
    try {
      for (let done = 0; !done;) {
        this.#check(this.#x.ink_api_find_step());
        const point = new Float64Array(this.#x.memory.buffer, this.#x.ink_api_find_point(), 3);
        done = point[2];
        yield { lr: point[0], loss: point[1] };
      }
    } finally {
      this.#x.ink_api_find_end();
    }
    const [found, minimum, steep, valley] = new Float64Array(this.#x.memory.buffer, this.#x.ink_api_suggestions(), 4);
    return found ? { minimum, steep, valley } : null;
  }

  /** [classes * classes] of the last complete validation, row = actual. */
  confusion() {
    const n = this.#x.ink_api_class_count();
    return new Uint32Array(this.#x.memory.buffer, this.#x.ink_api_confusion(), n * n).slice();
  }

  /**
   * Pairs of different classes that were confused at least `least` times, most first, equal ones in
   * row-major order, as fastai lists them.
   * @param {number} [least]
   * @returns {import('./protocol.js').Confused[]}
   */
  mostConfused(least = 1) {
    const count = this.#x.ink_api_most_confused(least);
    const flat = new Uint32Array(this.#x.memory.buffer, this.#x.ink_api_pairs(), 3 * count);
    return Array.from({ length: count }, (_, i) => ({
      actual: flat[3 * i],
      predicted: flat[3 * i + 1],
      count: flat[3 * i + 2],
    }));
  }

  /**
   * The validation pictures of the last validation with the greatest losses, falling; of one cell of
   * the confusion matrix where that is named.
   * @param {number} most
   * @param {{ actual: number, predicted: number }} [cell]  class indices
   * @returns {import('./protocol.js').Mistake[]}
   */
  topLosses(most, cell) {
    const found = this.#x.ink_api_top_losses(most, cell?.actual ?? -1, cell?.predicted ?? -1);
    if (found < 0) this.#check(3);
    const { buffer } = this.#x.memory;
    return Array.from(new Uint32Array(buffer, found ? this.#x.ink_api_top_indices() : 0, found)).map((index) => {
      const { label, path } = /** @type {{ label: number, path: string | null }} */ (this.picture('valid', index));
      const picture = new Uint8Array(this.#x.memory.buffer, this.#x.ink_api_valid_seen(index), SIZES.pixels).slice();
      const loss = new Float32Array(this.#x.memory.buffer, this.#x.ink_api_valid_losses())[index];
      const predicted = new Uint8Array(this.#x.memory.buffer, this.#x.ink_api_valid_predicted())[index];
      const probability = this.#x.ink_api_valid_probability(index);
      return { index, actual: label, predicted, loss, probability, picture, path };
    });
  }

  /**
   * The first layer's weights as pictures, input channels summed; null where they are none.
   * @returns {import('./protocol.js').Filters | null}
   */
  filters() {
    const [count, channels, height, width] = new Float64Array(this.#x.memory.buffer, this.#x.ink_api_filter_shape(), 4);
    if (!count) return null;
    const area = height * width,
      run = channels * area;
    const address = this.#x.ink_api_filters();
    if (!address) throw new EngineError('memory', this.#text(this.#x.ink_api_error()));
    const weights = new Float32Array(this.#x.memory.buffer, address, count * run);
    const filters = Array.from({ length: count }, (_, f) => {
      const sum = new Float32Array(area);
      for (let i = 0; i < run; i++) sum[i % area] += weights[f * run + i];
      return sum;
    });
    return { width, height, filters };
  }

  /**
   * Training pictures as these settings augment them; another draw, other pictures.
   * @param {Partial<import('./protocol.js').Settings>} settings
   * @param {number} count
   * @param {number} draw
   */
  preview(settings, count, draw) {
    this.#input(new TextEncoder().encode(settingsText(settings)));
    this.#check(this.#x.ink_api_preview(count, draw));
    const { buffer } = this.#x.memory;
    const pixels = new Uint8Array(buffer, this.#x.ink_api_preview_pixels(), count * SIZES.pixels);
    return {
      pictures: Array.from({ length: count }, (_, i) => pixels.slice(SIZES.pixels * i, SIZES.pixels * (i + 1))),
      labels: [...new Uint8Array(buffer, this.#x.ink_api_preview_labels(), count)],
    };
  }

  // ---- looking, and changes in the middle of a run ----

  /** What the network makes of pictures of a split: [indices][classes]. @param {'train' | 'valid'} split @param {ArrayLike<number>} indices */
  predictions(split, indices) {
    return this.#look(this.#x.ink_api_predict, split, indices, this.#x.ink_api_class_count());
  }

  /** What the last layer with weights sees of them: [indices][features]. @param {'train' | 'valid'} split @param {ArrayLike<number>} indices */
  features(split, indices) {
    return this.#look(this.#x.ink_api_features, split, indices, this.featureCount);
  }

  get featureCount() {
    return this.#x.ink_api_feature_count();
  }

  /** @param {(split: number, count: number) => number} call @param {'train' | 'valid'} split @param {ArrayLike<number>} indices @param {number} each */
  #look(call, split, indices, each) {
    this.#input(new Uint8Array(Uint32Array.from(indices).buffer));
    this.#check(call(split === 'train' ? 0 : 1, indices.length));
    return this.#numbers(indices.length * each);
  }

  /** Of the digit that was read. */
  digitFeatures() {
    this.#check(this.#x.ink_api_digit_features());
    return this.#numbers(this.featureCount);
  }

  /** By how much the class's probability falls when each pixel of the digit is covered: [784]. @param {number} label */
  occlusion(label) {
    this.#check(this.#x.ink_api_occlusion(label));
    return this.#numbers(SIZES.pixels);
  }

  /** What layer `index` makes of the digit. @param {number} index @param {number} count  numbers in it */
  activations(index, count) {
    this.#check(this.#x.ink_api_activations(index));
    return this.#numbers(count);
  }

  /** How each tensor's values and gradients are spread: counts in equal parts of their range. */
  spreads() {
    return Array.from({ length: this.#x.ink_api_tensor_count() }, (_, i) => {
      const [values, gradients] = [0, 1].map((what) => {
        if (this.#x.ink_api_spread(i, what) !== 0) return null;
        const found = Array.from(new Float64Array(this.#x.memory.buffer, this.#x.ink_api_histogram(), 42));
        return {
          counts: found.slice(0, SIZES.histogramBins),
          least: found[SIZES.histogramBins],
          most: found[SIZES.histogramBins + 1],
          name: this.#text(this.#x.ink_api_tensor_name()),
        };
      });
      return values && { name: values.name, values, gradients };
    }).filter((s) => s?.gradients);
  }

  /** @param {number} lr */
  setRate(lr) {
    this.#check(this.#x.ink_api_set_rate(lr));
  }

  /** All but the last layer with weights keep theirs, or learn again. @param {boolean} frozen */
  freeze(frozen) {
    this.#check(this.#x.ink_api_freeze(frozen ? 1 : 0));
  }

  /** Equal for equal weights; '' without a learner. */
  get digest() {
    const address = this.#x.ink_api_digest();
    return address ? this.#text(address) : '';
  }

  /** @param {number} count */
  #numbers(count) {
    return new Float32Array(this.#x.memory.buffer, this.#x.ink_api_numbers(), count).slice();
  }

  /** Drops the learner. */
  reset() {
    this.#x.ink_api_reset();
  }

  // ---- checkpoints ----

  /** A safetensors file; a resumable one goes on with the same bits. @param {boolean} resumable */
  save(resumable) {
    this.#check(this.#x.ink_api_save(resumable ? 1 : 0));
    return new Uint8Array(this.#x.memory.buffer, this.#x.ink_api_saved(), this.#x.ink_api_saved_length()).slice();
  }

  /** A new learner from a checkpoint of ours; the old one stays if this fails. @param {Uint8Array} bytes */
  restore(bytes) {
    this.#input(bytes);
    this.#check(this.#x.ink_api_restore(bytes.length));
  }

  /**
   * The network of a checkpoint of ours: with its classes in place of data set and learner, or, with
   * keepData, on the data set that is there.
   * @param {Uint8Array} bytes
   * @param {boolean} keepData
   */
  open(bytes, keepData) {
    this.#input(bytes);
    this.#check(this.#x.ink_api_open(bytes.length, keepData ? 1 : 0));
  }

  /** The network of a checkpoint of ours reads digits until there is a learner. @param {Uint8Array} bytes */
  setReader(bytes) {
    this.#input(bytes);
    this.#check(this.#x.ink_api_reader(bytes.length));
  }

  /** Of the learner, by their names in the core; null without one. @returns {Record<string, string> | null} */
  settings() {
    const address = this.#x.ink_api_settings();
    if (!address) return null;
    return Object.fromEntries(
      this.#text(address)
        .trim()
        .split('\n')
        .map((line) => {
          const at = line.indexOf('=');
          return [line.slice(0, at), line.slice(at + 1)];
        }),
    );
  }

  /**
   * A new learner with the weights of any safetensors file that has the model's names and shapes; the
   * old one stays if this fails.
   * @param {Partial<import('./protocol.js').Settings>} settings
   * @param {Uint8Array} bytes
   */
  trainWith(settings, bytes) {
    const text = new TextEncoder().encode(`${settingsText(settings)}\0`),
      both = new Uint8Array(text.length + bytes.length);
    both.set(text);
    both.set(bytes, text.length);
    this.#input(both);
    this.#check(this.#x.ink_api_train_with(text.length - 1, bytes.length));
  }

  // ---- reading a digit ----

  /**
   * @param {Uint8Array | Uint8ClampedArray} rgba  [height * width * 4]
   * @param {number} width
   * @param {number} height
   * @returns {import('./protocol.js').Prediction}
   */
  predict(rgba, width, height) {
    this.#input(rgba);
    this.#check(this.#x.ink_api_read_digit(width, height));
    return this.#prediction();
  }

  /**
   * All digits of a picture, in reading order, and the steps from the picture to them. Digit `chosen`
   * is the one that occlusion, features and activations are about; -1: the picture without the steps.
   * @param {Uint8Array | Uint8ClampedArray} rgba  [height * width * 4]
   * @param {number} width
   * @param {number} height
   * @param {number} [chosen]
   * @returns {import('./protocol.js').Reading}
   */
  read(rgba, width, height, chosen = 0) {
    this.#input(rgba);
    this.#check(this.#x.ink_api_read_digit(width, height));
    const count = this.#x.ink_api_digit_count(),
      at = chosen < count ? chosen : 0;
    const digits = Array.from({ length: count }, (_, i) => {
      this.#check(this.#x.ink_api_digit_choose(i));
      const { buffer } = this.#x.memory,
        [, , left, top, right, bottom] = new Float64Array(buffer, this.#x.ink_api_digit_places(), 6);
      const scaled = new Uint8Array(buffer, this.#x.ink_api_digit_scaled(), SIZES.digitBox ** 2).slice();
      return { ...this.#prediction(), scaled, left, top, right, bottom };
    });
    this.#check(this.#x.ink_api_digit_choose(at));
    const { buffer } = this.#x.memory,
      [w, h] = new Float64Array(buffer, this.#x.ink_api_digit_places(), 2);
    const grey = new Uint8Array(buffer, this.#x.ink_api_digit_grey(), w * h).slice();
    const shown = at < 0 ? this.#prediction() : digits[at];
    return {
      digits,
      chosen: at,
      shown,
      byReader: !!shown.probabilities && !this.settings(),
      grey,
      width: w,
      height: h,
    };
  }

  /**
   * A PNG file: read as a person's digit, as `predict` reads one, or as the pictures of a data set are.
   * @param {Uint8Array} bytes
   * @param {'digit' | 'picture'} [as]
   * @returns {import('./protocol.js').Prediction & import('./protocol.js').Logits}
   */
  predictPng(bytes, as = 'digit') {
    this.#input(bytes);
    this.#check(this.#x.ink_api_read_png(bytes.length, as === 'digit' ? 1 : 0));
    const prediction = this.#prediction(),
      { buffer } = this.#x.memory,
      classes = this.#x.ink_api_class_count();
    if (!prediction.probabilities || !this.settings()) throw new EngineError('state', 'there is no network to ask');
    return {
      ...prediction,
      input: new Float32Array(buffer, this.#x.ink_api_network_input(), SIZES.pixels).slice(),
      logits: new Float32Array(buffer, this.#x.ink_api_logits(), classes).slice(),
    };
  }

  /**
   * Decodes a PNG file as a viewer shows it on white paper, shrunk by a whole number to at most `most` pixels along a
   * side.
   * @param {Uint8Array} bytes @param {number} most
   * @returns {import('./protocol.js').Decoded}
   */
  decodePng(bytes, most) {
    this.#input(bytes);
    this.#check(this.#x.ink_api_decode_png(bytes.length, most));
    const { buffer } = this.#x.memory,
      [width, height] = new Float64Array(buffer, this.#x.ink_api_decoded_size(), 2);
    const rgba = new Uint8ClampedArray(buffer, this.#x.ink_api_decoded(), 4 * width * height).slice();
    this.#x.ink_api_forget_decoded();
    return { width, height, rgba };
  }

  /** Returns the name of a file's kind, such as "JPEG", or ''. @param {Uint8Array} head  its first 16 bytes */
  kindOf(head) {
    this.#input(head);
    return this.#text(this.#x.ink_api_kind(head.length));
  }

  /** Of the picture that was read last. @returns {import('./protocol.js').Prediction} */
  #prediction() {
    const address = this.#x.ink_api_probabilities();
    const probabilities = address
      ? new Float32Array(this.#x.memory.buffer, address, this.#x.ink_api_class_count()).slice()
      : null;
    return {
      picture: new Uint8Array(this.#x.memory.buffer, this.#x.ink_api_digit(), SIZES.pixels).slice(),
      probabilities,
      label: probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1,
    };
  }

  // ---- across the boundary ----

  /**
   * A call that traps, here or in another thread, leaves the core in the middle of its work: no
   * other call can be trusted after it.
   * @param {Function} call
   */
  #guard(call) {
    return (/** @type {any[]} */ ...values) => {
      if (this.#crash) throw this.#crash;
      try {
        return call(...values);
      } catch (error) {
        this.close();
        throw (this.#crash = new EngineError(
          'crashed',
          `The training engine failed and must be started again (${error instanceof Error ? error.message : error}).`,
        ));
      }
    };
  }

  /** @param {Uint8Array | Uint8ClampedArray} bytes */
  #input(bytes) {
    const address = this.#x.ink_api_input(bytes.length);
    if (!address) throw new EngineError('memory', `there is no memory for ${bytes.length} more bytes`);
    new Uint8Array(this.#x.memory.buffer, address, bytes.length).set(bytes);
  }

  /** @param {number} address  of UTF-8 that ends with 0 */
  #text(address) {
    const bytes = new Uint8Array(this.#x.memory.buffer, address);
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0))); // a copy: shared bytes are refused
  }

  /** @param {number} status */
  #check(status) {
    if (status !== 0) throw new EngineError(STATUSES[status] ?? 'unknown', this.#text(this.#x.ink_api_error()));
  }
}
