/**
 * png.test.mjs - PngSuite's rules without its files: every feature that it has comes out with the right
 * pixels (as pngjs decodes them), every damage that it has is refused, and more of both.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { adler32, chunk, crc32, ihdr, png, pngRows, SIGNATURE } from '../support/files.mjs';
import { DAMAGED, exif, flipped, FORMATS, ODD, paletteOf, picture, sampleOf } from '../support/pngs.mjs';
import { replay } from '../support/replay.mjs';

/** @typedef {{ name: string, bytes: Buffer }} Case */

/** Returns the difference between the largest and the smallest value. @param {number[]} values */
const extent = (values) =>
  values.length ? values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b)) : 0;

/**
 * Grey by the rules that ink_data.h and src/data/paper.h state, from the RGBA that another decoder gives.
 * @param {Buffer} bytes
 */
function expectedGrey(bytes) {
  const { data, width, height } = PNG.sync.read(bytes);
  return { grey: greyOf(data, width, height), width, height };
}

/** @param {Uint8Array} data  RGBA @param {number} width @param {number} height */
function greyOf(data, width, height) {
  const onWhite = (/** @type {number} */ v, /** @type {number} */ a) =>
    Math.floor((v * a + 255 * (255 - a) + 127) / 255);
  const luma = (/** @type {number[]} */ [r, g, b]) => (r * 19595 + g * 38470 + b * 7471 + 32768) >> 16;
  const pixels = Array.from({ length: data.length / 4 }, (_, i) => [...data.subarray(4 * i, 4 * i + 4)]);
  const paper = pixels.map(([r, g, b, a]) => luma([onWhite(r, a), onWhite(g, a), onWhite(b, a)])),
    alpha = pixels.map(([, , , a]) => a);
  const ink = width >= 100 && height >= 100 ? 40 : 24,
    oneColour = extent(pixels.filter(([, , , a]) => a >= 128).map(luma)) <= 16;
  return Uint8Array.from(extent(paper) < ink && extent(alpha) >= ink && oneColour ? alpha.map((a) => 255 - a) : paper);
}

/** Returns the replay's digest of a picture: of its width, height and pixels. */
function digestOf(/** @type {{ grey: Uint8Array, width: number, height: number }} */ { grey, width, height }) {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(width, 0);
  head.writeUInt32LE(height, 8);
  return crc32(Buffer.concat([head, grey]));
}

/** Each must be accepted with pngjs's pixels. @param {Case[]} cases */
function sameAsPngjs(cases) {
  const said = replay(
    'png',
    cases.map((c) => c.bytes),
  );
  for (const [i, { name, bytes }] of cases.entries()) {
    assert.equal(said[i].status, 0, `${name}: ${said[i].message}`);
    assert.equal(said[i].digest, digestOf(expectedGrey(bytes)), `${name}: other pixels`);
  }
}

test('basn, basi: every format, plain and interlaced', () => {
  sameAsPngjs(
    FORMATS.flatMap(([colour, depth]) =>
      [0, 1].map((interlace) => ({
        name: `colour ${colour}, ${depth} bits, interlace ${interlace}`,
        bytes: picture(colour, depth, { interlace }),
      })),
    ),
  );
});

test('s01 to s40: every side from 1 to 40, and sides that are not alike; no pass of Adam7 is ever missing', () => {
  const cases = [];
  for (let side = 1; side <= 40; side++)
    for (const interlace of [0, 1])
      for (const [colour, depth] of [
        [0, 1],
        [3, 4],
        [6, 8],
      ]) {
        cases.push({
          name: `${side} x ${side}`,
          bytes: picture(colour, depth, { width: side, height: side, interlace }),
        });
        cases.push({ name: `${side} x 3`, bytes: picture(colour, depth, { width: side, height: 3, interlace }) });
        cases.push({ name: `2 x ${side}`, bytes: picture(colour, depth, { width: 2, height: side, interlace }) });
      }
  sameAsPngjs(cases);
});

