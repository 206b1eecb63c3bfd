// @ts-check
/** layers.mjs - each header includes only headers before it: dependencies point one way. */
import { readdirSync, readFileSync } from 'node:fs';

const ORDER = [
  'ink_base.h',
  'ink_kernels.h',
  'ink_layers.h',
  'ink_model.h',
  'ink_data.h',
  'ink_train.h',
  'ink_learner.h',
  'ink_checkpoint.h',
  'ink_look.h',
  'ink_api.h',
];
/** What a folder may include at most. @type {Record<string, string>} */
const LIMITS = { 'src/kernels': 'ink_kernels.h', 'src/layers': 'ink_layers.h' };
const wrong = [];

const includes = (/** @type {string} */ path) =>
  [...readFileSync(path, 'utf8').matchAll(/#include "(ink_\w+\.h)"/g)].map((m) => m[1]);

for (const name of readdirSync('include')) {
  const place = ORDER.indexOf(name);
  if (place < 0) wrong.push(`include/${name} has no place in the order`);
  for (const other of includes(`include/${name}`))
    if (ORDER.indexOf(other) >= place) wrong.push(`include/${name} includes ${other}, which comes after it`);
}
for (const [folder, limit] of Object.entries(LIMITS))
  for (const name of readdirSync(folder).filter((name) => name.includes('.')))
    for (const other of includes(`${folder}/${name}`))
      if (ORDER.indexOf(other) > ORDER.indexOf(limit))
        wrong.push(`${folder}/${name} includes ${other}, which is above it`);
for (const folder of ['src/data', 'src/data/load', 'src/data/digit', 'src/data/augment'])
  for (const name of readdirSync(folder).filter((name) => name.includes('.')))
    for (const other of includes(`${folder}/${name}`))
      if (!['ink_base.h', 'ink_data.h'].includes(other))
        wrong.push(`${folder}/${name} includes ${other}: data know no model`);

wrong.forEach((line) => console.error(line));
process.exitCode = wrong.length ? 1 : 0;
