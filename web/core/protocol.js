// @ts-check
/**
 * protocol.js - every message between the page and its worker, and nothing else.
 *
 * The page sends requests, each with an `id`. The worker answers each with exactly one `reply` or `error` of that id.
 * Besides, the worker sends reports of its own: `progress` while it loads, `state` whenever the state changes, `steps`
 * and `epoch` while it trains. Reports of a run carry its number, `run`, so that late reports of an older run can be
 * dropped.
 */

/** The version of these messages. Page and worker refuse to work with another version. */
export const PROTOCOL_VERSION = 1;

/** The build that this file belongs to, written here by `make site`. Page, worker and core must be of one build. */
export const BUILD = 'unbuilt';

/**
 * Where pictures come from. URLs are fetched from the page's own origin. `urls` are the parts of one set. `batches` are
 * files that the worker asks for, a few at a time (batches.js). `numbered`: folders with whole numbers as names are
 * classes in numeric order.
 * @typedef {{ kind: 'url', url: string, name: string }
 *   | { kind: 'urls', urls: string[], name: string }
 *   | { kind: 'files', files: import('./batches.js').Listed[], name: string }
 *   | { kind: 'batches', port: MessagePort, name: string }
 *   | { kind: 'stream', stream: ReadableStream<Uint8Array>, name: string, numbered?: boolean }} Source
 */

/**
 * The settings of a run, as the core lists them. The core checks all.
 * @typedef {import('../../build/schema.js').Settings} Settings
 */

// ---- what replies hold ----

/**
 * A validation picture as the network sees it [28 * 28], and what the network said of it: `loss` in nats, `probability`
 * of the predicted class.
 * @typedef {object} Mistake
 * @property {number} index  in the validation pictures
 * @property {number} actual  class index
 * @property {number} predicted  class index
 * @property {number} loss
 * @property {number} probability
 * @property {Uint8Array} picture
 * @property {string | null} path  of its file, if it has one
 */

/**
 * How many pictures of class `actual` were read as class `predicted`.
 * @typedef {{ actual: number, predicted: number, count: number }} Confused
 */

/**
 * A validation; fields as in EpochReport.
 * @typedef {{ validLoss: number, accuracy: number, batchAccuracy: number, confusion: Uint32Array }} Evaluation
 */

/**
 * The temperature of the probabilities, and the mean validation loss before and after it was fitted, in nats.
 * @typedef {{ temperature: number, before: number, after: number }} Calibration
 */

/**
 * How far probabilities agree with what happened: the expected calibration error, and for each of equal parts of 0..1
 * how many predictions had such a probability, their mean probability, and the share of them that was right.
 * @typedef {{ error: number, bins: { count: number, confidence: number, accuracy: number }[] }} Reliability
 */

/**
 * The first layer's weights as pictures, row major.
 * @typedef {{ width: number, height: number, filters: Float32Array[] }} Filters
 */

/**
 * A training picture that resembles a digit: `likeness` is the cosine of their features, 1 for the same.
 * @typedef {{ index: number, label: number, likeness: number, picture: Uint8Array }} Near
 */

/**
 * Counts of values in 40 equal parts of their range.
 * @typedef {{ counts: number[], least: number, most: number }} Histogram
 */
/**
 * How a tensor's values and gradients are spread.
 * @typedef {{ name: string, values: Histogram, gradients: Histogram }} Spread
 */

/**
 * A change in the middle of a run, made before step `step` (from 0): `lr` sets the learning rate, `frozen` freezes all
 * layers but the last one with weights, or unfreezes them, and `more` adds epochs at the run's end.
 * @typedef {{ step: number, lr?: number, frozen?: boolean, more?: number }} Change
 */

/**
 * Learning rates that the finder suggests.
 * @typedef {{ minimum: number, steep: number, valley: number }} Suggestions
 */

