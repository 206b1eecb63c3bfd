/** page.test.mjs - the page as a person uses it, in a real browser. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { compressed } from '../../tools/bench/startup.mjs';
import { HEADERS } from '../../tools/site/headers.mjs';
import { createSite, listen } from '../../tools/site/serve.mjs';
import { openPage } from '../../tools/site/browser.mjs';
import { chunk, digitPng, gz, ihdr, SIGNATURE, smallTar, tarEntry, TAR_END, zip } from '../support/files.mjs';
import { withoutSimd } from '../support/hindered.mjs';
import {
  chartData,
  confusionSum,
  drawn,
  drop,
  said,
  SITE,
  skip,
  skipAgain,
  startSite,
  text,
  WAIT,
  waitError,
  waitPoints,
  waitState,
} from '../support/page.mjs';

const site = startSite();

test('headers: isolation, policy, types', { skip: skipAgain }, async () => {
  const named = (/** @type {RegExp} */ what) => `/${readdirSync(SITE).find((name) => what.test(name))}`;
  for (const [path, type] of [
    ['/', 'text/html'],
    [named(/^inklearn-........\.wasm$/), 'application/wasm'],
    [named(/^worker-/), 'text/javascript'],
    ['/data/digits.tar.gz', 'application/gzip'],
  ]) {
    const response = await fetch(site.origin + path, { headers: { 'accept-encoding': 'identity' } });
    assert.equal(response.status, 200, path);
    assert.match(String(response.headers.get('content-type')), new RegExp(`^${type}`), path);
    assert.equal(response.headers.get('content-encoding'), null, `${path} is sent as it is`);
    for (const [name, value] of Object.entries(HEADERS))
      assert.equal(response.headers.get(name), value, `${name} of ${path}`);
    assert.equal(
      response.headers.get('cache-control'),
      /\.(js|wasm)$/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
      path,
    );
    assert.equal(
      Number(response.headers.get('content-length')),
      (await response.arrayBuffer()).byteLength,
      `length of ${path}`,
    );
  }
  assert.ok(existsSync(`${SITE}/../../package.json`), 'there is something to reach outside');
  // As they are: fetch would resolve the dots itself.
  for (const path of [
    '/../../package.json',
    '/data/../../../package.json',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/..%5c..%5cpackage.json',
  ]) {
    const status = await new Promise((resolve) => {
      get({ host: 'localhost', port: new URL(site.origin).port, path }, (response) =>
        resolve(response.resume().statusCode),
      );
    });
    assert.equal(status, 404, path);
  }
});

test('serve: a busy port means the next one, a wrong one a sentence', { skip: skipAgain }, async () => {
  const busy = Number(new URL(site.origin).port),
    second = createSite(SITE);
  assert.ok((await listen(second, busy)) > busy);
  second.close();
  for (const [args, expected] of /** @type {[string[], RegExp][]} */ ([
    [[SITE, '--port', 'eighty'], /^--port eighty: a port is a whole number/],
    [[SITE, '--port', '65536'], /from 0 to 65535/],
    [['/nowhere'], /^\/nowhere is not there/],
    [['--quickly'], /'--quickly'[^]*Usage:/],
  ])) {
    const { status, stderr } = spawnSync(
      process.execPath,
      [fileURLToPath(new URL('../../tools/site/serve.mjs', import.meta.url)), ...args],
      { encoding: 'utf8' },
    );
    assert.equal(status, 1);
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, / at .*:\d+/, 'no stack trace');
  }
});

test(
  'what is sent: scripts, module and charts for a first step are under 190 kB; the module is asked for once, beside the pictures',
  { skip: skipAgain },
  async () => {
    const bytes = readdirSync(SITE)
      .filter((name) => /^(main|worker|charts|inklearn-threads-relaxed)-.*\.(js|wasm)$/.test(name))
      .map((name) => compressed(name));
    assert.equal(bytes.length, 4);
    const sum = bytes.reduce((a, b) => a + b);
    assert.ok(sum <= 190000, `${sum} bytes`);
    const { page } = await openPage(site.browser),
      asked = { module: 0, pictures: 0 };
    /** @type {(value?: unknown) => void} */
    let both = () => {};
    const askedForBoth = new Promise((resolve) => {
      both = resolve;
    });
    // Neither answer comes before both questions: a page whose pictures waited for the module, or whose module waited
    // for the pictures, would not start.
    for (const [what, pattern] of /** @type {const} */ ([
      ['module', '**/*.wasm'],
      ['pictures', '**/digits-train-images-*'],
    ]))
      await page.route(pattern, async (route) => {
        asked[what]++;
        if (asked.module && asked.pictures) both();
        await askedForBoth;
        return route.continue();
      });
    await page.goto(`${site.origin}/#model=cnn&epochs=1`);
    await waitState(page, 'idle');
    await page.click('#train');
    await waitPoints(page, 0, 'it trains');
    assert.deepEqual(asked, { module: 1, pictures: 1 });
    await page.context().close();
  },
);

