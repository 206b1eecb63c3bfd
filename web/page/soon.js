// @ts-check
/** soon.js - the parts that are visible in the first second, but not needed for training. */
import { showError } from './app.js';
import { startCurves } from './curves.js';
import { startPad } from './pad.js';
import { startPart } from './parts.js';
import { startReading } from './reading.js';
import './words.js';

export function startSoon() {
  startPart(
    'charts',
    () => import('./chart.js'),
    ({ Chart }) => startCurves(Chart),
  ).catch(showError);
  startReading();
  startPad();
}