/**
 * The result of a load. Names and paths come from outside: show them as text only.
 * @typedef {object} LoadReport
 * @property {string} name  of the source
 * @property {number} train  training pictures
 * @property {number} valid  validation pictures
 * @property {number} apart  test pictures that are left out, since there are validation pictures
 * @property {number} skipped  files that could not be used
 * @property {number} litter  files that no one means to be read, such as .DS_Store; `skipped` does not count them
 * @property {{ path: string, reason: string }[]} problems  the first 200 files that were skipped
 * @property {string[]} classes
 * @property {number} seconds
 */

/**
 * A resolved layer of a network, which ink_model.h describes. `layers` are the items inside a sequence, a residual or a
 * block; these have no group and no tensors. `path` is missing where PyTorch has no module.
 * @typedef {object} ResolvedLayer
 * @property {string} type
 * @property {string} [path]
 * @property {number[]} input  [channels, height, width] of one picture, or [values] of a vector
 * @property {number[]} output
 * @property {number} group
 * @property {Record<string, number>} arguments
 * @property {Record<string, number[]>} tensors  shapes by the names in the state dict
 * @property {ResolvedLayer[]} [layers]
 */

/** One layer of a model, for display. @typedef {{ name: string, shape: number[], parameters: number }} LayerInfo */

/**
 * @typedef {object} ModelInfo
 * @property {string} line  the model line, presets spelled out
 * @property {LayerInfo[]} layers
 * @property {number} parameters
 * @property {number} bytes  memory that training takes, without the data
 * @property {number} macs  multiply-adds for one picture
 */

/**
 * The network's answer for a picture.
 * @typedef {object} Prediction
 * @property {Uint8Array} picture  [28 * 28] as the network sees it, ink light on black
 * @property {Float32Array | null} probabilities  one for each class; null while there is no network
 * @property {number} label  the most probable class; -1 while there is no network
 */

/**
 * The network's input [28 * 28], and its output before softmax.
 * @typedef {{ input: Float32Array, logits: Float32Array }} Logits
 */

/**
 * A picture on white paper, rgba [height * width * 4].
 * @typedef {{ width: number, height: number, rgba: Uint8ClampedArray }} Decoded
 */

/**
 * A person's picture with all its digits.
 * @typedef {object} Reading
 * @property {(Prediction & { scaled: Uint8Array, left: number, top: number, right: number, bottom: number })[]} digits
 *   in reading order; `scaled` is [20 * 20], the box is in pixels of `grey`
 * @property {number} chosen  the digit that later questions are about
 * @property {boolean} byReader  the network of `reader` answered
 * @property {Prediction} shown  of the chosen digit, or of the picture as it came
 * @property {Uint8Array} grey  [height * width] ink light on an even, dark ground
 * @property {number} width
 * @property {number} height
 */

// ---- requests: page -> worker ----
// Each has an `id: number`. web/core/requests.js has the table of what they need and how they are answered.

/** @typedef {'train' | 'valid'} Split */
/**
 * Facts about a checkpoint's run that are kept outside its file.
 * @typedef {{ step?: number, held?: boolean, changes?: Change[], settings?: Settings }} RunPosition
 */

/**
 * About data.
 *
 * `load` replies LoadReport. A run continues meanwhile; it is stopped when the new data set replaces the old one. After
 * an error the old data set stays, and the run is as it was. While a data set is loading, `train`, `continue`,
 * `weights`, `open`, `restore`, `find` and `evaluate` are refused.
 * `cancel` replies {}; a load that is running fails with code `aborted`.
 * `pictures` replies { pictures: Uint8Array[], labels: number[], paths: (string | null)[] }, each picture 784 bytes,
 * row major.
 * `preview` replies { pictures: Uint8Array[], labels: number[] }: training pictures as these settings augment them.
 * `decode` replies Decoded, the picture of a PNG file, shrunk by a whole number to at most `most` pixels along a side.
 * `kind` replies a name for the kind of a file, such as "JPEG", by its first 16 bytes; or ''.
 * @typedef {{ type: 'load', id: number, source: Source }
 *   | { type: 'cancel', id: number }
 *   | { type: 'pictures', id: number, split: Split, indices: number[] }
 *   | { type: 'preview', id: number, settings: Settings, count: number, draw: number }
 *   | { type: 'decode', id: number, bytes: ArrayBuffer, most: number }
 *   | { type: 'kind', id: number, bytes: ArrayBuffer }} DataRequest
 */

