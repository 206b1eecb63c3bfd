/** schema.test.mjs - the core's schema agrees with its parsers, and every other list is made from it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { camel, moduleText, typesText } from '../../tools/schema/generate.mjs';
import { OPTIMIZERS } from '../../tools/export/notebook.mjs';
import { renewed } from '../../tools/schema/docs.mjs';
import { ROOT, scratchFile } from '../support/core.mjs';
import { smallTar } from '../support/files.mjs';

/** @typedef {import('../../tools/schema/generate.mjs').Schema} Schema */

const read = (/** @type {string} */ path) => readFileSync(join(ROOT, path), 'utf8');
/** @type {Schema} */
const schema = JSON.parse(read('build/schema.json'));

const trainer = await createTrainer();
await trainer.load('small', await pathEntries(scratchFile(smallTar({ perClass: 4 }))));
/** A preset comes before all others. */
const describe = (/** @type {Record<string, unknown>} */ settings) =>
  trainer.engine.describe(/** @type {any} */ ({ ...settings, model: settings.model ?? 'linear' }));

test('the module says the same as build/schema.json; what is made from it is up to date', async () => {
  const { instance } = await WebAssembly.instantiate(
    readFileSync(join(ROOT, 'build/inklearn.wasm')),
    importsOfNobody(),
  );
  const x = /** @type {any} */ (instance.exports);
  x._initialize();
  assert.equal(x.ink_api_schema(), 0);
  const [address, length] = new Uint32Array(x.memory.buffer, x.ink_api_spans(), 2);
  const text = new TextDecoder().decode(new Uint8Array(x.memory.buffer, address, length));
  assert.equal(`${text}\n`, read('build/schema.json'));
  assert.equal(read('build/schema.js'), moduleText(schema));
  assert.equal(read('build/schema.d.ts'), typesText(schema));
  assert.equal(read('README.md'), renewed(read('README.md'), schema), 'node tools/schema/docs.mjs README.md');
});

/** Imports that a module asks for and this test does not need. */
function importsOfNobody() {
  const nothing = new Proxy({}, { get: () => () => 0 });
  return /** @type {WebAssembly.Imports} */ (new Proxy({}, { get: () => nothing }));
}

test('every entry has a name and a meaning in plain words', () => {
  const entries = [
    ...schema.settings,
    ...schema.optimizers,
    ...schema.schedules,
    ...schema.augmentation.parts,
    ...schema.words.map(({ word, meaning }) => ({ name: word, meaning })),
    ...schema.event.fields,
    ...schema.statuses,
  ];
  for (const { name, meaning } of entries) {
    assert.match(name, /^[a-z][a-z0-9_]*$/);
    assert.match(meaning, /^[^\n]{4,160}[^.\n]$/, `${name}: a phrase without a full stop`);
  }
  for (const list of [schema.settings, schema.optimizers, schema.schedules, schema.event.fields, schema.statuses])
    assert.equal(new Set(list.map(({ name }) => name)).size, list.length, 'each name once');
  assert.deepEqual(Object.values(schema.event.kinds), [1, 2, 3, 4, 5]);
  assert.ok(Object.values(schema.sizes).every((n) => Number.isInteger(n) && n > 0));
});

test('limits are those of the parser: they are accepted, and what is beyond is refused by name', () => {
  let limits = 0;
  for (const { name, kind, min, max, aboveMin, belowMax } of schema.settings) {
    if (min === undefined || max === undefined) continue;
    const key = camel(name),
      whole = kind === 'whole' || kind === 'flag',
      inside = whole ? min : min + 1e-6 * (max - min);
    const accept = [inside, ...(aboveMin ? [] : [min]), ...(belowMax ? [] : [max])];
    const refuse = [min - 1, max * 2 + 1, ...(aboveMin ? [min] : []), ...(belowMax ? [max] : [])];
    if (whole) refuse.push(min + 0.5);
    for (const value of accept) assert.ok(describe({ [key]: value }).parameters > 0, `${name}=${value}`);
    for (const value of refuse)
      assert.throws(
        () => describe({ [key]: value }),
        (/** @type {any} */ error) => error.code === 'argument' && error.message.startsWith(`${name} must be a `),
        `${name}=${value}`,
      );
    limits += accept.length + refuse.length;
  }
  assert.ok(limits > 80, `${limits} values`);
});

