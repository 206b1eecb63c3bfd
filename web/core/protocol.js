// @ts-check
/**
 * protocol.js - every message between the page and its worker, and nothing else.
 *
 * The page sends requests, each with an `id`; the worker answers each with exactly one
 * `reply` or `error` of that id. Besides, the worker reports on its own: `progress` while it
 * loads, `state` whenever that changes, `steps` and `epoch` while it trains.
 * Reports of a run carry its number, `run`, so that late ones of an older run can be dropped.
 */

/** Both sides refuse to work with another version. */
export const PROTOCOL_VERSION = 1;

/** Of which build this file is; `make site` writes it here. Page, worker and core must be of one. */
export const BUILD = 'unbuilt';

/**
 * Where pictures come from. URLs are fetched from the page's own origin; `urls` are the parts of one set.
 * `batches` are files that are asked for by and by (batches.js).
 * @typedef {{ kind: 'url', url: string, name: string }
 *   | { kind: 'urls', urls: string[], name: string }
 *   | { kind: 'files', files: import('./batches.js').Listed[], name: string }
 *   | { kind: 'batches', port: MessagePort, name: string }
 *   | { kind: 'stream', stream: ReadableStream<Uint8Array>, name: string, numbered?: boolean }} Source
 */

/** The settings of a run, as the core lists them. The core checks all. @typedef {import('../../build/schema.js').Settings} Settings */

/**
 * A validation picture, as the network sees it, and what the network made of it; the probability is that of the
 * predicted class.
 * @typedef {{ index: number, actual: number, predicted: number, loss: number, probability: number, picture: Uint8Array, path: string | null }} Mistake
 */

/** How often pictures of class `actual` were taken for class `predicted`. @typedef {{ actual: number, predicted: number, count: number }} Confused */

/** A validation; fields as in EpochReport. @typedef {{ validLoss: number, accuracy: number, batchAccuracy: number, confusion: Uint32Array }} Evaluation */

/** Of the probabilities; mean validation loss before and after, in nats. @typedef {{ temperature: number, before: number, after: number }} Calibration */

/**
 * Whether probabilities mean what they say: the expected calibration error, and in each of equal parts of 0..1 how many
 * predictions had such a probability, their mean probability, and the share of them that was right.
 * @typedef {{ error: number, bins: { count: number, confidence: number, accuracy: number }[] }} Reliability
 */

/** The first layer's weights, each picture row major. @typedef {{ width: number, height: number, filters: Float32Array[] }} Filters */

/** A training picture near to a digit, 1 for the same. @typedef {{ index: number, label: number, likeness: number, picture: Uint8Array }} Near */

/** Counts of values in 40 equal parts of their range. @typedef {{ counts: number[], least: number, most: number }} Histogram */
/** @typedef {{ name: string, values: Histogram, gradients: Histogram }} Spread */

/**
 * A change in the middle of a run, before step `step` (from 0) is done: another learning rate, or all but the last
 * layer with weights frozen, or not. Or `more` epochs at its end. @typedef {{ step: number, lr?: number, frozen?: boolean, more?: number }} Change
 */

/** What the learning-rate finder suggests. @typedef {{ minimum: number, steep: number, valley: number }} Suggestions */

/**
 * What a load brought. Names and paths come from outside: show them as text only.
 * @typedef {object} LoadReport
 * @property {string} name  of the source
 * @property {number} train  pictures to learn from
 * @property {number} valid  pictures to be tested on
 * @property {number} apart  test pictures that are not used, since there are validation pictures
 * @property {number} skipped  files that were passed over
 * @property {number} litter  files that nobody meant to be read, such as .DS_Store; not among those skipped
 * @property {{ path: string, reason: string }[]} problems  the first 200 of them
 * @property {string[]} classes
 * @property {number} seconds
 */

/**
 * One layer of a model, for display.
 * @typedef {{ name: string, shape: number[], parameters: number }} LayerInfo
 *
 * @typedef {object} ModelInfo
 * @property {string} line  the model line, presets spelled out
 * @property {LayerInfo[]} layers
 * @property {number} parameters
 * @property {number} bytes  memory that training takes, without the data
 * @property {number} macs  multiply-adds for one picture
 */

