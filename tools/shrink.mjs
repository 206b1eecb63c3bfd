#!/usr/bin/env node
// @ts-check
/**
 * shrink.mjs - copies the page for a site: scripts without comments and with short names, each a file of its own as before.
 *   shrink.mjs web build/site
 */
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { minify } from 'terser';

const [from, to] = process.argv.slice(2);
await cp(from, to, { recursive: true });
const scripts = (await readdir(from, { recursive: true })).filter((name) => name.endsWith('.js'));
await Promise.all(scripts.map(async (name) => {
  const { code = '' } = await minify({ [name]: await readFile(join(from, name), 'utf8') }, { module: true, ecma: 2020 });
  await writeFile(join(to, name), code);
}));
