// @ts-check
/** training.js - the engine's calls about training: a model, its steps, its validation, its checkpoints. */
import { EVENT_FIELDS } from '../../../build/schema.js';
import { DataCalls } from './data.js';

/** @typedef {import('./calls.js').GivenSettings} GivenSettings */

/**
 * The event of a mini-batch; `kind` is one of EVENT_KINDS.
 * @typedef {Record<typeof EVENT_FIELDS[number], number>} EngineEvent
 */

export class TrainingCalls extends DataCalls {
  // ---- a model ----

  /**
   * Returns what these settings would make.
   * @param {GivenSettings} settings
   * @returns {import('../protocol.js').ModelInfo}
   */
  describe(settings) {
    this.inputSettings(settings);
    this.call('describe');
    /** @type {import('../protocol.js').ModelInfo} */
    const info = { line: '', layers: [], parameters: 0, bytes: 0, macs: 0 };
    for (const row of this.text().trim().split('\n')) {
      const [key, ...fields] = row.split('\t');
      if (key === 'line')
        info.line = row.slice('line\t'.length); // a model line may have tabs itself
      else if (key === 'parameters' || key === 'bytes' || key === 'macs') info[key] = Number(fields[0]);
      else if (key === 'layer') {
        const [channels, height, width, parameters, flat] = fields.slice(1).map(Number);
        info.layers.push({ name: fields[0], parameters, shape: flat ? [channels] : [channels, height, width] });
      }
    }
    return info;
  }

  /** Makes a new learner in the place of the old. @param {GivenSettings} settings */
  train(settings) {
    this.inputSettings(settings);
    this.call('train');
  }

  /** Makes a new learner that continues with the network of the old. @param {GivenSettings} settings */
  continue(settings) {
    this.inputSettings(settings);
    this.call('continue');
  }

