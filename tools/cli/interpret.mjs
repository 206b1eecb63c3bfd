// @ts-check
/**
 * interpret.mjs - reports on the last validation: confusion matrix, most confused classes and top losses, as text, as
 * an event, and as plots.
 */
import { drawMatrix } from '../../web/plots/matrix.js';
import { drawFilters, drawMistakes } from '../../web/plots/sheet.js';
import { plain, savePlots } from './output.mjs';

const TOP = 9,
  PAIRS = 20,
  NAME_LETTERS = 16;

/** @param {string} name */
const short = (name) => plain(name).slice(0, NAME_LETTERS);

/** @param {Uint32Array} confusion @param {string[]} classes */
function matrixText(confusion, classes) {
  const n = classes.length,
    names = classes.map(short);
  const beside = Math.max(...names.map((name) => name.length));
  const width = Math.max(...names.map((name) => name.length), ...[...confusion].map((c) => String(c).length)) + 2;
  const head = ' '.repeat(beside + 2) + names.map((name) => name.padStart(width)).join('');
  const cells = (/** @type {number} */ row) =>
    Array.from(confusion.subarray(row * n, (row + 1) * n), (count) => String(count).padStart(width)).join('');
  const rows = names.map((name, i) => `  ${name.padStart(beside)}${cells(i)}`);
  return `Confusion matrix: rows actual, columns predicted\n${[head, ...rows].join('\n')}`;
}

/**
 * @param {import('../../web/core/trainer.js').Trainer} trainer  that has validated
 * @param {string} folder  of the plots
 * @param {import('./output.mjs').Output} out
 */
export function interpret(trainer, folder, out) {
  const classes = trainer.engine.classes(),
    confusion = trainer.engine.confusion(),
    confused = trainer.engine.mostConfused(),
    top = trainer.engine.topLosses(TOP);
  out.emit({
    event: 'interpretation',
    confusion: [...confusion],
    most_confused: confused.map((p) => [classes[p.actual], classes[p.predicted], p.count]),
    top_losses: top.map(({ index, path, actual, predicted, loss, probability }) => ({
      index,
      path,
      actual: classes[actual],
      predicted: classes[predicted],
      loss,
      probability,
    })),
  });
  out.print(`\n${matrixText(confusion, classes)}`);
  out.print(
    `\nMost confused: actual, predicted, count\n${confused
      .slice(0, PAIRS)
      .map((p) => `  ${short(classes[p.actual])}  ${short(classes[p.predicted])}  ${p.count}`)
      .join('\n')}`,
  );
  const losses = top.map(({ predicted, actual, loss, probability, path, index }) => {
    const numbers = [loss, probability].map((value) => value.toFixed(2));
    return ['', short(classes[predicted]), short(classes[actual]), ...numbers, path ? plain(path) : `picture ${index}`];
  });
  out.print(
    ['\nTop losses: predicted, actual, loss, probability', ...losses.map((words) => words.join('  '))].join('\n'),
  );
  const filters = trainer.engine.filters();
  savePlots(
    folder,
    {
      'confusion-matrix': drawMatrix(confusion, classes),
      'top-losses': drawMistakes(top, classes),
      ...(filters ? { 'first-layer': drawFilters(filters) } : {}),
    },
    out,
  );
}
