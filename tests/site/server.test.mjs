/**
 * server.test.mjs - the local server under requests that nobody should send: it sends the files of its folder, nothing
 * else, and never ends.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { HEADERS } from '../../tools/site/headers.mjs';
import { ROOT } from '../support/core.mjs';

const work = mkdtempSync(join(tmpdir(), 'inklearn-server-'));
const folder = join(work, 'site');
const SECRET = 'not for the browser';
const TEN = '0123456789';
const BIG = 64 << 20;

/** The server as `make run` starts it, a process of its own: whether it lives is part of each test. */
let server = /** @type {import('node:child_process').ChildProcess} */ (/** @type {unknown} */ (null));
let port = 0;
before(async () => {
  mkdirSync(join(folder, 'data/.git'), { recursive: true });
  mkdirSync(join(folder, 'with page'));
  writeFileSync(join(work, 'secret.txt'), SECRET);
  mkdirSync(join(work, 'site-of-another'));
  writeFileSync(join(work, 'site-of-another/secret.txt'), SECRET);
  writeFileSync(join(folder, 'index.html'), '<!doctype html>the page');
  writeFileSync(join(folder, 'with page/index.html'), 'another page');
  writeFileSync(join(folder, 'ten.txt'), TEN);
  writeFileSync(join(folder, '100% sure.txt'), TEN);
  writeFileSync(join(folder, 'ünï.txt'), TEN);
  writeFileSync(join(folder, 'nothing.txt'), '');
  writeFileSync(join(folder, 'main-0a1b2c3d.js'), 'export {};');
  writeFileSync(join(folder, 'big.bin'), '');
  truncateSync(join(folder, 'big.bin'), BIG);
  writeFileSync(join(folder, '.env'), SECRET);
  writeFileSync(join(folder, 'data/.git/config'), SECRET);
  symlinkSync(join(work, 'secret.txt'), join(folder, 'link.txt'));
  symlinkSync('../secret.txt', join(folder, 'relative.txt'));
  symlinkSync(work, join(folder, 'out'));
  symlinkSync(join(work, 'site-of-another'), join(folder, 'another'));
  symlinkSync('.env', join(folder, 'env.txt'));
  symlinkSync('loop.txt', join(folder, 'loop.txt'));
  symlinkSync('ten.txt', join(folder, 'inside.txt'));
  spawnSync('mkfifo', [join(folder, 'pipe')]);
  server = spawn(process.execPath, [join(ROOT, 'tools/site/serve.mjs'), folder, '--port', '8490'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(/** @type {import('node:stream').Readable} */ (server.stdout), 'data');
  port = Number(/localhost:(\d+)/.exec(String(said))?.[1]);
});
after(() => {
  server?.kill();
  rmSync(work, { recursive: true, force: true });
});

/** However it ends. @param {import('node:net').Socket} socket */
const closed = (socket) => new Promise((resolve) => socket.on('close', resolve));

/**
 * Sends these bytes, and gives the answer: status, headers, body.
 * @param {string | Buffer} bytes
 */
async function send(bytes) {
  const socket = connect({ port, host: 'localhost' });
  const chunks = /** @type {Buffer[]} */ ([]);
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {}); // a refusal may close before all was sent
  socket.write(bytes);
  await closed(socket);
  const answer = Buffer.concat(chunks).toString('latin1');
  const end = answer.indexOf('\r\n\r\n');
  const [first, ...lines] = answer.slice(0, end).split('\r\n');
  return {
    status: Number(first.split(' ')[1]),
    headers: Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
    ),
    body: answer.slice(end + 4),
  };
}

/** @param {string} path @param {Record<string, string>} [headers] @param {string} [method] */
const ask = (path, headers = {}, method = 'GET') =>
  send(
    `${method} ${path} HTTP/1.1\r\n${Object.entries({ Host: `localhost:${port}`, Connection: 'close', ...headers })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`,
  );

/** It is the same process, and answers. @param {string} why */
async function lives(why) {
  const { status, body } = await ask('/ten.txt');
  assert.deepEqual([status, body, server.exitCode], [200, TEN, null], `the server after ${why}`);
}

