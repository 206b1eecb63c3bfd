// @ts-check
/**
 * page.mjs - the page as a visitor feels it, in Chromium: the first visit, and how it answers while a ResNet-18 trains.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createSite } from '../site/serve.mjs';
import { draw } from '../figures/states.mjs';
import { compressed, REST, SITE, start } from './startup.mjs';
import { summarize } from './stats.mjs';

/** @typedef {import('./parts.mjs').Row} Row */
/** The limits of a first visit and of an answer, in seconds and bytes. */
const ALLOWED = { ready: 1.5, bytes: 150e3, answer: 0.1, task: 0.05 };
/**
 * Returns how many of 100 frames of 1/60 s were dropped: the frame before them stayed on the screen.
 * @param {number[]} apart  milliseconds from each frame to the next
 */
function dropped(apart) {
  const frames = apart.map((ms) => Math.max(1, Math.round((ms * 60) / 1000)));
  const all = frames.reduce((sum, n) => sum + n, 0);
  return (100 * (all - frames.length)) / all;
}
const allowed = (/** @type {number} */ value) => ({ name: 'allowed', ...summarize([value]) });

/** Runs in the page before its own scripts. */
function watch() {
  const seen = { paint: 0, largest: 0, shift: 0, ready: 0, all: 0, tasks: [0], answers: [0], frames: [0] };
  /** @type {any} */ (globalThis).seen = seen;
  const on = (/** @type {string} */ type, /** @type {(entry: any) => void} */ see, options = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(see)).observe(
      /** @type {any} */ ({ type, buffered: true, ...options }),
    );
  on('paint', (e) => {
    if (e.name === 'first-contentful-paint') seen.paint = e.startTime;
  });
  on('largest-contentful-paint', (e) => {
    seen.largest = e.startTime;
  });
  on('layout-shift', (e) => {
    if (!e.hadRecentInput) seen.shift += e.value;
  });
  on('longtask', (e) => seen.tasks.push(e.duration));
  on(
    'event',
    (e) => {
      if (e.interactionId) seen.answers.push(e.duration);
    },
    { durationThreshold: 16 },
  );
  let last = 0;
  const frame = (/** @type {number} */ now) => {
    const train = /** @type {HTMLButtonElement | null} */ (document.getElementById('train'));
    if (train && !train.disabled) seen.ready ||= performance.now();
    if ('ready' in document.documentElement.dataset && seen.ready) seen.all ||= performance.now();
    if (last) seen.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/**
 * A person who plays while it trains: fields, folds, pad, charts, matrix, scrolling.
 * @param {import('playwright-core').Page} page
 */
async function play(page) {
  const { width, height } = page.viewportSize() ?? { width: 1440, height: 900 };
  await page.fill('#epochs', '7');
  await page.locator('#settings .more summary').last().click();
  await page.locator('.why summary').first().click();
  await page.keyboard.press('Tab');
  await draw(page);
  for (const id of ['log', 'show-lr']) await page.click(`#${id}`);
  await page.click('#zoom-in');
  await page.click('#zoom-all');
  await page.mouse.move(width / 2, height / 4, { steps: 20 });
  await page.locator('.matrix .tools button').nth(1).click();
  await page.click('#table-toggle');
  for (let i = 0; i < 6; i++) await page.mouse.wheel(0, i < 3 ? 300 : -300);
  await page.selectOption('#language', 'es');
  await page.waitForTimeout(500);
}

/** @param {import('./parts.mjs').Bench} bench @returns {Promise<Row[]>} */
export async function page({ size, tell }) {
  const server = createSite(SITE);
  /** Each path and when it was asked for first. @type {Map<string, number>} */
  let requests = new Map();
  server.on('request', ({ url }) => {
    const path = new URL(url ?? '/', 'http://x').pathname.replace(/\/$/, '/index.html');
    if (!requests.has(path)) requests.set(path, Date.now());
  });
  const bytesUntil = (/** @type {number} */ end) =>
    [...requests]
      .filter(([path, at]) => at <= end && !path.startsWith('/data/') && existsSync(join(SITE, path)))
      .reduce((sum, [path]) => sum + compressed(path), 0);
  /** @type {any[]} */
  const visits = [];
  const site = await start(server);
  const bytes = { ready: 0, all: 0 };
  /** @type {any} */
  let seen;
  /** @type {number[]} */
  let watched = [];
  try {
    for (let i = 0; i <= size.startup; i++) {
      // the first warms the browser up
      tell(`visit ${i}`);
      requests = new Map();
      const visit = await (
        await site.browser.newContext({ viewport: { width: 1440, height: 900 }, serviceWorkers: 'block' })
      ).newPage(); // what one keeps for later is no part of the visit
      await visit.addInitScript(watch);
      await visit.waitForTimeout(REST);
      await visit.goto(`${site.origin}/#model=resnet18&epochs=100`);
      await visit.waitForFunction(() => /** @type {any} */ (globalThis).seen.all > 0, null, { timeout: 60000 });
      seen = await visit.evaluate(() => /** @type {any} */ (globalThis).seen);
      if (i > 0) visits.push(seen);
      bytes.ready = bytesUntil(await visit.evaluate((ready) => performance.timeOrigin + ready, seen.ready));
      bytes.all = bytesUntil(Infinity);
      if (i === size.startup) {
        tell('playing');
        await visit.click('#train');
        await visit.waitForFunction(() => document.getElementById('steps')?.textContent, null, { timeout: 60000 });
        const anew = () =>
          visit.evaluate(() =>
            Object.assign(/** @type {any} */ (globalThis).seen, { tasks: [0], answers: [0], frames: [0] }),
          );
        await anew();
        await visit.waitForTimeout(3000); // nobody touches it: the charts move, and nothing else
        watched = await visit.evaluate(() => /** @type {any} */ (globalThis).seen.frames);
        await anew();
        for (let k = 0; k < 3; k++) await play(visit);
        seen = await visit.evaluate(() => /** @type {any} */ (globalThis).seen);
      }
      await visit.context().close();
    }
  } finally {
    await site.close();
  }
  const row = { part: 'page', place: 'Chromium', variant: '', threads: 2 },
    visited = (/** @type {string} */ what) => summarize(visits.map((v) => v[what] / 1000));
  const frames = [...seen.frames].sort((a, b) => a - b);
  return [
    { ...row, what: 'first visit: something is painted', unit: 's', ...visited('paint') },
    { ...row, what: 'the largest part is painted', unit: 's', ...visited('largest') },
    { ...row, what: 'Train can be pressed', unit: 's', ...visited('ready'), reference: allowed(ALLOWED.ready) },
    { ...row, what: 'all panels are there', unit: 's', ...visited('all') },
    {
      ...row,
      what: 'until Train can be pressed, all but the pictures, gzip',
      unit: 'bytes',
      ...summarize([bytes.ready]),
      reference: allowed(ALLOWED.bytes),
    },
    { ...row, what: 'and until all panels are there', unit: 'bytes', ...summarize([bytes.all]) },
    { ...row, what: 'layout shift, score', unit: 'count', ...summarize(visits.map((v) => v.shift)) },
    {
      ...row,
      what: 'ResNet-18 trains: from a click or key to the next paint',
      unit: 's',
      ...summarize(seen.answers.map((/** @type {number} */ ms) => ms / 1000)),
      reference: allowed(ALLOWED.answer),
    },
    { ...row, what: 'it is watched: frames dropped of 100', unit: 'count', ...summarize([dropped(watched)]) },
    {
      ...row,
      what: 'the longest task of the page',
      unit: 's',
      ...summarize([Math.max(...seen.tasks) / 1000]),
      reference: allowed(ALLOWED.task),
    },
    {
      ...row,
      what: 'frame to frame, 95 of 100',
      unit: 's',
      ...summarize([frames[Math.floor(0.95 * frames.length)] / 1000]),
    },
  ];
}