test('every word of a choice is accepted, and another is refused with all of them', () => {
  for (const { name, words = [] } of schema.settings) {
    for (const word of words) describe({ [name]: word });
    if (words.length)
      assert.throws(
        () => describe({ [name]: 'nonesuch' }),
        new RegExp(`${name} must be one of ${words.join(', ')}, not`),
      );
  }
  assert.deepEqual(
    schema.settings.find(({ name }) => name === 'optimizer')?.words,
    schema.optimizers.map(({ name }) => name),
  );
  for (const { name, parts } of schema.augmentation.sets)
    for (const part of ['', ...parts.map((without) => `,-${without}`)]) describe({ augment: `${name}${part}` });
  for (const { name } of schema.presets) describe({ preset: name, model: name });
  for (const { name, line } of schema.models) assert.equal(describe({ model: name }).line, line);
});

test('defaults are what a run gets', () => {
  /** @param {Record<string, unknown>} given @returns {Record<string, string>} */
  const settingsOf = (given) => {
    trainer.engine.train(/** @type {any} */ ({ ...given, model: given.model ?? 'linear' }));
    return /** @type {any} */ (trainer.engine.settings());
  };
  for (const optimizer of schema.optimizers)
    for (const schedule of schema.schedules) {
      const got = settingsOf({ optimizer: optimizer.name, schedule: schedule.name });
      for (const { name, default: initial, decidedBy } of schema.settings) {
        if (['preset', 'model', 'optimizer', 'schedule'].includes(name)) continue;
        const want = decidedBy ? (decidedBy === 'optimizer' ? optimizer : schedule).defaults[name] : initial;
        assert.equal(typeof want === 'number' ? Number(got[name]) : got[name], want, `${optimizer.name}: ${name}`);
      }
    }
  for (const { name, settings } of schema.presets) {
    const got = settingsOf({ preset: name, model: name });
    for (const [key, value] of Object.entries(settings))
      assert.ok(got[key] === value || Number(got[key]) === Number(value), `${name}: ${key}=${got[key]}`);
  }
});

test('every word of a model line is read with the arguments that are listed, and no further than their limits', () => {
  for (const { word, contents, arguments: list } of schema.words) {
    const needed = list.filter((argument) => argument.default === undefined);
    const inside = contents?.replace('...', 'relu').replace('branch | shortcut', 'relu |');
    /** @param {string} text */
    const line = (text) => {
      const item = text ? `${word}(${text})` : word;
      return word === 'rgb' ? `${item} conv(2,3) linear(classes)` : `conv(2,3) ${item} linear(classes)`;
    };
    const given = needed.map(({ name, min }) => `${name}=${min}`);
    describe({ model: line(inside ?? given.join(',')) });
    for (const { name, max, whole } of list) {
      const others = given.filter((text) => !text.startsWith(`${name}=`));
      assert.throws(
        () => describe({ model: line([...others, `${name}=${max * 2}`].join(',')) }),
        new RegExp(`${name} must be a ${whole ? 'whole ' : ''}number from `),
        `${word}: ${name}`,
      );
    }
  }
  const all = schema.words.map(({ word }) => word).join(', ');
  assert.throws(
    () => describe({ model: 'nonesuch' }),
    new RegExp(`there are ${all};`),
    'the parser lists the same words',
  );
});

// ---- a copy of the tree, whose schema has more ----

const copy = mkdtempSync(join(tmpdir(), 'inklearn-schema-'));
for (const folder of ['web', 'tools']) cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
for (const file of ['package.json', 'README.md']) cpSync(join(ROOT, file), join(copy, file));
symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
mkdirSync(join(copy, 'build'));
for (const file of readdirSync(join(ROOT, 'build')).filter((name) => /^inklearn.*\.wasm$|^digits\.tar\.gz$/.test(name)))
  symlinkSync(join(ROOT, 'build', file), join(copy, 'build', file));

