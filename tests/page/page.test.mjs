/** page.test.mjs - the page as a person uses it, in a real browser. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { openPage } from '../../tools/site/browser.mjs';
import { digitPng } from '../support/files.mjs';
import { withoutSimd } from '../support/hindered.mjs';
import {
  chartData,
  confusionSum,
  drawn,
  drop,
  said,
  SITE,
  skip,
  skipAgain,
  startSite,
  text,
  WAIT,
  waitError,
  waitState,
} from '../support/page.mjs';

const site = startSite();

test('train, draw, drop, pause, resume, stop, reset; console clean, nothing leaves', { skip }, async () => {
  const { page, complaints, requests } = await site.ready('#model=mlp&epochs=200&lr=0.1&batch=64');
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  assert.match(await text(page, 'data-summary'), /20,000 pictures to learn from, 4,000 to be tested on, 10 classes/);

  await page.click('#train');
  await waitState(page, 'training');
  await page.waitForSelector('#epoch-table tbody tr', { ...WAIT, state: 'attached' });
  const loss = await chartData(page, 'loss-chart');
  const steps = loss[1].filter(Number.isFinite).length;
  assert.ok(steps > 50, `the loss chart has ${steps} points`);
  assert.ok(/** @type {number} */ (loss[1].find(Number.isFinite)) > 1.5, 'the first loss is near ln 10');
  assert.equal(await confusionSum(page), 4000, 'the confusion matrix counts every test picture');

  assert.match(await text(page, 'speed'), /^\d{1,3}(,\d{3})* pictures\/s$/);
  assert.match(await text(page, 'percent'), /^\d+%$/);

  // A digit drawn with the mouse, while it trains: a one.
  const pad = page.locator('#pad');
  await pad.scrollIntoViewIfNeeded();
  const box = /** @type {{ x: number, y: number, width: number, height: number }} */ (await pad.boundingBox());
  await page.mouse.move(box.x + box.width * 0.52, box.y + box.height * 0.15);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.48, box.y + box.height * 0.85, { steps: 12 });
  await page.mouse.up();
  await page.waitForFunction(
    () => /^\S+, [\d.]+% sure/.test(document.getElementById('answer')?.textContent ?? ''),
    null,
    WAIT,
  );
  assert.equal(await page.locator('#bars tr').count(), 10);
  const total = await page.evaluate(() =>
    [...document.querySelectorAll('#bars meter')].reduce((s, m) => s + /** @type {HTMLMeterElement} */ (m).value, 0),
  );
  assert.ok(Math.abs(total - 1) < 1e-5, `probabilities add up to ${total}`);

  await page.click('#train');
  await waitState(page, 'paused');
  await drawn(page);
  const paused = await said(page, /^Paused in epoch/);
  await page.waitForTimeout(300);
  assert.equal(await text(page, 'sentence'), paused, 'nothing moves while paused');
  await page.click('#train');
  await waitState(page, 'training');

  // A picture of a digit, dropped.
  const before = await page.evaluate(() =>
    /** @type {HTMLCanvasElement} */ (document.getElementById('seen')).toDataURL(),
  );
  await drop(page, [{ name: 'digit.png', bytes: digitPng(3) }]);
  await page.waitForFunction(
    (old) => /** @type {HTMLCanvasElement} */ (document.getElementById('seen')).toDataURL() !== old,
    before,
    WAIT,
  );

  await page.click('#stop');
  await waitState(page, 'stopped');
  await drawn(page);
  await page.waitForFunction(
    () => {
      const epochs = document.querySelector('#epoch-table tbody th')?.textContent;
      return document.querySelector('.confusion caption')?.textContent?.startsWith(`Exact, after epoch ${epochs}.`);
    },
    null,
    WAIT,
  );
  const rows = await page.locator('#epoch-table tbody tr').count();
  const accuracy = (await chartData(page, 'accuracy-chart'))[1].filter(Number.isFinite);
  assert.equal(accuracy.length, rows, 'a point on the accuracy chart for each epoch');
  assert.ok(Number(accuracy.at(-1)) > 0.8, `accuracy ${accuracy.at(-1)}`);
  await page.click('#reset');
  await waitState(page, 'idle');
  await page.waitForFunction(() => document.querySelectorAll('#epoch-table tbody tr').length === 0, null, WAIT);
  await page.click('#toasts button'); // undo: the run is there again, with its curves, and goes on
  await waitState(page, 'paused');
  await page.waitForFunction((n) => document.querySelectorAll('#epoch-table tbody tr').length === n, rows, WAIT);
  await page.click('#train');
  await waitState(page, 'training');
  await page.waitForFunction((n) => document.querySelectorAll('#epoch-table tbody tr').length > n, rows, WAIT);
  await page.click('#stop');

  assert.deepEqual(complaints, []);
  assert.deepEqual(
    requests.filter((url) => !url.startsWith(site.origin) && !/^(blob|data):/.test(url)),
    [],
  );
  await page.context().close();
});

