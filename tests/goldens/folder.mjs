/**
 * folder.mjs - reads a folder of golden vectors: manifest.json (format "goldens", version 1) and the blobs that it
 * names. It checks the whole manifest, so the runner can rely on it.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {Float32Array | Int32Array | Uint8Array} Values */
/**
 * @typedef {{ name: string, io: 'in' | 'out', dtype: 'f32' | 'i32' | 'u8', shape: number[], blob: string, offset:
 *   number, rtol?: number, atol?: number }} Tensor
 */
/**
 * @typedef {{ name: string, op: string, params: Record<string, any>, lcg?: { name: string, shape: number[], seed:
 *   number, scale: number, offset: number }[], tensors: Tensor[] }} Case
 */

/** The number of values of a shape. */
export const product = (/** @type {number[]} */ shape) => shape.reduce((a, b) => a * b, 1);

/** The folder cannot be read, or its manifest is wrong. */
export class FolderError extends Error {}

/** @param {unknown} condition @param {string} message @returns {asserts condition} */
function need(condition, message) {
  if (!condition) throw new FolderError(message);
}

/** More values than any tensor of a case has. A larger shape is a mistake and is not allocated. */
const MOST_VALUES = 2 ** 26;
const BYTES = /** @type {const} */ ({ f32: 4, i32: 4, u8: 1 });

const isObject = (/** @type {unknown} */ v) => typeof v === 'object' && v !== null && !Array.isArray(v);
const isCount = (/** @type {unknown} */ v) => Number.isSafeInteger(v) && /** @type {number} */ (v) >= 0;
const isTolerance = (/** @type {unknown} */ v) =>
  v === undefined || (Number.isFinite(v) && /** @type {number} */ (v) >= 0);
const isShape = (/** @type {any} */ v) => Array.isArray(v) && v.every(isCount) && product(v) <= MOST_VALUES;
const shown = (/** @type {unknown} */ v) => String(JSON.stringify(v)).slice(0, 60);

/** @param {any} t @param {string} where @param {Map<string, ArrayBuffer>} blobs */
function checkTensor(t, where, blobs) {
  need(isObject(t) && typeof t.name === 'string', `${where}: a tensor without a name`);
  const at = `${where}, tensor ${t.name}`;
  need(t.io === 'in' || t.io === 'out', `${at}: io is ${shown(t.io)}, not "in" or "out"`);
  need(
    typeof t.dtype === 'string' && Object.hasOwn(BYTES, t.dtype),
    `${at}: dtype is ${shown(t.dtype)}, not "f32", "i32" or "u8"`,
  );
  need(isShape(t.shape), `${at}: ${shown(t.shape)} is no shape of at most ${MOST_VALUES} values`);
  need(isTolerance(t.rtol) && isTolerance(t.atol), `${at}: rtol and atol must be numbers of 0 or more`);
  const blob = blobs.get(t.blob),
    size = product(t.shape) * BYTES[/** @type {keyof typeof BYTES} */ (t.dtype)];
  need(blob, `${at}: there is no blob ${shown(t.blob)}`);
  need(isCount(t.offset) && t.offset % 16 === 0, `${at}: offset ${shown(t.offset)} is no multiple of 16`);
  need(
    t.offset + size <= blob.byteLength,
    `${at}: bytes ${t.offset} to ${t.offset + size} do not lie in ${t.blob}, which has ${blob.byteLength}`,
  );
}

/** @param {any} c @param {number} index @param {Map<string, ArrayBuffer>} blobs */
function checkCase(c, index, blobs) {
  need(
    isObject(c) && typeof c.name === 'string' && typeof c.op === 'string',
    `case ${index} of the manifest has no name or no op`,
  );
  need(isObject(c.params) && Array.isArray(c.tensors), `case ${c.name}: params or tensors are missing`);
  for (const t of c.tensors) checkTensor(t, `case ${c.name}`, blobs);
  need(
    c.tensors.some((/** @type {Tensor} */ t) => t.io === 'out'),
    `case ${c.name} expects nothing: it has no tensor with io "out"`,
  );
  need(c.lcg === undefined || Array.isArray(c.lcg), `case ${c.name}: lcg is no list`);
  for (const g of c.lcg ?? [])
    need(
      isObject(g) &&
        typeof g.name === 'string' &&
        isShape(g.shape) &&
        isCount(g.seed) &&
        Number.isFinite(g.scale) &&
        Number.isFinite(g.offset),
      `case ${c.name}: ${shown(g)} is no generated tensor: name, shape, seed, scale and offset are needed`,
    );
}

/**
 * Reads a folder and checks it. Throws a FolderError that names the place of a mistake.
 * @param {string} folder
 */
export function readFolder(folder) {
  /**
   * @type {{ format: string, version: number, blobs: Record<string, { bytes: number, sha256: string }>, cases: Case[]
   *   }}
   */
  let manifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  } catch (error) {
    throw new FolderError(`${join(folder, 'manifest.json')}: ${/** @type {Error} */ (error).message}`);
  }
  need(
    isObject(manifest) &&
      manifest.format === 'goldens' &&
      manifest.version === 1 &&
      Array.isArray(manifest.cases) &&
      isObject(manifest.blobs),
    `${folder}: the manifest is not of format "goldens", version 1, with blobs and cases`,
  );
  /** @type {Map<string, ArrayBuffer>} */
  const blobs = new Map();
  for (const [name, blob] of Object.entries(manifest.blobs)) {
    need(/^[\w-][\w.-]*$/.test(name), `the manifest names a blob ${shown(name)}, which is no plain file name`);
    const path = join(folder, name);
    need(isObject(blob), `the manifest does not say how many bytes ${name} has`);
    const info = statSync(path, { throwIfNoEntry: false });
    need(info?.isFile(), `${path} is missing`);
    need(info.size === blob.bytes, `${path} has ${info.size} bytes, not ${shown(blob.bytes)}`);
    const data = readFileSync(path);
    const digest = createHash('sha256').update(data).digest('hex');
    need(digest === blob.sha256, `${path} has another checksum than the manifest says`);
    blobs.set(name, data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
  }
  manifest.cases.forEach((c, i) => checkCase(c, i, blobs));
  return { cases: manifest.cases, blobs };
}

/**
 * The values of a tensor, as a view of its blob.
 * @param {Tensor} t
 * @param {Map<string, ArrayBuffer>} blobs
 * @returns {Values}
 */
export function valuesOf(t, blobs) {
  const Type = { f32: Float32Array, i32: Int32Array, u8: Uint8Array }[t.dtype];
  return new Type(/** @type {ArrayBuffer} */ (blobs.get(t.blob)), t.offset, product(t.shape));
}
