/** goldens.test.mjs - the goldens' runner on folders made here: what passes, what fails, what is refused. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/core.mjs';
import { runGoldens } from './goldens.mjs';

/** A blob of tensors at multiples of 16 bytes, and a case that has them. */
function makeCase(name, op, params, tensors) {
  const parts = [];
  let at = 0;
  const described = tensors.map(([tensor, io, shape, values]) => {
    const bytes = Buffer.from(values.buffer),
      offset = at;
    parts.push(bytes, Buffer.alloc((16 - (bytes.length % 16)) % 16));
    at += bytes.length + parts.at(-1).length;
    const dtype = values instanceof Float32Array ? 'f32' : values instanceof Int32Array ? 'i32' : 'u8';
    return { name: tensor, io, dtype, shape, blob: 'a.bin', offset, ...(io === 'out' ? { rtol: 0, atol: 1e-6 } : {}) };
  });
  return { bytes: Buffer.concat(parts), entry: { name, op, params, tensors: described } };
}

const floats = (...values) => Float32Array.from(values);

/** relu by its definition. */
const relu = () =>
  makeCase('small_relu', 'relu', { shape: [2, 3] }, [
    ['x', 'in', [2, 3], floats(-1, 0, 2, 3, -4, 5)],
    ['dy', 'in', [2, 3], floats(1, 2, 3, 4, 5, 6)],
    ['y', 'out', [2, 3], floats(0, 0, 2, 3, 0, 5)],
    ['dx', 'out', [2, 3], floats(0, 0, 3, 4, 0, 6)],
  ]);

/** Equal logits: each class has probability 1 / classes. More classes than a data set may have. */
function evenLogits(n, classes) {
  const target = Int32Array.from({ length: n }, (_, i) => (i * 37) % classes),
    each = Math.log(classes);
  const dlogits = new Float32Array(n * classes).fill(1 / classes / n);
  target.forEach((t, i) => (dlogits[i * classes + t] -= 1 / n));
  return makeCase('even_logits', 'cross_entropy', { n, classes }, [
    ['logits', 'in', [n, classes], new Float32Array(n * classes).fill(-3)],
    ['target', 'in', [n], target],
    ['loss', 'out', [1], floats(each)],
    ['per_item', 'out', [n], new Float32Array(n).fill(each)],
    ['logp', 'out', [n, classes], new Float32Array(n * classes).fill(-each)],
    ['dlogits', 'out', [n, classes], dlogits],
  ]);
}

