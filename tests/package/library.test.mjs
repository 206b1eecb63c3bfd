/** library.test.mjs - the native library: the example compiles as it says, and trains as the module does. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { ROOT, scratchFile } from '../support/core.mjs';
import { digitPng, smallTar } from '../support/files.mjs';

const skip = existsSync(join(ROOT, 'build/lib/libinklearn.a')) ? false : 'build/lib is missing: make lib';

test(
  'make lib: the example compiles with the command in its head, trains, and its checkpoint opens here',
  { skip },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'inklearn-')),
      program = join(folder, 'example'),
      checkpoint = join(folder, 'x.safetensors');
    const [command] = /** @type {RegExpMatchArray} */ (
      readFileSync(join(ROOT, 'tools/example.c'), 'utf8').match(/cc -I.*(?= -o example)/)
    );
    const compiled = spawnSync('sh', ['-c', `${command} -std=c11 -Wall -Wextra -Werror -o "${program}"`], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.equal(compiled.status, 0, compiled.stderr);

    const pictures = smallTar({ perClass: 20, classes: ['a', 'b', 'c'] });
    const { status, stdout, stderr } = spawnSync(program, ['model=mlp epochs=2 lr=0.1 batch=8 seed=4', checkpoint], {
      input: pictures,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const told = [...stdout.matchAll(/^epoch (\d): loss ([\d.]+), accuracy ([\d.]+)$/gm)].map(([, ...numbers]) =>
      numbers.map(Number),
    );

    const trainer = await createTrainer({ threads: 1 });
    await trainer.load('small', await pathEntries(scratchFile(pictures)));
    const epochs = [
      ...trainer.fit(/** @type {any} */ ({ model: 'mlp', epochs: 2, lr: 0.1, batch: 8, seed: 4 })),
    ].filter((r) => r.type === 'epoch');
    assert.equal(told.length, 2, stdout);
    epochs.forEach((e, i) => {
      const [epoch, loss] = told[i];
      assert.equal(epoch, e.epoch);
      assert.ok(Math.abs(loss - e.validLoss) < 1e-3, `epoch ${i}: ${loss} natively, ${e.validLoss} in WebAssembly`);
    });
    const ours = trainer.engine.predictPng(digitPng(7), 'picture').probabilities;
    trainer.open(readFileSync(checkpoint));
    const theirs = trainer.engine.predictPng(digitPng(7), 'picture').probabilities;
    ours?.forEach((p, c) =>
      assert.ok(Math.abs(p - /** @type {Float32Array} */ (theirs)[c]) < 1e-3, `probability ${c}`),
    );
    trainer.engine.close();
  },
);

test('make lib: what is wrong is said in one line', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'inklearn-')),
    program = join(folder, 'example');
  spawnSync(
    'sh',
    ['-c', `cc -Ibuild/lib/include tools/example.c -Lbuild/lib -linklearn -lm -pthread -o "${program}"`],
    { cwd: ROOT },
  );
  const { status, stderr } = spawnSync(program, ['lr=fast', join(folder, 'x')], { input: '', encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /^lr must be a number.*\n$/);
});
