// @ts-check
/** epochs.js - the table of epochs, newest first. */
import { byId, make, setText } from './dom.js';
import { fixed, t, whole } from './strings.js';

/** Most rows in the table: with thousands, each new row would be slow. */
const ROWS = 100;

let shown = 0;

/** Brings the table up to date. @param {import('./run.js').EpochNumbers[]} epochs  of the run, oldest first */
export function showEpochs(epochs) {
  const body = /** @type {HTMLTableSectionElement} */ (byId('epoch-table').querySelector('tbody'));
  if (epochs.length < shown) {
    body.replaceChildren();
    shown = 0;
  }
  for (const e of epochs.slice(Math.max(shown, epochs.length - ROWS))) {
    const numbers = [
      fixed(e.trainLoss, 4),
      fixed(e.validLoss, 4),
      fixed(e.accuracy, 4),
      fixed(e.batchAccuracy, 4),
      fixed(e.seconds, 2),
    ];
    body.prepend(
      make('tr', {}, make('th', { scope: 'row' }, String(e.epoch + 1)), ...numbers.map((n) => make('td', {}, n))),
    );
  }
  while (body.rows.length > ROWS) body.deleteRow(-1);
  shown = epochs.length;
  byId('epoch-note').hidden = shown <= ROWS;
  setText(byId('epoch-note'), t('epochs.note', { rows: whole(ROWS), count: whole(shown) }));
}
