/** page-recipes.test.mjs - the page's recipes are the core's, and a network is asked how sure it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { scratchFile } from '../support/core.mjs';
import { smallTar } from '../support/files.mjs';
import { skip, startSite, text, WAIT, waitState } from '../support/page.mjs';

const site = startSite();

test('the fields of each recipe hold what the core trains it with', { skip }, async () => {
  const { page, complaints } = await site.ready();
  const trainer = await createTrainer();
  await trainer.load('small', await pathEntries(scratchFile(smallTar({ perClass: 4 }))));
  for (const name of ['quick', 'good', 'record']) {
    await page.check(`#model-${name}`);
    assert.match(new URL(page.url()).hash, new RegExp(`preset=${name}&model=${name}&`));
    trainer.fit(/** @type {any} */ ({ preset: name })).next();
    const core = /** @type {Record<string, string>} */ (trainer.engine.settings());
    assert.equal(core.model, name);
    for (const field of ['epochs', 'lr', 'batch'])
      assert.equal(Number(await page.inputValue(`#${field}`)), Number(core[field]), `${name}: ${field}`);
    for (const field of ['optimizer', 'schedule', 'augment'])
      assert.equal(await page.inputValue(`#${field}`), core[field], `${name}: ${field}`);
  }
  await page.check('#model-linear');
  assert.equal(await page.inputValue('#augment'), 'none', 'another model has its own again');
  assert.ok(!page.url().includes('preset'));
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('how sure it is: a bar for each range of certainty, in words too', { skip }, async () => {
  const { page, complaints } = await site.ready('#model=linear&epochs=1');
  await page.click('#train');
  await waitState(page, 'finished');
  await page.getByRole('button', { name: 'How sure' }).click();
  await page.waitForSelector('.reliability svg', WAIT);
  assert.match(
    (await page.locator('.reliability svg').getAttribute('aria-label')) ?? '',
    /% sure, [\d.]+% right, [\d,]+ pictures/,
  );
  assert.ok((await page.locator('.reliability .bar').count()) > 3);
  assert.match(await page.locator('.reliability p').innerText(), /off by [\d.]+ percentage points/);
  assert.match(await text(page, 'mistakes-title'), /how sure it was/);
  assert.deepEqual(complaints, []);
  await page.context().close();
});
