/** plots.test.mjs - the drawings of charts, matrices and pictures, read back by another parser and by Chromium. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PNG } from 'pngjs';
import { clock } from '../../tools/cli/recorder.mjs';
import { encodePng } from '../../web/core/sources/png.js';
import { drawLines } from '../../web/plots/lines.js';
import { blues, drawMatrix } from '../../web/plots/matrix.js';
import { drawFilters, drawMistakes, mistakeCaption } from '../../web/plots/sheet.js';
import { COLOURS, drawing, element, shorten, textAt, textWidth } from '../../web/plots/svg.js';
import { ticks } from '../../web/plots/ticks.js';
import { noChromium, noPython, pixelsOf, readDrawing } from '../support/drawings.mjs';
import { NAMES } from '../support/names.mjs';

/** @typedef {import('../support/drawings.mjs').Element} Element */
const number = (/** @type {Element} */ e, /** @type {string} */ name) => Number(e.attributes[name]);
const rgb = (/** @type {string} */ colour) =>
  /^#/.test(colour)
    ? [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16))
    : (colour.match(/\d+/g) ?? []).map(Number);

test('PNG: another decoder reads the same pixels', () => {
  for (const [width, height] of [
    [1, 1],
    [3, 2],
    [70, 41],
    [300, 260], // more than one stored block
  ])
    for (const channels of /** @type {const} */ ([1, 4])) {
      const pixels = Uint8Array.from({ length: channels * width * height }, (_, i) => (i * 7919) % 256);
      const read = PNG.sync.read(Buffer.from(encodePng(pixels, width, height, channels)), { checkCRC: true });
      assert.deepEqual([read.width, read.height], [width, height]);
      assert.deepEqual(
        channels === 4 ? Uint8Array.from(read.data) : Uint8Array.from(read.data).filter((_, i) => i % 4 === 0),
        pixels,
      );
    }
});

test('text: any script and any name comes back as it was, and nothing else', { skip: noPython }, () => {
  const names = [
    ...NAMES,
    '\u7684',
    '\u00e9',
    'a<b>&"c"\'',
    ']]>',
    '<!-- -->',
    'tab\tline\nreturn\r',
    '\ud800',
    '\0\x1f\ufffe',
  ];
  const svg = drawing(100, 100, [
    ...names.map((name) => textAt(name, 1, 2, { title: `${name}!` })),
    ...names.map((name) => element('rect', { id: name })),
  ]);
  const { all, tagged } = readDrawing(svg),
    kept = names.map((name) => name.toWellFormed().replace(/[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]/g, '\ufffd'));
  assert.deepEqual(
    tagged('text').map((e) => e.text),
    kept,
  );
  assert.deepEqual(
    tagged('title').map((e) => e.text),
    kept.map((name) => `${name}!`),
  );
  assert.deepEqual(
    tagged('rect')
      .slice(1)
      .map((e) => e.attributes),
    kept.map((id) => ({ id })),
  );
  assert.equal(all.length, 2 + 3 * names.length, 'no other element');
});

test('labels: their width, and how they are cut', () => {
  assert.equal(textWidth('abc', 20), 36);
  assert.equal(textWidth('\u7684', 20), 20);
  assert.deepEqual([shorten('abcdefgh', 8), shorten('abcdefghi', 8)], ['abcdefgh', 'abcdefg…']);
  assert.equal(shorten('\u{1f600}\u{1f600}\u{1f600}', 2), '\u{1f600}…', 'letters are never cut in halves');
});

