// @ts-check
/**
 * threads.js - starts the threads of a trainer's worker. The starter of the worker does this, and ends them together
 * with it. A worker that starts another one waits for the page; in Firefox (153), about once in 150 visits on a busy
 * machine, it waits for ever.
 */

/** What to call when a thread is lost, by its number. @type {(() => void)[]} */
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
