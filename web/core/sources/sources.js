// @ts-check
/**
 * sources.js - where pictures come from: files and addresses become streams of decompressed bytes. The core finds out
 * what they hold.
 */
import { filesFrom } from './listed.js';
import { EngineError } from '../engine.js';

/**
 * The largest ratio of unpacked to packed bytes, checked once FREE_BYTES are unpacked. No archive of pictures has it:
 * pictures are compressed already, so only their headers and paths shrink.
 */
const MOST_TIMES = 200,
  FREE_BYTES = 64 << 20;

/** One file of a source cannot be read. The other files of the folder or archive may still be read. */
export class UnreadableError extends EngineError {
  /** @param {string} name @param {string} reason  a clause: "it is encrypted" */
  constructor(name, reason) {
    super('data', `${name}: ${reason}`);
    this.reason = reason;
  }
}

/**
 * One stream of a source.
 * @typedef {object} Entry
 * @property {string} name  of the file, or its path in a folder
 * @property {number | null} size  bytes before they are unpacked, where known
 * @property {(signal?: AbortSignal) => Promise<ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>>} open
 * @property {boolean} [once]  it can be opened only once
 * @property {boolean} [numbered]  names of classes that are whole numbers are labels
 * @property {boolean} [inFolder]  it is a file of a folder: it is not read if the core does not use it
 * @property {(error: unknown) => Promise<string>} [reason]  why the bytes do not come, or not all of them: a clause
 * @property {Decoders} [decoders]
 */

/**
 * The decoders: our own, which are loaded when they are needed, and a faster one for gzip where the platform has one
 * besides DecompressionStream. The faster one may refuse a file that ours reads.
 * @typedef {object} Decoders
 * @property {() => Promise<typeof import('./archive.js')>} load
 * @property {(compressed: ReadableStream<any>) => AsyncIterable<Uint8Array>} [gunzip]
 */

/**
 * A file whose bytes can be read in any order.
 * @typedef {{ size: number, read: (from: number, to: number) => Promise<Uint8Array> }} Archive
 */

