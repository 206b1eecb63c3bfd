/**
 * fuzz.test.mjs - the stored corpus through each parser, natively under sanitizers and in WebAssembly; and
 * what each says of each file, which verdicts/<parser> holds. INK_VERDICTS=write writes those
 * anew: to be looked at before they are committed.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { replay } from '../support/replay.mjs';

const CORPUS = new URL('corpus/', import.meta.url),
  VERDICTS = new URL('verdicts/', import.meta.url);

for (const parser of readdirSync(CORPUS))
  test(`corpus of ${parser}: a verdict on each, the same in both builds`, (t) => {
    const names = readdirSync(new URL(`${parser}/`, CORPUS)).sort();
    const said = replay(
      parser,
      names.map((name) => readFileSync(new URL(`${parser}/${encodeURIComponent(name)}`, CORPUS))),
    );
    const accepted = said.filter(({ status }) => status === 0).length;
    assert.ok(
      accepted >= 5 && accepted < names.length,
      `${accepted} of ${names.length} accepted: the corpus has good files and bad ones`,
    );
    for (const [i, { status, message }] of said.entries())
      assert.equal(message === '', status === 0, `${names[i]}: a message exactly where it is refused`);
    // First weights differ between C libraries: of checkpoints the verdict alone is held.
    const verdicts = said.map(({ status, digest, message }, i) =>
      `${names[i]} ${status} ${parser === 'safetensors' ? '-' : digest.toString(16).padStart(8, '0')} ${message}`.trim(),
    );
    if (process.env.INK_VERDICTS === 'write') mkdirSync(VERDICTS, { recursive: true });
    if (process.env.INK_VERDICTS === 'write') writeFileSync(new URL(parser, VERDICTS), `${verdicts.join('\n')}\n`);
    assert.deepEqual(verdicts, readFileSync(new URL(parser, VERDICTS), 'utf8').trim().split('\n'));
    t.diagnostic(`${names.length} files, ${accepted} accepted`);
  });
