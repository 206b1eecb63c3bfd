// @ts-check
/**
 * reader.js - the network that comes with the page. It is fetched when a digit is drawn before any training, and
 * answers until another network is trained.
 */
import { ask, client, orShowError } from './app.js';
import { sayMissing, sayThere } from './parts.js';

/** @type {ArrayBuffer | null} */
let file = null;
/** The number of the worker that holds the network. */
let given = -1;

async function fetchReader() {
  const response = await fetch(new URL('../reader.safetensors', import.meta.url));
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.arrayBuffer();
}

/**
 * Gives the network to the worker, once. Where that fails, the page says so and offers to try again.
 * @param {() => void} onThere  called when a later attempt has worked
 * @returns {Promise<boolean>} whether the worker has it now, and had not before
 */
export async function bringReader(onThere) {
  if (given === client.restarts) return false;
  given = client.restarts;
  try {
    file ??= await fetchReader();
    await ask({ type: 'reader', bytes: file });
    sayThere('reader');
    return true;
  } catch (error) {
    console.warn('reader:', error);
    file = null;
    sayMissing(
      'reader',
      orShowError(async () => {
        given = -1;
        if (await bringReader(onThere)) onThere();
      }),
    );
    return false;
  }
}
