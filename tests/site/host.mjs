/**
 * host.mjs - a host that sends the site without headers of its own, from a folder below its root, and that can go
 * wrong.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { listen } from '../../tools/site/serve.mjs';

/** @typedef {import('node:http').ServerResponse} Response */

const BELOW = '/some/where/';
/** @type {Record<string, string>} */
const TYPES = {
  css: 'text/css',
  html: 'text/html',
  js: 'text/javascript',
  json: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  wasm: 'application/wasm',
};

/** @param {number} port  or one of those after it */
export async function startHost(port) {
  const host = {
    address: '',
    folder: '',
    /** Without a network: every connection is closed. */
    up: true,
    /**
     * Answers that replace files, by name: below the site's folder, or with a slash in front beside it.
     * @type {Map<string, (response: Response) => void>}
     */
    instead: new Map(),
    /** The names that were asked for. @type {string[]} */
    asked: [],
    /** A host that sends a page for whatever it does not have, with status 200. @param {string} name */
    sendPageAs(name) {
      host.instead.set(name, (response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>'),
      );
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  async function answer(request, response) {
    if (!host.up) return request.socket.destroy();
    const path = String(request.url).split('?')[0];
    const name = path.startsWith(BELOW) ? path.slice(BELOW.length) : path;
    host.asked.push(name);
    const instead = host.instead.get(name);
    if (instead) return instead(response);
    const bytes = path.startsWith(BELOW)
      ? await readFile(join(host.folder, name || 'index.html')).catch(() => null) // no such file: 404
      : null;
    if (!bytes)
      return response.writeHead(404, { 'content-type': 'text/html' }).end('<!doctype html>There is no such page.');
    const type = TYPES[(name || 'index.html').split('.').pop() ?? ''] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-length': bytes.length }).end(bytes);
  }
  const server = createServer((request, response) => void answer(request, response));
  host.address = `http://localhost:${await listen(server, port)}${BELOW}`;
  return host;
}
