/** files.mjs - makes the files that the tests load: PNGs of every kind, tars, IDX. */
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';

/** @param {Uint8Array} bytes */
export function crc32(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
}

/** zlib's other checksum. @param {Uint8Array} bytes */
export function adler32(bytes) {
  let a = 1,
    b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}

/** A PNG chunk with its length and checksum. @param {string} type  @param {Uint8Array} [data] */
export function chunk(type, data = new Uint8Array()) {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

export const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const CHANNELS = /** @type {Record<number, number>} */ ({ 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 });
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/** @param {{ width: number, height: number, depth?: number, colour?: number, interlace?: number }} o */
export function ihdr({ width, height, depth = 8, colour = 0, interlace = 0 }) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([depth, colour, 0, 0, interlace], 8);
  return chunk('IHDR', head);
}

/** Rows of one pass, with filter bytes: each row takes the next of the five filters, or o.filter. */
function packRows(o, xs, ys) {
  const { depth = 8, colour = 0, sample } = o;
  const channels = CHANNELS[colour];
  const rowBytes = Math.ceil((xs.length * channels * depth) / 8),
    step = Math.max(1, (channels * depth) >> 3);
  const rows = [];
  let above = new Uint8Array(rowBytes);
  ys.forEach((y, r) => {
    const row = new Uint8Array(rowBytes);
    let bit = 0;
    for (const x of xs)
      for (let c = 0; c < channels; c++) {
        const v = sample(x, y, c);
        if (depth === 16) row.set([v >> 8, v & 255], bit >> 3);
        else row[bit >> 3] |= v << (8 - depth - (bit & 7));
        bit += depth;
      }
    const filter = o.filter ?? r % 5;
    const filtered = row.map((v, i) => {
      const a = i >= step ? row[i - step] : 0,
        b = above[i],
        c = i >= step ? above[i - step] : 0;
      const p = a + b - c,
        pa = Math.abs(p - a),
        pb = Math.abs(p - b),
        pc = Math.abs(p - c);
      const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      return v - [0, a, b, (a + b) >> 1, paeth][filter];
    });
    rows.push(Buffer.from([filter]), Buffer.from(filtered));
    above = row;
  });
  return rows;
}

/**
 * @typedef {object} Picture
 * @property {number} width
 * @property {number} height
 * @property {number} [depth]
 * @property {number} [colour]  PNG's colour type
 * @property {number} [interlace]
 * @property {number} [filter]  of every row; otherwise all five in turn
 * @property {(x: number, y: number, channel: number) => number} sample  value of each sample
 * @property {number[]} [palette]  r, g, b, r, ...
 * @property {number[]} [transparency]  bytes of tRNS
 * @property {Buffer[]} [extra]  chunks before IDAT
 */

/** Returns the bytes of the image data before compression. @param {Picture} o */
export function pngRows(o) {
  const range = (start, end, step = 1) =>
    Array.from({ length: Math.max(0, Math.ceil((end - start) / step)) }, (_, i) => start + i * step);
  return o.interlace
    ? ADAM7.flatMap(([x0, y0, dx, dy]) => {
        const xs = range(x0, o.width, dx);
        return xs.length ? packRows(o, xs, range(y0, o.height, dy)) : [];
      })
    : packRows(o, range(0, o.width), range(0, o.height));
}

/** @param {Picture} o */
export function png(o) {
  return Buffer.concat([
    SIGNATURE,
    ihdr(o),
    ...(o.palette ? [chunk('PLTE', Uint8Array.from(o.palette))] : []),
    ...(o.transparency ? [chunk('tRNS', Uint8Array.from(o.transparency))] : []),
    ...(o.extra ?? []),
    chunk('IDAT', deflateSync(Buffer.concat(pngRows(o)))),
    chunk('IEND'),
  ]);
}

/** A 28 x 28 grey PNG from one number: a block of ink whose place and shade depend on it. @param {number} n */
export function digitPng(n) {
  return png({
    width: 28,
    height: 28,
    sample: (x, y) => (x > 4 + (n % 10) && x < 14 + (n % 10) && y > 6 && y < 20 ? 255 - (n % 97) : 0),
  });
}

/**
 * A tar header block and its data, padded.
 * @param {string} name
 * @param {Uint8Array} data
 * @param {{ type?: string, prefix?: string, size?: string | Buffer, magic?: string, link?: string }} [o]
 */
