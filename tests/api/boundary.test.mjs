/**
 * boundary.test.mjs - the exported functions: each returns a status, the header declares exactly those that the modules
 * export, and none traps, whatever numbers it gets in an empty session.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { EVENT_FIELDS, STATUSES } from '../../build/schema.js';
import { Engine, EngineError } from '../../web/core/engine.js';
import { importsOn } from '../../web/core/imports.js';
import { ROOT } from '../support/core.mjs';
import { smallTar } from '../support/files.mjs';

const header = readFileSync(join(ROOT, 'include/ink_api.h'), 'utf8');
/** Return type and arguments of each function, by its name. */
const declared = new Map(
  [...header.matchAll(/INK_EXPORT\((ink_api_\w+)\)\s*([\w ]+[ *])\1\(([^)]*)\);/g)].map(([, name, type, args]) => [
    name,
    { type: type.trim(), arity: args === 'void' ? 0 : args.split(',').length },
  ]),
);
/** The only two that return an address: where results stand. */
const PLACES = ['ink_api_spans', 'ink_api_numbers'];

const wasm = readFileSync(join(ROOT, 'build/inklearn.wasm'));
async function instance() {
  const { instance } = await WebAssembly.instantiate(wasm, importsOn());
  const x = /** @type {Record<string, any>} */ (instance.exports);
  x._initialize();
  return x;
}

test('the header declares what the module exports; every function but two returns a status', async () => {
  const exported = Object.keys(await instance()).filter((name) => name.startsWith('ink_api_'));
  assert.ok(exported.length > 60, `${exported.length} functions`);
  assert.deepEqual([...declared.keys()].sort(), exported.sort());
  for (const [name, { type }] of declared) if (!PLACES.includes(name)) assert.equal(type, 'ink_status', name);
});

test('an empty session: each function returns a status for any numbers, and says why it refuses', async () => {
  for (const value of [0, 1, -1, 2 ** 31, NaN]) {
    const x = await instance(),
      places = PLACES.map((name) => x[name]());
    for (const [name, { arity }] of declared) {
      if (PLACES.includes(name)) continue;
      const status = x[name](...Array(arity).fill(value));
      assert.ok(Number.isInteger(status) && status >= 0 && status < STATUSES.length, `${name}(${value}): ${status}`);
      if (status === 0) continue;
      assert.equal(x.ink_api_error(), 0);
      const [address, length] = new Uint32Array(x.memory.buffer, places[0], 2);
      const text = new TextDecoder().decode(new Uint8Array(x.memory.buffer, address, length));
      assert.ok(text.length > 5, `${name}(${value}): '${text}'`);
    }
    assert.deepEqual(
      PLACES.map((name) => x[name]()),
      places,
      'results stand where they stood',
    );
  }
});

test('an engine: a refusal has the name of its status; an event has the fields of the schema', async () => {
  const engine = await Engine.create(wasm);
  for (const [code, ask] of /** @type {[string, () => unknown][]} */ ([
    ['state', () => engine.advance()],
    ['state', () => engine.confusion()],
    ['state', () => engine.loadEnd()],
    ['argument', () => engine.read(new Uint8Array(4), 0, 1)],
    ['data', () => engine.setReader(new Uint8Array(10))],
  ]))
    assert.throws(
      ask,
      (error) => error instanceof EngineError && error.code === code && error.message.length > 5,
      code,
    );
  assert.deepEqual([engine.classes(), engine.digest, engine.settings(), engine.filters()], [[], '', null, null]);
  assert.deepEqual([engine.pictureCount('train'), engine.picture('train', 0), engine.spreads()], [0, null, []]);

  engine.loadStart();
  engine.loadStream('set.tar');
  engine.loadPush(smallTar({ classes: ['a', 'b'], perClass: 4 }));
  engine.loadEnd();
  engine.loadFinish();
  assert.throws(() => engine.train({ model: 'linear(' }), { code: 'model' });
  engine.train({ model: 'linear', epochs: 1, batch: 4, seed: 1 });
  const event = engine.advance();
  assert.deepEqual(Object.keys(event), [...EVENT_FIELDS]);
  assert.ok(Object.values(event).every((value) => typeof value === 'number'));
  assert.equal(event.step, 1);
  engine.close();
});