/**
 * About a run.
 *
 * `describe` replies ModelInfo.
 * `train` replies ModelInfo as soon as the run has begun. It makes a new network. `changes`, by rising step, are made
 * on the way.
 * `continue` does the same with the current network and its optimiser's state; epochs continue to count.
 * `restore` replies {} and leaves the run of a checkpoint paused, numbered `run`. `step`, `held`, `changes` and
 * `settings` say what the file does not know: the steps it has done, whether all layers but the last are frozen, and
 * the changes that are still to be made.
 * `pause`, `resume`, `stop` and `reset` reply { state: State }. They may come at any time and more than once. `resume`
 * also resumes a run that was stopped, as long as nothing has replaced it. `stop` keeps the network, so that `predict`
 * still works; `reset` drops it.
 * `adjust` replies {}: a change from the next step on.
 * `find` replies { points: { lr, loss }[], suggestions: Suggestions | null }. It trains a new network and drops it, or
 * with `here` the current one, which is as before afterwards. It stops a run if the settings are sound.
 * @typedef {{ type: 'describe', id: number, settings: Settings }
 *   | { type: 'train', id: number, run: number, settings: Settings, changes?: Change[] }
 *   | { type: 'continue', id: number, run: number, settings: Settings }
 *   | { type: 'restore', id: number, run: number, bytes: ArrayBuffer } & RunPosition
 *   | { type: 'pause', id: number }
 *   | { type: 'resume', id: number }
 *   | { type: 'stop', id: number }
 *   | { type: 'reset', id: number }
 *   | { type: 'adjust', id: number, lr?: number, frozen?: boolean }
 *   | { type: 'find', id: number, settings: Settings, here?: boolean, sweep?: Sweep }} RunRequest
 * @typedef {{ start?: number, end?: number, steps?: number }} Sweep  learning rates, and how many points
 */

/**
 * About a network in files.
 *
 * `weights` replies ModelInfo: a new network of that model gets the weights of any safetensors file. It stops a run if
 * the file is sound.
 * `open` replies { classes, settings }: the network of a checkpoint of ours, on the current data or, without keepData,
 * in their place.
 * `save` replies a Uint8Array, a safetensors file; it is resumable unless the request says otherwise.
 * `reader` replies {}: the network of a checkpoint of ours answers `predict` and `explain` while there is no other.
 * `settings` replies the network's settings by their names in the core, or null.
 * `digest` replies a text that is equal for equal weights; '' without a network.
 * @typedef {{ type: 'weights', id: number, run: number, settings: Settings, bytes: ArrayBuffer }
 *   | { type: 'open', id: number, bytes: ArrayBuffer, keepData: boolean }
 *   | { type: 'save', id: number, resumable?: boolean }
 *   | { type: 'reader', id: number, bytes: ArrayBuffer }
 *   | { type: 'settings', id: number }
 *   | { type: 'digest', id: number }} FileRequest
 */

/**
 * About what the network says. All of these work while it trains, with the current weights, except `evaluate`.
 *
 * `evaluate` replies Evaluation. `confusion` replies a Uint32Array [classes * classes], `confused` Confused[], `top`
 * Mistake[] by falling loss, and `reliability` Reliability: these four are about the last validation.
 * `predict` replies Reading. `chosen` is the digit that later questions are about; -1 means the picture as it came.
 * `explain`, about that digit, replies { heat: Float32Array [784], nearest: Near[] }: by how much the probability of
 * class `label` falls when each pixel is covered, and the `nearest` training pictures by their features.
 * `activations`, about that digit, replies Float32Array[]: each of those layers' output, [channels][height][width].
 * `png` replies Prediction & Logits, of a PNG file.
 * `predictions` replies { probabilities: Float32Array }, [indices][classes].
 * `spreads` replies Spread[], one for each trained tensor.
 * `filters` replies Filters, or null where the first layer's weights are no pictures.
 * @typedef {{ type: 'evaluate', id: number }
 *   | { type: 'confusion', id: number }
 *   | { type: 'confused', id: number, least: number }
 *   | { type: 'top', id: number, most: number, cell?: { actual: number, predicted: number } }
 *   | { type: 'reliability', id: number }
 *   | { type: 'predict', id: number, width: number, height: number, rgba: ArrayBuffer, chosen?: number }
 *   | { type: 'explain', id: number, label: number, nearest: number }
 *   | { type: 'activations', id: number, layers: number[] }
 *   | { type: 'png', id: number, bytes: ArrayBuffer, as: 'digit' | 'picture' }
 *   | { type: 'predictions', id: number, split: Split, indices: number[] }
 *   | { type: 'spreads', id: number }
 *   | { type: 'filters', id: number }} NetworkRequest
 */

