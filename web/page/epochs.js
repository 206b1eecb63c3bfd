// @ts-check
/** epochs.js - the table of epochs. */
import { byId, make } from './dom.js';

const body = () => /** @type {HTMLElement} */ (byId('epoch-table').querySelector('tbody'));

/** @param {import('../protocol.js').EpochReport} e */
export function addEpoch(e) {
  const numbers = [e.trainLoss.toFixed(4), e.validLoss.toFixed(4), e.accuracy.toFixed(4), e.batchAccuracy.toFixed(4), e.seconds.toFixed(2)];
  body().prepend(make('tr', {}, make('th', { scope: 'row' }, String(e.epoch + 1)), ...numbers.map((n) => make('td', {}, n))));
}

export function clearEpochs() {
  body().replaceChildren();
}
