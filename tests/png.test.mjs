/**
 * png.test.mjs - PngSuite's rules without its files: every feature that it has comes out with the right
 * pixels (as pngjs decodes them), every damage that it has is refused, and more of both.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync, deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { adler32, chunk, crc32, ihdr, png, pngRows, SIGNATURE } from './files.mjs';
import { replay } from './replay.mjs';

/** @typedef {{ name: string, bytes: Buffer }} Case */

/** Grey by the rule that ink_data.h states, from the RGBA that another decoder gives. @param {Buffer} bytes */
function expectedGrey(bytes) {
  const { data, width, height } = PNG.sync.read(bytes);
  const onWhite = (/** @type {number} */ v, /** @type {number} */ a) => Math.floor((v * a + 255 * (255 - a) + 127) / 255);
  const grey = Uint8Array.from({ length: data.length / 4 }, (_, i) => {
    const [r, g, b, a] = data.subarray(4 * i, 4 * i + 4);
    return (onWhite(r, a) * 19595 + onWhite(g, a) * 38470 + onWhite(b, a) * 7471 + 32768) >> 16;
  });
  return { grey, width, height };
}

/** What the replay's digest of such a picture is: width, height, pixels. */
function digestOf(/** @type {{ grey: Uint8Array, width: number, height: number }} */ { grey, width, height }) {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(width, 0);
  head.writeUInt32LE(height, 8);
  return crc32(Buffer.concat([head, grey]));
}

/** Each must be accepted with pngjs's pixels. @param {Case[]} cases */
function sameAsPngjs(cases) {
  const said = replay('png', cases.map((c) => c.bytes));
  for (const [i, { name, bytes }] of cases.entries()) {
    assert.equal(said[i].status, 0, `${name}: ${said[i].message}`);
    assert.equal(said[i].digest, digestOf(expectedGrey(bytes)), `${name}: other pixels`);
  }
}

