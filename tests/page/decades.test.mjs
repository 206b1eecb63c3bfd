/** decades.test.mjs - the ticks of a logarithmic axis. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decades } from '../../web/plots/ticks.js';

test('1 to 9 times each power of ten, within the range, rising', () => {
  assert.deepEqual(decades(0.2, 3), [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 2, 3]);
  assert.deepEqual(decades(0.00095, 0.0021), [0.001, 0.002], "where uPlot's own never end");
  assert.deepEqual(decades(0.41, 0.43), []);
  for (let i = 0; i < 2000; i++) {
    const low = 10 ** (-9 + 10 * ((i * 0.618034) % 1)),
      high = low * 10 ** (6 * ((i * 0.414214) % 1)),
      ticks = decades(low, high);
    assert.ok(ticks.length <= 9 * (Math.log10(high / low) + 1), `${ticks.length} from ${low} to ${high}`);
    assert.ok(
      ticks.every((tick, k) => tick >= low && tick <= high && (k === 0 || tick > ticks[k - 1])),
      `from ${low} to ${high}`,
    );
  }
});
