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

/** Where the worker was started. @param {Worker} worker @param {{ number: number, thread: import('./helper.js').Thread }} request @param {Worker} helper  that has just been started */
export function giveThread(worker, { number, thread }, helper) {
  helper.onerror = () => worker.postMessage({ type: 'lost', number });
  helper.postMessage(thread);
  return helper;
}
