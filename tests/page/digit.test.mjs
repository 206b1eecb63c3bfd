/**
 * page-digit.test.mjs - a person's digit on the page: the steps shown, several read in order, why, and what is like it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draw } from '../../tools/figures/states.mjs';
import { png } from '../support/files.mjs';
import { drop, skip, startSite, text, WAIT, waitState } from '../support/page.mjs';

const site = startSite();

/**
 * Returns the pixels of a canvas as one string.
 * @param {import('playwright-core').Page} page
 * @param {string} selector
 */
const pixels = (page, selector) =>
  page
    .locator(selector)
    .first()
    .evaluate((c) => /** @type {HTMLCanvasElement} */ (c).toDataURL());

/** A page with a network that reads digits well enough. */
async function trained() {
  const opened = await site.ready('#model=mlp&epochs=6&batch=64&lr=0.1&momentum=0.9');
  await opened.page.click('#train');
  await waitState(opened.page, 'finished');
  return opened;
}

test('drawn, undone, cleared: five steps and ten bars; four places give one answer', { skip }, async () => {
  const { page, complaints } = await trained();
  await draw(page);
  await page.waitForFunction(() => /^7, /.test(document.getElementById('answer')?.textContent ?? ''), null, WAIT);
  assert.equal(await page.locator('.stages canvas').count(), 5);
  const sizes = await page
    .locator('.stages canvas')
    .evaluateAll((all) => all.map((c) => /** @type {HTMLCanvasElement} */ (c).width));
  assert.deepEqual(sizes, [56, 56, 56, 20, 28]);
  assert.equal(
    new Set(await Promise.all([1, 2, 3, 4, 5].map((i) => pixels(page, `.stages li:nth-child(${i}) canvas`)))).size,
    5,
    'each step shows something else',
  );
  await page.click('#pad-undo');
  await page.waitForFunction(
    () => document.getElementById('answer')?.textContent === 'Its answer will appear here.',
    null,
    WAIT,
  );

  // Black on white, white on black; in four corners: the same seven.
  const seven = (/** @type {number} */ u, /** @type {number} */ v) =>
    (v > 0 && v < 0.12 && u > 0 && u < 0.7) || (v > 0 && v < 1 && Math.abs(u - (0.64 - 0.4 * v)) < 0.07);
  const seen = new Set();
  for (const [x0, y0, ink, paper] of [
    [20, 20, 0, 255],
    [130, 110, 0, 255],
    [30, 120, 255, 0],
    [120, 15, 255, 0],
  ]) {
    await page.click('#pad-clear');
    await drop(page, [
      {
        name: 'seven.png',
        bytes: png({ width: 240, height: 240, sample: (x, y) => (seven((x - x0) / 90, (y - y0) / 90) ? ink : paper) }),
      },
    ]);
    await page.waitForFunction(
      () => /^\S+, .*sure/.test(document.getElementById('answer')?.textContent ?? ''),
      null,
      WAIT,
    );
    seen.add(await pixels(page, '#seen'));
    assert.match(await text(page, 'answer'), /^7/);
  }
  assert.equal(seen.size, 1, 'place and polarity leave no trace');
  // Without preparation (#raw) the network sees another picture.
  const prepared = await pixels(page, '#seen');
  await page.check('#raw');
  await page.waitForFunction(
    (old) => /** @type {HTMLCanvasElement} */ (document.getElementById('seen')).toDataURL() !== old,
    prepared,
    WAIT,
  );
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('pasted, transparent, and photographed with a shadow: the same seven', { skip }, async () => {
  const { page, complaints } = await trained();
  const seven = (/** @type {number} */ u, /** @type {number} */ v) =>
    (v > 0 && v < 0.12 && u > 0 && u < 0.7) || (v > 0 && v < 1 && Math.abs(u - (0.64 - 0.4 * v)) < 0.07);
  const ink = (/** @type {number} */ x, /** @type {number} */ y) => seven((x - 70) / 90, (y - 70) / 90);
  const answer = async () => {
    await page.waitForFunction(
      () => /^\S+, .*sure/.test(document.getElementById('answer')?.textContent ?? ''),
      null,
      WAIT,
    );
    return (await text(page, 'answer'))[0];
  };
  const clear = async () => {
    await page.click('#pad-clear');
    await page.waitForFunction(
      () => document.getElementById('answer')?.textContent === 'Its answer will appear here.',
      null,
      WAIT,
    );
  };
  const plain = png({ width: 240, height: 240, sample: (x, y) => (ink(x, y) ? 10 : 250) });
  await page.evaluate((base64) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(
      new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], 'image.png', { type: 'image/png' }),
    );
    const event = new ClipboardEvent('paste', { bubbles: true, cancelable: true });
    // Firefox's constructor leaves it out
    dispatchEvent(Object.defineProperty(event, 'clipboardData', { value: clipboardData }));
  }, plain.toString('base64'));
  assert.equal(await answer(), '7');
  await clear();
  await page.setInputFiles('#pad-file', {
    name: 'clear.png',
    mimeType: 'image/png',
    buffer: png({
      width: 240,
      height: 240,
      colour: 6,
      sample: (x, y, channel) => (channel === 3 ? (ink(x, y) ? 255 : 0) : 0),
    }),
  });
  assert.equal(await answer(), '7');
  await clear();
  // A photograph: paper that darkens to one side, ink that follows it, and noise.
  const photo = png({
    width: 240,
    height: 240,
    sample: (x, y) => Math.round((230 - 0.5 * x) * (ink(x, y) ? 0.25 : 1)) + ((x * 7 + y * 13) % 9),
  });
  await page.setInputFiles('#pad-camera', { name: 'photo.png', mimeType: 'image/png', buffer: photo });
  assert.equal(await answer(), '7');
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('several digits are read in order, each with bars of its own', { skip }, async () => {
  const { page, complaints } = await trained();
  const one = (/** @type {number} */ x, /** @type {number} */ y) => x > 60 && x < 72 && y > 40 && y < 140;
  const seven = (/** @type {number} */ x, /** @type {number} */ y) =>
    (y > 40 && y < 52 && x > 150 && x < 215) || (y > 40 && y < 140 && Math.abs(x - (208 - 0.4 * (y - 40))) < 7);
  await drop(page, [
    {
      name: 'two.png',
      bytes: png({ width: 300, height: 180, sample: (x, y) => (one(x, y) || seven(x, y) ? 20 : 240) }),
    },
  ]);
  await page.waitForFunction(() => document.querySelectorAll('.several button').length === 2, null, WAIT);
  assert.match(await text(page, 'answer'), /^1 7: 2 digits/);
  await page.locator('.several button').nth(1).click();
  await page.waitForFunction(
    () => document.querySelector('.several button:nth-child(2)')?.getAttribute('aria-pressed') === 'true',
    null,
    WAIT,
  );
  assert.equal(await page.locator('#bars tr.best th').innerText(), '7');
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('why: the heat is on the digit, and the nearest pictures are shown', { skip }, async () => {
  const { page, complaints } = await trained();
  await draw(page);
  await page.waitForFunction(() => /^7, /.test(document.getElementById('answer')?.textContent ?? ''), null, WAIT);
  const cold = await pixels(page, '.heat');
  await page.click('#why-answer summary');
  await page.waitForFunction(() => document.querySelectorAll('.near figure').length === 6, null, WAIT);
  assert.notEqual(await pixels(page, '.heat'), cold);
  const near = await page.locator('.near figcaption').allInnerTexts();
  assert.ok(near.filter((caption) => caption.startsWith('7,')).length >= 4, `most of the nearest are sevens: ${near}`);
  const likeness = near.map((caption) => parseFloat(caption.split(', ')[1]));
  assert.ok(
    likeness.every((l, i) => l <= 100 && (i === 0 || l <= likeness[i - 1])),
    `${likeness}`,
  );
  // Another digit has another heat.
  const hot = await pixels(page, '.heat');
  await page.click('#pad-example');
  await page.waitForFunction(
    (old) => /** @type {HTMLCanvasElement} */ (document.querySelector('.heat')).toDataURL() !== old,
    hot,
    WAIT,
  );
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test(
  "before any training a network that came with the page reads digits, and says so; then one's own answers",
  { skip },
  async () => {
    const { page, complaints, requests } = await site.ready('#model=mlp&epochs=2&batch=64&lr=0.1&momentum=0.9');
    assert.equal(await page.locator('#reader-note').isVisible(), false);
    assert.ok(!requests.some((/** @type {string} */ url) => url.includes('reader')), 'it is fetched when it is needed');
    await draw(page);
    await page.waitForFunction(() => /^7, /.test(document.getElementById('answer')?.textContent ?? ''), null, WAIT);
    await page.waitForSelector('#reader-note:not([hidden])', WAIT);
    assert.match(await text(page, 'reader-note'), /drawn digits/);
    await page.click('#why-answer summary');
    await page.waitForFunction(() => document.querySelectorAll('.near figure').length === 6, null, WAIT);
    await page.click('#train');
    await page.waitForSelector('#reader-note', { ...WAIT, state: 'hidden' });
    await waitState(page, 'finished');
    await page.waitForFunction(
      () => /^\S+, .*sure/.test(document.getElementById('answer')?.textContent ?? ''),
      null,
      WAIT,
    );
    assert.equal(await page.locator('#reader-note').isVisible(), false);
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);
