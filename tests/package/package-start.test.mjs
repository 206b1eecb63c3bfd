/**
 * package-start.test.mjs - how the package starts in a browser where something is missing or damaged: with fewer
 * threads, or with an error that says what is wrong.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import sirv from 'sirv';
import { listen } from '../../tools/site/serve.mjs';
import { launch, noBrowser, openPage } from '../../tools/site/browser.mjs';
import { ROOT } from '../support/core.mjs';
import * as hindered from '../support/hindered.mjs';

const TRAINER = 'package/worker.js',
  THREAD = '**/web/core/helper.js',
  MODULE = '**/*.wasm',
  skip = noBrowser;
/** The headers that threads need. */
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
/** @typedef {import('../support/hindered.mjs').Hinder} Hinder */

/** @type {import('node:http').Server} */
let server;
/** @type {any} */
let browser;
let origin = '';
before(async () => {
  if (skip) return;
  const files = sirv(ROOT, { dev: true });
  server = createServer((request, response) => {
    for (const [name, value] of Object.entries(ISOLATED)) response.setHeader(name, value);
    if (request.url === '/empty') response.setHeader('content-type', 'text/html').end('<!doctype html>');
    else files(request, response, () => response.writeHead(404).end());
  });
  origin = `http://localhost:${await listen(server, 8390)}`;
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.close();
  server?.closeAllConnections();
});

/** Trains with the package in a page, and returns the result. @param {Hinder} [hinder] */
async function use(hinder) {
  const { page, complaints } = await openPage(browser);
  await hinder?.(page);
  await page.goto(`${origin}/empty`);
  const said = await page.evaluate(async () => {
    const { createTrainer } = await import(/** @type {any} */ ('/tools/package/browser.js'));
    try {
      const trainer = await createTrainer({ threads: 3, arithmetic: 'deterministic', seed: 5 });
      await trainer.load('/build/digits.tar.gz');
      const { digest } = await trainer.fit({ model: 'linear', epochs: 1, batch: 256, lr: 0.1 });
      const { threads } = trainer;
      await trainer.dispose();
      return { threads, digest };
    } catch (error) {
      const { name, code, message } = /** @type {any} */ (error);
      return { name, code, message };
    }
  });
  await page.context().close();
  return { said, errors: complaints.filter((complaint) => complaint.startsWith('error:')) };
}

test('threads that cannot start do not fail it, and an odd type of the module does no harm', { skip }, async (t) => {
  const want = await use();
  assert.equal(want.said.threads, 3, JSON.stringify(want.said));
  for (const [what, threads, hinder] of /** @type {[string, number, Hinder][]} */ ([
    ['no memory that can be shared', 1, hindered.withoutSharedMemory(TRAINER)],
    ['no further worker', 1, hindered.withoutWorkers('helper')],
    ['no such file', 1, hindered.notFound(THREAD)],
    ['a thread that dies while it starts', 1, hindered.withDyingWorkers('web/core/helper.js')],
    ['application/octet-stream', 3, hindered.ofType(MODULE, 'application/octet-stream')],
  ]))
    await t.test(what, async () => assert.deepEqual((await use(hinder)).said, { threads, digest: want.said.digest }));
});

test('a core that cannot start: an error with a code, and a sentence that says what was wrong', { skip }, async (t) => {
  for (const [what, hinder, name, code, message] of /** @type {[string, Hinder, string, string, RegExp][]} */ ([
    [
      'no worker',
      hindered.withoutWorkers('worker.js'),
      'EngineFailure',
      'start',
      /needs a worker, which could not be started: Error: no more threads/,
    ],
    ['no SIMD', hindered.withoutSimd(TRAINER), 'EngineFailure', 'unsupported', /SIMD/],
    ['no WebAssembly', hindered.withoutWebAssembly(TRAINER), 'EngineFailure', 'unsupported', /missing or switched off/],
    [
      'no such file',
      hindered.notFound(MODULE),
      'FetchError',
      'network',
      /the server answered 404 Not Found for \S+\/build\/inklearn-threads\.wasm/,
    ],
    [
      'a web page',
      hindered.pageInstead(MODULE),
      'FetchError',
      'network',
      /a web page came in place of \S+\/build\/inklearn-threads\.wasm/,
    ],
    ['half of the file', hindered.cutShort(MODULE), 'FetchError', 'network', /-threads\.wasm is damaged or cut short/],
    ['a policy', hindered.underPolicy(`**/${TRAINER}`), 'EngineFailure', 'start', /a security policy forbids/],
  ])) {
    await t.test(what, async () => {
      const { said, errors } = await use(hinder);
      assert.deepEqual({ name: said.name, code: said.code }, { name, code }, said.message);
      assert.match(said.message, message);
      assert.deepEqual(errors, []);
    });
  }
});
