// @ts-check
/** native.mjs - the yardstick for loading: gunzip, then a native loop of stb_image, one thread's work. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../node/node.mjs';
import { timed } from './stats.mjs';

/** @param {string} archive  a .tar.gz @returns {number} seconds */
export function loadNatively(archive) {
  const tar = join(tmpdir(), `inklearn-bench-${process.pid}.tar`);
  try {
    const unpacking = timed(() => execFileSync('sh', ['-c', 'gzip -dc "$1" >"$2"', 'sh', archive, tar]));
    const [decoding] = execFileSync(join(ROOT, 'build/bench-load'), [tar], { encoding: 'utf8' }).split(' ').map(Number);
    return unpacking + decoding;
  } finally {
    rmSync(tar, { force: true });
  }
}
