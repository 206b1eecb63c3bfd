#!/usr/bin/env node
// @ts-check
/**
 * site.mjs - puts the page together for any static host: scripts bundled into few files, and names that
 * tell what is in a file, so that a browser may keep it for ever and two builds cannot be mixed.
 *   site.mjs --build id --modules build --digits build [--mnist archive.tar.gz] --to build/site
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { rollup } from 'rollup';
import { minify } from 'terser';
import { ICONS } from './icons.mjs';
import { HEADERS, META_POLICY, NAMED, typeOf } from './headers.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)),
  WEB = join(ROOT, 'web');
const DIGITS = ['train-images', 'train-labels', 'test-images', 'test-labels'].map((name) => `digits-${name}.idx.gz`);
const MODULES = ['inklearn.wasm', 'inklearn-threads.wasm', 'inklearn-relaxed.wasm', 'inklearn-threads-relaxed.wasm'];

/** Without comments. @param {string[]} paths */
const styles = async (...paths) =>
  (await Promise.all(paths.map((path) => readFile(join(ROOT, path), 'utf8'))))
    .join('')
    .replace(/\s*\/\*[^]*?\*\//g, '');

/**
 * Four files rather than dozens of small ones: main.js with what it imports, then soon.js, then the charts, then the
 * rest but for the languages. Nothing but the curves needs the charts, so that a page without them works.
 * @type {import('rollup').GetManualChunk}
 */
const parts = (id, { getModuleInfo, getModuleIds }) => {
  const needed = (/** @type {string} */ from, seen = new Set()) => {
    if (!seen.has(from)) getModuleInfo(from)?.importedIds.forEach((next) => needed(next, seen.add(from)));
    return seen.add(from);
  };
  const inFile = (/** @type {string} */ end) =>
    needed([...getModuleIds()].find((other) => other.endsWith(end)) ?? '').has(id);
  if (/\/(strings\/(es|zh)|page\/finder)\.js$/.test(id)) return null;
  return inFile('/web/main.js')
    ? 'main'
    : inFile('/page/soon.js') || id.endsWith('/plots/ticks.js') // ticks: the charts and the exports both need them
      ? 'soon'
      : inFile('/page/chart.js')
        ? 'charts'
        : 'later';
};

/**
 * @param {object} options
 * @param {string} options.build  its id, which the modules hold too
 * @param {string} options.modules  the folder they are in; those with relaxed SIMD may be missing
 * @param {string} options.digits  the folder of the built-in pictures
 * @param {string} [options.mnist]  its archive, to be offered too
 * @param {string} options.to
 */
export async function makeSite({ build, modules, digits, mnist, to }) {
  /** The name in the site of each source file. @type {Map<string, string>} */
  const names = new Map();
  await rm(to, { recursive: true, force: true });
  await mkdir(join(to, 'data'), { recursive: true });

  /** @param {string | Uint8Array} bytes @param {string} name  in the sources @param {string} [folder] */
  const place = async (bytes, name, folder = '') => {
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8),
      named = folder + name.replace('.', `-${hash}.`);
    await writeFile(join(to, named), bytes);
    names.set(name, named);
  };

  /** Addresses of files beside a script become those that were given to them. @type {import('rollup').Plugin} */
  const addresses = {
    name: 'addresses',
    resolveId: (name) => (name === 'uplot' ? join(ROOT, 'node_modules/uplot/dist/uPlot.esm.js') : null),
    transform: (code) =>
      code
        .replace(
          /new URL\('([./\w-]+)', import\.meta\.url\)/g,
          (_, from) => `new URL('./${names.get(basename(from)) ?? basename(from)}', import.meta.url)`,
        )
        .replace("BUILD = 'unbuilt'", `BUILD = '${build}'`),
  };
  const short = {
    name: 'short',
    renderChunk: async (/** @type {string} */ code) => (await minify(code, { module: true, ecma: 2020 })).code ?? null,
  };

  /** @param {string} entry  the files that it names must have been placed */
  const script = async (entry) => {
    const bundle = await rollup({ input: join(WEB, entry), plugins: [addresses, short] });
    const { output } = await bundle.write({
      dir: to,
      entryFileNames: '[name]-[hash].js',
      chunkFileNames: '[name]-[hash].js',
      hashCharacters: 'base36',
      manualChunks: entry === 'main.js' ? parts : undefined,
      onlyExplicitManualChunks: true,
    });
    for (const chunk of output) if (chunk.type === 'chunk' && chunk.isEntry) names.set(basename(entry), chunk.fileName);
  };

  for (const name of MODULES) {
    const here = existsSync(join(modules, name)) ? name : name.replace('-relaxed', '');
    await place(await readFile(join(modules, here)), name);
  }
  for (const name of DIGITS) await place(await readFile(join(digits, name)), name, 'data/');
  await place(await readFile(join(ROOT, 'assets/reader.safetensors')), 'reader.safetensors');
  await place(await readFile(join(WEB, 'icon.svg')), 'icon.svg');
  for (const [name] of ICONS) await place(await readFile(join(ROOT, 'assets', name)), name);
  const from = (/** @type {string[]} */ ...names) => names.map((name) => `web/style/${name}.css`);
  const first = from('base', 'controls', 'bar', 'setup', 'stage');
  await place(await styles('node_modules/uplot/dist/uPlot.min.css', ...first), 'style.css');
  await place(await styles(...from('results', 'panels')), 'panels.css');
  for (const entry of ['core/helper.js', 'core/keeper.js', 'core/worker.js', 'main.js']) await script(entry);

  // These files keep their names: a browser asks for them again at each visit.
  /** @param {string} name @param {(text: string) => string} change */
  const rewrite = async (name, change) =>
    writeFile(join(to, basename(name)), change(await readFile(join(WEB, name), 'utf8')));
  const named = (/** @type {string} */ text) =>
    text.replace(/"([\w-]+\.\w+)"/g, (whole, name) => (names.has(name) ? `"${names.get(name)}"` : whole));
  // The policy stands before everything that it governs, for hosts that do not send it.
  await rewrite('index.html', (html) =>
    named(html)
      .replace('<html lang="en"', `$& data-build="${build}"`)
      .replace('<meta charset="utf-8" />', `$&\n<meta http-equiv="Content-Security-Policy" content="${META_POLICY}">`),
  );
  await rewrite('manifest.webmanifest', named);
  await writeFile(
    join(to, 'licences.txt'),
    [
      'Inklearn and uPlot are used under the MIT licence, stb_image is in the public domain.\n',
      await readFile(join(ROOT, 'LICENSE'), 'utf8'),
      await readFile(join(ROOT, 'node_modules/uplot/LICENSE'), 'utf8'),
    ].join(''),
  );
  const sets = [{ url: 'data/digits.tar.gz', name: 'Drawn digits' }];
  await copyFile(join(digits, 'digits.tar.gz'), join(to, sets[0].url));
  if (mnist) await copyFile(mnist, join(to, sets[sets.push({ url: 'data/mnist_png.tar.gz', name: 'MNIST' }) - 1].url));
  await writeFile(join(to, 'data/index.json'), `${JSON.stringify(sets)}\n`);
  const files = (await readdir(to, { recursive: true })).filter((name) => NAMED.test(name)).sort();
  const sha256 = (/** @type {Uint8Array} */ bytes) => createHash('sha256').update(bytes).digest('hex');
  const about = async (/** @type {string} */ name) => {
    const bytes = await readFile(join(to, name));
    return { type: typeOf(name), sha256: [bytes, ...(name.endsWith('.gz') ? [gunzipSync(bytes)] : [])].map(sha256) };
  };
  const others = ['manifest.webmanifest', 'licences.txt', 'data/index.json'];
  /** The facts about the site for the service worker, by the names of its constants. */
  const known = {
    BUILD: build,
    NAMED: Object.fromEntries(await Promise.all(files.map(async (name) => [name, await about(name)]))),
    OTHERS: Object.fromEntries(others.map((name) => [name, typeOf(name)])),
    HEADERS,
  };
  await rewrite('core/service-worker.js', (text) =>
    text.replace(/^(const (\w+) = )(.*);$/gm, (line, start, name) =>
      Object.hasOwn(known, name) ? `${start}${JSON.stringify(known[/** @type {keyof typeof known} */ (name)])};` : line,
    ),
  );
  await writeFile(
    join(to, '_headers'),
    `/*\n${Object.entries(HEADERS)
      .map(([name, value]) => `  ${name}: ${value}\n`)
      .join('')}`,
  ); // some hosts send what stands there
}

