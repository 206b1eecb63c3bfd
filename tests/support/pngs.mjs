/** pngs.mjs - pictures with PngSuite's features, and files with its kinds of damage and more. */
import { deflateRawSync, deflateSync } from 'node:zlib';
import { chunk, ihdr, png, pngRows, SIGNATURE } from './files.mjs';

/** Colour type and depth. */
export const FORMATS = [
  [0, 1],
  [0, 2],
  [0, 4],
  [0, 8],
  [0, 16],
  [2, 8],
  [2, 16],
  [3, 1],
  [3, 2],
  [3, 4],
  [3, 8],
  [4, 8],
  [4, 16],
  [6, 8],
  [6, 16],
];
/** Values that use all of the depth. @param {number} depth */
export const sampleOf = (depth) => (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ c) => {
  const v = (x * 9 + y * 5 + c * 71 + ((x * y) % 7) * 13) % (1 << Math.min(depth, 8));
  return depth === 16 ? v * 257 : v; // both bytes alike: rounding rules cannot differ
};
export const paletteOf = (/** @type {number} */ entries) =>
  Array.from({ length: 3 * entries }, (_, i) => (i * 37) % 256);

/** @param {number} colour @param {number} depth @param {object} [more] */
export const picture = (colour, depth, more = {}) =>
  png({
    width: 32,
    height: 32,
    depth,
    colour,
    sample: sampleOf(depth),
    palette: colour === 3 ? paletteOf(1 << depth) : undefined,
    ...more,
  });

const good = png({ width: 32, height: 32, sample: sampleOf(8) });
const head = ihdr({ width: 32, height: 32 }),
  end = chunk('IEND');
const idat = good.subarray(good.indexOf('IDAT') - 4, good.length - 12);
const zlib = Buffer.from(idat.subarray(8, idat.length - 4));
const parts = (/** @type {Uint8Array[]} */ ...all) => Buffer.concat([SIGNATURE, ...all]);
export const flipped = (/** @type {Buffer} */ bytes, /** @type {number} */ at, bit = 1) =>
  Buffer.from(bytes.map((b, i) => (i === at ? b ^ bit : b)));
const withHead = (/** @type {object} */ o) => parts(ihdr({ width: 32, height: 32, ...o }), idat, end);
const withData = (/** @type {Uint8Array} */ data) => parts(head, chunk('IDAT', data), end);
/** @param {Uint8Array} rows  raw, filters included */
const withRows = (rows) => withData(deflateSync(rows));
const rawRows = Buffer.concat(pngRows({ width: 32, height: 32, sample: sampleOf(8) }));

/** zlib's format of one block of fixed codes, from its bits in their order (RFC 1951, 3.2.6). @param {string} codes */
function fixedCodes(codes) {
  const bits = `110${codes}`.padEnd(320, '0'); // the last block, of type 1
  return Buffer.from([
    0x78,
    0x01,
    ...Array.from({ length: bits.length / 8 }, (_, i) =>
      parseInt([...bits.slice(8 * i, 8 * i + 8)].reverse().join(''), 2),
    ),
  ]);
}
const ZERO = '00110000'; // the byte 0

