/**
 * page-runs.test.mjs - runs are kept, laid over each other, compared, restored; links make them again; a crash loses
 * little.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openPage } from '../../tools/site/browser.mjs';
import { noPython, readDrawing } from '../support/drawings.mjs';
import { chartData, skip, startSite, text, WAIT, waitState } from '../support/page.mjs';

const site = startSite();

/** @param {import('playwright-core').Page} page */
async function train(page) {
  await page.click('#train');
  await waitState(page, 'finished');
}
/** @param {import('playwright-core').Page} page @param {number} n */
const waitRuns = (page, n) =>
  page.waitForFunction((count) => document.querySelectorAll('#runs-table tbody tr').length === count, n, WAIT);
/** @param {import('playwright-core').Page} page @param {number} n */
const waitLines = (page, n) =>
  page.waitForFunction(
    (count) => /** @type {any} */ (document.getElementById('loss-chart')).chartData().length === count,
    n,
    WAIT,
  );
/**
 * They are in the browser's storage, which comes after the table: a reload keeps them.
 * @param {import('playwright-core').Page} page
 * @param {number} n
 */
const waitKept = (page, n) =>
  page.waitForFunction(
    async (count) => {
      if (!(await indexedDB.databases()).some(({ name }) => name === 'inklearn')) return false;
      return new Promise((resolve) => {
        indexedDB.open('inklearn', 1).onsuccess = ({ target }) => {
          const base = /** @type {IDBOpenDBRequest} */ (target).result,
            asked = base.transaction('runs').objectStore('runs').count();
          asked.onsuccess = () => {
            base.close();
            resolve(asked.result === count);
          };
        };
      });
    },
    n,
    { ...WAIT, polling: 50 },
  );

test(
  'three runs, kept across visits: overlaid, compared, sorted, renamed, restored, deleted and brought back',
  { skip },
  async () => {
    const { page, complaints } = await site.ready('#model=linear&epochs=2&seed=1');
    for (const [lr, n] of [
      ['0.01', 1],
      ['0.1', 2],
      ['0.3', 3],
    ]) {
      await page.fill('#lr', String(lr));
      await train(page);
      await waitRuns(page, Number(n));
    }
    await waitKept(page, 3);
    await page.reload();
    await waitRuns(page, 3);
    const rates = () => page.locator('#runs-table tbody tr td:nth-child(5)').allInnerTexts();
    assert.deepEqual(await rates(), ['0.3', '0.1', '0.01'], 'the newest first');
    assert.equal(await page.locator('#runs-table tbody td:nth-child(5) b').count(), 3, 'what differs is bold');
    assert.equal(await page.locator('#runs-table tbody td:nth-child(6) b').count(), 0, 'what does not is not');
    await page.click('#runs-table [data-key=lr] button');
    await page.click('#runs-table [data-key=lr] button');
    assert.deepEqual(await rates(), ['0.01', '0.1', '0.3']);
    for (const i of [0, 1]) await page.locator('#runs-table tbody input[type=checkbox]').nth(i).check();
    await waitLines(page, 1 + 3 + 2);
    assert.equal((await chartData(page, 'accuracy-chart'))[2].filter(Number.isFinite).length, 2);
    const sums = await page
      .locator('#compare tbody tr')
      .evaluateAll((rows) =>
        rows.map((r) =>
          [...r.querySelectorAll('td')].reduce((s, c) => s + (Number(c.textContent?.replace('−', '-')) || 0), 0),
        ),
      );
    assert.deepEqual(sums, Array(10).fill(0), 'each row has as many pictures in both');
    await page.locator('#runs-table tbody tr').first().locator('th input').press('Control+a');
    await page.keyboard.type('slow'); // filled in by the driver, Firefox would not call it a change
    await page.keyboard.press('Tab');
    await page.locator('#runs-table tbody tr').first().getByText('Use settings').click();
    assert.equal(await page.locator('#lr').inputValue(), '0.01');
    await page.locator('#runs-table tbody tr').nth(2).getByText('Delete').click();
    await waitRuns(page, 2);
    await waitKept(page, 2);
    await page.click('#toasts [data-undo]');
    await waitRuns(page, 3);
    await waitKept(page, 3);
    await page.reload();
    await waitRuns(page, 3);
    assert.ok(
      (
        await page
          .locator('#runs-table th input')
          .evaluateAll((all) => all.map((i) => /** @type {HTMLInputElement} */ (i).value))
      ).includes('slow'),
    );
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);

test('all runs as one file, taken to another browser; what is none is refused and counted', { skip }, async () => {
  const { page, complaints } = await site.ready('#model=linear&epochs=1&seed=1');
  for (const seed of ['1', '2']) {
    await page.locator('#seed').evaluate((field, value) => {
      /** @type {HTMLInputElement} */ (field).value = value;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }, seed);
    await train(page);
    await waitRuns(page, Number(seed));
  }
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('#runs-export')]);
  const bytes = readFileSync(await file.path()),
    rows = () =>
      page
        .locator('#runs-table tbody tr')
        .evaluateAll((all) =>
          all.map((r) => /** @type {HTMLElement} */ (r).innerText.replaceAll(/\s+/g, ' ') + r.getAttribute('title')),
        );
  const other = await site.ready('#model=linear&epochs=1');
  const open = (/** @type {string} */ content) =>
    other.page.setInputFiles('#runs-import', {
      name: 'runs.json',
      mimeType: 'application/json',
      buffer: Buffer.from(content),
    });
  const said = (/** @type {string} */ pattern) =>
    other.page.waitForFunction(
      (p) => new RegExp(p).test(document.getElementById('toasts')?.textContent ?? ''),
      pattern,
      WAIT,
    );
  const whole = JSON.parse(bytes.toString());
  await open('{"runs": 5');
  await said('^0 runs came in\\. 1 could not be read');
  await open(
    JSON.stringify({ ...whole, runs: [{ ...whole.runs[0], epochs: [{ accuracy: '<b>' }] }, whole.runs[1], null] }),
  );
  await said('^1 run came in\\. 2 could not');
  await open(bytes.toString());
  await said('^1 run came in\\.$');
  await waitKept(other.page, 2);
  await other.page.reload();
  await waitRuns(other.page, 2);
  const there = await other.page
    .locator('#runs-table tbody tr')
    .evaluateAll((all) =>
      all.map((r) => /** @type {HTMLElement} */ (r).innerText.replaceAll(/\s+/g, ' ') + r.getAttribute('title')),
    );
  assert.deepEqual(there, await rows());
  await other.page.locator('#runs-table tbody input[type=checkbox]').first().check();
  await waitLines(other.page, 1 + 3 + 1);
  assert.deepEqual([...complaints, ...other.complaints], []);
  for (const p of [page, other.page]) await p.context().close();
});

