// @ts-check
/** app.js - the state that the parts of the page share, the worker's client, and the page's events. */
import { Client } from './client.js';
import { byId, setText } from './dom.js';
import { t } from './strings.js';

/** @typedef {import('../core/protocol.js').State | 'starting' | 'failed'} PageState */

export const app = {
  /** @type {PageState} */
  state: 'starting',
  /** The engine's code for why it failed. */
  failure: '',
  /** The worker's message with that state. */
  message: '',
  /** @type {import('../core/protocol.js').LoadReport | null} */
  data: null,
  /**
   * The load in progress: the number of files found, and its last report.
   * @type {{ name: string, listed: number, progress: any } | null}
   */
  loading: null,
  /** The run that the page shows. @type {import('./run.js').Run | null} */
  run: null,
  /** Changes planned for the next run. @type {import('../core/protocol.js').Change[]} */
  plan: [],
  /** The model that the settings describe. @type {import('../core/protocol.js').ModelInfo | null} */
  info: null,
  /** The fragment of the address with which the page was opened, without #. */
  link: location.hash.slice(1),
  /** Names the build, so that a link can say which one it was made with. */
  build: document.documentElement.dataset.build ?? 'unbuilt',
};

/**
 * @typedef {'state' | 'loading' | 'data' | 'run' | 'steps' | 'epoch' | 'glance' | 'changed' | 'settings' | 'plan' |
 *   'described' | 'forget' | 'kept' | 'language' | 'read'} News
 */
/** @type {Map<News, ((detail: any) => void)[]>} */
const listeners = new Map();

/** @param {News} news  @param {(detail: any) => void} listener */
export function on(news, listener) {
  listeners.set(news, [...(listeners.get(news) ?? []), listener]);
}

/** @param {News} news  @param {any} [detail] */
export function emit(news, detail) {
  for (const listener of listeners.get(news) ?? []) listener(detail);
}

export const client = new Client();
/**
 * @param {{ type: import('../core/protocol.js').Request['type'] } & Record<string, any>} request  without its id
 * @param {Transferable[]} [transfer]
 * @returns {Promise<any>}
 */
export const ask = (request, transfer) => client.ask(request, transfer);

/** @param {string} message  '' removes it */
export function showMessage(message) {
  byId('error').hidden = !message;
  setText(byId('error'), message);
}

/** Shows an error's message as a sentence. @param {unknown} error */
export function showError(error) {
  const { message } = /** @type {Error} */ (error);
  showMessage(message.charAt(0).toUpperCase() + message.slice(1) + (/[.!?。]$/.test(message) ? '' : '.'));
}

/**
 * Makes an event listener from an asynchronous function. If the function fails, the page shows why.
 * @template {any[]} T
 * @param {(...given: T) => Promise<unknown>} work
 * @returns {(...given: T) => void}
 */
export const orShowError =
  (work) =>
  (...given) => {
    work(...given).catch(showError);
  };

/** @param {number} index */
export const className = (index) => app.data?.classes[index] ?? String(index);

/** While the page is busy, settings and networks cannot change. */
export const isBusy = () => ['starting', 'loading', 'finding', 'failed'].includes(app.state);

export { t };
