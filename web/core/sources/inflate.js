// @ts-check
/**
 * inflate.js - DEFLATE (RFC 1951). In contrast to a DecompressionStream it can say where the data ended, which formats
 * of several parts need, and where and how they are damaged. It is loaded when it is needed.
 */

/** The largest distance of a copy; the largest piece of output. Both in bytes. */
const WINDOW = 1 << 15,
  CHUNK = 1 << 17;
/** The longest copy; bytes that one symbol with its distance may take; bytes that a block's header may take. */
const COPY_MOST = 258,
  SYMBOL_BYTES = 8,
  HEADER_BYTES = 600;
/** Codes of up to FAST bits are looked up; longer ones, which are rare, are read bit by bit. */
const FAST = 9,
  CODE_MOST = 15;
const END_OF_BLOCK = 256,
  LENGTHS_MOST = 286,
  DISTANCES_MOST = 30;
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/**
 * Least value and extra bits of each symbol: `step` symbols share a number of bits.
 * @param {number} count
 * @param {number} first
 * @param {number} step
 */
function ranges(count, first, step) {
  const base = new Uint16Array(count),
    extra = new Uint8Array(count);
  for (let i = 0, value = first; i < count; value += 1 << extra[i++]) {
    base[i] = value;
    extra[i] = Math.max(0, Math.floor(i / step) - 1);
  }
  return { base, extra };
}
const LENGTHS = ranges(29, 3, 4),
  DISTANCES = ranges(30, 1, 2);
LENGTHS.base[28] = COPY_MOST;
LENGTHS.extra[28] = 0;

/** The deflated data are damaged. */
export class DeflateError extends Error {
  /** @param {string} message  a clause @param {boolean} [cut]  the bytes end too early */
  constructor(message, cut = false) {
    super(message);
    this.cut = cut;
  }
}

/** Zero bytes behind the last, so that reading a little too far needs no check of its own. */
const PADDING = 16;

/** Bytes that come in pieces. The next is bytes[at], the last that is there bytes[end - 1]. */
export class ByteInput {
  #next;
  bytes = new Uint8Array();
  at = 0;
  end = 0;
  /** True where no more bytes will come. */
  ended = false;
  /** Bytes that came before those in `bytes`. */
  #before = 0;

  /** @param {() => Promise<Uint8Array | undefined>} next  undefined: the end */
  constructor(next) {
    this.#next = next;
  }

  /** How many bytes were read, from the first of all. */
  get position() {
    return this.#before + this.at;
  }

  get left() {
    return this.end - this.at;
  }

  /** Makes `count` bytes available, or all if there are fewer. @param {number} count */
  async want(count) {
    while (this.left < count && !this.ended) {
      const more = await this.#next();
      this.ended = !more;
      this.#append(more ?? new Uint8Array(PADDING));
      if (this.ended) this.end -= PADDING;
    }
  }

  /** @param {Uint8Array} more */
  #append(more) {
    const { left } = this,
      joined = new Uint8Array(left + more.length);
    joined.set(this.bytes.subarray(this.at, this.end));
    joined.set(more, left);
    this.#before += this.at;
    this.bytes = joined;
    this.at = 0;
    this.end = joined.length;
  }
}

/**
 * A prefix code (RFC 1951, 3.2.2). `fast` holds symbol << 4 | bits for codes of up to FAST bits, 0 for longer codes.
 * Longer codes are found with `counts`, how many codes each length has, and `symbols`, in the order of their codes.
 * @typedef {{ fast: Uint16Array, counts: Uint16Array, symbols: Uint16Array }} Code
 */

/**
 * @param {Uint8Array} lengths  number of bits of each symbol's code; 0: the symbol has no code
 * @param {boolean} mayLack  one code of one bit is enough
 * @returns {Code}
 */
