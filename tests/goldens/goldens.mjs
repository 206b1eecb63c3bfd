/**
 * goldens.mjs - compares the core with a folder of golden vectors: goldens.mjs <folder>
 *
 * Each case goes through every build that is there and that this machine can run: native with sanitizers, and
 * WebAssembly with each of its kernels, with one thread and with several.
 * Ends with `N passed, N failed, N skipped`. The exit status is 1 if a case failed, 2 if the folder cannot be read.
 */
import { fileURLToPath } from 'node:url';
import { FolderError, product, readFolder, valuesOf } from './folder.mjs';
import { lcg } from './lcg.mjs';
import { IMAGES } from './operations/images.mjs';
import { LAYERS } from './operations/layers.mjs';
import { MODELS } from './operations/models.mjs';
import { l2 } from './operations/plan.mjs';
import { REPORTS } from './operations/reports.mjs';
import { TRAINING } from './operations/training.mjs';
import { findProbes } from './probes.mjs';

/** @typedef {import('./folder.mjs').Values} Values */
/** @typedef {import('./folder.mjs').Tensor} Tensor */
/** @typedef {import('./folder.mjs').Case} Case */
/** @typedef {import('./probes.mjs').Message} Message */
/** @typedef {import('./probes.mjs').Probe} Probe */

/** The plan of each operation, made from the parameters and the inputs of a case. */
const OPERATIONS = {
  ...LAYERS,
  ...MODELS,
  ...TRAINING,
  ...REPORTS,
  ...IMAGES,
  lcg: (p) => ({ known: { y: lcg(p.n, p.seed, p.scale, p.offset) } }),
};

/**
 * Describes the first difference; '' if there is none.
 * @param {Tensor} t
 * @param {Values} want
 * @param {Values | undefined} got
 */
function difference(t, want, got) {
  if (!got) return `${t.name} was not computed`;
  if (got.length !== want.length) return `${t.name} has ${got.length} values, not ${want.length}`;
  const { rtol = 0, atol = 0 } = t;
  for (let i = 0; i < want.length; i++) {
    const allowed = atol + rtol * Math.abs(want[i]);
    if (!(Math.abs(got[i] - want[i]) <= allowed))
      return `${t.name}[${i}]: got ${got[i]}, want ${want[i]} within ${allowed.toExponential(2)}`;
  }
  return '';
}

/**
 * The answer for a tensor of a case. A name that ends in _l2 means the norm of a whole tensor.
 * @param {Record<string, Values>} answers
 * @param {string} name
 * @param {(name: string) => string} rename
 */
function lookUp(answers, name, rename) {
  if (answers[rename(name)] || !name.endsWith('_l2')) return answers[rename(name)];
  const whole = answers[rename(name.slice(0, -3))];
  return whole && Float32Array.of(l2(whole));
}

/** @param {Case} c @param {Map<string, ArrayBuffer>} blobs @param {Probe[]} probes @returns {string[]} failures */
function runCase(c, blobs, probes) {
  /** @type {Record<string, Values>} */
  const inputs = {};
  for (const t of c.tensors) if (t.io === 'in') inputs[t.name] = valuesOf(t, blobs);
  for (const g of c.lcg ?? []) inputs[g.name] = lcg(product(g.shape), g.seed, g.scale, g.offset);
  const {
    ask,
    known,
    derive = (/** @type {any} */ a) => a,
    answer = (/** @type {string} */ name) => name,
  } = OPERATIONS[c.op](c.params, inputs, c);
  const failures = [];
  for (const probe of known ? [{ name: 'runner', ask: () => known }] : probes) {
    try {
      const answers = derive(probe.ask(/** @type {Message} */ (ask)));
      for (const t of c.tensors) {
        const wrong = t.io === 'out' && difference(t, valuesOf(t, blobs), lookUp(answers, t.name, answer));
        if (wrong) failures.push(`${c.name} (${probe.name}): ${wrong}`);
      }
    } catch (error) {
      if (error instanceof FolderError) throw error;
      failures.push(`${c.name} (${probe.name}): ${/** @type {Error} */ (error).message}`);
    }
  }
  return failures;
}

/** @param {string} folder @param {(line: string) => void} print */
export async function runGoldens(folder, print) {
  const { cases, blobs } = readFolder(folder);
  const probes = await findProbes();
  print(`builds: ${probes.map((p) => p.name).join('; ')}`);
  const result = { passed: 0, failed: 0, skipped: 0 };
  for (const c of cases) {
    if (!Object.hasOwn(OPERATIONS, c.op)) {
      print(`skipped: ${c.name}: ${c.op} is not implemented`);
      result.skipped++;
      continue;
    }
    let failures;
    try {
      failures = runCase(c, blobs, probes);
    } catch (error) {
      failures = [`${c.name}: ${/** @type {Error} */ (error).message}`];
    }
    for (const line of failures) print(line);
    result[failures.length ? 'failed' : 'passed']++;
  }
  print(`${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
  return result;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { failed } = await runGoldens(process.argv[2] ?? '', console.log);
    process.exitCode = failed ? 1 : 0;
  } catch (error) {
    if (!(error instanceof FolderError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
