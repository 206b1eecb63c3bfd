/**
 * page-charts.test.mjs - the charts by mouse, touch and keyboard: values, zoom, legend, smoothing, scales; and what is
 * drawn.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartData, drawn, skip, startSite, text, WAIT, waitState } from '../support/page.mjs';

const site = startSite();

/** @param {import('playwright-core').Page} page @param {string} id */
const plot = async (page, id) =>
  /** @type {{ x: number, y: number, width: number, height: number }} */ (
    await page.locator(`#${id} .u-over`).boundingBox()
  );
/** The part of x that is seen, by its first line. @param {import('playwright-core').Page} page @param {string} id */
async function seen(page, id) {
  const [x, y] = await chartData(page, id),
    drawn = x.filter((_, i) => y[i] != null);
  return [Number(drawn[0]), Number(drawn.at(-1))];
}
/**
 * Counts the pixels of a chart that have one of the page's colours.
 * @param {import('playwright-core').Page} page
 * @param {string} id
 * @param {string} name
 */
const pixels = (page, id, name) =>
  page.evaluate(
    ([chart, property]) => {
      const probe = document.body.appendChild(document.createElement('i'));
      probe.style.color = `var(${property})`;
      const wanted = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(Number),
        canvas = /** @type {HTMLCanvasElement} */ (document.querySelector(`#${chart} canvas`));
      probe.remove();
      const copy = /** @type {OffscreenCanvasRenderingContext2D} */ (
        new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })
      );
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] === 255 && wanted.every((v, c) => Math.abs(v - data[i + c]) < 4)) count++;
      return count;
    },
    [id, name],
  );

