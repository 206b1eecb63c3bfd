// @ts-check
/**
 * reader.js - the network that came with the page. It is fetched when the first digit is given before
 * anything has been trained, and answers until another has learnt.
 */
import { ask, client, orComplain } from './app.js';
import { sayMissing, sayThere } from './parts.js';

/** @type {ArrayBuffer | null} */
let file = null;
/** The number of the worker that has it. */
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
      orComplain(async () => {
        given = -1;
        if (await bringReader(onThere)) onThere();
      }),
    );
    return false;
  }
}
