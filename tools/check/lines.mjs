// @ts-check
/**
 * lines.mjs - fails on lines of code that are too long: more than 120 columns, in C more than 100. The contents of
 * strings and patterns do not count, since a message that is cut in two cannot be searched for.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const CODE = /\.(c|h|js|mjs|ts|html|css|py|sh|mk)$|(^|\/)Makefile$/;
/** Data of tests, and pages that are written by programs. */
const DATA = /^(tests\/fuzz\/(corpus|verdicts)|tests\/package\/project|assets)\//;
/** Comments, which are kept, and strings and patterns, which are emptied. */
const SLASHES = /^\s*\/[^/*\n].*\/,$|\/\*[^]*?\*\/|\/\/.*|(["'])(?:\\.|(?!\1)[^\\\n])*\1|`(?:\\.|[^\\`])*`/gm;
const HASHES = /(?<=^|\s)#.*|(["'])(?:\\.|(?!\1)[^\\\n])*\1/gm;

/** @param {string} path @param {string} text */
const withoutStrings = (path, text) =>
  text.replace(/\.(py|sh|mk)$|Makefile$/.test(path) ? HASHES : SLASHES, (found) =>
    /^(["'`]|\s*\/[^/*])/.test(found) ? found.replace(/[^\n]/g, '') : found,
  );

const { stdout } = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' });
let wrong = 0;
for (const path of stdout.split('\n').filter((name) => CODE.test(name) && !DATA.test(name) && existsSync(name))) {
  const most = /\.[ch]$/.test(path) ? 100 : 120,
    text = readFileSync(path, 'utf8'),
    bare = withoutStrings(path, text).split('\n');
  text.split('\n').forEach((line, at) => {
    if (line.length <= most || bare[at].length <= most) return;
    console.error(`${path}:${at + 1} has ${line.length} columns; ${most} is the most`);
    wrong++;
  });
}
process.exitCode = wrong ? 1 : 0;
