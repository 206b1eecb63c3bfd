// @ts-check
/**
 * parts.js - the parts of the page that arrive after its first script. One that does not arrive is named in a sentence,
 * which stays until it is there, with a button that tries again; the rest of the page works without it.
 */
import { button, byId, make, say } from './dom.js';

/** The sentences that are shown, by the parts that they name. @type {Map<string, HTMLElement>} */
const shown = new Map();

/**
 * Says that a part is missing.
 * @param {string} part  its sentence is `part.<part>`
 * @param {(() => void) | null} tryAgain  null where that cannot help
 */
export function sayMissing(part, tryAgain) {
  sayThere(part);
  const note = make('p', { class: 'notice', role: 'status', 'data-part': part }, say('span', `part.${part}`));
  if (tryAgain)
    note.append(
      ' ',
      button('part.again', (event) => {
        /** @type {HTMLButtonElement} */ (event.currentTarget).disabled = true; // one attempt at a time
        tryAgain();
      }),
    );
  shown.set(part, note);
  byId('notices').append(note);
}

/** Removes the sentence about a part, which is there now. @param {string} part */
export function sayThere(part) {
  shown.get(part)?.remove();
  shown.delete(part);
}

/**
 * Loads a part. While that fails, the page shows a sentence, and the promise waits for an attempt that succeeds.
 * @template T
 * @param {string} part
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
export function loadPart(part, load) {
  return new Promise((resolve) => {
    const attempt = () => {
      load().then(
        (value) => {
          sayThere(part);
          resolve(value);
        },
        (error) => {
          console.warn(`${part}:`, error);
          sayMissing(part, attempt);
        },
      );
    };
    attempt();
  });
}

/**
 * Loads a part and starts it. A part that arrives but cannot be started is missing for good.
 * @template T
 * @param {string} part
 * @param {() => Promise<T>} load
 * @param {(value: T) => unknown} start
 */
export async function startPart(part, load, start) {
  const value = await loadPart(part, load);
  try {
    await start(value);
  } catch (error) {
    console.warn(`${part}:`, error);
    sayMissing(part, null);
  }
}

/** Says whether a style sheet has arrived whole: its last line sets this property. @param {string} end */
export const hasStyle = (end) => getComputedStyle(document.documentElement).getPropertyValue(end).trim() === '1';

/**
 * Adds a style sheet to the page. Rejects where it does not come, or not whole.
 * @param {URL} address
 * @param {string} end  the property that its last line sets
 */
export const fetchStyle = (address, end) =>
  new Promise((resolve, reject) => {
    const link = make('link', { rel: 'stylesheet', href: address.href });
    const refuse = () => {
      link.remove();
      reject(new Error(`${address.pathname} could not be loaded`));
    };
    link.onload = () => (hasStyle(end) ? resolve(undefined) : refuse());
    link.onerror = refuse;
    document.head.append(link);
  });
