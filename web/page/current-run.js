// @ts-check
/** current-run.js - replaces the run that the page shows, and numbers the runs. */
import { app, emit } from './app.js';
import { Run } from './run.js';

let runs = 0;

/** The worker puts this number into each report of the run. */
export const nextNumber = () => ++runs;

/**
 * Makes a new run the current one.
 * @param {import('../core/protocol.js').Settings} settings
 * @param {number} [number]  of its reports
 */
export function newRun(settings, number = nextNumber()) {
  const run = (app.run = new Run(number, settings));
  run.dataName = app.data?.name ?? '';
  run.classes = app.data?.classes ?? [];
  run.line = app.info?.line ?? settings.model ?? '';
  return run;
}

/** Leaves the page without a run, and informs all panels. */
export function forgetRun() {
  app.run = null;
  emit('forget');
}
