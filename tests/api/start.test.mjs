/**
 * start.test.mjs - how the engine starts in Node where something is missing or damaged: with fewer threads, or with one
 * sentence that says what is wrong.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chooseModule, createTrainer, startThread } from '../../tools/node/node.mjs';
import { Engine } from '../../web/core/engine.js';
import { compileModule } from '../../web/core/start.js';
import { threadsOfLink } from '../../web/core/variants.js';
import { ROOT } from '../support/core.mjs';
import { smallTar } from '../support/files.mjs';

const { path } = chooseModule({ threads: 1, arithmetic: 'deterministic' }),
  WHOLE = readFileSync(path);
const folder = mkdtempSync(join(tmpdir(), 'inklearn-start-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** @param {string} type @param {BodyInit} [body] @param {number} [status] */
const answer = (type, body = WHOLE, status = 200) => new Response(body, { status, headers: { 'content-type': type } });
/** @param {Response | Promise<Response> | BufferSource} content */
const compile = (content) =>
  compileModule({ name: 'core.wasm', remedy: 'Do this.', content: Promise.resolve(content) });

/** The digest of a small training. @param {Engine} engine */
function learn(engine) {
  engine.loadStart();
  engine.loadStream('small.tar');
  engine.loadPush(smallTar({ perClass: 12 }));
  engine.loadEnd();
  engine.loadFinish();
  engine.train({ model: 'mlp', epochs: 1, batch: 8, lr: 0.1, seed: 5 });
  for (let i = 0; i < 3; i++) engine.advance();
  return engine.digest;
}

test('a module compiles from each honest answer, whatever type the host sends', async () => {
  const types = ['application/wasm', 'application/octet-stream', 'text/plain;charset=utf-8'];
  for (const content of [WHOLE, ...types.map((type) => answer(type))])
    assert.ok((await compile(content)) instanceof WebAssembly.Module);
});

test('a module that is still not compiled after it has arrived is compiled from its bytes', async (t) => {
  t.mock.method(WebAssembly, 'compileStreaming', () => new Promise(() => {}));
  assert.ok((await compile(answer('application/wasm'))) instanceof WebAssembly.Module);
});

