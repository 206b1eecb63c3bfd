/** page-tour.test.mjs - the tour, the keys, and the languages. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/core.mjs';
import { said, skip, startSite, text, WAIT, waitState } from '../support/page.mjs';

const site = startSite();

test('keys: space trains and pauses, ? lists them, none within fields, all can be turned off', { skip }, async () => {
  const { page, complaints } = await site.ready('#model=mlp&epochs=3000&batch=64');
  await page.keyboard.press(' ');
  await waitState(page, 'training');
  await page.keyboard.press(' ');
  await waitState(page, 'paused');
  // The field may be hidden, in a part that is closed.
  await page.focus('#data-url', { timeout: 2000 }).catch(() => {});
  await page.focus('#epochs');
  await page.keyboard.type('s ');
  await waitState(page, 'paused');
  await page.locator('h1').click();
  await page.keyboard.press('?');
  await page.waitForSelector('#keys[open]', WAIT);
  assert.equal(await page.locator('#keys tr').count(), 11);
  await page.uncheck('#keys-on');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#keys[open]', { ...WAIT, state: 'hidden' });
  await page.locator('h1').click();
  await page.keyboard.press('s');
  await page.waitForTimeout(200);
  await waitState(page, 'paused');
  await page.click('#stop');
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("the tour: six steps, each a link with a live run beside the notebook's number", { skip }, async () => {
  const { page, complaints } = await site.ready('#model=linear&epochs=5&tour=1');
  assert.match(await text(page, 'tour-title'), /^1\/6 /);
  await page.click('#tour-run');
  await waitState(page, 'finished');
  await page.waitForFunction(
    () => /^Here: \d/.test(document.getElementById('tour-result')?.textContent ?? ''),
    null,
    WAIT,
  );
  assert.match(await text(page, 'tour'), /90\.21% on MNIST/);
  const links = new Set();
  for (let i = 2; i <= 6; i++) {
    links.add(await page.locator('#tour a').getAttribute('href'));
    await page.click('#tour-next');
    assert.match(await text(page, 'tour-title'), new RegExp(`^${i}/6 `));
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'tour-title');
  }
  assert.equal(links.size, 5);
  await page.click('#tour-close');
  assert.equal(await page.locator('#tour').isVisible(), false);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test(
  'languages: every word has a translation with the same places; chosen from the browser and by hand',
  { skip },
  async () => {
    const table = async (/** @type {string} */ name) => (await import(`../../web/page/strings/${name}.js`)).default;
    const first = await table('en'),
      english = { ...first, ...(await table('en-later')) },
      html = readFileSync(new URL('../../web/index.html', import.meta.url), 'utf8');
    const keys = new Set([
      ...Object.keys(english),
      ...[...html.matchAll(/data-t(?:-label|-title)?="([^"]+)"/g)].map((m) => m[1]),
    ]);
    // The modules that main.js imports statically have their words at once.
    const early = new Set(['web/main.js']),
      wanted = [];
    for (const path of early) {
      const code = readFileSync(join(ROOT, path), 'utf8');
      wanted.push(...[...code.matchAll(/\bt\('([\w.]+)'/g)].map((m) => m[1]));
      for (const [, next] of code.matchAll(/^(?:import|\} from) [^;]*'(\.[^']+)';$/gm))
        early.add(posix.join(posix.dirname(path), next));
    }
    assert.ok(wanted.length > 40 && early.size > 15, `${wanted.length} words of ${early.size} files`);
    assert.deepEqual(
      wanted.filter((key) => !(key in first || html.includes(`="${key}"`))),
      [],
      'wanted before they are there',
    );
    const places = (/** @type {unknown} */ text) =>
      typeof text === 'string'
        ? [...text.matchAll(/\{(\w+)\}/g)]
            .map((m) => m[1])
            .sort()
            .join()
        : '';
    for (const name of ['zh', 'es']) {
      const own = await table(name);
      assert.deepEqual(
        [...keys].filter((key) => !(key in own)),
        [],
        `${name}: not translated`,
      );
      assert.deepEqual(
        Object.keys(own).filter((key) => !keys.has(key)),
        [],
        `${name}: not used`,
      );
      for (const key of Object.keys(english))
        if (typeof english[key] === typeof own[key])
          assert.equal(places(own[key]), places(english[key]), `${name}: {places} of ${key}`);
    }
    const { page, complaints } = await site.ready('#model=linear&epochs=1', { locale: 'es-ES' });
    await page.waitForFunction(
      () => document.documentElement.lang === 'es' && document.getElementById('train')?.textContent === 'Entrenar',
      null,
      WAIT,
    );
    await said(page, /^Lista: Drawn digits, 20\.000 imágenes/);
    await page.selectOption('#language', 'zh');
    await page.waitForFunction(() => document.getElementById('train')?.textContent === '训练', null, WAIT);
    await page.click('#train');
    await waitState(page, 'finished');
    await said(page, /^完成：没见过的图片答对 [\d.]+%/);
    await page.reload();
    await page.waitForFunction(() => document.documentElement.lang === 'zh', null, WAIT);
    await page.selectOption('#language', 'en');
    await page.waitForFunction(() => document.getElementById('stop')?.textContent === 'Stop', null, WAIT);
    assert.deepEqual(complaints, []);
    await page.context().close();
  },
);
