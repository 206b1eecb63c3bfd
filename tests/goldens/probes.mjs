/**
 * probes.mjs - the probes: programs that answer one message of named values with another (probe.c). There is one for
 * each build, native with sanitizers and WebAssembly with each of its kernels.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startModule } from '../support/module.mjs';

/** @typedef {import('./folder.mjs').Values} Values */
/** @typedef {Record<string, Values | string | number>} Message */

/** Bytes of a name in a message. */
const NAME = 40;
/** The types of values, by their number in a message. Type 3 is text. */
const TYPES = /** @type {const} */ ([Float32Array, Int32Array, Uint8Array]);

/** @param {Message} message */
function encode(message) {
  const parts = [Buffer.alloc(4)];
  parts[0].writeUInt32LE(Object.keys(message).length);
  for (const [name, value] of Object.entries(message)) {
    const text = typeof value === 'object' ? null : Buffer.from(`${value}\0`);
    const data =
      text ??
      Buffer.from(
        /** @type {Values} */ (value).buffer,
        /** @type {Values} */ (value).byteOffset,
        /** @type {Values} */ (value).byteLength,
      );
    const head = Buffer.alloc(NAME + 8);
    head.write(name, 0, NAME - 1, 'latin1');
    head.writeUInt32LE(text ? 3 : TYPES.findIndex((T) => value instanceof T), NAME);
    head.writeUInt32LE(text ? text.length : /** @type {Values} */ (value).length, NAME + 4);
    parts.push(head, data, Buffer.alloc((4 - (data.length % 4)) % 4));
  }
  return Buffer.concat(parts);
}

/** @param {Buffer} bytes @returns {Record<string, Values>} */
function decode(bytes) {
  /** @type {Record<string, Values>} */
  const out = {};
  let at = 4;
  for (let left = bytes.readUInt32LE(0); left > 0; left--) {
    const name = bytes.toString('latin1', at, bytes.indexOf(0, at));
    const type = bytes.readUInt32LE(at + NAME),
      count = bytes.readUInt32LE(at + NAME + 4);
    at += NAME + 8;
    const size = count * (type <= 1 ? 4 : 1);
    const data = bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + size);
    if (type === 3) throw new Error(Buffer.from(data).toString());
    out[name] = new TYPES[type](data);
    at += (size + 3) & ~3;
  }
  return out;
}

/** @typedef {{ name: string, ask: (message: Message) => Record<string, Values> }} Probe */

const BUILD = fileURLToPath(new URL('../../build/tests/', import.meta.url));

/** @returns {Probe} */
function nativeProbe() {
  return {
    name: 'native scalar, sanitized',
    ask(message) {
      const bytes = encode({ ...message, variant: 'scalar' }),
        length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      const run = spawnSync(join(BUILD, 'probe'), { input: Buffer.concat([length, bytes]), maxBuffer: 1 << 30 });
      if (run.status !== 0)
        throw new Error(
          `the native probe ended with ${run.status ?? run.signal}: ${run.stderr.toString().slice(0, 1000)}`,
        );
      return decode(run.stdout.subarray(4));
    },
  };
}

/** Starts the probes that were built and that this machine can run. */
export async function findProbes() {
  const builds = /** @type {const} */ ([
    ['probe.wasm', 'scalar', 1],
    ['probe.wasm', 'simd128', 1],
    ['probe-relaxed.wasm', 'relaxed', 1],
    ['probe-threads.wasm', 'simd128', 3],
    ['probe-threads-relaxed.wasm', 'relaxed', 3],
  ]);
  const probes = existsSync(join(BUILD, 'probe')) ? [nativeProbe()] : [];
  for (const [file, variant, threads] of builds)
    if (existsSync(join(BUILD, file)) && WebAssembly.validate(readFileSync(join(BUILD, file))))
      probes.push(await wasmProbe(file, variant, threads));
  if (probes.length === 0) throw new Error(`there is no probe in ${BUILD}: run make goldens`);
  return probes;
}

/** @param {string} file @param {string} variant @param {number} threads @returns {Promise<Probe>} */
async function wasmProbe(file, variant, threads) {
  const { x } = await startModule(join(BUILD, file), threads);
  return {
    name: `wasm ${variant}${threads > 1 ? `, ${threads} threads` : ''}`,
    ask(message) {
      const bytes = encode({ ...message, variant });
      const at = x.probe_alloc(bytes.length);
      new Uint8Array(x.memory.buffer, at, bytes.length).set(bytes);
      const out = x.probe_run(at, bytes.length);
      return decode(Buffer.from(new Uint8Array(x.memory.buffer, out, x.probe_length()).slice().buffer));
    },
  };
}