  /**
   * Returns the settings of the learner, by their names in the core; null without one.
   * @returns {Record<string, string> | null}
   */
  settings() {
    this.call('settings');
    const lines = this.text().trim().split('\n');
    if (lines[0] === '') return null;
    return Object.fromEntries(
      lines.map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1)];
      }),
    );
  }

  /**
   * Returns the resolved layers of the network, which ink_model.h describes; null without one.
   * @returns {import('../protocol.js').ResolvedLayer[] | null}
   */
  layers() {
    this.call('layers');
    return JSON.parse(this.text() || 'null');
  }

  /** Drops the learner. */
  reset() {
    this.call('reset');
  }

  // ---- steps ----

  /** Trains or validates on one mini-batch. @returns {EngineEvent} */
  advance() {
    return this.#event('advance');
  }

  /**
   * Computes one layer of a mini-batch: after an event of kind `part` nothing but this may be asked of the engine until
   * the mini-batch is done.
   * @returns {EngineEvent}
   */
  advancePart() {
    return this.#event('advance_part');
  }

  /** Validates the current weights on all validation pictures. @returns {EngineEvent} */
  evaluate() {
    return this.#event('evaluate');
  }

  /** The same with the mean of nine views of each picture, shifted by up to a pixel. @returns {EngineEvent} */
  evaluateShifted() {
    return this.#event('evaluate_shifted');
  }

  /** @param {string} name  of a call that gives an event @returns {EngineEvent} */
  #event(name) {
    this.call(name);
    const values = this.doubles(),
      event = /** @type {EngineEvent} */ ({});
    for (let i = 0; i < EVENT_FIELDS.length; i++) event[EVENT_FIELDS[i]] = values[i]; // a loop: this runs at each step
    return event;
  }

  /** Sets the learning rate from the next step on. @param {number} lr */
  setRate(lr) {
    this.call('set_rate', lr);
  }

  /** Freezes all layers but the last with weights, or unfreezes them. @param {boolean} frozen */
  freeze(frozen) {
    this.call('freeze', frozen ? 1 : 0);
  }

  /**
   * Runs the learning-rate finder: yields a point for each step, after which all is as it was before.
   * @param {{ start?: number, end?: number, steps?: number }} [options]
   * @returns {Generator<{ lr: number, loss: number }, import('../protocol.js').Suggestions | null>}
   */
  *find({ start = 1e-7, end = 10, steps = 100 } = {}) {
    this.call('find_begin', start, end, steps);
    try {
      for (let done = 0; !done;) {
        this.call('find_step');
        const [lr, loss, last] = this.numbers(3);
        done = last;
        yield { lr, loss };
      }
    } finally {
      this.call('find_end');
    }
    this.call('suggestions');
    const [found, minimum, steep, valley] = this.numbers(4);
    return found ? { minimum, steep, valley } : null;
  }

  // ---- the last validation ----

  /**
   * Sets the temperature of the probabilities to the one with the least validation loss.
   * @returns {import('../protocol.js').Calibration}
   */
  calibrate() {
    this.call('calibrate');
    const [temperature, before, after] = this.numbers(3);
    return { temperature, before, after };
  }

  /** Compares probabilities with how often they were right. @returns {import('../protocol.js').Reliability} */
  reliability() {
    this.call('reliability');
    const bins = this.doubles();
    return {
      error: this.number(),
      bins: Array.from({ length: bins.length / 3 }, (_, i) => ({
        count: bins[3 * i],
        confidence: bins[3 * i + 1],
        accuracy: bins[3 * i + 2],
      })),
    };
  }

  /** Returns the confusion matrix [classes * classes] of the last complete validation, row = actual. */
  confusion() {
    this.call('confusion');
    return this.whole();
  }

  /**
   * Returns the pairs of different classes that were confused at least `least` times, most first, equal ones in
   * row-major order, as fastai lists them.
   * @param {number} [least]
   * @returns {import('../protocol.js').Confused[]}
   */
  mostConfused(least = 1) {
    this.call('most_confused', least);
    const flat = this.whole();
    return Array.from({ length: flat.length / 3 }, (_, i) => ({
      actual: flat[3 * i],
      predicted: flat[3 * i + 1],
      count: flat[3 * i + 2],
    }));
  }

  /**
   * Returns the validation pictures with the greatest losses, falling; those of one cell of the confusion matrix where
   * that is named.
   * @param {number} most
   * @param {{ actual: number, predicted: number }} [cell]  class indices
   * @returns {import('../protocol.js').Mistake[]}
   */
  topLosses(most, cell) {
    this.call('top_losses', most, cell?.actual ?? -1, cell?.predicted ?? -1);
    return Array.from(this.whole(), (index) => {
      this.call('valid_picture', index);
      const [actual, predicted, loss, probability] = this.numbers(4);
      return { index, actual, predicted, loss, probability, picture: this.bytes(0), path: this.text(1) || null };
    });
  }

  // ---- checkpoints ----

  /** Returns a safetensors file; a resumable one continues with the same bits. @param {boolean} resumable */
  save(resumable) {
    this.call('save', resumable ? 1 : 0);
    return this.bytes();
  }

  /** Makes a new learner from a checkpoint of ours; the old one stays if this fails. @param {Uint8Array} bytes */
  restore(bytes) {
    this.input(bytes);
    this.call('restore', bytes.length);
  }

  /**
   * Opens the network of a checkpoint of ours: with its classes in place of data set and learner, or, with keepData, on
   * the data set that is there.
   * @param {Uint8Array} bytes
   * @param {boolean} keepData
   */
  open(bytes, keepData) {
    this.input(bytes);
    this.call('open', bytes.length, keepData ? 1 : 0);
  }

  /**
   * Makes a new learner with the weights of any safetensors file that has the model's names and shapes; the old one
   * stays if this fails.
   * @param {GivenSettings} settings
   * @param {Uint8Array} bytes
   */
  trainWith(settings, bytes) {
    const length = this.inputSettingsAnd(settings, bytes);
    this.call('train_with', length, bytes.length);
  }

  /** A digest of the weights, equal for equal weights; '' without a learner. */
  get digest() {
    this.call('digest');
    return this.text();
  }
}
