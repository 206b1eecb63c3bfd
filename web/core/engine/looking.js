// @ts-check
/** looking.js - the engine's calls about what a network sees: in pictures of the set, in digits, and inside itself. */
import { EngineError } from './calls.js';
import { splitNumber } from './data.js';
import { TrainingCalls } from './training.js';

/** @typedef {import('./data.js').Split} Split */

export class LookingCalls extends TrainingCalls {
  // ---- pictures of the data set ----

  /**
   * Returns the probabilities of pictures of a split: [indices][classes].
   * @param {Split} split
   * @param {ArrayLike<number>} indices
   */
  predictions(split, indices) {
    return this.#look('predict', split, indices);
  }

  /**
   * Returns what the last layer with weights sees of them: [indices][features].
   * @param {Split} split
   * @param {ArrayLike<number>} indices
   */
  features(split, indices) {
    return this.#look('features', split, indices);
  }

  /** @param {string} name @param {Split} split @param {ArrayLike<number>} indices */
  #look(name, split, indices) {
    this.input(new Uint8Array(Uint32Array.from(indices).buffer));
    this.call(name, splitNumber(split), indices.length);
    return this.floats();
  }

  /** How many numbers the last layer with weights sees; 0 where there is no such layer. */
  get featureCount() {
    this.call('feature_count');
    return this.number();
  }

  // ---- inside the network ----

  /**
   * Returns the first layer's weights as pictures, input channels summed; null where they are none.
   * @returns {import('../protocol.js').Filters | null}
   */
  filters() {
    this.call('filters');
    const [count, channels, height, width] = this.numbers(4);
    if (!count) return null;
    const area = height * width,
      each = channels * area,
      weights = this.floats();
    const filters = Array.from({ length: count }, (_, f) => {
      const sum = new Float32Array(area);
      for (let i = 0; i < each; i++) sum[i % area] += weights[f * each + i];
      return sum;
    });
    return { width, height, filters };
  }

  /**
   * Returns how the values and gradients of each trained tensor are spread.
   * @returns {import('../protocol.js').Spread[]}
   */
  spreads() {
    this.call('tensor_count');
    return Array.from({ length: this.number() }, (_, i) => {
      this.call('spread', i);
      return { name: this.text(0), values: this.#histogram(1), gradients: this.#histogram(2) };
    }).filter(({ gradients }) => gradients.counts.length > 0);
  }

  /** @param {number} index  of a span that holds counts, then the least and the largest value; or nothing */
  #histogram(index) {
    const found = Array.from(this.doubles(index)),
      most = found.pop() ?? 0,
      least = found.pop() ?? 0;
    return { counts: found, least, most };
  }

  // ---- the digit that was read ----

  /** Returns its features. */
  digitFeatures() {
    this.call('digit_features');
    return this.floats();
  }

  /**
   * Returns by how much the class's probability falls when each pixel of the digit is covered: [784].
   * @param {number} label
   */
  occlusion(label) {
    this.call('occlusion', label);
    return this.floats();
  }

  /** Returns what layer `index` makes of the digit. @param {number} index */
  activations(index) {
    this.call('activations', index);
    return this.floats();
  }

  // ---- reading a digit ----

  /** Makes the network of a checkpoint of ours read digits until there is a learner. @param {Uint8Array} bytes */
  setReader(bytes) {
    this.input(bytes);
    this.call('reader', bytes.length);
  }

  /**
   * @param {Uint8Array | Uint8ClampedArray} rgba  [height * width * 4]
   * @param {number} width
   * @param {number} height
   * @returns {import('../protocol.js').Prediction}
   */
  predict(rgba, width, height) {
    this.input(rgba);
    this.call('read_digit', width, height);
    return this.#prediction();
  }

  /**
   * Reads all digits of a picture, in reading order, with the steps from the picture to them. Digit `chosen` is the one
   * that occlusion, features and activations are about; -1 means the picture without the steps.
   * @param {Uint8Array | Uint8ClampedArray} rgba  [height * width * 4]
   * @param {number} width
   * @param {number} height
   * @param {number} [chosen]
   * @returns {import('../protocol.js').Reading}
   */
  read(rgba, width, height, chosen = 0) {
    this.input(rgba);
    this.call('read_digit', width, height);
    const count = this.number(),
      at = chosen < count ? chosen : 0;
    const digits = Array.from({ length: count }, (_, i) => {
      this.call('digit_choose', i);
      const [, , left, top, right, bottom] = this.numbers(6),
        scaled = this.bytes(1);
      return { ...this.#prediction(), scaled, left, top, right, bottom };
    });
    this.call('digit_choose', at);
    const [w, h] = this.numbers(2),
      grey = this.bytes(2),
      shown = at < 0 ? this.#prediction() : digits[at];
    const byReader = !!shown.probabilities && !this.settings();
    return { digits, chosen: at, shown, byReader, grey, width: w, height: h };
  }

  /**
   * Reads a PNG file as a person's digit, as `predict` reads one, or as the pictures of a data set are read.
   * @param {Uint8Array} bytes
   * @param {'digit' | 'picture'} [as]
   * @returns {import('../protocol.js').Prediction & import('../protocol.js').Logits}
   */
  predictPng(bytes, as = 'digit') {
    this.input(bytes);
    this.call('read_png', bytes.length, as === 'digit' ? 1 : 0);
    const prediction = this.#prediction();
    if (!prediction.probabilities || !this.settings()) throw new EngineError('state', 'there is no network to ask');
    this.call('logits');
    return { ...prediction, input: this.floats(0), logits: this.floats(1) };
  }

  /** Returns the network's answer for the picture that was read last. @returns {import('../protocol.js').Prediction} */
  #prediction() {
    this.call('probabilities');
    const found = this.floats(1),
      probabilities = found.length ? found : null;
    return {
      picture: this.bytes(0),
      probabilities,
      label: probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1,
    };
  }
}
