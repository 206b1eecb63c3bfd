// @ts-check
/** sources.js - what `load` takes, as a source of the worker's protocol. */
import { ArgumentError } from './errors.js';
import { picturesOf, tarOf } from './pictures.js';

/** Bytes that go to the trainer in one go. */
const CHUNK = 1 << 18;

/** @typedef {import('../../web/core/protocol.js').Source} Source */

/**
 * Pictures, as a stream; what goes wrong in it is told to `onError`, since an error loses its class on the way to a
 * worker.
 * @param {AsyncIterable<Uint8Array>} bytes @param {(error: unknown) => void} onError
 * @returns {ReadableStream<Uint8Array>}
 */
function streamOf(bytes, onError) {
  const iterator = bytes[Symbol.asyncIterator]();
  let cancelled = false;
  return new ReadableStream({
    async pull(controller) {
      const parts = [];
      try {
        for (let length = 0; length < CHUNK;) {
          const { value, done } = await iterator.next();
          if (cancelled) return;
          if (done) {
            if (length) controller.enqueue(new Uint8Array(await new Blob(parts).arrayBuffer()));
            return controller.close();
          }
          parts.push(/** @type {any} */ (value));
          length += value.length;
        }
        const chunk = new Uint8Array(await new Blob(parts).arrayBuffer());
        if (!cancelled) controller.enqueue(chunk);
      } catch (error) {
        onError(error);
        throw error;
      }
    },
    async cancel() {
      cancelled = true;
      await iterator.return?.();
    },
  });
}

/**
 * Lists all files under a folder that was opened in a browser. `file` is null where a file or the folder at that path
 * cannot be read.
 * @param {any} folder @param {string} path @returns {AsyncGenerator<import('../../web/core/batches.js').Listed>}
 */
async function* filesUnder(folder, path) {
  const entries = folder.entries();
  for (;;) {
    const { value, done } = await entries.next().catch(() => ({ value: null, done: false }));
    if (done) return;
    if (!value) return yield { path, file: null };
    const [name, handle] = value,
      full = `${path}/${name}`;
    if (handle.kind === 'directory') yield* filesUnder(handle, full);
    // Null: the report names it as unreadable
    else yield { path: full, file: await handle.getFile().catch(() => null) };
  }
}

/**
 * @param {any} given  a DataSource, but for texts and addresses, which each platform reads in its own way
 * @param {string | undefined} name
 * @param {(error: unknown) => void} onError
 * @returns {Promise<Source>}
 */
export async function toSource(given, name, onError) {
  if (given instanceof Response) {
    if (!given.body) throw new ArgumentError('argument', 'that response has no body');
    if (given.bodyUsed || given.body.locked)
      throw new ArgumentError('argument', 'the body of that response is read already: fetch it again');
    return {
      kind: 'stream',
      stream: given.body,
      name: name ?? (given.url.split(/[?#]/)[0].split('/').pop() || 'response'),
    };
  }
  if (given instanceof ReadableStream && given.locked)
    throw new ArgumentError(
      'argument',
      'that stream is locked: something reads it already; give one that nothing reads',
    );
  if (given instanceof ReadableStream) return { kind: 'stream', stream: given, name: name ?? 'stream' };
  if (given instanceof ArrayBuffer || given instanceof Uint8Array)
    return toSource(new Blob([/** @type {any} */ (given)]), name ?? 'bytes', onError);
  if (given instanceof Blob) {
    const file = /** @type {File} */ (given),
      called = name ?? file.name ?? 'file';
    return { kind: 'files', files: [{ path: called, file }], name: called };
  }
  if (given?.kind === 'directory') {
    const files = [];
    for await (const file of filesUnder(given, given.name)) files.push(file);
    return { kind: 'files', files, name: name ?? given.name };
  }
  if (given?.train && given.trainLabels && given.valid && given.validLabels)
    return {
      kind: 'stream',
      stream: streamOf(tarOf(picturesOf(given)), onError),
      name: name ?? 'arrays',
      numbered: true,
    };
  const isList = typeof given === 'object' && given !== null && typeof given.length === 'number';
  if (isList && given.length > 0 && Array.prototype.every.call(given, (file) => file instanceof Blob)) {
    const files = Array.from(/** @type {ArrayLike<File>} */ (given), (file) => ({
      path: file.webkitRelativePath || file.name,
      file,
    }));
    return { kind: 'files', files, name: name ?? (files.length === 1 ? files[0].path : `${files.length} files`) };
  }
  if (given?.[Symbol.asyncIterator] || given?.[Symbol.iterator])
    return { kind: 'stream', stream: streamOf(tarOf(given), onError), name: name ?? 'pictures', numbered: true };
  throw new ArgumentError(
    'argument',
    'data come from an address, files, a folder, bytes, a stream, arrays, or pictures one by one',
  );
}
