/**
 * alloc.test.mjs - allocations that fail, at every place of the core that asks for memory, once and
 * from then on: tests/train/alloc.c does it, here is seen to it that no place is left out.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ROOT } from '../support/core.mjs';
import { idx, png, smallTar, tarEntry } from '../support/files.mjs';

const wide = png({ width: 40, height: 30, sample: (x) => x });
const large = /* more than the decoder has room for beside others */ png({
  width: 1500,
  height: 1400,
  sample: (x, y) => x ^ y,
});
const images = (/** @type {number} */ n) =>
  idx(
    [n, 14, 14],
    Uint8Array.from({ length: n * 196 }, (_, i) => i % 251),
  );
const labels = (/** @type {number[]} */ ...l) => idx([l.length], Uint8Array.from(l));
/** @type {Record<string, Buffer>} */
const FILES = {
  'set.tar': smallTar({
    classes: ['a', 'b'],
    perClass: 8,
    extra: [
      tarEntry('s/training/a/wide.png', wide),
      tarEntry('s/training/a/large.png', large),
      tarEntry('s/training/a/no.png', Buffer.from('x')),
      tarEntry('s/training/a/link.png', undefined, { type: '1', link: 's/training/a/wide.png' }),
    ],
  }),
  'train-images-idx3': images(4),
  'train-labels-idx1': labels(0, 1, 0, 1),
  't10k-images-idx3': images(2),
  't10k-labels-idx1': labels(1, 0),
  'x/inner.tar': smallTar({ classes: ['a', 'b'], perClass: 1 }),
  'idx-mapping.txt': Buffer.from('0 65\n1 66\n'),
  'digit.png': png({ width: 60, height: 50, sample: (x, y) => (x > 20 && x < 30 && y > 10 && y < 40 ? 0 : 255) }),
};
const part = (/** @type {Uint8Array} */ bytes) => {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(bytes.length);
  return Buffer.concat([head, bytes]);
};
const input = Buffer.concat(Object.entries(FILES).flatMap(([name, bytes]) => [part(Buffer.from(name)), part(bytes)]));

/** @param {import('node:test').TestContext} t @param {string} command @param {string[]} args */
function run(t, command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    input,
    encoding: 'utf8',
    cwd: ROOT,
    maxBuffer: 1 << 26,
  });
  assert.equal(status, 0, `${stdout.slice(0, 3000)}${stderr.slice(0, 3000)}`);
  assert.match(stdout, /[1-9]\d* passed, 0 failed/);
  const each = /** @type {RegExpMatchArray} */ (stdout.match(/(\d+) allocations, each failed once and from then on/));
  t.diagnostic(each[0]);
  assert.ok(Number(each[1]) > 100);
  return stdout;
}

/** Every line of the core that asks the heap, as file:line; threads.c does so in WebAssembly's threads alone. */
function placesInSource() {
  const files = readdirSync(`${ROOT}/src`, { recursive: true })
    .map(String)
    .filter((f) => f.endsWith('.c') && f !== 'base/base.c' && f !== 'base/threads.c');
  return files.flatMap((file) =>
    readFileSync(`${ROOT}/src/${file}`, 'utf8')
      .split('\n')
      .flatMap((line, i) => (/\bink_(re)?alloc\(/.test(line) ? [`src/${file}:${i + 1}`] : [])),
  );
}

test('allocations fail at every place, native', (t) => {
  const said = run(t, 'build/tests/alloc');
  const sites = [...said.matchAll(/^site (\S+) (.*)$/gm)];
  const { stdout } = spawnSync('addr2line', ['-e', 'build/tests/alloc', ...sites.map(([, address]) => address)], {
    encoding: 'utf8',
    cwd: ROOT,
  });
  const failed = new Set(
    stdout
      .trim()
      .split('\n')
      .map((line, i) => (sites[i][2] === 'failed' ? line.replace(/^.*\/(src\/\S+?:\d+).*$/, '$1') : '')),
  );
  const places = placesInSource();
  t.diagnostic(`${failed.size} places`);
  assert.ok(places.length > 20);
  // A call that is broken over lines may be told by a later one of them.
  const near = (/** @type {string} */ place) => {
    const [file, line] = place.split(':');
    return [0, 1, 2].some((more) => failed.has(`${file}:${Number(line) + more}`));
  };
  assert.deepEqual(
    places.filter((place) => !near(place)),
    [],
    'places that never failed',
  );
});

test('allocations fail, WebAssembly', (t) => {
  run(t, process.execPath, '--no-warnings', 'tests/support/run-wasm.mjs', 'build/tests/alloc.wasm');
});
