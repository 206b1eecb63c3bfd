/**
 * make-corpus.mjs - writes the seeds of the fuzzers, which every test run replays too, to tests/fuzz/corpus/<parser>/.
 * It replaces all files there except those named found-*, which fuzzing found.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { idxs } from './seeds/idx.mjs';
import { lines } from './seeds/model_line.mjs';
import { pngs } from './seeds/png.mjs';
import { safes } from './seeds/safetensors.mjs';
import { tars } from './seeds/tar.mjs';

for (const [parser, files] of Object.entries({
  png: pngs,
  tar: tars,
  idx: idxs,
  safetensors: safes,
  model_line: lines,
})) {
  const folder = new URL(`corpus/${parser}/`, import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!name.startsWith('found-')) rmSync(new URL(name, folder));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(new URL(encodeURIComponent(name), folder), bytes);
}
