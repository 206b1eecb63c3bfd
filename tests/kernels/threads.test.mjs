/** threads.test.mjs - the pool of threads, and that their number changes no bit of what is learnt. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chooseModule, startThread } from '../../tools/node/node.mjs';
import { Engine, EngineError } from '../../web/core/engine.js';
import { chooseVariant, hasRelaxed } from '../../web/core/variants.js';
import { ROOT } from '../support/core.mjs';
import { startModule } from '../support/module.mjs';

const POOL = join(ROOT, 'build/tests/pool-threads.wasm');

for (const [name, program] of [
  ['its own', 'pool'],
  ['the one that finds races', 'pool-races'],
])
  test(`pool, native, 1 to 8 threads, sanitizer: ${name}`, () => {
    const { status, stdout, stderr } = spawnSync(join(ROOT, 'build/tests', program), { encoding: 'utf8' });
    assert.equal(status, 0, stdout.slice(0, 2000) + stderr.slice(0, 4000));
    assert.match(stdout, /[1-9]\d* passed, 0 failed/);
  });

/** The text at an address of a module. */
function textAt(x, address) {
  const bytes = new Uint8Array(x.memory.buffer, address, 256);
  return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
}

test('pool, WebAssembly, 2, 3, 4 and 8 threads: each job once, nested, back to back, after a sleep', async () => {
  for (const threads of [2, 3, 4, 8]) {
    const { x, close } = await startModule(POOL, threads);
    assert.equal(x.pool_test(), 0, `${threads} threads: ${textAt(x, x.pool_text())}`);
    await close();
  }
});

test("pool: a job that traps in another thread ends the caller's loop", async () => {
  for (let again = 0; again < 5; again++) {
    // whichever thread takes that job
    const { x, close } = await startModule(POOL, 2);
    assert.throws(() => x.pool_trap(), WebAssembly.RuntimeError);
    await close();
  }
});

// ---- the engine ----

const DIGITS = join(ROOT, 'build/digits.tar.gz');
const RUNS = {
  mlp: { steps: 12, settings: { model: 'mlp', epochs: 1, batch: 300, lr: 0.1, optimizer: 'adam', seed: 3 } },
  cnn: {
    steps: 12,
    settings: { model: 'cnn', epochs: 1, batch: 100, lr: 0.001, optimizer: 'adam', augment: 'fastai', seed: 3 },
  },
  resnet18: {
    steps: 2,
    settings: { model: 'resnet18', epochs: 1, batch: 20, lr: 0.003, optimizer: 'fastai_adam', seed: 3 },
  },
};

/**
 * SHA-256 of the checkpoint after some steps.
 * @param {import('../../web/core/variants.js').Wish} wish
 * @param {keyof typeof RUNS} name
 */
async function learn(wish, name) {
  const { path, threads } = chooseModule(wish);
  const engine = await Engine.create(readFileSync(path), { threads, startThread });
  assert.equal(engine.threads, wish.threads);
  engine.loadStart();
  engine.loadStream('digits.tar');
  engine.loadPush(digits);
  engine.loadEnd();
  engine.loadFinish();
  const { steps, settings } = RUNS[name];
  engine.train(settings);
  for (let i = 0; i < steps; i++) engine.advance();
  const hash = createHash('sha256').update(engine.save(true)).digest('hex');
  const { variant } = engine;
  engine.close();
  return { hash, variant };
}

let digits = new Uint8Array();
test('weights after some steps: the same bits with 1, 2, 3, 4 and 8 threads', async (t) => {
  const { gunzipSync } = await import('node:zlib');
  digits = gunzipSync(readFileSync(DIGITS));
  for (const arithmetic of /** @type {const} */ (['deterministic', 'fast'])) {
    for (const name of /** @type {const} */ (['mlp', 'cnn', 'resnet18'])) {
      const want = await learn({ threads: 1, arithmetic }, name);
      for (const threads of name === 'resnet18' ? [2, 4] : [2, 3, 4, 8])
        assert.deepEqual(
          await learn({ threads, arithmetic }, name),
          want,
          `${name}, ${arithmetic}, ${threads} threads`,
        );
      t.diagnostic(`${name}, ${want.variant}: ${want.hash.slice(0, 16)}`);
    }
  }
});

