/** page-notebook.test.mjs - what the notebook does, on the page: augment, find a rate, look at batches and mistakes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chartData, skip, startSite, text, WAIT, waitState } from '../support/page.mjs';

const site = startSite();

test('augmentation: eight pictures before and after, and what mirroring does to digits', { skip }, async () => {
  const { page, complaints } = await site.ready('#model=linear');
  assert.equal(await page.locator('#preview').isVisible(), false);
  const pictures = () =>
    page
      .locator('#preview canvas')
      .evaluateAll((all) => all.map((c) => /** @type {HTMLCanvasElement} */ (c).toDataURL()));
  await page.selectOption('#augment', 'fastai');
  await page.waitForFunction(() => document.querySelectorAll('#preview canvas').length === 16, null, WAIT);
  const mirrored = await pictures();
  assert.equal(new Set(mirrored).size, 16, 'eight different pictures, each twice');
  assert.match(await text(page, 'flip-note'), /mirroring hurts/);
  await page.click('#no-flip');
  assert.equal(await page.locator('#augment').inputValue(), 'fastai_no_flip');
  assert.equal(await page.locator('#flip-note').isVisible(), false);
  await page.waitForFunction(
    (old) =>
      /** @type {HTMLCanvasElement[]} */ ([...document.querySelectorAll('#preview canvas')]).some(
        (c, i) => c.toDataURL() !== old[i],
      ),
    mirrored,
    WAIT,
  );
  const turned = await pictures();
  assert.deepEqual(turned.slice(0, 8), mirrored.slice(0, 8), 'the same before');
  assert.ok(
    turned.slice(8).some((p, i) => p !== mirrored[8 + i]),
    'others after',
  );
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test(
  'the learning-rate finder draws its curve, the same each time; a suggestion is taken with the keyboard',
  { skip },
  async () => {
    const { page, complaints } = await site.ready('#model=mlp&batch=64');
    const sweep = async () => {
      await page.evaluate(() => document.getElementById('found')?.replaceChildren()); // not those of the sweep before
      await page.click('#find');
      await page.waitForSelector('#found button', WAIT);
      return chartData(page, 'find-chart');
    };
    const first = await sweep();
    assert.ok(first[0].length > 40, `${first[0].length} points`);
    assert.ok(Math.abs(Number(first[0][0]) / 1e-7 - 1) < 1e-9);
    assert.equal(
      first[2].filter((v) => v != null).length,
      new Set((await page.locator('#found button').allInnerTexts()).map((t) => t.split(' ').at(-1))).size,
    );
    assert.deepEqual(await sweep(), first);
    assert.equal(await page.locator('#find-figure details').count(), 1);
    assert.ok((await page.locator('#find-figure tbody tr').count()) >= 20, 'the curve in numbers');
    // A click on the curve takes the rate there.
    const box = /** @type {{ x: number, y: number, width: number, height: number }} */ (
      await page.locator('#find-chart .u-over').boundingBox()
    );
    await page.mouse.click(box.x + (box.width * 5) / 8, box.y + box.height / 2);
    const clicked = Number(await page.locator('#lr').inputValue());
    assert.ok(
      clicked > 5e-3 && clicked < 2e-2,
      `in the middle of the decades from 1e-7 to 10 and a little on: ${clicked}`,
    );
    await page.focus('#found button');
    const rate = Number((await page.locator('#found button').first().innerText()).split(' ').at(-1));
    await page.keyboard.press('Enter');
    assert.equal(Number(await page.locator('#lr').inputValue()), rate);
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);

test('a range of rates is taken; a batch is shown; the shapes follow the model line', { skip }, async () => {
  const { page, complaints } = await site.ready(
    '#model=conv(4,5) relu split maxpool(4) linear(classes)&epochs=1&batch=128&optimizer=adam&lr=0.001',
  );
  await page.fill('#lr', '1e-4:');
  assert.match(await page.locator('#lr-problem').innerText(), /above 0/);
  await page.fill('#lr', '1e-4:1e-2');
  assert.equal(await page.locator('#lr-problem').isVisible(), false);
  await page.click('#show-batch');
  await page.waitForFunction(() => document.querySelectorAll('#mosaic [role=listitem]').length === 40, null, WAIT);
  const shapes = () => page.locator('#layers tbody td:nth-child(2)').allTextContents();
  await page.waitForFunction(() => document.querySelectorAll('#layers tbody tr').length > 3, null, WAIT);
  assert.deepEqual((await shapes()).slice(0, 3), ['4 × 24 × 24', '4 × 24 × 24', '4 × 6 × 6']);
  await page.fill('#line', 'conv(4,7) relu split maxpool(2) linear(classes)');
  await page.waitForFunction(
    () => document.querySelector('#layers tbody td:nth-child(2)')?.textContent === '4 × 22 × 22',
    null,
    WAIT,
  );
  assert.match(await text(page, 'model-summary'), /weights, [\d,]+ multiply-adds a picture, [\d.]+ MB/);
  await page.click('#train');
  await waitState(page, 'finished');
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('the matrix without a mouse: arrows, Enter; each picture with loss and probability', { skip }, async () => {
  const { page } = await site.ready('#model=linear&epochs=1');
  await page.click('#train');
  await waitState(page, 'finished');
  await page.waitForSelector('.confusion tbody tr:nth-child(10)', WAIT);
  await page.focus('.confusion td[tabindex="0"]');
  for (const key of ['ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp', 'ArrowUp'])
    await page.keyboard.press(key);
  assert.equal(
    await page.evaluate(() => document.activeElement?.getAttribute('aria-label')?.split(':')[0]),
    'is 0, taken for 0',
  );
  const right = Number(await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).dataset.count));
  await page.keyboard.press('Enter');
  await page.waitForFunction(
    (n) => document.querySelectorAll('#mistakes figure').length === Math.min(200, n),
    right,
    WAIT,
  );
  await page.waitForFunction(() => document.activeElement?.id === 'mistakes', null, WAIT);
  await page.keyboard.press('Escape');
  assert.equal(
    await page.evaluate(() => document.activeElement?.getAttribute('aria-label')?.split(':')[0]),
    'is 0, taken for 0',
  );
  assert.match(await page.locator('#mistakes figure').first().innerText(), /0 → 0\s+\d+\.\d\d, \d+\.\d%/);
  await page.context().close();
});

test(
  'a run that diverges: the last good weights are offered as a checkpoint, and a smaller rate',
  { skip },
  async () => {
    const { page, complaints } = await site.ready('#model=linear&epochs=1&lr=1000&weightDecay=1');
    await page.click('#train');
    await waitState(page, 'diverged');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save-good')]);
    const saved = readFileSync(await download.path()),
      end = 8 + Number(saved.readBigUInt64LE(0));
    const header = JSON.parse(saved.subarray(8, end).toString());
    const [from, to] = header.weight.data_offsets;
    const weights = new Float32Array(saved.buffer.slice(saved.byteOffset + end + from, saved.byteOffset + end + to));
    assert.ok(weights.length === 7840 && weights.every(Number.isFinite), 'all weights are numbers');
    await page.click('#smaller-rate');
    assert.equal(await page.locator('#lr').inputValue(), '100');
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);
