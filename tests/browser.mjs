/** browser.mjs - a headless Chromium for the tests, and a record of all that should not happen. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const executable = process.env.CHROMIUM || ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** A reason to skip, or false. */
export const noBrowser = executable && existsSync(executable) ? false
  : 'Chromium is missing: apt-get install chromium, or set CHROMIUM to its path';

export function launch() {
  return chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/**
 * A page whose console, errors and requests are recorded. Without a service worker, if it is not asked for: it would
 * answer what a test wants to answer itself.
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
export async function openPage(browser, options) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, serviceWorkers: 'block', ...options });
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  /** @type {string[]} */
  const requests = [];
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && !/Service Worker registration blocked/.test(m.text()) && complaints.push(`console: ${m.text()}`));
  page.on('pageerror', (e) => complaints.push(`error: ${e.message}`));
  context.on('request', (r) => requests.push(r.url()));
  return { page, complaints, requests };
}
