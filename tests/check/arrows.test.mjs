/**
 * arrows.test.mjs - tools/check/arrows.mjs on a copy of the sources: clean as it is; each rule that is broken in it is
 * reported.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { ROOT } from '../support/core.mjs';

const copy = mkdtempSync(join(tmpdir(), 'inklearn-arrows-'));
before(() => {
  for (const folder of ['include', 'src', 'web', 'tools'])
    cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
});
after(() => rmSync(copy, { recursive: true, force: true }));

/** Returns the lines that the checker reports. @returns {string[]} */
function check() {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'tools/check/arrows.mjs'), copy], {
    encoding: 'utf8',
  });
  const lines = stderr.split('\n').filter(Boolean);
  assert.equal(stdout, '');
  assert.equal(status, lines.length ? 1 : 0, stderr);
  return lines;
}

/**
 * Each case: a line that is added to a file of the copy, and the report of it.
 * @type {Record<string, [path: string, line: string, report: RegExp]>}
 */
const CASES = {
  'an include from below': [
    'src/kernels/scalar.c',
    '#include "ink_model.h"',
    /^src\/kernels\/scalar\.c:\d+ uses include\/ink_model\.h: kernels may use base, not model$/,
  ],
  'data that know a model': [
    'src/data/load/find.c',
    '#include "ink_model.h"',
    /^src\/data\/load\/find\.c:\d+ uses include\/ink_model\.h: data\/load may use base data, not model$/,
  ],
  'a private header of another room': [
    'src/train/loss.c',
    '#include "../data/png.h"',
    /^src\/train\/loss\.c:\d+ uses src\/data\/png\.h: src\/data\/png\.h is a private header of src\/data\/$/,
  ],
  'a call from below, without the header': [
    'src/base/text.c',
    'void ink_model_forward(void *, int, int);\nvoid upward(void) { ink_model_forward(0, 0, 0); }',
    /^src\/base\/text\.c:\d+ uses src\/model\/model\.c: base may use itself only, not model$/,
  ],
  'a private header in a test': [
    'tests/data/new.c',
    '#include "../../src/data/png.h"',
    /^tests\/data\/new\.c:1 uses src\/data\/png\.h: tools and tests use the public headers of include\/ only$/,
  ],
  'a .c file in a test': [
    'tests/data/whole.c',
    '#include "../../src/data/png.c"',
    /^tests\/data\/whole\.c:1 uses src\/data\/png\.c: a \.c file is compiled, never included$/,
  ],
  'a header that is not there': [
    'src/model/zoo.c',
    '#include "ink_none.h"',
    /^src\/model\/zoo\.c:\d+ includes ink_none\.h, which is not there$/,
  ],
  'a dynamic import against the order': [
    'web/core/start.js',
    "export const upward = () => import('../page/run.js');",
    /^web\/core\/start\.js:\d+ uses web\/page\/run\.js: worker may use bytes protocol engine, not page$/,
  ],
  'an import of the engine by the page': [
    'web/page/toast.js',
    "export { Engine } from '../core/engine.js';",
    /^web\/page\/toast\.js:\d+ uses web\/core\/engine\.js: page may use protocol plots, not engine$/,
  ],
  'a worker of the tools, started by web/': [
    'web/core/worker.js',
    "new Worker(new URL('../../tools/package/worker.js', import.meta.url));",
    /^web\/core\/worker\.js:\d+ uses tools\/package\/worker\.js: worker may use bytes protocol engine, not package$/,
  ],
  'types of the page in the core': [
    'web/core/start.js',
    "/** @param {import('../page/store.js').Kept} kept */\nexport const look = (kept) => kept;",
    /^web\/core\/start\.js:\d+ names types of web\/page\/store\.js: worker may use bytes protocol engine, not page$/,
  ],
  'a tool that uses a test': [
    'tools/site/serve.mjs',
    "import '../../tests/data/x.mjs';",
    /^tools\/site\/serve\.mjs:\d+ uses tests\/data\/x\.mjs: site may use itself only, not tests$/,
  ],
  'a file outside all rooms': ['src/new/thing.c', '#include "ink_base.h"', /^src\/new\/thing\.c:1 .*is in no room/],
};

test('the sources as they are: nothing to report', () => {
  assert.deepEqual(check(), []);
});

test('each broken rule is reported, with its file, its line and the rule', async (t) => {
  const put = (/** @type {string} */ path, /** @type {string} */ text) => {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    appendFileSync(join(copy, path), `${text}\n`);
  };
  for (const [path, line] of Object.values(CASES)) put(path, line);
  writeFileSync(join(copy, 'tests/data/x.mjs'), '');
  // A circle of three files, closed by a dynamic import; and one of three headers.
  put('web/page/first.js', "import './second.js';");
  put('web/page/second.js', "import './third.js';");
  put('web/page/third.js', "export const later = () => import('./first.js');");
  put('src/look/one.h', '#include "two.h"');
  put('src/look/two.h', '#include "three.h"');
  put('src/look/three.h', '#include "one.h"');
  const lines = check();
  for (const [name, [, , report]] of Object.entries(CASES))
    await t.test(name, () => assert.equal(lines.filter((line) => report.test(line)).length, 1, lines.join('\n')));
  await t.test('circles of three files', () => {
    assert.ok(
      lines.includes(
        'a circle of files: web/page/first.js:1 -> web/page/second.js:1 -> web/page/third.js:1 -> web/page/first.js',
      ),
      lines.join('\n'),
    );
    assert.ok(
      lines.includes('a circle of files: src/look/one.h:1 -> src/look/two.h:1 -> src/look/three.h:1 -> src/look/one.h'),
      lines.join('\n'),
    );
  });
  await t.test('a circle of rooms', () =>
    assert.ok(
      lines.some((line) => line.startsWith('a circle of rooms: ')),
      lines.join('\n'),
    ),
  );
});
