// @ts-check
/** isolation.js - threads on a host that does not send the headers for them: a service worker sends them from the next visit on. */
import { scriptAddress } from './client.js';
import { byId } from './dom.js';
import { t } from './strings.js';

export async function startIsolation() {
  const { serviceWorker } = navigator;
  if (crossOriginIsolated || !serviceWorker || serviceWorker.controller) return; // under its control and still alone: the browser refuses
  await serviceWorker.register(scriptAddress('isolation'));
  await serviceWorker.ready;
  byId('threads-hint').textContent = t('variant.reload');
}
