/**
 * mutants.mjs - measures whether the tests notice missing checks. Each check in the code that reads hostile
 * input or keeps a run is removed or flipped, one at a time, in a copy of the sources. The tests of that file,
 * native or in Node, must then fail.
 *   mutants.mjs [--seconds n] [--only part-of-a-path] [--count] [--again] [--lanes 2]
 * Results stay in build/mutants/results.json, so the work can be done in pieces. A file that has changed is tried
 * again, and so are surviving mutants with --again. The exit status is 1 if less than 95 % were noticed.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)),
  RESULTS = join(ROOT, 'build/mutants/results.json'),
  WANTED = 0.95;
const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '100000' },
    only: { type: 'string', default: '' },
    count: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    lanes: { type: 'string', default: '2' },
  },
});

/** Tests, cheap ones first: programs, linked of the file's object and all others, and files of Node's. */
const VERDICTS = 'tests/fuzz/fuzz.test.mjs';
const TARGETS = [
  { file: 'src/data/png.c', tests: [VERDICTS, 'tests/limits', 'tests/data/png.test.mjs'], corpus: 'png' },
  { file: 'src/data/inflate.c', tests: [VERDICTS, 'tests/data/png.test.mjs'], corpus: 'png' },
  { file: 'src/data/exif.c', tests: [VERDICTS, 'tests/data/png.test.mjs'], corpus: 'png' },
  { file: 'src/data/load/tar.c', tests: [VERDICTS, 'tests/limits', 'tests/data/tar.test.mjs'], corpus: 'tar' },
  { file: 'src/data/load/idx.c', tests: [VERDICTS], corpus: 'idx' },
  { file: 'src/checkpoint/safetensors.c', tests: [VERDICTS, 'tests/checkpoint'], corpus: 'safetensors' },
  { file: 'src/checkpoint/read.c', tests: [VERDICTS, 'tests/checkpoint'], corpus: 'safetensors' },
  { file: 'src/checkpoint/position.c', tests: [VERDICTS, 'tests/checkpoint'], corpus: 'safetensors' },
  { file: 'src/train/progress.c', tests: [VERDICTS, 'tests/checkpoint'], corpus: 'safetensors' },
  { file: 'src/model/model_line.c', tests: [VERDICTS, 'tests/limits', 'tests/models'], corpus: 'model_line' },
  { file: 'src/model/line_words.c', tests: [VERDICTS, 'tests/limits', 'tests/models'], corpus: 'model_line' },
  { file: 'src/model/line_layers.c', tests: [VERDICTS, 'tests/limits', 'tests/models'], corpus: 'model_line' },
  { file: 'src/train/settings.c', tests: [VERDICTS, 'tests/limits'], corpus: 'model_line' },
  { file: 'web/core/slots.js', tests: ['tests/checkpoint/slots.test.mjs'], corpus: '' },
  { file: 'web/page/kept.js', tests: ['tests/checkpoint/kept.test.mjs'], corpus: '' },
  { file: 'web/page/watch.js', tests: ['tests/checkpoint/kept.test.mjs'], corpus: '' },
];

// ---- mutants ----

/** Replaces comments and strings with blanks of the same length. @param {string} source */
const blank = (source) =>
  source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g, (text) =>
    text.replace(/[^\n]/g, ' '),
  );

/** Behind the bracket that closes the one at `from`. @param {string} code @param {number} from */
function closing(code, from) {
  for (let at = from, depth = 0; at < code.length; at++) {
    if ('([{'.includes(code[at])) depth++;
    if (')]}'.includes(code[at]) && --depth === 0) return at + 1;
  }
  return code.length;
}

/**
 * The parts of a condition between `||` or `&&` that no bracket holds.
 * @param {string} code
 * @param {number} from
 * @param {number} to
 * @param {string} operator
 * @returns {[number, number][]}
 */
function operands(code, from, to, operator) {
  /** @type {[number, number][]} */
  const parts = [];
  let start = from;
  for (let at = from; at < to; at++) {
    if ('([{'.includes(code[at])) at = closing(code, at) - 1;
    else if (code.startsWith(operator, at)) {
      parts.push([start, at]);
      start = at + 2;
      at++;
    }
  }
  return [...parts, [start, to]];
}

/** @typedef {{ from: number, to: number, text: string, what: string }} Mutant */