/** A folder of one case for `use`; `change` may spoil the manifest and the blob. */
async function inFolder({ bytes, entry }, change, use) {
  const folder = mkdtempSync(join(tmpdir(), 'goldens-'));
  try {
    const manifest = {
      format: 'goldens',
      version: 1,
      blobs: { 'a.bin': { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') } },
      cases: [entry],
    };
    const blob = change(manifest, bytes) ?? bytes;
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify('all' in manifest ? manifest.all : manifest));
    writeFileSync(join(folder, 'a.bin'), blob);
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The runner as a program. @returns {Promise<{ status: number | null, stdout: string, stderr: string }>} */
const run = (made, change = (_manifest, /** @type {Buffer} */ blob) => blob) =>
  inFolder(made, change, (folder) =>
    spawnSync(process.execPath, ['tests/goldens/goldens.mjs', folder], { cwd: ROOT, encoding: 'utf8' }),
  );

test('goldens runner: what is right passes, in every build', async () => {
  for (const made of [relu(), evenLogits(11, 100), evenLogits(8, 2), evenLogits(1, 1)]) {
    const { status, stdout, stderr } = await run(made);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^builds: native scalar.*; wasm scalar; wasm simd128/);
    assert.match(stdout, /\n1 passed, 0 failed, 0 skipped\n$/);
  }
});

test('goldens runner: a wrong number, NaN, an answer that is not there and an operation of tomorrow', async () => {
  const wrong = await run(relu(), (_, blob) => void blob.writeFloatLE(3.5, 64 + 12)); // y[3]
  assert.equal(wrong.status, 2, 'the checksum guards the blob');
  assert.match(wrong.stderr, /^\S+a\.bin has another checksum than the manifest says\n$/, 'a sentence, no stack');

  const made = relu();
  made.bytes.writeFloatLE(3.5, made.entry.tensors[2].offset + 12);
  const { status, stdout } = await run(made);
  assert.equal(status, 1);
  for (const build of ['native scalar, sanitized', 'wasm scalar', 'wasm simd128'])
    assert.ok(stdout.includes(`small_relu (${build}): y[3]: got 3, want 3.5 within 1.00e-6\n`), stdout);
  assert.match(stdout, /\n0 passed, 1 failed, 0 skipped\n$/);

  const nan = relu();
  nan.bytes.writeFloatLE(NaN, nan.entry.tensors[0].offset + 8); // x[2]: NaN never passes
  assert.match((await run(nan)).stdout, /y\[2\]: got NaN, want 2 within/);

  const absent = await run(relu(), (manifest) => void (manifest.cases[0].tensors[2].name = 'z'));
  assert.equal(absent.status, 1);
  assert.match(absent.stdout, /z was not computed/);

  const tomorrow = await run(relu(), (manifest) => void (manifest.cases[0].op = 'toString'));
  assert.equal(tomorrow.status, 0);
  assert.match(tomorrow.stdout, /skipped: small_relu: toString is not implemented\n0 passed, 0 failed, 1 skipped\n$/);
});

test('goldens runner: a case that contradicts itself fails with its reason, the next one still runs', async () => {
  const says = async (/** @type {RegExp} */ reason, made, change) => {
    const { status, stdout, stderr } = await run(made, (manifest) => {
      change(manifest.cases[0], manifest);
      manifest.cases.push({ ...relu().entry, name: 'next', op: 'not_yet' });
    });
    assert.equal(status, 1, stdout + stderr);
    assert.match(stdout, reason);
    assert.match(stdout, /\n0 passed, 1 failed, 1 skipped\n$/);
  };
  await says(/small_relu: x has 6 values; 8 are needed/, relu(), (c) => (c.params.shape = [2, 4]));
  await says(/dy has 4 values, the output has 2 x 3/, relu(), (c) => (c.tensors[1].shape = [4]));
  await says(/even_logits: target 37 is no class of 30/, evenLogits(3, 50), (c) => {
    c.params.classes = 30;
    c.tensors[0].shape = [3, 30];
  });
  await says(/even_logits: target has 3 values; 4 are needed/, evenLogits(3, 4), (c) => {
    c.params.n = 4;
    c.tensors[0].shape = [4, 3];
    c.params.classes = 3;
  });
});

test('goldens runner: a manifest that is not one is refused with its place', async () => {
  const refused = (/** @type {RegExp} */ reason, change) =>
    inFolder(relu(), change, (folder) =>
      assert.rejects(
        runGoldens(folder, assert.fail),
        (/** @type {Error} */ error) => reason.test(error.message) && error.constructor.name === 'FolderError',
        String(reason),
      ),
    );
  const tensor = (/** @type {object} */ fields) => (/** @type {any} */ m) =>
    void Object.assign(m.cases[0].tensors[0], fields);
  await refused(/is not of format "goldens", version 1/, (m) => void (m.all = null));
  await refused(/is not of format "goldens", version 1/, (m) => void (m.version = 2));
  await refused(/is not of format "goldens", version 1/, (m) => void delete m.blobs);
  await refused(
    /names a blob "\.\.\/a\.bin", which is no plain file name/,
    (m) => void (m.blobs['../a.bin'] = m.blobs['a.bin']),
  );
  await refused(/does not say how many bytes a\.bin has/, (m) => void (m.blobs['a.bin'] = null));
  await refused(/b\.bin is missing/, (m) => void (m.blobs['b.bin'] = m.blobs['a.bin']));
  await refused(/a\.bin has 128 bytes, not 129/, (m) => void m.blobs['a.bin'].bytes++);
  await refused(/a\.bin has 100 bytes, not 128/, (_, blob) => blob.subarray(0, 100));
  await refused(/case 0 of the manifest has no name or no op/, (m) => void (m.cases[0] = null));
  await refused(/case small_relu: params or tensors are missing/, (m) => void delete m.cases[0].params);
  await refused(/case small_relu expects nothing/, (m) => void (m.cases[0].tensors.length = 2));
  await refused(/tensor x: dtype is "toString"/, tensor({ dtype: 'toString' }));
  await refused(/tensor x: io is "IN"/, tensor({ io: 'IN' }));
  await refused(/tensor x: \[-1\] is no shape/, tensor({ shape: [-1] }));
  await refused(/tensor x: \[1e\+?12\] is no shape|\[1000000000000\] is no shape/, tensor({ shape: [1e12] }));
  await refused(/tensor x: there is no blob "c\.bin"/, tensor({ blob: 'c.bin' }));
  await refused(/tensor x: offset 2 is no multiple of 16/, tensor({ offset: 2 }));
  await refused(/tensor x: bytes 112 to 136 do not lie in a\.bin, which has 128/, tensor({ offset: 112 }));
  await refused(/rtol and atol must be numbers/, tensor({ atol: 'much' }));
  await refused(
    /case small_relu: \{"name":"w"\} is no generated tensor/,
    (m) => void (m.cases[0].lcg = [{ name: 'w' }]),
  );
});
