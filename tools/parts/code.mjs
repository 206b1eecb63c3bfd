// @ts-check
/** code.mjs - a function's instructions, with other indices. */
import { Reader, refuse, signed, sized, unsigned } from './bytes.mjs';

/** @typedef {import('./bytes.mjs').Bytes} Bytes */

/**
 * What follows each opcode: `n` a number, `s` a signed one, `f` and `g` the index of a function and of a global, a digit
 * so many bytes, `x` sixteen, `l` a list of numbers and one more.
 * @type {Record<number, string>}
 */
const PLAIN = {
  ...Object.fromEntries([0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, ...range(0x45, 0xc4)].map((op) => [op, ''])), // ends, drops, arithmetic
  0x02: 'n', 0x03: 'n', 0x04: 'n', 0x0c: 'n', 0x0d: 'n', 0x0e: 'l', 0x10: 'f', 0x11: 'nn', // blocks, branches, calls
  0x20: 'n', 0x21: 'n', 0x22: 'n', 0x23: 'g', 0x24: 'g',
  ...Object.fromEntries(range(0x28, 0x3e).map((op) => [op, 'nn'])), // loads and stores
  0x3f: 'n', 0x40: 'n', 0x41: 's', 0x42: 's', 0x43: '4', 0x44: '8',
};
/** After 0xfc: saturating conversions, bulk memory. @type {Record<number, string>} */
const BULK = { ...Object.fromEntries(range(0, 7).map((op) => [op, ''])), 8: 'nn', 9: 'n', 10: 'nn', 11: 'n' };

/** After 0xfd, vectors. @param {number} op */
function vector(op) {
  if (op <= 11 || op === 92 || op === 93) return 'nn';
  if (op === 12 || op === 13) return 'x';
  if (op >= 84 && op <= 91) return 'nn1'; // a lane in memory
  return op >= 21 && op <= 34 ? '1' : op <= 0x113 ? '' : undefined;
}

/** After 0xfe, atomics. @param {number} op */
const atomic = (op) => (op === 3 ? '1' : op <= 0x4e ? 'nn' : undefined);

/** @param {number} from @param {number} to */
function range(from, to) {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** @param {Reader} r */
function following(r) {
  const op = r.byte(), second = op >= 0xfc && op <= 0xfe ? r.number() : NaN;
  const follows = op === 0xfc ? BULK[second] : op === 0xfd ? vector(second) : op === 0xfe ? atomic(second) : PLAIN[op];
  return follows ?? refuse(`instruction ${op.toString(16)} ${second}`);
}

/** @typedef {(index: number) => number} Change */

/**
 * @param {Uint8Array} code  local variables and instructions
 * @param {{ func: Change, global?: Change, begin?: Bytes }} change  `begin`: instructions to begin with
 * @returns {Bytes}
 */
export function rewrite(code, { func, global = (index) => index, begin = [] }) {
  const r = new Reader(code);
  for (let groups = r.number(); groups > 0; groups--) {
    r.number();
    r.byte();
  }
  /** @type {Bytes[]} */
  const out = [code.subarray(0, r.at), begin];
  let copied = r.at;
  while (r.at < code.length)
    for (const what of following(r)) {
      if (what === 'x') r.take(16);
      else if (what === 'l') for (let n = r.number() + 1; n > 0; n--) r.number();
      else if ('148'.includes(what)) r.take(Number(what));
      else {
        const before = code.subarray(copied, r.at); // linkers leave numbers longer than they need be
        out.push(before, what === 's' ? signed(r.signed()) : unsigned(what === 'f' ? func(r.number()) : what === 'g' ? global(r.number()) : r.number()));
        copied = r.at;
      }
    }
  out.push(code.subarray(copied));
  return sized(out);
}
