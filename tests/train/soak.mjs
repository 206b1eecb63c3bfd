/**
 * soak.mjs - as many steps as the smallest model makes in eight hours, in one run: a network so small
 * that they take minutes. Memory must stay, of the core, of Node's heap and of the page's curves, and
 * the last tenth must be no slower than 0.95 of the first, in processor time: others may want the machine.
 *   soak.mjs [steps]
 * 2,200 steps a second of the linear model at the notebook's batch: 63,400,000.
 */
import { join } from 'node:path';
import { createTrainer, pathEntries, ROOT } from '../../tools/node/node.mjs';
import { Run } from '../../web/page/run.js';

const STEPS = Number(process.argv[2] ?? 63_400_000),
  SETTINGS = { model: 'avgpool(28) linear(classes)', epochs: 10000, batch: 3, lr: 0.001, seed: 1 };

const trainer = await createTrainer({ threads: 1, arithmetic: 'deterministic' });
await trainer.load('digits', await pathEntries(join(ROOT, 'build/digits.tar.gz')));
const run = new Run(1, SETTINGS);
/** ms of this process's processors: what it waits for them is not counted. */
const clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
/** For each tenth of the run: training steps a second, bytes of the core and of Node's heap, points of a curve. */
const tenths = [];
let done = 0,
  reports = 0,
  spent = 0,
  before = 0,
  last = clock();
for (const report of trainer.fit(SETTINGS, 1)) {
  reports++;
  const now = clock();
  if (report.type === 'epoch') run.addEpoch(report);
  else {
    run.addSteps(report);
    if (report.phase === 'train') spent += now - last;
    done = report.step;
  }
  last = clock();
  if (done - before >= STEPS / 10) {
    globalThis.gc?.();
    tenths.push({
      rate: (1000 * (done - before)) / spent,
      core: trainer.engine.memoryBytes,
      heap: process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers,
      points: run.x.length,
    });
    console.log(
      `${(done / 1e6).toFixed(1)} M steps: ${Math.round(tenths.at(-1)?.rate ?? 0)} a second, core ${(tenths.at(-1)?.core ?? 0) >> 20} MB, heap ${(tenths.at(-1)?.heap ?? 0) >> 20} MB, ${run.x.length} points`,
    );
    before = done;
    spent = 0;
    if (done >= STEPS) break;
  }
}
/** @param {boolean} good @param {string} what */
const check = (good, what) => {
  console.log(`${good ? 'good' : 'BAD'}: ${what}`);
  if (!good) process.exitCode = 1;
};
const first = tenths[0],
  end = /** @type {typeof first} */ (tenths.at(-1));
check(
  done >= STEPS && !Number.isNaN(run.loss.values()[0]),
  `${done} steps, ${run.epochs.length} epochs, ${reports} reports`,
);
check(end.core === first.core, `the core's memory: ${first.core} bytes, then ${end.core}`);
check(
  end.heap < tenths[1].heap + 32e6,
  `Node's heap: ${tenths[1].heap} bytes after the second tenth, ${end.heap} at the end`,
);
check(end.points <= (1 << 20) + 10_000, `${end.points} points of a curve`);
check(end.rate >= 0.95 * first.rate, `the last tenth's rate is ${(end.rate / first.rate).toFixed(3)} of the first's`);
trainer.engine.close();