test('a module that does not come: one sentence says what came instead, and what to do', async () => {
  const half = WHOLE.subarray(0, WHOLE.length >> 1),
    page = '<!doctype html><title>Welcome</title>';
  const broken = () =>
    new Response(
      new ReadableStream({
        start: (body) => body.enqueue(half),
        pull: (body) => body.error(new TypeError('terminated')),
      }),
      { headers: { 'content-type': 'application/wasm' } },
    );
  const cut = (/** @type {string} */ count) =>
    new RegExp(`core\\.wasm is damaged or cut short \\(${count}\\)\\. Do this\\.$`);
  const refused = Promise.reject(new TypeError('Failed to fetch'));
  refused.catch(() => {}); // each case that uses it sees the rejection; Node need not report it before
  const cases = /** @type {[Response | Promise<Response> | BufferSource, string, RegExp][]} */ ([
    [answer('text/html', page, 404), 'network', /the server answered 404 for core\.wasm\. Do this\.$/],
    [answer('application/wasm', half), 'network', cut(`${half.length} bytes of application/wasm`)],
    [answer('application/octet-stream', half), 'network', cut(`${half.length} bytes of application/octet-stream`)],
    [answer('text/html', page), 'network', /a web page came in place of core\.wasm \(37 bytes of text\/html\)/],
    [answer('application/wasm', page), 'network', /a web page came in place of core\.wasm \(37 bytes of application/],
    [answer('application/wasm', new Uint8Array(50)), 'network', /core\.wasm is no WebAssembly module \(50 bytes of/],
    [answer('application/wasm', ''), 'network', /core\.wasm is empty/],
    [broken(), 'network', /core\.wasm did not arrive \(terminated\)\. Look at the connection/],
    [refused, 'network', /core\.wasm did not arrive \(Failed to fetch\)/],
    [half, 'start', cut(`${half.length} bytes`)],
  ]);
  for (const [content, code, message] of cases)
    await assert.rejects(compile(content), { name: 'EngineError', code, message });
});

test('an engine that lacks SIMD, WebAssembly, or the right to compile: three sentences', async (t) => {
  const { WebAssembly: real } = globalThis;
  t.mock.method(real, 'validate', () => false);
  await assert.rejects(createTrainer({ threads: 1 }), { code: 'unsupported', message: /cannot run WebAssembly SIMD/ });
  t.mock.restoreAll();
  try {
    Object.assign(globalThis, { WebAssembly: undefined });
    const message = /^WebAssembly, which Inklearn needs, is missing or switched off here\.$/;
    await assert.rejects(createTrainer(), { code: 'unsupported', message });
  } finally {
    globalThis.WebAssembly = real;
  }
  t.mock.method(real, 'compile', async () => {
    throw new real.CompileError('blocked by CSP');
  });
  const message = /a security policy forbids WebAssembly \(blocked by CSP\)/;
  await assert.rejects(createTrainer({ threads: 1 }), { code: 'start', message });
});

/** Memory of more pages than that cannot be shared. @param {import('node:test').TestContext} t @param {number} most */
function limitShared(t, most) {
  const { Memory } = WebAssembly;
  WebAssembly.Memory = /** @type {any} */ (
    class extends Memory {
      /** @param {WebAssembly.MemoryDescriptor} wanted */
      constructor(wanted) {
        if (wanted.shared && Number(wanted.maximum) > most)
          throw new RangeError('WebAssembly.Memory(): could not allocate memory');
        super(wanted);
      }
    }
  );
  t.after(() => {
    WebAssembly.Memory = Memory;
  });
}

test('memory that cannot be shared, at any size or above one: fewer threads, and the same bits', async (t) => {
  const alone = await createTrainer({ threads: 1, arithmetic: 'deterministic' }),
    want = learn(alone.engine);
  for (const [most, threads] of [
    [0, 1],
    [4096, 3],
    [65536, 3],
  ]) {
    await t.test(`${most} pages`, async (s) => {
      limitShared(s, most);
      const trainer = await createTrainer({ threads: 3, arithmetic: 'deterministic' });
      assert.equal(trainer.engine.threads, threads);
      assert.equal(learn(trainer.engine), want);
      trainer.engine.close();
    });
  }
});

test('threads that cannot be started: the others do their work, and the number is told', async () => {
  const module = readFileSync(chooseModule({ threads: 4, arithmetic: 'deterministic' }).path);
  const want = learn(await Engine.create(WHOLE));
  for (const possible of [0, 1, 2]) {
    let started = 0;
    const engine = await Engine.create(module, {
      threads: 4,
      startThread: (thread, onLost) => {
        if (started++ === possible) throw new Error('no more threads');
        return startThread(thread, onLost);
      },
    });
    assert.equal(engine.threads, possible + 1);
    assert.equal(started, possible + 1, 'it does not ask again');
    assert.equal(learn(engine), want);
    engine.close();
  }
});

test('a link asks for at most twice the cores, or eight threads', () => {
  for (const [text, cores, threads] of /** @type {[string | null, number, number | 'auto'][]} */ ([
    ['2', 2, 2],
    ['8', 1, 8],
    ['8', 2, 8],
    ['1e9', 2, 8],
    ['9', 4, 8],
    ['16', 8, 16],
    ['17', 8, 16],
    ['1e9', 200, 64],
    ['Infinity', 2, 8],
    ['1e9', NaN, 8],
    ['3.9', 4, 3],
    ['0', 4, 'auto'],
    ['-5', 4, 'auto'],
    ['many', 4, 'auto'],
    ['', 4, 'auto'],
    [null, 4, 'auto'],
  ]))
    assert.equal(threadsOfLink(text, cores), threads, `${text} on ${cores}`);
});

// ---- the package and the command line, in processes of their own ----

let preloads = 0;
/** A module that a process loads before everything else. @param {string} code */
function preload(code) {
  const file = join(folder, `preload-${preloads++}.mjs`);
  writeFileSync(file, code);
  return pathToFileURL(file).href;
}
/** There, `Worker` is another class. @param {string} body */
const otherWorker = (body) =>
  preload(`import { createRequire, syncBuiltinESMExports } from 'node:module';
  const threads = createRequire(import.meta.url)('node:worker_threads'), { Worker } = threads;
  threads.Worker = class extends Worker { ${body} };
  syncBuiltinESMExports();`);
const FAIL = "Object.assign(new Error('Worker initialization failure: EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' })";
writeFileSync(join(folder, 'small.tar'), smallTar({ perClass: 12 }));
const API = pathToFileURL(join(ROOT, 'tools/package/node.mjs')).href;
writeFileSync(
  join(folder, 'use.mjs'),
  `import { createTrainer } from '${API}';
  const trainer = await createTrainer({ threads: 3, arithmetic: 'deterministic', seed: 5 });
  await trainer.load('${join(folder, 'small.tar')}');
  const { digest } = await trainer.fit({ model: 'mlp', epochs: 1, batch: 8, lr: 0.1 });
  console.log(trainer.threads, digest);
  await trainer.dispose();`,
);
/** @param {string[]} args */
const node = (...args) => spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', timeout: 120000 });

/** Threads that fail before they run anything, as where Node has no memory for one. */
const FAIL_LATER = `constructor() {
  super('', { eval: true });
  this.emit = () => false;
  this.once = (name, listener) => { if (name === 'error') setImmediate(() => listener(${FAIL})); return this; };
  this.on = this.once;
}`;

test('the package in Node: threads that cannot be started, at once or a moment later, do not fail the start', () => {
  const use = join(folder, 'use.mjs'),
    [, want] = node(use).stdout.split(' ');
  assert.match(want, /^[0-9a-f]{16}\n$/);
  for (const [what, body] of [
    ['no thread', `constructor() { throw ${FAIL}; }`],
    ['no further thread', `constructor(url, options) { if (/helper/.test(url)) throw ${FAIL}; super(url, options); }`],
    ['no thread, a moment later', FAIL_LATER],
  ]) {
    const { stdout, stderr, status } = node('--import', otherWorker(body), use);
    assert.equal(stdout, `1 ${want}`, `${what}: ${stderr}`);
    assert.equal(status, 0, `${what}: ${stderr}`);
  }
});

test('the command line: without threads it trains with one, and without WebAssembly it says so', () => {
  const data = join(folder, 'small.tar');
  const train = ['tools/inklearn.mjs', 'train', '--data', data, '--model', 'linear', '--epochs', '1', '--threads', '4'];
  const alone = node('--import', otherWorker(`constructor() { throw ${FAIL}; }`), ...train);
  assert.equal(alone.status, 0, alone.stderr);
  assert.match(alone.stdout, /(simd128|relaxed), 1 thread\b/);
  const response = "Object.defineProperty(globalThis, 'Response', { get() { throw new Error('named'); } })";
  const offline = node('--import', preload(response), ...train);
  assert.equal(offline.status, 0, `a file needs no network library, which needs memory: ${offline.stderr}`);
  const none = node('--jitless', ...train);
  assert.notEqual(none.status, 0);
  assert.match(none.stderr, /^WebAssembly, which Inklearn needs, is missing or switched off here\.\n$/m);
});