/** Each with the reason that must be given. @type {[string, Buffer, RegExp][]} */
export const DAMAGED = [
  // PngSuite's own: x*
  ['xs1: signature byte 1, upper bit reset', flipped(good, 0, 0x80), /not a PNG/],
  ['xs2: signature byte 2 is q', Buffer.concat([Buffer.from([0x89, 0x71]), good.subarray(2)]), /not a PNG/],
  ['xs4: signature byte 4 is Q', flipped(good, 3, 0x10), /not a PNG/],
  ['xs7: signature byte 7 is a blank', flipped(good, 6, 0x3a), /not a PNG/],
  ['xcr: CR added to each LF', Buffer.from(good.toString('latin1').replace(/\n/g, '\r\n'), 'latin1'), /not a PNG/],
  ['xlf: CR taken away', Buffer.from(good.toString('latin1').replace(/\r\n/g, '\n'), 'latin1'), /not a PNG/],
  ['xhd: wrong checksum of IHDR', flipped(good, 29), /wrong checksum of chunk IHDR at byte 8/],
  ['xc1: colour type 1', withHead({ colour: 1 }), /no such format as colour type 1/],
  ['xc9: colour type 9', withHead({ colour: 9 }), /no such format as colour type 9/],
  ['xd0: 0 bits', withHead({ depth: 0, colour: 2 }), /no such format .* 0 bits/],
  ['xd3: 3 bits', withHead({ depth: 3, colour: 2 }), /no such format .* 3 bits/],
  ['xd9: 99 bits', withHead({ depth: 99, colour: 2 }), /no such format .* 99 bits/],
  ['xdt: no IDAT', parts(head, end), /no image data/],
  ['xcs: wrong checksum of IDAT', flipped(good, good.length - 13), /wrong checksum of chunk IDAT at byte 33/],
  // signature and kinds of file
  ['empty', Buffer.alloc(0), /an empty file/],
  ['a JPEG called .png', Buffer.from('ffd8ffe000104a464946', 'hex'), /it is a JPEG/],
  ['a GIF', Buffer.from('GIF89a'), /it is a GIF/],
  ['a WebP', Buffer.from('RIFF....WEBP'), /it is a WebP/],
  ['MNG', Buffer.concat([Buffer.from('8a4d4e470d0a1a0a', 'hex'), good.subarray(8)]), /not a PNG/],
  // IHDR
  ['no IHDR', parts(idat, end), /does not begin with IHDR/],
  [
    'CgBI',
    parts(chunk('CgBI', Uint8Array.from([0x50, 0, 0x20, 2])), head, chunk('IDAT', deflateRawSync(rawRows)), end),
    /Apple's own variant \(CgBI\), which Xcode writes/,
  ],
  ['CgBI with a wrong checksum', flipped(parts(chunk('CgBI', new Uint8Array(4)), head, idat, end), 20), /CgBI/],
  ['text before IHDR', parts(chunk('tEXt', new Uint8Array(4)), head, idat, end), /does not begin with IHDR/],
  ['two IHDR', parts(head, head, idat, end), /second or wrong IHDR at byte 33/],
  ['IHDR after the data', parts(head, idat, head, end), /second or wrong IHDR/],
  ['a short IHDR', parts(chunk('IHDR', new Uint8Array(12)), idat, end), /second or wrong IHDR/],
  ['a long IHDR', parts(chunk('IHDR', new Uint8Array(14)), idat, end), /second or wrong IHDR/],
  ['0 wide', withHead({ width: 0 }), /0 x 32 pixels/],
  ['0 high', withHead({ height: 0 }), /32 x 0 pixels/],
  ['2^31 wide', withHead({ width: 2 ** 31 }), /2147483648 x 32 pixels; 4096/],
  ['4097 high', withHead({ height: 4097 }), /32 x 4097 pixels; 4096/],
  [
    'as much as a byte could hold, and does not',
    parts(ihdr({ width: 1031, height: 1 }), chunk('IDAT', new Uint8Array(1)), end),
    /data are damaged/,
  ],
  [
    'more than a byte can hold',
    parts(ihdr({ width: 1032, height: 1 }), chunk('IDAT', new Uint8Array(1)), end),
    /cannot hold 1032 x 1/,
  ],
  ['more than the data can hold', withHead({ width: 4096, height: 4096 }), /cannot hold 4096 x 4096/],
  ...[2, 4, 8].map(
    (depth) =>
      /** @type {[string, Buffer, RegExp]} */ ([
        `${depth} bits of grey and alpha`,
        withHead({ colour: 4, depth: depth === 8 ? 1 : depth }),
        /no such format/,
      ]),
  ),
  ['16 bits of palette', withHead({ colour: 3, depth: 16 }), /no such format/],
  [
    'compression 1',
    parts(chunk('IHDR', Uint8Array.from([0, 0, 0, 32, 0, 0, 0, 32, 8, 0, 1, 0, 0])), idat, end),
    /unknown compression/,
  ],
  [
    'filter method 1',
    parts(chunk('IHDR', Uint8Array.from([0, 0, 0, 32, 0, 0, 0, 32, 8, 0, 0, 1, 0])), idat, end),
    /unknown compression, filter/,
  ],
  ['interlace 2', withHead({ interlace: 2 }), /unknown .* interlace method/],
  // PLTE, tRNS
  ['no palette', withHead({ colour: 3 }), /palette is missing/],
  [
    'palette of no colour',
    parts(ihdr({ width: 32, height: 32, colour: 3 }), chunk('PLTE'), idat, end),
    /palette that is wrong/,
  ],
  [
    'palette of 4 bytes',
    parts(ihdr({ width: 32, height: 32, colour: 3 }), chunk('PLTE', new Uint8Array(4)), idat, end),
    /palette that is wrong/,
  ],
  [
    'palette of 257 colours',
    parts(ihdr({ width: 32, height: 32, colour: 3 }), chunk('PLTE', new Uint8Array(771)), idat, end),
    /palette that is wrong/,
  ],
  [
    'two palettes',
    parts(
      ihdr({ width: 32, height: 32, colour: 2 }),
      chunk('PLTE', new Uint8Array(3)),
      chunk('PLTE', new Uint8Array(3)),
      idat,
      end,
    ),
    /palette that is wrong/,
  ],
  ['wrong checksum of the palette', flipped(picture(3, 8), 41), /wrong checksum of chunk PLTE/],
  // chunks
  ['an unknown critical chunk', parts(head, chunk('ABCD'), idat, end), /unknown chunk 'ABCD' .* at byte 33/],
  ['a chunk without a name', parts(head, chunk('12!4'), idat, end), /no chunk at byte 33/],
  [
    'a length beyond the file',
    Buffer.concat([good.subarray(0, 33), Buffer.from([0x7f, 0xff, 0xff, 0xff]), good.subarray(37)]),
    /chunk IDAT at byte 33 claims 2147483647 bytes/,
  ],
  [
    'a length of 2^32 - 1',
    Buffer.concat([good.subarray(0, 33), Buffer.from([0xff, 0xff, 0xff, 0xff]), good.subarray(37)]),
    /claims 4294967295 bytes/,
  ],
  ['the signature alone', SIGNATURE, /cut short at byte 8/],
  ['seven bytes of it', SIGNATURE.subarray(0, 7), /not a PNG/],
  ['the first letters of a BMP', Buffer.from('BM'), /it is a BMP/],
  ['a name with the last letters', parts(head, chunk('ZzZz'), idat, end), /unknown chunk 'ZzZz'/],
  ['a name with what follows them', parts(head, chunk('a[a{'), idat, end), /no chunk at byte 33/],
  ['no IEND', parts(head, idat), /cut short at byte/],
  [
    'half of the data, the rest in another place',
    parts(head, chunk('IDAT', zlib.subarray(0, 200)), chunk('tEXt'), chunk('IDAT', zlib.subarray(200)), end),
    /image data in two places, at byte 257/,
  ],
  [
    'wrong checksum of data in another place',
    parts(head, idat, chunk('tEXt'), flipped(chunk('IDAT', zlib), 9), end),
    /wrong checksum of chunk IDAT/,
  ],
  ['wrong checksum of IEND', flipped(good, good.length - 1), /wrong checksum of chunk IEND/],
  ['IEND without its checksum', good.subarray(0, good.length - 4), /cut short at byte/],
  ['an unknown critical chunk after the data', parts(head, idat, chunk('ABCD'), end), /unknown chunk 'ABCD'/],
  ['only empty data', parts(head, chunk('IDAT'), chunk('IDAT'), end), /no image data/],
  // zlib
  ['no zlib', withData(Buffer.alloc(40, 7)), /image data are damaged: they do not begin as zlib's format does/],
  ['deflate without zlib', withData(deflateRawSync(rawRows)), /image data are damaged/],
  [
    'a preset dictionary',
    withData(deflateSync(rawRows, { dictionary: Buffer.from('dictionary') })),
    /image data are damaged/,
  ],
  [
    'wrong zlib checksum',
    withData(flipped(zlib, zlib.length - 1)),
    /image data are damaged: their Adler-32 is [0-9a-f]{8}, and [0-9a-f]{8} is written there/,
  ],
  ['cut before the zlib checksum', withData(zlib.subarray(0, zlib.length - 4)), /image data are damaged/],
  [
    'cut within the zlib checksum',
    withData(zlib.subarray(0, zlib.length - 1)),
    /image data are damaged: their Adler-32 is cut off/,
  ],
  ['a block of type 3', withData(Buffer.from([0x78, 0x9c, 0x07, 0, 0, 0, 0, 0, 0, 0])), /image data are damaged/],
  [
    'one row too few',
    withRows(rawRows.subarray(33)),
    /image data are damaged: they inflate to 1023 bytes, and 1056 are needed/,
  ],
  ['one byte too few', withRows(rawRows.subarray(1)), /image data are damaged/],
  ['a length that deflate does not have', withData(fixedCodes(`${ZERO}11000110`)), /image data are damaged/],
  ['a distance that deflate does not have', withData(fixedCodes(`${ZERO}000000111110`)), /image data are damaged/],
  ['a distance to before the beginning', withData(fixedCodes(`${ZERO}000000100001`)), /image data are damaged/],
  ['filter 5', withRows(Buffer.concat([Buffer.from([5]), rawRows.subarray(1)])), /no such filter as 5/],
  [
    'filter 255 in the last row',
    withRows(Buffer.concat([rawRows.subarray(0, 31 * 33), Buffer.from([255]), rawRows.subarray(31 * 33 + 1)])),
    /no such filter as 255/,
  ],
];

// ---- Exif ----

/** An eXIf chunk whose second entry is the orientation. @param {number} orientation */
export function exif(orientation, little = false, type = 3) {
  const bytes = Buffer.alloc(8 + 2 + 24 + 4),
    put = (/** @type {number} */ value, /** @type {number} */ at, /** @type {number} */ size) =>
      little ? bytes.writeUIntLE(value, at, size) : bytes.writeUIntBE(value, at, size);
  bytes.write(little ? 'II' : 'MM', 'latin1');
  put(42, 2, 2);
  put(8, 4, 4);
  put(2, 8, 2);
  for (const [at, tag, value] of [
    [10, 0x0100, 32],
    [22, 0x0112, orientation],
  ]) {
    put(tag, at, 2);
    put(type, at + 2, 2);
    put(1, at + 4, 4);
    put(value, at + 8, 2);
  }
  return chunk('eXIf', bytes);
}

// ---- more than there should be ----

const between = (/** @type {Buffer} */ file, /** @type {string} */ before, /** @type {Uint8Array[]} */ ...chunks) => {
  const at = file.indexOf(before) - 4;
  return Buffer.concat([file.subarray(0, at), ...chunks, file.subarray(at)]);
};
const tRNS = (/** @type {number[]} */ ...bytes) => chunk('tRNS', Uint8Array.from(bytes)),
  broken = (/** @type {Buffer} */ c) => flipped(c, c.length - 1);
const grey = png({ width: 32, height: 32, sample: (x) => 8 * x }),
  colour = picture(2, 8),
  palette = picture(3, 4),
  alpha = picture(6, 8),
  greyAlpha = picture(4, 8);
const keyed = between(grey, 'IDAT', tRNS(0, 80)),
  clear = between(palette, 'IDAT', tRNS(255, 0, 100));
const text = chunk('tEXt', Buffer.from('a\0b')),
  six = chunk('PLTE', new Uint8Array(6));
const noise = Buffer.from(Array.from({ length: 100000 }, (_, i) => (i * i * 7 + i * 13 + (i >> 3)) & 255));
/** Stored blocks, of which one holds the last row and what is beyond it. */
const stored = deflateSync(Buffer.concat([rawRows, noise]), { level: 0 });

/**
 * Files that are not as they should be, each with one that is and shows the same picture: what at least two of Pillow,
 * ImageMagick and Chromium make of it.
 * @type {[string, Buffer, Buffer][]}
 */
export const ODD = [
  ['a newline after IEND', Buffer.concat([good, Buffer.from('\n')]), good],
  ['zeros after IEND', Buffer.concat([good, Buffer.alloc(300)]), good],
  ['the rest of a larger picture after IEND', Buffer.concat([good, noise.subarray(0, 2000), end]), good],
  ['a second picture after IEND', Buffer.concat([good, colour]), good],
  ['IEND with data', parts(head, idat, chunk('IEND', new Uint8Array(3))), good],
  ['bytes after the zlib stream', withData(Buffer.concat([zlib, Buffer.alloc(20)])), good],
  [
    'bytes after the zlib stream, in a chunk of their own',
    parts(head, idat, chunk('IDAT', Buffer.from('hello')), end),
    good,
  ],
  [
    'another zlib stream after the first',
    parts(head, idat, chunk('IDAT', deflateSync(Buffer.alloc(rawRows.length))), end),
    good,
  ],
  ['a byte too many', withRows(Buffer.concat([rawRows, Buffer.alloc(1)])), good],
  ['a row too many', withRows(Buffer.concat([rawRows, Buffer.alloc(33)])), good],
  ['rows like the last one', withRows(Buffer.concat([rawRows, ...Array(9).fill(rawRows.subarray(-33))])), good],
  ['five million bytes too many', withRows(Buffer.concat([rawRows, Buffer.alloc(5e6)])), good],
  ['stored bytes too many', withData(stored), good],
  ['stored bytes too many, cut short', withData(stored.subarray(0, 5000)), good],
  [
    'a row too many and a wrong zlib checksum',
    withData(broken(deflateSync(Buffer.concat([rawRows, Buffer.alloc(33)])))),
    good,
  ],
  [
    'image data again after a text',
    parts(head, idat, text, chunk('IDAT', deflateSync(Buffer.alloc(rawRows.length))), end),
    good,
  ],
  ['an empty IDAT after a text', parts(head, idat, text, chunk('IDAT'), end), good],
  ['a palette of 256 colours for 4 bits', picture(3, 4, { palette: paletteOf(256) }), palette],
  ['a palette of a grey picture', between(good, 'IDAT', six), good],
  ['a palette with grey and alpha', between(greyAlpha, 'IDAT', six), greyAlpha],
  ['a palette of 4 bytes that is not needed', between(colour, 'IDAT', chunk('PLTE', new Uint8Array(4))), colour],
  ['a palette of 300 colours that is not needed', between(alpha, 'IDAT', chunk('PLTE', new Uint8Array(900))), alpha],
  ['a palette after the data', between(colour, 'IEND', six), colour],
  ['a second palette after the data', between(palette, 'IEND', six), palette],
  ['tRNS with alpha', between(alpha, 'IDAT', tRNS(0, 0, 0, 0, 0, 0)), alpha],
  ['tRNS with grey and alpha', between(greyAlpha, 'IDAT', tRNS(0, 0)), greyAlpha],
  ['two tRNS: the first', between(grey, 'IDAT', tRNS(0, 80), tRNS(0, 160)), keyed],
  ['two tRNS, the first too short: the second', between(grey, 'IDAT', tRNS(0), tRNS(0, 80)), keyed],
  [
    'two tRNS, the first with a wrong checksum: the second',
    between(palette, 'IDAT', broken(tRNS(0, 0, 0)), tRNS(255, 0, 100)),
    clear,
  ],
  ['tRNS with a wrong checksum: none', between(grey, 'IDAT', broken(tRNS(0, 80))), grey],
  ['tRNS too short: none', between(colour, 'IDAT', tRNS(0, 0, 0)), colour],
  ['tRNS of nothing: none', between(palette, 'IDAT', tRNS()), palette],
  ['tRNS of 3 bytes for grey: the first two', between(grey, 'IDAT', tRNS(0, 80, 9)), keyed],
  [
    'tRNS longer than the palette: its beginning',
    between(palette, 'IDAT', tRNS(255, 0, 100, ...Array(200).fill(255))),
    clear,
  ],
  ['tRNS longer than any palette: none', between(palette, 'IDAT', tRNS(...Array(257).fill(0))), palette],
  ['tRNS before the palette: none', between(palette, 'PLTE', tRNS(0, 0, 0)), palette],
  [
    'tRNS before the palette and after it: the second',
    between(between(palette, 'PLTE', tRNS(0, 0, 0)), 'IDAT', tRNS(255, 0, 100)),
    clear,
  ],
  ['tRNS after the data: none', between(grey, 'IEND', tRNS(0, 80)), grey],
];
