/**
 * page-lost.test.mjs - a run in the page survives a reload, a crash of the tab and trainers that are killed, to the
 * bit; where it cannot be kept, the page says so and training goes on. KILLS says how many trainers are lost.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kept } from '../../tools/figures/states.mjs';
import { chartData, drawn, skip, startSite, text, WAIT, waitPoints, waitState } from '../support/page.mjs';

const site = startSite();
const KILLS = Number(process.env.KILLS ?? 2);
/** Long enough for all of them, and for a reload. */
const EPOCHS = 100 + 50 * Math.max(2, KILLS);
const hash = (/** @type {number} */ epochs) =>
  `#model=mlp&epochs=${epochs}&batch=64&lr=0.05&optimizer=adam&schedule=one_cycle&seed=4`;
const LONG = { timeout: 1200 * EPOCHS };

/** @typedef {import('playwright-core').Page} Page */
/** The trainer, not one of its helpers. @param {Page} page */
const trainer = (page) => /** @type {any} */ (page.workers().findLast((w) => w.url().includes('/worker-')));
/** Returns the weights at the end of the run. @param {Page} page */
const digest = async (page) => {
  await page.waitForFunction(() => document.getElementById('state')?.dataset.state === 'finished', null, LONG);
  await page.waitForFunction(() => document.querySelector('#runs-table tbody tr'), null, WAIT);
  return page.locator('#runs-table tbody tr').first().getAttribute('title');
};
/** The page's own run, finished, without anything that disturbs it. @type {Map<number, string | null>} */
const digests = new Map();
const undisturbed = async (/** @type {number} */ epochs) => {
  if (!digests.has(epochs)) {
    const { page } = await site.ready(hash(epochs));
    await page.click('#train');
    digests.set(epochs, await digest(page));
    await page.context().close();
  }
  return digests.get(epochs);
};

/** The ways in which a trainer may end. @type {Record<string, (page: Page) => Promise<unknown>>} */
const ENDS = {
  exception: (page) =>
    trainer(page).evaluate(() => {
      setTimeout(() => {
        throw new Error('lost on purpose');
      });
    }),
  hang: (page) =>
    trainer(page).evaluate(() => {
      setTimeout(() => {
        for (;;);
      });
    }),
  close: (page) =>
    trainer(page)
      .evaluate(() => {
        self.close();
      })
      .catch(() => {}), // the worker ends before it answers
};

test(
  `${KILLS} trainers lost at random moments: noticed within 10 s, the charts keep their history, the same weights in the end`,
  { skip, timeout: 4500 * EPOCHS },
  async (t) => {
    const want = await undisturbed(EPOCHS);
    assert.match(String(want), /[0-9a-f]{16}/);
    const { page } = await site.ready(hash(EPOCHS));
    await page.click('#train');
    await waitState(page, 'training');
    let random = 7,
      longest = 0;
    for (let i = 0; i < KILLS; i++) {
      random = (random * 1103515245 + 12345) % 2 ** 31;
      await page.waitForTimeout(200 + (random % 2500));
      if (i === KILLS - 1) await kept(page);
      const lost = trainer(page),
        name = Object.keys(ENDS)[i % 3],
        since = Date.now();
      await ENDS[name](page);
      await page.waitForFunction(
        () => ['failed', 'starting', 'loading', 'idle'].includes(document.getElementById('state')?.dataset.state ?? ''),
        null,
        { timeout: 15_000, polling: 10 },
      );
      longest = Math.max(longest, Date.now() - since);
      await waitState(page, 'training');
      assert.notEqual(trainer(page), lost, 'another worker');
      await page.waitForSelector('#ways-out:not([hidden])', WAIT); // it says so a moment after it trains
      const from = (await text(page, 'ways-out')).match(/A new trainer has taken over, from step ([\d,]+)\./);
      assert.ok(from, await text(page, 'ways-out'));
      // 0: it was lost before it was kept, and has begun again.
      await drawn(page);
      const [x] = await chartData(page, 'loss-chart'),
        step = Number(from[1].replaceAll(',', ''));
      if (i === KILLS - 1) assert.ok(step > 0, 'the last one was kept');
      if (step)
        assert.ok(
          x.length > 10 && Number(x[0]) < 1 && Number(x.at(-1)) >= step / 313,
          `after ${name} the curve is there: ${x.length} points to ${x.at(-1)}, step ${step}`,
        );
    }
    t.diagnostic(`noticed after ${longest} ms at most`);
    assert.ok(longest <= 10_000, `${longest} ms`);
    assert.equal(await digest(page), want);
    const epochsShown = await page.locator('#epoch-table tbody tr').count();
    assert.ok(epochsShown > 0);
    await page.context().close();
  },
);

