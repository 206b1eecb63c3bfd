#!/usr/bin/env node
// @ts-check
/**
 * figures.mjs - the pictures in README.md and assets/docs/how-it-works.md, all from the running program: `make figures`.
 * It trains a cnn with the command line, opens it, traces a step of the native library (jobs.c), and draws with Chromium.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch, openPage } from '../site/browser.mjs';
import { createTrainer, pathEntries } from '../node/node.mjs';
import { encodePng } from '../plots/png.mjs';
import { createSite, listen } from '../site/serve.mjs';
import { STATES } from './states.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)),
  TO = join(ROOT, 'assets/docs/figures'),
  work = mkdtempSync(join(tmpdir(), 'inklearn-figures-'));
const INK = '#1f2a44',
  SOFT = '#5b6275',
  COLOURS = [
    '#0072b2',
    '#d55e00',
    '#009e73',
    '#cc79a7',
    '#e69f00',
    '#56b4e9',
    '#7f7f7f',
    '#b8860b',
    '#8c564b',
    '#17becf',
  ];
const run = (/** @type {string} */ command, /** @type {string[]} */ ...args) =>
  execFileSync(command, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 });

/** @param {number} x @param {number} y @param {string | number} words @param {string} [more]  attributes */
const text = (x, y, words, more = '') =>
  `<text x="${x}" y="${y}" ${more}>${String(words).replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
/** Grey levels of 0 to 1. @param {ArrayLike<number>} levels @param {number} width @param {number} x @param {number} y @param {number} side */
function picture(levels, width, x, y, side) {
  const rgb = new Uint8Array(3 * levels.length).map((_, i) => 255 * levels[Math.floor(i / 3)]),
    bytes = Buffer.from(encodePng(rgb, width, levels.length / width));
  return `<image x="${x}" y="${y}" width="${side}" height="${side}" style="image-rendering: pixelated" href="data:image/png;base64,${bytes.toString('base64')}"/>`;
}

/** What each layer makes of one picture. @param {import('../../web/core/trainer.js').Trainer} trainer @param {any} settings */
function dataFlow(trainer, settings) {
  const { engine } = trainer,
    pixels = trainer.pictures('valid', [7]).pictures[0],
    rgba = new Uint8Array(4 * 224 * 224).fill(255);
  for (let i = 0; i < 224 * 224; i++)
    rgba.fill(255 - pixels[28 * Math.floor(Math.floor(i / 224) / 8) + Math.floor((i % 224) / 8)], 4 * i, 4 * i + 3);
  const { shown } = engine.read(rgba, 224, 224),
    { layers } = engine.describe(settings);
  const column = 112,
    parts = [
      text(60, 20, 'pixels', 'class="name"'),
      text(60, 36, '28 × 28', 'class="small"'),
      picture(
        Float32Array.from(pixels, (p) => p / 255),
        28,
        16,
        150,
        88,
      ),
    ];
  let at = 1;
  for (const [index, { name, shape }] of layers.entries()) {
    const before = layers[index - 1]?.name;
    if (name === 'flatten' || layers[index + 1]?.name === 'relu') continue; // a relu works in the place of what is before it
    const [channels, height = 1, width = 1] = shape,
      area = height * width,
      values = engine.activations(index, channels * area),
      most = values.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-9);
    const left = at * column + 16;
    at++;
    parts.push(
      text(left + 44, 20, name === 'relu' ? `${before}, relu` : name, 'class="name"'),
      text(left + 44, 36, shape.join(' × '), 'class="small"'),
      `<path d="M${left - 20} 194h12m-4-4 4 4-4 4" class="arrow"/>`,
    );
    if (area === 1) {
      const bars = Array.from(values.subarray(0, 32), (v) => v / most),
        high = 300 / bars.length;
      parts.push(
        ...bars.map(
          (v, i) =>
            `<rect x="${left + 6 + Math.min(0, 40 * v) + 40}" y="${50 + i * high}" width="${1 + 40 * Math.abs(v)}" height="${high - 1}" fill="${COLOURS[0]}"/>`,
        ),
      );
      continue;
    }
    // The four channels that have most to say.
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
            Float32Array.from(map, (v) => Math.max(0, v) / most),
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
    text(left + 44, 20, 'softmax', 'class="name"'),
    text(left + 44, 36, 'probabilities', 'class="small"'),
    `<path d="M${left - 20} 194h12m-4-4 4 4-4 4" class="arrow"/>`,
    ...Array.from(
      /** @type {Float32Array} */ (shown.probabilities),
      (p, i) =>
        `<rect x="${left + 20}" y="${50 + i * 30}" width="${1 + 66 * p}" height="26" fill="${COLOURS[1]}"/>${text(left + 8, 68 + i * 30, i, 'class="small"')}`,
    ),
  );
  return { width: left + 100, height: 366, parts };
}

/** Eight pictures of a batch, and the row that one pixel of them is. @param {import('../../web/core/trainer.js').Trainer} trainer */
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
      picture(
        Float32Array.from(pixels, (p) => p / 255),
        28,
        left,
        34,
        side,
      ),
      text(left + side / 2, 24, `image ${i}`, 'class="name"'),
      `<rect x="${left + 4 * x - 1}" y="${33 + 4 * y}" width="6" height="6" fill="none" stroke="${COLOURS[1]}" stroke-width="2"/>`,
      `<path d="M${left + 4 * x + 2} ${40 + 4 * y}V176" stroke="${COLOURS[1]}"/>`,
      `<rect x="${left}" y="178" width="${side + (i === 3 || i === 7 ? 0 : 12)}" height="34" fill="${i < 4 ? '#dbe7f3' : '#f6e3d6'}" stroke="${INK}"/>`,
      text(left + side / 2, 200, value.toFixed(4), 'class="number"'),
    );
  }
  for (const half of [0, 1])
    parts.push(
      text(16 + half * 496 + 242, 232, `one 128-bit register: lanes ${4 * half} to ${4 * half + 3}`, 'class="small"'),
    );
  parts.push(
    text(
      512,
      258,
      `the row x[height ${y}][width ${x}][block 0][channel 0] of a batch: 32 bytes in a line of memory, which one weight multiplies at once`,
      'class="small"',
    ),
  );
  return { width: 1024, height: 272, parts };
}

/** Who did what in a training step, as jobs.c tells. */
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
  // The fastest of some: on it, other programs had the least part.
  const tries = Array.from({ length: 8 }, () =>
    run('sh', '-c', `gunzip -c build/digits.tar.gz | ${program} 'model=cnn batch=64 lr=0.1' ${join(work, 'x')}`)
      .trim()
      .split('\n')
      .map((line) => line.split(' ')),
  );
  const took = (/** @type {string[][]} */ lines) =>
    Math.max(...lines.map((l) => Number(l[4]))) - Math.min(...lines.map((l) => Number(l[3])));
  const lines = tries.sort((a, b) => took(a) - took(b))[0];
  // Static functions follow the name of their file.
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
    jobs = [0, 0],
    parts = [];
  /** Neighbouring jobs of one loop are one bar. @type {Record<string, { loop: string, kind: string, from: number, to: number }[]>} */
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
      text(70, 52 + 70 * thread, `thread ${thread}`, 'text-anchor="end"'),
      text(70, 68 + 70 * thread, `${jobs[thread]} jobs`, 'class="small" style="text-anchor: end"'),
      ...bars[thread].map(
        ({ kind, from, to }) =>
          `<rect x="${(84 + (from - start) * scale).toFixed(1)}" y="${30 + 70 * thread}" width="${Math.max(0.6, (to - from) * scale).toFixed(1)}" height="50" fill="${COLOURS[kinds.indexOf(kind) % COLOURS.length]}"/>`,
      ),
    );
  }
  kinds.forEach((kind, i) =>
    parts.push(
      `<rect x="${84 + 110 * i}" y="176" width="12" height="12" fill="${COLOURS[i % COLOURS.length]}"/>`,
      text(101 + 110 * i, 187, kind, 'class="small" style="text-anchor: start"'),
    ),
  );
  parts.push(
    text(
      width / 2,
      20,
      `one step: ${new Set(lines.map((l) => l[0])).size} loops, ${lines.length} jobs, ${((end - start) / 1000).toFixed(0)} ms with scalar kernels`,
      'class="small"',
    ),
  );
  return { width, height: 200, parts };
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
for (const name of ['loss.png', 'first-layer.png', 'top-losses.png']) copyFileSync(join(work, name), join(TO, name));

const trainer = await createTrainer({ threads: 1 }),
  browser = await launch();
await trainer.load('digits', await pathEntries(join(ROOT, 'build/digits.tar.gz')));
trainer.open(readFileSync(checkpoint), { keepData: true });
const figures = {
  'data-flow.png': dataFlow(trainer, { model: 'cnn', batch: 64 }),
  'lanes.png': lanes(trainer),
  'threads.png': threads(),
};
for (const [name, { width, height, parts }] of Object.entries(figures)) {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.setContent(`<style>body { margin: 0 } svg { display: block; background: #fff; font: 14px "DejaVu Sans", sans-serif; fill: ${INK} } .name, .small, .number { text-anchor: middle } .name { font-weight: bold } .small { font-size: 12px; fill: ${SOFT} } .arrow { fill: none; stroke: ${SOFT}; stroke-width: 2 }</style>
    <svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${parts.join('')}</svg>`);
  await page.screenshot({ path: join(TO, name) });
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