test('files of the folder, with their types and all headers', async () => {
  const files = /** @type {[string, string, string][]} */ ([
    ['/', 'text/html;charset=utf-8', '<!doctype html>the page'],
    ['/index.html?a=../..#b', 'text/html;charset=utf-8', '<!doctype html>the page'],
    ['/ten.txt', 'text/plain;charset=utf-8', TEN],
    ['/inside.txt', 'text/plain;charset=utf-8', TEN],
    ['/nothing.txt', 'text/plain;charset=utf-8', ''],
    ['/100%25%20sure.txt', 'text/plain;charset=utf-8', TEN],
    ['/%C3%BCn%C3%AF.txt', 'text/plain;charset=utf-8', TEN],
    ['/with%20page/', 'text/html;charset=utf-8', 'another page'],
    ['/main-0a1b2c3d.js', 'text/javascript', 'export {};'],
  ]);
  for (const [path, type, content] of files) {
    for (const method of ['GET', 'HEAD']) {
      const { status, headers, body } = await ask(path, {}, method);
      assert.equal(status, 200, path);
      assert.equal(headers['content-type'], type, path);
      assert.equal(Number(headers['content-length']), content.length, path);
      assert.equal(body, method === 'GET' ? content : '', `${method} ${path}`);
      assert.equal(
        headers['cache-control'],
        path.startsWith('/main-') ? 'public, max-age=31536000, immutable' : 'no-cache',
        path,
      );
      for (const [name, value] of Object.entries(HEADERS))
        assert.equal(headers[name.toLowerCase()], value, `${name} of ${path}`);
    }
  }
  const { status, headers } = await ask('/with%20page');
  assert.deepEqual([status, headers.location], [301, '/with%20page/']);
});

test('nothing that is outside, hidden or no file', async () => {
  const paths = [
    '/link.txt',
    '/relative.txt',
    '/out/secret.txt',
    '/another/secret.txt',
    '/env.txt',
    '/loop.txt',
    '/pipe',
    '/.env',
    '/data/.git/config',
    '/%2eenv',
    '/data/%2egit/config',
    '/../secret.txt',
    '/data/../../secret.txt',
    '/..%2fsecret.txt',
    '/..%2Fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '/data/..%2f..%2fsecret.txt',
    '/..%252fsecret.txt',
    '/..%c0%afsecret.txt',
    '/%u002e%u002e/secret.txt',
    '/ten.txt%00',
    '/ten.txt%00.html',
    '/%00',
    '/ten.txt/',
    '/ten.txt/x',
    '//ten.txt',
    '//secret.txt',
    '/data//index.html',
    '/../site-of-another/secret.txt',
    `/${join(work, 'secret.txt')}`,
    `/${'a'.repeat(5000)}`,
    `/${'a/'.repeat(5000)}`,
    '/%',
    '/%f',
    '/%zz',
    '/%ff%fe',
    '/%ed%a0%80',
    '*',
    'ten.txt',
    'http://localhost/../secret.txt',
    '?',
    '/?%',
    '/index',
    '/data',
    '/data/',
  ];
  for (const path of paths) {
    const { status, body, headers } = await ask(path);
    if (path === '/?%') assert.equal(status, 200);
    else if (path === '/data') assert.equal(status, 301);
    else assert.ok([400, 404].includes(status), `${path.slice(0, 60)}: ${status}`);
    assert.ok(!body.includes(SECRET), path);
    if (status === 404) assert.equal(headers['content-security-policy'], HEADERS['Content-Security-Policy']);
  }
  await lives('odd paths');
});

