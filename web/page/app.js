// @ts-check
/** app.js - what the parts of the page share: its state, the worker, and news for whoever listens. */
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
   * The load that is under way: files that were found for it, and its last report.
   * @type {{ name: string, listed: number, progress: any } | null}
   */
  loading: null,
  /** The run that is shown. @type {import('./run.js').Run | null} */
  run: null,
  /** Changes that the next run makes on its way. @type {import('../core/protocol.js').Change[]} */
  plan: [],
  /** The model that the settings describe. @type {import('../core/protocol.js').ModelInfo | null} */
  info: null,
  /** The address as the page was opened with it, without #. */
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
export function tell(news, detail) {
  for (const listener of listeners.get(news) ?? []) listener(detail);
}

export const client = new Client();
/**
 * @param {{ type: import('../core/protocol.js').Request['type'] } & Record<string, any>} request  without its id
 * @param {Transferable[]} [transfer]
 * @returns {Promise<any>}
 */
export const ask = (request, transfer) => client.ask(request, transfer);

/** @param {string} message  '' takes it away */
export function complain(message) {
  byId('error').hidden = !message;
  setText(byId('error'), message);
}

/** A sentence of it. @param {unknown} error */
export function complainOf(error) {
  const { message } = /** @type {Error} */ (error);
  complain(message.charAt(0).toUpperCase() + message.slice(1) + (/[.!?。]$/.test(message) ? '' : '.'));
}

/**
 * Makes a listener of work that takes time. If the work fails, the page says why.
 * @template {any[]} T
 * @param {(...given: T) => Promise<unknown>} work
 * @returns {(...given: T) => void}
 */
export const orComplain =
  (work) =>
  (...given) => {
    work(...given).catch(complainOf);
  };

/** @param {number} index */
export const className = (index) => app.data?.classes[index] ?? String(index);

/** Something is at work that settings and networks must wait for. */
export const isBusy = () => ['starting', 'loading', 'finding', 'failed'].includes(app.state);

export { t };
