// @ts-check
/**
 * threads.js - starts the threads of a trainer's worker. The starter of the worker does this, and ends them together
 * with it. A worker that starts another one waits for the page; in Firefox (153), about once in 150 visits on a busy
 * machine, it waits for ever.
 */

/** The functions to call when a thread is lost, by its number. @type {(() => void)[]} */
const lost = [];

/** In the worker: asks its starter for a thread. @type {import('./engine.js').StartThread} */
export function askForThread(thread, onLost) {
  self.postMessage({ type: 'thread', number: lost.push(onLost) - 1, thread });
  return { terminate() {} };
}

/** In the worker: handles a message about a lost thread; returns whether it was one. @param {any} data */
export function isLostThread(data) {
  if (data?.type !== 'lost') return false;
  lost[data.number]?.();
  return true;
}

/**
 * In the worker's starter: starts a thread for the worker, and reports to it if the thread fails, now or later.
 * @param {Worker} worker
 * @param {{ number: number, thread: import('./helper.js').Thread }} request
 * @param {() => Worker} start
 * @returns {Worker[]} the thread; none if it could not be started
 */
export function giveThread(worker, { number, thread }, start) {
  const reportLost = () => worker.postMessage({ type: 'lost', number });
  try {
    const helper = start();
    helper.onerror = reportLost;
    helper.postMessage(thread);
    return [helper];
  } catch {
    reportLost();
    return [];
  }
}