test(
  "while it trains a sample of the matrix takes the exact one's place; stopped, the exact one is back",
  { skip: skipAgain },
  async () => {
    const { page } = await site.ready('#model=cnn&epochs=20&batch=64'),
      caption = (/** @type {string} */ start) =>
        page.waitForFunction(
          (s) => document.querySelector('.confusion caption')?.textContent?.startsWith(s),
          start,
          WAIT,
        );
    await page.click('#train');
    await page.waitForSelector('#epoch-table tbody tr', { ...WAIT, state: 'attached' });
    await caption('Live,');
    await page.click('#stop');
    await waitState(page, 'stopped');
    await caption('Exact, after epoch ');
    assert.equal(await confusionSum(page), 4000);
    await page.context().close();
  },
);

test('the same seed gives the same run, in two tabs', { skip }, async () => {
  const runs = [];
  for (let i = 0; i < 2; i++) {
    const { page } = await site.ready('#model=mlp&epochs=1&seed=7');
    await page.click('#train');
    await waitState(page, 'finished');
    await page.waitForSelector('#epoch-table tbody tr', { ...WAIT, state: 'attached' });
    runs.push((await page.locator('#epoch-table tbody td').allInnerTexts()).slice(0, 4));
    await page.context().close();
  }
  assert.deepEqual(runs[0], runs[1]);
});

test(
  'mistakes by cell and by loss; a rate is found; a network is saved, and goes on after loading',
  { skip },
  async () => {
    const { page, complaints } = await site.ready(
      '#model=conv(4,5) relu maxpool(4) linear(classes)&epochs=1&batch=64&lr=0.01&optimizer=adam',
    );
    assert.match(await text(page, 'model-summary'), /1,554 weights/); // 4 * 25 + 4 and 144 * 10 + 10
    await page.click('#find');
    await page.waitForSelector('#found button', WAIT);
    await page.click('#found button');
    const found = Number(await page.locator('#lr').inputValue());
    assert.ok(found > 1e-6 && found < 10, `the rate that was found: ${found}`);
    await page.fill('#lr', '0.01');
    await page.fill('#epochs', '5');

    await page.click('#train');
    await waitState(page, 'training');
    await page.click('#train'); // at once: the whole run takes two seconds
    await waitState(page, 'paused');
    await page.click('#export-open');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    const saved = readFileSync(await download.path());
    const header = JSON.parse(saved.subarray(8, 8 + Number(saved.readBigUInt64LE(0))).toString());
    assert.deepEqual(header['0.weight'].shape, [4, 1, 5, 5]);
    assert.deepEqual(
      Object.keys(header).filter((k) => !/^(__|optimizer)/.test(k)),
      ['0.weight', '0.bias', '4.weight', '4.bias'],
    );

    await page.click('#train');
    await waitState(page, 'finished');
    // Drawing follows the state within some frames. The numbers of the last epoch, its seconds left out.
    const showsLast = (/** @type {boolean} */ yes) =>
      page.waitForFunction(
        (y) => (document.querySelector('#epoch-table tbody th')?.textContent === '5') === y,
        yes,
        WAIT,
      );
    const lastEpoch = async () => {
      await showsLast(true);
      return (await page.locator('#epoch-table tbody td').allInnerTexts()).slice(0, 4);
    };
    const first = await lastEpoch();
    await page.waitForFunction(
      () => document.querySelector('.confusion caption')?.textContent?.startsWith('Exact, after epoch 5'),
      null,
      WAIT,
    );
    // The cell with the most mistakes, by mouse; the worst, by button.
    const cell = page.locator('.confusion tbody tr').nth(4).locator('td').nth(9);
    const count = Number(await cell.getAttribute('data-count'));
    await cell.click();
    await page.waitForFunction((n) => document.querySelectorAll('#mistakes figure').length === n, count, WAIT);
    await page.click('#pairs button');
    await page.waitForFunction(() => document.querySelectorAll('#mistakes figure').length === 24, null, WAIT);
    const losses = (await page.locator('#mistakes figure').allInnerTexts()).map((t) =>
      parseFloat(/** @type {string} */ (t.split('\n').at(-1))),
    );
    assert.ok(
      losses.every((l, i) => i === 0 || l <= losses[i - 1]),
      `losses fall: ${losses}`,
    );

    await page.setInputFiles('#restore', { name: 'run.safetensors', mimeType: '', buffer: saved });
    await waitState(page, 'paused');
    await showsLast(false);
    await page.click('#train');
    await waitState(page, 'finished');
    assert.deepEqual(await lastEpoch(), first, 'the loaded run ends as the first did');
    await page.setInputFiles('#restore', { name: 'bad.safetensors', mimeType: '', buffer: saved.subarray(0, 500) });
    assert.match(await waitError(page), /bad\.safetensors was not loaded/);
    await page.context().close();
    assert.deepEqual(complaints, []);
  },
);