function makeCode(lengths, mayLack) {
  const counts = new Uint16Array(CODE_MOST + 1),
    starts = new Uint16Array(CODE_MOST + 2),
    next = new Uint16Array(CODE_MOST + 2);
  for (const length of lengths) counts[length]++;
  const used = lengths.length - counts[0];
  counts[0] = 0;
  let free = 1;
  for (let bits = 1; bits <= CODE_MOST; bits++) {
    free = 2 * free - counts[bits];
    if (free < 0) throw new DeflateError('a code has too many symbols');
    starts[bits + 1] = starts[bits] + counts[bits];
    next[bits + 1] = (next[bits] + counts[bits]) << 1;
  }
  if (free > 0 && !(mayLack && (used === 0 || (used === 1 && counts[1] === 1))))
    throw new DeflateError('a code has too few symbols');
  const symbols = new Uint16Array(used),
    fast = new Uint16Array(1 << FAST);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const bits = lengths[symbol];
    if (bits === 0) continue;
    symbols[starts[bits]++] = symbol;
    let code = next[bits]++,
      reversed = 0;
    if (bits > FAST) continue;
    for (let i = 0; i < bits; i++, code >>= 1) reversed = (reversed << 1) | (code & 1);
    for (; reversed < 1 << FAST; reversed += 1 << bits) fast[reversed] = (symbol << 4) | bits;
  }
  return { fast, counts, symbols };
}

/** @type {{ lengths: Code, distances: Code } | undefined} */
let fixed;
function fixedCodes() {
  return (fixed ??= {
    lengths: makeCode(
      Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
      false,
    ),
    distances: makeCode(new Uint8Array(32).fill(5), false),
  });
}

/** The symbol << 4 | bits of a code that is longer than FAST. @param {Code} code @param {number} hold  the next bits */
function findLong({ counts, symbols }, hold) {
  for (let bits = 1, code = 0, first = 0, index = 0; bits <= CODE_MOST; bits++) {
    code |= (hold >>> (bits - 1)) & 1;
    if (code - counts[bits] < first) return (symbols[index + code - first] << 4) | bits;
    index += counts[bits];
    first = (first + counts[bits]) << 1;
    code <<= 1;
  }
  throw new DeflateError('a code is invalid');
}

class Inflater {
  #input;
  /** Up to 7 bits that were taken from the input and not used yet, lowest first. */
  #hold = 0;
  #held = 0;
  /** Output: the last WINDOW bytes that were passed on, then those from #given to #end that were not yet. */
  #out;
  #given = 0;
  #end = 0;

  /** @param {ByteInput} input @param {number} size  bytes that are expected */
  constructor(input, size) {
    this.#input = input;
    this.#out = new Uint8Array(Math.min(size, WINDOW + CHUNK) + COPY_MOST);
  }

