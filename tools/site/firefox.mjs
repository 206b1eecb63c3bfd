// @ts-check
/**
 * firefox.mjs - drives Debian's Firefox through Puppeteer, over WebDriver BiDi: no other driver has to be installed.
 * Tests of the page are written against Playwright's interface, which drives Chromium; `launchFirefox` gives them the
 * part of this interface that they use, so that the same tests run in both browsers.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

/** Milliseconds that an action waits for its element, and between two looks. */
const PATIENCE_MS = 30_000,
  LOOK_MS = 40;

/**
 * @param {string | undefined} executablePath
 * @param {import('puppeteer-core').LaunchOptions} [options]
 */
export const startFirefox = (executablePath, options) =>
  puppeteer.launch({
    browser: 'firefox',
    executablePath,
    defaultViewport: null,
    protocolTimeout: 600_000,
    ...options,
    extraPrefsFirefox: {
      // Puppeteer's profile lets pages read files beside them; a person's Firefox does not.
      'security.fileuri.strict_origin_policy': true,
      ...options?.extraPrefsFirefox,
    },
  });

/**
 * @param {string | undefined} executablePath
 * @returns {Promise<import('playwright-core').Browser>} the part that tests use
 */
export async function launchFirefox(executablePath) {
  const browser = await startFirefox(executablePath),
    version = (await browser.version()).replace('firefox/', ''),
    folder = mkdtempSync(join(tmpdir(), 'inklearn-firefox-'));
  let contexts = 0;
  return /** @type {any} */ ({
    version: () => version,
    newContext: (/** @type {any} */ options) => newContext(browser, join(folder, String(contexts++)), options),
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

/**
 * @param {import('puppeteer-core').Browser} browser
 * @param {string} folder  for its downloads and uploads
 * @param {{ viewport?: { width: number, height: number }, serviceWorkers?: 'allow' | 'block' }} [options]
 */
async function newContext(browser, folder, { viewport = { width: 1280, height: 720 }, serviceWorkers = 'allow' } = {}) {
  mkdirSync(join(folder, 'downloads'), { recursive: true });
  mkdirSync(join(folder, 'uploads'));
  const context = await browser.createBrowserContext({
    downloadBehavior: { policy: 'allow', downloadPath: join(folder, 'downloads') },
  });
  /** @type {((request: import('puppeteer-core').HTTPRequest) => void)[]} */
  const listeners = [];
  const own = {
    on: (/** @type {'request'} */ _, /** @type {(request: any) => void} */ listener) => listeners.push(listener),
    close: () => context.close(),
    async newPage() {
      const page = await context.newPage();
      await page.setViewport(viewport);
      if (serviceWorkers === 'block')
        await page.evaluateOnNewDocument(() => {
          if (navigator.serviceWorker) navigator.serviceWorker.register = async () => /** @type {any} */ (undefined);
        });
      page.on('request', (request) => listeners.forEach((listener) => listener(request)));
      return new Page(page, own, folder);
    },
  };
  return own;
}

/**
 * One condition for a locator's elements.
 * @typedef {{ css: string, pattern?: string } | { nth: number } | { text: string }} Step
 */

/** Runs in the page: the elements of a locator. @param {Step[]} steps @returns {HTMLElement[]} */
function findAll(steps) {
  const has = (/** @type {any} */ element, /** @type {string} */ text) =>
    element.textContent.toLowerCase().includes(text.toLowerCase());
  /** @type {any[]} */
  let found = [document];
  for (const step of steps)
    if ('nth' in step) found = found.slice(step.nth, step.nth + 1);
    else if ('text' in step)
      found = found
        .flatMap((parent) => [...parent.querySelectorAll('*')])
        .filter((element) => has(element, step.text) && ![...element.children].some((child) => has(child, step.text)));
    else
      found = found
        .flatMap((parent) => [...parent.querySelectorAll(step.css)])
        .filter((element) => !step.pattern || new RegExp(step.pattern).test(element.textContent));
  return found;
}

/** Runs in the page. @param {HTMLElement | undefined} element */
function isShown(element) {
  if (!element) return false;
  const { width, height } = element.getBoundingClientRect();
  return width > 0 && height > 0 && getComputedStyle(element).visibility === 'visible';
}

/**
 * Runs in the page: where to click, once the element stands still, is enabled and is not covered.
 * @param {HTMLElement} element
 */
async function placeOf(element) {
  element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await frame();
  const before = element.getBoundingClientRect();
  await frame();
  const { x, y, width, height } = element.getBoundingClientRect(),
    place = { x: x + width / 2, y: y + height / 2 },
    hit = document.elementFromPoint(place.x, place.y);
  const still = before.x === x && before.y === y && width > 0 && height > 0;
  return still && !element.matches(':disabled') && (element.contains(hit) || hit?.closest('label')?.control === element)
    ? place
    : null;
}

/** A promise's value, or undefined while the page is between two documents. @template T @param {Promise<T>} work */
const unlessGone = (work) =>
  work.catch((error) => {
    if (/destroyed|detached|discarded|no such frame|navigat|not found/i.test(error.message)) return undefined;
    throw error;
  });

/**
 * Looks until there is something.
 * @template T
 * @param {() => Promise<T>} look
 * @param {string} what
 * @param {number} [timeout]
 */
async function wait(look, what, timeout = PATIENCE_MS) {
  const end = Date.now() + timeout;
  for (;;) {
    const found = await unlessGone(look());
    if (found) return found;
    assert.ok(Date.now() < end, `Timeout of ${timeout} ms exceeded: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** The elements that a list of steps finds, as Playwright's Locator. */
class Locator {
  /** @param {Page} page @param {Step[]} steps */
  constructor(page, steps) {
    this.page = page;
    this.steps = steps;
  }

  toString = () => JSON.stringify(this.steps);
  /** @param {string} css @param {{ hasText?: RegExp }} [options] */
  locator = (css, { hasText } = {}) => new Locator(this.page, [...this.steps, { css, pattern: hasText?.source }]);
  /** @param {number} nth */
  nth = (nth) => new Locator(this.page, [...this.steps, { nth }]);
  first = () => this.nth(0);
  /** @param {string} text */
  getByText = (text) => new Locator(this.page, [...this.steps, { text }]);

  /** @param {(elements: any, given: any) => any} work @param {any} [given] */
  async evaluateAll(work, given) {
    const elements = await this.page.own.evaluateHandle(findAll, this.steps);
    return this.page.own.evaluate(work, elements, given);
  }
  async count() {
    return (await this.page.own.evaluate(findAll, this.steps)).length;
  }
  allInnerTexts = () => this.evaluateAll((all) => all.map((/** @type {HTMLElement} */ element) => element.innerText));
  isVisible = async () => this.page.own.evaluate(isShown, (await this.element(false)) ?? undefined);

  /**
   * The first element; waits for it, unless `patient` is false.
   * @returns {Promise<any>}
   */
  async element(patient = true) {
    const look = async () => (await this.first().evaluateHandle()).asElement();
    return patient ? wait(look, `an element for ${this}`) : look();
  }
  evaluateHandle = async () => {
    const elements = await this.page.own.evaluateHandle(findAll, this.steps);
    return this.page.own.evaluateHandle((all) => all[0], elements);
  };
  /** @param {(element: any, given: any) => any} work @param {any} [given] */
  evaluate = async (work, given) => this.page.own.evaluate(work, await this.element(), given);
  innerText = () => this.evaluate((element) => element.innerText);
  inputValue = () => this.evaluate((element) => element.value);
  /** @param {string} name */
  getAttribute = (name) => this.evaluate((element, of) => element.getAttribute(of), name);
  scrollIntoViewIfNeeded = () =>
    this.evaluate((element) => element.scrollIntoView({ block: 'nearest', behavior: 'instant' }));
  boundingBox = async () => (await this.element()).boundingBox();

  /** @param {{ force?: boolean }} [options] */
  async click({ force = false } = {}) {
    if (force) return this.evaluate((element) => element.click());
    const { x, y } = /** @type {{ x: number, y: number }} */ (
      await wait(() => this.evaluate(placeOf), `${this} can be clicked`)
    );
    return this.page.own.mouse.click(x, y);
  }
  async check() {
    if (!(await this.evaluate((element) => element.checked))) await this.click();
    assert.ok(await this.evaluate((element) => element.checked), `${this} is checked`);
  }
  /** @param {string} value */
  fill = (value) =>
    this.evaluate((element, text) => {
      element.focus();
      element.value = text;
      element.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }, value);
  /** @param {string} keys  like Control+a */
  async press(keys) {
    await this.evaluate((element) => element.focus());
    await this.page.keyboard.press(keys);
  }
}

/**
 * A pattern of Playwright's: `**` stands for anything, `*` for anything without a slash.
 * @param {string | RegExp} pattern
 */
const expressionOf = (pattern) =>
  pattern instanceof RegExp
    ? pattern
    : new RegExp(
        `^${pattern.replace(/[.?+^$()[\]\\]/g, '\\$&').replace(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'))}$`,
      );

/** An intercepted request, as Playwright's Route. @param {import('puppeteer-core').HTTPRequest} request */
const routeOf = (request) => ({
  continue: () => request.continue(),
  abort: () => request.abort(),
  async fetch() {
    const response = await fetch(request.url(), { headers: { ...request.headers(), 'accept-encoding': 'identity' } }),
      body = Buffer.from(await response.arrayBuffer());
    return {
      status: () => response.status,
      headers: () => Object.fromEntries(response.headers),
      body: async () => body,
      text: async () => body.toString(),
    };
  },
  /**
   * @param {{ response?: any, status?: number, headers?: Record<string, string>, body?: string | Buffer, contentType?:
   *   string }} answer
   */
  fulfill({ response, status, headers, body, contentType }) {
    const { 'content-length': _, ...sent } = headers ?? response?.headers() ?? {};
    return request.respond({
      status: status ?? response?.status() ?? 200,
      headers: sent,
      body: body ?? '',
      contentType,
    });
  },
});

/** A tab, as Playwright's Page. */
class Page {
  /** @type {{ pattern: RegExp, handler: (route: any) => unknown }[]} */
  #routes = [];

  /** @param {import('puppeteer-core').Page} own @param {any} context @param {string} folder */
  constructor(own, context, folder) {
    this.own = own;
    this.folder = folder;
    this.context = () => context;
    this.mouse = own.mouse;
    this.keyboard = {
      type: (/** @type {string} */ text) => own.keyboard.type(text),
      /** @param {string} keys  like Control+a */
      async press(keys) {
        const held = /** @type {any[]} */ (keys.split('+')),
          last = held.pop();
        for (const key of held) await own.keyboard.down(key);
        await own.keyboard.press(last);
        for (const key of held.reverse()) await own.keyboard.up(key);
      },
    };
  }

  /** @param {'console' | 'pageerror'} event @param {(what: any) => void} listener */
  on(event, listener) {
    if (event === 'pageerror') this.own.on('pageerror', (error) => listener(error));
    else
      this.own.on('console', (message) =>
        listener({
          type: () => (message.type() === 'warn' ? 'warning' : message.type()),
          text: () => message.text(),
        }),
      );
  }

  url = () => this.own.url();
  goto = (/** @type {string} */ url) => this.own.goto(url);
  reload = () => this.own.reload();
  evaluate = (/** @type {any} */ work, /** @type {any} */ given) => this.own.evaluate(work, given);
  waitForTimeout = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
  setViewportSize = (/** @type {{ width: number, height: number }} */ size) => this.own.setViewport(size);

  /** @param {string} css @param {{ hasText?: RegExp }} [options] */
  locator = (css, options) => new Locator(this, []).locator(css, options);
  click = (/** @type {string} */ css, /** @type {any} */ options) => this.locator(css).click(options);
  fill = (/** @type {string} */ css, /** @type {string} */ value) => this.locator(css).fill(value);
  check = (/** @type {string} */ css) => this.locator(css).check();

  /** @param {any} condition @param {any} [given] @param {{ timeout?: number }} [options] */
  waitForFunction = (condition, given, { timeout } = {}) =>
    wait(() => this.own.evaluate(condition, given), String(condition), timeout);

  /** @param {string} css @param {{ timeout?: number, state?: 'visible' | 'attached' | 'hidden' }} [options] */
  waitForSelector = (css, { timeout, state = 'visible' } = {}) =>
    wait(
      async () => {
        const there = this.locator(css);
        if (state === 'attached') return (await there.count()) > 0;
        return (await there.isVisible()) === (state === 'visible');
      },
      `${css} is ${state}`,
      timeout,
    );

  /** @param {string} css @param {{ name: string, buffer: Buffer }} file */
  async setInputFiles(css, { name, buffer }) {
    const path = join(mkdtempSync(join(this.folder, 'uploads', 'file-')), name);
    writeFileSync(path, buffer);
    await (await this.locator(css).element()).uploadFile(path);
  }

  /** The next file that is downloaded. @param {'download'} _ */
  async waitForEvent(_) {
    const folder = join(this.folder, 'downloads'),
      before = readdirSync(folder);
    // Firefox writes into name.part, beside an empty file of that name.
    const path = await wait(async () => {
      const files = readdirSync(folder),
        name = files.find((file) => !before.includes(file) && !file.endsWith('.part'));
      return name && !files.some((file) => file.endsWith('.part')) && statSync(join(folder, name)).size > 0
        ? join(folder, name)
        : '';
    }, 'a download');
    return { path: async () => path };
  }

  /** @param {string | RegExp} pattern @param {(route: any) => unknown} handler */
  async route(pattern, handler) {
    this.#routes.unshift({ pattern: expressionOf(pattern), handler });
    if (this.#routes.length > 1) return;
    await this.own.setRequestInterception(true);
    const answer = async (/** @type {import('puppeteer-core').HTTPRequest} */ request) => {
      const route = this.#routes.find((each) => each.pattern.test(request.url()));
      await (route ? route.handler(routeOf(request)) : request.continue());
    };
    this.own.on('request', (request) => void answer(request)); // the test runner reports a rejection
  }
}