test(
  'a thread that cannot be loaded is missed: one less does the work, and the page says so',
  { skip: skipAgain },
  async () => {
    const { page } = await openPage(site.browser);
    await page.route('**/helper-*', (route) => route.abort());
    await page.goto(`${site.origin}/#model=mlp&epochs=1&threads=2`);
    await page.waitForFunction(
      () => /, one thread\./.test(document.getElementById('variant')?.textContent ?? ''),
      null,
      WAIT,
    );
    await page.click('#train');
    await waitState(page, 'finished');
    await page.context().close();
  },
);

test('train, draw, drop, pause, resume, stop, reset; console clean, nothing leaves', { skip }, async () => {
  const { page, complaints, requests } = await site.ready('#model=mlp&epochs=200&lr=0.1&batch=64');
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  assert.match(await text(page, 'data-summary'), /20,000 pictures to learn from, 4,000 to be tested on, 10 classes/);

  await page.click('#train');
  await waitState(page, 'training');
  await page.waitForSelector('#epoch-table tbody tr', { ...WAIT, state: 'attached' });
  const loss = await chartData(page, 'loss-chart');
  const steps = loss[1].filter(Number.isFinite).length;
  assert.ok(steps > 50, `the loss chart has ${steps} points`);
  assert.ok(/** @type {number} */ (loss[1].find(Number.isFinite)) > 1.5, 'the first loss is near ln 10');
  assert.equal(await confusionSum(page), 4000, 'the confusion matrix counts every test picture');

  assert.match(await text(page, 'speed'), /^\d{1,3}(,\d{3})* pictures\/s$/);
  assert.match(await text(page, 'percent'), /^\d+%$/);

  // A digit drawn with the mouse, while it trains: a one.
  const pad = page.locator('#pad');
  await pad.scrollIntoViewIfNeeded();
  const box = /** @type {{ x: number, y: number, width: number, height: number }} */ (await pad.boundingBox());
  await page.mouse.move(box.x + box.width * 0.52, box.y + box.height * 0.15);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.48, box.y + box.height * 0.85, { steps: 12 });
  await page.mouse.up();
  await page.waitForFunction(
    () => /^\S+, [\d.]+% sure/.test(document.getElementById('answer')?.textContent ?? ''),
    null,
    WAIT,
  );
  assert.equal(await page.locator('#bars tr').count(), 10);
  const total = await page.evaluate(() =>
    [...document.querySelectorAll('#bars meter')].reduce((s, m) => s + /** @type {HTMLMeterElement} */ (m).value, 0),
  );
  assert.ok(Math.abs(total - 1) < 1e-5, `probabilities add up to ${total}`);

  await page.click('#train');
  await waitState(page, 'paused');
  await drawn(page);
  const paused = await said(page, /^Paused in epoch/);
  await page.waitForTimeout(300);
  assert.equal(await text(page, 'sentence'), paused, 'nothing moves while paused');
  await page.click('#train');
  await waitState(page, 'training');

  // A picture of a digit, dropped.
  const before = await page.evaluate(() =>
    /** @type {HTMLCanvasElement} */ (document.getElementById('seen')).toDataURL(),
  );
  await drop(page, [{ name: 'digit.png', bytes: digitPng(3) }]);
  await page.waitForFunction(
    (old) => /** @type {HTMLCanvasElement} */ (document.getElementById('seen')).toDataURL() !== old,
    before,
    WAIT,
  );

  await page.click('#stop');
  await waitState(page, 'stopped');
  await drawn(page);
  await page.waitForFunction(
    () => {
      const epochs = document.querySelector('#epoch-table tbody th')?.textContent;
      return document.querySelector('.confusion caption')?.textContent?.startsWith(`Exact, after epoch ${epochs}.`);
    },
    null,
    WAIT,
  );
  const rows = await page.locator('#epoch-table tbody tr').count();
  const accuracy = (await chartData(page, 'accuracy-chart'))[1].filter(Number.isFinite);
  assert.equal(accuracy.length, rows, 'a point on the accuracy chart for each epoch');
  assert.ok(Number(accuracy.at(-1)) > 0.8, `accuracy ${accuracy.at(-1)}`);
  await page.click('#reset');
  await waitState(page, 'idle');
  await page.waitForFunction(() => document.querySelectorAll('#epoch-table tbody tr').length === 0, null, WAIT);
  await page.click('#toasts button'); // undo: the run is there again, with its curves, and goes on
  await waitState(page, 'paused');
  await page.waitForFunction((n) => document.querySelectorAll('#epoch-table tbody tr').length === n, rows, WAIT);
  await page.click('#train');
  await waitState(page, 'training');
  await page.waitForFunction((n) => document.querySelectorAll('#epoch-table tbody tr').length > n, rows, WAIT);
  await page.click('#stop');

  assert.deepEqual(complaints, []);
  assert.deepEqual(
    requests.filter((url) => !url.startsWith(site.origin) && !/^(blob|data):/.test(url)),
    [],
  );
  await page.context().close();
});

