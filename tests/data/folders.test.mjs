/**
 * folders.test.mjs - folders of the disk on the command line: every spelling of their path, symbolic links, files that
 * cannot be read, and the newest Node.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { ROOT } from '../support/core.mjs';
import { digitPng } from '../support/files.mjs';

const PROGRAM = join(ROOT, 'tools/inklearn.mjs'),
  NEWEST = join(ROOT, 'build/newest-node/node_modules/.bin/node');
const folder = () => realpathSync(mkdtempSync(join(tmpdir(), 'inklearn-folders-')));

/** `root`/training and testing, with two classes of `count` pictures. @param {string} root */
function makeSet(root, count = 3, roles = ['training', 'testing']) {
  for (const role of roles)
    for (const [c, name] of ['cat', 'dog'].entries()) {
      mkdirSync(join(root, role, name), { recursive: true });
      for (let n = 0; n < count; n++) writeFileSync(join(root, role, name, `${n}.png`), digitPng(10 * c + n));
    }
}

/** @param {string} path @param {import('../../web/core/trainer.js').Trainer} [trainer] */
async function load(path, trainer) {
  trainer ??= await createTrainer();
  const report = await trainer.load(path, await pathEntries(path)),
    { train, valid, skipped, litter, classes } = report;
  return {
    train,
    valid,
    skipped,
    litter,
    classes,
    problems: report.problems.map((p) => `${p.path}: ${p.reason}`),
    paths: trainer.pictures('train', [...Array(train).keys()]).paths,
  };
}

