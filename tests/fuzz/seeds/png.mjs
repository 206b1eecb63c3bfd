/**
 * png.mjs - the seeds of the PNG reader. A seed is a whole file, or the word ROWS, a header, a palette and raw rows, of
 * which the fuzz target makes a file whose checksums are right (tests/fuzz/png.c).
 */
import { chunk, ihdr, png, pngRows } from '../../support/files.mjs';
import { DAMAGED, exif, FORMATS, ODD, paletteOf, picture, sampleOf } from '../../support/pngs.mjs';

/** PNG files by the name of the seed. @type {Record<string, Buffer>} */
export const pngs = {};
for (const [colour, depth] of FORMATS)
  for (const interlace of [0, 1])
    pngs[`c${colour}-d${depth}-i${interlace}`] = picture(colour, depth, { width: 7, height: 6, interlace });
for (const filter of [0, 1, 2, 3, 4]) pngs[`filter${filter}`] = picture(2, 8, { width: 5, height: 3, filter });
pngs['key-grey'] = picture(0, 4, { width: 5, height: 3, transparency: [0, 1] });
pngs['key-rgb16'] = picture(2, 16, { width: 5, height: 3, transparency: [0, 0, 71, 71, 142, 142] });
pngs['palette-alpha'] = picture(3, 2, { width: 5, height: 3, transparency: [0, 99, 200] });
pngs['palette-short'] = png({ width: 5, height: 3, depth: 4, colour: 3, palette: [1, 2, 3], sample: (x) => x });
pngs['thin'] = picture(0, 1, { width: 1, height: 9, interlace: 1 });
{
  // The image data are in several chunks, some of which are empty.
  const whole = picture(0, 8, { width: 5, height: 4 }),
    at = whole.indexOf('IDAT') + 4,
    data = whole.subarray(at, whole.length - 16);
  const cuts = [data.subarray(0, 0), data.subarray(0, 3), data.subarray(3, 3), data.subarray(3)];
  pngs['chunks'] = Buffer.concat([whole.subarray(0, at - 8), ...cuts.map((cut) => chunk('IDAT', cut)), chunk('IEND')]);
}
pngs['digit'] = picture(0, 8, { width: 28, height: 28 });
for (const [colour, depth] of FORMATS) {
  const o = { width: 6, height: 5, depth, colour, sample: sampleOf(depth) };
  const palette = Buffer.from(colour === 3 ? [6, ...paletteOf(2), 1, 128] : colour === 0 ? [0, 2, 0, 1] : [0, 0]);
  pngs[`rows-c${colour}-d${depth}`] = Buffer.concat([
    Buffer.from('ROWS'),
    ihdr({ ...o, interlace: depth === 8 ? 1 : 0 }).subarray(8, 21),
    palette,
    ...pngRows({ ...o, interlace: depth === 8 ? 1 : 0 }),
  ]);
}
pngs['rows-too-few'] = Buffer.from('ROWS');
const fileName = (/** @type {string} */ name) => name.replace(/[^a-z0-9]+/gi, '-').slice(0, 60);
for (const [name, bytes] of DAMAGED) if (bytes.length < 2000) pngs[`bad-${fileName(name).slice(0, 40)}`] = bytes;
for (const [name, bytes] of ODD) if (bytes.length < 2600) pngs[`odd-${fileName(name)}`] = bytes;
for (let orientation = 0; orientation <= 9; orientation++)
  pngs[`exif-${orientation}`] = picture(6, 8, {
    width: 5,
    height: 3,
    interlace: orientation & 1,
    extra: [exif(orientation, orientation > 4)],
  });
pngs['exif-of-another-type'] = picture(2, 8, { width: 5, height: 3, extra: [exif(6, false, 4)] });
for (const cut of [1, 7, 8, 9, 10, 21, 22, 31])
  pngs[`exif-cut-at-${cut}`] = picture(2, 8, {
    width: 5,
    height: 3,
    extra: [chunk('eXIf', exif(6).subarray(8, 8 + cut))],
  });
pngs['exif-directory-beyond'] = picture(2, 8, {
  width: 5,
  height: 3,
  extra: [chunk('eXIf', Buffer.from('4d4d002affffffff0001', 'hex'))],
});
pngs['exif-directory-at-the-end'] = picture(2, 8, {
  width: 5,
  height: 3,
  extra: [chunk('eXIf', Buffer.from('4d4d002a00000008ffff', 'hex'))],
});
const whiteInk = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ c) =>
  c === 3 ? 50 * x : 255;
pngs['white-ink'] = png({ width: 6, height: 3, colour: 6, sample: whiteInk });
pngs['white-ink-16'] = png({
  width: 6,
  height: 3,
  colour: 4,
  depth: 16,
  interlace: 1,
  sample: (x, y, c) => (c === 1 ? 13000 * x : 65535),
});
pngs['white-ink-palette'] = png({
  width: 6,
  height: 3,
  colour: 3,
  depth: 4,
  palette: Array(48).fill(255),
  transparency: Array.from({ length: 16 }, (_, i) => 17 * i),
  sample: (x) => x,
});
