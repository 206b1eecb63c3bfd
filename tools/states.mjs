// @ts-check
/** states.mjs - how each state of the page is reached, for the screenshots and for the tests. */

/** @typedef {import('playwright-core').Page} Page */
const WAIT = { timeout: 60000 };

/** @param {Page} page @param {string} address */
async function ready(page, address) {
  await page.goto(address);
  await page.waitForFunction(() => !(/** @type {HTMLButtonElement} */ (document.getElementById('train')).disabled) && 'ready' in document.documentElement.dataset, null, WAIT);
}
/** @param {Page} page @param {string} state */
const reach = (page, state) => page.waitForFunction((s) => document.getElementById('state')?.dataset.state === s, state, WAIT);

/** A seven, drawn with the mouse. @param {Page} page */
export async function draw(page) {
  await page.locator('#pad').scrollIntoViewIfNeeded();
  const box = /** @type {{ x: number, y: number, width: number, height: number }} */ (await page.locator('#pad').boundingBox());
  const at = (/** @type {number} */ x, /** @type {number} */ y) => /** @type {const} */ ([box.x + x * box.width, box.y + y * box.height]);
  await page.mouse.move(...at(0.25, 0.2));
  await page.mouse.down();
  await page.mouse.move(...at(0.75, 0.2), { steps: 8 });
  await page.mouse.move(...at(0.42, 0.85), { steps: 12 });
  await page.mouse.up();
  await page.waitForTimeout(300);
  await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
}

/** @type {Record<string, (page: Page, origin: string) => Promise<void>>} */
export const STATES = {
  ready: (page, origin) => ready(page, `${origin}/`),
  async training(page, origin) {
    await ready(page, `${origin}/#model=mlp&lr=0.05&batch=64&epochs=40`);
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
};
