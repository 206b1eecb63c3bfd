/** pngs.mjs - pictures with PngSuite's features, and files with its kinds of damage and more. */
import { deflateRawSync, deflateSync } from 'node:zlib';
import { chunk, ihdr, png, pngRows, SIGNATURE } from './files.mjs';

/** Colour type and depth. */
export const FORMATS = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [2, 8], [2, 16], [3, 1], [3, 2], [3, 4], [3, 8], [4, 8], [4, 16], [6, 8], [6, 16]];
/** Values that use all of the depth. @param {number} depth */
export const sampleOf = (depth) => (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ c) => {
  const v = (x * 9 + y * 5 + c * 71 + ((x * y) % 7) * 13) % (1 << Math.min(depth, 8));
  return depth === 16 ? v * 257 : v; // both bytes alike: rounding rules cannot differ
};
export const paletteOf = (/** @type {number} */ entries) => Array.from({ length: 3 * entries }, (_, i) => (i * 37) % 256);

/** @param {number} colour @param {number} depth @param {object} [more] */
export const picture = (colour, depth, more = {}) => png({
  width: 32, height: 32, depth, colour, sample: sampleOf(depth), palette: colour === 3 ? paletteOf(1 << depth) : undefined, ...more,
});

const good = png({ width: 32, height: 32, sample: sampleOf(8) });
const head = ihdr({ width: 32, height: 32 }), end = chunk('IEND');
const idat = good.subarray(good.indexOf('IDAT') - 4, good.length - 12);
const zlib = Buffer.from(idat.subarray(8, idat.length - 4));
const parts = (/** @type {Uint8Array[]} */ ...all) => Buffer.concat([SIGNATURE, ...all]);
export const flipped = (/** @type {Buffer} */ bytes, /** @type {number} */ at, bit = 1) => Buffer.from(bytes.map((b, i) => (i === at ? b ^ bit : b)));
const withHead = (/** @type {object} */ o) => parts(ihdr({ width: 32, height: 32, ...o }), idat, end);
const withData = (/** @type {Uint8Array} */ data) => parts(head, chunk('IDAT', data), end);
/** @param {Uint8Array} rows  raw, filters included */
const withRows = (rows) => withData(deflateSync(rows));
const rawRows = Buffer.concat(pngRows({ width: 32, height: 32, sample: sampleOf(8) }));

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
  ['CgBI', parts(chunk('CgBI', new Uint8Array(4)), head, idat, end), /does not begin with IHDR/],
  ['text before IHDR', parts(chunk('tEXt', new Uint8Array(4)), head, idat, end), /does not begin with IHDR/],
  ['two IHDR', parts(head, head, idat, end), /second or wrong IHDR at byte 33/],
  ['IHDR after the data', parts(head, idat, head, end), /second or wrong IHDR/],
  ['a short IHDR', parts(chunk('IHDR', new Uint8Array(12)), idat, end), /second or wrong IHDR/],
  ['a long IHDR', parts(chunk('IHDR', new Uint8Array(14)), idat, end), /second or wrong IHDR/],
  ['0 wide', withHead({ width: 0 }), /0 x 32 pixels/],
  ['0 high', withHead({ height: 0 }), /32 x 0 pixels/],
  ['2^31 wide', withHead({ width: 2 ** 31 }), /2147483648 x 32 pixels; 4096/],
  ['4097 high', withHead({ height: 4097 }), /32 x 4097 pixels; 4096/],
  ['as much as a byte could hold, and does not', parts(ihdr({ width: 1031, height: 1 }), chunk('IDAT', new Uint8Array(1)), end), /data are damaged/],
  ['more than a byte can hold', parts(ihdr({ width: 1032, height: 1 }), chunk('IDAT', new Uint8Array(1)), end), /cannot hold 1032 x 1/],
  ['more than the data can hold', withHead({ width: 4096, height: 4096 }), /cannot hold 4096 x 4096/],
  ...[2, 4, 8].map((depth) => /** @type {[string, Buffer, RegExp]} */ ([`${depth} bits of grey and alpha`, withHead({ colour: 4, depth: depth === 8 ? 1 : depth }), /no such format/])),
  ['16 bits of palette', withHead({ colour: 3, depth: 16 }), /no such format/],
  ['compression 1', parts(chunk('IHDR', Uint8Array.from([0, 0, 0, 32, 0, 0, 0, 32, 8, 0, 1, 0, 0])), idat, end), /unknown compression/],
  ['filter method 1', parts(chunk('IHDR', Uint8Array.from([0, 0, 0, 32, 0, 0, 0, 32, 8, 0, 0, 1, 0])), idat, end), /unknown compression, filter/],
  ['interlace 2', withHead({ interlace: 2 }), /unknown .* interlace method/],
  // PLTE, tRNS
  ['no palette', withHead({ colour: 3 }), /palette is missing/],
  ['palette of no colour', parts(ihdr({ width: 32, height: 32, colour: 3 }), chunk('PLTE'), idat, end), /palette that is wrong/],
  ['palette of 4 bytes', parts(ihdr({ width: 32, height: 32, colour: 3 }), chunk('PLTE', new Uint8Array(4)), idat, end), /palette that is wrong/],
  ['palette of 257 colours', parts(ihdr({ width: 32, height: 32, colour: 3 }), chunk('PLTE', new Uint8Array(771)), idat, end), /palette that is wrong/],
  ['two palettes', parts(ihdr({ width: 32, height: 32, colour: 2 }), chunk('PLTE', new Uint8Array(3)), chunk('PLTE', new Uint8Array(3)), idat, end), /palette that is wrong/],
  ['palette of a grey picture', parts(head, chunk('PLTE', new Uint8Array(3)), idat, end), /palette that is wrong/],
  ['palette with grey and alpha', parts(ihdr({ width: 32, height: 32, colour: 4 }), chunk('PLTE', new Uint8Array(3)), idat, end), /palette that is wrong/],
  ['palette after the data', parts(ihdr({ width: 32, height: 32, colour: 2 }), idat, chunk('PLTE', new Uint8Array(3)), end), /palette that is wrong/],
  ['wrong checksum of the palette', flipped(picture(3, 8), 41), /wrong checksum of chunk PLTE/],
  ['tRNS of 3 bytes for grey', parts(head, chunk('tRNS', new Uint8Array(3)), idat, end), /transparency that is wrong/],
  ['tRNS longer than the palette', picture(3, 1, { transparency: [1, 2, 3] }), /transparency that is wrong/],
  ['tRNS of nothing', picture(3, 1, { transparency: [] }), /transparency that is wrong/],
  ['tRNS before the palette', parts(ihdr({ width: 32, height: 32, colour: 3 }), chunk('tRNS', new Uint8Array(1)), chunk('PLTE', new Uint8Array(3)), idat, end), /transparency that is wrong/],
  ['two tRNS', parts(head, chunk('tRNS', new Uint8Array(2)), chunk('tRNS', new Uint8Array(2)), idat, end), /transparency that is wrong/],
  ['tRNS with alpha', parts(ihdr({ width: 32, height: 32, colour: 4 }), chunk('tRNS', new Uint8Array(2)), idat, end), /transparency that is wrong/],
  ['tRNS with alpha and a palette', parts(ihdr({ width: 32, height: 32, colour: 6 }), chunk('PLTE', new Uint8Array(3)), chunk('tRNS', new Uint8Array(1)), idat, end), /transparency that is wrong/],
  ['tRNS after the data', parts(head, idat, chunk('tRNS', new Uint8Array(2)), end), /transparency that is wrong/],
  ['wrong checksum of tRNS', flipped(picture(0, 8, { transparency: [0, 1] }), 42), /wrong checksum of chunk tRNS/],
  // chunks
  ['an unknown critical chunk', parts(head, chunk('ABCD'), idat, end), /unknown chunk 'ABCD' .* at byte 33/],
  ['a chunk without a name', parts(head, chunk('12!4'), idat, end), /no chunk at byte 33/],
  ['a length beyond the file', Buffer.concat([good.subarray(0, 33), Buffer.from([0x7f, 0xff, 0xff, 0xff]), good.subarray(37)]), /chunk IDAT at byte 33 claims 2147483647 bytes/],
  ['a length of 2^32 - 1', Buffer.concat([good.subarray(0, 33), Buffer.from([0xff, 0xff, 0xff, 0xff]), good.subarray(37)]), /claims 4294967295 bytes/],
  ['the signature alone', SIGNATURE, /cut short at byte 8/],
  ['seven bytes of it', SIGNATURE.subarray(0, 7), /not a PNG/],
  ['the first letters of a BMP', Buffer.from('BM'), /it is a BMP/],
  ['a name with the last letters', parts(head, chunk('ZzZz'), idat, end), /unknown chunk 'ZzZz'/],
  ['a name with what follows them', parts(head, chunk('a[a{'), idat, end), /no chunk at byte 33/],
  ['no IEND', parts(head, idat), /cut short at byte/],
  ['IEND with data', parts(head, idat, chunk('IEND', new Uint8Array(1))), /IEND with data/],
  ['a byte behind IEND', Buffer.concat([good, Buffer.from([0])]), /1 bytes more behind its end/],
  ['a second picture behind IEND', Buffer.concat([good, good]), /bytes more behind its end/],
  ['data in two places', parts(head, idat, chunk('teXt'), idat, end), /image data in two places/],
  ['only empty data', parts(head, chunk('IDAT'), chunk('IDAT'), end), /no image data/],
  // zlib
  ['no zlib', withData(Buffer.alloc(40, 7)), /image data are damaged/],
  ['deflate without zlib', withData(deflateRawSync(rawRows)), /image data are damaged/],
  ['a preset dictionary', withData(deflateSync(rawRows, { dictionary: Buffer.from('dictionary') })), /image data are damaged/],
  ['wrong zlib checksum', withData(flipped(zlib, zlib.length - 1)), /image data are damaged/],
  ['cut before the zlib checksum', withData(zlib.subarray(0, zlib.length - 4)), /image data are damaged/],
  ['cut within the zlib checksum', withData(zlib.subarray(0, zlib.length - 1)), /image data are damaged/],
  ['a block of type 3', withData(Buffer.from([0x78, 0x9c, 0x07, 0, 0, 0, 0, 0, 0, 0])), /image data are damaged/],
  ['one row too few', withRows(rawRows.subarray(33)), /image data are damaged/],
  ['one byte too few', withRows(rawRows.subarray(1)), /image data are damaged/],
  ['one byte too many', withRows(Buffer.concat([rawRows, Buffer.alloc(1)])), /image data are damaged/],
  ['a row too many', withRows(Buffer.concat([rawRows, Buffer.alloc(33)])), /image data are damaged/],
  ['a bomb', withRows(Buffer.alloc(5e6)), /image data are damaged/],
  ['filter 5', withRows(Buffer.concat([Buffer.from([5]), rawRows.subarray(1)])), /no such filter as 5/],
  ['filter 255 in the last row', withRows(Buffer.concat([rawRows.subarray(0, 31 * 33), Buffer.from([255]), rawRows.subarray(31 * 33 + 1)])), /no such filter as 255/],
];