/** @param {string} url @param {Decoders} [decoders] @returns {Entry} */
export function urlEntry(url, decoders) {
  /** The version that the server sent first, by its headers. @type {string | undefined} */
  let version;
  /** @type {Entry} */
  const entry = {
    name: url.split(/[?#]/)[0].split('/').pop() || url,
    size: null,
    decoders,
    async open(signal) {
      const response = await fetch(url, { signal, credentials: 'same-origin' }).catch((error) => {
        throw signal?.aborted ? error : new EngineError('network', `${url} could not be fetched: ${error.message}`);
      });
      if (!response.ok || !response.body)
        throw new EngineError(
          'network',
          `${url} could not be fetched: the server answered ${response.status} ${response.statusText}`,
        );
      entry.size = Number(response.headers.get('content-length')) || null;
      const now = ['etag', 'last-modified', 'content-length'].map((header) => response.headers.get(header)).join();
      if (now !== (version ??= now))
        throw new EngineError('network', `${url} changed on the server while it was read; load it again`);
      return response.body;
    },
  };
  return entry;
}

/**
 * Makes an entry that is fetched at once, before its turn.
 * @param {string} url
 * @param {Decoders} decoders
 * @param {AbortSignal} [signal]
 */
function earlyEntry(url, decoders, signal) {
  const entry = urlEntry(url, decoders),
    { open } = entry;
  /** @type {ReturnType<Entry['open']> | null} */
  let early = open(signal);
  early.catch(() => {}); // readEntry reports it
  entry.open = (again) => {
    const opened = early ?? open(again);
    early = null;
    return opened;
  };
  return entry;
}

const GONE = 'the file is no longer there; choose it again';

/** Returns why a file cannot be read, from a read of its own: a stream's error does not say it. @param {Blob} file */
async function reasonOf(file) {
  const error = await file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => null,
      (/** @type {unknown} */ failed) => failed,
    );
  return error instanceof DOMException && error.name === 'NotFoundError'
    ? GONE
    : 'the file cannot be read: it has changed since it was chosen, or may not be read; choose it again';
}

/**
 * Makes an entry for a file that was found and cannot be read, so that the report names it.
 * @param {string} name @param {string} reason @returns {Entry}
 */
export const unreadableEntry = (name, reason) => ({
  name,
  size: 0,
  open: () => Promise.reject(new UnreadableError(name, reason)),
});

/** @param {import('../batches.js').Listed[]} files @param {Decoders} [decoders] @returns {Entry[]} */
export function fileEntries(files, decoders) {
  return files.map(({ path, file }) =>
    !file
      ? unreadableEntry(path, GONE)
      : {
          name: path,
          size: file.size,
          open: async () => file.stream(),
          reason: () => reasonOf(file),
          decoders,
        },
  );
}

/**
 * Prepares the entries of a folder. A person chose the folder's name: if it begins with a dot, the core would take all
 * of its files for hidden ones.
 * @param {Entry[]} entries @returns {Entry[]}
 */
function folderEntries(entries) {
  const root = entries[0]?.name.match(/^(?:\.[^/]*|__MACOSX)\//i)?.[0];
  const named = root !== undefined && entries.every(({ name }) => name.startsWith(root));
  return entries.map((entry) => ({
    ...entry,
    name: named ? `./${entry.name.slice(root.length)}` : entry.name,
    inFolder: entry.name.includes('/'),
  }));
}

/** @param {Blob} blob @param {string} [name]  for messages @returns {Archive} */
export const blobArchive = (blob, name = 'the archive') => ({
  size: blob.size,
  read: async (from, to) =>
    new Uint8Array(
      await blob
        .slice(from, to)
        .arrayBuffer()
        .catch(async () => {
          throw new EngineError('data', `${name}: ${await reasonOf(blob)}`);
        }),
    ),
});

/**
 * Returns the files of a zip archive, or the file itself if it is none. NumPy's .npz is a zip archive.
 * @param {Entry} entry @param {Archive} archive  its bytes @param {Decoders} decoders
 * @returns {Promise<Entry[]>}
 */
export async function unpackedEntries(entry, archive, decoders) {
  const [p, k] = await archive.read(0, Math.min(2, archive.size)),
    begins = p === 0x50 && k === 0x4b;
  if (!begins && !/\.(zip|npz)$/i.test(entry.name)) return [entry];
  const { endsAsZip, zipEntries } = await decoders.load();
  return begins || (await endsAsZip(archive)) ? zipEntries(archive, entry.name, decoders) : [entry];
}

/**
 * Unpacks the .npz files among files that are opened together. Each is a data set, or a part of one (KMNIST has a file
 * for each array). An .npz that is neither is skipped with the reason.
 * @param {Entry[]} entries @param {(entry: Entry, index: number) => Archive} archiveOf @param {Decoders} decoders
 * @returns {Promise<Entry[]>}
 */
export async function withArrays(entries, archiveOf, decoders) {
  if (!entries.some(({ name }) => /\.npz$/i.test(name))) return entries;
  const { zipEntries } = await decoders.load();
  return (
    await Promise.all(
      entries.map(async (entry, i) => {
        if (!/\.npz$/i.test(entry.name)) return [entry];
        return zipEntries(archiveOf(entry, i), entry.name, decoders, true).catch((error) => {
          if (!(error instanceof EngineError)) throw error;
          const reason = error.message.replace(`${entry.name}: `, '');
          return [{ ...entry, open: () => Promise.reject(new UnreadableError(entry.name, reason)) }];
        });
      }),
    )
  ).flat();
}

/**
 * Returns the entries of a source.
 * @param {import('../protocol.js').Source} source
 * @param {Decoders} decoders
 * @param {AbortSignal} [signal]
 * @returns {Promise<Entry[]>}
 */
export async function sourceEntries(source, decoders, signal) {
  if (source.kind === 'urls') return source.urls.map((url) => earlyEntry(url, decoders, signal));
  if (source.kind === 'files' || source.kind === 'batches') {
    const files = source.kind === 'files' ? source.files : await filesFrom(source.port, signal),
      entries = folderEntries(fileEntries(files, decoders));
    const archiveOf = (/** @type {Entry} */ { name }, /** @type {number} */ i) =>
      blobArchive(files[i].file ?? new Blob(), name);
    return entries.length === 1
      ? unpackedEntries(entries[0], archiveOf(entries[0], 0), decoders)
      : withArrays(entries, archiveOf, decoders);
  }
  const entry =
    source.kind === 'url'
      ? urlEntry(source.url, decoders)
      : {
          name: source.name,
          size: null,
          once: true,
          numbered: source.numbered,
          open: async () => source.stream,
          decoders,
        };
  if (!/\.(zip|npz)$/i.test(entry.name)) return [entry];
  const blob = await new Response(/** @type {ReadableStream<any>} */ (await entry.open(signal))).blob();
  return unpackedEntries(
    fileEntries([{ path: entry.name, file: /** @type {File} */ (blob) }], decoders)[0],
    blobArchive(blob, source.name),
    decoders,
  );
}

/** @param {ReadableStream<Uint8Array>} stream @returns {AsyncGenerator<Uint8Array>} */
async function* chunksOf(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {}); // read() has told what is wrong with it, or nobody wants the rest
  }
}

/** @param {ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>} source */
function readerOf(source) {
  if (!(source instanceof ReadableStream)) {
    const iterator = source[Symbol.asyncIterator]();
    return { read: () => iterator.next(), cancel: async () => void (await iterator.return?.()) };
  }
  const reader = source.getReader(); // some browsers cannot iterate a stream
  return { read: () => reader.read(), cancel: () => reader.cancel().catch(() => {}) }; // likewise
}

