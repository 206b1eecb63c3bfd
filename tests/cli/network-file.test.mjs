/**
 * network-file.test.mjs - the file of a network that is too large, gone or not readable: one sentence, and what is
 * there stays.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openAsBlob, openSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTrainer } from '../../tools/package/node.mjs';
import { readBlob } from '../../tools/package/network-file.js';
import { ROOT } from '../support/core.mjs';

const folder = mkdtempSync(join(tmpdir(), 'inklearn-')),
  large = join(folder, 'large.safetensors');
const file = openSync(large, 'w');
ftruncateSync(file, 2 ** 32); // it takes no room on the disk
closeSync(file);

/** A file that changed after it was opened. */
async function changedBlob() {
  const path = join(folder, 'changed.safetensors');
  writeFileSync(path, 'x'.repeat(100));
  const blob = await openAsBlob(path);
  writeFileSync(path, 'y'.repeat(50));
  return blob;
}

test('the limit is looked at before anything is read', async () => {
  const never = async () => assert.fail('it is read');
  assert.match(
    String(await readBlob(/** @type {any} */ ({ size: 2 ** 31, arrayBuffer: never }))),
    /has 2\.1 GB; 2\.1 GB is the most/,
  );
  assert.deepEqual(new Uint8Array(/** @type {any} */ (await readBlob(new Blob(['abc'])))), Uint8Array.of(97, 98, 99));
  assert.match(String(await readBlob(await changedBlob())), /it has changed since/);
  assert.match(
    String(
      await readBlob(
        /** @type {any} */ ({
          size: 1,
          arrayBuffer: async () => {
            throw new DOMException('', 'NotFoundError');
          },
        }),
      ),
    ),
    /no longer there/,
  );
});

test('command line: 4 GB, none, a folder, in each place of a network', () => {
  for (const [path, says] of [
    [large, /large\.safetensors: the file of the network has 4\.3 GB; 2\.1 GB is the most/],
    [join(folder, 'none'), /there is no such file/],
    [folder, /directory|folder/],
  ])
    for (const args of [
      ['info', '--load'],
      ['export', '--onnx', '--to', join(folder, 'x.onnx'), '--load'],
      ['evaluate', '--load'],
      ['train', '--epochs', '1', '--resume'],
    ]) {
      const { status, stderr } = spawnSync(
        process.execPath,
        [join(ROOT, 'tools/inklearn.mjs'), ...args, String(path)],
        { cwd: folder, encoding: 'utf8' },
      );
      assert.equal(status, 1, `${args[0]} ${path}: ${stderr}`);
      assert.match(stderr, /** @type {RegExp} */ (says), args[0]);
      assert.doesNotMatch(stderr, /\n {4}at /, 'no stack');
    }
});

/** Node counts the bytes of a file's Blob with 32 bits: this one says what a browser's would. */
class LargeBlob extends Blob {
  get size() {
    return 2 ** 32;
  }
}

test('package: a DataError for 4 GB and for a file that changed; the trainer goes on', async () => {
  const trainer = await createTrainer();
  await assert.rejects(trainer.loadCheckpoint(new LargeBlob()), {
    name: 'DataError',
    message: /4\.3 GB; 2\.1 GB is the most/,
  });
  await assert.rejects(trainer.loadCheckpoint(await changedBlob()), {
    name: 'DataError',
    message: /cannot be read: it has changed/,
  });
  await assert.rejects(trainer.loadCheckpoint(new Uint8Array(10)), { name: 'DataError' });
  await trainer.dispose();
});
