/** replay.mjs - bytes through one parser of the core, in both builds, which must say the same. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './core.mjs';

/** @param {string} command @param {string[]} args @param {Buffer} input @param {number} count */
function run(command, args, input, count) {
  const { status, signal, stdout, stderr } = spawnSync(command, args, { input, cwd: ROOT, maxBuffer: 1 << 28 });
  assert.equal(status, 0, `${command} ended with ${status ?? signal}: ${stderr.toString().slice(0, 3000)}`);
  const lines = stdout.toString('utf8').split('\n').slice(0, -1);
  assert.equal(lines.length, count, `${command}: an answer to each input`);
  return lines;
}

/**
 * @param {string} parser  png, tar, idx, safetensors or model_line
 * @param {Uint8Array[]} inputs
 * @returns {{ status: number, digest: number, message: string }[]}  status 0: accepted; else ink_status
 */
export function replay(parser, inputs) {
  const records = Buffer.concat(
    inputs.flatMap((bytes) => {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(bytes.length);
      return [head, bytes];
    }),
  );
  const native = run(join('build/fuzz', `replay-${parser}`), [], records, inputs.length);
  // mutants.mjs changes the native build on purpose: then the WebAssembly build is not compared.
  const wasm = process.env.INK_NATIVE_ONLY
    ? native
    : run(
        process.execPath,
        ['--no-warnings', 'tests/support/run-wasm.mjs', `build/fuzz/replay-${parser}.wasm`],
        records,
        inputs.length,
      );
  assert.deepEqual(wasm, native, `${parser}: WebAssembly and native agree`);
  return native.map((line) => {
    const [, status, digest, message] = /** @type {RegExpMatchArray} */ (line.match(/^(\d+) ([0-9a-f]{8}) (.*)$/));
    return { status: Number(status), digest: parseInt(digest, 16), message };
  });
}