/** @typedef {DataRequest | RunRequest | FileRequest | NetworkRequest} Request */

// ---- reports: worker -> page ----

/** @typedef {'idle' | 'loading' | 'finding' | 'training' | 'paused' | 'stopped' | 'finished' | 'diverged'} State */

/**
 * `ready` says that the engine runs; it comes again if a thread could not be started. `canShare` is false where threads
 * are not possible.
 * `progress`: `totalBytes` counts compressed bytes, as `bytes` does; null where the size is not known.
 * `state`: `loading` is reported only while no run or search is under way; if the load fails, the state before it is
 * reported again. The message of `finished` is the digest of the weights, as is that of `stopped` where something has
 * replaced the network. The message of `diverged` says at which step and learning rate, and what to try.
 * `changed`: that change was made, as planned or asked for.
 * `glance`, during an epoch: the confusion matrix of the validation pictures that were looked at in this epoch so far,
 * how many these are, and the greatest losses among them.
 * `error`: with id null it concerns no request: the worker itself failed. `problems` and `skipped` are those of a load
 * that failed, as in LoadReport.
 * @typedef {{ type: 'ready', version: number, build: string, variant: string, threads: number, canShare: boolean }
 *   | { type: 'progress', bytes: number, totalBytes: number | null, train: number, valid: number, skipped: number }
 *   | { type: 'state', state: State, run: number, message?: string }
 *   | StepsReport
 *   | EpochReport
 *   | { type: 'changed', run: number, change: Change }
 *   | { type: 'glance', run: number, counts: Uint32Array, pictures: number, of: number, worst: Mistake[] }
 *   | { type: 'reply', id: number, value: any }
 *   | ErrorReport} Report
 *
 * @typedef {object} ErrorReport
 * @property {'error'} type
 * @property {number | null} id
 * @property {string} code
 * @property {string} message  a sentence for people
 * @property {{ path: string, reason: string }[]} [problems]
 * @property {number} [skipped]
 */

/**
 * A slice of a run: one or more mini-batches. There are at most about 30 of these messages a second.
 * @typedef {object} StepsReport
 * @property {'steps'} type
 * @property {number} run
 * @property {'train' | 'valid'} phase  `valid`: there are no losses, but the validation has made progress
 * @property {number} epoch  from 0
 * @property {number} step  steps done in the whole run
 * @property {number} stepsPerEpoch
 * @property {number} epochs
 * @property {Float32Array} losses  loss of each training step in this slice, before its update, in nats
 * @property {Float32Array} smoothLosses  fastai's smoothed loss (0.98, debiased) after each
 * @property {Float32Array} lrs  learning rate of each of them, of the last parameter group
 * @property {Float32Array} momenta  of each of them; beta1 of Adam
 * @property {number} lr  of the last step
 * @property {number} progress  share of the run that is done, 0 to 1, validations included
 * @property {number} imagesPerSecond  while training, over about the last second
 * @property {number} secondsLeft  NaN before there is a measurement
 */

/**
 * @typedef {object} EpochReport
 * @property {'epoch'} type
 * @property {number} run
 * @property {number} epoch  from 0
 * @property {number} fit  from 0; fine_tune has two fits, a frozen one and another
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
