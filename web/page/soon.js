// @ts-check
/** soon.js - what is seen in the first second, but not needed to train. */
import { complainOf } from './app.js';
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
  ).catch(complainOf);
  startReading();
  startPad();
}
