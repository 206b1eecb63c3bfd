#!/usr/bin/env node
// @ts-check
/**
 * icons.mjs - web/icon.svg as the PNG files that systems want for an installed page, drawn by Chromium.
 *   tools/site/icons.mjs      writes assets/icon-192.png, icon-512.png and icon-maskable-512.png
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** File and side. A system cuts its own shape out of a maskable one: its corners are filled. */
export const ICONS = /** @type {[string, number][]} */ ([
  ['icon-192.png', 192],
  ['icon-512.png', 512],
  ['icon-maskable-512.png', 512],
]);

/** @param {import('playwright-core').Browser} browser @param {string} name @param {number} side */
export async function drawIcon(browser, name, side) {
  const svg = await readFile(new URL('../../web/icon.svg', import.meta.url), 'utf8'),
    page = await browser.newPage({ viewport: { width: side, height: side } });
  const shape = name.includes('maskable') ? svg.replace(/ rx="\d+"/, '') : svg;
  await page.setContent(`<style>body { margin: 0 } svg { display: block; width: ${side}px }</style>${shape}`);
  const bytes = await page.screenshot({ omitBackground: true });
  await page.close();
  return bytes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { launch } = await import('./browser.mjs'),
    browser = await launch();
  for (const [name, side] of ICONS)
    await writeFile(new URL(`../../assets/${name}`, import.meta.url), await drawIcon(browser, name, side));
  await browser.close();
}
