// @ts-check
/** look.js - looks at a network while it learns, in the worker. Nothing here changes what the network learns. */

/** Pictures of the running sample; pictures in one look; pictures with the greatest losses that a report names. */
const SAMPLE = 1000,
  PIECE = 64,
  WORST = 24;
/** The share of training time that looking may take. */
const SHARE = 0.05;
/** An epoch must have lasted so many milliseconds before the first look. */
const FIRST_MS = 150;
/** Milliseconds between two reports. */
const REPORT_MS = 450;

/** @typedef {import('./protocol.js').Mistake} Mistake */
/**
 * A report, as in protocol.js.
 * @typedef {{ counts: Uint32Array, pictures: number, of: number, worst: Mistake[] }} Glimpse
 */

/** The confusion matrix of a running sample of validation pictures, during an epoch. */
export class Glance {
  #engine;
  #now;
  #indices;
  #labels;
  /** For each picture of the sample: the class that was last predicted in this epoch, or -1. */
  #predicted;
  /** The probability of that class, and of the actual one. */
  #sure;
  #right;
  /** The picture that the next look begins with. */
  #at = 0;
  #epoch = -1;
  /** Milliseconds that looking has taken in this epoch. */
  #spent = 0;
  /** When the epoch began, and when the last report was made. */
  #since;
  #reported;

  /** @param {import('./engine.js').Engine} engine @param {() => number} now  a clock in milliseconds */
  constructor(engine, now) {
    this.#engine = engine;
    this.#now = now;
    this.#since = this.#reported = now();
    const of = engine.pictureCount('valid'),
      n = Math.min(SAMPLE, of);
    // Pictures may be sorted by class. Steps of 617, a prime, reach every class early.
    this.#indices = Array.from({ length: n }, (_, i) => Math.floor((((i * 617) % n) * of) / n));
    this.#labels = this.#indices.map((index) => engine.label('valid', index));
    this.#predicted = new Int16Array(n).fill(-1);
    this.#sure = new Float32Array(n);
    this.#right = new Float32Array(n);
  }

  /**
   * Looks at some pictures after a slice of training, if there is time.
   * @param {number} epoch
   * @returns {Glimpse | null} a report now and then
   */
  look(epoch) {
    const now = this.#now();
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#predicted.fill(-1);
      this.#spent = 0;
      this.#since = this.#reported = now;
      return null;
    }
    if (now - this.#since < FIRST_MS || this.#spent > SHARE * (now - this.#since)) return null;
    const some = Array.from(
      { length: Math.min(PIECE, this.#indices.length) },
      (_, i) => (this.#at + i) % this.#indices.length,
    );
    const classes = this.#engine.classCount,
      found = this.#engine.predictions(
        'valid',
        some.map((i) => this.#indices[i]),
      );
    some.forEach((place, i) => {
      const own = found.subarray(i * classes, (i + 1) * classes);
      this.#sure[place] = Math.max(...own);
      this.#predicted[place] = own.indexOf(this.#sure[place]);
      this.#right[place] = own[this.#labels[place]];
    });
    this.#at = (this.#at + some.length) % this.#indices.length;
    this.#spent += this.#now() - now;
    return this.#now() - this.#reported < REPORT_MS ? null : this.#report(classes);
  }

  /** @param {number} n */
  #report(n) {
    this.#reported = this.#now();
    const counts = new Uint32Array(n * n);
    let pictures = 0;
    this.#predicted.forEach((predicted, i) => {
      if (predicted < 0) return;
      counts[this.#labels[i] * n + predicted]++;
      pictures++;
    });
    return { counts, pictures, of: this.#engine.pictureCount('valid'), worst: this.#worst() };
  }

  /** Returns the pictures of the sample with the greatest losses. @returns {Mistake[]} */
  #worst() {
    const seen = [...this.#predicted.keys()]
      .filter((i) => this.#predicted[i] >= 0)
      .sort((a, b) => this.#right[a] - this.#right[b])
      .slice(0, WORST);
    return seen.map((i) => {
      const { pixels, path } = /** @type {{ pixels: Uint8Array, path: string | null }} */ (
        this.#engine.picture('valid', this.#indices[i])
      );
      const loss = -Math.log(Math.max(this.#right[i], 1e-9));
      return {
        index: this.#indices[i],
        actual: this.#labels[i],
        predicted: this.#predicted[i],
        loss,
        probability: this.#sure[i],
        picture: pixels,
        path,
      };
    });
  }
}

/** How many training pictures are searched for the nearest. */
const AMONG = 2000;
/**
 * The features of those pictures, and the digest of the weights that made them.
 * @type {{ digest: string, indices: number[], features: Float32Array } | null}
 */
let known = null;

/**
 * Finds the training pictures whose features are nearest to the digit's, by the cosine between them.
 * @param {import('./engine.js').Engine} engine
 * @param {number} most
 * @param {() => Promise<void>} pause  between pieces of work
 */
export async function nearest(engine, most, pause) {
  const n = engine.featureCount,
    of = engine.pictureCount('train');
  if (!n) return [];
  if (known?.digest !== engine.digest) {
    const { digest } = engine,
      indices = Array.from({ length: Math.min(AMONG, of) }, (_, i) =>
        Math.floor(((i + 0.5) * of) / Math.min(AMONG, of)),
      );
    const features = new Float32Array(indices.length * n);
    for (let first = 0; first < indices.length; first += 250) {
      features.set(engine.features('train', indices.slice(first, first + 250)), first * n);
      await pause();
    }
    known = { digest, indices, features };
  }
  const { indices, features } = known,
    own = engine.digitFeatures();
  const length = (/** @type {Float32Array} */ v) => Math.sqrt(v.reduce((s, x) => s + x * x, 0)) || 1;
  const near = indices
    .map((index, i) => {
      const theirs = features.subarray(i * n, (i + 1) * n);
      let dot = 0;
      for (let f = 0; f < n; f++) dot += own[f] * theirs[f];
      return { index, likeness: dot / length(own) / length(theirs) };
    })
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, most);
  return near.map(({ index, likeness }) => {
    const found = /** @type {{ pixels: Uint8Array, label: number }} */ (engine.picture('train', index));
    return { index, likeness, picture: found.pixels, label: found.label };
  });
}
