/**
 * bundlers.mjs - the package in bundlers that take long to install: `make test-package`. Each is installed, once, in
 * build/bundlers, builds a page, and Chromium trains in it.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import sirv from 'sirv';
import { listen } from '../../tools/site/serve.mjs';
import { launch, noBrowser, openPage } from '../../tools/site/browser.mjs';
import { ROOT } from '../support/core.mjs';

const NEXT_ROUTE = `export const dynamic = 'force-dynamic';
export async function GET(request) {
  try {
    const { createTrainer } = await import('inklearn');
    const trainer = await createTrainer({ threads: 1, inline: new URL(request.url).searchParams.has('inline') });
    const { variant } = trainer;
    await trainer.dispose();
    return new Response(variant);
  } catch (error) { return new Response(String(error)); }
}
`;
const NEXT_LAYOUT = 'export default ({ children }) => <html><body>{children}</body></html>;\n';
/** A page of Next.js that trains when it is seen. */
const NEXT_PAGE = `'use client';
import { useEffect } from 'react';
export default function Page() {
  useEffect(() => { void import('../page-script.js'); }, []);
  return <pre id="out"></pre>;
}
`;
/** Trains on two classes of bars. */
const SCRIPT = `import { createTrainer } from 'inklearn';
const out = document.getElementById('out');
try {
  const trainer = await createTrainer({ threads: Number(new URLSearchParams(location.search).get('threads') ?? 1) });
  const train = new Uint8Array(64 * 784), trainLabels = Array.from({ length: 64 }, (_, i) => i % 2);
  for (let i = 0; i < 64; i++) train.fill(200, i * 784 + (i % 2) * 392, i * 784 + (i % 2) * 392 + 392);
  await trainer.load({ train, trainLabels, valid: train, validLabels: trainLabels });
  const { epochs } = await trainer.fit({ model: 'linear', epochs: 3, batch: 8, lr: 0.1 });
  out.textContent = \`accuracy \${epochs.at(-1).accuracy}, threads \${trainer.threads}\`;
} catch (error) {
  out.textContent = String(error);
}
out.dataset.done = '';
`;

/**
 * A project with these packages and files, and the package as it is now.
 * @param {string} name
 * @param {string[]} packages
 * @param {Record<string, string>} files
 */
function project(name, packages, files) {
  const folder = join(ROOT, 'build/bundlers', name);
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'node_modules'))) {
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    run(folder, 'npm', 'install', '--no-audit', '--no-fund', ...packages);
  }
  run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--no-save', join(ROOT, 'build/inklearn.tgz'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** @param {string} folder @param {string} command @param {string[]} args */
function run(folder, command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
  });
  assert.equal(status, 0, `${command} ${args.join(' ')}: ${stdout}${stderr}`);
}

/** Returns the text of the page at an address. @param {string} address */
async function said(address) {
  const browser = await launch();
  try {
    const { page } = await openPage(browser);
    await page.goto(address);
    await page.waitForSelector('#out[data-done]', { timeout: 60000 });
    return await page.locator('#out').innerText();
  } finally {
    await browser.close();
  }
}

test('Parcel', { skip: noBrowser }, async () => {
  const folder = project('parcel', ['parcel@2.16.4'], {
    'index.html': '<!doctype html><pre id="out"></pre><script type="module" src="./script.js"></script>',
    'script.js': SCRIPT,
  });
  for (const old of ['dist', '.parcel-cache']) rmSync(join(folder, old), { recursive: true, force: true });
  run(folder, 'npx', 'parcel', 'build', 'index.html', '--public-url', './');
  const files = sirv(join(folder, 'dist'), {
    dev: true,
    setHeaders: (response) => {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    },
  });
  const server = createServer((request, response) => files(request, response, () => response.writeHead(204).end()));
  const address = `http://localhost:${await listen(server, 8290)}/`;
  try {
    for (const threads of [1, 2])
      assert.equal(await said(`${address}?threads=${threads}`), `accuracy 1, threads ${threads}`);
  } finally {
    server.close();
  }
});

for (const [version, thread] of /** @type {const} */ ([
  ['15.5.29', /serverExternalPackages: \['inklearn'\]/],
  ['16.4.6', /^(simd128|relaxed)$/],
]))
  test(
    `Next.js ${version}: the page without a setting, the server as the error says`,
    { skip: noBrowser },
    async () => {
      const folder = project(`next-${version}`, [`next@${version}`, 'react@19', 'react-dom@19'], {
        'app/layout.js': NEXT_LAYOUT,
        'app/page.js': NEXT_PAGE,
        'app/page-script.js': SCRIPT,
        'app/api/route.js': NEXT_ROUTE,
        'next.config.mjs': 'export default {};\n',
      });
      /** @param {(address: string) => Promise<void>} look */
      const served = async (look) => {
        rmSync(join(folder, '.next'), { recursive: true, force: true });
        run(folder, 'npx', 'next', 'build');
        const next = spawn('node', ['node_modules/next/dist/bin/next', 'start', '-p', '8291'], { cwd: folder });
        try {
          let text = '';
          await new Promise((resolve, reject) => {
            next.on('exit', () => reject(new Error(text)));
            next.stderr.on('data', (bytes) => {
              text += bytes;
            });
            next.stdout.on('data', (bytes) => {
              if (/Ready/.test((text += bytes))) resolve(null);
            });
          });
          await look('http://localhost:8291/');
        } finally {
          next.removeAllListeners('exit');
          next.kill();
        }
      };
      await served(async (address) => {
        assert.equal(await said(address), 'accuracy 1, threads 1');
        assert.match(await (await fetch(`${address}api?inline`)).text(), /^(simd128|relaxed)$/);
        assert.match(await (await fetch(`${address}api`)).text(), thread);
      });
      writeFileSync(join(folder, 'next.config.mjs'), "export default { serverExternalPackages: ['inklearn'] };\n");
      await served(async (address) => assert.match(await (await fetch(`${address}api`)).text(), /^(simd128|relaxed)$/));
    },
  );
