/// <reference lib="esnext.disposable" />
/**
 * inklearn - trains neural networks on small pictures, in a browser or in Node, with the same WebAssembly core as the
 * page and the command line.
 *
 * Pictures are 28 x 28 grey, row major, light ink on black, one byte a pixel. Losses are in nats, times in seconds;
 * epochs and indices count from 0. Arrays that a method returns are copies, which you may keep. Arrays that you pass
 * are only read; do not change them until the promise of the call settles.
 */

import type {
  AbortSignal,
  Blob,
  ByteStream,
  CustomEvent,
  File,
  FileSystemDirectoryHandle,
  HTMLCanvasElement,
  HTMLImageElement,
  ImageBitmap,
  Listener,
  ListenerOptions,
  OffscreenCanvas,
  Response,
  URL,
} from './platform.js';
import { EventTarget } from './platform.js';
import type { Settings } from '../../build/schema.js';

/** Options of `createTrainer`. */
export interface CreateOptions {
  /**
   * Number of threads that compute, 1 to 64, or `auto`: one for each core of the machine, up to 8. The results have the
   * same bits with any number. In a page, more than one thread needs cross-origin isolation (COOP and COEP headers);
   * without it one thread works. If some threads cannot be started, the trainer works with the others; its `threads`
   * says how many there are.
   * @default 'auto'
   */
  threads?: number | 'auto';
  /**
   * `deterministic` gives the same bits on every processor; `fast` may use relaxed SIMD, whose results may differ
   * between processors.
   * @default 'fast'
   */
  arithmetic?: 'fast' | 'deterministic';
  /**
   * Seed of the random numbers of `fit` and `lrFind`, unless their options have another: a whole number from 0 to
   * 2^53 - 1.
   * @default 0
   */
  seed?: number;
  /** Disposes of the trainer when it aborts; calls that have not settled reject with its reason. */
  signal?: AbortSignal;
  /**
   * Only in Node: the trainer computes in the calling thread, between turns of its event loop, not in a thread of its
   * own.
   * @default false
   */
  inline?: boolean;
}

/** A picture with its class, as an iterable yields it to `load`. */
export interface LabelledPicture {
  /** Name of the picture's class: 1 to 60 bytes of UTF-8, without slashes. */
  class: string;
  /** `train`: the network learns from it; `valid`: the network is tested on it. @default 'train' */
  split?: 'train' | 'valid';
  /** The bytes of a PNG file, or pixels. A picture of another size is resized to 28 x 28. */
  image: Uint8Array | ArrayBuffer | Blob | GreyPicture | RgbaPicture;
}

/** Grey pixels: bytes from 0 to 255, or floats from 0 to 1, which are converted to bytes. */
export type Pixels = Uint8Array | Uint8ClampedArray | Float32Array | Float64Array;

/** A picture with one number a pixel; `grey` [height * width] is row major, light ink on black. */
export interface GreyPicture {
  width: number;
  height: number;
  grey: Pixels;
}

/** A picture as in an ImageData; `data` [height * width * 4] holds red, green, blue and alpha. */
export interface RgbaPicture {
  width: number;
  height: number;
  data: Uint8Array | Uint8ClampedArray;
}

/** A data set in memory: pictures of one size, and the class index of each. */
export interface ArrayData {
  /** Training pictures [n * height * width], light ink on black. */
  train: Pixels;
  /** Class indices of the training pictures [n], whole numbers. */
  trainLabels: ArrayLike<number>;
  /** Validation pictures [m * height * width]. */
  valid: Pixels;
  /** Class indices of the validation pictures [m]. */
  validLabels: ArrayLike<number>;
  /**
   * Names of the 2 to 64 classes, sorted: the network orders its classes by name.
   * @default '0', '1' and so on, up to the largest label
   */
  classes?: string[];
  /** Width of a picture in pixels. @default 28 */
  width?: number;
  /** Height of a picture in pixels. @default 28 */
  height?: number;
}

/**
 * A source of pictures: a URL (in Node also the path of a file or folder), files or a folder that a user chose in a
 * browser, the bytes or a stream of an archive, arrays, or an iterable of pictures.
 * An archive is a `.tar`, `.tar.gz` or `.zip` with `training/<class>/*.png` and `testing/<class>/*.png` or with MNIST's
 * IDX files, or an `.npz` with NumPy's arrays x_train, y_train, x_test and y_test, such as Keras's MNIST.
 */
