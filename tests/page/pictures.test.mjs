/**
 * page-pictures.test.mjs - picture files on the pad: PNGs as the core reads them everywhere, other kinds as the browser
 * decodes them, at any size, and a sentence for the rest.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createTrainer } from '../../tools/node/node.mjs';
import { createSite, listen } from '../../tools/site/serve.mjs';
import { ROOT } from '../support/core.mjs';
import { chunk, ihdr, png, SIGNATURE } from '../support/files.mjs';
import { drop, skip, startSite, text, WAIT, waitError } from '../support/page.mjs';
import { exif } from '../support/pngs.mjs';

const site = startSite();
const python = ['python3', '/usr/bin/python3'].find((p) => spawnSync(p, ['-c', 'import PIL']).status === 0);
const noPillow = python ? false : 'Pillow is missing: apt-get install python3-pil';

const SIDE = 240,
  NO_ANSWER = 'Its answer will appear here.';
/** Returns the ink of a 7 at a pixel, 0..255. The 7 has soft edges and is higher than wide. */
const seven = (/** @type {number} */ x, /** @type {number} */ y) => {
  const u = (x - 75) / 90,
    v = (y - 55) / 130,
    bar = Math.max(Math.abs(u - 0.5) - 0.5, Math.abs(v - 0.06) - 0.06),
    stroke = Math.max(Math.abs(u - (0.93 - 0.5 * v)) - 0.08, Math.abs(v - 0.5) - 0.5);
  return Math.round(255 * Math.min(1, Math.max(0, 0.5 - 90 * Math.min(bar, stroke))));
};
const paper = (/** @type {number} */ x, /** @type {number} */ y) => 255 - seven(x, y);
const grey = (/** @type {object} */ more = {}) => png({ width: SIDE, height: SIDE, sample: paper, ...more });
const coloured = (/** @type {number[]} */ rgb, more = {}) =>
  png({ width: SIDE, height: SIDE, colour: 6, sample: (x, y, c) => (c === 3 ? seven(x, y) : rgb[c]), ...more });
const before = (/** @type {Buffer} */ file, /** @type {string} */ type, /** @type {Buffer} */ ...chunks) =>
  Buffer.concat([file.subarray(0, file.indexOf(type) - 4), ...chunks, file.subarray(file.indexOf(type) - 4)]);

/**
 * Returns the pixels that the network gets from the picture on the pad.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<number[]>}
 */
const seen = (page) =>
  page.locator('#seen').evaluate((c) => {
    const copy = /** @type {OffscreenCanvasRenderingContext2D} */ (
      new OffscreenCanvas(28, 28).getContext('2d', { willReadFrequently: true })
    );
    copy.drawImage(/** @type {HTMLCanvasElement} */ (c), 0, 0);
    const { data } = copy.getImageData(0, 0, 28, 28);
    return Array.from({ length: 784 }, (_, i) => data[4 * i]);
  });
/** The darkest grey on the pad. @param {import('playwright-core').Page} page */
const darkest = (page) =>
  page.locator('#pad').evaluate((c) => {
    const copy = /** @type {OffscreenCanvasRenderingContext2D} */ (
      new OffscreenCanvas(280, 280).getContext('2d', { willReadFrequently: true })
    );
    copy.drawImage(/** @type {HTMLCanvasElement} */ (c), 0, 0);
    return copy
      .getImageData(0, 0, 280, 280)
      .data.filter((_, i) => i % 4 === 0)
      .reduce((a, b) => Math.min(a, b));
  });
/** @param {import('playwright-core').Page} page */
async function clear(page) {
  await page.click('#pad-clear');
  await page.waitForFunction((none) => document.getElementById('answer')?.textContent === none, NO_ANSWER, WAIT);
}
/** @param {import('playwright-core').Page} page */
async function answer(page) {
  await page.waitForFunction(
    (none) => document.getElementById('answer')?.textContent !== none || !document.getElementById('error')?.hidden,
    NO_ANSWER,
    WAIT,
  );
  assert.equal((await page.locator('#error').isVisible()) ? await text(page, 'error') : '', '');
  return text(page, 'answer');
}