const KINDS = [[0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [2, 8], [2, 16], [3, 1], [3, 2], [3, 4], [3, 8], [4, 8], [4, 16], [6, 8], [6, 16]];
const sampleOf = (/** @type {number} */ depth) => (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ c) => {
  const v = (x * 9 + y * 5 + c * 71 + ((x * y) % 7) * 13) % (1 << Math.min(depth, 8));
  return depth === 16 ? v * 257 : v; // both bytes alike: rounding rules cannot differ
};
const paletteOf = (/** @type {number} */ entries) => Array.from({ length: 3 * entries }, (_, i) => (i * 37) % 256);

/** @param {number} colour @param {number} depth @param {object} [more] */
const picture = (colour, depth, more = {}) => png({
  width: 32, height: 32, depth, colour, sample: sampleOf(depth), palette: colour === 3 ? paletteOf(1 << depth) : undefined, ...more,
});

test('basn, basi: every format, plain and interlaced', () => {
  sameAsPngjs(KINDS.flatMap(([colour, depth]) => [0, 1].map((interlace) => ({ name: `colour ${colour}, ${depth} bits, interlace ${interlace}`, bytes: picture(colour, depth, { interlace }) }))));
});

test('s01 to s40: every side from 1 to 40, and sides that are not alike; no pass of Adam7 is ever missing', () => {
  const cases = [];
  for (let side = 1; side <= 40; side++)
    for (const interlace of [0, 1])
      for (const [colour, depth] of [[0, 1], [3, 4], [6, 8]]) {
        cases.push({ name: `${side} x ${side}`, bytes: picture(colour, depth, { width: side, height: side, interlace }) });
        cases.push({ name: `${side} x 3`, bytes: picture(colour, depth, { width: side, height: 3, interlace }) });
        cases.push({ name: `2 x ${side}`, bytes: picture(colour, depth, { width: 2, height: side, interlace }) });
      }
  sameAsPngjs(cases);
});

test('f00 to f04, f99: each filter alone, at each distance between pixels, also in a first row', () => {
  sameAsPngjs(KINDS.flatMap(([colour, depth]) => [0, 1, 2, 3, 4].map((filter) => ({ name: `filter ${filter}, colour ${colour}, ${depth} bits`, bytes: picture(colour, depth, { filter }) }))));
});

test('t*: transparency of grey, colour and palette; a palette longer or shorter than its tRNS', () => {
  const cases = [];
  for (const [colour, depth] of KINDS.filter(([c]) => c < 4))
    for (const interlace of [0, 1]) {
      const v = sampleOf(depth), wide = (/** @type {number} */ x) => [x >> 8, x & 255];
      const keys = colour === 0 ? [wide(v(3, 4, 0)), [255, 255]] : colour === 2 ? [[...wide(v(3, 4, 0)), ...wide(v(3, 4, 1)), ...wide(v(3, 4, 2))], [0, 0, 0, 0, 0, 0]]
        : [[0], Array.from({ length: 1 << depth }, (_, i) => (i * 61) % 256)];
      // pngjs keeps the whole 16 bits of a key, where the specification counts the lower ones only
      for (const transparency of keys.filter((k) => colour === 3 || depth === 16 || !k.includes(255)))
        cases.push({ name: `colour ${colour}, ${depth} bits, tRNS ${transparency}`, bytes: picture(colour, depth, { interlace, transparency }) });
    }
  sameAsPngjs(cases);
});

test('tRNS of 16-bit samples counts both bytes; of fewer bits only the bits that are there', () => {
  const sample = (/** @type {number} */ x) => (x === 5 ? 0x1234 : x === 6 ? 0x1235 : 0x5678);
  const grey16 = png({ width: 32, height: 1, depth: 16, sample, transparency: [0x12, 0x34] });
  const grey4 = png({ width: 32, height: 1, depth: 4, sample: (x) => x % 16, transparency: [0xff, 0xf3] });
  const said = replay('png', [grey16, grey4]);
  const expect = (/** @type {(x: number) => number} */ f) => digestOf({ width: 32, height: 1, grey: Uint8Array.from({ length: 32 }, (_, x) => f(x)) });
  assert.equal(said[0].digest, expect((x) => (x === 5 ? 255 : x === 6 ? 0x12 : 0x56)));
  assert.equal(said[1].digest, expect((x) => (x % 16 === 3 ? 255 : 17 * (x % 16))));
});

test('oi*: image data in 1, 2, 4, 9 chunks, in chunks of one byte, with empty ones among them', () => {
  const rows = Buffer.concat(pngRows({ width: 32, height: 32, sample: sampleOf(8) })), data = deflateSync(rows);
  /** @param {number} n */
  const split = (n) => Array.from({ length: Math.ceil(data.length / n) }, (_, i) => chunk('IDAT', data.subarray(i * n, (i + 1) * n)));
  const whole = (/** @type {Buffer[]} */ parts) => Buffer.concat([SIGNATURE, ihdr({ width: 32, height: 32 }), ...parts, chunk('IEND')]);
  const empty = chunk('IDAT');
  sameAsPngjs([
    ...[1, 2, 4, 9].map((n) => ({ name: `${n} chunks`, bytes: whole(split(Math.ceil(data.length / n))) })),
    { name: 'a byte each', bytes: whole(split(1)) },
    { name: 'first empty', bytes: whole([empty, ...split(100)]) },
    { name: 'last empty', bytes: whole([...split(data.length), empty]) },
    { name: 'empty among them', bytes: whole(split(50).flatMap((c) => [c, empty, empty])) },
  ]);
});

test('z00 to z09: every level of compression, stored, fixed and dynamic; every window', () => {
  const rows = Buffer.concat(pngRows({ width: 64, height: 64, sample: sampleOf(8) }));
  const options = [...Array(10).keys()].map((level) => ({ level }));
  const more = [...[9, 10, 12, 15].map((windowBits) => ({ windowBits })), ...[1, 2, 3, 4].map((strategy) => ({ strategy }))];
  sameAsPngjs([...options, ...more].map((o) => ({
    name: JSON.stringify(o), bytes: Buffer.concat([SIGNATURE, ihdr({ width: 64, height: 64 }), chunk('IDAT', deflateSync(rows, o)), chunk('IEND')]),
  })));
});

test('bg*, c*, p*, e*, APNG: chunks that need not be understood change nothing', () => {
  const extras = [
    ['gAMA', [0, 0, 177, 143]], ['sRGB', [0]], ['cHRM', Array(32).fill(1)], ['pHYs', [0, 0, 1, 0, 0, 0, 1, 0, 1]], ['bKGD', [0, 9]], ['sBIT', [5]],
    ['tIME', [7, 208, 1, 1, 12, 34, 56]], ['tEXt', [...Buffer.from('Title\0PngSuite')]], ['zTXt', [65, 0, 0, ...deflateSync('x')]],
    ['iTXt', [...Buffer.from('Title\0\0\0hi\0\0नमस्ते')]], ['eXIf', [77, 77, 0, 42, 0, 0, 0, 8]], ['sPLT', [...Buffer.from('six\0')]], ['acTL', [0, 0, 0, 1, 0, 0, 0, 0]], ['prVt', []],
  ];
  const cases = extras.map(([type, data]) => ({ name: String(type), bytes: picture(0, 8, { extra: [chunk(String(type), Uint8Array.from(/** @type {number[]} */ (data)))] }) }));
  cases.push({ name: 'all', bytes: picture(6, 8, { extra: extras.map(([type, data]) => chunk(String(type), Uint8Array.from(/** @type {number[]} */ (data)))) }) });
  cases.push({ name: 'suggested palette', bytes: picture(2, 8, { palette: paletteOf(216) }) });
  // pngjs verifies checksums that do no harm: the same picture without the chunk is what must come out.
  const broken = Buffer.from(picture(0, 8, { extra: [chunk('tEXt', Buffer.from('a\0b'))] }));
  broken[broken.indexOf('tEXt') + 4] ^= 1;
  sameAsPngjs(cases);
  assert.equal(replay('png', [broken])[0].digest, digestOf(expectedGrey(picture(0, 8))), 'a wrong checksum of text does no harm');
});

test('a palette of fewer colours than the depth can name; a pixel that names none is refused', () => {
  const few = (/** @type {number} */ most) => png({ width: 8, height: 8, depth: 4, colour: 3, palette: paletteOf(5), sample: (x, y) => (x + y) % most });
  sameAsPngjs([{ name: 'five colours', bytes: few(5) }]);
  assert.match(replay('png', [few(6)])[0].message, /colour the palette has not/);
});

// ---- damage ----

const good = png({ width: 32, height: 32, sample: sampleOf(8) });
const head = ihdr({ width: 32, height: 32 }), end = chunk('IEND');
const idat = good.subarray(good.indexOf('IDAT') - 4, good.length - 12);
const zlib = Buffer.from(idat.subarray(8, idat.length - 4));
const parts = (/** @type {Uint8Array[]} */ ...all) => Buffer.concat([SIGNATURE, ...all]);
const flipped = (/** @type {Buffer} */ bytes, /** @type {number} */ at, bit = 1) => Buffer.from(bytes.map((b, i) => (i === at ? b ^ bit : b)));
const withHead = (/** @type {object} */ o) => parts(ihdr({ width: 32, height: 32, ...o }), idat, end);
const withData = (/** @type {Uint8Array} */ data) => parts(head, chunk('IDAT', data), end);
/** @param {Uint8Array} rows  raw, filters included */
const withRows = (rows) => withData(deflateSync(rows));
const rawRows = Buffer.concat(pngRows({ width: 32, height: 32, sample: sampleOf(8) }));

/** @type {[string, Buffer, RegExp][]} */
const DAMAGE = [
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
  ['palette after the data', parts(ihdr({ width: 32, height: 32, colour: 2 }), idat, chunk('PLTE', new Uint8Array(3)), end), /palette that is wrong/],
  ['wrong checksum of the palette', flipped(picture(3, 8), 41), /wrong checksum of chunk PLTE/],
  ['tRNS of 3 bytes for grey', parts(head, chunk('tRNS', new Uint8Array(3)), idat, end), /transparency that is wrong/],
  ['tRNS longer than the palette', picture(3, 1, { transparency: [1, 2, 3] }), /transparency that is wrong/],
  ['tRNS of nothing', picture(3, 1, { transparency: [] }), /transparency that is wrong/],
  ['tRNS before the palette', parts(ihdr({ width: 32, height: 32, colour: 3 }), chunk('tRNS', new Uint8Array(1)), chunk('PLTE', new Uint8Array(3)), idat, end), /transparency that is wrong/],
  ['two tRNS', parts(head, chunk('tRNS', new Uint8Array(2)), chunk('tRNS', new Uint8Array(2)), idat, end), /transparency that is wrong/],
  ['tRNS with alpha', parts(ihdr({ width: 32, height: 32, colour: 4 }), chunk('tRNS', new Uint8Array(2)), idat, end), /transparency that is wrong/],
  ['tRNS after the data', parts(head, idat, chunk('tRNS', new Uint8Array(2)), end), /transparency that is wrong/],
  ['wrong checksum of tRNS', flipped(picture(0, 8, { transparency: [0, 1] }), 42), /wrong checksum of chunk tRNS/],
  // chunks
  ['an unknown critical chunk', parts(head, chunk('ABCD'), idat, end), /unknown chunk 'ABCD' .* at byte 33/],
  ['a chunk without a name', parts(head, chunk('12!4'), idat, end), /no chunk at byte 33/],
  ['a length beyond the file', Buffer.concat([good.subarray(0, 33), Buffer.from([0x7f, 0xff, 0xff, 0xff]), good.subarray(37)]), /chunk IDAT at byte 33 claims 2147483647 bytes/],
  ['a length of 2^32 - 1', Buffer.concat([good.subarray(0, 33), Buffer.from([0xff, 0xff, 0xff, 0xff]), good.subarray(37)]), /claims 4294967295 bytes/],
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

test('x*: each damage is refused with its reason', () => {
  const said = replay('png', DAMAGE.map(([, bytes]) => bytes));
  for (const [i, [name, , reason]] of DAMAGE.entries()) {
    assert.equal(said[i].status, 2, name);
    assert.match(said[i].message, reason, name);
  }
});

test('cut at every byte, each bit flipped: never another picture', () => {
  const small = png({ width: 9, height: 7, sample: sampleOf(8), extra: [chunk('tEXt', Buffer.from('a\0b'))] });
  const whole = digestOf(expectedGrey(small));
  const cuts = Array.from({ length: small.length }, (_, n) => small.subarray(0, n));
  assert.ok(replay('png', cuts).every(({ status }) => status === 2));
  const flips = Array.from(small).flatMap((_, at) => Array.from({ length: 8 }, (__, bit) => flipped(small, at, 1 << bit)));
  for (const [i, { status, digest }] of replay('png', flips).entries())
    assert.ok(status === 2 || digest === whole, `bit ${i % 8} of byte ${Math.floor(i / 8)}: taken as another picture`);
});

test('checksums: CRC-32 and Adler-32 of long data are right', () => {
  const big = png({ width: 200, height: 200, depth: 8, colour: 6, sample: (x, y, c) => (x * 251 + y * 241 + c * 97) % 256 });
  sameAsPngjs([{ name: 'large', bytes: big }]);
  assert.equal(adler32(Buffer.from('Wikipedia')), 0x11e60398, 'the tests\' own');
});