export type DataSource =
  | string
  | URL
  | Blob
  | ArrayLike<File>
  | FileSystemDirectoryHandle
  | ArrayBuffer
  | Uint8Array
  | ByteStream
  | Response
  | ArrayData
  | AsyncIterable<LabelledPicture>
  | Iterable<LabelledPicture>;

/** Options of `load`. */
export interface LoadOptions {
  /** Name of the source, for the report. The name of a stream must end with `.zip` or `.npz` if it is such a file. */
  name?: string;
  /** Cancels the load when it aborts; the data set that was loaded before stays. */
  signal?: AbortSignal;
}

/** A file that was skipped, and the reason. */
export interface Problem {
  path: string;
  reason: string;
}

/**
 * The result of a load. Names and paths come from the source, which may not be trusted: show them as text, never as
 * HTML.
 */
export interface LoadReport {
  /** Name of the source. */
  name: string;
  /** Number of training pictures. */
  train: number;
  /** Number of validation pictures. */
  valid: number;
  /** Number of test pictures that are not used because the source has validation pictures. */
  apart: number;
  /** Number of files that were skipped. */
  skipped: number;
  /**
   * Number of files that are no part of a data set, such as `.DS_Store` and files in `.ipynb_checkpoints`. They do not
   * count as skipped.
   */
  litter: number;
  /** The first 200 files that were skipped. */
  problems: Problem[];
  /** Names of the classes, in the order of their indices. */
  classes: string[];
  /** Duration of the load. */
  seconds: number;
}

/** Description of a model, from `model`. */
export interface ModelInfo {
  /** The model line, with presets written out as layers. */
  line: string;
  /**
   * The layers in order: the word of the model line, the shape of the output ([features] or [channels, height, width]),
   * and the number of parameters.
   */
  layers: { name: string; shape: number[]; parameters: number }[];
  /** Number of parameters of all layers. */
  parameters: number;
  /** Bytes of memory that training needs, without the data set. */
  bytes: number;
  /** Number of multiply-adds to predict one picture. */
  macs: number;
}

/** The settings of a run, as the core lists them. */
export type { Settings } from '../../build/schema.js';

/**
 * Options of `fit`: settings, and a signal to stop it. The default of `model` is the model that `model()` chose; the
 * default of `seed` is the trainer's seed.
 */
export interface FitOptions extends Settings {
  /** Stops the run when it aborts: the loop or the promise rejects with its reason. The network stays as it is then. */
  signal?: AbortSignal;
}

/** The results of a completed epoch. */
export interface Epoch {
  /** Index of the epoch, from 0. */
  epoch: number;
  /** Index of the fit, from 0: `fine_tune` consists of two fits, the first with frozen layers. */
  fit: number;
  /** Index of the epoch in its fit, from 0. */
  fitEpoch: number;
  /** Number of training steps since the run began. */
  step: number;
  /** Mean loss of the epoch's mini-batches. */
  trainLoss: number;
  /** The smoothed training loss, as fastai computes it. */
  trainLossSmoothed: number;
  /** Mean loss of all validation pictures. */
  validLoss: number;
  /** Correct predictions / validation pictures. */
  accuracy: number;
  /** Unweighted mean of the accuracies of the validation batches. */
  batchAccuracy: number;
  /** Duration of training and validation, without pauses. */
  seconds: number;
  /** Duration of training, without pauses. */
  trainSeconds: number;
  /** Duration of validation, without pauses. */
  validSeconds: number;
  /** Number of validation pictures of each pair of classes [classes * classes], row = actual, column = predicted. */
  confusion: Uint32Array;
}

/** A training step with one mini-batch: `detail` of the event `step`. */
export interface Step {
  /** Index of the epoch, from 0. */
  epoch: number;
  /** Index of the step in the whole run, from 0. */
  step: number;
  /** Loss of the mini-batch, before the weights are updated. */
  loss: number;
  /** Moving average of the losses with factor 0.98, debiased, as fastai computes it. */
  smoothLoss: number;
  /** Learning rate of the last parameter group. */
  lr: number;
  /** Momentum; with Adam, beta1. */
  momentum: number;
}

/** Progress of a load or a run: `detail` of the event `progress`. */
export type Progress =
  | { phase: 'load'; bytes: number; totalBytes: number | null; train: number; valid: number; skipped: number }
  | { phase: 'train' | 'valid'; progress: number; imagesPerSecond: number; secondsLeft: number };

/** The result of a run. */
export interface RunResult {
  /** `stopped`: `stop` was called, or the loop was left. */
  reason: 'finished' | 'stopped';
  /** The epochs that were completed in this run. */
  epochs: Epoch[];
  /** Digest of the weights: 16 hexadecimal digits, equal for equal weights. */
  digest: string;
}