/**
 * Requests: page -> worker.
 * @typedef {{ type: 'load', id: number, source: Source }
 *   | { type: 'describe', id: number, settings: Settings }
 *   | { type: 'train', id: number, run: number, settings: Settings, changes?: Change[] }
 *   | { type: 'continue', id: number, run: number, settings: Settings }
 *   | { type: 'weights', id: number, run: number, settings: Settings, bytes: ArrayBuffer }
 *   | { type: 'pause', id: number }
 *   | { type: 'resume', id: number }
 *   | { type: 'stop', id: number }
 *   | { type: 'reset', id: number }
 *   | { type: 'top', id: number, most: number, cell?: { actual: number, predicted: number } }
 *   | { type: 'save', id: number, resumable?: boolean }
 *   | { type: 'restore', id: number, run: number, bytes: ArrayBuffer, step?: number, held?: boolean, changes?: Change[], settings?: Settings }
 *   | { type: 'filters', id: number }
 *   | { type: 'preview', id: number, settings: Settings, count: number, draw: number }
 *   | { type: 'find', id: number, settings: Settings, here?: boolean, sweep?: { start?: number, end?: number, steps?: number } }
 *   | { type: 'predict', id: number, width: number, height: number, rgba: ArrayBuffer, chosen?: number }
 *   | { type: 'reader', id: number, bytes: ArrayBuffer }
 *   | { type: 'predictions', id: number, split: 'train' | 'valid', indices: number[] }
 *   | { type: 'explain', id: number, label: number, nearest: number }
 *   | { type: 'activations', id: number, layers: { index: number, count: number }[] }
 *   | { type: 'spreads', id: number }
 *   | { type: 'adjust', id: number, lr?: number, frozen?: boolean }
 *   | { type: 'digest', id: number }
 *   | { type: 'cancel', id: number }
 *   | { type: 'evaluate', id: number }
 *   | { type: 'confusion', id: number }
 *   | { type: 'confused', id: number, least: number }
 *   | { type: 'reliability', id: number }
 *   | { type: 'settings', id: number }
 *   | { type: 'open', id: number, bytes: ArrayBuffer, keepData: boolean }
 *   | { type: 'png', id: number, bytes: ArrayBuffer, as: 'digit' | 'picture' }
 *   | { type: 'decode', id: number, bytes: ArrayBuffer, most: number }
 *   | { type: 'kind', id: number, bytes: ArrayBuffer }
 *   | { type: 'pictures', id: number, split: 'train' | 'valid', indices: number[] }} Request
 *
 * `load` replies LoadReport. A run goes on meanwhile, and is stopped when the new data set takes the old one's place. On an
 * error the data set that was there stays, and the run is as it was. `train`, `continue`, `weights`, `open`, `restore`,
 * `find` and `evaluate` are refused while a data set is loading.
 * `describe` replies ModelInfo.
 * `train` replies ModelInfo as soon as the run has begun. It continues nothing: a new model. `changes`, by rising step,
 * are made on the way.
 * `continue` likewise, with the network that is there and its optimiser's state; epochs go on counting.
 * `weights` replies ModelInfo; a new network of that model with the weights of any safetensors file. It stops a run if the file is good.
 * `pause`, `resume`, `stop`, `reset` reply { state }. They may come at any time and more than once. `resume` also goes on
 * with a run that was stopped, as long as nothing took its place.
 * `stop` keeps the model, so that `predict` goes on working; `reset` drops it.
 * `predict` replies Reading; `chosen` is the digit that later questions are about, -1 the picture as it came. It works while training, with the weights of that moment.
 * `reader` replies {}: the network of a checkpoint of ours answers `predict` and `explain` as long as there is no other.
 * `top` replies Mistake[], of the last validation, by falling loss.
 * `save` replies a Uint8Array, a safetensors file, which is resumable if not asked otherwise.
 * `restore` replies {} and leaves the run of that file paused, numbered `run`. What the file does not know: the steps it
 * has done, whether all but the last layer are frozen, and changes still to be made.
 * `find` replies { points: { lr, loss }[], suggestions: Suggestions | null }; it trains a new model and
 * drops it, or one that is `here` already, which stays as it was. It stops a run if the settings are good.
 * `cancel` replies {}; a load that is running fails with `aborted`.
 * `evaluate` replies Evaluation; `confusion` a Uint32Array [classes * classes], `confused` Confused[], `reliability` Reliability, of the last validation.
 * `settings` replies those of the network, by their names in the core, or null.
 * `open` replies { classes, settings }: the network of a checkpoint of ours, on the data that are there or, without keepData, in their place.
 * `png` replies Prediction & Logits, of a PNG file.
 * `decode` replies Decoded, the picture of a PNG file, shrunk by a whole number to at most `most` pixels along a side.
 * `kind` replies a name for the kind of a file, "JPEG", by its first 16 bytes; or ''.
 * `filters` replies Filters, or null where the first layer's weights are no pictures.
 * `preview` replies { pictures: Uint8Array[], labels: number[] }: training pictures as these settings augment them.
 * `predictions` replies { probabilities: Float32Array }, [indices][classes].
 * `explain`, of the digit that `predict` was asked about last: replies { heat: Float32Array [784], nearest: Near[] },
 * by how much the probability of class `label` falls when each pixel is covered, and so many training pictures whose features are nearest.
 * `activations`, of that digit: replies Float32Array[], what each of those layers makes of it ([channels][height][width]).
 * `spreads` replies Spread[], one for each trained tensor.
 * `adjust` replies {}: a change from the next step on.
 * `digest` replies a string, equal for equal weights; '' without a network.
 * `pictures` replies { pictures: Uint8Array[], labels: number[], paths: (string | null)[] },
 * each picture 784 bytes, row major.
 */