test('f00 to f04, f99: each filter alone, at each distance between pixels, also in a first row', () => {
  sameAsPngjs(
    FORMATS.flatMap(([colour, depth]) =>
      [0, 1, 2, 3, 4].map((filter) => ({
        name: `filter ${filter}, colour ${colour}, ${depth} bits`,
        bytes: picture(colour, depth, { filter }),
      })),
    ),
  );
});

test('t*: transparency of grey, colour and palette; a palette longer or shorter than its tRNS', () => {
  const cases = [];
  for (const [colour, depth] of FORMATS.filter(([c]) => c < 4))
    for (const interlace of [0, 1]) {
      const v = sampleOf(depth),
        wide = (/** @type {number} */ x) => [x >> 8, x & 255];
      const keys =
        colour === 0
          ? [wide(v(3, 4, 0)), [255, 255]]
          : colour === 2
            ? [
                [...wide(v(3, 4, 0)), ...wide(v(3, 4, 1)), ...wide(v(3, 4, 2))],
                [0, 0, 0, 0, 0, 0],
              ]
            : [[0], Array.from({ length: 1 << depth }, (_, i) => (i * 61) % 256)];
      // pngjs keeps the whole 16 bits of a key, where the specification counts the lower ones only
      for (const transparency of keys.filter((k) => colour === 3 || depth === 16 || !k.includes(255)))
        cases.push({
          name: `colour ${colour}, ${depth} bits, tRNS ${transparency}`,
          bytes: picture(colour, depth, { interlace, transparency }),
        });
    }
  sameAsPngjs(cases);
});

test('tRNS of 16-bit samples counts both bytes; of fewer bits only the bits that are there', () => {
  const sample = (/** @type {number} */ x) => (x === 5 ? 0x1234 : x === 6 ? 0x1235 : 0x5678);
  const grey16 = png({ width: 32, height: 1, depth: 16, sample, transparency: [0x12, 0x34] });
  const grey4 = png({ width: 32, height: 1, depth: 4, sample: (x) => x % 16, transparency: [0xff, 0xf3] });
  const said = replay('png', [grey16, grey4]);
  const expect = (/** @type {(x: number) => number} */ f) =>
    digestOf({ width: 32, height: 1, grey: Uint8Array.from({ length: 32 }, (_, x) => f(x)) });
  assert.equal(
    said[0].digest,
    expect((x) => (x === 5 ? 255 : x === 6 ? 0x12 : 0x56)),
  );
  assert.equal(
    said[1].digest,
    expect((x) => (x % 16 === 3 ? 255 : 17 * (x % 16))),
  );
});

test('oi*: image data in 1, 2, 4, 9 chunks, in chunks of one byte, with empty ones among them', () => {
  const rows = Buffer.concat(pngRows({ width: 32, height: 32, sample: sampleOf(8) })),
    data = deflateSync(rows);
  /** @param {number} n */
  const split = (n) =>
    Array.from({ length: Math.ceil(data.length / n) }, (_, i) => chunk('IDAT', data.subarray(i * n, (i + 1) * n)));
  const whole = (/** @type {Buffer[]} */ parts) =>
    Buffer.concat([SIGNATURE, ihdr({ width: 32, height: 32 }), ...parts, chunk('IEND')]);
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
  const more = [
    ...[9, 10, 12, 15].map((windowBits) => ({ windowBits })),
    ...[1, 2, 3, 4].map((strategy) => ({ strategy })),
  ];
  sameAsPngjs(
    [...options, ...more].map((o) => ({
      name: JSON.stringify(o),
      bytes: Buffer.concat([
        SIGNATURE,
        ihdr({ width: 64, height: 64 }),
        chunk('IDAT', deflateSync(rows, o)),
        chunk('IEND'),
      ]),
    })),
  );
});