/** A run: `for await` yields its epochs one by one, `await` gives its result. Leaving the loop stops the run. */
export interface Fit extends AsyncIterableIterator<Epoch>, PromiseLike<RunResult> {}

/** Options of `lrFind`: settings, and the range of learning rates, by default fastai's. */
export interface LrFindOptions extends Settings {
  /** The first learning rate. @default 1e-7 */
  start?: number;
  /** The last learning rate. @default 10 */
  end?: number;
  /** Number of training steps. @default 100 */
  steps?: number;
  /** Cancels the search when it aborts; the promise rejects with its reason. */
  signal?: AbortSignal;
}

/** The result of `lrFind`; `suggestions` is null if the loss never fell. */
export interface LrFindResult {
  points: { lr: number; loss: number }[];
  suggestions: { minimum: number; steep: number; valley: number } | null;
}

/** A picture to predict. In Node, which has no picture decoders, a file must be a PNG. */
export type PredictSource =
  | Uint8Array
  | ArrayBuffer
  | Blob
  | GreyPicture
  | RgbaPicture
  | ImageBitmap
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLImageElement;

/** The network's prediction for a picture. */
export interface Prediction {
  /** Index of the most probable class. */
  label: number;
  /** Name of the most probable class. */
  class: string;
  /** Probability of each class [classes]. */
  probabilities: Float32Array;
  /** The network's outputs before softmax [classes]. */
  logits: Float32Array;
  /** The picture after it was cut out and resized [28 * 28]. */
  picture: Uint8Array;
  /** The input of the network: the normalised picture [28 * 28]. */
  input: Float32Array;
}

/** The results of the network on all validation pictures. */
export interface Evaluation {
  /** Mean loss of all validation pictures. */
  validLoss: number;
  /** Correct predictions / validation pictures. */
  accuracy: number;
  /** Unweighted mean of the accuracies of the validation batches. */
  batchAccuracy: number;
  /** Number of validation pictures of each pair of classes [classes * classes], row = actual, column = predicted. */
  confusion: Uint32Array;
}

/** The number of pictures of class `actual` that were predicted as class `predicted`; both are class indices. */
export interface Confused {
  actual: number;
  predicted: number;
  count: number;
}

/**
 * A validation picture [28 * 28] with its loss and prediction. `actual` and `predicted` are class indices;
 * `probability` belongs to `predicted`.
 */
export interface TopLoss {
  index: number;
  actual: number;
  predicted: number;
  loss: number;
  probability: number;
  picture: Uint8Array;
  path: string | null;
}

/** An error: `message` explains it to people in one sentence, `code` names its kind for programs. */
export class InklearnError extends Error {
  /**
   * Kind of error: `argument`, `data`, `memory`, `state`, `diverged`, `model`, `network`, `unsupported`, `start`,
   * `crashed` or `internal`.
   */
  readonly code: string;
}
/** An option or argument is not valid (`argument`). */
export class ArgumentError extends InklearnError {}
/**
 * Pictures, an archive or a checkpoint are damaged or of the wrong kind (`data`). After a failed load, `problems` lists
 * the first 200 files that were skipped, and `skipped` counts all of them.
 */
export class DataError extends InklearnError {
  readonly problems: Problem[];
  readonly skipped: number;
}
/** A model line is not valid (`model`); the message points at the word. */
export class ModelError extends InklearnError {}
/** A method was called at the wrong time (`state`): no data yet, no network yet, or the trainer is disposed of. */
export class StateError extends InklearnError {}
/** The loss became NaN or infinite (`diverged`); the network has the last good weights. */
export class DivergedError extends InklearnError {}
/** There is not enough memory (`memory`). */
export class OutOfMemoryError extends InklearnError {}
/** The engine cannot run here (`unsupported`, `start`), or it crashed (`crashed`): create another trainer. */
export class EngineFailure extends InklearnError {}
/** A URL could not be fetched (`network`). */
export class FetchError extends InklearnError {}

/**
 * A trainer has one data set, one network and one run at a time. `createTrainer` makes it.
 *
 * Events: `step` (a CustomEvent with a Step) for each mini-batch, `epoch` (an Epoch), `progress` (a Progress).
 * After `dispose` every method rejects with a StateError.
 */
export class Trainer extends EventTarget implements AsyncDisposable {
  private constructor();
  /** Build of the core that computes: `simd128`, or `relaxed` (relaxed SIMD). */
  readonly variant: string;
  /** Number of threads that compute. */
  readonly threads: number;

