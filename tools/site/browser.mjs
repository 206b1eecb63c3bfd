/** browser.mjs - a headless browser for the tests, Chromium or Firefox, and a record of all that should not happen. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { launchFirefox } from './firefox.mjs';

/** @typedef {'chromium' | 'firefox'} Name */
export const paths = {
  chromium:
    process.env.CHROMIUM ||
    ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync),
  firefox: process.env.FIREFOX || ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find(existsSync),
};

/** The browser that tests of the page run in. tests/page/firefox.test.mjs sets the other one. */
export const BROWSER = /** @type {Name} */ (process.env.INK_BROWSER || 'chromium');

/** A reason to skip, or false. @param {Name} [name] */
export function missing(name = BROWSER) {
  if (existsSync(paths[name] ?? '')) return false;
  return name === 'chromium'
    ? 'Chromium is missing: apt-get install chromium, or set CHROMIUM to its path'
    : 'Firefox is missing: apt-get install firefox-esr, or set FIREFOX to its path';
}
export const noBrowser = missing();

/**
 * For each window Chromium preloads the pages of its address bar's popup, in a renderer of their own: a third of the
 * time of a page that opens. No test sees them. The switch replaces Playwright's own list, which is therefore here too.
 */
const CHROMIUM_WITHOUT = [
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'],
  ...['AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades'],
  ...['HttpsFirstBalancedModeAutoEnable', 'LensOverlay', 'MediaRouter', 'PaintHolding'],
  ...['ThirdPartyStoragePartitioning', 'AvoidCorsURLLoaderRestartOnRedirect', 'TcpPortRandomizationWin'],
  ...['OptimizationHints', 'NetworkTimeServiceQuerying', 'AimEnabled', 'PreconnectToSearch'],
];
const CHROMIUM_ARGS = ['--no-sandbox', '--disable-dev-shm-usage', `--disable-features=${CHROMIUM_WITHOUT}`];

/** @param {Name} [name] */
export function launch(name = BROWSER) {
  return name === 'firefox'
    ? launchFirefox(paths.firefox)
    : chromium.launch({ executablePath: paths.chromium, args: CHROMIUM_ARGS });
}

/**
 * A page whose console, errors and requests are recorded. In Chromium without a service worker, if it is not asked for:
 * it would answer what a test wants to answer itself. Firefox has it, as a person's does.
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
export async function openPage(browser, options) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    serviceWorkers: BROWSER === 'firefox' ? 'allow' : 'block',
    ...options,
  });
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  /** @type {string[]} */
  const requests = [];
  page.on(
    'console',
    (m) =>
      ['error', 'warning'].includes(m.type()) &&
      !/Service Worker registration blocked/.test(m.text()) &&
      complaints.push(`console: ${m.text()}`),
  );
  page.on('pageerror', (e) => complaints.push(`error: ${e.message}`));
  context.on('request', (r) => requests.push(r.url()));
  return { page, complaints, requests };
}
