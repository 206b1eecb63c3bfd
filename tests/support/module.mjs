/** module.mjs - starts a WebAssembly build of the tests, with threads where it has them. */
import { readFileSync } from 'node:fs';
import { startInstance } from '../../tools/bench/instance.mjs';
import { startThread } from '../../tools/node/node.mjs';

/**
 * @param {string} path
 * @param {number} [threads]  more than one: of a module with threads; all have begun when this returns
 */
export const startModule = (path, threads = 1) => startInstance(readFileSync(path), threads, startThread);
