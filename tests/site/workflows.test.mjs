/**
 * workflows.test.mjs - what the workflows of GitHub may do: actions by commit, and no write permission where packages
 * are installed.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from '../support/core.mjs';

const FOLDER = join(ROOT, '.github/workflows'),
  READ_ONLY = ['contents: read'];

/**
 * The lines below `key:` at that depth, or null.
 * @param {string[]} lines
 * @param {string} key
 * @param {number} depth  spaces
 */
function block(lines, key, depth) {
  const start = lines.indexOf(`${' '.repeat(depth)}${key}:`);
  if (start < 0) return null;
  const rest = lines.slice(start + 1),
    end = rest.findIndex((line) => line.search(/\S/) <= depth);
  return end < 0 ? rest : rest.slice(0, end);
}

/** @param {string[]} lines @param {number} depth @returns {string[] | undefined} */
const permissions = (lines, depth) => block(lines, 'permissions', depth)?.map((line) => line.trim());

for (const name of readdirSync(FOLDER))
  describe(name, () => {
    const lines = readFileSync(join(FOLDER, name), 'utf8')
      .split('\n')
      .filter((line) => line.trim() && !/^\s*#/.test(line));
    const below = block(lines, 'jobs', 0) ?? [],
      jobs = below.filter((line) => /^ {2}\S+:$/.test(line)).map((line) => line.trim().slice(0, -1));

    test('the parts that this test reads are all there is', () => {
      assert.match(name, /\.yml$/);
      assert.ok(jobs.length > 0);
      assert.equal(
        lines.filter((line) => /\bpermissions\b/.test(line)).length,
        1 + jobs.length,
        'one block for the file, one a job',
      );
    });

    test('each action is named by a commit, with its version beside it', () => {
      const uses = lines.filter((line) => /\buses\b/.test(line));
      assert.ok(uses.length > 0);
      for (const line of uses) assert.match(line, /^ +(?:- )?uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    test('the file may only read, and so may each job that runs a command', () => {
      assert.deepEqual(permissions(lines, 0), READ_ONLY);
      for (const job of jobs) {
        const body = block(below, job, 2) ?? [],
          allowed = permissions(body, 4);
        assert.ok(allowed, `${job} declares its permissions`);
        const works = body.some((line) => /\brun:/.test(line) || /actions\/checkout@/.test(line));
        if (works) assert.deepEqual(allowed, READ_ONLY, `${job} runs commands`);
        else
          assert.deepEqual(
            body.filter((line) => /uses:/.test(line)).map((line) => line.match(/uses: (.*)@/)?.[1]),
            ['actions/deploy-pages'],
          );
      }
    });

    test('no step gets the token of the checkout', () => {
      const at = lines.flatMap((line, i) => (/actions\/checkout@/.test(line) ? [i] : []));
      for (const i of at) assert.match(lines[i + 1], /^ +with: \{ persist-credentials: false \}$/);
    });
  });

test('an installation runs no script of a package', () => {
  const { stdout, status } = spawnSync('npm', ['config', 'get', 'ignore-scripts'], { cwd: ROOT, encoding: 'utf8' });
  assert.equal(status, 0);
  assert.equal(stdout.trim(), 'true', '.npmrc');
  const installs = readFileSync(join(ROOT, 'tools/setup/setup.sh'), 'utf8')
    .split('\n')
    .filter((line) => /\bnpm (ci|i|install)\b/.test(line));
  assert.ok(installs.length > 0);
  for (const line of installs) assert.match(line, /npm (ci|install) .*--ignore-scripts /);
});
