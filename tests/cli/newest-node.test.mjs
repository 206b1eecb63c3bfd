/**
 * newest-node.test.mjs - every command under the newest Node, which tools/setup/setup.sh fetches, or under another one
 * (INK_NODE=path): it says and writes the same as under the Node that runs this test.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/core.mjs';
import { digitPng, gz, smallTar, zip } from '../support/files.mjs';
import { eventsIn, folder, run } from '../support/program.mjs';

const newest = process.env.INK_NODE || join(ROOT, 'build/newest-node/node_modules/.bin/node');
const skip = existsSync(newest) ? false : 'the newest Node is not there: tools/setup/setup.sh test';

/** A folder with the same pictures as a folder, as a tar, packed and not, and as a zip. */
function pictures() {
  const cwd = folder(),
    files = [];
  for (const split of ['training', 'testing'])
    for (const [i, name] of ['0', '1', '2'].entries()) {
      mkdirSync(join(cwd, 'set', split, name), { recursive: true });
      for (let n = 0; n < 20; n++) {
        const path = `set/${split}/${name}/${n}.png`,
          data = digitPng(10 * n + i);
        writeFileSync(join(cwd, path), data);
        files.push({ name: path, data });
      }
    }
  const tar = smallTar({ perClass: 20 });
  writeFileSync(join(cwd, 'set.tar'), tar);
  writeFileSync(join(cwd, 'set.tar.gz'), gz(tar));
  writeFileSync(join(cwd, 'set.zip'), zip(files));
  return cwd;
}

/**
 * Leaves out the values that may differ between two runs of the same work.
 * @param {string} name
 * @param {unknown} value
 */
const settled = (name, value) => (/seconds|per_second|ms_per_step/.test(name) ? undefined : value);

/**
 * All commands, one after the other.
 * @param {string} node
 * @returns {{ said: string[], files: Record<string, string> }}
 */
function work(node) {
  const cwd = pictures(),
    said = [];
  const train = ['--epochs', '2', '--batch', '10', '--model', 'mlp', '--variant', 'deterministic'];
  for (const args of [
    ...['set', 'set.tar', 'set.tar.gz', 'set.zip'].map((data) => [
      'train',
      '--data',
      data,
      ...train,
      '--save',
      `${data}.safetensors`,
      '--threads',
      '2',
    ]),
    ['train', '--data', 'set.tar', '--load', 'set.tar.safetensors', ...train, '--interpret', '--plots', 'plots'],
    ['evaluate', '--data', 'set.tar', '--load', 'set.tar.safetensors', '--shifts', '--variant', 'deterministic'],
    [
      'predict',
      '--load',
      'set.tar.safetensors',
      'set/testing/1/3.png',
      '--as',
      'picture',
      '--variant',
      'deterministic',
    ],
    ['lr-find', '--data', 'set.tar', ...train.slice(2), '--steps', '20'],
    ...['safetensors', 'onnx', 'page'].map((format) => [
      'export',
      '--load',
      'set.tar.safetensors',
      '--format',
      format,
      '--to',
      `out/${format}`,
    ]),
    ...['pytorch', 'notebook'].map((format) => [
      'export',
      '--data',
      'set.tar',
      '--load',
      'set.tar.safetensors',
      '--format',
      format,
      '--to',
      `out/${format}`,
    ]),
    ['info', '--load', 'set.tar.safetensors'],
    ['bench', '--data', 'set.tar', '--model', 'linear', '--seconds', '1'],
  ]) {
    const { status, stdout, stderr } = run([...args, '--json'], { node, cwd });
    assert.deepEqual([status, stderr], [0, ''], args.join(' '));
    said.push(...eventsIn(stdout).map((event) => JSON.stringify(event, settled)));
    if (args[2] === 'set.zip') writeFileSync(join(cwd, 'run.jsonl'), stdout);
  }
  const { status, stdout } = run(['compare', 'run.jsonl', '--json'], { node, cwd });
  assert.equal(status, 0);
  said.push(JSON.stringify(eventsIn(stdout), settled));
  const namesIn = (/** @type {string} */ place) =>
    readdirSync(join(cwd, place), { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'run.jsonl')
      .map(({ name }) => join(place, name));
  const written = ['.', 'out', 'out/pytorch', 'out/notebook'].flatMap(namesIn);
  const files = Object.fromEntries(written.map((name) => [name, readFileSync(join(cwd, name)).toString('latin1')]));
  return { said, files };
}

test('all commands say and write the same', { skip, timeout: 300_000 }, () => {
  const here = work(process.execPath),
    there = work(newest);
  assert.deepEqual(there.said, here.said);
  assert.deepEqual(Object.keys(there.files), Object.keys(here.files));
  for (const [name, bytes] of Object.entries(here.files)) assert.ok(there.files[name] === bytes, `${name} differs`);
});

test('a mistake is a sentence, and nothing is deprecated', { skip }, () => {
  const cwd = pictures();
  for (const args of [
    ['train', '--data', 'absent'],
    ['train', '--data', 'set.tar', '--save', 'set'],
    ['info', '--load', 'set.tar'],
    ['trian'],
  ]) {
    const { status, stderr } = run(args, { node: newest, cwd });
    assert.ok(status === 1 || status === 2, stderr);
    assert.match(stderr, /^[^\n]+\n$/);
    assert.doesNotMatch(stderr, /\[DEP|Warning/);
  }
});
