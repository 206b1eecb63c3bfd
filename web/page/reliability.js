// @ts-check
/**
 * reliability.js - draws the reliability diagram: for each range of the network's confidence, how often it was right.
 */
import { make, setText, shape } from './dom.js';
import { fixed, percent, t, whole } from './strings.js';

const WIDTH = 320,
  HEIGHT = 170,
  LEFT = 34,
  BOTTOM = 24;

/** Describes one bar for screen readers. @param {import('../core/protocol.js').Reliability['bins'][number]} bin */
const wordsOf = ({ count, confidence, accuracy }) =>
  t('sure.bin', { sure: percent(confidence), right: percent(accuracy), count: whole(count) });

/** @param {import('../core/protocol.js').Reliability} reliability */
export function drawReliability({ error, bins }) {
  const width = WIDTH - LEFT - 6,
    height = HEIGHT - BOTTOM - 6,
    x = (/** @type {number} */ v) => LEFT + v * width,
    y = (/** @type {number} */ v) => 6 + (1 - v) * height;
  const svg = shape('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: 'img',
    'aria-label': bins
      .filter((b) => b.count)
      .map(wordsOf)
      .join('; '),
  });
  bins.forEach((bin, i) => {
    if (!bin.count) return;
    const bar = shape('rect', {
      x: x(i / bins.length) + 1,
      y: y(bin.accuracy),
      width: width / bins.length - 2,
      height: Math.max(1, y(0) - y(bin.accuracy)),
      class: 'bar',
    });
    bar.append(shape('title', {}, wordsOf(bin)));
    svg.append(bar);
  });
  svg.append(
    shape('path', { d: `M${x(0)} ${y(0)}L${x(1)} ${y(1)}`, class: 'even' }),
    shape('path', { d: `M${x(0)} ${y(1)}V${y(0)}H${x(1)}`, class: 'axis' }),
  );
  for (const v of [0, 0.5, 1])
    svg.append(
      shape('text', { x: x(v), y: HEIGHT - 6, 'text-anchor': v === 1 ? 'end' : 'middle' }, percent(v, 0)),
      shape('text', { x: LEFT - 4, y: y(v) + 4, 'text-anchor': 'end' }, percent(v, 0)),
    );
  const text = make('p', { class: 'hint' });
  setText(text, t('sure.error', { error: fixed(100 * error, 1) }));
  const figure = make('div', { class: 'reliability' });
  figure.append(svg, text);
  return figure;
}
