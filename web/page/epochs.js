// @ts-check
/** epochs.js - the table of epochs, newest first. */
import { byId, make, setText, thousands } from './dom.js';

/** Rows that the page holds: thousands of them would make each new one slow. */
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
    const numbers = [e.trainLoss.toFixed(4), e.validLoss.toFixed(4), e.accuracy.toFixed(4), e.batchAccuracy.toFixed(4), e.seconds.toFixed(2)];
    body.prepend(make('tr', {}, make('th', { scope: 'row' }, String(e.epoch + 1)), ...numbers.map((n) => make('td', {}, n))));
  }
  while (body.rows.length > ROWS) body.deleteRow(-1);
  shown = epochs.length;
  byId('epoch-note').hidden = shown <= ROWS;
  setText(byId('epoch-note'), `The last ${ROWS} of ${thousands(shown)} epochs.`);
}