test('a module is chosen by what there is and what is asked', () => {
  assert.deepEqual(chooseVariant({ arithmetic: 'deterministic' }, 2), { file: 'inklearn-threads.wasm', threads: 2 });
  assert.deepEqual(chooseVariant({ arithmetic: 'deterministic' }, 1), { file: 'inklearn.wasm', threads: 1 });
  assert.deepEqual(chooseVariant({ threads: 1, arithmetic: 'deterministic' }, 4), {
    file: 'inklearn.wasm',
    threads: 1,
  });
  assert.equal(chooseVariant({ arithmetic: 'deterministic' }, 128).threads, 8);
  assert.equal(chooseVariant({ threads: 12, arithmetic: 'deterministic' }, 2).threads, 12);
  assert.equal(chooseVariant({}, 2).file, hasRelaxed() ? 'inklearn-threads-relaxed.wasm' : 'inklearn-threads.wasm');
  const scope = /** @type {any} */ (globalThis);
  scope.crossOriginIsolated = false; // as in a page whose host sends no headers
  try {
    assert.deepEqual(chooseVariant({ threads: 4, arithmetic: 'deterministic' }, 4), {
      file: 'inklearn.wasm',
      threads: 1,
    });
  } finally {
    delete scope.crossOriginIsolated;
  }
});

test('a thread that cannot start is told, and the others do its work', async () => {
  const { path } = chooseModule({ threads: 3 });
  let lost = 0;
  const broken = (/** @type {any} */ thread, /** @type {() => void} */ onLost) => {
    if (!lost++) return startThread(thread, onLost);
    setTimeout(onLost, 1);
    return { terminate() {} };
  };
  const engine = await Engine.create(readFileSync(path), { threads: 3, startThread: broken });
  assert.equal(engine.threads, 3);
  await new Promise((resolve) => (engine.onThreadLost = () => resolve(undefined)));
  assert.equal(engine.threads, 2);
  engine.close();
  assert.throws(
    () => engine.classes(),
    (e) => e instanceof EngineError && /closed/.test(e.message),
  );
});

test('an engine that trapped refuses every later call', () => {
  const exports = {
    _initialize() {},
    ink_api_load_start() {
      throw new WebAssembly.RuntimeError('unreachable');
    },
    ink_api_spans: () => 0,
    ink_api_numbers: () => 0,
    ink_api_data: () => 0,
    memory: new WebAssembly.Memory({ initial: 1 }),
  };
  const engine = new Engine(/** @type {any} */ (exports));
  assert.deepEqual(engine.classes(), []);
  assert.throws(
    () => engine.loadStart(),
    (e) => e instanceof EngineError && e.code === 'crashed' && /unreachable/.test(e.message),
  );
  assert.throws(
    () => engine.classes(),
    (e) => e instanceof EngineError && e.code === 'crashed',
  );
});

test('the command line: a wrong number of threads and an unknown variant are refused; it ends by itself', () => {
  const run = (/** @type {string[]} */ ...args) =>
    spawnSync(process.execPath, ['tools/inklearn.mjs', 'train', ...args], {
      cwd: ROOT,
      encoding: 'utf8',
      timeout: 60000,
    });
  assert.match(run('--threads', '0').stderr, /^--threads must be auto or a whole number from 1 to 64, not '0'\n$/);
  assert.match(run('--variant', 'quick').stderr, /^--variant must be fast or deterministic, not 'quick'\n$/);
  const { status, stdout } = run('--threads', '3', '--variant', 'deterministic', '--epochs', '1');
  assert.equal(status, 0);
  assert.match(stdout, /simd128, 3 threads/);
});