test('without sight: state is announced, each epoch is not', { skip: skipAgain }, async () => {
  const { page } = await site.ready('#epochs=60&model=mlp');
  await page.evaluate(() => {
    const said = /** @type {any} */ (window.said = /** @type {(string | null)[]} */ ([]));
    const announcer = /** @type {HTMLElement} */ (document.getElementById('announcer'));
    new MutationObserver(() => said.push(announcer.textContent)).observe(announcer, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  await page.click('#train');
  await waitState(page, 'finished');
  await page.waitForFunction(() => /** @type {any} */ (window).said.at(-1)?.startsWith('Done: '), null, WAIT);
  const said = await page.evaluate(() => /** @type {any} */ (window).said);
  assert.ok(said.length < 30, `${said.length} announcements in 60 epochs`);
  assert.equal(
    await page.locator('[role=status], [role=alert], [aria-live]').count(),
    2,
    'one polite region, one for errors',
  );
  await page.context().close();
});

test('a failed load in the middle of a run leaves it training, and the network answers', { skip }, async () => {
  const { page } = await site.ready('#epochs=500&model=mlp');
  await page.click('#train');
  await page.waitForSelector('#epoch-table tbody tr', { ...WAIT, state: 'attached' });
  await drop(page, [{ name: 'x.tar', bytes: Buffer.from('nothing') }]);
  await waitError(page);
  assert.equal(await page.locator('#state').getAttribute('data-state'), 'training');
  await page.click('#pad-example');
  await page.waitForFunction(() => /% sure/.test(document.getElementById('answer')?.textContent ?? ''), null, WAIT);
  await page.context().close();
});

test('without WebAssembly SIMD, and opened from a file: one clear sentence', { skip }, async () => {
  const { page } = await openPage(site.browser);
  await withoutSimd('worker-*')(page);
  await page.goto(site.origin);
  assert.match(await waitError(page), /cannot run WebAssembly SIMD/);
  await page.goto(`file://${SITE}/index.html`);
  assert.match(await text(page, 'sentence'), /Opened as a file it cannot run/);
  await page.context().close();
});

test(
  'accessibility: axe finds nothing, light and dark, wide and narrow; nothing sticks out',
  { skip: skipAgain },
  async () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    for (const [width, height, colorScheme] of /** @type {[number, number, 'light' | 'dark'][]} */ ([
      [1440, 900, 'light'],
      [1440, 900, 'dark'],
      [390, 844, 'light'],
    ])) {
      // axe is put in as a script, which the page's own policy forbids.
      const { page } = await site.ready('#epochs=1', { viewport: { width, height }, colorScheme, bypassCSP: true });
      await page.click('#train');
      await waitState(page, 'finished');
      await page.click('#pad-example');
      await page.waitForSelector('#bars tr', WAIT);
      await page.evaluate(axe);
      const violations = await page.evaluate(async () =>
        (await /** @type {any} */ (window).axe.run()).violations.map(
          (v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`,
        ),
      );
      assert.deepEqual(violations, [], `${width} x ${height} ${colorScheme}`);
      // Also when the window shrinks under what has been drawn.
      for (const narrow of [width, 1024, 768, 320].filter((w) => w <= width)) {
        await page.setViewportSize({ width: narrow, height });
        await page
          .waitForFunction(
            () =>
              document.documentElement.scrollWidth <= innerWidth &&
              [...document.querySelectorAll('.charts, .card')].every(
                (c) => c.getBoundingClientRect().right <= innerWidth,
              ),
            null,
            { timeout: 5000 },
          )
          .catch(() => assert.fail(`at ${narrow} something sticks out`));
      }
      await page.context().close();
    }
  },
);
