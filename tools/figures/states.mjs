// @ts-check
/** states.mjs - brings the page into each of its states, for the screenshots and for the tests. */

/** @typedef {import('playwright-core').Page} Page */
const WAIT = { timeout: 60000 };

/** @param {Page} page @param {string} address */
async function ready(page, address) {
  await page.goto(address);
  await page.waitForFunction(
    () =>
      !(/** @type {HTMLButtonElement} */ (document.getElementById('train')).disabled) &&
      'ready' in document.documentElement.dataset,
    null,
    WAIT,
  );
}
/** @param {Page} page @param {string} state */
const reach = (page, state) =>
  page.waitForFunction((s) => document.getElementById('state')?.dataset.state === s, state, WAIT);

/** Draws a seven with the mouse. @param {Page} page */
export async function draw(page) {
  await page.locator('#pad').scrollIntoViewIfNeeded();
  const box = /** @type {{ x: number, y: number, width: number, height: number }} */ (
    await page.locator('#pad').boundingBox()
  );
  const at = (/** @type {number} */ x, /** @type {number} */ y) =>
    /** @type {const} */ ([box.x + x * box.width, box.y + y * box.height]);
  await page.mouse.move(...at(0.25, 0.2));
  await page.mouse.down();
  await page.mouse.move(...at(0.75, 0.2), { steps: 8 });
  await page.mouse.move(...at(0.42, 0.85), { steps: 12 });
  await page.mouse.up();
  await page.waitForTimeout(300);
  await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
}

/** Waits until the run has been stored: one of the two files of its slots has content. @param {Page} page */
export async function kept(page) {
  const size = () =>
    page.evaluate(async () => {
      const folder = await navigator.storage.getDirectory();
      let most = 0;
      for await (const file of /** @type {any} */ (folder).values()) most = Math.max(most, (await file.getFile()).size);
      return most;
    });
  for (let waited = 0; waited < WAIT.timeout && (await size()) < 1000; waited += 250) await page.waitForTimeout(250);
}

/** @type {Record<string, (page: Page, origin: string) => Promise<void>>} */
export const STATES = {
  ready: (page, origin) => ready(page, `${origin}/`),
  async training(page, origin) {
    await ready(page, `${origin}/#model=mlp&lr=0.05&batch=64&epochs=4000`);
    await page.click('#train');
    await page.waitForFunction(() => document.querySelectorAll('#epoch-table tbody tr').length > 3, null, WAIT);
    await draw(page);
    await page.waitForTimeout(1500);
  },
  async paused(page, origin) {
    await STATES.training(page, origin);
    await page.click('#train');
    await reach(page, 'paused');
  },
  async stopped(page, origin) {
    await STATES.training(page, origin);
    await page.click('#stop');
    await reach(page, 'stopped');
  },
  async finished(page, origin) {
    await ready(page, `${origin}/#model=mlp&lr=0.05&batch=64&epochs=8`);
    await page.click('#train');
    await reach(page, 'finished');
    await draw(page);
  },
  async diverged(page, origin) {
    await ready(page, `${origin}/#model=linear&epochs=2&lr=1000&weightDecay=1`);
    await page.click('#train');
    await reach(page, 'diverged');
  },
  async loading(page, origin) {
    // The data never arrives: nobody answers the requests for it.
    await page.route('**/data/digits-*', () => {});
    await page.goto(`${origin}/`);
    await reach(page, 'loading');
    await page.waitForFunction(() => 'ready' in document.documentElement.dataset, null, WAIT);
  },
  /** The data cannot be loaded: the host has no such files. */
  async empty(page, origin) {
    await page.route('**/data/digits-*', (route) => route.fulfill({ status: 404, body: '' }));
    await page.goto(`${origin}/`);
    await page.waitForSelector('#error:not([hidden])', WAIT);
    await page.waitForFunction(() => 'ready' in document.documentElement.dataset, null, WAIT);
    await reach(page, 'idle');
  },
  async found(page, origin) {
    await ready(page, `${origin}/#model=mlp&batch=64`);
    await page.click('#find', { force: true });
    await page.waitForSelector('#found button', { ...WAIT, state: 'attached' });
    await page
      .locator('#find-figure')
      .scrollIntoViewIfNeeded()
      .catch(() => {}); // a page that cannot scroll: its picture shows that
  },
  async memory(page, origin) {
    const body = 'sequence(conv(2000,3,pad=1) relu conv(2000,3,pad=1))';
    await ready(page, `${origin}/#model=${body} concatpool linear(classes)&batch=20000&epochs=1`);
    await page.click('#train');
    await page.waitForSelector('#ways-out:not([hidden])', WAIT);
  },
  /** The trainer fails, and no other can be started. */
  async lost(page, origin) {
    await STATES.training(page, origin);
    await page.route('**/worker-*.js*', (route) => route.abort());
    await /** @type {any} */ (page.workers().findLast((w) => w.url().includes('/worker-'))).evaluate(() => {
      setTimeout(() => {
        throw new Error('lost on purpose');
      });
    });
    await page.waitForSelector('#restart', WAIT);
  },
  async 'no-simd'(page, origin) {
    await page.route('**/worker-*.js', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `WebAssembly.validate = () => false;\n${await response.text()}` });
    });
    await page.goto(`${origin}/`);
    await page.waitForSelector('#error:not([hidden])', WAIT);
    await page.waitForFunction(() => 'ready' in document.documentElement.dataset, null, WAIT);
  },
  /** The host does not send the headers that threads need. */
  async 'no-threads'(page, origin) {
    await page.route(`${origin}/`, async (route) => {
      const response = await route.fetch(),
        { 'cross-origin-opener-policy': _, 'cross-origin-embedder-policy': __, ...headers } = response.headers();
      await route.fulfill({ response, headers });
    });
    await ready(page, `${origin}/`);
    await page.locator('#variant').scrollIntoViewIfNeeded();
  },
  async offline(page, origin) {
    await ready(page, `${origin}/`);
    await page.context().setOffline(true);
    await page.waitForSelector('#offline:not([hidden])', WAIT);
  },
  async continue(page, origin) {
    await ready(page, `${origin}/#model=mlp&lr=0.05&batch=64&epochs=4000`);
    await page.click('#train');
    await kept(page);
    await page.reload();
    await page.waitForSelector('#continue:not([hidden])', WAIT);
  },
  async tour(page, origin) {
    await ready(page, `${origin}/#model=linear&epochs=5&tour=1`);
    await page.click('#tour-run');
    await reach(page, 'finished');
    await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
  },
};
