// @ts-check
/**
 * offline.js - the page without a network, and threads on a host that does not send the headers for them: both are a
 * service worker's, from the next visit on.
 */
import { scriptAddress } from './client.js';
import { byId } from './dom.js';
import { t } from './strings.js';

/** Says that the network is gone, and that training does not need it. */
export function startOffline() {
  const draw = () => {
    byId('offline').hidden = navigator.onLine;
  };
  for (const type of ['online', 'offline']) addEventListener(type, draw);
  draw();
}

/** Starts the service worker, which keeps the site's files. */
export async function startServiceWorker() {
  const { serviceWorker } = navigator,
    // controlled by the service worker, and still not isolated: the browser refuses
    alone = !crossOriginIsolated && !serviceWorker?.controller;
  if (!serviceWorker) return;
  await serviceWorker.register(scriptAddress('service'));
  await serviceWorker.ready;
  if (alone) byId('threads-hint').textContent = t('variant.reload');
}