export function tarEntry(
  name,
  data = new Uint8Array(),
  { type = '0', prefix = '', size, magic = 'ustar\x0000', link = '' } = {},
) {
  const head = Buffer.alloc(512);
  head.write(name.slice(0, 100), 0, 'utf8');
  head.write('0000644\0' + '0000000\0' + '0000000\0', 100, 'latin1');
  if (Buffer.isBuffer(size)) head.set(size, 124);
  else head.write(size ?? `${data.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  head.write('00000000000\0', 136, 'latin1');
  head.write('        ' + type, 148, 'latin1');
  head.write(link.slice(0, 100), 157, 'utf8');
  head.write(magic, 257, 'latin1');
  head.write(prefix, 345, 'utf8');
  const sum = head.reduce((a, b) => a + b, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([head, data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}

export const TAR_END = Buffer.alloc(1024);

/** One PAX record. @param {string} key @param {string} value */
export function paxRecord(key, value) {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest;
  while (`${length}`.length + rest !== length) length = `${length}`.length + rest;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

/**
 * A small data set: `perClass` pictures of each class in each split.
 * @param {{ classes?: string[], perClass?: number, root?: string, extra?: Buffer[] }} [o]
 */
export function smallTar({ classes = ['0', '1', '2'], perClass = 4, root = 'set', extra = [] } = {}) {
  const entries = [];
  for (const split of ['training', 'testing'])
    for (const [i, name] of classes.entries())
      for (let n = 0; n < perClass; n++)
        entries.push(tarEntry(`${root}/${split}/${name}/${n}.png`, digitPng(10 * n + i)));
  return Buffer.concat([...entries, ...extra, TAR_END]);
}

/**
 * @typedef {object} ZipFile
 * @property {string | Uint8Array} name  the bytes of text are UTF-8
 * @property {Uint8Array} data
 * @property {number} [method]
 * @property {number} [flags]
 * @property {number} [claims]  another size in the directory
 * @property {number} [sum]  another CRC-32 in the directory
 * @property {number} [madeBy]  the system: 0 MS-DOS, 3 Unix, 10 NTFS
 * @property {Uint8Array} [extra]  fields behind the name in the directory
 */

/** A field behind a name in a zip's directory. @param {number} id @param {Uint8Array} data */
export function zipField(id, data) {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(data.length, 2);
  return Buffer.concat([head, data]);
}

/**
 * A zip archive. With `long`, places and sizes stand in the 64-bit fields, as in archives of more than 4 GB.
 * @param {ZipFile[]} files
 * @param {{ long?: boolean, count?: number, comment?: string }} [o]  `count`: another number of entries in the end
 */
export function zip(files, { long = false, count = long ? 0xffff : files.length, comment = '' } = {}) {
  const parts = [],
    directory = [];
  let at = 0;
  for (const {
    name,
    data,
    method = 8,
    flags = 0,
    claims = data.length,
    sum = crc32(data),
    madeBy = 3,
    extra: more = Buffer.alloc(0),
  } of files) {
    const packed = method === 8 ? deflateRawSync(data) : Buffer.from(data),
      bytes = Buffer.from(/** @type {any} */ (name));
    const local = Buffer.alloc(30),
      entry = Buffer.alloc(46),
      extra = Buffer.alloc(long ? 28 : 0);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(bytes.length, 26);
    entry.writeUInt32LE(0x02014b50, 0);
    entry[5] = madeBy;
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(sum, 16);
    entry.writeUInt32LE(long ? 0xffffffff : packed.length, 20);
    entry.writeUInt32LE(long ? 0xffffffff : claims, 24);
    entry.writeUInt16LE(bytes.length, 28);
    entry.writeUInt16LE(more.length + extra.length, 30);
    entry.writeUInt32LE(long ? 0xffffffff : at, 42);
    if (long) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      [claims, packed.length, at].forEach((value, i) => extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i));
    }
    parts.push(local, bytes, packed);
    directory.push(entry, bytes, more, extra);
    at += local.length + bytes.length + packed.length;
  }
  const list = Buffer.concat(directory),
    end = Buffer.alloc(22),
    end64 = Buffer.alloc(long ? 76 : 0);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(long ? 0xffffffff : list.length, 12);
  end.writeUInt32LE(long ? 0xffffffff : at, 16);
  end.writeUInt16LE(comment.length, 20);
  if (long) {
    end64.writeUInt32LE(0x06064b50, 0);
    [files.length, list.length, at].forEach((value, i) => end64.writeBigUInt64LE(BigInt(value), 32 + 8 * i));
    end64.writeUInt32LE(0x07064b50, 56);
    end64.writeBigUInt64LE(BigInt(at + list.length), 64);
  }
  return Buffer.concat([...parts, list, end64, end, Buffer.from(comment)]);
}

/** @param {Buffer} bytes */
export const gz = (bytes) => gzipSync(bytes);

/** @param {number[]} dims  @param {Uint8Array} data */
export function idx(dims, data) {
  const head = Buffer.alloc(4 + 4 * dims.length);
  head.set([0, 0, 8, dims.length]);
  dims.forEach((d, i) => head.writeUInt32BE(d, 4 + 4 * i));
  return Buffer.concat([head, data]);
}

/**
 * A safetensors file as the library of that name writes one: tensors in the order given.
 * @param {Record<string, { shape: number[], values: Float32Array | BigInt64Array }>} tensors
 * @param {Record<string, string>} [metadata]
 */
export function safetensors(tensors, metadata) {
  /** @type {Record<string, any>} */
  const header = metadata ? { __metadata__: metadata } : {};
  let at = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    header[name] = {
      dtype: values instanceof BigInt64Array ? 'I64' : 'F32',
      shape,
      data_offsets: [at, (at += values.byteLength)],
    };
  }
  const text = Buffer.from(JSON.stringify(header)),
    length = Buffer.alloc(8),
    pad = Buffer.alloc((8 - (text.length % 8)) % 8, ' ');
  length.writeBigUInt64LE(BigInt(text.length + pad.length));
  return Buffer.concat([length, text, pad, ...Object.values(tensors).map(({ values }) => Buffer.from(values.buffer))]);
}

/** The tensors of a safetensors file. @param {Uint8Array} bytes */
export function readSafetensors(bytes) {
  const file = Buffer.from(bytes),
    header = Number(file.readBigUInt64LE(0));
  const { __metadata__: metadata, ...entries } = JSON.parse(file.toString('utf8', 8, 8 + header));
  const tensors = Object.fromEntries(
    Object.entries(entries).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [start, end],
        },
      ]) => {
        const data = Uint8Array.from(file.subarray(8 + header + start, 8 + header + end)).buffer;
        return [name, { shape, values: dtype === 'I64' ? new BigInt64Array(data) : new Float32Array(data) }];
      },
    ),
  );
  return { metadata, tensors };
}

/** The state dict of torchvision's resnet18(): its names and shapes, in its order, with drawn values. */
export function torchvisionResnet18() {
  /** @type {Record<string, { shape: number[], values: Float32Array | BigInt64Array }>} */
  const tensors = {};
  let state = 12345;
  const draw = (/** @type {number[]} */ shape, /** @type {number} */ least) => ({
    shape,
    values: new Float32Array(shape.reduce((a, b) => a * b, 1)).map(() => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return least + state / 2 ** 33;
    }),
  });
  const conv = (/** @type {string} */ name, /** @type {number[]} */ ...shape) =>
    void (tensors[`${name}.weight`] = draw(shape, -0.25));
  const norm = (/** @type {string} */ name, /** @type {number} */ n) => {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var'])
      tensors[`${name}.${part}`] = draw([n], part === 'running_var' ? 0.5 : -0.25);
    tensors[`${name}.num_batches_tracked`] = { shape: [], values: BigInt64Array.of(7n) };
  };
  conv('conv1', 64, 3, 7, 7);
  norm('bn1', 64);
  let before = 64;
  for (const [stage, n] of [64, 128, 256, 512].entries())
    for (const block of [0, 1]) {
      const path = `layer${stage + 1}.${block}`,
        shortcut = block === 0 && stage > 0;
      conv(`${path}.conv1`, n, before, 3, 3);
      norm(`${path}.bn1`, n);
      conv(`${path}.conv2`, n, n, 3, 3);
      norm(`${path}.bn2`, n);
      if (shortcut) conv(`${path}.downsample.0`, n, before, 1, 1);
      if (shortcut) norm(`${path}.downsample.1`, n);
      before = n;
    }
  tensors['fc.weight'] = draw([1000, 512], -0.25);
  tensors['fc.bias'] = draw([1000], -0.25);
  return tensors;
}