/** Lists the files that a visitor's browser is sent, with their compressed sizes. @param {string} site */
async function sizes(site) {
  const files = (await readdir(site, { recursive: true }))
    .filter((name) => /\.\w+$/.test(name) && name !== 'data/mnist_png.tar.gz')
    .sort();
  const rows = await Promise.all(
    files.map(async (name) => {
      const bytes = await readFile(join(site, name));
      return {
        name,
        bytes: bytes.length,
        gzip: name.endsWith('.gz') ? bytes.length : gzipSync(bytes, { level: 9 }).length,
      };
    }),
  );
  const row = (/** @type {string | number} */ a, /** @type {string | number} */ b, /** @type {string} */ c) =>
    `${String(a).padStart(9)} ${String(b).padStart(9)}  ${c}\n`;
  const sum = (/** @type {RegExp} */ what) => rows.reduce((n, { name, gzip }) => n + (what.test(name) ? gzip : 0), 0);
  const code = sum(/^(main|worker|inklearn-threads-relaxed)-/),
    first = code + sum(/^(index\.html|style-)/),
    pictures = sum(/idx/),
    charts = sum(/^charts-/);
  const kB = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`;
  return [
    row('bytes', 'gzip', 'file'),
    ...rows.map(({ name, bytes, gzip }) => row(bytes, gzip, name)),
    `Before the first step: ${kB(first)} compressed, of it scripts and module ${kB(code)}, with the charts ${kB(code + charts)}; and ${(pictures / 1e6).toFixed(1)} MB of pictures. `,
    `Then charts and drawing ${kB(charts + sum(/^soon-/))}, threads ${kB(sum(/^helper-/))}, the rest of the page ${kB(sum(/^(later|panels|keeper)-/))}.\n`,
  ].join('');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      build: { type: 'string' },
      modules: { type: 'string' },
      digits: { type: 'string' },
      mnist: { type: 'string' },
      to: { type: 'string' },
    },
  });
  await makeSite(/** @type {any} */ (values));
  process.stdout.write(await sizes(/** @type {string} */ (values.to)));
}