test('ranges of all forms: the bytes, all bytes, or the sentence that there are none', async () => {
  const cases = /** @type {[string, number, string, string?][]} */ ([
    ['bytes=0-', 206, TEN, '0-9'],
    ['bytes=0-0', 206, '0', '0-0'],
    ['bytes=2-4', 206, '234', '2-4'],
    ['bytes=9-9', 206, '9', '9-9'],
    ['bytes=5-99', 206, '56789', '5-9'],
    ['bytes=-3', 206, '789', '7-9'],
    ['bytes=-99', 206, TEN, '0-9'],
    ['Bytes= 2-4', 206, '234', '2-4'],
    [`bytes=1-${'9'.repeat(400)}`, 206, '123456789', '1-9'],
    ['bytes=10-', 416, 'The file has 10 bytes.\n'],
    ['bytes=-0', 416, 'The file has 10 bytes.\n'],
    ['bytes=10-12', 416, 'The file has 10 bytes.\n'],
    [`bytes=${'9'.repeat(400)}-`, 416, 'The file has 10 bytes.\n'],
    ['bytes=3-1', 200, TEN],
    ['bytes=-', 200, TEN],
    ['bytes=', 200, TEN],
    ['bytes=a-b', 200, TEN],
    ['bytes=1-2,4-5', 200, TEN],
    ['bytes=0x1-0x3', 200, TEN],
    ['bytes=1.5-3', 200, TEN],
    ['bytes=--1', 200, TEN],
    ['bytes=-1-2', 200, TEN],
    ['lines=1-2', 200, TEN],
    ['1-2', 200, TEN],
    ['bytes=NaN-', 200, TEN],
    ['bytes=1e0-2', 200, TEN],
  ]);
  for (const [range, status, body, part] of cases) {
    const answer = await ask('/ten.txt', { Range: range });
    assert.deepEqual([answer.status, answer.body], [status, body], range.slice(0, 40));
    assert.equal(Number(answer.headers['content-length']), body.length, range.slice(0, 40));
    assert.equal(
      answer.headers['content-range'],
      part ? `bytes ${part}/10` : status === 416 ? 'bytes */10' : undefined,
      range.slice(0, 40),
    );
    await lives(`Range: ${range.slice(0, 40)}`);
  }
  for (const range of ['bytes=0-', 'bytes=-1', 'bytes=0-0'])
    assert.equal((await ask('/nothing.txt', { Range: range })).status, 416, `${range} of no bytes`);
  assert.equal((await ask('/ten.txt', { Range: 'bytes=2-4' }, 'HEAD')).status, 200, 'a range is for GET');
  assert.equal(
    (await ask('/ten.txt', { Range: 'bytes=2-4', 'If-Range': '"old"' })).body,
    TEN,
    'it may be another file by now',
  );
});

test('other methods, and what is no request', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
    const { status, headers } = await ask('/ten.txt', {}, method);
    assert.deepEqual([status, headers.allow], [405, 'GET, HEAD'], method);
  }
  for (const bytes of [
    'nonsense\r\n\r\n',
    'GET\r\n\r\n',
    '\0\0\0\0',
    'GET / HTTP/9.9\r\n\r\n',
    'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    Buffer.alloc(100_000, 255),
    `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`,
    'GET /ten.txt\0 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n',
  ]) {
    await send(bytes);
    await lives(JSON.stringify(bytes.toString('latin1').slice(0, 40)));
  }
});

test('another site that leads its name here reads nothing', async () => {
  for (const host of [
    'evil.example',
    'evil.example:80',
    'localhost.evil.example',
    'localhost@evil.example',
    'notlocalhost',
    '127.0.0.1.evil.example',
    '[::1].evil.example',
    ' ',
    '1.2.3',
  ]) {
    const { status, body } = await ask('/ten.txt', { Host: host });
    assert.equal(status, 421, host);
    assert.match(body, /open the site as http:\/\/localhost/);
  }
  for (const host of [
    'localhost',
    `LOCALHOST:${port}`,
    '127.0.0.1',
    '127.0.0.1:80',
    '[::1]:8000',
    'inklearn.localhost:1',
    '192.168.1.2:8000',
  ])
    assert.equal((await ask('/ten.txt', { Host: host })).status, 200, host);
});

test('browsers that go away in the middle, and a file that becomes shorter', async () => {
  for (let i = 0; i < 20; i++) {
    const socket = connect({ port, host: 'localhost' });
    socket.on('error', () => {});
    socket.write('GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n');
    if (i % 2) await once(socket, 'data');
    if (i % 4 < 2) socket.resetAndDestroy();
    else socket.destroy();
  }
  await lives('connections that broke');

  const socket = connect({ port, host: 'localhost' });
  let got = 0;
  socket.on('error', () => {});
  socket.write('GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'readable'); // it is being sent, and no more than fits between is read
  truncateSync(join(folder, 'big.bin'), 1000);
  socket.on('data', (chunk) => {
    got += chunk.length;
  });
  await closed(socket); // or this test ends by its time
  assert.ok(got < BIG);
  await lives('a file that became shorter');
});
