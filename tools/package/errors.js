// @ts-check
/** errors.js - what the trainer refuses, as classes with codes. */

export class InklearnError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {import('./index.js').Problem[]} [problems]
   * @param {number} [skipped]
   */
  constructor(code, message, problems = [], skipped = 0) {
    super(message);
    this.code = code;
    this.problems = problems;
    this.skipped = skipped;
    this.name = NAMES.get(new.target) ?? 'InklearnError';
  }
}
export class ArgumentError extends InklearnError {}
export class DataError extends InklearnError {}
export class ModelError extends InklearnError {}
export class StateError extends InklearnError {}
export class DivergedError extends InklearnError {}
export class OutOfMemoryError extends InklearnError {}
export class EngineFailure extends InklearnError {}
export class FetchError extends InklearnError {}

/** Their names are written out, since minifiers rename classes. @type {Map<Function, string>} */
const NAMES = new Map([
  [ArgumentError, 'ArgumentError'],
  [DataError, 'DataError'],
  [ModelError, 'ModelError'],
  [StateError, 'StateError'],
  [DivergedError, 'DivergedError'],
  [OutOfMemoryError, 'OutOfMemoryError'],
  [EngineFailure, 'EngineFailure'],
  [FetchError, 'FetchError'],
]);

/** @type {Record<string, typeof InklearnError>} */
const CLASSES = {
  argument: ArgumentError,
  data: DataError,
  model: ModelError,
  state: StateError,
  diverged: DivergedError,
  memory: OutOfMemoryError,
  network: FetchError,
  unsupported: EngineFailure,
  start: EngineFailure,
  crashed: EngineFailure,
};

/**
 * Makes the error of a report.
 * @param {{ code: string, message: string, problems?: import('./index.js').Problem[], skipped?: number }} report
 */
export function toError({ code, message, problems, skipped }) {
  return new (CLASSES[code] ?? InklearnError)(code, message, problems, skipped);
}
