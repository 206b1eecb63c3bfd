/** handles.test.mjs - the package: a folder that was opened in a browser, where some of it cannot be read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTrainer } from '../../tools/package/node.mjs';
import { digitPng } from '../support/files.mjs';

const gone = () =>
  Promise.reject(new DOMException('A requested file or directory could not be found', 'NotFoundError'));

/**
 * A stand-in for a FileSystemDirectoryHandle.
 * @param {string} name
 * @param {any[]} children  null: they cannot be listed any further
 */
const directory = (name, children) => ({
  kind: 'directory',
  name,
  async *entries() {
    for (const child of children) {
      if (!child) await gone();
      yield [child.name, child];
    }
  },
});
/** @param {string} name @param {Uint8Array | null} bytes  null: it is gone */
const file = (name, bytes) => ({ kind: 'file', name, getFile: bytes ? async () => new File([bytes], name) : gone });

test('what cannot be read in a folder is skipped, counted and named', async () => {
  const pictures = [0, 1, 2].map((n) => file(`${n}.png`, digitPng(n)));
  const role = (/** @type {string} */ name) =>
    directory(name, [directory('cat', pictures), directory('dog', pictures)]);
  const odd = directory('train', [directory('cat', [file('gone.png', null)]), directory('lost', [null])]);
  const set = directory('.mine', [role('train'), role('test'), odd]);
  const trainer = await createTrainer({ inline: true, threads: 1 });
  const { train, valid, skipped, problems } = await trainer.load(/** @type {any} */ (set));
  assert.deepEqual([train, valid, skipped], [6, 6, 2]);
  assert.deepEqual(
    problems.map(({ path, reason }) => `${path}: ${reason}`),
    [
      'train/cat/gone.png: the file is no longer there; choose it again',
      'train/lost: the file is no longer there; choose it again',
    ],
  );
  await trainer.dispose();
});
