// @ts-check
/** data.js - the engine's calls about data: loading a set, its pictures and classes, and pictures in files. */
import { Calls } from './calls.js';

/** @typedef {import('./calls.js').GivenSettings} GivenSettings */
/** @typedef {'train' | 'valid'} Split */

/** The number of a split in the core. @param {Split} split */
export const splitNumber = (split) => (split === 'train' ? 0 : 1);

export class DataCalls extends Calls {
  // ---- a load: start, then for each stream its bytes, then finish ----

  loadStart() {
    this.call('load_start');
  }

  /** Begins a stream. @param {string} name  of the file, or its path in a folder */
  loadStream(name) {
    this.inputText(name);
    this.call('load_stream');
  }

  /** @param {Uint8Array} bytes  the next of this stream */
  loadPush(bytes) {
    this.input(bytes);
    this.call('load_push', bytes.length);
  }

  /** Ends the stream. */
  loadEnd() {
    this.call('load_end');
  }

  /** Ends a stream that cannot be read; the report names it. @param {string} reason */
  loadSkip(reason) {
    this.inputText(reason);
    this.call('load_skip');
  }

  /** Returns false if the open stream is litter: its bytes need not be read. */
  loadWanted() {
    this.call('load_wanted');
    return this.number() !== 0;
  }

  /** Classes whose names are all whole numbers get numeric order. */
  loadNumberClasses() {
    this.call('load_number_classes');
  }

  /**
   * Replaces the data set; a learner of the old one is freed. Class names that differ only in how their accents are
   * encoded become one class: macOS writes them decomposed, other systems composed.
   */
  loadFinish() {
    this.call('load_settle');
    const count = this.number();
    for (let i = 0; i < count; i++) {
      this.call('load_class', i);
      const name = this.text(),
        composed = name.normalize('NFC');
      if (composed === name) continue;
      this.inputText(composed);
      this.call('load_rename_class', i);
    }
    this.call('load_finish');
  }

  loadCancel() {
    this.call('load_cancel');
  }

  /** Counts of the load that is running, or of the last one. */
  loadCounts() {
    this.call('load_counts');
    const [bytes, train, valid, skipped, problems, apart, litter] = this.numbers(7);
    return { bytes, train, valid, skipped, problems, apart, litter };
  }

  /** @returns {{ path: string, reason: string }[]} */
  loadProblems() {
    return Array.from({ length: this.loadCounts().problems }, (_, i) => {
      this.call('load_problem', i);
      return { path: this.text(0), reason: this.text(1) };
    });
  }

  // ---- the data set ----

  #counts() {
    this.call('data');
    const [classes, train, valid] = this.numbers(3);
    return { classes, train, valid };
  }

  /** How many classes there are; 0 while there is no data set. */
  get classCount() {
    return this.#counts().classes;
  }

  /** Names of the classes; none while there is no data set. */
  classes() {
    return Array.from({ length: this.classCount }, (_, i) => {
      this.call('class_name', i);
      return this.text();
    });
  }

  /** @param {Split} split */
  pictureCount(split) {
    return this.#counts()[split];
  }

  /**
   * Returns a picture, or null where there is none of that number.
   * @param {Split} split
   * @param {number} index
   * @returns {{ pixels: Uint8Array, label: number, path: string | null } | null} 784 pixels
   */
  picture(split, index) {
    if (!(index >= 0 && index < this.pictureCount(split))) return null; // the core would see it cut to 32 bits
    this.call('picture', splitNumber(split), index);
    return { pixels: this.bytes(0), label: this.number(), path: this.text(1) || null };
  }

  /** Returns the class of a picture. @param {Split} split @param {number} index */
  label(split, index) {
    this.call('picture', splitNumber(split), index);
    return this.number();
  }

  /**
   * Makes the last of a seeded shuffle of the training pictures the validation pictures; the learner is gone.
   * @param {number} count @param {number} seed
   */
  holdOut(count, seed) {
    this.call('hold_out', count, seed);
  }

  /**
   * Returns training pictures as these settings augment them; another draw, other pictures.
   * @param {GivenSettings} settings
   * @param {number} count
   * @param {number} draw
   */
  preview(settings, count, draw) {
    this.inputSettings(settings);
    this.call('preview', count, draw);
    const pixels = this.bytes(0),
      each = pixels.length / count;
    return {
      pictures: Array.from({ length: count }, (_, i) => pixels.slice(each * i, each * (i + 1))),
      labels: [...this.bytes(1)],
    };
  }

  // ---- pictures in files ----

  /**
   * Decodes a PNG file as a viewer shows it on white paper, shrunk by a whole number to at most `most` pixels along a
   * side.
   * @param {Uint8Array} bytes @param {number} most
   * @returns {import('../protocol.js').Decoded}
   */
  decodePng(bytes, most) {
    this.input(bytes);
    this.call('decode_png', bytes.length, most);
    const [width, height] = this.numbers(2),
      { buffer } = this.bytes();
    this.call('forget_decoded');
    return { width, height, rgba: new Uint8ClampedArray(buffer) };
  }

  /** Returns the name of a file's kind, such as "JPEG", or ''. @param {Uint8Array} head  its first 16 bytes */
  kindOf(head) {
    this.input(head);
    this.call('kind', head.length);
    return this.text();
  }
}