test(
  "while it trains a sample of the matrix takes the exact one's place; stopped, the exact one is back",
  { skip: skipAgain },
  async () => {
    const { page } = await site.ready('#model=cnn&epochs=20&batch=64'),
      caption = (/** @type {string} */ start) =>
        page.waitForFunction(
          (s) => document.querySelector('.confusion caption')?.textContent?.startsWith(s),
          start,
          WAIT,
        );
    await page.click('#train');
    await page.waitForSelector('#epoch-table tbody tr', { ...WAIT, state: 'attached' });
    await caption('Live,');
    await page.click('#stop');
    await waitState(page, 'stopped');
    await caption('Exact, after epoch ');
    assert.equal(await confusionSum(page), 4000);
    await page.context().close();
  },
);

test('the same seed gives the same run, in two tabs', { skip }, async () => {
  const runs = [];
  for (let i = 0; i < 2; i++) {
    const { page } = await site.ready('#model=mlp&epochs=1&seed=7');
    await page.click('#train');
    await waitState(page, 'finished');
    await page.waitForSelector('#epoch-table tbody tr', { ...WAIT, state: 'attached' });
    runs.push((await page.locator('#epoch-table tbody td').allInnerTexts()).slice(0, 4));
    await page.context().close();
  }
  assert.deepEqual(runs[0], runs[1]);
});

test(
  'mistakes by cell and by loss; a rate is found; a network is saved, and goes on after loading',
  { skip },
  async () => {
    const { page, complaints } = await site.ready(
      '#model=conv(4,5) relu maxpool(4) linear(classes)&epochs=1&batch=64&lr=0.01&optimizer=adam',
    );
    assert.match(await text(page, 'model-summary'), /1,554 weights/); // 4 * 25 + 4 and 144 * 10 + 10
    await page.click('#find');
    await page.waitForSelector('#found button', WAIT);
    await page.click('#found button');
    const found = Number(await page.locator('#lr').inputValue());
    assert.ok(found > 1e-6 && found < 10, `the rate that was found: ${found}`);
    await page.fill('#lr', '0.01');
    await page.fill('#epochs', '5');

    await page.click('#train');
    await waitState(page, 'training');
    await page.click('#train'); // at once: the whole run takes two seconds
    await waitState(page, 'paused');
    await page.click('#export-open');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    const saved = readFileSync(await download.path());
    const header = JSON.parse(saved.subarray(8, 8 + Number(saved.readBigUInt64LE(0))).toString());
    assert.deepEqual(header['0.weight'].shape, [4, 1, 5, 5]);
    assert.deepEqual(
      Object.keys(header).filter((k) => !/^(__|optimizer)/.test(k)),
      ['0.weight', '0.bias', '4.weight', '4.bias'],
    );

    await page.click('#train');
    await waitState(page, 'finished');
    // Drawing follows the state within some frames. The numbers of the last epoch, its seconds left out.
    const showsLast = (/** @type {boolean} */ yes) =>
      page.waitForFunction(
        (y) => (document.querySelector('#epoch-table tbody th')?.textContent === '5') === y,
        yes,
        WAIT,
      );
    const lastEpoch = async () => {
      await showsLast(true);
      return (await page.locator('#epoch-table tbody td').allInnerTexts()).slice(0, 4);
    };
    const first = await lastEpoch();
    await page.waitForFunction(
      () => document.querySelector('.confusion caption')?.textContent?.startsWith('Exact, after epoch 5'),
      null,
      WAIT,
    );
    // The cell with the most mistakes, by mouse; the worst, by button.
    const cell = page.locator('.confusion tbody tr').nth(4).locator('td').nth(9);
    const count = Number(await cell.getAttribute('data-count'));
    await cell.click();
    await page.waitForFunction((n) => document.querySelectorAll('#mistakes figure').length === n, count, WAIT);
    await page.click('#pairs button');
    await page.waitForFunction(() => document.querySelectorAll('#mistakes figure').length === 24, null, WAIT);
    const losses = (await page.locator('#mistakes figure').allInnerTexts()).map((t) =>
      parseFloat(/** @type {string} */ (t.split('\n').at(-1))),
    );
    assert.ok(
      losses.every((l, i) => i === 0 || l <= losses[i - 1]),
      `losses fall: ${losses}`,
    );

    await page.setInputFiles('#restore', { name: 'run.safetensors', mimeType: '', buffer: saved });
    await waitState(page, 'paused');
    await showsLast(false);
    await page.click('#train');
    await waitState(page, 'finished');
    assert.deepEqual(await lastEpoch(), first, 'the loaded run ends as the first did');
    await page.setInputFiles('#restore', { name: 'bad.safetensors', mimeType: '', buffer: saved.subarray(0, 500) });
    assert.match(await waitError(page), /bad\.safetensors was not loaded/);
    await page.context().close();
    assert.deepEqual(complaints, []);
  },
);

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

