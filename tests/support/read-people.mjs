// @ts-check
/**
 * read-people.mjs - how well a network reads what people give it, made of MNIST's test digits: rows of five in made
 * photographs, digits redrawn as a mouse draws, and pairs that touch.   node tests/support/read-people.mjs
 * network.safetensors mnist_png.tar.gz [how many]
 */
import { readFileSync } from 'node:fs';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { readRows } from './photographs.mjs';
import { readRedrawn } from './redrawn.mjs';
import { countTorn, readTouching } from './touching.mjs';

const [network, data, count = '500'] = process.argv.slice(2);
if (!data) {
  console.error('usage: node tests/support/read-people.mjs network.safetensors mnist_png.tar.gz [how many]');
  process.exit(2);
}
const trainer = await createTrainer({ arithmetic: 'deterministic' });
await trainer.load(data, await pathEntries(data));
trainer.open(readFileSync(network), { keepData: true });
const share = (/** @type {number} */ right, /** @type {number} */ of) =>
  `${right} of ${of} (${((100 * right) / of).toFixed(1)} %)`;
const rows = readRows(trainer, Number(count)),
  all = Object.values(rows);
for (const [kind, { right, of, found }] of Object.entries(rows))
  console.log(`rows of five, ${kind.padEnd(14)} ${share(right, of)}; five digits were found in ${found}`);
console.log(
  `rows of five, all            ${share(
    all.reduce((n, r) => n + r.right, 0),
    Number(count),
  )}`,
);
const { right, of } = readRedrawn(trainer, Number(count));
console.log(`redrawn with a mouse         ${share(right, of)}`);
const pairs = readTouching(trainer, Number(count)),
  singles = trainer.engine.pictureCount('valid');
console.log(
  `pairs that touch             ${share(pairs.right, pairs.of)}; cut apart were ${pairs.found}; alone, both digits of ${share(pairs.alone, pairs.of)}`,
);
console.log(`taken for several            ${share(countTorn(trainer, singles), singles)} single digits`);
trainer.engine.close();
