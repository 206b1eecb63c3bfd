#!/usr/bin/env node
// @ts-check
/**
 * figures.mjs - makes the pictures of README.md and assets/docs/how-it-works.md from the running program: `make
 * figures`. It trains a cnn with the command line, opens its checkpoint, records the jobs of a step of the native
 * library (jobs.c), and draws with Chromium.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { greyPicture } from '../../web/plots/sheet.js';
import { COLOURS as BASIC, drawing, element, textAt } from '../../web/plots/svg.js';
import { launch, openPage } from '../site/browser.mjs';
import { createTrainer, pathEntries } from '../node/node.mjs';
import { createSite, listen } from '../site/serve.mjs';
import { STATES } from './states.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)),
  TO = join(ROOT, 'assets/docs/figures'),
  work = mkdtempSync(join(tmpdir(), 'inklearn-figures-'));
const INK = '#1f2a44',
  SOFT = '#5b6275',
  COLOURS = [...Object.values(BASIC), '#e69f00', '#56b4e9', '#7f7f7f', '#b8860b', '#8c564b', '#17becf'];
const run = (/** @type {string} */ command, /** @type {string[]} */ ...args) =>
  execFileSync(command, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 });

const heading = (/** @type {string} */ words, /** @type {number} */ x, /** @type {number} */ y) =>
  textAt(words, x, y, { anchor: 'middle', size: 14, fill: INK });
const note = (/** @type {string} */ words, /** @type {number} */ x, /** @type {number} */ y) =>
  textAt(words, x, y, { anchor: 'middle', fill: SOFT });
const box = (
  /** @type {number} */ x,
  /** @type {number} */ y,
  /** @type {number} */ width,
  /** @type {number} */ height,
  /** @type {string} */ fill,
) => element('rect', { x, y, width, height, fill });
const arrow = (/** @type {number} */ x, /** @type {number} */ y) =>
  element('path', { d: `M${x} ${y}h12m-4-4 4 4-4 4`, fill: 'none', stroke: SOFT, 'stroke-width': 2 });
/** Turns pixels of 0 to 255 into grey levels of 0 to 1. @param {Uint8Array} pixels */
const levelsOf = (pixels) => Float32Array.from(pixels, (p) => p / 255);
/**
 * Draws grey levels of 0 to 1 as a square picture.
 * @param {Float32Array} levels
 * @param {number} columns
 * @param {number} x
 * @param {number} y
 * @param {number} side
 */
const picture = (levels, columns, x, y, side) =>
  greyPicture(
    levels.map((level) => Math.floor(255 * level)),
    columns,
    x,
    y,
    side,
  );

/**
 * Draws one picture on its way through a network: what each layer makes of it.
 * @param {import('../../web/core/trainer.js').Trainer} trainer
 * @param {any} settings
 */
function dataFlow(trainer, settings) {
  const { engine } = trainer,
    pixels = trainer.pictures('valid', [7]).pictures[0],
    rgba = new Uint8Array(4 * 224 * 224).fill(255);
  for (let i = 0; i < 224 * 224; i++)
    rgba.fill(255 - pixels[28 * Math.floor(Math.floor(i / 224) / 8) + Math.floor((i % 224) / 8)], 4 * i, 4 * i + 3);
  const { shown } = engine.read(rgba, 224, 224),
    { layers } = engine.describe(settings);
  const column = 112,
    parts = [heading('pixels', 60, 15), note('28 × 28', 60, 32), picture(levelsOf(pixels), 28, 16, 150, 88)];
  let at = 1;
  for (const [index, { name, shape }] of layers.entries()) {
    const before = layers[index - 1]?.name;
    if (name === 'flatten' || layers[index + 1]?.name === 'relu') continue; // a relu overwrites the layer before it
    const [channels, height = 1, width = 1] = shape,
      area = height * width,
      values = engine.activations(index),
      most = values.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-9);
    const left = at * column + 16;
    at++;
    parts.push(
      heading(name === 'relu' ? `${before}, relu` : name, left + 44, 15),
      note(shape.join(' × '), left + 44, 32),
      arrow(left - 20, 194),
    );
    if (area === 1) {
      const bars = Array.from(values.subarray(0, 32), (v) => v / most),
        high = 300 / bars.length;
      parts.push(
        ...bars.map((v, i) =>
          box(left + 46 + Math.min(0, 40 * v), 50 + i * high, 1 + 40 * Math.abs(v), high - 1, COLOURS[0]),
        ),
      );
      continue;
    }
    // The four channels with the largest sums.
    const maps = Array.from({ length: channels }, (_, c) => values.subarray(c * area, (c + 1) * area)).map((map) => ({
      map,
      sum: map.reduce((sum, v) => sum + v, 0),
    }));
    maps
      .sort((a, b) => b.sum - a.sum)
      .slice(0, 4)
      .forEach(({ map }, i) =>
        parts.push(
          picture(
            map.map((v) => Math.max(0, v) / most),
            width,
            left,
            48 + 76 * i,
            70,
          ),
        ),
      );
  }
  const left = at * column + 16;
  parts.push(
    heading('softmax', left + 44, 15),
    note('probabilities', left + 44, 32),
    arrow(left - 20, 194),
    ...[.../** @type {Float32Array} */ (shown.probabilities)].flatMap((p, i) => [
      box(left + 20, 50 + i * 30, 1 + 66 * p, 26, COLOURS[1]),
      note(String(i), left + 8, 63 + i * 30),
    ]),
  );
  return drawing(left + 100, 366, parts);
}