/**
 * @typedef {object} Prediction
 * @property {Uint8Array} picture  [28 * 28] what the network sees, ink light on black
 * @property {Float32Array | null} probabilities  one for each class; null: there is no model yet
 * @property {number} label  the most probable class, -1 without a model
 */

/** What goes into the network [28 * 28], and what comes out before softmax. @typedef {{ input: Float32Array, logits: Float32Array }} Logits */

/** A picture on white paper, rgba [height * width * 4]. @typedef {{ width: number, height: number, rgba: Uint8ClampedArray }} Decoded */

/**
 * @typedef {object} Reading
 * @property {(Prediction & { scaled: Uint8Array, left: number, top: number, right: number, bottom: number })[]} digits
 *   in reading order; `scaled` [20 * 20], the box in pixels of `grey`
 * @property {number} chosen
 * @property {boolean} byReader  whether the network of `reader` answered
 * @property {Prediction} shown  of the chosen digit, or of the picture as it came
 * @property {Uint8Array} grey  [height * width] ink light on an even, dark ground
 * @property {number} width
 * @property {number} height
 */

/** @typedef {'idle' | 'loading' | 'finding' | 'training' | 'paused' | 'stopped' | 'finished' | 'diverged'} State */

/**
 * Reports: worker -> page.
 * @typedef {{ type: 'ready', version: number, build: string, variant: string, threads: number, canShare: boolean }
 *   | { type: 'progress', bytes: number, totalBytes: number | null, train: number, valid: number, skipped: number }
 *   | { type: 'state', state: State, run: number, message?: string }
 *   | StepsReport | EpochReport
 *   | { type: 'changed', run: number, change: Change }
 *   | { type: 'glance', run: number, counts: Uint32Array, pictures: number, of: number, worst: Mistake[] }
 *   | { type: 'reply', id: number, value: any }
 *   | { type: 'error', id: number | null, code: string, message: string, problems?: { path: string, reason: string }[], skipped?: number }} Report
 *
 * `ready` comes again if a thread could not be started; `canShare` is false where threads are not possible.
 * `totalBytes` counts compressed bytes, as `bytes` does; null where the size is not known.
 * `loading` is told where nothing trains, is paused or searches; the state that was there is told again if the load fails.
 * `changed`: that change was made, as planned or asked for.
 * `glance`, in an epoch: the confusion matrix of the validation pictures looked at in this epoch so far, of so many, and
 * the greatest losses among them.
 * The message of `finished` is the digest of the weights; that of `stopped` too, where something took the network's place.
 * The message of `diverged` says at which step and learning rate, and what to try.
 * `problems` and `skipped` of an `error` are those of a load that failed, as in LoadReport.
 * An `error` with id null concerns no request: the worker itself failed.
 */

/**
 * A slice of training: one or more steps, at most about 30 of these messages a second.
 * @typedef {object} StepsReport
 * @property {'steps'} type
 * @property {number} run
 * @property {'train' | 'valid'} phase  `valid`: no losses, but the progress of the validation
 * @property {number} epoch  from 0
 * @property {number} step  steps done in the whole run
 * @property {number} stepsPerEpoch
 * @property {number} epochs
 * @property {Float32Array} losses  loss of each mini-batch in this slice, before its update
 * @property {Float32Array} smoothLosses  fastai's smoothed loss (0.98, debiased) after each
 * @property {Float32Array} lrs  learning rate of each step, of the last parameter group
 * @property {Float32Array} momenta  of each step (of Adam: beta1)
 * @property {number} lr  of the last step
 * @property {number} progress  0 to 1, of the whole run, validation included
 * @property {number} imagesPerSecond  while training, over about the last second
 * @property {number} secondsLeft  NaN before it can be told
 */

/**
 * @typedef {object} EpochReport
 * @property {'epoch'} type
 * @property {number} run
 * @property {number} epoch  from 0
 * @property {number} fit  from 0: fine_tune is two fits, frozen and not
 * @property {number} fitEpoch  from 0, in that fit
 * @property {number} step  steps done in the whole run
 * @property {number} trainLoss  mean over the epoch's mini-batches, in nats
 * @property {number} trainLossSmoothed
 * @property {number} validLoss  mean over all validation pictures
 * @property {number} accuracy  correct / all, exact
 * @property {number} batchAccuracy  the notebook's: unweighted mean of batch accuracies
 * @property {number} seconds  of training and validation, pauses not counted
 * @property {number} trainSeconds
 * @property {number} validSeconds
 * @property {Uint32Array} confusion  [classes * classes], row = actual, column = predicted
 */
