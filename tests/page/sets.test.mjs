/** sets.test.mjs - data sets that a person drops on the page, good and bad. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { chunk, digitPng, gz, ihdr, SIGNATURE, smallTar, tarEntry, TAR_END, zip } from '../support/files.mjs';
import {
  chartData,
  confusionSum,
  drop,
  skip,
  skipAgain,
  startSite,
  text,
  WAIT,
  waitError,
  waitState,
} from '../support/page.mjs';

const site = startSite();

test("a data set of one's own: dropped archive with other classes, trained to the end", { skip }, async () => {
  const { page, complaints } = await site.ready('#epochs=2&batch=8');
  const name = '<img src=x onerror=alert(1)>.tar.gz';
  await drop(page, [
    {
      name,
      bytes: gz(
        smallTar({ classes: ['cat', '<b>dog'], extra: [tarEntry('set/training/cat/bad.png', Buffer.from('no'))] }),
      ),
    },
  ]);
  await page.waitForFunction(
    () => document.getElementById('data-summary')?.textContent?.includes('2 classes'),
    null,
    WAIT,
  );
  assert.ok((await text(page, 'data-summary')).startsWith(name), 'the name is shown as text');
  assert.match(await page.locator('#load-report summary').innerText(), /1 file was skipped/);
  await page.click('#train');
  await waitState(page, 'finished');
  assert.equal(await confusionSum(page), 8);
  assert.equal(
    await page.locator('img[src="x"], main b', { hasText: /^dog$/ }).count(),
    0,
    'no markup came from names',
  );
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("classes of one's own in a zip archive; arrays of NumPy in another", { skip }, async () => {
  const { page, complaints } = await site.ready('#epochs=1&batch=8');
  const files = ['training', 'testing'].flatMap((split) =>
    ['cat', 'dog', 'owl'].flatMap((name, i) =>
      [0, 1, 2, 3].map((n) => ({ name: `pets/${split}/${name}/${n}.png`, data: digitPng(10 * n + i) })),
    ),
  );
  await drop(page, [{ name: 'pets.zip', bytes: zip(files) }]);
  await page.waitForFunction(
    () =>
      document
        .getElementById('data-summary')
        ?.textContent?.includes('12 pictures to learn from, 12 to be tested on, 3 classes (cat, dog, owl)'),
    null,
    WAIT,
  );
  await page.click('#train');
  await waitState(page, 'finished');
  assert.equal(await confusionSum(page), 12);
  await drop(page, [{ name: 'mnist.npz', bytes: readFileSync(new URL('../data/numpy/good.npz', import.meta.url)) }]);
  await page.waitForFunction(
    () =>
      document
        .getElementById('data-summary')
        ?.textContent?.startsWith('mnist.npz: 20 pictures to learn from, 10 to be tested on, 10 classes'),
    null,
    WAIT,
  );
  await drop(page, [{ name: 'half.zip', bytes: zip(files).subarray(0, 1000) }]);
  assert.match(await waitError(page), /half\.zip: the zip archive has no end/);
  assert.match(await text(page, 'data-summary'), /^mnist\.npz/);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('many classes, many epochs: the page holds what it can show', { skip: skipAgain }, async () => {
  const { page, complaints } = await site.ready('#epochs=300&batch=64&model=mlp&lr=0.1');
  const classes = Array.from({ length: 64 }, (_, i) => `class ${i}`);
  await drop(page, [{ name: 'many.tar.gz', bytes: gz(smallTar({ classes })) }]);
  await page.waitForFunction(
    () => document.getElementById('data-summary')?.textContent?.includes('64 classes'),
    null,
    WAIT,
  );
  assert.equal(await page.locator('#data-choice option:checked').innerText(), 'many.tar.gz');
  await page.click('#train');
  await waitState(page, 'finished');
  await page.waitForFunction(
    () => /^Exact, after epoch 300/.test(document.querySelector('.confusion caption')?.textContent ?? ''),
    null,
    WAIT,
  );
  assert.equal(await page.locator('.confusion tbody td').count(), 64 * 64);
  assert.equal(await confusionSum(page), 64 * 4);
  assert.equal(await page.locator('#epoch-table tbody tr').count(), 100);
  assert.equal(await page.locator('#epoch-table tbody th').first().innerText(), '300');
  assert.match(await text(page, 'epoch-note'), /last 100 of 300 epochs/);
  assert.equal((await chartData(page, 'accuracy-chart'))[0].at(-1), 300);
  assert.ok(
    await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
    'the matrix scrolls in its own frame',
  );
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('bad input gets one sentence, and what was there stays', { skip }, async () => {
  const { page, complaints } = await site.ready();
  const summary = await text(page, 'data-summary');
  const hugePng = Buffer.concat([
    SIGNATURE,
    ihdr({ width: 12000, height: 10000 }),
    chunk('IDAT', Buffer.alloc(20)),
    chunk('IEND'),
  ]);
  const archive = gz(smallTar());
  /** @type {[string, { name: string, bytes: Buffer }[], RegExp][]} */
  const cases = [
    ['not an image', [{ name: 'notes.png', bytes: Buffer.from('just text') }], /notes\.png is not a picture/],
    [
      'hostile name',
      [{ name: '<img src=x onerror=alert(1)>.png', bytes: Buffer.from('x') }],
      /<img src=x onerror=alert\(1\)>\.png is not a picture/,
    ],
    ['12,000 x 10,000', [{ name: 'huge.png', bytes: hugePng }], /12,000 × 10,000 pixels; at most 100 million/],
    ['empty file', [{ name: 'empty.png', bytes: Buffer.alloc(0) }], /empty\.png is empty/],
    ['nothing at all', [], /no files/],
    ['one class only', [{ name: 'one.tar.gz', bytes: gz(smallTar({ classes: ['a'] })) }], /only one class, 'a'/],
    [
      'no pictures',
      [{ name: 'none.tar', bytes: Buffer.concat([tarEntry('a/b.txt', Buffer.from('hi')), TAR_END]) }],
      /no pictures were found/,
    ],
    [
      'truncated gzip',
      [{ name: 'cut.tar.gz', bytes: archive.subarray(0, archive.length - 40) }],
      /the gzip data is cut short after \d+ bytes/,
    ],
    ['truncated tar', [{ name: 'cut.tar', bytes: smallTar().subarray(0, 3000) }], /cut short at byte 3000/],
    ['a page', [{ name: 'x.tar', bytes: Buffer.from('<!doctype html><p>404</p>') }], /a page or text/],
  ];
  for (const [what, files, expected] of cases) {
    await page.evaluate(() => {
      document.getElementById('error')?.setAttribute('hidden', '');
    });
    await drop(page, files);
    assert.match(await waitError(page), expected, what);
    assert.equal(await text(page, 'data-summary'), summary, `${what}: the data set stays`);
    assert.equal(
      await page.locator('#data-choice option:checked').innerText(),
      'Drawn digits',
      `${what}: and is shown as chosen`,
    );
  }
  // An image of nothing: said beside the pad.
  await drop(page, [
    {
      name: 'blank.png',
      bytes: (await import('../support/files.mjs')).png({ width: 40, height: 40, sample: () => 200 }),
    },
  ]);
  await page.waitForFunction(
    () => /no ink found/i.test(document.getElementById('answer')?.textContent ?? ''),
    null,
    WAIT,
  );
  // A wrong setting: told beside the field.
  await page.fill('#lr', '0,1');
  assert.match(await page.locator('#lr-problem').innerText(), /Write a point, not a comma/);
  await page.click('#train');
  assert.match(await waitError(page), /settings is not right/);
  await page.fill('#lr', '1000');
  await page.click('#settings .more:has(#momentum) summary');
  await page.fill('#weightDecay', '1'); // each step multiplies the weights by -999
  await page.click('#train');
  await waitState(page, 'diverged');
  assert.match(await waitError(page), /no longer a finite number at step \d+/);
  assert.equal(await page.locator('img[src="x"]').count(), 0);
  assert.deepEqual(complaints, []);
  await page.context().close();
});