/**
 * Draws eight pictures of a batch, and how one pixel of each lies beside the others in memory.
 * @param {import('../../web/core/trainer.js').Trainer} trainer
 */
function lanes(trainer) {
  const { pictures } = trainer.pictures(
      'train',
      [...Array(8).keys()].map((i) => 2111 * i),
    ),
    side = 112,
    y = 13,
    x = 14,
    parts = [];
  for (const [i, pixels] of pictures.entries()) {
    const left = 16 + i * (side + 12),
      value = pixels[28 * y + x] / 255;
    parts.push(
      picture(levelsOf(pixels), 28, left, 34, side),
      heading(`image ${i}`, left + side / 2, 19),
      // A frame around the pixel, a line down, and its place in memory.
      element('path', {
        d: `M${left + 4 * x - 1} ${33 + 4 * y}h6v6h-6z`,
        fill: 'none',
        stroke: COLOURS[1],
        'stroke-width': 2,
      }),
      element('path', { d: `M${left + 4 * x + 2} ${40 + 4 * y}V176`, stroke: COLOURS[1] }),
      element('rect', {
        x: left,
        y: 178,
        width: side + (i === 3 || i === 7 ? 0 : 12),
        height: 34,
        fill: i < 4 ? '#dbe7f3' : '#f6e3d6',
        stroke: INK,
      }),
      textAt(value.toFixed(4), left + side / 2, 195, { anchor: 'middle', size: 14, fill: INK }),
    );
  }
  for (const half of [0, 1])
    parts.push(note(`one 128-bit register: lanes ${4 * half} to ${4 * half + 3}`, 16 + half * 496 + 242, 228));
  parts.push(
    note(
      `the row x[height ${y}][width ${x}][block 0][channel 0] of a batch: 32 bytes side by side in memory, ` +
        'which one weight multiplies at once',
      512,
      254,
    ),
  );
  return drawing(1024, 272, parts);
}