test('bg*, c*, p*, e*, APNG: chunks that need not be understood change nothing', () => {
  const extras = [
    ['gAMA', [0, 0, 177, 143]],
    ['sRGB', [0]],
    ['cHRM', Array(32).fill(1)],
    ['pHYs', [0, 0, 1, 0, 0, 0, 1, 0, 1]],
    ['bKGD', [0, 9]],
    ['sBIT', [5]],
    ['tIME', [7, 208, 1, 1, 12, 34, 56]],
    ['tEXt', [...Buffer.from('Title\0PngSuite')]],
    ['zTXt', [65, 0, 0, ...deflateSync('x')]],
    ['iTXt', [...Buffer.from('Title\0\0\0hi\0\0नमस्ते')]],
    ['eXIf', [77, 77, 0, 42, 0, 0, 0, 8]],
    ['sPLT', [...Buffer.from('six\0')]],
    ['acTL', [0, 0, 0, 1, 0, 0, 0, 0]],
    ['prVt', []],
  ];
  const cases = extras.map(([type, data]) => ({
    name: String(type),
    bytes: picture(0, 8, { extra: [chunk(String(type), Uint8Array.from(/** @type {number[]} */ (data)))] }),
  }));
  cases.push({
    name: 'all',
    bytes: picture(6, 8, {
      extra: extras.map(([type, data]) => chunk(String(type), Uint8Array.from(/** @type {number[]} */ (data)))),
    }),
  });
  cases.push({ name: 'suggested palette', bytes: picture(2, 8, { palette: paletteOf(216) }) });
  // pngjs verifies checksums that do no harm: the same picture without the chunk is what must come out.
  const broken = Buffer.from(picture(0, 8, { extra: [chunk('tEXt', Buffer.from('a\0b'))] }));
  broken[broken.indexOf('tEXt') + 4] ^= 1;
  sameAsPngjs(cases);
  assert.equal(
    replay('png', [broken])[0].digest,
    digestOf(expectedGrey(picture(0, 8))),
    'a wrong checksum of text does no harm',
  );
});

test('a palette of fewer colours than the depth can name; a pixel that names none is black, as libpng shows it', () => {
  const few = (/** @type {number} */ most, /** @type {number[]} */ palette, depth = 4, interlace = 0) =>
    png({
      width: 8,
      height: 8,
      depth,
      colour: 3,
      palette,
      interlace,
      transparency: [0, 255],
      sample: (x, y) => (x + y) % most,
    });
  sameAsPngjs([{ name: 'five colours', bytes: few(5, paletteOf(5)) }]);
  const cases = [
    [6, 4, 0],
    [15, 4, 1],
    [15, 8, 0],
    [4, 2, 1],
  ].map(([most, depth, interlace]) => {
    const five = paletteOf(5).slice(0, 3 * Math.min(5, most - 1));
    return [
      few(most, five, depth, interlace),
      few(most, [...five, ...Array(3 * ((1 << depth) - five.length / 3)).fill(0)], depth, interlace),
    ];
  });
  for (const [i, { status, digest }] of replay(
    'png',
    cases.map(([bytes]) => bytes),
  ).entries())
    assert.deepEqual({ status, digest }, { status: 0, digest: digestOf(expectedGrey(cases[i][1])) }, `case ${i}`);
});

test('more in a file than there should be: the picture that Pillow, ImageMagick and Chromium show', () => {
  const said = replay(
    'png',
    ODD.map(([, bytes]) => bytes),
  );
  for (const [i, [name, , right]] of ODD.entries()) {
    assert.equal(said[i].status, 0, `${name}: ${said[i].message}`);
    assert.equal(said[i].digest, digestOf(expectedGrey(right)), `${name}: other pixels`);
  }
});

