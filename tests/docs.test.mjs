/**
 * docs.test.mjs - every command and every block of code in README.md, CONTRIBUTING.md and assets/docs/ is run, on a
 * small archive.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ROOT } from './support/core.mjs';
import { digitPng, smallTar } from './support/files.mjs';

const TARBALL = join(ROOT, 'build/inklearn.tgz');
const noPackage = existsSync(TARBALL) ? false : 'build/inklearn.tgz is missing: make package';
const has = (/** @type {string} */ command, /** @type {string[]} */ ...args) => spawnSync(command, args).status === 0;
const python = ['python3', '/usr/bin/python3'].find((p) => has(p, '-c', 'import torch'));

const read = (/** @type {string} */ file) => readFileSync(join(ROOT, file), 'utf8');
/** Lines that are indented by four, without their comments. @param {string} file */
const commandsIn = (file) =>
  read(file)
    .replace(/^```[^]*?^```/gm, '')
    .split('\n')
    .filter((line) => /^ {4}(make|node|npx|npm|parallel|for|torchrun) /.test(line))
    .map((line) => line.trim().replace(/ +# .*$/, ''));
/** @param {string} file @param {string} language */
const blocksIn = (file, language) =>
  [...read(file).matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map((m) => m[1]);

// A place with what the commands name: an archive, pictures, tools/, build/, and npx and torchrun as they find them
// elsewhere.
const place = mkdtempSync(join(tmpdir(), 'inklearn-docs-')),
  bin = join(place, 'bin');
const archive = smallTar({ perClass: 12, classes: ['0', '1', '2'] });
writeFileSync(join(place, 'mnist_png.tar.gz'), gzipSync(archive));
for (const [i, name] of ['digit.png', 'photo.png'].entries()) writeFileSync(join(place, name), digitPng(7 + i));
for (const name of ['tools', 'build']) symlinkSync(join(ROOT, name), join(place, name));
mkdirSync(bin);
/** @param {string} name @param {string} text */
const program = (name, text) => {
  writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(bin, name), 0o755);
};
program('npx', `shift; exec "${process.execPath}" "${ROOT}tools/inklearn.mjs" "$@"`);
// PyTorch 1.13's launcher stumbles over Python 3.11 where nothing is redirected.
program(
  'torchrun',
  `exec ${python} -m torch.distributed.run -r 1 -t 1 --rdzv_backend c10d --rdzv_endpoint localhost:0 "$@"`,
);
const env = {
  ...process.env,
  PATH: `${bin}:${process.env.PATH}`,
  OMP_NUM_THREADS: '1',
  npm_config_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
};
for (const name of ['MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'NODE_TEST_CONTEXT'])
  delete (/** @type {Record<string, string | undefined>} */ (env)[name]);

/** @param {string} line @param {string} [cwd] */
function run(line, cwd = place) {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { cwd, env, encoding: 'utf8' });
  assert.equal(status, 0, `${line}\n${stdout.slice(-1500)}${stderr.slice(-2500)}`);
  return stdout;
}

/** The built-in digits take too long: the small archive takes their place. @param {string} line */
const small = (line) =>
  / (train|evaluate|lr-find) /.test(line) && !line.includes('--data')
    ? line.replace(/ (train|evaluate|lr-find) /, ' $1 --data mnist_png.tar.gz ')
    : line;

for (const file of [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'assets/docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `assets/docs/${name}`),
]) {
  const commands = commandsIn(file),
    makes = commands.flatMap((line) => line.split(' && ')).filter((line) => line.startsWith('make '));
  if (makes.length > 0)
    test(`${file}: what make is asked for is there`, () => {
      for (const line of makes) run(`${line} -n >/dev/null`, ROOT);
    });
}

test('README.md: the commands of a shell', () => {
  const commands = commandsIn('README.md').filter((line) => line.startsWith('node '));
  assert.ok(commands.length >= 5);
  for (const line of commands) run(small(line));
});

test(
  'README.md and assets/docs/tutorial.md: the JavaScript, with the package installed as they say',
  { skip: noPackage },
  () => {
    writeFileSync(join(place, 'package.json'), '{ "type": "module", "private": true }');
    const install = commandsIn('assets/docs/tutorial.md').filter((line) => line.startsWith('npm '));
    assert.equal(install.length, 1);
    run(install[0]);
    writeFileSync(join(place, 'tutorial.mjs'), blocksIn('assets/docs/tutorial.md', 'js').join('\n'));
    const said = run('node tutorial.mjs');
    assert.match(said, /^36 to learn from, 36 to be tested on; classes 0 1 2\n/);
    assert.match(said, /\n20 steps, the last loss \d/);
    assert.match(said, /\nfrozen [\d.]+\n1 [\d.]+\n/);
    writeFileSync(
      join(place, 'readme.mjs'),
      `const canvas = { width: 28, height: 28, grey: new Uint8Array(784).fill(0, 0, 400).fill(255, 400) };\n${blocksIn('README.md', 'js').join('\n')}\nconsole.log(name, probabilities.length);\n`,
    );
    assert.match(run('node readme.mjs'), /\n2 [\d.]+\n[012] 3\n$/);
  },
);

test(
  'assets/docs/tutorial.md: what it kept is taken elsewhere',
  { skip: noPackage || (python ? false : 'python3-torch is not there (apt-get install python3-torch)') },
  () => {
    const commands = commandsIn('assets/docs/tutorial.md').filter((line) => /^(npx|torchrun) /.test(line));
    assert.equal(commands.length, 3);
    for (const line of commands) run(line);
    assert.deepEqual(readdirSync(join(place, 'larger')).sort().slice(0, 3), [
      'data.safetensors',
      'network.safetensors',
      'notebook.ipynb',
    ]);
  },
);

test('assets/docs/sweeps.md: nine runs, and their comparison', () => {
  const commands = commandsIn('assets/docs/sweeps.md'),
    [alike] = commands.filter((line) => line.startsWith('for ')),
    [compare] = commands.filter((line) => line.includes(' compare '));
  run(alike);
  const table = run(compare).trim().split('\n');
  assert.equal(table.length, 11, table.join('\n')); // head, nine runs, what it wrote
  const accuracies = table
    .slice(1, 10)
    .map((line) => Number(line.match(/^lr0\.\d+-seed[123] +5 +\d\.\d{4} +(\d\.\d{4}) /)?.[1]));
  assert.deepEqual(
    accuracies,
    [...accuracies].sort((a, b) => b - a),
  );
  assert.ok(existsSync(join(place, 'plots/compare.svg')));
});

test(
  'assets/docs/sweeps.md: the same with GNU parallel',
  { skip: has('parallel', '--version') ? false : 'GNU parallel is not there (apt-get install parallel)' },
  () => {
    const [line] = commandsIn('assets/docs/sweeps.md').filter((l) => l.startsWith('parallel ')),
      own = join(place, 'parallel');
    mkdirSync(own);
    symlinkSync(join(place, 'mnist_png.tar.gz'), join(own, 'mnist_png.tar.gz'));
    run(line, own);
    assert.equal(readdirSync(own).filter((name) => name.endsWith('.jsonl')).length, 9);
  },
);

test('compare: what is no run is refused by its name', () => {
  for (const [name, text] of [
    ['none.jsonl', null],
    ['words.jsonl', 'no JSON'],
    ['empty.jsonl', '{"event":"load"}'],
  ]) {
    if (text !== null) writeFileSync(join(place, /** @type {string} */ (name)), text);
    const { status, stderr } = spawnSync('sh', ['-c', `npx inklearn compare ${name}`], {
      cwd: place,
      env,
      encoding: 'utf8',
    });
    assert.deepEqual([status, stderr.split(':')[0]], [1, name]);
  }
});

test("assets/docs/api.md is what tools/package/reference.mjs makes of today's declarations", () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['tools/package/reference.mjs'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  assert.equal(read('assets/docs/api.md'), stdout, 'it is old: node tools/package/reference.mjs >assets/docs/api.md');
});

test('every picture and page that the documentation names is there, and no picture is heavy', () => {
  for (const file of [
    'README.md',
    'CONTRIBUTING.md',
    ...readdirSync(join(ROOT, 'assets/docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `assets/docs/${name}`),
  ])
    for (const [, picture, to] of read(file).matchAll(/(!?)\[[^\]]*\]\((?!https?:|#)([^)#\s]+)/g)) {
      const path = join(ROOT, file, '..', to);
      assert.ok(existsSync(path), `${file} names ${to}`);
      if (picture) assert.ok(statSync(path).size < 150_000, `${to} has ${statSync(path).size} bytes`);
    }
});

test('every public name of the package has a comment', () => {
  const lines = read('tools/package/index.d.ts').split('\n'),
    bare = lines.filter(
      (line, i) => /^export (?:class|interface|type|function)/.test(line) && !/\*\/$|\*\/ *$/.test(lines[i - 1]),
    );
  assert.deepEqual(bare, []);
});