test(
  'Reset keeps the start: the same curve again; a new seed is another; storage that is full is said',
  { skip },
  async () => {
    const { page } = await site.ready('#model=linear&epochs=1&batch=64&seed=9');
    const curve = async () => {
      await train(page);
      await page.waitForFunction(
        () => /** @type {any} */ (document.getElementById('accuracy-chart')).chartData()[0].length === 1,
        null,
        WAIT,
      );
      return (await chartData(page, 'loss-chart'))[1];
    };
    const first = await curve();
    await page.click('#reset');
    await page.waitForFunction(
      () => /** @type {any} */ (document.getElementById('loss-chart')).chartData()[0].length === 0,
      null,
      WAIT,
    );
    assert.deepEqual(await curve(), first);
    await page.click('#settings .more:has(#seed) > summary');
    await page.click('#new-seed');
    assert.notEqual(await page.locator('#seed').inputValue(), '9');
    assert.ok(page.url().includes(`seed=${await page.locator('#seed').inputValue()}`));
    assert.notDeepEqual(await curve(), first);
    await page.evaluate(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException('full', 'QuotaExceededError');
      };
    });
    await train(page);
    await page.waitForFunction(
      () => /storage is full/.test(document.getElementById('runs-note')?.textContent ?? ''),
      null,
      WAIT,
    );
    await page.context().close();
  },
);