test('a PNG on the pad is what the core makes of it: one decoder, one verdict', { skip }, async () => {
  const { page, complaints } = await site.ready(),
    trainer = await createTrainer();
  trainer.open(readFileSync(new URL('../../assets/reader.safetensors', import.meta.url)), { keepData: false });
  const plain = grey(),
    noisy = Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * i * 7) & 255));
  const wide = png({
    width: 2400,
    height: 2400,
    colour: 2,
    sample: (x, y, c) => Math.max([0, 0, 90][c], paper(x / 10, y / 10)),
  });
  /** @type {[string, Buffer][]} */
  const shown = [
    ['plain', plain],
    [
      '16 bits, interlaced',
      grey({
        depth: 16,
        interlace: 1,
        sample: (/** @type {number} */ x, /** @type {number} */ y) => 257 * paper(x, y),
      }),
    ],
    ['bytes after IEND', Buffer.concat([plain, noisy])],
    ['tRNS beside alpha', before(coloured([0, 0, 0]), 'IDAT', chunk('tRNS', new Uint8Array(6)))],
    ['black ink on transparency', coloured([0, 0, 0])],
    ['white ink on transparency', coloured([255, 255, 255])],
    ['light ink on transparency', coloured([227, 227, 227])],
    ['turned', before(png({ width: SIDE, height: SIDE, sample: (x, y) => paper(SIDE - 1 - y, x) }), 'IDAT', exif(6))],
    ['large and in colour', wide],
  ];
  for (const [name, bytes] of shown) {
    const { picture } = trainer.engine.predictPng(bytes, 'digit');
    await clear(page);
    await drop(page, [{ name: `${name}.png`, bytes }]);
    assert.match(await answer(page), /^7/, name);
    assert.ok((await darkest(page)) < 120, `${name}: the pad shows it`);
    assert.ok(
      (await seen(page)).every((v, i) => Math.abs(v - picture[i]) <= (name.startsWith('large') ? 2 : 0)),
      `${name}: another picture than on the command line`,
    ); // a mean of colours is rounded once more
  }
  const cgbi = Buffer.concat([
    SIGNATURE,
    chunk('CgBI', Uint8Array.from([0x50, 0, 0x20, 2])),
    ihdr({ width: 28, height: 28 }),
    chunk('IDAT', Buffer.alloc(20)),
    chunk('IEND'),
  ]);
  const data = plain.subarray(plain.indexOf('IDAT') + 4, plain.length - 16);
  /** @type {[string, Buffer, RegExp][]} */
  const refused = [
    ['CgBI', cgbi, /PNG: it is Apple's own variant \(CgBI\), which Xcode writes/],
    [
      'zlib checksum',
      Buffer.concat([
        plain.subarray(0, plain.indexOf('IDAT') - 4),
        chunk('IDAT', Buffer.concat([data.subarray(0, -1), Buffer.from([data[data.length - 1] ^ 1])])),
        chunk('IEND'),
      ]),
      /the image data are damaged/,
    ],
    ['no IEND', plain.subarray(0, plain.length - 12), /cut short at byte/],
    [
      'wrong checksum',
      Buffer.from(plain.map((b, i) => (i === plain.length - 13 ? b ^ 1 : b))),
      /wrong checksum of chunk IDAT at byte 33/,
    ],
  ];
  for (const [name, bytes, reason] of refused) {
    assert.throws(() => trainer.engine.predictPng(bytes, 'digit'), { code: 'data', message: reason }, name);
    await page.evaluate(() => document.getElementById('error')?.setAttribute('hidden', ''));
    await drop(page, [{ name: `${name}.png`, bytes }]);
    const said = await waitError(page);
    assert.match(said, reason, name);
    assert.ok(said.startsWith(`${name}.png cannot be read: PNG: `), said);
  }
  assert.deepEqual(complaints, []);
  await page.context().close();
});

/**
 * A JPEG that the browser makes of the seven, so large.
 * @param {import('playwright-core').Page} page
 * @param {number} width
 * @param {number} height
 * @param {string} [type]
 */
