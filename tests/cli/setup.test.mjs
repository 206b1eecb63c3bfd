/**
 * setup.test.mjs - tools/setup/setup.sh on machines that lack something; the package managers only write down their
 * calls.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/core.mjs';
import { folder } from '../support/program.mjs';

const PROGRAMS = ['emcc', 'cc', 'chromium', 'firefox-esr', 'python3', 'parallel', 'convert', 'zip', 'npm'];

/**
 * A machine with all that setup looks for; apt-get and npm do nothing, and end with a code.
 * @param {{ without?: string[], newest?: boolean, apt?: string }} [o]  `apt`: what a shell does for apt-get
 */
function setUp({ without = [], newest = true, apt = 'exit 0' } = {}) {
  const place = folder(),
    bin = join(place, 'bin'),
    log = join(place, 'log');
  mkdirSync(bin);
  writeFileSync(log, '');
  const program = (/** @type {string} */ name, /** @type {string} */ does) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${does}\n`, { mode: 0o755 });
  };
  for (const name of PROGRAMS.filter((name) => !without.includes(name))) program(name, 'exit 0');
  program('id', 'echo 0');
  program('apt-get', `echo "apt-get $*" >>${log}\n${apt}`);
  program('npm', `echo "npm $*" >>${log}\nexit 1`);
  symlinkSync(process.execPath, join(bin, 'node'));
  for (const name of ['sh', 'env', 'ls', 'cut']) {
    const path = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
    symlinkSync(path, join(bin, name));
  }
  mkdirSync(join(place, 'node_modules'));
  writeFileSync(join(place, 'package-lock.json'), '');
  writeFileSync(join(place, 'node_modules/.package-lock.json'), '');
  spawnSync('touch', ['-d', '2001-01-01', join(place, 'package-lock.json')]);
  mkdirSync(join(place, 'build/newest-node/node_modules/.bin'), { recursive: true });
  if (newest) symlinkSync(process.execPath, join(place, 'build/newest-node/node_modules/.bin/node'));
  const { status, stderr } = spawnSync('/bin/sh', [join(ROOT, 'tools/setup/setup.sh'), 'test'], {
    cwd: place,
    env: { PATH: bin },
    encoding: 'utf8',
  });
  const called = readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => line.replace(/ -\S+( \S+=\S+)?/g, ''));
  rmSync(place, { recursive: true });
  return { status, stderr, called };
}

test('where all is there, no package manager is asked', () => {
  assert.deepEqual(setUp(), { status: 0, stderr: '', called: [] });
});

test('what only some tests want is installed, all in one go', () => {
  const called = ['apt-get update', 'apt-get install firefox-esr parallel imagemagick zip'];
  assert.deepEqual(setUp({ without: ['parallel', 'zip', 'firefox-esr', 'convert'] }), {
    status: 0,
    stderr: '',
    called,
  });
});

test('a package that is unknown does not keep the others away, and one line names it', () => {
  const { status, stderr, called } = setUp({
    without: ['parallel', 'zip'],
    apt: 'case "$*" in *parallel*) exit 100;; esac',
  });
  assert.deepEqual(
    [status, stderr],
    [0, 'Not here, and the tests with them are skipped: parallel (apt-get install parallel)\n'],
  );
  assert.deepEqual(called, [
    'apt-get update',
    'apt-get install parallel zip',
    'apt-get install parallel',
    'apt-get install zip',
  ]);
});

test('without a network: one line for the programs, one for the newest Node, and the tests go on', () => {
  const { status, stderr } = setUp({ without: ['zip'], newest: false, apt: 'exit 100' });
  assert.equal(status, 0);
  assert.equal(
    stderr,
    [
      'Not here, and the tests with them are skipped: zip (apt-get install zip)',
      'The newest Node could not be fetched: the tests with it are skipped.\n',
    ].join('\n'),
  );
});