  /**
   * Loads a data set, which replaces the present data set and drops the network. If the load fails, both stay.
   * @throws DataError, ArgumentError, FetchError, or the signal's reason
   */
  load(source: DataSource, options?: LoadOptions): Promise<LoadReport>;
  /**
   * Chooses the model of the next `fit`, which then trains a new network. A data set must be loaded first.
   * @throws ModelError
   */
  model(line: string): Promise<ModelInfo>;
  /**
   * Trains the present network further (from an earlier `fit` or `loadCheckpoint`, with its optimiser's state), or a
   * new network if there is none. `model`, `reset`, and options with another model or seed lead to a new network.
   * Training begins at once, without `await`.
   * @throws DivergedError, ArgumentError, ModelError, StateError, or the signal's reason
   */
  fit(options?: FitOptions): Fit;
  /** Pauses training after the present mini-batch. */
  pause(): Promise<void>;
  /** Resumes training after `pause`. */
  resume(): Promise<void>;
  /** Stops the run, which resolves with its result so far; the network stays. */
  stop(): Promise<void>;
  /** Drops the network; the data set and the chosen model stay. */
  reset(): Promise<void>;
  /**
   * Predicts the class of a picture, which is read as a drawn or photographed digit, or, with `as: 'picture'`, like the
   * pictures of the data set. Works during training, too.
   */
  predict(picture: PredictSource, options?: { as?: 'digit' | 'picture' }): Promise<Prediction>;
  /** Evaluates the present network on all validation pictures. Not possible during training. */
  evaluate(options?: { signal?: AbortSignal }): Promise<Evaluation>;
  /** Returns the confusion matrix of the last validation [classes * classes], row = actual, column = predicted. */
  confusion(): Promise<Uint32Array>;
  /**
   * Returns the pairs of different classes that were confused at least `least` times in the last validation, the most
   * frequent first.
   * @default least 1
   */
  mostConfused(least?: number): Promise<Confused[]>;
  /**
   * Returns the `count` validation pictures with the largest losses in the last validation, the largest first. With
   * `cell`, only pictures of that cell of the confusion matrix.
   * @default count 9
   */
  topLosses(count?: number, cell?: { actual: number; predicted: number }): Promise<TopLoss[]>;
  /**
   * Trains with rising learning rates to find a good one. Afterwards the present network is restored, bit for bit; if
   * there is none, a new network is trained and dropped.
   */
  lrFind(options?: LrFindOptions): Promise<LrFindResult>;
  /**
   * Returns a safetensors file with PyTorch's names. It also holds the optimiser's state and the position in the run,
   * unless `weightsOnly` is true.
   */
  save(options?: { weightsOnly?: boolean }): Promise<Uint8Array>;
  /**
   * Returns the network as an ONNX file, opset 17. Its input is `pictures`, u8 [N, 1, 28, 28]; its outputs are `logits`
   * and `probabilities`, f32 [N, classes]. Its metadata hold the names of the classes.
   */
  exportOnnx(): Promise<Uint8Array>;
  /**
   * Loads the network from a file of `save`. If a data set is loaded, the network can be trained further; otherwise it
   * can only predict.
   */
  loadCheckpoint(file: Blob | ArrayBuffer | Uint8Array): Promise<{ model: string; classes: string[] }>;
  /**
   * Resumes the run that a file of `save` holds. The result has the same bits as a run without the break. The same data
   * set must be loaded.
   */
  resumeFrom(file: Blob | ArrayBuffer | Uint8Array, options?: { signal?: AbortSignal }): Fit;
  /** Ends the trainer and its threads. May be called more than once. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;

  addEventListener(type: 'step', listener: (event: CustomEvent<Step>) => void, options?: ListenerOptions): void;
  addEventListener(type: 'epoch', listener: (event: CustomEvent<Epoch>) => void, options?: ListenerOptions): void;
  addEventListener(type: 'progress', listener: (event: CustomEvent<Progress>) => void, options?: ListenerOptions): void;
  addEventListener(type: string, listener: Listener, options?: ListenerOptions): void;
}

/**
 * Starts a trainer: in a browser in a worker of its own, in Node in a thread of its own or inline. An idle trainer does
 * not keep a Node process alive.
 * @throws EngineFailure if WebAssembly SIMD is missing, or a policy forbids WebAssembly; FetchError if the module
 *   cannot be fetched completely
 */
export function createTrainer(options?: CreateOptions): Promise<Trainer>;