test(
  'hover tells the values of the data; smoothing 0 is the raw line; lines are hidden, scales changed',
  { skip },
  async () => {
    const { page, complaints } = await site.ready('#model=mlp&epochs=8&batch=64&lr=0.05');
    assert.match(await text(page, 'loss-chart'), /Press Train, and the curve begins here/);
    await page.click('#train');
    await waitState(page, 'finished');
    await page.waitForFunction(
      () => /** @type {any} */ (document.getElementById('accuracy-chart')).chartData()[0].length === 8,
      null,
      WAIT,
    );
    const box = await plot(page, 'loss-chart'),
      [x, batch, smooth] = await chartData(page, 'loss-chart');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const near = x.reduce(
      (/** @type {number} */ best, v, i) => (Math.abs(Number(v) - 4) < Math.abs(Number(x[best]) - 4) ? i : best),
      0,
    );
    // Several points share a pixel.
    const around = (/** @type {(number | null | undefined)[]} */ line) =>
      [-4, -3, -2, -1, 0, 1, 2, 3, 4].map((d) =>
        Number(line.slice(0, near + d + 1).findLast((v) => v != null)).toFixed(4),
      );
    await page.waitForFunction(
      (values) => values.includes(document.querySelector('#loss-chart .key:nth-child(1) b')?.textContent ?? ''),
      around(batch),
      { timeout: 5000 },
    );
    const told = await page.locator('#loss-chart .key:nth-child(2) b').innerText();
    assert.ok(around(smooth).includes(told), `${told} in ${around(smooth)}`);
    await page.locator('#smooth').fill('0');
    await page.waitForFunction(
      () => {
        const [, raw, line] = /** @type {any} */ (document.getElementById('loss-chart')).chartData();
        return raw.every(
          (/** @type {number | null} */ v, /** @type {number} */ i) =>
            (v ?? null) === null || Math.abs(v - line[i]) < 1e-12,
        );
      },
      null,
      WAIT,
    );
    assert.ok(
      batch.includes(Math.max(...batch.filter(Number.isFinite).map(Number))) &&
        Number(batch.find(Number.isFinite)) > 1.8,
      'the greatest loss, at the start, is drawn',
    );
    assert.ok((await pixels(page, 'loss-chart', '--train')) > 100);
    for (const i of [1, 2]) await page.click(`#loss-chart .key:nth-child(${i})`);
    assert.equal(await page.locator('#loss-chart .key:nth-child(1)').getAttribute('aria-pressed'), 'false');
    assert.equal(await pixels(page, 'loss-chart', '--train'), 0, 'hidden lines are not drawn');
    assert.ok((await pixels(page, 'loss-chart', '--valid')) > 20);
    await page.check('#show-lr');
    assert.ok((await pixels(page, 'loss-chart', '--rate')) > 20, 'the rate, on its own axis');
    // The trainer reports the rates as 32-bit floats.
    const rates = (await chartData(page, 'loss-chart'))[4].filter(Number.isFinite);
    assert.ok(rates.every((v) => v === Math.fround(0.05)));
    await page.check('#log');
    await page.focus('#loss-chart');
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(
      () =>
        /^Epoch [\d.]+: .*training [\d.]+, validation [\d.]+/.test(
          document.getElementById('announcer')?.textContent ?? '',
        ),
      null,
      WAIT,
    );
    await page.click('#table-toggle');
    const table = await page.locator('#epoch-table tbody tr td:nth-child(4)').allInnerTexts(),
      [, accuracy] = await chartData(page, 'accuracy-chart');
    assert.equal(table.length, accuracy.length);
    table
      .reverse()
      .forEach((cell, i) =>
        assert.ok(
          Math.abs(Number(cell) - Number(accuracy[i])) < 0.50001e-4,
          `the table holds what the chart shows: ${cell}, ${accuracy[i]}`,
        ),
      );
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);

test('zoom: dragged, by buttons and keys, on both charts, and it stays while data arrive', { skip }, async () => {
  const { page, complaints } = await site.ready('#model=mlp&epochs=4000&batch=64&lr=0.05');
  await page.click('#train');
  await page.waitForFunction(() => document.querySelectorAll('#epoch-table tbody tr').length >= 6, null, WAIT);
  await page.click('#train');
  await waitState(page, 'paused');
  await drawn(page); // what was under way
  const box = await plot(page, 'loss-chart'),
    end = (await seen(page, 'loss-chart'))[1];
  await page.mouse.move(box.x + box.width * 0.25, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 80, { steps: 5 });
  await page.mouse.up();
  const zoomed = await seen(page, 'loss-chart');
  assert.ok(Math.abs(zoomed[0] / end - 0.25) < 0.02 && Math.abs(zoomed[1] / end - 0.5) < 0.02, `${zoomed} of ${end}`);
  await page.click('#train');
  const rows = await page.locator('#epoch-table tbody tr').count();
  await page.waitForFunction((n) => document.querySelectorAll('#epoch-table tbody tr').length > n + 2, rows, WAIT);
  const later = await seen(page, 'loss-chart');
  assert.deepEqual(later, zoomed, 'it stays where it was zoomed');
  assert.ok((await seen(page, 'accuracy-chart'))[1] <= zoomed[1] + 1.5, 'the other chart follows');
  await page.click('#zoom-all');
  await page.waitForFunction(
    (e) => /** @type {any} */ (document.getElementById('loss-chart')).chartData()[0].at(-1) > e,
    end,
    WAIT,
  );
  await page.click('#stop');
  await waitState(page, 'stopped');
  await drawn(page);
  const whole = await seen(page, 'loss-chart'),
    width = whole[1] - whole[0];
  await page.click('#zoom-in');
  const nearer = await seen(page, 'loss-chart');
  assert.ok(nearer[1] - nearer[0] < width * 0.6);
  await page.click('#zoom-out');
  assert.deepEqual(await seen(page, 'loss-chart'), whole);
  await page.locator('h1').click();
  await page.keyboard.press('+');
  assert.ok((await seen(page, 'loss-chart'))[1] < whole[1]);
  await page.keyboard.press('0');
  assert.deepEqual(await seen(page, 'loss-chart'), whole);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('two fingers zoom a chart; reduced motion is respected', { skip }, async () => {
  const { page, complaints } = await site.ready('#model=linear&epochs=8&batch=64', {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
    reducedMotion: 'reduce',
  });
  await page.tap('#train');
  await waitState(page, 'finished');
  await drawn(page);
  await page.evaluate(() =>
    /** @type {HTMLElement} */ (document.getElementById('loss-chart')).scrollIntoView({ block: 'center' }),
  );
  const box = await plot(page, 'loss-chart'),
    [, end] = await seen(page, 'loss-chart'),
    devtools = await page.context().newCDPSession(page),
    middle = box.x + box.width / 2;
  const touch = (/** @type {'touchStart' | 'touchMove' | 'touchEnd'} */ type, /** @type {number} */ apart) =>
    devtools.send('Input.dispatchTouchEvent', {
      type,
      touchPoints:
        type === 'touchEnd' ? [] : [-1, 1].map((side, id) => ({ x: middle + (side * apart) / 2, y: box.y + 50, id })),
    });
  await touch('touchStart', 50);
  for (let apart = 60; apart <= 200; apart += 20) await touch('touchMove', apart);
  await touch('touchEnd', 0);
  await page.waitForFunction(
    (e) => {
      const [x, y] = /** @type {any} */ (document.getElementById('loss-chart')).chartData(),
        drawn = x.filter((/** @type {number} */ _, /** @type {number} */ i) => y[i] != null);
      return drawn.at(-1) - drawn[0] < e / 2;
    },
    end,
    WAIT,
  );
  const moving = await page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .filter((e) => {
        const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(e);
        return transitionDuration !== '0s' || animationName !== 'none' || scrollBehavior === 'smooth';
      })
      .map((e) => e.outerHTML.slice(0, 80)),
  );
  assert.deepEqual(moving, []);
  assert.deepEqual(complaints, []);
  await page.context().close();
});
