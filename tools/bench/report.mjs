// @ts-check
/** report.mjs - the rows of a bench as a table for people. */

/** @typedef {import('./parts.mjs').Row} Row */

/** Returns the key of a row: rows with the same key can be compared. @param {Row} row */
export const key = ({ part, what, place, variant, threads }) => [part, what, place, variant, threads].join(' | ');

/** Three digits, with a unit. @param {number} seconds */
function time(seconds) {
  const [scale, unit] = seconds >= 1 ? [1, ' s'] : seconds >= 1e-3 ? [1e3, 'ms'] : [1e6, 'us'];
  return `${(seconds * scale).toPrecision(3)} ${unit}`;
}

/** @param {Row} row @param {number} value */
const amount = ({ unit }, value) =>
  unit === 's' ? time(value) : unit === 'bytes' ? `${(value / 1000).toFixed(1)} kB` : String(+value.toPrecision(3));

/** How many times as fast. @param {number} theirs @param {number} ours */
const times = (theirs, ours) => `${(theirs / ours).toFixed(2)}x`;

/**
 * The columns that a part needs.
 * @param {Row[]} rows @param {Map<string, Row>} base  of an earlier run
 * @returns {[string, (row: Row) => string][]}
 */
function columnsFor(rows, base) {
  const reference = rows.find((row) => row.reference)?.reference?.name;
  /** @type {[string, (row: Row) => string][]} */
  const columns = [
    ['', (row) => row.what + (row.note ? ` (${row.note})` : '')],
    ['engine', (row) => row.place],
    ['kernels', (row) => row.variant],
    ['threads', (row) => String(row.threads)],
    ['least', (row) => amount(row, row.min)],
    ['median', (row) => amount(row, row.median)],
    ['most', (row) => amount(row, row.max)],
    ['of', (row) => String(row.n)],
  ];
  if (rows.some((row) => row.work))
    columns.push(['GFLOP/s', (row) => (row.work ? (row.work / row.min / 1e9).toFixed(1) : '')]);
  if (rows.some((row) => row.share))
    columns.push(['of registers', (row) => (row.share ? `${Math.round(100 * row.share)} %` : '')]);
  if (reference) {
    columns.push(
      [`${reference}: least`, (row) => (row.reference ? amount(row, row.reference.min) : '')],
      ['median', (row) => (row.reference ? amount(row, row.reference.median) : '')],
      ['speed, least', (row) => (row.reference ? times(row.reference.min, row.min) : '')],
      ['median', (row) => (row.reference ? times(row.reference.median, row.median) : '')],
    );
  }
  if (base.size) {
    columns.push(
      ['speed to base, least', (row) => compare(base.get(key(row))?.min, row.min)],
      ['median', (row) => compare(base.get(key(row))?.median, row.median)],
    );
  }
  return columns;
}

/** @param {number | undefined} before @param {number} now */
const compare = (before, now) => (before === undefined ? '' : times(before, now));

/** @param {Row[]} rows  of one part @param {Map<string, Row>} base */
export function table(rows, base = new Map()) {
  const columns = columnsFor(rows, base);
  const cells = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, text]) => text(row)))];
  const widths = columns.map((_, c) => Math.max(...cells.map((line) => line[c].length)));
  return cells
    .map((line) =>
      `  ${line.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join('  ')}`.trimEnd(),
    )
    .join('\n');
}
