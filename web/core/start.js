// @ts-check
/**
 * start.js - starts the engine: chooses a module, fetches and compiles it, and starts as many threads as possible.
 * Each kind of failure has its own error message.
 */
import { checkSupport, Engine, EngineError, sharedMemory } from './engine.js';
import { chooseVariant } from './variants.js';

/**
 * A module of the core.
 * @typedef {object} ModuleFile
 * @property {string} name  of the file, for messages
 * @property {string} remedy  a sentence: what to do if the file is damaged
 * @property {Promise<Response | BufferSource>} content
 */

/** How long compilation may take after the module has arrived before it is started again. */
const COMPILE_MS = 2000;
/** The smallest module: it compiles wherever modules may be compiled at all. */
const SMALLEST = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

/**
 * Compiles a module while it arrives. Now and then Firefox (153) never ends that; then the module is compiled again
 * from its bytes.
 * @param {Response} response
 * @param {Promise<ArrayBuffer>} bytes  of a copy of it
 */
async function compileArriving(response, bytes) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let late,
    done = false;
  const again = new Promise((resolve, reject) => {
    bytes.then((whole) => {
      if (done) return;
      late = setTimeout(() => {
        WebAssembly.compile(whole).then(resolve, reject);
      }, COMPILE_MS);
    }, reject);
  });
  try {
    return /** @type {WebAssembly.Module} */ (await Promise.race([WebAssembly.compileStreaming(response), again]));
  } finally {
    done = true;
    clearTimeout(late);
  }
}

/**
 * Says what is wrong with a file that is not a module.
 * @param {string} name
 * @param {Uint8Array} bytes
 * @param {Response | null} response
 */
function whatArrived(name, bytes, response) {
  const type = response?.headers.get('content-type') ?? '',
    count = `${bytes.length} bytes${type && ` of ${type}`}`;
  const isPage = /html/.test(type) || /^\s*</.test(new TextDecoder().decode(bytes.subarray(0, 100)));
  if (bytes.length === 0) return `${name} is empty`;
  if (isPage) return `a web page came in place of ${name} (${count})`;
  if (SMALLEST.some((byte, i) => bytes[i] !== byte)) return `${name} is no WebAssembly module (${count})`;
  return `${name} is damaged or cut short (${count})`;
}

/** @param {BufferSource} bytes */
const asBytes = (bytes) =>
  ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes);

/** @param {string} why */
const notFetched = (why) => new EngineError('network', `The training engine could not be fetched: ${why}`);

/** @param {ModuleFile} file @returns {Promise<WebAssembly.Module>} */
export async function compileModule({ name, remedy, content }) {
  const broken = (/** @type {any} */ error) => {
    if (error instanceof EngineError) throw error;
    throw notFetched(`${name} did not arrive (${error?.message ?? error}). Look at the connection, and try again.`);
  };
  // Node loads its network library when `Response` is named: a file does not need it.
  const source = await content.catch(broken),
    isFile = source instanceof ArrayBuffer || ArrayBuffer.isView(source);
  const response = isFile ? null : source;
  if (response && !response.ok) {
    const status = `${response.status} ${response.statusText}`.trim();
    throw notFetched(`the server answered ${status} for ${name}. ${remedy}`);
  }
  const copy = response?.clone().arrayBuffer();
  if (response && copy) {
    // If this fails, the bytes may still compile (the host sent the wrong type), or they show what is wrong.
    const module = await compileArriving(response, copy).catch(() => null);
    if (module) return module;
  }
  const bytes = copy ? await copy.catch(broken) : /** @type {BufferSource} */ (source);
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    // Tests if any module may be compiled here; the error below says why this one was not.
    if (!(await WebAssembly.compile(SMALLEST).catch(() => null))) {
      const reason = /** @type {Error} */ (error).message;
      throw new EngineError(
        'start',
        'The training engine may not run here: a security policy forbids WebAssembly ' +
          `(${reason}). A Content-Security-Policy must allow 'wasm-unsafe-eval' for scripts.`,
      );
    }
    const what = whatArrived(name, asBytes(bytes), response);
    throw new EngineError(response ? 'network' : 'start', `The training engine could not be read: ${what}. ${remedy}`);
  }
}

/**
 * Starts as many threads as are asked for, or fewer where that is not possible; fewer threads compute the same bits.
 * @param {import('./variants.js').Wish} wish
 * @param {number} cores
 * @param {(file: string) => ModuleFile} find  the module of that name
 * @param {import('./engine.js').StartThread} startThread
 */
export async function startEngine(wish, cores, find, startThread) {
  checkSupport();
  const wanted = chooseVariant(wish, cores),
    memory = wanted.threads > 1 ? sharedMemory() : null;
  const { file, threads } = memory ? wanted : chooseVariant({ ...wish, threads: 1 }, cores);
  return Engine.create(await compileModule(find(file)), { threads, memory, startThread });
}
