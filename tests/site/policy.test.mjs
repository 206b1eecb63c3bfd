/**
 * policy.test.mjs - the site's policy on a host that sends no headers, in Chromium and Firefox: the page states it in
 * itself, and the service worker sends it with the scripts of workers, which take theirs from their own answers.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { HEADERS, META_POLICY } from '../../tools/site/headers.mjs';
import { launch, openPage } from '../../tools/site/browser.mjs';
import { SITE, skipIn, WAIT, waitState } from '../support/page.mjs';
import { startHost } from './host.mjs';

const POLICY = HEADERS['Content-Security-Policy'];

test(
  'one policy: in the headers for hosts, in the page before its first script, in the service worker',
  { skip: skipIn() },
  () => {
    const read = (/** @type {string} */ name) => readFileSync(join(SITE, name), 'utf8');
    assert.ok(read('_headers').includes(`\n  Content-Security-Policy: ${POLICY}\n`));
    assert.ok(read('service-worker.js').includes(JSON.stringify(HEADERS)));
    const html = read('index.html'),
      [, stated] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html) ?? [];
    assert.equal(stated, META_POLICY);
    // Whatever the page loads comes after it.
    assert.ok(html.indexOf(stated) < html.search(/<(script|link|style|img|base)\b/));
    const directives = (/** @type {string} */ policy) => policy.split('; ');
    const missing = directives(POLICY).filter((directive) => !directives(META_POLICY).includes(directive));
    assert.deepEqual(missing, ["frame-ancestors 'none'"], 'a <meta> element cannot say it');
    assert.ok(directives(META_POLICY).every((directive) => directives(POLICY).includes(directive)));
  },
);

for (const name of /** @type {const} */ (['chromium', 'firefox'])) {
  const skip = skipIn(name);
  describe(name, { skip }, () => {
    /** @type {Awaited<ReturnType<typeof startHost>>} */
    let host;
    /** @type {import('playwright-core').Browser} */
    let browser;
    before(async () => {
      host = await startHost(8690);
      host.folder = SITE;
      browser = await launch(name);
    });
    after(async () => {
      await browser?.close();
      host?.close();
    });

    /** @param {import('playwright-core').Page} page */
    const isReady = (page) =>
      page.waitForFunction(
        () =>
          'ready' in document.documentElement.dataset &&
          !(/** @type {HTMLButtonElement} */ (document.getElementById('train')).disabled),
        null,
        WAIT,
      );

    /** Returns the forbidden actions that the page can do nevertheless. @param {import('playwright-core').Page} page */
    const attempts = (page) =>
      page.evaluate(async () => {
        // Code that a debugger runs may be exempt from the policy, so the attempts are made a moment later.
        await new Promise((resolve) => setTimeout(resolve));
        /** @type {Record<string, () => unknown>} */
        const all = {
          eval: () => (0, eval)('1'),
          function: () => new Function('return 1')(),
          markup: () => {
            document.createElement('div').innerHTML = '<img src=x onerror="window.harmed=1">';
          },
          worker: () => new Worker('worker.js'),
          data: () => new Worker('data:text/javascript,1'),
          policy: () => /** @type {any} */ (window).trustedTypes.createPolicy('another', {}),
          inline: () => {
            const script = document.createElement('script');
            script.text = 'window.harmed = 1';
            document.head.append(script);
            if (!(/** @type {any} */ (window).harmed)) throw new Error('it did not run');
          },
        };
        const allowed = Object.keys(all).filter((attempt) => {
          try {
            all[attempt]();
            return true;
          } catch {
            return false;
          }
        });
        // A foreign script, picture, style and request: each is refused before it leaves.
        const loads = (/** @type {string} */ tag, /** @type {object} */ attributes) =>
          new Promise((resolve) => {
            const element = Object.assign(document.createElement(tag), attributes, {
              onload: () => resolve(true),
              onerror: () => resolve(false),
            });
            document.head.append(element);
          });
        if (await loads('img', { src: 'https://evil.example/a.png' })) allowed.push('picture');
        if (await loads('link', { rel: 'stylesheet', href: 'data:text/css,a{}' })) allowed.push('style');
        for (const script of ['data:text/javascript,0', 'https://evil.example/a.js'])
          if (
            await import(script).then(
              () => true,
              () => false,
            )
          )
            allowed.push(script);
        if (
          await fetch('https://evil.example/').then(
            () => true,
            () => false,
          )
        )
          allowed.push('request');
        return allowed;
      });
    /** @param {import('playwright-core').Page} page */
    async function violations(page) {
      await page.evaluate(() => {
        /** @type {any} */ (window).refused = [];
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
          /** @type {any} */ (window).refused.push(effectiveDirective),
        );
      });
      return () => page.evaluate(() => [...new Set(/** @type {any} */ (window).refused)].sort());
    }

    test('without headers the page trains, and refuses what its policy refuses', async () => {
      const { page, complaints } = await openPage(browser, { serviceWorkers: 'block' });
      await page.goto(`${host.address}#model=linear&epochs=1`);
      await isReady(page);
      await page.click('#train');
      await waitState(page, 'finished');
      assert.deepEqual(complaints, []);
      const refused = await violations(page);
      assert.deepEqual(await attempts(page), []);
      const directives = await refused();
      for (const directive of [
        'connect-src',
        'img-src',
        'require-trusted-types-for',
        'script-src-elem',
        'style-src-elem',
        'trusted-types',
      ])
        assert.ok(directives.includes(directive), `${directive} was asked: ${directives}`);
      await page.context().close();
    });

    test('the service worker sends the policy with the page and with the scripts of workers', async () => {
      const { page, complaints } = await openPage(browser, { serviceWorkers: 'allow' });
      await page.goto(`${host.address}#model=mlp&epochs=1&threads=2`);
      await isReady(page);
      await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated', null, WAIT);
      await page.reload();
      await isReady(page);
      for (const script of readdirSync(SITE).filter((file) => /^(worker|helper|keeper)-.*\.js$/.test(file))) {
        const headers = await page.evaluate(
          (address) => fetch(address).then((response) => Object.fromEntries(response.headers)),
          script,
        );
        for (const [header, value] of Object.entries(HEADERS))
          assert.equal(headers[header.toLowerCase()], value, `${header} of ${script}`);
      }
      assert.equal(await page.evaluate(() => crossOriginIsolated), true);
      await page.click('#train');
      await waitState(page, 'finished');
      assert.deepEqual(complaints, []);
      if (name === 'firefox') return page.context().close(); // it runs nothing of a test in workers
      const worker = page.workers().find((w) => w.url().includes('/worker-'));
      const inWorker = await worker?.evaluate(
        () =>
          new Promise((resolve) =>
            setTimeout(() => {
              try {
                resolve(`${(0, eval)('1')}`);
              } catch (error) {
                resolve(/** @type {Error} */ (error).name);
              }
            }),
          ),
      );
      assert.match(String(inWorker), /EvalError|TypeError/);
      await page.context().close();
    });
  });
}
