#!/usr/bin/env node
// @ts-check
/**
 * bench.mjs - speed beside its yardsticks, in Node and in Chromium; a table on standard output, and JSON.
 * Compare within one run only, or by ratios: the machine is shared.
 */
import { existsSync, readFileSync } from 'node:fs';
import { cpus, loadavg, type } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { noBrowser } from '../site/browser.mjs';
import { epochs, kernels, layers, loading, steps } from './parts.mjs';
import { openChromium, openNode } from './places.mjs';
import { findPyTorch, startPyTorch } from './pytorch.mjs';
import { page } from './page.mjs';
import { key, table } from './report.mjs';
import { SIZES } from './sizes.mjs';
import { pause, startup } from './startup.mjs';
import { checkFile, reasonOf, saveFile } from '../cli/files.mjs';
import { ROOT } from '../node/node.mjs';

/**
 * @type {Record<string, { title: string, run: (bench: import('./parts.mjs').Bench) =>
 *   Promise<import('./parts.mjs').Row[]>, browser?: boolean }>}
 */
const PARTS = {
  kernels: { title: 'kernels, one thread; "registers" only multiplies and adds in registers', run: kernels },
  layers: { title: 'layers within a step, random pictures, Adam', run: layers },
  steps: { title: 'steps: gathering a mini-batch, forward, backward, optimiser', run: steps },
  epochs: { title: 'epochs, validation included', run: epochs },
  loading: { title: 'loading: decompressing, decoding, sorting', run: loading },
  startup: { title: 'start of the page with the built-in pictures', run: startup, browser: true },
  page: { title: 'the page: first visit, and answers while a ResNet-18 trains', run: page, browser: true },
  pause: { title: 'from asking for a pause to the pause', run: pause, browser: true },
};
const USAGE = `Usage: bench.mjs [--data archive.tar.gz] [--only ${Object.keys(PARTS).join(',')}] [--places Node,Chromium] [--base earlier.json]
  [--quick | --tiny] [--whole] [--json build/bench.json] [--no-pytorch]`;

/** @param {string} message  @returns {never} */
function refuse(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        data: { type: 'string' },
        only: { type: 'string', default: Object.keys(PARTS).join(',') },
        base: { type: 'string' },
        places: { type: 'string', default: 'Node,Chromium' },
        json: { type: 'string', default: join(ROOT, 'build/bench.json') },
        quick: { type: 'boolean' },
        tiny: { type: 'boolean' },
        whole: { type: 'boolean', default: false },
        'no-pytorch': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    const parts = values.only.split(','),
      places = values.places.split(',');
    const odd =
      parts.find((part) => !Object.hasOwn(PARTS, part)) ??
      places.find((place) => !['Node', 'Chromium'].includes(place));
    if (odd !== undefined) refuse(`there is no '${odd}' to measure\n${USAGE}`);
    for (const path of [values.data, values.base])
      if (path !== undefined && !existsSync(path)) refuse(`${path}: there is no such file`);
    checkFile(values.json);
    return { ...values, parts, places };
  } catch (error) {
    return refuse(`${/** @type {Error} */ (error).message}\n${USAGE}`);
  }
}

/** Where no archive is named: MNIST if the site holds it, else the built-in digits. */
function findArchive() {
  const mnist = join(ROOT, 'build/site/data/mnist_png.tar.gz');
  return existsSync(mnist) ? mnist : join(ROOT, 'build/digits.tar.gz');
}

/**
 * One thread and two; without relaxed SIMD and with it, where that was built. The last is the fastest.
 * @returns {import('./session.mjs').Config[]}
 */
function listConfigs() {
  /** @type {('deterministic' | 'fast')[]} */
  const arithmetics = existsSync(join(ROOT, 'build/inklearn-relaxed.wasm'))
    ? ['deterministic', 'fast']
    : ['deterministic'];
  return arithmetics.flatMap((arithmetic) => [1, 2].map((threads) => ({ threads, arithmetic })));
}

/** Reads the rows of an earlier report. @param {string} path @returns {import('./parts.mjs').Row[]} */
function readRows(path) {
  try {
    const { rows } = JSON.parse(readFileSync(path, 'utf8'));
    if (Array.isArray(rows) && rows.every((row) => typeof row?.what === 'string')) return rows;
  } catch (error) {
    if (/** @type {any} */ (error).syscall) return refuse(`${path}: ${reasonOf(error)}`);
  }
  return refuse(`${path} is not a report of this program`);
}

/** @param {import('./parts.mjs').Row[]} rows @returns {Map<string, import('./parts.mjs').Row>} */
const byKey = (rows) => new Map(rows.map((row) => [key(row), row]));

const given = readArguments();
const size = SIZES[given.tiny ? 'tiny' : given.quick ? 'quick' : 'full'];
const archive = given.data ?? findArchive();
const base = byKey(given.base ? readRows(given.base) : []); // read first: it may be written anew
const inBrowser = given.places.includes('Chromium') && !noBrowser;
if (given.places.includes('Chromium') && noBrowser) console.log(`Chromium is left out: ${noBrowser}`);
const configs = listConfigs();
const needsPyTorch = given.parts.some((part) => ['steps', 'epochs'].includes(part)) && !given['no-pytorch'];
const python = needsPyTorch ? findPyTorch() : null;
if (needsPyTorch && !python)
  console.log('PyTorch is left out: no Python with torch (apt-get install python3-torch libopenblas0-openmp)');

const tell = (/** @type {string} */ text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`);
const places = [
  ...(given.places.includes('Node') ? [openNode(archive)] : []),
  ...(inBrowser ? [await openChromium(archive)] : []),
];
const pytorch = python ? await startPyTorch(python, archive) : null;
const bench = {
  places,
  configs: given.quick || given.tiny ? configs.slice(-2) : configs,
  size,
  pytorch,
  archive,
  whole: given.whole,
  tell,
};

const report = {
  date: new Date().toISOString(),
  machine: { processor: cpus()[0].model, cores: cpus().length, system: type() },
  engines: [...places.map(({ version }) => version), ...(pytorch ? [pytorch.version] : [])],
  data: {
    archive: basename(archive),
    pictures: /mnist/.test(basename(archive)) ? 'MNIST' : given.data ? basename(archive) : 'built-in digits',
  },
  /**
   * Load average of the last minute before and after each part: other work makes all slower, PyTorch most.
   * @type {Record<string, [number, number]>}
   */
  load: {},
  /** @type {import('./parts.mjs').Row[]} */
  rows: [],
};
console.log(
  `${report.machine.processor}, ${report.machine.cores} cores; ${report.engines.join('; ')}\nPictures: ${report.data.pictures} (${archive})`,
);
try {
  for (const part of given.parts) {
    const { title, run, browser } = PARTS[part];
    if (browser && !inBrowser) continue;
    const before = loadavg()[0],
      rows = await run(bench);
    tell('');
    report.load[part] = [before, loadavg()[0]];
    report.rows.push(...rows);
    console.log(`\n${title}; load ${report.load[part].map((x) => x.toFixed(1)).join(' .. ')}\n${table(rows, base)}`);
  }
} finally {
  for (const place of places) await place.close();
  pytorch?.close();
}
saveFile(given.json, new TextEncoder().encode(`${JSON.stringify(report, null, 1)}\n`));
console.log(`\nWritten to ${given.json}`);