/** @param {string} cwd @param {string[]} args @param {string} [node] */
function inklearn(cwd, args, node = process.execPath) {
  const { status, stdout, stderr } = spawnSync(
    node,
    [PROGRAM, 'train', '--epochs', '1', '--batch', '2', '--model', 'linear', ...args],
    { cwd, encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

const SIX = /^6 training and 6 test pictures of 2 classes in [\d.]+ s\n/;

test('every spelling of a path is the same folder', () => {
  const w = folder();
  makeSet(join(w, 'set'));
  mkdirSync(join(w, 'a'));
  for (const path of [
    'set',
    './set',
    'set/',
    'set//',
    './/set',
    'a/../set',
    'set/.',
    'set/training/..',
    join(w, 'set'),
    `${w}//set/`,
  ]) {
    const { status, stdout, stderr } = inklearn(w, ['--data', path]);
    assert.equal(status, 0, `${path}: ${stderr}`);
    assert.match(stdout, SIX, path);
  }
  for (const [cwd, path] of [
    [join(w, 'set'), '.'],
    [join(w, 'set'), './'],
    [join(w, 'set/training'), '..'],
    [join(w, 'a'), '../set'],
    [join(w, 'set/testing/dog'), '../../'],
  ])
    assert.match(inklearn(cwd, ['--data', path]).stdout, SIX, `${path} in ${cwd}`);
});

test('the names of files begin with that of the folder, and one that begins with a dot is no litter', async () => {
  const w = folder();
  makeSet(join(w, 'set'), 1);
  assert.deepEqual((await load(`${w}/a/../set/`.replace('a/../', './'))).paths, [
    'set/training/cat/0.png',
    'set/training/dog/0.png',
  ]);
  for (const root of ['.cache/mnist', '.mnist', '__MACOSX']) {
    makeSet(join(w, root), 1);
    writeFileSync(join(w, root, 'training/cat/.DS_Store'), 'x');
    const { train, litter, paths } = await load(join(w, root));
    assert.deepEqual([train, litter, paths[0]?.endsWith('training/cat/0.png')], [2, 1, true], root);
  }
});

test('symbolic links to folders and pictures are followed; loops end, and what leads nowhere is named', async () => {
  const w = folder(),
    set = join(w, 'links');
  makeSet(join(w, 'real'));
  for (const role of ['training', 'testing']) {
    mkdirSync(join(set, role), { recursive: true });
    symlinkSync(join(w, 'real', role, 'cat'), join(set, role, 'cat'));
    mkdirSync(join(set, role, 'dog'));
    for (const n of [0, 1, 2]) symlinkSync(`../../../real/${role}/dog/${n}.png`, join(set, role, `dog/${n}.png`));
  }
  const followed = await load(set);
  assert.deepEqual([followed.train, followed.valid, followed.skipped], [6, 6, 0]);
  assert.deepEqual(followed.paths.slice(2, 4), ['links/training/cat/2.png', 'links/training/dog/0.png']);

  symlinkSync('..', join(set, 'training/loop'));
  symlinkSync('.', join(set, 'self'));
  symlinkSync('nowhere.png', join(set, 'training/cat/dangling.png'));
  symlinkSync('ring.png', join(set, 'testing/dog/ring.png'));
  const odd = await load(set);
  assert.deepEqual([odd.train, odd.valid, odd.skipped], [6, 6, 4]);
  assert.deepEqual(odd.problems.sort(), [
    'links/self: it is a symbolic link to a folder that it is in',
    'links/testing/dog/ring.png: it is a symbolic link that leads back to itself',
    'links/training/cat/dangling.png: it is a symbolic link to a file that is not there',
    'links/training/loop: it is a symbolic link to a folder that it is in',
  ]);
  // Two links to one folder are two folders, as for torchvision.
  symlinkSync('cat', join(set, 'training/dog2'));
  symlinkSync('cat', join(set, 'testing/dog2'));
  assert.deepEqual((await load(set)).classes, ['cat', 'dog', 'dog2']);
});

test(
  'what is no file is named and never opened; a picture that goes away after it was found is skipped',
  { skip: process.platform === 'win32' && 'there are no pipes in folders of Windows' },
  async () => {
    const w = folder(),
      set = join(w, 'set');
    makeSet(set);
    assert.equal(spawnSync('mkfifo', [join(set, 'training/cat/pipe.png')]).status, 0);
    symlinkSync('/dev/zero', join(set, 'training/cat/zero.png'));
    const entries = await pathEntries(set);
    unlinkSync(join(set, 'training/dog/1.png'));
    rmSync(join(set, 'testing/cat'), { recursive: true });
    writeFileSync(join(set, 'testing/dog/0.png'), '');
    const report = await (await createTrainer()).load('set', entries);
    assert.deepEqual([report.train, report.valid, report.skipped], [5, 2, 7]);
    assert.deepEqual(report.problems.map(({ path, reason }) => `${path}: ${reason}`).sort(), [
      ...[0, 1, 2].map((n) => `set/testing/cat/${n}.png: the file is no longer there`),
      'set/testing/dog/0.png: it became shorter while it was read',
      'set/training/cat/pipe.png: it is a pipe, not a file',
      'set/training/cat/zero.png: it is a device, not a file',
      'set/training/dog/1.png: the file is no longer there',
    ]);
  },
);

test(
  'a folder without permission is named',
  { skip: process.getuid?.() === 0 && 'root may read everything' },
  async () => {
    const w = folder(),
      set = join(w, 'set');
    makeSet(set);
    mkdirSync(join(set, 'training/locked'), { mode: 0 });
    assert.deepEqual((await load(set)).problems, ['set/training/locked: there is no permission to read it']);
  },
);

test('an empty folder, one of links alone, and one that is not there', async () => {
  const w = folder();
  await assert.rejects(pathEntries(w), /: the folder is empty$/);
  await assert.rejects(pathEntries(join(w, 'none')), /none: there is no such file or folder$/);
  symlinkSync('nowhere', join(w, 'link'));
  await assert.rejects(load(w), /link: it is a symbolic link to a file that is not there/);
});

test('a data set that comes through a pipe', { skip: !existsSync('/dev/stdin') && 'there is no /dev/stdin' }, () => {
  const w = folder();
  makeSet(join(w, 'set'));
  const program = `"${process.execPath}" "${PROGRAM}"`;
  const command = `tar -cf - set | ${program} train --epochs 1 --batch 2 --model linear --data /dev/stdin`;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: w, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stdout, SIX);
});

test('the command line says what was kept apart, what was skipped and how much of it is listed', () => {
  const w = folder(),
    set = join(w, 'set');
  makeSet(set, 3, ['train', 'val', 'test']);
  mkdirSync(join(set, '.ipynb_checkpoints'));
  writeFileSync(join(set, '.ipynb_checkpoints/x.png'), 'x');
  assert.match(
    inklearn(w, ['--data', 'set']).stdout,
    /^6 training and 6 validation pictures .* s; 6 test pictures are kept apart; 1 hidden file passed over\n/,
  );
  for (let n = 0; n < 300; n++) writeFileSync(join(set, 'train/cat', `bad${n}.png`), 'x');
  const { status, stdout, stderr } = inklearn(w, ['--data', 'set']);
  assert.equal(status, 0);
  assert.match(stdout, /; 300 files skipped, the first 200 are listed;/);
  assert.equal(stderr.match(/^skipped "set\/train\/cat\/bad\d+\.png": /gm)?.length, 200);
});

test('an error of a load counts all files that were skipped', async () => {
  const set = join(folder(), 'set');
  makeSet(set, 3, ['training']);
  for (let n = 0; n < 250; n++) writeFileSync(join(set, 'training/cat', `bad${n}.png`), 'x');
  const error = await load(set).then(
    () => null,
    (failed) => failed,
  );
  assert.deepEqual([error.skipped, error.problems.length], [250, 200]);
});

test(
  'the newest Node reads folders too',
  { skip: !existsSync(NEWEST) && 'build/newest-node is not there: tools/setup/setup.sh fetches it' },
  () => {
    const w = folder();
    makeSet(join(w, 'set'));
    const version = spawnSync(NEWEST, ['--version'], { encoding: 'utf8' }).stdout;
    assert.ok(Number(version.match(/^v(\d+)\./)?.[1]) >= 24, version);
    for (const path of ['./set', 'set//']) {
      const { status, stdout, stderr } = inklearn(w, ['--data', path], NEWEST);
      assert.equal(status, 0, stderr);
      assert.match(stdout, SIX);
    }
  },
);