/** @type {Schema} */
const more = structuredClone(schema);
more.settings.push({
  name: 'made_up',
  kind: 'whole',
  placeholder: 'THINGS',
  meaning: 'number of made-up things',
  default: 7,
  min: 3,
  max: 9,
});
more.optimizers.push({ ...more.optimizers[0], name: 'invented', meaning: 'an invented optimiser' });
more.settings.find(({ name }) => name === 'optimizer')?.words?.push('invented');
more.words.push({
  word: 'dream',
  meaning: 'a layer that is not there',
  arguments: [{ name: 'depth', min: 1, max: 2 }],
});
more.event.fields.push({ name: 'extra_field', meaning: 'a field that is not there' });
more.statuses.push({ name: 'puzzled', meaning: 'a status that is not there' });
more.sizes.pixels += 1;
writeFileSync(join(copy, 'build/schema.json'), JSON.stringify(more));

/** Runs Node in the copy. @param {string[]} args */
function node(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' });
  return { status, stdout, stderr };
}
assert.deepEqual(node('tools/schema/generate.mjs', 'build/schema.json', 'build'), {
  status: 0,
  stdout: '',
  stderr: '',
});
/** The JSON that a module of the copy prints. @param {string} code */
function run(code) {
  const { stdout, stderr } = node('--input-type=module', '-e', code);
  assert.ok(stdout, stderr);
  return JSON.parse(stdout);
}

test('a setting that is added to the schema: an option of the command line, and its help', () => {
  const { stdout } = node('tools/inklearn.mjs', 'train', '--help');
  assert.match(stdout, /^ {2}--made-up THINGS +number of made-up things \[7\]$/m);
  assert.match(stdout, /^ {2}--optimizer NAME .*fastai_adam, invented\) \[sgd\]$/m);
  const { status, stderr } = node('tools/inklearn.mjs', 'train', '--made-up', '4', '--epochs', '1');
  assert.notEqual(status, 0);
  assert.match(stderr, /there is no setting 'made_up'/, 'it went to the core, which has none');
});

test('... a setting of the package, with its type, and its line in the reference', () => {
  const fits = (/** @type {string} */ name) =>
    run(`import { createTrainer } from './tools/package/node.mjs';
      const trainer = await createTrainer({ threads: 1, inline: true });
      await trainer.load([{ class: 'a', image: { width: 1, height: 1, grey: [0] } }]).catch(() => {});
      const error = await trainer.fit({ ${name}: 4 }).then(() => null, (e) => e);
      console.log(JSON.stringify(error.message));
      await trainer.dispose();`);
  assert.match(fits('madeUpp'), /there is no option madeUpp; did you mean madeUp\?/);
  assert.doesNotMatch(fits('madeUp'), /there is no option/);

  const use = join(copy, 'use.ts'),
    text = "import type { Settings } from './tools/package/index.js';\nexport const s: Settings = ";
  const check = (/** @type {string} */ value) => {
    writeFileSync(use, `${text}${value};\n`);
    return node('node_modules/typescript/bin/tsc', '--noEmit', '--skipLibCheck', '--module', 'nodenext', '--types', 'node', '--target', 'es2022', 'use.ts'); // prettier-ignore
  };
  assert.deepEqual(check("{ madeUp: 4, optimizer: 'invented' }"), { status: 0, stdout: '', stderr: '' });
  const { stdout: complaint } = check("{ madeUp: 'four', optimizer: 'unknown' }");
  assert.match(complaint, /Type 'string' is not assignable to type 'number'[^]*Type '"unknown"' is not assignable/);

  const { stdout } = node('tools/package/reference.mjs');
  assert.match(stdout, /^- `madeUp\?: number`: Number of made-up things\. A whole number, 3 to 9\. Default: 7\.$/m);
  assert.match(stdout, /'fastai_adam' \| 'invented'/);
});

test('... limits and choices of the page', () => {
  const { wrong, good, choices } = run(`
    import { problemOf } from './web/page/limits.js';
    import { CHOICES } from './build/schema.js';
    console.log(JSON.stringify({ wrong: ['2', '10', '4.5', ''].map((text) => problemOf('madeUp', text)),
      good: ['3', '9'].map((text) => problemOf('madeUp', text)), choices: CHOICES.optimizer }));`);
  assert.ok(wrong.every(Boolean), JSON.stringify(wrong));
  assert.deepEqual(good, ['', '']);
  assert.equal(choices.at(-1), 'invented');
});

