// @ts-check
/**
 * threads.js - who starts the threads of a trainer's worker: whoever started the worker, who also ends them with it. A
 * worker that starts another waits for the page, and in Firefox (153), once in some 150 visits to a busy machine, for ever.
 */

/** What to do when a thread is lost, by its number. @type {(() => void)[]} */
const lost = [];

/** In the worker. @type {import('./engine.js').StartThread} */
export function askForThread(thread, onLost) {
  self.postMessage({ type: 'thread', number: lost.push(onLost) - 1, thread });
  return { terminate() {} };
}

/** In the worker: whether a message was about a thread that is lost; it is dealt with then. @param {any} data */
export function isLostThread(data) {
  if (data?.type !== 'lost') return false;
  lost[data.number]?.();
  return true;
}

/**
 * Runs where the worker was started: starts a thread for it, and reports to it if that fails, now or later.
 * @param {Worker} worker
 * @param {{ number: number, thread: import('./helper.js').Thread }} request
 * @param {() => Worker} start
 * @returns {Worker[]} the thread, if there is one
 */
export function giveThread(worker, { number, thread }, start) {
  const tellLost = () => worker.postMessage({ type: 'lost', number });
  try {
    const helper = start();
    helper.onerror = tellLost;
    helper.postMessage(thread);
    return [helper];
  } catch {
    tellLost();
    return [];
  }
}