  /** @param {number} count  up to 16 */
  #bits(count) {
    while (this.#held < count) {
      this.#hold |= this.#byte() << this.#held;
      this.#held += 8;
    }
    const value = this.#hold & ((1 << count) - 1);
    this.#hold >>>= count;
    this.#held -= count;
    return value;
  }

  #byte() {
    const input = this.#input;
    if (input.at >= input.end) throw new DeflateError('', true);
    return input.bytes[input.at++];
  }

  /** @param {Code} code */
  #symbol({ counts, symbols }) {
    for (let bits = 1, code = 0, first = 0, index = 0; bits <= CODE_MOST; bits++) {
      code |= this.#bits(1);
      if (code - counts[bits] < first) return symbols[index + code - first];
      index += counts[bits];
      first = (first + counts[bits]) << 1;
      code <<= 1;
    }
    throw new DeflateError('a code is invalid');
  }

  #readCodes() {
    const lengthCount = this.#bits(5) + 257,
      distanceCount = this.#bits(5) + 1,
      orderCount = this.#bits(4) + 4;
    if (lengthCount > LENGTHS_MOST || distanceCount > DISTANCES_MOST)
      throw new DeflateError('a code has too many symbols');
    const lengths = new Uint8Array(lengthCount + distanceCount),
      own = new Uint8Array(19);
    for (let i = 0; i < orderCount; i++) own[ORDER[i]] = this.#bits(3);
    const code = makeCode(own, false);
    for (let i = 0; i < lengths.length;) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      if (symbol === 16 && i === 0) throw new DeflateError('a repeated code length has none before it');
      const value = symbol === 16 ? lengths[i - 1] : 0,
        times = symbol === 16 ? 3 + this.#bits(2) : symbol === 17 ? 3 + this.#bits(3) : 11 + this.#bits(7);
      if (i + times > lengths.length) throw new DeflateError('a code has too many symbols');
      lengths.fill(value, i, (i += times));
    }
    if (lengths[END_OF_BLOCK] === 0) throw new DeflateError('a block has no end');
    return {
      lengths: makeCode(lengths.subarray(0, lengthCount), true),
      distances: makeCode(lengths.subarray(lengthCount), true),
    };
  }

  /** Returns the output that can be passed on, and makes room for more. */
  #take() {
    const piece = this.#out.slice(this.#given, this.#end),
      kept = Math.min(this.#end, WINDOW);
    this.#out.copyWithin(0, this.#end - kept, this.#end);
    this.#given = this.#end = kept;
    return piece;
  }

  get #isFull() {
    return this.#end > this.#out.length - COPY_MOST;
  }

  async *#stored() {
    this.#hold = this.#held = 0; // on to the next whole byte
    let left = this.#bits(16);
    if (this.#bits(16) !== (~left & 0xffff)) throw new DeflateError('the length of a stored block is wrong');
    while (left > 0) {
      if (this.#isFull) yield this.#take();
      await this.#input.want(1);
      const { bytes, at } = this.#input,
        part = Math.min(left, this.#input.left, this.#out.length - this.#end);
      if (part === 0) throw new DeflateError('', true);
      this.#out.set(bytes.subarray(at, at + part), this.#end);
      this.#input.at += part;
      this.#end += part;
      left -= part;
    }
  }

  /**
   * Decodes symbols while there is input and room for the longest copy. This loop is the hot one, so it keeps all that
   * changes in local variables.
   * @param {Code} lengths @param {Code} distances
   * @returns {boolean} whether the block has ended
   */
  #symbols(lengths, distances) {
    const { bytes, end, ended } = this.#input,
      out = this.#out,
      full = out.length - COPY_MOST,
      mask = (1 << FAST) - 1;
    const fast = lengths.fast,
      fastDistances = distances.fast;
    let hold = this.#hold,
      held = this.#held,
      at = this.#input.at,
      to = this.#end,
      done = false;
    while (!done && to <= full && (ended ? at - (held >> 3) : at + SYMBOL_BYTES) <= end) {
      for (; held <= 24; held += 8) hold |= bytes[at++] << held;
      let entry = fast[hold & mask] || findLong(lengths, hold);
      hold >>>= entry & 15;
      held -= entry & 15;
      const symbol = entry >> 4;
      if (symbol < END_OF_BLOCK) {
        out[to++] = symbol;
        continue;
      }
      if (symbol === END_OF_BLOCK) {
        done = true;
        continue;
      }
      if (symbol > 285) throw new DeflateError('a length is invalid');
      let extra = LENGTHS.extra[symbol - 257];
      const length = LENGTHS.base[symbol - 257] + (hold & ((1 << extra) - 1));
      hold >>>= extra;
      held -= extra;
      for (; held <= 24; held += 8) hold |= bytes[at++] << held;
      entry = fastDistances[hold & mask] || findLong(distances, hold);
      if (entry >> 4 >= DISTANCES_MOST) throw new DeflateError('a distance is invalid');
      hold >>>= entry & 15;
      held -= entry & 15;
      for (; held <= 24; held += 8) hold |= bytes[at++] << held;
      extra = DISTANCES.extra[entry >> 4];
      let from = to - DISTANCES.base[entry >> 4] - (hold & ((1 << extra) - 1));
      hold >>>= extra;
      held -= extra;
      if (from < 0) throw new DeflateError('a copy reaches back before the beginning');
      for (const stop = to + length; to < stop;) out[to++] = out[from++];
    }
    at -= held >> 3; // gives whole bytes back, since the input may move
    held &= 7;
    if (at > end) throw new DeflateError('', true);
    this.#hold = hold & ((1 << held) - 1);
    this.#held = held;
    this.#input.at = at;
    this.#end = to;
    return done;
  }

  /** @returns {AsyncGenerator<Uint8Array>} */
  async *run() {
    for (let last = 0; !last;) {
      await this.#input.want(HEADER_BYTES);
      last = this.#bits(1);
      const kind = this.#bits(2);
      if (kind === 3) throw new DeflateError('a block has an invalid type');
      if (kind === 0) {
        yield* this.#stored();
        continue;
      }
      const { lengths, distances } = kind === 1 ? fixedCodes() : this.#readCodes();
      while (!this.#symbols(lengths, distances)) {
        if (this.#isFull) yield this.#take();
        await this.#input.want(CHUNK);
      }
    }
    if (this.#end > this.#given) yield this.#take();
  }
}

/**
 * Inflates the bytes at the input's position, which afterwards is the first byte behind them.
 * @param {ByteInput} input
 * @param {number} [size]  of the result, where it is known: less memory is taken for a small one
 * @returns {AsyncGenerator<Uint8Array>}
 * @throws {DeflateError}
 */
export const inflate = (input, size = Infinity) => new Inflater(input, size).run();
