/**
 * package.test.mjs - the package as its users have it: installed from its tarball into an empty project, without a
 * network.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import sirv from 'sirv';
import { createTrainer } from 'inklearn';
import { SETTINGS } from '../../tools/cli/options.mjs';
import { listen } from '../../tools/site/serve.mjs';
import { launch, noBrowser, openPage } from '../../tools/site/browser.mjs';
import { ROOT } from '../support/core.mjs';
import { digitPng, smallTar, zip } from '../support/files.mjs';

const TARBALL = join(ROOT, 'build/inklearn.tgz'),
  HERE = join(ROOT, 'tests/package/project');
const skip = existsSync(TARBALL) ? false : 'build/inklearn.tgz is missing: make package';
const project = mkdtempSync(join(tmpdir(), 'inklearn-package-'));

/** @param {string} command @param {string[]} args */
function run(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: project, encoding: 'utf8' });
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

before(() => {
  if (skip) return;
  writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }');
  writeFileSync(join(project, 'small.tar'), smallTar({ perClass: 8, classes: ['a', 'b', 'c', 'd'] }));
  for (const name of ['use.mjs', 'use.ts', 'small.ts', 'index.html', 'page.js', 'inner.js'])
    copyFileSync(join(HERE, name), join(project, name));
  mkdirSync(join(project, 'public'));
  for (const folder of ['public', '']) {
    writeFileSync(
      join(project, folder, 'small.tar.gz'),
      gzipSync(smallTar({ perClass: 8, classes: ['a', 'b', 'c', 'd'] })),
    );
    writeFileSync(
      join(project, folder, 'small.zip'),
      zip(
        ['train', 'valid'].flatMap((split) =>
          ['a', 'b'].map((name, i) => ({ name: `${split}/${name}/x.png`, data: digitPng(i) })),
        ),
      ),
    );
  }
  run('npm', 'install', '--offline', '--no-audit', '--no-fund', TARBALL);
});
after(() => rmSync(project, { recursive: true, force: true }));

test('it needs no other package, and its exports are there', { skip }, () => {
  const { dependencies, exports, bin } = JSON.parse(
    readFileSync(join(project, 'node_modules/inklearn/package.json'), 'utf8'),
  );
  assert.equal(dependencies, undefined);
  for (const path of [
    exports['.'].types,
    exports['.'].node,
    exports['.'].default,
    exports['./worker'],
    './build/inklearn.wasm',
    bin.inklearn,
  ])
    assert.ok(existsSync(join(project, 'node_modules/inklearn', path)), `${path} is not in the package`);
  assert.match(run('npm', 'exec', '--offline', '--', 'inklearn', '--help'), /usage: inklearn COMMAND/);
});

test('its command line trains on the digits that it brings, and knows its own files', { skip }, () => {
  const out = run(
    'npm',
    'exec',
    '--offline',
    '--',
    'inklearn',
    'train',
    '--model',
    'linear',
    '--epochs',
    '1',
    '--json',
  );
  assert.ok(JSON.parse(out.trim().split('\n').at(-1)).accuracy > 0.4, out);
});

for (const mode of ['inline', 'thread'])
  test(`its API in Node, ${mode}`, { skip }, () =>
    assert.equal(run(process.execPath, 'use.mjs', mode, 'small.tar'), 'done\n'),
  );

test('its declarations compile strictly, as promised', { skip }, () => {
  run(
    process.execPath,
    join(ROOT, 'node_modules/typescript/bin/tsc'),
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--lib',
    'es2022,dom,dom.iterable,esnext.disposable',
    'use.ts',
  );
});

/**
 * How programs are compiled that have the DOM's types, Node's, both, or neither; and with the resolution of older
 * projects.
 * @type {Record<string, object>}
 */
