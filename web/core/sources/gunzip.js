// @ts-check
/**
 * gunzip.js - unpacks gzip (RFC 1952) with any number of members, as `bgzip` and `cat a.gz b.gz` make it. Zeros after
 * the last member are ignored. The platforms' decoders differ in both: see readEntry in sources.js.
 */
import { crc32, hex } from './crc32.js';
import { ByteInput, DeflateError, inflate } from './inflate.js';

const MAGIC_1 = 0x1f,
  MAGIC_2 = 0x8b,
  DEFLATED = 8;
const HEADER_CRC = 2,
  EXTRA = 4,
  NAME = 8,
  COMMENT = 16,
  RESERVED = 0xe0;
/** Bytes of a header without its optional fields; of the two sums at a member's end. */
const HEADER = 10,
  SUMS = 8;

/** Reads a member's header up to its data. @param {ByteInput} input */
async function readHeader(input) {
  let sum = 0;
  const take = async (/** @type {number} */ count) => {
    await input.want(count);
    if (input.left < count) throw new DeflateError('', true);
    const bytes = input.bytes.subarray(input.at, (input.at += count));
    sum = crc32(bytes, sum);
    return bytes;
  };
  const [first, second, method, flags] = await take(HEADER);
  if (first !== MAGIC_1 || second !== MAGIC_2) throw new DeflateError('more follows its end');
  if (method !== DEFLATED) throw new DeflateError(`its method is ${method}; only 8, deflate, is known`);
  if (flags & RESERVED) throw new DeflateError('its header has flags that are not known');
  if (flags & EXTRA) {
    const [low, high] = await take(2);
    await take(low | (high << 8));
  }
  for (const field of [NAME, COMMENT]) if (flags & field) while ((await take(1))[0]);
  if (!(flags & HEADER_CRC)) return;
  const made = sum & 0xffff,
    [low, high] = await take(2),
    stated = low | (high << 8);
  if (made !== stated)
    throw new DeflateError(`its header's CRC-16 is ${hex(made).slice(4)}, it states ${hex(stated).slice(4)}`);
}

/** @param {ByteInput} input @returns {AsyncGenerator<Uint8Array>} */
async function* readMember(input) {
  let sum = 0,
    length = 0;
  await readHeader(input);
  for await (const piece of inflate(input)) {
    sum = crc32(piece, sum);
    length = (length + piece.length) % 2 ** 32;
    yield piece;
  }
  await input.want(SUMS);
  if (input.left < SUMS) throw new DeflateError('', true);
  const sums = new DataView(input.bytes.buffer, input.bytes.byteOffset + input.at, SUMS);
  const statedSum = sums.getUint32(0, true),
    statedLength = sums.getUint32(4, true);
  if (sum !== statedSum) throw new DeflateError(`its data have the CRC-32 ${hex(sum)}, it states ${hex(statedSum)}`);
  if (length !== statedLength) throw new DeflateError(`it holds ${length} bytes, it states ${statedLength}`);
  input.at += SUMS;
}

/** Skips zeros. @param {ByteInput} input @returns {Promise<boolean>} whether only zeros were left */
async function onlyZerosFollow(input) {
  for (;;) {
    await input.want(1);
    if (input.left === 0) return true;
    while (input.left > 0 && input.bytes[input.at] === 0) input.at++;
    if (input.left > 0) return false;
  }
}

/**
 * @param {() => Promise<Uint8Array | undefined>} next  the compressed bytes, in pieces
 * @param {(what: string) => Error} bad  makes the error of a sentence without its subject
 * @returns {AsyncGenerator<Uint8Array>}
 */
export async function* gunzip(next, bad) {
  const input = new ByteInput(next);
  try {
    for (;;) {
      yield* readMember(input);
      await input.want(1);
      if (input.left > 0 && input.bytes[input.at] === MAGIC_1) continue;
      if (await onlyZerosFollow(input)) return;
      throw new DeflateError('more follows its end');
    }
  } catch (error) {
    if (!(error instanceof DeflateError)) throw error;
    throw bad(
      error.cut
        ? `the gzip data is cut short after ${input.position + input.left} bytes; fetch or copy the file again`
        : `the gzip data is damaged at byte ${input.position}: ${error.message}`,
    );
  }
}