/** Draws which thread worked for which layer in a training step, as jobs.c has recorded it. */
function threads() {
  const program = join(work, 'jobs');
  run(
    'cc',
    '-std=c11',
    '-O2',
    '-no-pie',
    '-Ibuild/lib/include',
    '-Wl,--wrap=ink_parallel_for,--wrap=ink_learner_advance',
    'tools/figures/jobs.c',
    'tools/example.c',
    '-Lbuild/lib',
    '-linklearn',
    '-lm',
    '-pthread',
    '-o',
    program,
  );
  // The fastest of eight steps: other programs disturbed it least.
  const tries = Array.from({ length: 8 }, () =>
    run('sh', '-c', `gunzip -c build/digits.tar.gz | ${program} 'model=cnn batch=64 lr=0.1' ${join(work, 'x')}`)
      .trim()
      .split('\n')
      .map((line) => line.split(' ')),
  );
  const took = (/** @type {string[][]} */ lines) =>
    Math.max(...lines.map((l) => Number(l[4]))) - Math.min(...lines.map((l) => Number(l[3])));
  const lines = tries.sort((a, b) => took(a) - took(b))[0];
  // The address of each function, with the file it is in: in the symbol table, a file's functions follow its name.
  const names = new Map();
  let file = '';
  for (const line of run('readelf', '-sW', program).split('\n')) {
    const [, value, , kind, , , , name] = line.trim().split(/\s+/);
    if (kind === 'FILE') file = name?.replace('.c', '');
    else if (kind === 'FUNC') names.set(parseInt(value, 16), file);
  }
  const start = Math.min(...lines.map((l) => Number(l[3]))),
    end = Math.max(...lines.map((l) => Number(l[4]))),
    width = 1160,
    scale = (width - 100) / (end - start);
  const kinds = [...new Set(lines.map((l) => names.get(parseInt(l[1], 16))))],
    colourOf = (/** @type {string} */ kind) => COLOURS[kinds.indexOf(kind) % COLOURS.length],
    count = new Set(lines.map(([loop]) => loop)).size,
    jobs = [0, 0],
    parts = [];
  /**
   * The bars of each thread: jobs of one loop that follow each other are one bar.
   * @type {Record<string, { loop: string, kind: string, from: number, to: number }[]>}
   */
  const bars = { 0: [], 1: [] };
  for (const [loop, address, thread, from, to] of lines.sort((a, b) => Number(a[3]) - Number(b[3]))) {
    jobs[Number(thread)]++;
    const list = bars[thread],
      last = list.at(-1);
    if (last?.loop === loop) last.to = Number(to);
    else list.push({ loop, kind: names.get(parseInt(address, 16)), from: Number(from), to: Number(to) });
  }
  for (const thread of [0, 1]) {
    parts.push(
      textAt(`thread ${thread}`, 70, 47 + 70 * thread, { anchor: 'end', size: 14, fill: INK }),
      textAt(`${jobs[thread]} jobs`, 70, 64 + 70 * thread, { anchor: 'end', fill: SOFT }),
      ...bars[thread].map(({ kind, from, to }) =>
        box(84 + (from - start) * scale, 30 + 70 * thread, Math.max(0.6, (to - from) * scale), 50, colourOf(kind)),
      ),
    );
  }
  kinds.forEach((kind, i) =>
    parts.push(box(84 + 110 * i, 176, 12, 12, colourOf(kind)), textAt(kind, 101 + 110 * i, 182, { fill: SOFT })),
  );
  parts.push(
    note(
      `one step: ${count} loops, ${lines.length} jobs, ${((end - start) / 1000).toFixed(0)} ms with scalar kernels`,
      width / 2,
      16,
    ),
  );
  return drawing(width, 200, parts);
}

mkdirSync(TO, { recursive: true });
const checkpoint = join(work, 'cnn.safetensors');
run(
  'node',
  'tools/inklearn.mjs',
  'train',
  '--model',
  'cnn',
  '--optimizer',
  'adam',
  '--lr',
  '0.001',
  '--batch',
  '64',
  '--epochs',
  '2',
  '--seed',
  '1',
  '--save',
  checkpoint,
  '--plots',
  work,
);
run('node', 'tools/inklearn.mjs', 'evaluate', '--load', checkpoint, '--interpret', '--plots', work);

const trainer = await createTrainer({ threads: 1 }),
  browser = await launch();
await trainer.load('digits', await pathEntries(join(ROOT, 'build/digits.tar.gz')));
trainer.open(readFileSync(checkpoint), { keepData: true });
const figures = {
  'data-flow': dataFlow(trainer, { model: 'cnn', batch: 64 }),
  lanes: lanes(trainer),
  threads: threads(),
  ...Object.fromEntries(
    ['loss', 'first-layer', 'top-losses'].map((name) => [name, readFileSync(join(work, `${name}.svg`), 'utf8')]),
  ),
};
for (const [name, svg] of Object.entries(figures)) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1280 } });
  await page.setContent(svg);
  await page.locator('svg').screenshot({ path: join(TO, `${name}.png`) });
  await page.close();
}

// The page while it trains.
const server = createSite(join(ROOT, 'build/site')),
  { page } = await openPage(browser, { viewport: { width: 1280, height: 800 } });
await STATES.training(page, `http://localhost:${await listen(server, 8400)}`);
await page.screenshot({ path: join(ROOT, 'assets/page.webp'), type: 'webp', quality: 85 });
await browser.close();
server.close();
trainer.engine.close();
