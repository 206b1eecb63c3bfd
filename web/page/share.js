// @ts-check
/** share.js - a link that makes the same run: settings and seed in its fragment, and the build whose bits they promise. */
import { app, complain, t } from './app.js';
import { byId, make } from './dom.js';
import { addressOf, planText, readSettings } from './settings.js';
import { toast } from './toast.js';

/** The build that the page's link named when it was opened. */
const linked = new URLSearchParams(location.hash.slice(1)).get('build');

export function link() {
  const settings = readSettings(), { run } = app;
  if (!settings) return null;
  // What was changed in the middle of the run that is shown belongs to it.
  const changes = run?.changes.length && addressOf(run.settings) === addressOf(settings) ? run.changes : app.plan;
  const all = /** @type {any} */ ({ ...settings, ...(changes.length ? { changes: planText(changes) } : {}), build: app.build });
  return `${location.origin}${location.pathname}#${addressOf(all)}`;
}

export function startShare() {
  byId('share').hidden = false;
  byId('share').addEventListener('click', async () => {
    const address = link();
    if (!address) return complain(t('settings.wrong'));
    history.replaceState(null, '', address);
    try {
      await navigator.clipboard.writeText(address);
      toast(t('share.copied'));
    } catch { // no permission: the address bar has it
      toast(t('share.address'));
    }
  });
  if (linked && linked !== app.build) {
    byId('ways-out').replaceChildren(make('span', {}, t('share.other', { build: linked.slice(0, 12), here: app.build })));
    byId('ways-out').hidden = false;
  }
}
