/// <reference lib="esnext.disposable" />
/**
 * inklearn - trains neural networks on small pictures, in a browser or in Node: the same core, in WebAssembly,
 * as the page and the command line.
 *
 * Pictures are 28 x 28 grey, row major, ink light on black, one byte a pixel. Losses are in nats, times in seconds,
 * epochs and indices count from 0. Arrays that are returned are copies: yours to keep. Arrays that are given are
 * only read, until the promise of the call settles.
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

/** What a trainer is created with. */
export interface CreateOptions {
  /** Threads that compute, 1 to 64, or `auto`: as many as the machine has cores, up to 8. The results are the same bits. In a page more than one needs cross-origin isolation (COOP and COEP headers); without it one thread works. Threads that cannot be started are done without: `threads` of the trainer says how many work. @default 'auto' */
  threads?: number | 'auto';
  /** `fast`, or `deterministic`: the same bits on every processor, without relaxed SIMD. @default 'fast' */
  arithmetic?: 'fast' | 'deterministic';
  /** Of all random numbers of `fit` and `lrFind`, where they name no other: a whole number from 0 to 2^53 - 1. @default 0 */
  seed?: number;
  /** Ends the trainer when it aborts: what is under way rejects with its reason. */
  signal?: AbortSignal;
  /** Node alone: train in the calling thread, between turns of its event loop, and not in a thread of its own. @default false */
  inline?: boolean;
}

/** One picture of an iterable that is loaded. */
export interface LabelledPicture {
  /** Name of its class: 1 to 60 bytes of UTF-8, without slashes. */
  class: string;
  /** Whether it is learnt from or tested on. @default 'train' */
  split?: 'train' | 'valid';
  /** The bytes of a PNG file, or pixels. Other sizes than 28 x 28 become that. */
  image: Uint8Array | ArrayBuffer | Blob | GreyPicture | RgbaPicture;
}

/** Grey pixels: bytes from 0 to 255, or floats from 0 to 1, of which each becomes a byte. */
export type Pixels = Uint8Array | Uint8ClampedArray | Float32Array | Float64Array;

/** Pixels, one number each; `grey` [height * width], row major, light ink on black. */
export interface GreyPicture {
  width: number;
  height: number;
  grey: Pixels;
}

/** Pixels as an ImageData has them; `data` [height * width * 4], red, green, blue, alpha. */
export interface RgbaPicture {
  width: number;
  height: number;
  data: Uint8Array | Uint8ClampedArray;
}

/** A data set in memory: pictures of one size, and the index of each one's class. */
export interface ArrayData {
  /** [n * height * width], light ink on black. */
  train: Pixels;
  /** [n] class indices, whole numbers. */
  trainLabels: ArrayLike<number>;
  /** [m * height * width] to be tested on. */
  valid: Pixels;
  /** [m] class indices. */
  validLabels: ArrayLike<number>;
  /** Names of the classes, 2 to 64; sorted, since that is the order in which the network knows them. @default '0', '1', ... up to the largest label */
  classes?: string[];
  /** @default 28 */
  width?: number;
  /** @default 28 */
  height?: number;
}

/**
 * Where pictures come from: an address (in Node also a path of a file or folder), files as chosen in a browser, a folder
 * that was opened there, the bytes or a stream of an archive, arrays, or pictures one by one.
 * Archives are `.tar`, `.tar.gz` or `.zip` of `training/<class>/*.png` and `testing/<class>/*.png`, or MNIST's IDX files;
 * or `.npz` of NumPy's arrays x_train, y_train, x_test and y_test, as Keras has MNIST.
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

/** What `load` may be told. */
export interface LoadOptions {
  /** Of the source, for the report; that of a stream ends with `.zip` or `.npz` where it is one. */
  name?: string;
  /** Ends the load; what was loaded before stays. */
  signal?: AbortSignal;
}

/** A file that was passed over, and why. */
export interface Problem {
  path: string;
  reason: string;
}

/** What a load brought. Names and paths come from outside: show them as text only. */
export interface LoadReport {
  /** Of the source. */
  name: string;
  /** Pictures to learn from. */
  train: number;
  /** Pictures to be tested on. */
  valid: number;
  /** Test pictures that are not used, since there are validation pictures. */
  apart: number;
  /** Files that were passed over. */
  skipped: number;
  /** Files that nobody meant to be read, such as `.DS_Store` or those in `.ipynb_checkpoints`; not among those skipped. */
  litter: number;
  /** The first 200 of them. */
  problems: Problem[];
  /** Names of the classes, in the order of their indices. */
  classes: string[];
  seconds: number;
}

/** A model, as `model` describes it. */
export interface ModelInfo {
  /** The model line, presets spelled out. */
  line: string;
  /** Layers in their order: the word, its output's shape [features] or [channels, height, width], and its parameters. */
  layers: { name: string; shape: number[]; parameters: number }[];
  parameters: number;
  /** Memory that training takes, without the data. */
  bytes: number;
  /** Multiply-adds for one picture. */
  macs: number;
}