test('without sight: state is announced, each epoch is not', { skip: skipAgain }, async () => {
  const { page } = await site.ready('#epochs=60&model=mlp');
  await page.evaluate(() => {
    const said = /** @type {any} */ (window.said = /** @type {(string | null)[]} */ ([]));
    const announcer = /** @type {HTMLElement} */ (document.getElementById('announcer'));
    new MutationObserver(() => said.push(announcer.textContent)).observe(announcer, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  await page.click('#train');
  await waitState(page, 'finished');
  await page.waitForFunction(() => /** @type {any} */ (window).said.at(-1)?.startsWith('Done: '), null, WAIT);
  const said = await page.evaluate(() => /** @type {any} */ (window).said);
  assert.ok(said.length < 30, `${said.length} announcements in 60 epochs`);
  assert.equal(
    await page.locator('[role=status], [role=alert], [aria-live]').count(),
    2,
    'one polite region, one for errors',
  );
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

test('a failed load in the middle of a run leaves it training, and the network answers', { skip }, async () => {
  const { page } = await site.ready('#epochs=500&model=mlp');
  await page.click('#train');
  await page.waitForSelector('#epoch-table tbody tr', { ...WAIT, state: 'attached' });
  await drop(page, [{ name: 'x.tar', bytes: Buffer.from('nothing') }]);
  await waitError(page);
  assert.equal(await page.locator('#state').getAttribute('data-state'), 'training');
  await page.click('#pad-example');
  await page.waitForFunction(() => /% sure/.test(document.getElementById('answer')?.textContent ?? ''), null, WAIT);
  await page.context().close();
});

test('without WebAssembly SIMD, and opened from a file: one clear sentence', { skip }, async () => {
  const { page } = await openPage(site.browser);
  await withoutSimd('worker-*')(page);
  await page.goto(site.origin);
  assert.match(await waitError(page), /cannot run WebAssembly SIMD/);
  await page.goto(`file://${SITE}/index.html`);
  assert.match(await text(page, 'sentence'), /Opened as a file it cannot run/);
  await page.context().close();
});

test(
  'accessibility: axe finds nothing, light and dark, wide and narrow; nothing sticks out',
  { skip: skipAgain },
  async () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    for (const [width, height, colorScheme] of /** @type {[number, number, 'light' | 'dark'][]} */ ([
      [1440, 900, 'light'],
      [1440, 900, 'dark'],
      [390, 844, 'light'],
    ])) {
      // axe is put in as a script, which the page's own policy forbids.
      const { page } = await site.ready('#epochs=1', { viewport: { width, height }, colorScheme, bypassCSP: true });
      await page.click('#train');
      await waitState(page, 'finished');
      await page.click('#pad-example');
      await page.waitForSelector('#bars tr', WAIT);
      await page.evaluate(axe);
      const violations = await page.evaluate(async () =>
        (await /** @type {any} */ (window).axe.run()).violations.map(
          (v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`,
        ),
      );
      assert.deepEqual(violations, [], `${width} x ${height} ${colorScheme}`);
      // Also when the window shrinks under what has been drawn.
      for (const narrow of [width, 1024, 768, 320].filter((w) => w <= width)) {
        await page.setViewportSize({ width: narrow, height });
        await page
          .waitForFunction(
            () =>
              document.documentElement.scrollWidth <= innerWidth &&
              [...document.querySelectorAll('.charts, .card')].every(
                (c) => c.getBoundingClientRect().right <= innerWidth,
              ),
            null,
            { timeout: 5000 },
          )
          .catch(() => assert.fail(`at ${narrow} something sticks out`));
      }
      await page.context().close();
    }
  },
);