async function encoded(page, width, height, type = 'image/jpeg', onPaper = true) {
  const base64 = await page.evaluate(
    async ([w, h, kind, opaque]) => {
      const canvas = new OffscreenCanvas(Number(w), Number(h)),
        c = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d')),
        scale = Number(h) / 100;
      c.fillStyle = '#e6e2da';
      if (opaque) c.fillRect(0, 0, Number(w), Number(h));
      Object.assign(c, { strokeStyle: opaque ? '#1e1e3c' : '#fff', lineWidth: 4 * scale, lineJoin: 'round' });
      c.beginPath();
      for (const [x, y] of [
        [20, 25],
        [45, 25],
        [30, 75],
      ])
        c.lineTo(x * scale, y * scale);
      c.stroke();
      const bytes = new Uint8Array(
        await (await canvas.convertToBlob({ type: String(kind), quality: 0.9 })).arrayBuffer(),
      );
      let text = '';
      for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
      return btoa(text);
    },
    [width, height, type, onPaper],
  );
  return Buffer.from(base64, 'base64');
}

/** A JPEG with an Exif segment behind its first two bytes. @param {Buffer} jpeg @param {number} orientation */
function withExif(jpeg, orientation) {
  const tiff = exif(orientation).subarray(8, -4),
    head = Buffer.from('ffe100004578696600 00'.replace(' ', ''), 'hex');
  head.writeUInt16BE(2 + 6 + tiff.length, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, tiff, jpeg.subarray(2)]);
}

/** Returns the place of the height in the header of a JPEG; the width follows it. @param {Buffer} jpeg */
function sidesAt(jpeg) {
  let at = 2;
  while (jpeg[at + 1] !== 0xc0 && jpeg[at + 1] !== 0xc2) at += 2 + jpeg.readUInt16BE(at + 2);
  return at + 5;
}

test(
  'photographs: 24 megapixels, each orientation, other kinds; and one too large for a phone is refused before it is decoded',
  { skip },
  async () => {
    const { page, complaints } = await site.ready();
    const stored = await encoded(page, 400, 500); // as it is when the camera was upright
    const turned = (/** @type {number} */ orientation) =>
      page
        .evaluate(
          async ([base64, o]) => {
            // as the sensor has it with that orientation
            const bitmap = await createImageBitmap(
                new Blob([Uint8Array.from(atob(String(base64)), (c) => c.charCodeAt(0))]),
              ),
              { width: w, height: h } = bitmap,
              canvas = new OffscreenCanvas(Number(o) > 4 ? h : w, Number(o) > 4 ? w : h);
            const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
            context.setTransform(
              .../** @type {[number, number, number, number, number, number]} */ (
                [
                  [1, 0, 0, 1, 0, 0],
                  [-1, 0, 0, 1, w, 0],
                  [-1, 0, 0, -1, w, h],
                  [1, 0, 0, -1, 0, h],
                  [0, 1, 1, 0, 0, 0],
                  [0, -1, 1, 0, 0, w],
                  [0, -1, -1, 0, h, w],
                  [0, 1, -1, 0, h, 0],
                ][Number(o) - 1]
              ),
            );
            context.drawImage(bitmap, 0, 0);
            const bytes = new Uint8Array(
              await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 })).arrayBuffer(),
            );
            let text = '';
            for (const byte of bytes) text += String.fromCharCode(byte);
            return btoa(text);
          },
          [stored.toString('base64'), orientation],
        )
        .then((base64) => withExif(Buffer.from(base64, 'base64'), orientation));
    /** @type {[string, Buffer][]} */
    const shown = [
      ['24 megapixels', await encoded(page, 5712, 4284)],
      ['a PNG of 24 megapixels', await encoded(page, 5712, 4284, 'image/png')],
    ];
    for (let orientation = 1; orientation <= 8; orientation++)
      shown.push([`orientation ${orientation}`, await turned(orientation)]);
    const webp = await encoded(page, 400, 500, 'image/webp'),
      clearWebp = await encoded(page, 400, 500, 'image/webp', false);
    if (webp.subarray(8, 12).toString() === 'WEBP')
      shown.push(['WebP', webp], ['white ink on transparency, WebP', clearWebp]); // Firefox makes none
    for (const [name, bytes] of shown) {
      await clear(page);
      await drop(page, [{ name, bytes }]);
      assert.match(await answer(page), /^7/, name);
      assert.ok((await darkest(page)) < 60, `${name}: the pad shows it`);
    }
    const lies = Buffer.from(stored);
    lies.writeUInt16BE(12000, sidesAt(lies));
    lies.writeUInt16BE(10000, sidesAt(lies) + 2);
    await drop(page, [{ name: 'huge.jpg', bytes: lies }]);
    assert.equal(
      await waitError(page),
      'huge.jpg has 10,000 × 12,000 pixels; at most 100 million can be read. Please make it smaller.',
    );
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);