test('eXIf: in colour the picture is turned and mirrored as a viewer shows it; grey, as in data sets, it stays as it is', () => {
  const width = 5,
    height = 3,
    at = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ c) => 60 * c + 20 * x + 3 * y;
  // The side at which row 0 and column 0 of the file are shown: Exif 2.32, 4.6.4, Orientation.
  /** @type {((u: number, v: number) => [number, number])[]} */
  const from = [
    (u, v) => [u, v],
    (u, v) => [width - 1 - u, v],
    (u, v) => [width - 1 - u, height - 1 - v],
    (u, v) => [u, height - 1 - v],
    (u, v) => [v, u],
    (u, v) => [v, height - 1 - u],
    (u, v) => [width - 1 - v, height - 1 - u],
    (u, v) => [width - 1 - v, u],
  ];
  const cases = [];
  for (let orientation = 1; orientation <= 8; orientation++)
    for (const interlace of [0, 1]) {
      const bytes = png({
          width,
          height,
          colour: 2,
          interlace,
          sample: at,
          extra: [exif(orientation, interlace === 1)],
        }),
        { grey } = expectedGrey(bytes),
        [w, h] = orientation > 4 ? [height, width] : [width, height];
      const rgba = Buffer.from(
        Array.from({ length: w * h }, (_, i) => {
          const [x, y] = from[orientation - 1](i % w, Math.floor(i / w));
          return [at(x, y, 0), at(x, y, 1), at(x, y, 2), 255];
        }).flat(),
      );
      cases.push({
        bytes,
        digest:
          orientation === 1
            ? digestOf({ grey, width, height })
            : digestOf({ grey: Buffer.concat([grey, rgba]), width, height }),
      });
    }
  const plain = png({ width, height, colour: 2, sample: at }),
    whole = digestOf(expectedGrey(plain)),
    broken = exif(6);
  broken[broken.length - 1] ^= 1;
  // Damaged Exif data, a value out of range and a type other than SHORT are ignored.
  const magic = exif(6).subarray(8, -4);
  magic[3] = 43;
  for (const extra of [
    broken,
    chunk('eXIf', magic),
    exif(0),
    exif(9),
    exif(6, false, 4),
    chunk('eXIf'),
    ...[1, 7, 9, 10, 21, 33].map((cut) => chunk('eXIf', exif(6).subarray(8, 8 + cut))),
    chunk('eXIf', Buffer.from('4d4d002affffffff0001', 'hex')),
  ])
    cases.push({ bytes: png({ width, height, colour: 2, sample: at, extra: [extra] }), digest: whole });
  replay(
    'png',
    cases.map(({ bytes }) => bytes),
  ).forEach(({ status, digest, message }, i) =>
    assert.deepEqual({ status, digest, message }, { status: 0, digest: cases[i].digest, message: '' }, `case ${i}`),
  );
});

test('white ink on transparency: where all the ink is in alpha, alpha is the picture', () => {
  const side = 120,
    cover = (/** @type {number} */ x, /** @type {number} */ y) =>
      Math.max(0, Math.min(255, 6 * (40 - Math.hypot(x - 60, y - 60)) + 128)) | 0; // a disc with soft edges
  const drawn = (/** @type {number[]} */ rgb, alpha = cover, size = side) =>
    png({ width: size, height: size, colour: 6, sample: (x, y, c) => (c === 3 ? alpha(x, y) : rgb[c]) });
  const disc = Uint8Array.from({ length: side * side }, (_, i) => 255 - cover(i % side, Math.floor(i / side)));
  const white = Uint8Array.from({ length: side * side }, () => 255);
  const alphaIsInk = [
    drawn([255, 255, 255]),
    drawn([227, 227, 227]),
    drawn([250, 250, 245]),
    png({ width: side, height: side, colour: 4, sample: (x, y, c) => (c === 1 ? cover(x, y) : 255) }),
    png({
      width: side,
      height: side,
      colour: 6,
      depth: 16,
      interlace: 1,
      sample: (x, y, c) => 257 * (c === 3 ? cover(x, y) : 255),
    }),
    png({
      width: side,
      height: side,
      colour: 3,
      depth: 8,
      palette: Array(768).fill(255),
      transparency: Array.from({ length: 256 }, (_, i) => i),
      sample: cover,
    }),
  ];
  const onPaper = [
    drawn([0, 0, 0]),
    drawn([90, 90, 90]),
    drawn([200, 30, 30]), // the ink shows
    png({
      width: side,
      height: side,
      colour: 6,
      sample: (x, y, c) => (c === 3 ? (x + y < 8 ? 0 : 255) : 225 + (x % 2) * 30),
    }), // faint lines on paper with a clear corner
    drawn([255, 255, 255], () => 255),
    drawn([255, 255, 255], () => 0),
    drawn([9, 9, 9], () => 0),
    drawn([255, 255, 255], (x) => x % 20), // one colour
    drawn([227, 227, 227], cover, 99),
  ]; // in a small picture this is ink
  const said = replay('png', [...alphaIsInk, ...onPaper]);
  alphaIsInk.forEach((bytes, i) => {
    assert.equal(said[i].digest, digestOf({ grey: disc, width: side, height: side }), `alpha ${i}: black ink`);
    assert.deepEqual(expectedGrey(bytes).grey, disc, `alpha ${i}: the test's own rule`);
  });
  onPaper.forEach((bytes, i) =>
    assert.equal(said[alphaIsInk.length + i].digest, digestOf(expectedGrey(bytes)), `paper ${i}`),
  );
  for (const i of [4, 5, 6, 7]) assert.deepEqual(expectedGrey(onPaper[i]).grey, white, `paper ${i}: white`);
});

