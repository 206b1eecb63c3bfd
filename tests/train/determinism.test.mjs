/**
 * determinism.test.mjs - one hash of the weights: for any number of threads, again, saved and restored at each step, in
 * Node, Chromium and Firefox.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chooseModule, createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { ROOT } from '../support/core.mjs';
import { skipIn, startSite, WAIT } from '../support/page.mjs';

/** 200 steps of the built-in digits, with all that draws, schedules and remembers. */
const SETTINGS = /** @type {const} */ ({
  model: 'conv(8,3,stride=2) bn relu maxpool(2) linear(32) relu dropout(0.2) linear(classes)',
  epochs: 1,
  batch: 100,
  lr: 0.01,
  optimizer: 'adam',
  schedule: 'one_cycle',
  augment: 'fastai',
  seed: 7,
});
const STEPS = 200;
const DIGITS = join(ROOT, 'build/digits.tar.gz');
const chromium = startSite('chromium'),
  firefox = startSite('firefox');

/**
 * The digest after the run.
 * @param {import('../../web/core/variants.js').Wish} wish
 * @param {boolean} [restored]  saved and restored at each step
 */
async function run(wish, restored = false) {
  const trainer = await createTrainer(wish),
    { engine } = trainer;
  await trainer.load('digits', await pathEntries(DIGITS));
  engine.train(SETTINGS);
  for (let i = 0; i < STEPS; i++) {
    const { step } = engine.advance();
    assert.equal(step, i + 1);
    if (restored) engine.restore(engine.save(true));
  }
  const { digest } = engine;
  trainer.engine.close();
  assert.match(digest, /^[0-9a-f]{16}$/);
  return digest;
}

/** @type {Record<string, Promise<string>>} */
const first = {};
/** @param {'deterministic' | 'fast'} arithmetic */
const want = (arithmetic) => (first[arithmetic] ??= run({ threads: 1, arithmetic }));

for (const arithmetic of /** @type {const} */ (['deterministic', 'fast'])) {
  test(`${arithmetic}: 1, 2, 3, 4, 5 and 8 threads, and once more`, async (t) => {
    for (const threads of [1, 2, 3, 4, 5, 8])
      assert.equal(await run({ threads, arithmetic }), await want(arithmetic), `${threads} threads`);
    t.diagnostic(`${await want(arithmetic)}`);
  });

  test(`${arithmetic}: saved and restored after each of ${STEPS} steps, with 1 thread and with 3`, async () => {
    for (const threads of [1, 3])
      assert.equal(await run({ threads, arithmetic }, true), await want(arithmetic), `${threads} threads`);
  });

  for (const [name, site] of /** @type {const} */ ([
    ['chromium', chromium],
    ['firefox', firefox],
  ]))
    test(`${arithmetic}: the page in ${name}`, { skip: skipIn(name) }, async () => {
      const { page } = await site.ready(
        `#${new URLSearchParams({ ...Object.fromEntries(Object.entries(SETTINGS).map(([k, v]) => [k, String(v)])), arithmetic })}`,
      );
      await page.click('#train');
      await page.waitForSelector('#runs-table tbody tr', WAIT);
      assert.match(
        String(await page.locator('#runs-table tbody tr').first().getAttribute('title')),
        new RegExp(await want(arithmetic)),
      );
      await page.context().close();
    });
}

test('no module takes its arithmetic from outside: exp, log and cos are within it', () => {
  for (const threads of [1, 2])
    for (const arithmetic of /** @type {const} */ (['deterministic', 'fast'])) {
      const { path } = chooseModule({ threads, arithmetic }),
        module = new WebAssembly.Module(readFileSync(path));
      assert.deepEqual(
        WebAssembly.Module.imports(module).filter(
          ({ name }) => !['emscripten_notify_memory_growth', 'memory'].includes(name),
        ),
        [],
        path,
      );
    }
});
