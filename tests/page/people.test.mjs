/**
 * people.test.mjs - digits as people give them: rows in photographs of paper, and drawn with a mouse; read by the
 * network that comes with the page.
 */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { missing, ROOT, shared } from '../support/core.mjs';
import { HEIGHT, photograph, readRows, WIDTH } from '../support/photographs.mjs';
import { readRedrawn } from '../support/redrawn.mjs';
import { countTorn, readTouching } from '../support/touching.mjs';

const READER = join(ROOT, 'assets/reader.safetensors'),
  MNIST = 'data/mnist_png.tar.gz',
  skip = missing(MNIST);
/** @type {import('../../web/core/trainer.js').Trainer} */
let trainer;
before(async () => {
  if (skip) return;
  trainer = await createTrainer({ arithmetic: 'deterministic' });
  await trainer.load('mnist', await pathEntries(shared(MNIST)));
  trainer.open(readFileSync(READER), { keepData: true });
});
after(() => trainer?.engine.close());

test('the network that comes with the page is small, and has seen drawn digits only, but reads MNIST', { skip }, () => {
  assert.ok(statSync(READER).size < 500_000, `${statSync(READER).size} bytes`);
  const { accuracy } = trainer.evaluate();
  assert.ok(accuracy >= 0.97, `${accuracy} of MNIST's test pictures`);
});

test(
  'rows of five in photographs: plain, ruled and squared paper, black and blue ink, shadows, JPEG',
  { skip },
  (t) => {
    const rows = Object.entries(readRows(trainer, 120));
    assert.equal(rows.length, 6);
    for (const [kind, { found, of }] of rows)
      assert.ok(found >= 0.9 * of, `${kind}: five digits were found in ${found} of ${of}`);
    const right = rows.reduce((n, [, row]) => n + row.right, 0);
    t.diagnostic(`${right} of 120 rows were read right`);
    assert.ok(right >= 0.8 * 120, `${right} of 120 rows were read right`);
  },
);

test('redrawn as a mouse draws', { skip }, (t) => {
  const { right, of } = readRedrawn(trainer, 200);
  t.diagnostic(`${right} of ${of}`);
  assert.ok(right >= 0.92 * of, `${right} of ${of}`);
});

test('photographs of empty paper, unevenly lit: no ink', async () => {
  const own = await createTrainer(),
    blank = new Uint8Array(784);
  for (let number = 0; number < 60; number += 3)
    // plain paper
    assert.throws(
      () => own.engine.read(photograph(number, Array(5).fill(blank), false).rgba, WIDTH, HEIGHT),
      /no ink/,
      `photograph ${number}`,
    );
  own.engine.close();
});

test('pairs that touch are cut apart where that is clear, and single digits stay whole', { skip }, (t) => {
  const { of, found, right } = readTouching(trainer, 150),
    torn = countTorn(trainer, 1000);
  t.diagnostic(
    `${found} of ${of} were cut, ${right} of them read right; ${torn} of 1000 single digits were taken for several`,
  );
  assert.ok(found >= 0.33 * of, `${found} of ${of} were cut`);
  assert.ok(right >= 0.85 * found, `${right} of ${found} that were cut were read right`);
  assert.ok(torn <= 10, `${torn} of 1000 single digits were taken for several`);
});

test('two rings that a short stroke joins are two digits, a wide ring is one', async () => {
  const own = await createTrainer(),
    width = 200,
    height = 120;
  own.open(readFileSync(READER));
  /**
   * Dark ink on white, about 10 pixels thick all along an ellipse, and between two of them.
   * @param {[number, number, number][]} rings  centre, half width and half height
   */
  const draw = (...rings) => {
    const rgba = new Uint8Array(4 * width * height).fill(255);
    for (let i = 0; i < width * height; i++) {
      const x = i % width,
        y = Math.floor(i / width) - 60;
      const away = (/** @type {[number, number, number]} */ [at, a, b]) => {
        // how far outside by value, over its slope
        const reach = Math.hypot((x - at) / a, y / b);
        return (Math.abs(reach - 1) * reach) / Math.hypot((x - at) / a ** 2, y / b ** 2);
      };
      if (rings.some((ring) => away(ring) < 5) || (rings.length === 2 && Math.abs(y) < 4 && Math.abs(x - 100) < 15))
        rgba.fill(0, 4 * i, 4 * i + 3);
    }
    return own.engine.read(rgba, width, height).digits;
  };
  assert.deepEqual(
    draw([60, 28, 40], [140, 28, 40]).map(({ label }) => label),
    [0, 0],
    'two rings',
  );
  assert.equal(draw([100, 75, 40]).length, 1, 'a ring so wide that it would be cut without asking');
  own.engine.close();
});

test('what is a digit of its own, what a part of one, and in which order they are read', async () => {
  const own = await createTrainer(),
    width = 220,
    height = 120;
  own.open(readFileSync(READER));
  /**
   * Dark bars on white, and where the digits begin that are found.
   * @param {[number, number, number, number][]} bars  left, top, right, bottom
   */
  const lefts = (...bars) => {
    const rgba = new Uint8Array(4 * width * height).fill(255);
    for (const [left, top, right, bottom] of bars)
      for (let y = top; y < bottom; y++)
        for (let x = left; x < right; x++) rgba.fill(0, 4 * (y * width + x), 4 * (y * width + x) + 3);
    return own.engine.read(rgba, width, height).digits.map(({ left }) => left);
  };
  assert.deepEqual(lefts([40, 30, 42, 90], [60, 30, 84, 90]), [40, 60], 'a thin stroke beside a bold one');
  assert.deepEqual(lefts([40, 30, 52, 58], [40, 63, 52, 90], [90, 30, 114, 90]), [40, 90], 'a stroke that is broken');
  assert.deepEqual(lefts([40, 20, 60, 80], [120, 50, 140, 77]), [40, 120], 'a small digit');
  assert.deepEqual(
    lefts([20, 36, 40, 90], [70, 10, 90, 50], [120, 30, 140, 80]),
    [20, 70, 120],
    'a row that goes up and down',
  );
  assert.deepEqual(lefts([60, 10, 76, 50], [20, 12, 36, 50], [30, 70, 46, 110]), [20, 60, 30], 'two rows');
  own.engine.close();
});