// ---- damage ----

test('x*: each damage is refused with its reason', () => {
  const said = replay(
    'png',
    DAMAGED.map(([, bytes]) => bytes),
  );
  for (const [i, [name, , reason]] of DAMAGED.entries()) {
    assert.equal(said[i].status, 2, name);
    assert.match(said[i].message, reason, name);
  }
});

test('cut at every byte, each bit flipped: never another picture', () => {
  const small = png({ width: 9, height: 7, sample: sampleOf(8), extra: [chunk('tEXt', Buffer.from('a\0b'))] });
  const whole = digestOf(expectedGrey(small));
  const cuts = Array.from({ length: small.length }, (_, n) => small.subarray(0, n));
  assert.ok(replay('png', cuts).every(({ status }) => status === 2));
  const flips = Array.from(small).flatMap((_, at) =>
    Array.from({ length: 8 }, (__, bit) => flipped(small, at, 1 << bit)),
  );
  for (const [i, { status, digest }] of replay('png', flips).entries())
    assert.ok(status === 2 || digest === whole, `bit ${i % 8} of byte ${Math.floor(i / 8)}: taken as another picture`);
});

test('empty blocks are read, but not as many with codes of their own as would keep a program busy for minutes', () => {
  const literal = (/** @type {number} */ byte) => (byte + 0x30).toString(2).padStart(8, '0'),
    rows = [0, 77]; // one grey pixel
  const fixed = '0100000000',
    pixel = `110${rows.map(literal).join('')}0000000`; // RFC 1951, 3.2.3: bits in their order
  // Codes of one bit: 18 (many zeros) and 1 for the lengths, 256 for the end; then the end.
  const own = `001${'00000'}${'00000'}0111${'000000100'}${'000'.repeat(14)}100${'11111111'}${'11101011'}000`;
  const file = (/** @type {string} */ block, /** @type {number} */ count) => {
    const bits = block.repeat(count) + pixel,
      sum = Buffer.alloc(4),
      bytes = Buffer.alloc(Math.ceil(bits.length / 8));
    for (let i = 0; i < bits.length; i++) if (bits[i] === '1') bytes[i >> 3] |= 1 << (i & 7);
    sum.writeUInt32BE(adler32(Uint8Array.from(rows)));
    return Buffer.concat([
      SIGNATURE,
      ihdr({ width: 1, height: 1 }),
      chunk('IDAT', Buffer.concat([Buffer.from([0x78, 0x01]), bytes, sum])),
      chunk('IEND'),
    ]);
  };
  sameAsPngjs([
    { name: 'fixed', bytes: file(fixed, 100000) },
    { name: 'own', bytes: file(own, 1) },
    { name: 'thousands', bytes: file(own, 4000) },
  ]);
  assert.match(
    replay('png', [file(own, 5000)])[0].message,
    /^PNG: the image data are damaged: before byte 4\d{4} of 5\d{4}$/,
  );
});

test('checksums: CRC-32 and Adler-32 of long data are right', () => {
  const big = png({
    width: 200,
    height: 200,
    depth: 8,
    colour: 6,
    sample: (x, y, c) => (x * 251 + y * 241 + c * 97) % 256,
  });
  sameAsPngjs([{ name: 'large', bytes: big }]);
  assert.equal(adler32(Buffer.from('Wikipedia')), 0x11e60398, "the tests' own");
});
