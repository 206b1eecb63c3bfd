/**
 * drawings.mjs - reads SVG files with programs that are not ours: Python's XML parser, and Chromium for their pixels.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { PNG } from 'pngjs';
import { launch, missing } from '../../tools/site/browser.mjs';

/** @typedef {{ tag: string, attributes: Record<string, string>, text: string, children: Element[] }} Element */

/** A reason to skip, or false. */
export const noPython = spawnSync('python3', ['--version']).status === 0 ? false : 'python3 is missing';
export const noChromium = missing('chromium');

const READ = `
import json, sys, xml.etree.ElementTree as tree
def read(e):
    return {'tag': e.tag, 'attributes': e.attrib, 'text': e.text or '', 'children': [read(c) for c in e]}
print(json.dumps(read(tree.fromstring(sys.stdin.buffer.read()))))
`;

/**
 * Parses a drawing, and flattens it.
 * @param {string | Uint8Array} svg
 * @returns {{ width: number, height: number, all: Element[], tagged: (tag: string) => Element[] }}
 */
export function readDrawing(svg) {
  const { stdout, stderr, status } = spawnSync('python3', ['-c', READ], {
    input: svg,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  assert.equal(status, 0, stderr);
  /** @param {Element} e @returns {Element[]} */
  const flat = (e) => [e, ...e.children.flatMap(flat)];
  const all = flat(JSON.parse(stdout)).map((e) => ({ ...e, tag: e.tag.replace('{http://www.w3.org/2000/svg}', '') }));
  assert.equal(all[0].tag, 'svg');
  return {
    width: Number(all[0].attributes.width),
    height: Number(all[0].attributes.height),
    all,
    tagged: (tag) => all.filter((e) => e.tag === tag),
  };
}

/**
 * Draws with Chromium.
 * @param {string[]} svgs
 * @returns {Promise<((x: number, y: number) => number[])[]>}  red, green and blue of a pixel, for each drawing
 */
export async function pixelsOf(svgs) {
  const browser = await launch('chromium');
  try {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1600 } }),
      drawn = [];
    for (const svg of svgs) {
      await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${svg}`);
      const { data, width } = PNG.sync.read(await page.screenshot());
      drawn.push((/** @type {number} */ x, /** @type {number} */ y) => {
        const at = 4 * (Math.round(y) * width + Math.round(x));
        return [...data.subarray(at, at + 3)];
      });
    }
    return drawn;
  } finally {
    await browser.close();
  }
}