test(
  'reloaded, and crashed, in mid-run: it is offered to go on, with its curves, to the same weights',
  { skip, timeout: 300_000 },
  async () => {
    const want = await undisturbed(EPOCHS),
      { page } = await site.ready(hash(EPOCHS));
    await page.click('#train');
    await kept(page);
    await page.reload();
    await page.waitForSelector('#continue:not([hidden])', WAIT);
    assert.match(await text(page, 'continue'), /Continue the run of .* in epoch \d+\?/);
    await page.click('#continue button');
    await waitState(page, 'training');
    await waitPoints(page, 20, 'its curve from before');
    await page.waitForTimeout(500);
    const session = await page.context().newCDPSession(page),
      crashed = page.waitForEvent('crash');
    session.send('Page.crash').catch(() => {}); // the page crashes before it answers
    await crashed;
    const again = await page.context().newPage();
    await again.goto(`${site.origin}/`);
    await again.waitForSelector('#continue:not([hidden])', WAIT);
    await again.click('#continue button');
    assert.equal(await digest(again), want);
    await again.reload();
    await again.waitForFunction(() => 'ready' in document.documentElement.dataset, null, WAIT);
    await again.waitForTimeout(500);
    assert.ok(await again.locator('#continue').isHidden(), 'what has ended is not offered');
    await page.context().close();
  },
);

test('a trainer that never begins is replaced, and the page becomes ready', { skip, timeout: 120_000 }, async () => {
  const page = await (await site.browser.newContext()).newPage();
  let silent = 0;
  await page.route(/worker-\w+\.js/, (route) =>
    silent
      ? route.continue()
      : route
          .fulfill({
            contentType: 'text/javascript',
            body: '',
            headers: { 'cross-origin-embedder-policy': 'require-corp', 'cache-control': 'no-store' },
          })
          .then(() => silent++),
  );
  await page.goto(site.origin);
  await page.waitForFunction(
    () => !(/** @type {HTMLButtonElement} */ (document.getElementById('train')).disabled),
    null,
    WAIT,
  );
  assert.equal(silent, 1, 'the first one was given nothing to run');
  assert.match(await text(page, 'data-summary'), /20,000/);
  await page.click('#train');
  await waitState(page, 'finished');
  await page.context().close();
});

test(
  'storage that is full: a sentence, training goes on, and what was kept before stays',
  { skip, timeout: 120_000 },
  async () => {
    const { page } = await site.ready('#model=linear(2000) relu linear(classes)&epochs=3000&batch=64&lr=0.01');
    await page.click('#train');
    await kept(page);
    const session = await page.context().newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize: 1 });
    await page.waitForSelector('#unkept:not([hidden])', WAIT);
    assert.match(await text(page, 'unkept'), /storage is full.*Training goes on\./s);
    await waitState(page, 'training');
    await session.send('Storage.overrideQuotaForOrigin', { origin: site.origin });
    await page.waitForSelector('#unkept', { ...WAIT, state: 'hidden' });
    await page.reload();
    await page.waitForSelector('#continue:not([hidden])', WAIT);
    await page.context().close();
  },
);

test('storage that somebody clears while a run is kept: the run is kept anew', { skip, timeout: 120_000 }, async () => {
  const { page } = await site.ready('#model=linear&epochs=10000&batch=64');
  await page.click('#train');
  await kept(page);
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', { origin: site.origin, storageTypes: 'all' });
  await kept(page);
  assert.ok(await page.locator('#unkept').isHidden(), 'the page says that it is not kept');
  await page.reload();
  await page.waitForSelector('#continue:not([hidden])', WAIT);
  await page.context().close();
});

