// @ts-check
/** soon.js - what is seen in the first second, but not needed to train. */
import { startCurves } from './curves.js';
import { startPad } from './pad.js';
import { startReading } from './reading.js';
import './words.js';

export async function startSoon() {
  startReading();
  startPad();
  await startCurves();
}
