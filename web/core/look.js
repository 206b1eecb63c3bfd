// @ts-check
/** look.js - looking at a network while it learns, for the worker: nothing here changes what it learns. */

/** Pictures of the running sample, and looked at in one go. */
const SAMPLE = 1000,
  PIECE = 64,
  WORST = 24;
/** Of the time that training takes, what the sample may take. */
const SHARE = 0.05;
/** Milliseconds between two reports of the sample. */
const EVERY = 450;

/** The confusion matrix of a running sample of validation pictures, during an epoch. */
export class Glance {
  #engine;
  #now;
  #indices;
  #labels;
  /** Of each picture of the sample: what it was last taken for in this epoch, or -1. */
  #predicted;
  /** And how sure it was: of that class, and of the right one. */
  #sure;
  #right;
  #at = 0;
  #epoch = -1;
  #spent = 0;
  #since;
  #reported;

  /** @param {import('./engine.js').Engine} engine @param {() => number} now  a clock in milliseconds */
  constructor(engine, now) {
    this.#engine = engine;
    this.#now = now;
    this.#since = this.#reported = now();
    const of = engine.pictureCount('valid'),
      n = Math.min(SAMPLE, of);
    // By class the order goes: steps of a number with no common factor meet all classes early.
    this.#indices = Array.from({ length: n }, (_, i) => Math.floor((((i * 617) % n) * of) / n));
    this.#labels = this.#indices.map((index) => engine.label('valid', index));
    this.#predicted = new Int16Array(n).fill(-1);
    this.#sure = new Float32Array(n);
    this.#right = new Float32Array(n);
  }

  /**
   * After a slice of training: looks at some pictures, if there is time.
   * @param {number} epoch
   * @returns {{ counts: Uint32Array, pictures: number, of: number, worst: import('./protocol.js').Mistake[] } | null} now and then
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
    if (now - this.#since < 150 || this.#spent > SHARE * (now - this.#since)) return null;
    const some = Array.from(
      { length: Math.min(PIECE, this.#indices.length) },
      (_, i) => (this.#at + i) % this.#indices.length,
    );
    const classes = this.#engine.classes().length,
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
    return this.#now() - this.#reported < EVERY ? null : this.#report(classes);
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

  /** Those of the sample that it was most surprised by. @returns {import('./protocol.js').Mistake[]} */
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

/** Training pictures among which the nearest are sought. */
const AMONG = 2000;
/** Those pictures' features, for the weights of which they are. @type {{ digest: string, indices: number[], features: Float32Array } | null} */
let known = null;

/**
 * The training pictures whose features are nearest to the digit's (cosine), and how near.
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
