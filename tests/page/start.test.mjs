/**
 * page-start.test.mjs - how the page starts in a browser where something is missing or damaged: with fewer threads, or
 * with one sentence that says what is wrong.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage } from '../../tools/site/browser.mjs';
import * as hindered from '../support/hindered.mjs';
import { skip, startSite, text, WAIT, waitError, waitState } from '../support/page.mjs';

const site = startSite(),
  TRAINER = 'worker-*',
  THREAD = '**/helper-*',
  MODULE = '**/*.wasm';
/** @typedef {import('../support/hindered.mjs').Hinder} Hinder */

/**
 * The foot of the page says how many threads there are.
 * @param {import('playwright-core').Page} page
 * @param {string} threads
 */
const waitThreads = (page, threads) =>
  page.waitForFunction(
    (wanted) => document.getElementById('variant')?.textContent?.endsWith(`, ${wanted}.`),
    threads,
    WAIT,
  );

/**
 * Trains in the page and returns the result.
 * @param {string} threads  the number that the page shows
 * @param {Hinder} [hinder]
 */
async function train(threads, hinder) {
  const { page } = await openPage(site.browser);
  await hinder?.(page);
  await page.goto(`${site.origin}/#model=mlp&epochs=1&arithmetic=deterministic&threads=3`);
  await waitThreads(page, threads);
  await page.click('#train');
  await waitState(page, 'finished');
  assert.match(await text(page, 'variant'), new RegExp(`, ${threads}\\.$`), 'nothing has changed while it trained');
  const sentence = await text(page, 'sentence');
  await page.context().close();
  return sentence;
}

test('threads that cannot start: the page trains with fewer, says so, and learns the same', { skip }, async (t) => {
  const want = await train('3 threads');
  for (const [what, hinder] of /** @type {[string, Hinder][]} */ ([
    ['no memory that can be shared', hindered.withoutSharedMemory(TRAINER)],
    ['no further worker', hindered.withoutWorkers('helper')],
    ['no such file', hindered.notFound(THREAD)],
    ['a web page in its place', hindered.pageInstead(THREAD)],
    ['a thread that dies while it starts', hindered.withDyingWorkers('helper-*')],
  ]))
    await t.test(what, async () => assert.equal(await train('one thread', hinder), want));
});

test('a link that asks for a thousand million threads gets a few', { skip }, async () => {
  const { page } = await openPage(site.browser),
    cores = await page.evaluate(() => navigator.hardwareConcurrency);
  let helpers = 0;
  page.on('worker', (worker) => {
    if (worker.url().includes('helper')) helpers++;
  });
  await page.goto(`${site.origin}/#model=linear&epochs=1&threads=1e9`);
  const most = Math.max(8, 2 * cores);
  await waitThreads(page, `${most} threads`);
  await page.click('#train');
  await waitState(page, 'finished');
  assert.ok(helpers < most, `${helpers} helpers`);
  await page.context().close();
});

/** The sentences that the page shows, in three languages. @type {Record<string, RegExp[]>} */
const SENTENCES = {
  unsupported: [/^This browser cannot run it/, /^Este navegador no puede ejecutarla/, /^这个浏览器不能运行它/],
  network: [
    /^The training engine could not be fetched\.$/,
    /^No se pudo descargar el motor de entrenamiento\.$/,
    /^训练引擎没能下载。$/,
  ],
  start: [
    /^The training engine cannot start\.$/,
    /^El motor de entrenamiento no puede arrancar\.$/,
    /^训练引擎无法启动。$/,
  ],
};

/**
 * Faults: a name, what is done to the page, the failure's code, and the page's message.
 * @type {[string, Hinder, string, RegExp][]}
 */
const FAILURES = [
  ['no SIMD', hindered.withoutSimd(TRAINER), 'unsupported', /cannot run WebAssembly SIMD/],
  [
    'no WebAssembly',
    hindered.withoutWebAssembly(TRAINER),
    'unsupported',
    /^WebAssembly, which Inklearn needs, is missing or switched off here\.$/,
  ],
  [
    'half of the file',
    hindered.cutShort(MODULE),
    'network',
    /inklearn-\S+\.wasm is damaged or cut short \(\d+ bytes of application\/wasm\)\. Reload .* cache\.$/,
  ],
  [
    'a web page',
    hindered.pageInstead(MODULE),
    'network',
    /: a web page came in place of inklearn-\S+\.wasm \(15 bytes of text\/html\)\. Reload/,
  ],
  [
    'no such file',
    hindered.notFound(MODULE),
    'network',
    /: the server answered 404 Not Found for inklearn-\S+\.wasm\. Reload/,
  ],
  [
    'no connection',
    hindered.noConnection(MODULE),
    'network',
    /: inklearn-\S+\.wasm did not arrive \(.+\)\. Look at the connection, and try again\.$/,
  ],
  ['a policy', hindered.underPolicy(`**/${TRAINER}`), 'start', /a security policy forbids WebAssembly .*'wasm-/],
];

test('a core that cannot start: the page says so in its language, and what was wrong', { skip }, async (t) => {
  for (const [what, hinder, code, message] of FAILURES) {
    await t.test(what, async () => {
      const { page, complaints } = await openPage(site.browser);
      await hinder(page);
      await page.goto(site.origin);
      assert.match(await waitError(page), message);
      for (const [i, language] of ['en', 'es', 'zh'].entries()) {
        await page.selectOption('#language', language);
        await page.waitForFunction(
          (wanted) => new RegExp(wanted, 'u').test(document.getElementById('sentence')?.textContent ?? ''),
          SENTENCES[code][i].source,
          WAIT,
        );
      }
      assert.deepEqual(
        complaints.filter((complaint) => complaint.startsWith('error:')),
        [],
      );
      await page.context().close();
    });
  }
});

test('a host that sends the module as application/octet-stream, or with no type', { skip }, async () => {
  for (const type of ['application/octet-stream', undefined])
    assert.match(await train('3 threads', hindered.ofType(MODULE, type)), /^Done/);
});