test('a link makes the run again, to the bit; one of another build says so', { skip }, async () => {
  const { page, complaints } = await site.ready('#model=mlp&epochs=1&batch=100&lr=0.2&seed=77&optimizer=adam');
  await train(page);
  await waitRuns(page, 1);
  const digest = await page.locator('#runs-table tbody tr').getAttribute('title');
  assert.match(String(digest), /[0-9a-f]{16}$/);
  await page.click('#share');
  const address = page.url();
  assert.match(address, /seed=77.*build=[0-9a-f]{12}$/);
  const other = await site.ready(address.slice(address.indexOf('#')));
  await train(other.page);
  await waitRuns(other.page, 1);
  assert.equal(await other.page.locator('#runs-table tbody tr').getAttribute('title'), digest);
  const old = await site.ready('#model=linear&build=0123456789ab');
  assert.match(await text(old.page, 'ways-out'), /build 0123456789ab/);
  for (const { page: p } of [other, old]) await p.context().close();
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('exports: CSV, JSON, pictures, drawings', { skip }, async () => {
  const { page, complaints } = await site.ready('#model=linear&epochs=2&seed=3');
  await train(page);
  await page.click('#export-open');
  const save = async (/** @type {string} */ id) => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.click(`#export-${id}`)]);
    return readFileSync(await file.path());
  };
  const csv = (await save('csv')).toString().trim().split('\n');
  assert.equal(csv[0], 'epoch,train_loss,valid_loss,accuracy,time');
  assert.deepEqual(
    csv.slice(1).map((line) => line.split(',')[0]),
    ['0', '1'],
  );
  const json = JSON.parse((await save('json')).toString());
  assert.equal(json.settings.seed, 3);
  assert.equal(json.epochs.length, 2);
  assert.equal(
    json.confusion.reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b),
    4000,
  );
  assert.ok(Math.abs(json.epochs[1].accuracy - Number(csv[2].split(',')[3])) < 1e-12);
  for (const id of ['loss-png', 'accuracy-png', 'matrix-png', 'sheet'])
    assert.equal((await save(id)).subarray(1, 4).toString(), 'PNG', id);
  for (const id of ['loss-svg', 'accuracy-svg', 'matrix-svg']) {
    const svg = (await save(id)).toString();
    const drawn = await page.evaluate(
      (s) =>
        new Promise((resolve) => {
          const image = new Image();
          image.onload = () => resolve(image.naturalWidth);
          image.onerror = () => resolve(0);
          image.src = URL.createObjectURL(new Blob([s], { type: 'image/svg+xml' }));
        }),
      svg,
    );
    assert.ok(Number(drawn) > 100, `${id} is a drawing`);
    if (noPython) continue;
    const read = readDrawing(svg),
      texts = read.tagged('text').map((e) => e.text);
    if (id === 'matrix-svg')
      assert.deepEqual(texts.slice(-json.confusion.filter(Boolean).length).map(Number), json.confusion.filter(Boolean));
    else {
      // A line's points are those that the chart shows.
      const [, ...shown] = await chartData(page, id.replace('svg', 'chart')),
        lines = read.tagged('path').filter((e) => e.children.length > 0);
      assert.deepEqual(
        lines.map((line) => line.attributes.d.split(/[ML]/).length - 1),
        shown.map((column) => column.filter(Number.isFinite).length),
        id,
      );
      for (const line of lines) assert.ok(texts.includes(line.children[0].text), 'the legend names it');
      assert.ok(texts.includes('Epoch'));
    }
  }
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('a link whose page has not come in full: the run has all that the link names, to the bit', { skip }, async () => {
  const hash = '#model=mlp&epochs=2&batch=100&lr=0.2&seed=77&changes=40:0.05,120:freeze,200:melt';
  const digestOf = async (/** @type {import('playwright-core').Page} */ page) => {
    await waitRuns(page, 1);
    return page.locator('#runs-table tbody tr').getAttribute('title');
  };
  const { page } = await site.ready(hash);
  await train(page);
  const digest = await digestOf(page);
  assert.match(String(digest), /[0-9a-f]{16}$/);
  await page.context().close();

  const held = await openPage(site.browser);
  /** @type {(() => void)[]} */
  const waiting = [];
  let holds = true;
  // Every script but the first and the trainer's.
  await held.page.route(/\/(?!main-|worker-|helper-)[\w-]+\.js$/, async (route) => {
    if (holds) await new Promise((/** @type {(_: void) => void} */ go) => waiting.push(go));
    await route.continue();
  });
  await held.page.goto(`${site.origin}/${hash}`);
  await held.page.waitForFunction(
    () => !(/** @type {HTMLButtonElement} */ (document.getElementById('train')).disabled),
    null,
    WAIT,
  );
  await held.page.click('#train');
  await waitState(held.page, 'finished');
  assert.ok(waiting.length > 0, 'the later scripts are held back');
  holds = false;
  for (const go of waiting) go();
  await held.page.waitForFunction(() => 'ready' in document.documentElement.dataset, null, WAIT);
  assert.equal(await held.page.locator('#plan-text').count(), 1);
  assert.equal(await digestOf(held.page), digest, 'the run that ended before the table of runs was there is kept');
  assert.deepEqual(held.complaints, []);
  await held.page.context().close();
});

test('a link keeps the arithmetic of its run; what cannot be read in a link is named', { skip }, async () => {
  const { page } = await site.ready('#model=linear&epochs=1&batch=100&seed=3&arithmetic=deterministic');
  await train(page);
  await waitRuns(page, 1);
  const digest = await page.locator('#runs-table tbody tr').getAttribute('title');
  await page.click('#share');
  const hash = page.url().slice(page.url().indexOf('#'));
  const other = await site.ready(hash);
  assert.doesNotMatch(await text(other.page, 'variant'), /relaxed/);
  await train(other.page);
  await waitRuns(other.page, 1);
  assert.equal(await other.page.locator('#runs-table tbody tr').getAttribute('title'), digest);
  const note = (/** @type {RegExp} */ pattern) =>
    other.page.waitForFunction(
      (p) =>
        new RegExp(p).test(
          /** @type {HTMLElement} */ (document.querySelector('#ways-out:not([hidden])') ?? document.head).innerText,
        ),
      pattern.source,
      WAIT,
    );
  await other.page.evaluate(() => {
    location.hash = '#model=linear&epochs=1';
  });
  await note(/asks for the other arithmetic/);
  await other.page.evaluate(() => {
    location.hash = '#model=linear&arithmetic=deterministic&optimizer=magic&changes=5:0.1,6:slower';
  });
  await note(/left out: optimizer, changes\./);
  await other.page.evaluate(() => {
    location.hash = '#model=linear&arithmetic=deterministic';
  });
  await other.page.waitForSelector('#ways-out', { ...WAIT, state: 'hidden' });
  for (const p of [page, other.page]) await p.context().close();
});