test(
  'a checkpoint that the trainer has no memory for: a sentence, and training goes on',
  { skip, timeout: 120_000 },
  async () => {
    const { page } = await site.ready('#model=mlp&epochs=3000&batch=64&lr=0.01');
    await page.evaluate(() => {
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (/** @type {any} */ message, /** @type {any} */ transfer) {
        // A message with bytes goes to the keeper, not to the trainer.
        if (message?.type !== 'save' || message.bytes) return postMessage.call(this, message, transfer);
        const data = {
          type: 'error',
          id: message.id,
          code: 'memory',
          message: 'not enough memory for a checkpoint (900 MB)',
        };
        queueMicrotask(() => this.dispatchEvent(new MessageEvent('message', { data })));
      };
    });
    await page.click('#train');
    await page.waitForSelector('#error:not([hidden])', WAIT);
    assert.equal(await text(page, 'error'), 'Not enough memory for a checkpoint (900 MB).');
    await waitState(page, 'training');
    await page.context().close();
  },
);

test(
  'a second tab: says that it is not kept, trains, and takes over when the first has gone',
  { skip, timeout: 120_000 },
  async () => {
    const { page } = await site.ready('#model=linear&epochs=10000&batch=64');
    await page.click('#train');
    await kept(page);
    const other = await page.context().newPage();
    await other.goto(`${site.origin}/#model=linear&epochs=10000&batch=64`);
    await other.waitForFunction(
      () =>
        !(/** @type {HTMLButtonElement} */ (document.getElementById('train')).disabled) &&
        'ready' in document.documentElement.dataset,
      null,
      WAIT,
    );
    await other.click('#train');
    await other.waitForSelector('#unkept:not([hidden])', WAIT);
    assert.match(await text(other, 'unkept'), /another tab of Inklearn keeps its own/);
    assert.ok(await other.locator('#continue').isHidden(), 'the run of the first is not offered');
    await waitState(other, 'training');
    await page.close();
    await other.waitForSelector('#unkept', { ...WAIT, state: 'hidden' });
    await other.context().close();
  },
);

for (const [name, spoil, says] of /** @type {[string, () => void, RegExp | null]} */ ([
  [
    'without a private file system: IndexedDB keeps it',
    () => {
      delete (/** @type {any} */ (globalThis).FileSystemSyncAccessHandle);
    },
    null,
  ],
  [
    'without any storage: a sentence, and a way to save',
    () => {
      delete (/** @type {any} */ (globalThis).FileSystemSyncAccessHandle);
      indexedDB.open = () => {
        throw new DOMException('denied', 'SecurityError');
      };
    },
    /stores nothing here.*Save network/s,
  ],
]))
  test(name, { skip, timeout: 120_000 }, async () => {
    const { page } = await site.ready('#model=linear&epochs=10000&batch=64');
    await page.route('**/keeper-*.js', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `(${spoil})();\n${await response.text()}` });
    });
    await page.reload();
    await page.waitForFunction(
      () =>
        !(/** @type {HTMLButtonElement} */ (document.getElementById('train')).disabled) &&
        'ready' in document.documentElement.dataset,
      null,
      WAIT,
    );
    await page.click('#train');
    if (says) {
      await page.waitForSelector('#unkept:not([hidden])', WAIT);
      assert.match(await text(page, 'unkept'), says);
      await waitState(page, 'training');
    } else {
      const holds = () =>
        page.evaluate(
          async () =>
            (await indexedDB.databases()).some(({ name }) => name === 'inklearn-kept') &&
            new Promise((resolve) => {
              const request = indexedDB.open('inklearn-kept', 1);
              request.onsuccess = () => {
                const get = request.result.transaction('slots').objectStore('slots').getAll();
                get.onsuccess = () => {
                  request.result.close();
                  resolve(get.result.some((b) => b.length > 1000));
                };
              };
            }),
        );
      for (let i = 0; i < 100 && !(await holds()); i++) await page.waitForTimeout(250);
      await page.reload();
      await page.waitForSelector('#continue:not([hidden])', WAIT);
    }
    await page.context().close();
  });
