/**
 * parts.test.mjs - the page's core in two parts: the first part is enough for a first run, and the two are the whole one,
 * to the bit and to the word, whenever the rest comes.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startThread } from '../tools/node.mjs';
import { instrument, split } from '../tools/parts/split.mjs';
import { Engine, EngineError, importsOn, joinRest, sharedMemory } from '../web/engine.js';
import { hasRelaxed } from '../web/variants.js';
import { ROOT } from './core.mjs';

const NAMES = ['inklearn', 'inklearn-threads', ...(hasRelaxed() ? ['inklearn-relaxed', 'inklearn-threads-relaxed'] : [])];
const bytesOf = (/** @type {string} */ path) => readFileSync(join(ROOT, 'build', path));
const threadsOf = (/** @type {string} */ name) => (name.includes('threads') ? 2 : 1);

/** The whole core, or its parts. @param {string} name @param {import('../web/engine.js').Rest} [rest] */
const start = (name, rest) => Engine.create(bytesOf(rest ? `parts/${name}.wasm` : `${name}.wasm`), { threads: threadsOf(name), startThread, rest });

/** Tells how often the rest was asked for. @param {string} name */
function restOf(name) {
  const module = new WebAssembly.Module(bytesOf(`parts/${name}-rest.wasm`)), asked = { fetch: 0, now: 0 };
  return { asked, rest: { fetch: async () => (asked.fetch++, module), now: () => (asked.now++, module) } };
}

/** @type {Record<string, Uint8Array>} */
const DIGITS = Object.fromEntries(['train-labels', 'train-images', 'test-labels', 'test-images'].map((which) => [which, gunzipSync(bytesOf(`digits-${which}.idx.gz`))]));

/** @param {Engine} engine */
function loadDigits(engine) {
  engine.loadStart();
  for (const which of ['train-labels', 'train-images', 'test-labels', 'test-images']) {
    engine.loadStream(`digits-${which}.idx`);
    engine.loadPush(DIGITS[which]);
    engine.loadEnd();
  }
  engine.loadFinish();
}
/** @param {Engine} engine @param {any} settings @param {number} steps */
function train(engine, settings, steps) {
  engine.train({ epochs: 1, batch: 64, lr: 0.01, seed: 0, ...settings });
  for (let i = 0; i < steps; i++) engine.advance();
}

for (const name of NAMES) {
  test(`${name}: the first run of the page asks for no rest, and learns as the whole core does`, async () => {
    const { rest, asked } = restOf(name), engine = await start(name, rest), whole = await start(name);
    for (const one of [engine, whole]) {
      loadDigits(one);
      one.train({ model: 'linear', epochs: 1, batch: 256, lr: 0.01, optimizer: 'sgd', schedule: 'constant', augment: 'none', seed: 0 });
    }
    for (let event; (event = engine.advancePart()).kind !== 4;) assert.deepEqual(event, whole.advancePart());
    assert.deepEqual(engine.confusion(), whole.confusion());
    assert.equal(engine.digest, whole.digest);
    assert.deepEqual(asked, { fetch: 0, now: 0 });
    assert.equal(engine.threads, threadsOf(name));
    assert.deepEqual(engine.save(false), whole.save(false)); // which is in the rest
    assert.deepEqual(asked, { fetch: 0, now: 1 });
    for (const one of [engine, whole]) one.close();
  });

  test(`${name}: the rest is fetched early, or in the midst of a run; threads start then`, async () => {
    const digests = [];
    for (const when of ['whole', 'early', 'in the midst', 'when it is needed']) {
      const { rest, asked } = restOf(name), engine = await start(name, when === 'whole' ? undefined : rest);
      if (when === 'early') await engine.loadRest();
      loadDigits(engine);
      train(engine, { model: 'linear', lr: 0.1 }, 3);
      if (when === 'in the midst') await engine.loadRest();
      train(engine, { model: 'conv(8,5) bn relu maxpool(2) linear(classes)', optimizer: 'adam', augment: 'digits' }, 3);
      await new Promise((resolve) => setTimeout(resolve));
      assert.equal(engine.threads, threadsOf(name));
      digests.push(engine.digest);
      assert.deepEqual(asked, when === 'whole' ? { fetch: 0, now: 0 } : when === 'when it is needed' ? { fetch: 0, now: 1 } : { fetch: 1, now: 0 }, when);
      await engine.loadRest();
      assert.ok(asked.fetch <= 1, 'nothing is fetched twice');
      engine.close();
    }
    assert.deepEqual(new Set(digests).size, 1, String(digests));
  });
}

test('with both parts memory holds what it holds with the whole core: all constants are back', () => {
  for (const name of NAMES) {
    const [whole, parts] = [[`${name}.wasm`], [`parts/${name}.wasm`, `parts/${name}-rest.wasm`]].map(([first, rest]) => {
      const memory = threadsOf(name) > 1 ? sharedMemory() : undefined;
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(first)), importsOn(memory));
      if (rest) joinRest(new WebAssembly.Module(bytesOf(rest)), exports, memory);
      return Buffer.from((memory ?? /** @type {any} */ (exports).memory).buffer);
    });
    assert.ok(whole.some((byte) => byte !== 0) && whole.equals(parts), name);
  }
});

