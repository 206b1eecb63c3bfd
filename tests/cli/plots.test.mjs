/** plots.test.mjs - the plots that the command line writes, read back with pngjs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PNG } from 'pngjs';
import { clock } from '../../tools/cli/recorder.mjs';
import { Canvas, shorten, textWidth } from '../../tools/plots/canvas.mjs';
import { COLOURS, drawChart, ticks } from '../../tools/plots/chart.mjs';
import { eachDot } from '../../tools/plots/font.mjs';
import { blues, drawMatrix } from '../../tools/plots/matrix.mjs';
import { encodePng } from '../../tools/plots/png.mjs';
import { drawFilters, drawMistakes, mistakeCaption } from '../../tools/plots/sheet.mjs';

test('PNG: another decoder reads the same pixels', () => {
  for (const [width, height] of [
    [1, 1],
    [3, 2],
    [70, 41],
  ]) {
    const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 7919) % 256);
    const read = PNG.sync.read(encodePng(rgb, width, height), { checkCRC: true });
    assert.deepEqual([read.width, read.height], [width, height]);
    assert.deepEqual(
      Uint8Array.from(read.data).filter((_, i) => i % 4 !== 3),
      rgb,
    );
  }
});

test('letters: their ink, at either size; what has no letter is a box', () => {
  const dots = (/** @type {string} */ text, /** @type {number} */ scale) => {
    const at = /** @type {Set<string>} */ (new Set());
    eachDot(text, scale, (x, y) => at.add(`${x},${y}`));
    return at;
  };
  const l = dots('L', 1);
  assert.deepEqual(l, new Set(['0,0', '0,1', '0,2', '0,3', '0,4', '0,5', '0,6', '1,6', '2,6', '3,6', '4,6']));
  assert.equal(dots(' ', 2).size, 0);
  assert.equal(dots('-', 2).size, 4 * dots('-', 1).size);
  assert.deepEqual(dots('\u7684', 1), dots('\u00e9', 1));
  assert.ok(dots('AB', 1).has('8,3'), 'the second stands six to the right');
  assert.equal(textWidth('abc', 2), 36);
  assert.deepEqual([shorten('abcdefgh', 8), shorten('abcdefghi', 8)], ['abcdefgh', 'abcdef..']);
});