/** The settings of a run, as the core lists them. */
export type { Settings } from '../../build/schema.js';

/** What `fit` takes: settings, and what may end it. The default of `model` is that of `model()`, the default of `seed` that of the trainer. */
export interface FitOptions extends Settings {
  /** Stops the run when it aborts; the loop, or the promise, rejects with its reason. What was learnt stays. */
  signal?: AbortSignal;
}

/** An epoch that is over. */
export interface Epoch {
  epoch: number;
  /** From 0: `fine_tune` is two fits, frozen and not. */
  fit: number;
  /** From 0, in that fit. */
  fitEpoch: number;
  /** Steps done in the whole run. */
  step: number;
  /** Mean over the epoch's mini-batches. */
  trainLoss: number;
  /** fastai's smoothed loss. */
  trainLossSmoothed: number;
  /** Mean over all test pictures. */
  validLoss: number;
  /** Right / all, exact. */
  accuracy: number;
  /** The unweighted mean of the batches' accuracies. */
  batchAccuracy: number;
  /** Of training and validation, pauses not counted. */
  seconds: number;
  trainSeconds: number;
  validSeconds: number;
  /** [classes * classes], row = actual, column = predicted. */
  confusion: Uint32Array;
}

/** One mini-batch that was learnt from: `detail` of the event `step`. */
export interface Step {
  epoch: number;
  /** From 0, in the whole run. */
  step: number;
  /** Of the mini-batch, before its update. */
  loss: number;
  /** fastai's: 0.98, debiased. */
  smoothLoss: number;
  /** Of the last parameter group. */
  lr: number;
  /** Of Adam: beta1. */
  momentum: number;
}

/** How far a load or a run is: `detail` of the event `progress`. */
export type Progress =
  | { phase: 'load'; bytes: number; totalBytes: number | null; train: number; valid: number; skipped: number }
  | { phase: 'train' | 'valid'; progress: number; imagesPerSecond: number; secondsLeft: number };

/** How a run ended. */
export interface RunResult {
  /** `stopped`: by `stop`, or because the loop was left. */
  reason: 'finished' | 'stopped';
  /** Those that were completed in this run. */
  epochs: Epoch[];
  /** 16 hexadecimal digits, equal for equal weights. */
  digest: string;
}

/** A run: its epochs one by one (`for await`), or its end (`await`). Leaving the loop stops it. */
export interface Fit extends AsyncIterableIterator<Epoch>, PromiseLike<RunResult> {}

/** What `lrFind` takes beside settings: the range, as fastai's. */
export interface LrFindOptions extends Settings {
  /** @default 1e-7 */
  start?: number;
  /** @default 10 */
  end?: number;
  /** @default 100 */
  steps?: number;
  signal?: AbortSignal;
}

/** What `lrFind` found; `suggestions` is null where the loss never fell. */
export interface LrFindResult {
  points: { lr: number; loss: number }[];
  suggestions: { minimum: number; steep: number; valley: number } | null;
}

/** A picture to predict. Where there are no browser's decoders (Node), a file must be PNG. */
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

/** What the network makes of a picture. */
export interface Prediction {
  /** Index of the most probable class. */
  label: number;
  /** Its name. */
  class: string;
  /** [classes] */
  probabilities: Float32Array;
  /** [classes] before softmax. */
  logits: Float32Array;
  /** [28 * 28] as the network sees it. */
  picture: Uint8Array;
  /** [28 * 28] what goes into it: normalised. */
  input: Float32Array;
}

/** The network on all test pictures. */
export interface Evaluation {
  validLoss: number;
  accuracy: number;
  batchAccuracy: number;
  confusion: Uint32Array;
}

/** How often pictures of one class were taken for another's; class indices. */
export interface Confused {
  actual: number;
  predicted: number;
  count: number;
}

/** A test picture, as the network sees it [28 * 28], and what the network made of it; the probability is that of `predicted`. */
export interface TopLoss {
  index: number;
  actual: number;
  predicted: number;
  loss: number;
  probability: number;
  picture: Uint8Array;
  path: string | null;
}

/** Why something failed, in one sentence for people (`message`), and for programs (`code`). */
export class InklearnError extends Error {
  /** `argument`, `data`, `memory`, `state`, `diverged`, `model`, `network`, `unsupported`, `start`, `crashed` or `internal`. */
  readonly code: string;
}
/** An option or argument that cannot be (`argument`). */
export class ArgumentError extends InklearnError {}
/** Pictures, archives or checkpoints that are damaged, or not what they should be (`data`); of a load `problems` names the first 200 files that were passed over, and `skipped` counts them. */
export class DataError extends InklearnError {
  readonly problems: Problem[];
  readonly skipped: number;
}
/** A model line that cannot be (`model`): the message points at the word. */
export class ModelError extends InklearnError {}
/** Something asked at the wrong time (`state`): no data yet, no network yet, the trainer is disposed. */
export class StateError extends InklearnError {}
/** The loss is no longer a number (`diverged`); the network is that of the last good step. */
export class DivergedError extends InklearnError {}
/** There is not enough memory (`memory`). */
export class OutOfMemoryError extends InklearnError {}
/** The engine cannot run here (`unsupported`, `start`) or failed (`crashed`): create another trainer. */
export class EngineFailure extends InklearnError {}
/** An address could not be fetched (`network`). */
export class FetchError extends InklearnError {}