const PROGRAMS = {
  'nodenext, Node alone': { module: 'nodenext', lib: ['es2022'], types: ['node'] },
  'nodenext, neither DOM nor Node': { module: 'nodenext', lib: ['es2022'], types: [] },
  'bundler, the DOM alone': {
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2022', 'dom', 'dom.iterable'],
    types: [],
  },
  'node10, Node alone': { module: 'commonjs', moduleResolution: 'node10', lib: ['es2022'], types: ['node'] },
};
for (const [name, options] of Object.entries(PROGRAMS))
  test(`its declarations compile: ${name}`, { skip }, () => {
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          target: 'es2022',
          typeRoots: [join(ROOT, 'node_modules/@types')],
          ...options,
        },
        files: ['small.ts'],
      }),
    );
    run(process.execPath, join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json');
  });

test('every setting of the command line is one of the API', async () => {
  const declared = readFileSync(join(ROOT, 'build/schema.d.ts'), 'utf8'), // index.d.ts takes Settings from there
    trainer = await createTrainer({ inline: true, threads: 1 });
  assert.match(
    readFileSync(join(ROOT, 'tools/package/index.d.ts'), 'utf8'),
    /^export interface FitOptions extends Settings /m,
  );
  for (const name of Object.keys(SETTINGS)) {
    const camel = name.replace(/-./g, (s) => s[1].toUpperCase());
    assert.match(declared, new RegExp(`^  ${camel}\\?: `, 'm'), `${camel} is not declared in build/schema.d.ts`);
    await assert.rejects(
      async () => {
        await trainer.fit({ [camel]: 'x' });
      },
      (/** @type {any} */ e) => !/there is no option/.test(e.message),
      `${camel} is missing in tools/package/trainer.js`,
    );
  }
  await trainer.dispose();
});

test('a recipe begins anew, and what else is given changes it', async () => {
  const trainer = await createTrainer({ inline: true, threads: 1 });
  await trainer.load(smallTar({ perClass: 8 }));
  await trainer.fit({ model: 'linear', epochs: 1, batch: 8 });
  const { epochs } = await trainer.fit({ preset: 'quick', epochs: 1, batch: 8 });
  assert.deepEqual(
    epochs.map((e) => e.epoch),
    [0],
  );
  await trainer.dispose();
});

/** The folder on a server that sends what threads need, and nothing else. */
function serve(/** @type {string} */ folder) {
  const files = sirv(folder, {
    dev: true,
    setHeaders: (response) => {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    },
  });
  return createServer((request, response) => files(request, response, () => response.writeHead(204).end()));
}

/** Returns the text of the page. @param {string} folder @param {string} query */
async function pageOf(folder, query) {
  const server = serve(folder),
    browser = await launch();
  try {
    const { page, complaints } = await openPage(browser);
    await page.goto(`http://localhost:${await listen(server, 8190)}/${query}`);
    await page.waitForSelector('#out[data-done]', { timeout: 60000 });
    return { text: await page.locator('#out').innerText(), complaints };
  } finally {
    await browser.close();
    server.close();
  }
}

const SAID = (/** @type {number} */ threads) =>
  new RegExp(
    `^32 pictures of a,b,c,d\\n2 zipped\\nepoch 0: [\\d.]+\\nepoch 1: [\\d.]+\\nepoch 2: [\\d.]+\\nepoch 3: 1\\nright\\n${threads} threads\\n` +
      'digest (\\w{16})\\nright from a JPEG\\na worker says right\\n$',
  );