test("... a field of the engine's events, a status, a size", () => {
  const { fields, code, pixels } = run(`
    import { Engine } from './web/core/engine.js';
    const memory = new WebAssembly.Memory({ initial: 1 }), nothing = () => 0;
    new TextEncoder().encodeInto('why', new Uint8Array(memory.buffer, 104));
    new Uint32Array(memory.buffer, 8, 2).set([104, 3]);
    const engine = new Engine({ memory, _initialize: nothing, ink_api_spans: () => 8, ink_api_numbers: nothing,
      ink_api_advance: nothing, ink_api_error: nothing, ink_api_evaluate: () => ${schema.statuses.length} }, null);
    let code;
    try { engine.evaluate(); } catch (error) { code = error.code; }
    const { SIZES } = await import('./build/schema.js');
    console.log(JSON.stringify({ fields: Object.keys(engine.advance()), code, pixels: SIZES.pixels }));`);
  assert.deepEqual(fields, [...schema.event.fields.map(({ name }) => camel(name)), 'extraField']);
  assert.equal(code, 'puzzled');
  assert.equal(pixels, schema.sizes.pixels + 1);
});

test('... a row of the table in README.md', () => {
  assert.equal(node('tools/schema/docs.mjs', '--check', 'README.md').status, 1, 'the table is old now');
  assert.equal(node('tools/schema/docs.mjs', 'README.md').status, 0);
  assert.match(readFileSync(join(copy, 'README.md'), 'utf8'), /^\| `dream\(depth\)` \| a layer that is not there \|$/m);
  assert.equal(node('tools/schema/docs.mjs', '--check', 'README.md').status, 0);
});

// ---- lists that are kept by hand ----

test('every optimiser can be exported: PyTorch and fastai have words for each', () => {
  const names = schema.optimizers.map(({ name }) => name);
  assert.deepEqual(Object.keys(OPTIMIZERS), names);
  const table = /** @type {RegExpMatchArray} */ (read('tools/export/train.py').match(/^OPTIMIZERS = \{\n([^]*?)^\}/m));
  assert.deepEqual(
    [...table[1].matchAll(/^ {4}"(\w+)":/gm)].map((m) => m[1]),
    names,
  );
});

/** Lists that may name settings or optimisers, and why. @type {Record<string, string>} */
const OWN_LISTS = {
  'web/page/settings.js': 'what the choice of a model changes is up to the page',
  'web/index.html': 'fields have labels and hints in words of their own',
  'tools/export/train.py': 'how PyTorch writes each optimiser',
  'tools/export/notebook.mjs': 'how fastai writes each optimiser',
  'tools/package/kept.mjs': 'which settings stay with a network that is trained further',
  'web/page/strings/es.js': 'labels of fields in Spanish',
  'web/page/strings/zh.js': 'labels of fields in Chinese',
};

test('no file outside the core lists settings, optimisers, schedules or words of model lines by hand', () => {
  /** @type {[string, string[], number][]} names of a kind, and how many of them near each other are a list */
  const kinds = [
    ['settings', schema.settings.flatMap(({ name }) => [name, camel(name), name.replaceAll('_', '-')]), 8],
    ['optimisers', schema.optimizers.map(({ name }) => name), 3],
    ['schedules', schema.schedules.map(({ name }) => name), 3],
    ['fields of events', schema.event.fields.map(({ name }) => camel(name)), 12],
    ['statuses', schema.statuses.map(({ name }) => name), 7],
  ];
  const files = ['web', 'tools'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(m?js|ts|py|html)$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  const found = files.flatMap((file) => {
    const lines = read(file).split('\n');
    return kinds.flatMap(([kind, names, most]) => {
      const quoted = new RegExp(`['"\`](${names.join('|')})['"\`]|^\\s*['"]?(${names.join('|')})['"]?\\??:`, 'g');
      const nameOf = (/** @type {RegExpMatchArray} */ m) => camel((m[1] ?? m[2]).replaceAll('-', '_'));
      const at = lines.flatMap((line, i) => [...line.matchAll(quoted)].map((m) => ({ i, name: nameOf(m) })));
      const near = at.find(
        ({ i }) => new Set(at.filter((o) => o.i >= i && o.i < i + 30).map((o) => o.name)).size >= most,
      );
      return near && !OWN_LISTS[file] ? [`${file}:${near.i + 1} lists ${kind}`] : [];
    });
  });
  assert.deepEqual(found, []);
});