test('what the browser cannot read is named by its kind, with what to do', { skip }, async () => {
  const { page, complaints } = await site.ready(),
    kind = (/** @type {string} */ name) =>
      new RegExp(`is of a kind that this browser cannot read \\(${name}\\)\\. Save it as PNG or JPEG`);
  const jpeg = await encoded(page, 40, 50);
  /** @type {[string, Buffer, RegExp][]} */
  const cases = [
    ['photo.tif', Buffer.from('II*\0\b\0\0\0', 'latin1'), kind('TIFF')],
    ['photo.heic', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0', 'latin1'), kind('HEIC')],
    ['scan.pdf', Buffer.from('%PDF-1.7\n'), kind('PDF')],
    ['drawing.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), kind('SVG')],
    ['picture.psd', Buffer.from('8BPS\0\x01'), kind('PSD')],
    ['cut.jpg', jpeg.subarray(0, 20), /cut\.jpg is damaged: this browser cannot read all of its JPEG data/],
    ['notes.png', Buffer.from('just text'), /notes\.png is not a picture/],
  ];
  for (const [name, bytes, reason] of cases) {
    await page.evaluate(() => document.getElementById('error')?.setAttribute('hidden', ''));
    await drop(page, [{ name, bytes }]);
    const said = await waitError(page);
    assert.ok(said.startsWith(name), said);
    assert.match(said, reason, name);
  }
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test(
  'the package in a browser: a picture that is larger than the core takes becomes smaller, any other stays as it is',
  { skip },
  async () => {
    const server = createSite(ROOT),
      origin = `http://localhost:${await listen(server, 8190)}`,
      context = await site.browser.newContext(),
      page = await context.newPage();
    try {
      await page.goto(`${origin}/web/index.html`); // a page of the same origin as the modules
      const sizes = await page.evaluate(
        async (sides) => {
          const module = '/tools/package/pictures.js',
            { toPng } = await import(module),
            out = [];
          for (const [width, height, type] of sides) {
            const canvas = new OffscreenCanvas(Number(width), Number(height));
            canvas.getContext('2d')?.fillRect(0, 0, 9, 9);
            const view = new DataView((await toPng(await canvas.convertToBlob({ type: String(type) }))).buffer);
            out.push([view.getUint32(16), view.getUint32(20)]);
          }
          return out;
        },
        [
          [5712, 4284, 'image/jpeg'],
          [5712, 40, 'image/png'],
          [3000, 2000, 'image/jpeg'],
          [4096, 40, 'image/png'],
          [28, 28, 'image/jpeg'],
        ],
      );
      assert.deepEqual(sizes, [
        [3265, 2449],
        [4096, 28],
        [3000, 2000],
        [4096, 40],
        [28, 28],
      ]);
    } finally {
      await context.close();
      server.close();
    }
  },
);

test('CMYK, TIFF and WebP as Pillow writes them', { skip: skip || noPillow }, async () => {
  const { page, complaints } = await site.ready();
  const pillow = (/** @type {string} */ mode, /** @type {string} */ format) => {
    const script = `import sys, io; from PIL import Image; i = Image.open(io.BytesIO(sys.stdin.buffer.read())).convert('${mode}'); o = io.BytesIO(); i.save(o, '${format}'); sys.stdout.buffer.write(o.getvalue())`;
    const { status, stdout, stderr } = spawnSync(/** @type {string} */ (python), ['-c', script], {
      input: grey(),
      maxBuffer: 1 << 26,
    });
    assert.equal(status, 0, stderr.toString());
    return stdout;
  };
  for (const [mode, format] of [
    ['CMYK', 'JPEG'],
    ['RGB', 'WEBP'],
    ['P', 'GIF'],
    ['RGB', 'BMP'],
  ]) {
    await clear(page);
    await drop(page, [{ name: `${mode}.${format}`, bytes: pillow(mode, format) }]);
    assert.match(await answer(page), /^7/, `${mode} ${format}`);
  }
  await page.evaluate(() => document.getElementById('error')?.setAttribute('hidden', ''));
  await drop(page, [{ name: 'photo.tif', bytes: pillow('RGB', 'TIFF') }]);
  assert.match(await waitError(page), /photo\.tif is of a kind .*TIFF/);
  assert.deepEqual(complaints, []);
  await page.context().close();
});