test(
  'a page that Vite has built trains in Chromium, with one thread and with two, to the same bits',
  { skip: skip || noBrowser },
  async () => {
    run(process.execPath, join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--base', './', '--logLevel', 'warn');
    const digests = [];
    for (const threads of [1, 2]) {
      const { text, complaints } = await pageOf(join(project, 'dist'), `?threads=${threads}`);
      assert.match(text, SAID(threads));
      assert.deepEqual(complaints, []);
      digests.push(text.match(SAID(threads))?.[1]);
    }
    assert.equal(digests[0], digests[1]);
  },
);

test('a page without a bundler imports it as it is', { skip: skip || noBrowser }, async () => {
  for (const name of ['page.js', 'inner.js'])
    writeFileSync(
      join(project, name),
      readFileSync(join(HERE, name), 'utf8').replace(
        "'inklearn'",
        "'./node_modules/inklearn/tools/package/browser.js'",
      ),
    );
  const { text, complaints } = await pageOf(project, '?threads=2');
  assert.match(text, SAID(2));
  assert.deepEqual(complaints, []);
});

/**
 * Returns the text of the page under Vite's development server.
 * @param {string} config
 */
async function pageOfDevServer(config) {
  writeFileSync(join(project, 'vite.config.js'), config);
  for (const name of ['page.js', 'inner.js']) copyFileSync(join(HERE, name), join(project, name));
  const vite = spawn(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), '--port', '0'], {
    cwd: project,
    env: { ...process.env, NO_COLOR: '1' },
  });
  const browser = await launch();
  try {
    let said = '';
    const address = await new Promise((resolve, reject) => {
      vite.on('exit', () => reject(new Error(`Vite ended: ${said}`)));
      for (const stream of [vite.stdout, vite.stderr])
        stream.on('data', (bytes) => {
          const found = (said += bytes).match(/http:\/\/localhost:\d+\//);
          if (found) resolve(found[0]);
        });
    });
    const { page } = await openPage(browser);
    await page.goto(`${address}?threads=1`);
    await page.waitForSelector('#out[data-done]', { timeout: 60000 });
    return await page.locator('#out').innerText();
  } finally {
    await browser.close();
    vite.kill();
    rmSync(join(project, 'vite.config.js'));
  }
}

test(
  "under Vite's development server one setting is needed, which the error names",
  { skip: skip || noBrowser },
  async () => {
    const without = await pageOfDevServer('export default {};'),
      setting = without.match(/optimizeDeps: \{[^}]*\}/)?.[0];
    assert.match(
      without,
      /^failed: EngineFailure: The trainer stopped unexpectedly \(its script was not found beside /,
    );
    assert.ok(setting, without);
    assert.match(await pageOfDevServer(`export default { ${setting} };`), SAID(1));
  },
);

test('esbuild leaves it out, as the error says, and an import map names it', { skip: skip || noBrowser }, async () => {
  const folder = mkdtempSync(join(project, 'esbuild-')),
    esbuild = join(ROOT, 'node_modules/esbuild/bin/esbuild');
  for (const name of ['page.js', 'inner.js'])
    run(esbuild, join(HERE, name), '--bundle', '--format=esm', '--external:inklearn', `--outdir=${folder}`);
  // Import maps do not reach workers: one that uses the package itself names its file.
  writeFileSync(
    join(folder, 'inner.js'),
    readFileSync(join(folder, 'inner.js'), 'utf8').replace(/"inklearn"/, "'./inklearn/tools/package/browser.js'"),
  );
  for (const name of ['small.tar.gz', 'small.zip']) copyFileSync(join(project, name), join(folder, name));
  cpSync(join(project, 'node_modules/inklearn'), join(folder, 'inklearn'), { recursive: true, dereference: true });
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><pre id="out"></pre><script type="importmap">{ "imports": { "inklearn": "./inklearn/tools/package/browser.js" } }</script><script type="module" src="./page.js"></script>',
  );
  assert.match((await pageOf(folder, '?threads=2')).text, SAID(2));
});

test('an error keeps the name of its class where a minifier renames classes', { skip }, () => {
  const code =
    "import { DataError } from 'inklearn'; const e = new DataError('data', 'x'); console.log(e.name, `${e}`);";
  const { stdout } = spawnSync(
    join(ROOT, 'node_modules/esbuild/bin/esbuild'),
    ['--bundle', '--minify', '--format=esm', '--platform=neutral', '--conditions=browser', '--main-fields=browser'],
    { cwd: project, input: code, encoding: 'utf8' },
  );
  assert.equal(run(process.execPath, '--input-type=module', '-e', stdout), 'DataError DataError: x\n');
});
