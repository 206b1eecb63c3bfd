// @ts-check
/** files.js - downloads files, and saves and opens networks. */
import { ask, showMessage, showError, emit } from './app.js';
import { byId, make } from './dom.js';
import { fileBytes } from './file-bytes.js';
import { t } from './strings.js';
import { forgetRun, newRun, nextNumber } from './current-run.js';

/** @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const url = URL.createObjectURL(blob);
  make('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export async function saveNetwork() {
  download(new Blob([await ask({ type: 'save' })]), 'inklearn.safetensors');
}

/**
 * @param {ArrayBuffer} bytes
 * @param {string} name
 * @param {Partial<import('../core/protocol.js').Settings>} [settings]
 */
export async function restoreNetwork(bytes, name, settings = {}) {
  showMessage('');
  const number = nextNumber();
  try {
    await ask({ type: 'restore', run: number, bytes }, [bytes]);
  } catch (error) {
    showMessage(t('network.refused', { name, message: /** @type {Error} */ (error).message }));
    return false;
  }
  forgetRun();
  emit('run', newRun(/** @type {any} */ (settings), number));
  return true;
}

/** @param {HTMLInputElement} input */
export async function openNetwork(input) {
  const file = input.files?.[0];
  input.value = '';
  try {
    if (file) await restoreNetwork(await fileBytes(file, file.name), file.name);
  } catch (error) {
    showError(error);
  }
  byId('train').focus();
}