test('ticks: 1, 2, 5 times a power of ten, within the range', () => {
  assert.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(0.13, 0.71, 6), [0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
  assert.deepEqual(ticks(-3, 7, 4), [0, 5]);
  assert.ok(ticks(0, 4685, 8).length <= 10);
});

test('a chart: each point lies where it should, what is no number is a gap', () => {
  const x = [1, 10, 100, 1000],
    y = [2, 1, NaN, 3];
  const { canvas, place } = drawChart({
    title: 't',
    xLabel: 'x',
    yLabel: 'y',
    logX: true,
    series: [{ label: 'a', colour: COLOURS.blue, x, y }],
  });
  for (const i of [0, 1, 3]) assert.deepEqual(canvas.at(...place(x[i], y[i])), [...COLOURS.blue], `point ${i}`);
  const [ax, ay] = place(1, 2),
    [bx, by] = place(10, 1);
  const [r, , b] = canvas.at(Math.round((ax + bx) / 2), Math.round((ay + by) / 2));
  assert.ok(r < 60 && b < 200, 'a line between, its edges soft');
  const blue = (/** @type {number} */ column) =>
    Array.from({ length: canvas.height - 80 }, (_, j) => canvas.at(column, j + 60)).some(
      (p) => p.join() === COLOURS.blue.join(),
    );
  assert.ok(!blue(place(100, 1)[0]), 'nothing at the gap');
  assert.ok(
    Math.abs(place(10, 1)[0] - place(1, 1)[0] - (place(100, 1)[0] - place(10, 1)[0])) <= 1,
    'equal steps for equal ratios',
  );
  for (const series of [
    [],
    [{ label: 'one', colour: COLOURS.blue, x: [3], y: [4] }],
    [{ label: 'none', colour: COLOURS.blue, x: [1, 2], y: [NaN, Infinity] }],
  ])
    assert.ok(drawChart({ title: '', xLabel: '', yLabel: '', series }).canvas.toPng().length > 0);
});

test('the confusion matrix: rows actual, counts white above half of the largest', () => {
  const { canvas, cell } = drawMatrix(Uint32Array.of(100, 7, 51, 50), ['cat', 'a very long name of a class']);
  const look = (/** @type {number} */ actual, /** @type {number} */ predicted) => {
    const { x, y, size } = cell(actual, predicted),
      inside = [];
    for (let j = 1; j < size - 1; j++) for (let i = 1; i < size - 1; i++) inside.push(canvas.at(x + i, y + j).join());
    return { ground: canvas.at(x, y), has: (/** @type {number[]} */ colour) => inside.includes(colour.join()) };
  };
  assert.deepEqual(look(0, 0).ground, [...blues(1)]);
  assert.deepEqual(look(0, 1).ground, [...blues(0.07)]);
  assert.deepEqual(look(1, 0).ground, [...blues(0.51)]);
  for (const [actual, predicted, white] of /** @type {[number, number, boolean][]} */ ([
    [0, 0, true],
    [0, 1, false],
    [1, 0, true],
    [1, 1, false],
  ])) {
    assert.equal(look(actual, predicted).has([255, 255, 255]), white);
    assert.equal(look(actual, predicted).has([20, 20, 20]), !white);
  }
  assert.ok(cell(1, 0).y > cell(0, 0).y && cell(1, 0).x === cell(0, 0).x, 'rows are actual');
  assert.ok(
    drawMatrix(
      new Uint32Array(64 * 64),
      Array.from({ length: 64 }, (_, i) => `${i}`),
    ).canvas.width < 1300,
  );
});

test("top losses: fastai's grid and captions, each picture pixel by pixel", () => {
  const classes = ['x', 'y'];
  const mistakes = Array.from({ length: 7 }, (_, k) => ({
    index: k,
    actual: 0,
    predicted: 1,
    loss: 7 - k,
    probability: 0.987,
    path: null,
    picture: Uint8Array.from({ length: 784 }, (__, i) => (i * (k + 3)) % 256),
  }));
  assert.equal(mistakeCaption(mistakes[0], classes), 'y/x / 7.00 / 0.99');
  const { canvas, place } = drawMistakes(mistakes, classes); // 2 rows of 4
  assert.equal(place(3).y, place(0).y);
  assert.ok(place(4).y > place(3).y && place(4).x === place(0).x);
  for (const [k, { picture }] of mistakes.entries())
    for (const i of [0, 27, 28, 400, 783]) {
      const { x, y, size } = place(k);
      assert.deepEqual(canvas.at(x + (i % 28) * size + 1, y + Math.floor(i / 28) * size + 1), [
        picture[i],
        picture[i],
        picture[i],
      ]);
    }
});

test('filters: 0 is grey, the largest is black or white', () => {
  const { canvas, place } = {
    canvas: new Canvas(1, 1),
    place: null,
    ...drawFilters({ width: 2, height: 2, filters: [Float32Array.of(0, 0.5, -0.5, 0.25), new Float32Array(4)] }),
  };
  const at = (/** @type {number} */ k, /** @type {number} */ i) => {
    const { x, y, size } = /** @type {any} */ (place)(k);
    return canvas.at(x + (i % 2) * size + 1, y + Math.floor(i / 2) * size + 1)[0];
  };
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => at(0, i)),
    [128, 255, 0, 191],
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => at(1, i)),
    [128, 128, 128, 128],
  );
});

test('times as fastai tells them', () => {
  assert.deepEqual([0.4, 59.9, 61, 3599, 3600, 40271].map(clock), [
    '00:00',
    '00:59',
    '01:01',
    '59:59',
    '1:00:00',
    '11:11:11',
  ]);
});
