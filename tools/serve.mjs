#!/usr/bin/env node
// @ts-check
/**
 * serve.mjs - the site on this machine, with the headers that a host should send.
 *   serve.mjs [folder] [--port 8000] [--open]
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import sirv from 'sirv';

export const HEADERS = {
  // Both, or there is no SharedArrayBuffer for threads.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': [
    "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self'", "style-src 'self'",
    "img-src 'self' blob: data:", "manifest-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
    "frame-ancestors 'none'", "require-trusted-types-for 'script'", 'trusted-types inklearn',
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};
/** Files whose names tell what is in them never change (tools/site.mjs). */
export const NAMED = /-[0-9a-z]{8}\.[a-z.]+$/;
const cacheLife = (/** @type {string} */ path) => (NAMED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');

/**
 * sirv takes a .gz file for the compressed form of another; here it is an archive, which the
 * browser must not unpack.
 * @param {import('node:http').ServerResponse} response
 */
function sendAsIs(response) {
  response.setHeader('Content-Type', 'application/gzip');
  const { writeHead } = response;
  response.writeHead = (/** @type {number} */ code, /** @type {any} */ headers) => {
    delete headers['Content-Encoding'];
    return writeHead.call(response, code, headers);
  };
}

/**
 * @param {string} folder
 * @returns {import('node:http').Server}
 */
export function createSite(folder) {
  const files = sirv(folder, {
    dev: true, // a build may replace files while it serves
    setHeaders(response, path) {
      for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
      response.setHeader('Cache-Control', cacheLife(path));
      if (path.endsWith('.gz')) sendAsIs(response);
    },
  });
  return createServer((request, response) => files(request, response, () => {
    response.writeHead(404, { ...HEADERS, 'Content-Type': 'text/plain' });
    response.end('There is no such file.\n');
  }));
}

/**
 * Listens on the port, or on the next free one of the ten after it.
 * @param {import('node:http').Server} server
 * @param {number} port
 * @returns {Promise<number>}
 */
export function listen(server, port) {
  return new Promise((resolve, reject) => {
    let last = port;
    server.on('error', (error) => {
      if (/** @type {any} */ (error).code === 'EADDRINUSE' && last < Math.min(port + 10, 65535)) server.listen(++last, 'localhost');
      else reject(error);
    });
    server.on('listening', () => resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port));
    server.listen(port, 'localhost');
  });
}

/** @param {string} message  @returns {never} */
function refuse(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { port: { type: 'string', default: '8000' }, open: { type: 'boolean', default: false } },
    });
    const folder = positionals[0] ?? 'build/site', wanted = Number(values.port);
    if (!existsSync(folder)) refuse(`${folder} is not there: build it with \`make site\``);
    if (!/^\d+$/.test(values.port) || wanted > 65535) refuse(`--port ${values.port}: a port is a whole number from 0 to 65535`);
    return { folder, wanted, open: values.open };
  } catch (error) {
    return refuse(`${/** @type {Error} */ (error).message}\nUsage: serve.mjs [folder] [--port 8000] [--open]`);
  }
}

if (process.argv[1]?.endsWith('serve.mjs')) {
  const { folder, wanted, open } = readArguments();
  const port = await listen(createSite(folder), wanted).catch((error) => {
    const busy = error.code === 'EADDRINUSE';
    return refuse(busy ? `Port ${wanted} and those after it are busy: choose another with --port` : `The server could not start on port ${wanted}: ${error.message}`);
  });
  const address = `http://localhost:${port}`;
  process.stdout.write(`Inklearn is at ${address} (Ctrl-C ends it)\n`);
  if (open && (process.env.DISPLAY || process.env.WAYLAND_DISPLAY || process.platform === 'darwin'))
    spawn(process.platform === 'darwin' ? 'open' : 'xdg-open', [address], { stdio: 'ignore', detached: true }).on('error', () => {}).unref();
}
