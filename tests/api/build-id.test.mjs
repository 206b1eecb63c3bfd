/**
 * build-id.test.mjs - page, worker, core and checkpoints say which build they are of, and parts of two builds refuse
 * each other.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chooseModule, startThread } from '../../tools/node/node.mjs';
import { Engine } from '../../web/core/engine.js';
import { digitPng, readSafetensors, tarEntry, TAR_END } from '../support/files.mjs';
import { SITE, skip, startSite, text, waitError, WAIT } from '../support/page.mjs';
import { openPage } from '../../tools/site/browser.mjs';

const site = startSite();
/** Returns the build id that `make site` wrote. */
const built = () =>
  /** @type {string} */ (readFileSync(join(SITE, 'index.html'), 'utf8').match(/ data-build="([0-9a-f]{12})"/)?.[1]);
const OTHER = 'ffffffffffff';

test(
  'every module and checkpoint names its build',
  { skip: existsSync(SITE) ? false : 'build/site is missing: make site' },
  async () => {
    assert.match(built(), /^[0-9a-f]{12}$/);
    for (const threads of [1, 2])
      for (const arithmetic of /** @type {const} */ (['deterministic', 'fast'])) {
        const { path } = chooseModule({ threads, arithmetic }),
          engine = await Engine.create(readFileSync(path), { threads, startThread });
        assert.equal(engine.build, built(), path);
        engine.loadStart();
        engine.loadStream('x.tar');
        engine.loadPush(
          Buffer.concat([
            ...['train', 'test'].flatMap((split) =>
              ['a', 'b'].map((name, i) => tarEntry(`${split}/${name}/1.png`, digitPng(i))),
            ),
            TAR_END,
          ]),
        );
        engine.loadEnd();
        engine.loadFinish();
        engine.train({ model: 'linear', epochs: 1, batch: 1, lr: 0.1, seed: 1 });
        assert.equal(readSafetensors(engine.save(true)).metadata.build, built());
        engine.close();
      }
  },
);

test('the page shows it', { skip }, async () => {
  const { page } = await site.ready();
  assert.equal(await text(page, 'build'), `Build ${built()}.`);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.build), built());
  await page.context().close();
});

test('a core of another build is refused', { skip }, async () => {
  const { page } = await openPage(site.browser);
  await page.route('**/*.wasm', async (route) => {
    const response = await route.fetch(),
      body = await response.body(),
      at = body.indexOf(built());
    assert.ok(at > 0);
    body.write(OTHER, at);
    await route.fulfill({ response, body });
  });
  await page.goto(site.origin);
  assert.match(
    await waitError(page),
    new RegExp(`training engine is of build ${OTHER}, this page of ${built()}: reload`),
  );
  assert.equal(await text(page, 'sentence'), 'This page and its training engine are of different builds.');
  await page.context().close();
});

test('a page of another build than its worker is refused', { skip }, async () => {
  const { page } = await openPage(site.browser);
  await page.route(`${site.origin}/`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace(built(), OTHER) });
  });
  await page.goto(site.origin);
  assert.match(
    await waitError(page),
    new RegExp(`this page and its trainer are of different builds \\(${OTHER}, ${built()}\\): reload`, 'i'),
  );
  await page.waitForFunction(() => document.getElementById('state')?.dataset.state === 'failed', null, WAIT);
  await page.context().close();
});