test('ticks: 1, 2, 5 times a power of ten, within the range', () => {
  assert.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(0.13, 0.71, 6), [0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
  assert.deepEqual(ticks(-3, 7, 4), [0, 5]);
  assert.ok(ticks(0, 4685, 8).length <= 10);
});

/** The points of a path, by its parts: each M begins another. @param {Element} path @returns {number[][][]} */
const partsOf = (path) =>
  path.attributes.d
    .slice(1)
    .split('M')
    .map((part) => part.split('L').map((point) => point.split(' ').map(Number)));
/** The lines' paths, which have a title, without axes and grid. @param {ReturnType<typeof readDrawing>} read */
const linesOf = (read) => read.tagged('path').filter((e) => e.children.length > 0);
/**
 * The pixel of a tick, by its label.
 * @param {ReturnType<typeof readDrawing>} read
 * @param {string} label
 * @param {'x' | 'y'} axis
 */
const tickAt = (read, label, axis) => {
  const found = read
    .tagged('text')
    .find((e) => e.text === label && e.attributes['text-anchor'] === (axis === 'x' ? 'middle' : 'end'));
  assert.ok(found, label);
  return number(found, axis) - (axis === 'y' ? 0.35 * 12 : 0);
};

test('a chart: each point lies where it should, what is no number is a gap', { skip: noPython }, async () => {
  const x = [1, 10, 100, 1000],
    y = [2, 1, NaN, 3];
  const svg = drawLines({
    title: 't',
    xLabel: 'x',
    yLabel: 'y',
    logX: true,
    marks: [
      { label: 'inside', x: 10, colour: COLOURS.green },
      { label: 'outside', x: 1e9, colour: COLOURS.green },
    ],
    lines: [{ label: 'a', colour: COLOURS.blue, x, y }],
  });
  const read = readDrawing(svg),
    [path] = linesOf(read),
    [first, last] = partsOf(path);
  assert.deepEqual([first.length, last.length], [2, 1], 'a gap');
  const points = [...first, ...last];
  for (const [k, i] of [0, 1, 3].entries()) {
    assert.ok(Math.abs(points[k][0] - tickAt(read, String(x[i]), 'x')) < 0.06, `x of point ${i}`);
    assert.ok(Math.abs(points[k][1] - tickAt(read, String(y[i]), 'y')) < 0.06, `y of point ${i}`);
  }
  assert.ok(
    Math.abs(tickAt(read, '10', 'x') - tickAt(read, '1', 'x') - (tickAt(read, '100', 'x') - tickAt(read, '10', 'x'))) <
      0.03,
    'equal steps for equal ratios',
  );
  const dots = read.tagged('circle');
  assert.deepEqual(
    dots.map((e) => [number(e, 'cx'), number(e, 'cy')]).map(([a, b]) => [a.toFixed(0), b.toFixed(0)]),
    last.map(([a, b]) => [a.toFixed(0), b.toFixed(0)]),
    'a point without neighbours is a dot',
  );
  const texts = read.tagged('text').map((e) => e.text);
  for (const words of ['t', 'x', 'y', 'a', 'inside']) assert.ok(texts.includes(words), words);
  assert.ok(!texts.includes('outside'));
  if (noChromium) return;
  const [at] = await pixelsOf([svg]),
    blue = rgb(COLOURS.blue);
  assert.deepEqual(at(last[0][0], last[0][1]), blue);
  // A line two pixels wide covers at least half of one of the two pixels beside its middle.
  const middle = [(first[0][0] + first[1][0]) / 2, (first[0][1] + first[1][1]) / 2],
    near = [-1, 0, 1].map((d) => at(middle[0], middle[1] + d));
  assert.ok(
    near.some(([r, , b]) => r < 128 && b > 150),
    'a line between',
  );
  const gap = tickAt(read, '100', 'x');
  for (let row = 60; row < read.height; row++) assert.notDeepEqual(at(gap + 1, row), blue, 'nothing at the gap');
});

test(
  'a chart without points, with one, or with equal ones is drawn; long lines keep their peaks',
  { skip: noPython },
  () => {
    for (const lines of [
      [],
      [{ label: 'one', colour: COLOURS.blue, x: [3], y: [4] }],
      [{ label: 'none', colour: COLOURS.blue, x: [1, 2], y: [NaN, Infinity] }],
      [{ label: 'even', colour: COLOURS.blue, x: [1, 2], y: [0, 0] }],
    ])
      for (const [logX, logY] of [
        [false, false],
        [true, true],
      ]) {
        const svg = drawLines({ title: '', xLabel: '', yLabel: '', logX, logY, lines });
        assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
        assert.ok(readDrawing(svg).width > 100);
      }
    const n = 100_000,
      x = Array.from({ length: n }, (_, i) => i),
      y = x.map((i) => (i === 77_777 ? 50 : i % 2));
    const read = readDrawing(
        drawLines({ title: '', xLabel: '', yLabel: '', lines: [{ label: 'long', colour: COLOURS.blue, x, y }] }),
      ),
      [points] = partsOf(linesOf(read)[0]);
    assert.ok(points.length < 2000, `${points.length} points`);
    assert.ok(points.some((p) => Math.abs(p[1] - tickAt(read, '50', 'y')) < 0.06));
  },
);

test('a chart: two axes, ranges, hidden labels, many labels', { skip: noPython }, () => {
  const line = { label: 'a', colour: COLOURS.blue, x: [0, 1, 2, 3], y: [1, 2, 3, 4] };
  const read = readDrawing(
    drawLines({
      title: '',
      xLabel: '',
      yLabel: '',
      xRange: [1, 2],
      yRange: [0, 10],
      formatY: (v) => `${v} %`,
      lines: [line, { ...line, label: '', y: [0, 0, 1000, 0], right: true }],
    }),
  );
  const [left, right] = linesOf(read).map((e) => partsOf(e)[0]);
  assert.deepEqual([left.length, right.length], [2, 2], 'points outside of the range are left out');
  assert.ok(Math.abs(left[1][1] - (tickAt(read, '4 %', 'y') + tickAt(read, '2 %', 'y')) / 2) < 0.06);
  assert.ok(Math.abs(right[0][1] - tickAt(read, '0 %', 'y')) < 0.06, 'the right axis begins at 0');
  assert.ok(right[1][1] > tickAt(read, '10 %', 'y') && right[1][1] < tickAt(read, '8 %', 'y'), 'and ends above 1000');
  const long = readDrawing(
    drawLines({
      title: '',
      xLabel: '',
      yLabel: '',
      lines: Array.from({ length: 20 }, (_, i) => ({ ...line, label: `a rather long name ${i}` })),
    }),
  );
  for (const text of long.tagged('text')) {
    assert.ok(number(text, 'x') + (text.attributes['text-anchor'] ? 0 : textWidth(text.text)) <= long.width, text.text);
  }
  assert.equal(long.tagged('text').filter((e) => /rather/.test(e.text)).length, 20);
});

test('the confusion matrix: rows actual, counts white above half of the largest', { skip: noPython }, async () => {
  const classes = ['cat', 'a very long name of a class'],
    counts = Uint32Array.of(100, 7, 51, 50);
  const svg = drawMatrix(counts, classes),
    read = readDrawing(svg),
    cells = read.tagged('rect').slice(1),
    texts = read.tagged('text');
  assert.deepEqual(
    cells.map((e) => e.attributes.fill),
    [...counts].map((count) => blues(count / 100)),
  );
  const [a, b, c] = cells.map((e) => [number(e, 'x'), number(e, 'y')]);
  assert.ok(c[1] > a[1] && c[0] === a[0] && b[0] > a[0] && b[1] === a[1], 'rows are actual');
  for (const [i, count] of counts.entries()) {
    const text = texts.find((e) => e.text === String(count)),
      { x, y, width, height } = cells[i].attributes;
    assert.ok(text && number(text, 'x') === Number(x) + Number(width) / 2, `${count} is in the middle of its cell`);
    assert.ok(number(text, 'y') > Number(y) && number(text, 'y') < Number(y) + Number(height));
    assert.equal(text.attributes.fill ?? '#000', count > 50 ? '#fff' : '#000');
  }
  for (const name of ['cat', 'a very long name of…', 'Actual', 'Predicted', 'Confusion matrix'])
    assert.ok(
      texts.some((e) => e.text === name),
      name,
    );
  assert.equal(read.tagged('title').filter((e) => e.text === classes[1]).length, 2, 'the whole name, twice');
  const many = readDrawing(
    drawMatrix(
      new Uint32Array(64 * 64),
      Array.from({ length: 64 }, (_, i) => `${i}`),
    ),
  );
  assert.ok(many.width < 1300);
  if (noChromium) return;
  const [at] = await pixelsOf([svg]);
  for (const [i, cell] of cells.entries()) {
    const x = number(cell, 'x'),
      y = number(cell, 'y'),
      size = number(cell, 'width'),
      inside = [];
    assert.deepEqual(at(x + 2, y + 2), rgb(cell.attributes.fill));
    for (let row = 1; row < size - 1; row++)
      for (let column = 1; column < size - 1; column++) inside.push(at(x + column, y + row));
    const has = (/** @type {(p: number[]) => boolean} */ wanted) => inside.some(wanted);
    assert.equal(
      has((p) => p.every((v) => v > 250)),
      counts[i] > 50,
    );
    assert.equal(
      has((p) => p.every((v) => v < 60)),
      counts[i] <= 50,
    );
  }
});

test('a matrix in other words and colours', { skip: noPython }, () => {
  const read = readDrawing(
    drawMatrix([3, 0, 1, 2], ['a', 'b'], {
      words: { title: 'T', actual: 'A', predicted: 'P' },
      cell: (count, right) => ({ fill: right ? '#0f0' : '#f00', text: count ? String(count) : '' }),
    }),
  );
  assert.deepEqual(
    read
      .tagged('rect')
      .slice(1)
      .map((e) => e.attributes.fill),
    ['#0f0', '#f00', '#f00', '#0f0'],
  );
  assert.deepEqual(
    read.tagged('text').map((e) => e.text),
    ['T', 'A', 'P', 'a', 'a', 'b', 'b', '3', '1', '2'],
  );
});

/** The picture of an image element, as pngjs decodes it. @param {Element} image */
const pictureOf = (image) =>
  PNG.sync.read(Buffer.from(image.attributes.href.replace(/^data:image\/png;base64,/, ''), 'base64'), {
    checkCRC: true,
  });

test("top losses: fastai's grid and captions, each picture pixel by pixel", { skip: noPython }, async () => {
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
  const svg = drawMistakes(mistakes, classes), // 2 rows of 4
    read = readDrawing(svg),
    images = read.tagged('image');
  assert.deepEqual(
    read
      .tagged('text')
      .slice(1)
      .map((e) => e.text),
    mistakes.map((m) => mistakeCaption(m, classes)),
  );
  assert.equal(number(images[3], 'y'), number(images[0], 'y'));
  assert.ok(number(images[4], 'y') > number(images[3], 'y') && number(images[4], 'x') === number(images[0], 'x'));
  const [at] = noChromium ? [] : await pixelsOf([svg]);
  for (const [k, { picture }] of mistakes.entries()) {
    const { data, width, height } = pictureOf(images[k]);
    assert.deepEqual([width, height, number(images[k], 'width'), number(images[k], 'height')], [28, 28, 112, 112]);
    assert.deepEqual(
      Uint8Array.from(data).filter((_, i) => i % 4 === 0),
      picture,
    );
    for (const i of at ? [0, 27, 28, 400, 783] : [])
      assert.deepEqual(
        at?.(number(images[k], 'x') + (i % 28) * 4 + 1, number(images[k], 'y') + Math.floor(i / 28) * 4 + 1),
        [picture[i], picture[i], picture[i]],
      );
  }
});

test('filters: 0 is grey, the largest is black or white', { skip: noPython }, () => {
  const read = readDrawing(
    drawFilters({ width: 2, height: 2, filters: [Float32Array.of(0, 0.5, -0.5, 0.25), new Float32Array(4)] }),
  );
  const [first, second] = read.tagged('image').map((e) => [0, 4, 8, 12].map((i) => pictureOf(e).data[i]));
  assert.deepEqual(first, [128, 255, 0, 191]);
  assert.deepEqual(second, [128, 128, 128, 128]);
});

test('times have the form that fastai gives them', () => {
  assert.deepEqual([0.4, 59.9, 61, 3599, 3600, 40271].map(clock), [
    '00:00',
    '00:59',
    '01:01',
    '59:59',
    '1:00:00',
    '11:11:11',
  ]);
});