test('what the first part says it says as the whole core does: its words are all there', async () => {
  const name = NAMES[NAMES.length - 1];
  const settings = [{ lr: 0 }, { lr: '1:2:3' }, { epochs: 1.5 }, { model: 'line(3)' }, { model: 'linear(3' }, { model: 'linear(classes) 7' }, { model: 'linear(70000)' }, { model: '' }, { model: 'linear(3)' },
    { model: 'conv(8,99) linear(classes)' }, { model: 'linear(30) maxpool(2)' }, { optimizer: 'none' }, { augment: 'fastai,-fly' }, { preset: 'bad' }, { nothing: 1 }, { batch: 1e9 }, { lr: 1e-300 },
    { model: 'residual(linear(3) | linear(4)) linear(classes)' }, { momentum: 1 }, { seed: -1 }, { model: 'dropout(2)' }];
  const said = async (/** @type {import('../web/engine.js').Rest | undefined} */ rest) => {
    const messages = [];
    for (const one of settings) {
      const engine = await start(name, rest); // the rest is gone again
      loadDigits(engine);
      try {
        engine.train(/** @type {any} */ ({ model: 'linear', epochs: 1, batch: 64, lr: 0.1, seed: 0, ...one }));
        messages.push('taken');
      } catch (error) {
        messages.push(/** @type {Error} */ (error).message);
      }
      engine.close();
    }
    return messages;
  };
  const messages = await said(undefined);
  assert.ok(messages.filter((m) => m !== 'taken').length >= 15, String(messages));
  assert.deepEqual(await said(restOf(name).rest), messages);
});

test('a rest that cannot come is said, and ends the engine as a trap does', async () => {
  const gone = () => { throw new EngineError('network', 'the server answered 404 for /rest.wasm'); };
  const engine = await start('inklearn', { fetch: async () => gone(), now: gone });
  loadDigits(engine);
  train(engine, { model: 'linear', lr: 0.1 }, 2); // needs none
  await assert.rejects(engine.loadRest(), { code: 'network' });
  engine.advance(); // still needs none
  const other = await start('inklearn', restOf('inklearn-threads').rest);
  await assert.rejects(other.loadRest(), WebAssembly.LinkError, 'the rest of another module');
  loadDigits(other);
  train(other, { model: 'linear', lr: 0.1 }, 2); // goes on
  assert.throws(() => train(engine, { model: 'cnn' }, 1), { code: 'crashed', message: /404 for \/rest\.wasm/ });
  assert.throws(() => engine.advance(), { code: 'crashed' });
});

/** By hand: three functions, two of which call the first, by the table and by its index. */
const SMALL = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0,
  1, 9, 2, 96, 0, 0, 96, 1, 127, 1, 127, // () -> (), (i32) -> i32
  3, 4, 3, 1, 1, 1,
  4, 5, 1, 0x70, 1, 1, 1,
  5, 3, 1, 0, 1,
  7, 22, 4, 1, 97, 0, 0, 1, 98, 0, 1, 1, 99, 0, 2, 6, 109, 101, 109, 111, 114, 121, 2, 0, // exports a, b, c, memory
  9, 7, 1, 0, 65, 0, 11, 1, 0,
  10, 29, 3,
  7, 0, 32, 0, 32, 0, 106, 11, // a(x) = x + x
  9, 0, 32, 0, 65, 0, 17, 1, 0, 11, // b(x) = table[0](x)
  9, 0, 32, 0, 16, 0, 32, 0, 106, 11, // c(x) = a(x) + x
);

test('a small module: every way to divide it computes the same', () => {
  const whole = /** @type {any} */ (new WebAssembly.Instance(new WebAssembly.Module(SMALL)).exports);
  assert.deepEqual(['a', 'b', 'c'].map((f) => whole[f](7)), [14, 14, 21]);
  for (let kept = 0; kept < 8; kept++) {
    const { first, rest } = split(SMALL, new Set([0, 1, 2].filter((i) => kept & 1 << i)), null);
    let asked = 0;
    const x = /** @type {any} */ ({}), join = () => { asked++; Object.assign(x, joinRest(new WebAssembly.Module(rest), x)); };
    Object.assign(x, new WebAssembly.Instance(new WebAssembly.Module(first), importsOn(undefined, join)).exports);
    for (const [i, f] of ['b', 'c', 'a'].entries()) if (!x[f]) { assert.ok(!(kept & [2, 4, 1][i])); join(); }
    assert.deepEqual(['b', 'c', 'a'].map((f) => x[f](7)), [14, 21, 14], `kept ${kept}`);
    assert.ok(asked <= 1, `asked ${asked} times`);
    assert.equal(asked, kept === 7 ? 0 : 1);
  }
  const hits = /** @type {number[]} */ ([]), { exports } = new WebAssembly.Instance(new WebAssembly.Module(instrument(SMALL)), { env: { hit: (/** @type {number} */ i) => hits.push(i) } });
  assert.equal(/** @type {any} */ (exports).b(4), 8);
  assert.deepEqual(hits, [1, 0]);
  const odd = SMALL.slice();
  odd[odd.length - 2] = 0xd0;
  assert.throws(() => split(odd, new Set([0]), null), /instruction d0/);
});