/**
 * A trainer: one data set, one network, one run at a time. Made by `createTrainer`.
 *
 * Events: `step` (a CustomEvent with a Step) for each mini-batch, `epoch` (an Epoch), `progress` (a Progress).
 * After `dispose` every method rejects with a StateError.
 */
export class Trainer extends EventTarget implements AsyncDisposable {
  private constructor();
  /** How it computes: `simd128` or `relaxed`. */
  readonly variant: string;
  /** Threads that compute. */
  readonly threads: number;

  /**
   * Loads a data set in the place of the one that is there; the network goes. If it fails, both stay.
   * @throws DataError, ArgumentError, FetchError, or the signal's reason
   */
  load(source: DataSource, options?: LoadOptions): Promise<LoadReport>;
  /**
   * Chooses the model of the next `fit`, which then begins anew. The data set must be there.
   * @throws ModelError
   */
  model(line: string): Promise<ModelInfo>;
  /**
   * Trains: a new network, or further the one that is there (after an earlier `fit` or `loadCheckpoint`; its
   * optimiser's state is kept). `model`, `reset` and another model or seed among the options begin anew. It begins at once.
   * @throws DivergedError, ArgumentError, ModelError, StateError, or the signal's reason
   */
  fit(options?: FitOptions): Fit;
  /** Training waits after the mini-batch that it is at. */
  pause(): Promise<void>;
  /** Training goes on. */
  resume(): Promise<void>;
  /** Ends the run, which resolves with what was reached; the network stays. */
  stop(): Promise<void>;
  /** Drops the network; the data and the model chosen stay. */
  reset(): Promise<void>;
  /** What the network makes of a picture, read as a drawn or photographed digit, or as the data set's pictures are (`as: 'picture'`). Also while it trains. */
  predict(picture: PredictSource, options?: { as?: 'digit' | 'picture' }): Promise<Prediction>;
  /** The network of this moment on all test pictures. Not while it trains. */
  evaluate(options?: { signal?: AbortSignal }): Promise<Evaluation>;
  /** [classes * classes] of the last validation, row = actual, column = predicted. */
  confusion(): Promise<Uint32Array>;
  /** Pairs of different classes that were confused at least `least` times in the last validation, most first. @default least 1 */
  mostConfused(least?: number): Promise<Confused[]>;
  /** The test pictures with the greatest losses of the last validation, falling; of one cell of the confusion matrix where that is named. @default count 9 */
  topLosses(count?: number, cell?: { actual: number; predicted: number }): Promise<TopLoss[]>;
  /** Sweeps the learning rate. The network that is there stays as it was, to the bit; without one a new one is swept and dropped. */
  lrFind(options?: LrFindOptions): Promise<LrFindResult>;
  /** A safetensors file with PyTorch's names: also with the optimiser's state and the place in the run, or (`weightsOnly`) without. */
  save(options?: { weightsOnly?: boolean }): Promise<Uint8Array>;
  /** The network as an ONNX file, opset 17: from `pictures`, u8 [N, 1, 28, 28], to `logits` and `probabilities`, f32 [N, classes]; the names of the classes are in its metadata. */
  exportOnnx(): Promise<Uint8Array>;
  /** Takes the network of a file of `save`: with the data that are there, or, without any, to predict with. */
  loadCheckpoint(file: Blob | ArrayBuffer | Uint8Array): Promise<{ model: string; classes: string[] }>;
  /** Goes on in the middle of the run that a file of `save` holds, to the same bits as without the break; the same data must be there. */
  resumeFrom(file: Blob | ArrayBuffer | Uint8Array, options?: { signal?: AbortSignal }): Fit;
  /** Ends the trainer and its threads. May be called twice. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;

  addEventListener(type: 'step', listener: (event: CustomEvent<Step>) => void, options?: ListenerOptions): void;
  addEventListener(type: 'epoch', listener: (event: CustomEvent<Epoch>) => void, options?: ListenerOptions): void;
  addEventListener(type: 'progress', listener: (event: CustomEvent<Progress>) => void, options?: ListenerOptions): void;
  addEventListener(type: string, listener: Listener, options?: ListenerOptions): void;
}

/**
 * Starts a trainer: in a page or worker in a worker of its own, in Node in a thread of its own or inline. It does not keep a
 * Node process alive while it has nothing to do.
 * @throws EngineFailure where WebAssembly SIMD is missing, or a policy forbids WebAssembly; FetchError where the module does not come, or not whole
 */
export function createTrainer(options?: CreateOptions): Promise<Trainer>;