/** An entry that is open: its bytes in pieces, as they come. */
class Opened {
  #entry;
  #onRead;
  #signal;
  #reader;
  /** How many bytes have come. */
  done = 0;
  /** The error after which no more bytes can come. @type {unknown} */
  error = null;

  /**
   * @param {Entry} entry
   * @param {Awaited<ReturnType<Entry['open']>>} source
   * @param {(bytes: number) => void} onRead
   * @param {AbortSignal} [signal]
   */
  constructor(entry, source, onRead, signal) {
    this.#entry = entry;
    this.#reader = readerOf(source);
    this.#onRead = onRead;
    this.#signal = signal;
  }

  /** @returns {Promise<Uint8Array | undefined>} */
  async next() {
    const { name, size, reason } = this.#entry;
    try {
      this.#signal?.throwIfAborted();
      const { value } = await this.#reader.read().catch(async (/** @type {unknown} */ error) => {
        throw reason ? new UnreadableError(name, await reason(error)) : error;
      });
      if (!value && reason && size !== null && this.done < size) throw new UnreadableError(name, await reason(null));
      if (!value) return undefined;
      this.done += value.length;
      this.#onRead(value.length);
      return value;
    } catch (error) {
      this.error = error;
      throw error;
    }
  }

  close() {
    return this.#reader.cancel();
  }
}

/**
 * The bytes of an entry, unpacked where they are gzip.
 * @param {Entry} entry
 * @param {(bytes: number) => void} onRead  called with the size of each piece before it is unpacked
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<Uint8Array>}
 */
export async function* readEntry(entry, onRead, signal) {
  const opened = new Opened(entry, await entry.open(signal), onRead, signal);
  try {
    let first = await opened.next();
    while (first && first.length < 2) {
      // a piece may be one byte
      const more = await opened.next();
      if (!more) break;
      first = Uint8Array.of(...first, ...more);
    }
    if (!first) return;
    if (first[0] === 0x1f && first[1] === 0x8b) return yield* gunzipped(entry, opened, first, signal);
    for (let piece = /** @type {Uint8Array | undefined} */ (first); piece; piece = await opened.next()) yield piece;
  } finally {
    await opened.close();
  }
}

/**
 * Unpacks gzip. The platform's decoder is fast and always loaded, but browsers' decoders read one member only, and none
 * says what is wrong. So where it refuses, our decoder decides: it starts again at the first byte, and skips the output
 * that was passed on already.
 * @param {Entry} entry @param {Opened} opened @param {Uint8Array} first  its first piece @param {AbortSignal} [signal]
 */
async function* gunzipped(entry, opened, first, signal) {
  const { name, decoders } = entry,
    platform = decoders?.gunzip ?? ('DecompressionStream' in globalThis ? inflateByPlatform : null);
  let passedOn = 0,
    source = opened,
    unread = /** @type {Uint8Array | undefined} */ (first);
  const next = async () => {
    const piece = unread ?? (await source.next());
    unread = undefined;
    return piece;
  };
  const check = (/** @type {number} */ length) => {
    if (length > FREE_BYTES && length > MOST_TIMES * source.done)
      throw new EngineError(
        'data',
        `${name}: it expands to more than ${MOST_TIMES} times its size; no archive of pictures does`,
      );
  };
  if (platform && (!entry.once || !decoders)) {
    try {
      for await (const piece of platform(streamOf(next))) {
        check((passedOn += piece.length));
        yield piece;
      }
      return;
    } catch (error) {
      if (opened.error || error instanceof EngineError) throw opened.error ?? error;
      if (!decoders)
        throw new EngineError(
          'data',
          `${name}: the gzip data is damaged or cut short, or more follows its end (${opened.done} bytes were read)`,
        );
    }
    source = new Opened(entry, await entry.open(signal), () => {}, signal);
    unread = undefined;
  }
  if (!decoders)
    throw new EngineError('data', `${name}: this browser cannot unpack gzip; unpack the file and load what comes out`);
  try {
    const { gunzip } = await decoders.load();
    let length = 0;
    for await (const piece of gunzip(next, (what) => new EngineError('data', `${name}: ${what}`))) {
      const skipped = Math.min(piece.length, Math.max(0, passedOn - length));
      check((length += piece.length));
      if (skipped < piece.length) yield piece.subarray(skipped);
    }
    if (length < passedOn) throw new EngineError('data', `${name}: the file changed while it was read; load it again`);
  } finally {
    if (source !== opened) await source.close();
  }
}

/** @param {() => Promise<Uint8Array | undefined>} next @returns {ReadableStream<any>} */
function streamOf(next) {
  return new ReadableStream({
    async pull(controller) {
      const piece = await next();
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
  });
}

/** @param {ReadableStream<any>} compressed */
const inflateByPlatform = (compressed) => chunksOf(compressed.pipeThrough(new DecompressionStream('gzip')));
