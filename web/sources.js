// @ts-check
/**
 * sources.js - where pictures come from: files and addresses become streams of decompressed bytes.
 * What is in them is told by the core.
 */
import { EngineError } from './engine.js';

/** Pictures are compressed already, only their headers and paths shrink: a ratio that none has, beyond so many bytes. */
const MOST_TIMES = 200, FREE_BYTES = 64 << 20;

/**
 * One stream of a source.
 * @typedef {object} Entry
 * @property {string} name  of the file, or its path in a folder
 * @property {number | null} size  compressed bytes, where known
 * @property {(signal?: AbortSignal) => Promise<ReadableStream<Uint8Array>>} open
 * @property {(compressed: ReadableStream<any>) => AsyncIterable<Uint8Array>} [gunzip]  another than the platform's
 */

/**
 * @param {string} url
 * @returns {Entry}
 */
export function urlEntry(url) {
  /** @type {Entry} */
  const entry = {
    name: url.split(/[?#]/)[0].split('/').pop() || url,
    size: null,
    async open(signal) {
      const response = await fetch(url, { signal, credentials: 'same-origin' }).catch((error) => {
        throw signal?.aborted ? error : new EngineError('network', `${url} could not be fetched: ${error.message}`);
      });
      if (!response.ok || !response.body)
        throw new EngineError('network', `${url} could not be fetched: the server answered ${response.status} ${response.statusText}`);
      entry.size = Number(response.headers.get('content-length')) || null;
      return response.body;
    },
  };
  return entry;
}

/** One that is fetched at once, before it is its turn. @param {string} url @param {AbortSignal} [signal] */
function earlyEntry(url, signal) {
  const entry = urlEntry(url), opened = entry.open(signal);
  opened.catch(() => {}); // told when it is read
  return { ...entry, open: () => opened };
}

/**
 * @param {{ path: string, file: File }[]} files
 * @returns {Entry[]}
 */
export function fileEntries(files) {
  return files.map(({ path, file }) => ({
    name: path,
    size: file.size,
    open: async () => file.stream(),
  }));
}

/**
 * The entries of a source; of a zip archive, those in it.
 * @param {import('./protocol.js').Source} source
 * @param {() => Promise<typeof import('./zip.js')>} loadZip  called when it is one
 * @param {AbortSignal} [signal]
 * @returns {Promise<Entry[]>}
 */
export async function sourceEntries(source, loadZip, signal) {
  if (source.kind === 'urls') return source.urls.map((url) => earlyEntry(url, signal));
  const entries = source.kind === 'url' ? [urlEntry(source.url)]
    : source.kind === 'stream' ? [{ name: source.name, size: null, open: async () => source.stream }] : fileEntries(source.files);
  /** @type {Blob | null} */
  let alone = source.kind === 'files' && entries.length === 1 ? source.files[0].file : null;
  if (source.kind !== 'files' && /\.(zip|npz)$/i.test(entries[0].name)) alone = await new Response(await entries[0].open(signal)).blob();
  const head = alone && new Uint8Array(await alone.slice(0, 4).arrayBuffer());
  if (!alone || head?.[0] !== 0x50 || head[1] !== 0x4b) return entries;
  const { blobArchive, zipEntries } = await loadZip();
  return zipEntries(blobArchive(alone), source.name);
}

/**
 * The bytes of an entry, decompressed where they are gzip.
 * @param {Entry} entry
 * @param {(bytes: number) => void} onRead  told of each chunk's compressed size
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<Uint8Array>}
 */
export async function* readEntry(entry, onRead, signal) {
  const reader = (await entry.open(signal)).getReader();
  let done = 0;
  const next = async () => {
    signal?.throwIfAborted();
    const { value } = await reader.read();
    if (value) {
      done += value.length;
      onRead(value.length);
    }
    return value;
  };
  try {
    let first = await next();
    while (first && first.length < 2) { // a chunk may be one byte
      const more = await next();
      if (!more) break;
      first = Uint8Array.of(...first, ...more);
    }
    if (!first) return;
    if (first[0] !== 0x1f || first[1] !== 0x8b) {
      for (let chunk = /** @type {Uint8Array | undefined} */ (first); chunk; chunk = await next()) yield chunk;
      return;
    }
    let inflated = 0;
    const complaint = () => `${entry.name}: the gzip data is damaged or cut short, or more follows its end (${done} bytes were read)`;
    for await (const chunk of gunzip(first, next, complaint, entry.gunzip)) {
      inflated += chunk.length;
      if (inflated > FREE_BYTES && inflated > MOST_TIMES * done)
        throw new EngineError('data', `${entry.name}: it expands to more than ${MOST_TIMES} times its size; no archive of pictures does`);
      yield chunk;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/**
 * @param {Uint8Array} first
 * @param {() => Promise<Uint8Array | undefined>} next
 * @param {() => string} complaint
 * @param {Entry['gunzip']} [inflate]
 */
async function* gunzip(first, next, complaint, inflate = inflateByPlatform) {
  /** @type {unknown} */
  let sourceError;
  /** @type {ReadableStream<any>} */
  const compressed = new ReadableStream({
    start: (controller) => controller.enqueue(first),
    pull: async (controller) => {
      try {
        const chunk = await next();
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      } catch (error) {
        sourceError = error;
        throw error;
      }
    },
  });
  try {
    yield* inflate(compressed);
  } catch (error) {
    throw sourceError ?? new EngineError('data', complaint());
  }
}

/** @param {ReadableStream<any>} compressed @returns {AsyncGenerator<Uint8Array>} */
async function* inflateByPlatform(compressed) {
  const reader = compressed.pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
