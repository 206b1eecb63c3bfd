// @ts-check
/** listing.js - lists the files that were chosen or dropped, while the page stays usable. */
import { BATCH, serveFiles } from '../core/batches.js';

/** @typedef {import('../core/batches.js').Listed} Listed */

export class Listing {
  #source;
  /** @type {Listed[]} */
  #found = [];
  #complete = false;
  /** @type {Promise<void> | null} */
  #reading = null;
  /** Called for each batch that is asked for. @type {(found: number, complete: boolean) => void} */
  onProgress = () => {};

  /** @param {Iterator<Listed> | AsyncIterator<Listed>} source */
  constructor(source) {
    this.#source = source;
  }

  async #read() {
    const { value, done } = await this.#source.next();
    if (done) this.#complete = true;
    else this.#found.push(value);
  }

  /** Returns the files from number `from` up to `to`, or fewer at the end. @param {number} from @param {number} to */
  async between(from, to) {
    while (this.#found.length < to && !this.#complete)
      await (this.#reading ??= this.#read().finally(() => {
        this.#reading = null;
      }));
    this.onProgress(this.#found.length, this.#complete);
    return this.#found.slice(from, to);
  }

  /** Returns all files if they fit one message; else null. */
  async few() {
    const files = await this.between(0, BATCH + 1);
    return files.length <= BATCH ? files : null;
  }

  port() {
    return serveFiles((from, to) => this.between(from, to));
  }
}

/** @param {File[]} files @returns {Generator<Listed>} */
function* chosen(files) {
  for (const file of files) yield { path: file.webkitRelativePath || file.name, file };
}

/**
 * Returns the file, or null if it is gone or may not be read.
 * @param {FileSystemEntry} entry
 * @returns {Promise<File | null>}
 */
const fileOf = (entry) =>
  new Promise((resolve) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, () => resolve(null)));

/** Lists all files below an entry. @param {FileSystemEntry} entry @returns {AsyncGenerator<Listed>} */
async function* walk(entry) {
  if (entry.isFile) {
    yield { path: entry.fullPath.replace(/^\//, ''), file: await fileOf(entry) };
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    // a reader returns at most 100 entries at a time
    /** @type {FileSystemEntry[] | null} */
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve(null)));
    // the folder is gone or must not be read; the caller counts it
    if (!some) yield { path: entry.fullPath.replace(/^\//, ''), file: null };
    if (!some?.length) return;
    for (const child of some) yield* walk(child);
  }
}

/** @param {FileSystemEntry[]} entries */
async function* walkAll(entries) {
  for (const entry of entries) yield* walk(entry);
}

/** @param {FileList} files  of an input */
export const chosenFiles = (files) => new Listing(chosen(Array.from(files)));

/** @param {DataTransfer} transfer  of a drop, during its event */
export function droppedFiles(transfer) {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter((entry) => !!entry);
  return new Listing(entries.length ? walkAll(entries) : chosen(Array.from(transfer.files)));
}
