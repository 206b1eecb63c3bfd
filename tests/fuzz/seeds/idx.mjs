/**
 * idx.mjs - the seeds of the IDX loader. A seed is up to four files (training images, training labels, test images,
 * test labels), each after its length in two bytes, as tests/fuzz/idx.c reads them.
 */
import { idx, png, TAR_END } from '../../support/files.mjs';

const images = (/** @type {number} */ n, h = 2, w = 2) =>
  idx(
    [n, h, w],
    Uint8Array.from({ length: n * h * w }, (_, i) => (i * 37) % 256),
  );
const labels = (/** @type {number[]} */ ...l) => idx([l.length], Uint8Array.from(l));
/** The files, each after its length. @param {Buffer[]} files */
const four = (...files) =>
  Buffer.concat(files.flatMap((bytes) => [Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]));
const good = [images(3), labels(0, 1, 0), images(2), labels(1, 0)];
/** The four good files with another one at index `i`. */
const change = (/** @type {number} */ i, /** @type {Buffer} */ bytes) =>
  four(...good.map((f, j) => (j === i ? bytes : f)));
/** Images whose header states another type of values. */
const typed = (/** @type {number} */ type) => {
  const bytes = images(3);
  bytes[2] = type;
  return bytes;
};
/** Groups of files by the name of the seed. */
export const idxs = {
  good: four(...good),
  'good-28': four(images(2, 28, 28), labels(3, 4), images(1, 28, 28), labels(4)),
  wide: four(images(2, 1, 3), labels(3, 4), images(1, 3, 1), labels(4)),
  more: four(images(5, 3, 3), labels(9, 1, 2, 1, 9), images(1, 2, 2), labels(2)),
  swapped: four(good[1], good[0], good[3], good[2]),
  'label-63': four(images(2), labels(0, 63), images(1), labels(63)),
  none: Buffer.alloc(0),
  'images-only': four(good[0]),
  'labels-only': four(labels(0, 1)),
  'no-test': four(good[0], good[1]),
  twice: four(good[0], good[0]),
  'twice-different': four(good[0], images(2)),
  cut: change(0, images(3).subarray(0, 20)),
  'cut-in-header': change(0, images(3).subarray(0, 11)),
  'cut-labels': change(1, labels(0, 1, 0).subarray(0, 9)),
  'too-long': change(0, Buffer.concat([images(3), Buffer.alloc(3)])),
  'too-long-labels': change(1, Buffer.concat([labels(0, 1, 0), Buffer.alloc(3)])),
  'counts-differ': change(1, labels(0, 1)),
  'label-64': change(1, labels(0, 64, 1)),
  'label-255': change(3, labels(0, 255)),
  'one-class': change(1, labels(0, 0, 0)),
  'test-class': change(3, labels(0, 2)),
  'empty-images': change(0, idx([0, 2, 2], new Uint8Array())),
  'huge-count': change(0, idx([0xffffffff, 2, 2], new Uint8Array(8))),
  'huge-product': change(0, idx([4000000, 4096, 4096], new Uint8Array(8))),
  'huge-side': change(0, idx([3, 5000, 2], new Uint8Array(8))),
  'no-side': change(0, idx([3, 0, 2], new Uint8Array(8))),
  'no-width': change(0, idx([3, 2, 0], new Uint8Array(8))),
  'huge-width': change(0, idx([3, 2, 5000], new Uint8Array(8))),
  largest: change(0, idx([19867, 411, 263], new Uint8Array(8))), // 2 GB with its header, to the byte
  'two-dimensions': change(0, idx([3, 2], new Uint8Array(6))),
  'nine-dimensions': change(0, idx([1, 1, 1, 1, 1, 1, 1, 1, 3], new Uint8Array(3))),
  signed: change(0, typed(9)),
  float: change(0, typed(13)),
  'type-10': change(0, typed(10)),
  int16: change(0, typed(11)),
  double: change(0, typed(14)),
  'four-bytes': change(0, images(3).subarray(0, 4)),
  'magic-first': change(0, Buffer.concat([Buffer.of(1), images(3).subarray(1)])),
  'magic-second': change(0, Buffer.concat([Buffer.of(0, 1), images(3).subarray(2)])),
  'a-picture': change(0, png({ width: 2, height: 2, sample: (x) => x })),
  'an-archive': change(0, TAR_END),
};
