// @ts-check
/**
 * static.mjs - answers requests for the files of a folder, and for nothing else: no dot files, and no path or link
 * leads out of the folder. No request ends the server.
 */
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HEADERS, NAMED, typeOf } from './headers.mjs';

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */

/** A refusal: its body is a sentence. */
class Refusal extends Error {
  /** @param {number} status @param {string} message @param {Record<string, string>} [headers] */
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}
const missing = () => new Refusal(404, 'There is no such file.');

/**
 * Refuses a request for a host other than this machine. Another site's name may be made to lead here (DNS rebinding),
 * and then its pages could read the answers. A numeric address cannot. Every browser sends the name.
 * @param {string | undefined} host
 */
function checkHost(host = 'localhost') {
  const name = host.replace(/:\d*$/, '').toLowerCase();
  if (isIP(name.replace(/^\[(.*)\]$/, '$1')) || name === 'localhost' || name.endsWith('.localhost')) return;
  throw new Refusal(421, 'This server answers to localhost alone: open the site as http://localhost, with its port.');
}

/**
 * Splits a path into its parts; the last is empty if the path ends with a slash.
 * @param {string} address  as it was asked for
 */
function partsOf(address) {
  const path = address.replace(/[?#].*$/s, '');
  if (!path.startsWith('/')) throw new Refusal(400, 'A path begins with a slash.');
  const parts = path
    .slice(1)
    .split('/')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        throw new Refusal(400, 'The path has a % that does not begin a character in UTF-8.');
      }
    });
  const odd = parts.some(
    (part, i) => part.startsWith('.') || /[/\\\0]/.test(part) || (part === '' && i < parts.length - 1),
  );
  if (odd) throw missing();
  return parts;
}

/**
 * Finds a file, with all links followed. A file outside the folder counts as missing.
 * @param {string} folder
 * @param {string[]} parts
 */
async function placeOf(folder, parts) {
  const root = await realpath(folder),
    place = await realpath(join(root, ...parts)),
    inside = relative(root, place).split(sep);
  if (inside.some((part) => part.startsWith('.')) || relative(root, place) === place) throw missing();
  return place;
}

/**
 * Returns the requested bytes, first and last, or null for all. An invalid range, or several ranges, mean all bytes, as
 * RFC 9110 allows.
 * @param {string | undefined} range @param {number} size
 */
export function rangeOf(range, size) {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/i.exec((range ?? '').replace(/[ \t]/g, '')) ?? [];
  if (from === undefined || (from === '' && to === '') || (from !== '' && to !== '' && Number(from) > Number(to)))
    return null;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from),
    last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (first > last) throw new Refusal(416, `The file has ${size} bytes.`, { 'Content-Range': `bytes */${size}` });
  return { first, last };
}

/** @param {string} folder @param {Request} request @param {Response} response */
async function sendFile(folder, request, response) {
  checkHost(request.headers.host);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new Refusal(405, 'Files can only be read.', { Allow: 'GET, HEAD' });
  const parts = partsOf(request.url ?? '');
  if (parts.at(-1) === '') parts[parts.length - 1] = 'index.html';
  // Opened without waiting: a pipe would wait for a writer.
  const file = await open(
    await placeOf(folder, parts),
    constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW,
  );
  try {
    const stats = await file.stat(),
      name = parts.join('/');
    if (stats.isDirectory())
      throw new Refusal(301, 'This is a folder.', { Location: `/${parts.map(encodeURIComponent).join('/')}/` });
    if (!stats.isFile()) throw missing();
    const range =
      request.method === 'GET' && !request.headers['if-range'] ? rangeOf(request.headers.range, stats.size) : null;
    const { first, last } = range ?? { first: 0, last: stats.size - 1 },
      length = last - first + 1;
    response.writeHead(range ? 206 : 200, {
      ...HEADERS,
      'Content-Type': typeOf(name),
      'Content-Length': length,
      'Accept-Ranges': 'bytes',
      'Cache-Control': NAMED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
      'Last-Modified': stats.mtime.toUTCString(),
      ...(range && { 'Content-Range': `bytes ${first}-${last}/${stats.size}` }),
    });
    if (request.method === 'HEAD' || length === 0) return void response.end();
    await pipeline(
      file.createReadStream({ start: first, end: last, autoClose: false }),
      async function* whole(chunks) {
        let left = length;
        for await (const chunk of chunks) {
          left -= chunk.length;
          yield chunk;
        }
        // Or the browser would wait for the rest
        if (left > 0) throw new Error('the file became shorter while it was sent');
      },
      response,
    );
  } finally {
    await file.close();
  }
}

const MISSING = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO', 'EINVAL'];

/** @param {any} error @param {Response} response */
function refuse(error, response) {
  if (response.headersSent || response.destroyed) return void response.destroy(); // a part was sent, or nobody listens
  const known = error instanceof Refusal ? error : MISSING.includes(error.code) ? missing() : null;
  const { status, message, headers } =
    known ?? new Refusal(500, `The file cannot be read (${error.code ?? error.message}).`);
  const text = `${message}\n`,
    length = Buffer.byteLength(text);
  response.writeHead(status, { ...HEADERS, 'Content-Type': typeOf('.txt'), 'Content-Length': length, ...headers });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

/**
 * Returns the request handler of a server of that folder.
 * @param {string} folder
 * @returns {(request: Request, response: Response) => void}
 */
export const answerFrom = (folder) => (request, response) => {
  response.on('error', () => response.destroy()); // the browser has gone
  sendFile(folder, request, response)
    .catch((error) => refuse(error, response))
    .catch(() => response.destroy());
};