/** @param {string} source @param {boolean} isC @returns {Mutant[]} */
function mutantsOf(source, isC) {
  const code = blank(source),
    no = isC ? '0' : 'false',
    yes = isC ? '1' : 'true';
  /** @type {Mutant[]} */
  const made = [];
  const add = (
    /** @type {number} */ from,
    /** @type {number} */ to,
    /** @type {string} */ text,
    /** @type {string} */ what,
  ) => made.push({ from, to, text, what });
  const flip = (/** @type {number} */ from, /** @type {number} */ to) => {
    for (const { index, 0: sign } of code
      .slice(from, to)
      .matchAll(/(?<![-<>=!])(?:===|!==|==|!=|<=|>=|<(?!<)|>(?!>))(?!=)/g)) {
      const other = { '<': '<=', '<=': '<', '>': '>=', '>=': '>', '==': '!=', '!=': '==', '===': '!==', '!==': '===' }[
        sign
      ];
      add(from + index, from + index + sign.length, /** @type {string} */ (other), `${sign} becomes ${other}`);
    }
  };
  // A guard: what it refuses is let through; each of its reasons alone; each comparison off by one.
  for (const { index, 0: word } of code.matchAll(/\bif \(/g)) {
    const open = index + word.length - 1,
      end = closing(code, open),
      then = code.slice(end, end + 400).match(/^\s*(\{\s*)?(return|goto|throw|break|continue|assert)\b/);
    if (!then) continue;
    add(open, end, `(${no})`, 'never refuses');
    const reasons = operands(code, open + 1, end - 1, '||');
    if (reasons.length > 1) for (const [from, to] of reasons) add(from, to, no, 'without one reason');
    flip(open, end);
  }
  // A verdict: `return a && b`: each condition alone.
  for (const { index, 0: word } of code.matchAll(/\breturn (?!\()/g)) {
    const from = index + word.length,
      to = code.indexOf(';', from),
      conditions = operands(code, from, to, '&&');
    if (conditions.length < 2 || code.slice(from, to).includes('?')) continue;
    for (const [a, b] of conditions) add(a, b, ` ${yes} `, 'without one condition');
    flip(from, to);
  }
  // Calls that make writing safe.
  for (const { index, 0: call } of code.matchAll(/\bhandle\.(flush|truncate)\([^;]*\);/g))
    add(index, index + call.length, ';', `without ${call.slice(7, 12)}`);
  if (isC)
    for (const { index, 0: call } of code.matchAll(/\bisfinite\(/g))
      add(index, closing(code, index + call.length - 1), '1', 'takes what is not finite');
  return made;
}

// ---- trying them ----

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @param {number} ms
 * @returns {Promise<boolean>} it ended well, within that time
 */
const succeeds = (command, args, cwd, ms) =>
  new Promise((resolve) => {
    // A group of its own: what hangs may be a child of it, and must not go on for ever.
    const child = spawn(command, args, {
      cwd,
      stdio: 'ignore',
      detached: true,
      env: { ...process.env, INK_NATIVE_ONLY: '1' },
    });
    const end = () => {
      try {
        process.kill(-(/** @type {number} */ (child.pid)), 'SIGKILL');
      } catch {
        /* it has ended */
      }
    };
    const timer = setTimeout(end, ms);
    child.on('exit', (code) => {
      clearTimeout(timer);
      end();
      resolve(code === 0);
    });
    child.on('error', () => resolve(false));
  });

/** A copy of the sources to change, with the objects that do not. @param {number} lane */
function makeTree(lane) {
  const tree = join(ROOT, `build/mutants/tree-${lane}`);
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(join(tree, 'build/fuzz'), { recursive: true });
  mkdirSync(join(tree, 'build/tests'));
  for (const folder of ['src', 'include', 'tests', 'tools', 'web', 'package.json'])
    cpSync(join(ROOT, folder), join(tree, folder), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  for (const name of ['sanitized', 'stb', 'id', 'inklearn.wasm', 'digits.tar.gz'])
    symlinkSync(join(ROOT, 'build', name), join(tree, 'build', name));
  return tree;
}

const FLAGS =
  '-std=c11 -O0 -g0 -pthread -fsanitize=address,undefined -fno-sanitize-recover=all -w -Iinclude -isystem build/stb -Ibuild/id'.split(
    ' ',
  );
const WRAP = ['-Wl,--wrap=ink_alloc,--wrap=ink_free,--wrap=ink_realloc'];

/**
 * Duration of each test with the unchanged file. A mutant whose test takes ten times as long counts as hanging.
 * @type {Record<string, number>}
 */
const usual = {};

/** The rooms of tests that hold programs in C, other than fuzz targets. */
const ROOMS = ['checkpoint', 'data', 'goldens', 'kernels', 'layers', 'model', 'train'];

/**
 * Returns the objects of a test program: tests/<room>/<name>.c and its further files, <name>_*.c.
 * @param {string} name
 * @param {string[]} rooms
 */
const objectsOf = (name, rooms) =>
  rooms.flatMap((room) =>
    readdirSync(join(ROOT, 'tests', room))
      .filter((file) => file === `${name}.c` || (file.startsWith(`${name}_`) && file.endsWith('.c')))
      .map((file) => `build/sanitized/tests/${room}/${file.slice(0, -2)}.o`),
  );

/**
 * @param {string} tree
 * @param {typeof TARGETS[0]} target
 * @param {string[]} objects  of the core, but this one
 * @returns {Promise<string>} what noticed it; '' for nothing, '-' where it does not compile
 */
async function tryOne(tree, target, objects) {
  if (
    target.file.endsWith('.c') &&
    !(await succeeds('cc', [...FLAGS, '-c', target.file, '-o', 'build/changed.o'], tree, 60_000))
  )
    return '-';
  for (const test of target.tests) {
    const isProgram = !test.endsWith('.mjs'),
      fuzz = test === VERDICTS;
    // A program is linked when its turn comes: most mutants are noticed by the first.
    if (isProgram || fuzz) {
      const program = fuzz ? `fuzz/replay-${target.corpus}` : test,
        parts = fuzz ? [target.corpus, 'replay', 'allocator'] : [test.split('/')[1]];
      if (
        !(await succeeds(
          'cc',
          [
            ...FLAGS,
            'build/changed.o',
            ...objects,
            ...parts.flatMap((part) => objectsOf(part, fuzz ? ['fuzz'] : ROOMS)),
            ...(fuzz ? WRAP : []),
            '-o',
            `build/${program}`,
            '-lm',
          ],
          tree,
          60_000,
        ))
      )
        return '-';
    }
    const args = fuzz ? [`--test-name-pattern=corpus of ${target.corpus}:`, test] : [test];
    const key = `${test} ${fuzz ? target.corpus : ''}`,
      start = performance.now(),
      limit = key in usual ? 5000 + 10 * usual[key] : 120_000;
    if (
      !(await (isProgram
        ? succeeds(join('build', test), [], tree, limit)
        : succeeds(process.execPath, ['--no-warnings', ...args], tree, limit)))
    )
      return test;
    usual[key] ??= performance.now() - start;
  }
  return '';
}

if (options.count) {
  for (const { file } of TARGETS)
    console.log(`${file}: ${mutantsOf(readFileSync(join(ROOT, file), 'utf8'), file.endsWith('.c')).length}`);
  process.exit();
}

const digestOf = (/** @type {string} */ text) => createHash('sha256').update(text).digest('hex').slice(0, 16);
/** @type {Record<string, { digest: string, tried: Record<string, string> }>} */
const results = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {};
const until = Date.now() + 1000 * Number(options.seconds);
const trees = Array.from({ length: Number(options.lanes) }, (_, lane) => makeTree(lane));
const core = readFileSync(join(ROOT, 'build/mutants/objects'), 'utf8').trim().split(/\s+/);

let left = 0;
for (const target of TARGETS) {
  const source = readFileSync(join(ROOT, target.file), 'utf8'),
    mutants = mutantsOf(source, target.file.endsWith('.c'));
  const result =
    results[target.file]?.digest === digestOf(source)
      ? results[target.file]
      : (results[target.file] = { digest: digestOf(source), tried: {} });
  const nameOf = (/** @type {Mutant} */ m) => {
    const line = source.slice(0, m.from).split('\n').length,
      code = source.slice(m.from, m.to).replace(/\s+/g, ' ').trim().slice(0, 70);
    return `${line}: ${m.what}: ${code} @${m.from}`;
  };
  const names = new Set(mutants.map(nameOf));
  if (options.again && target.file.includes(options.only))
    for (const [name, by] of Object.entries(result.tried)) if (by === '') delete result.tried[name];
  for (const name of Object.keys(result.tried)) if (!names.has(name)) delete result.tried[name];
  const open = mutants.filter((m) => !(nameOf(m) in result.tried));
  if (!target.file.includes(options.only)) {
    left += open.length;
    continue;
  }
  const objects = core.filter((o) => o !== `build/sanitized/${target.file.replace(/c$/, 'o')}`);
  const asItIs = open.length && Date.now() < until ? await tryOne(trees[0], target, objects) : '';
  if (asItIs) throw new Error(`${target.file}: as it is, ${asItIs} fails`);
  await Promise.all(
    trees.map(async (tree) => {
      for (let mutant; Date.now() < until && (mutant = open.shift());) {
        writeFileSync(join(tree, target.file), source.slice(0, mutant.from) + mutant.text + source.slice(mutant.to));
        result.tried[nameOf(mutant)] = await tryOne(tree, target, objects);
        writeFileSync(RESULTS, JSON.stringify(results, null, 1));
      }
      writeFileSync(join(tree, target.file), source);
    }),
  );
  left += open.length;
}

let all = 0,
  noticed = 0;
for (const [file, { tried }] of Object.entries(results)) {
  const compiled = Object.entries(tried).filter(([, by]) => by !== '-'),
    dead = compiled.filter(([, by]) => by !== '');
  all += compiled.length;
  noticed += dead.length;
  console.log(`${file}: ${dead.length} of ${compiled.length} noticed`);
  for (const [name, by] of compiled) if (by === '') console.log(`  survives: ${name}`);
}
console.log(
  `${noticed} of ${all} noticed, ${((100 * noticed) / all).toFixed(1)} %${left ? `; ${left} not yet tried` : ''}`,
);
for (const tree of trees) rmSync(tree, { recursive: true, force: true });
process.exitCode = left || noticed < WANTED * all ? 1 : 0;
