// @ts-check
/**
 * share.js - a link that makes the same run: settings and seed in its fragment, and the build whose bits they promise.
 */
import { app, showMessage, orShowError, t } from './app.js';
import { arithmetic } from './client.js';
import { button, byId, make } from './dom.js';
import { changeOf, MOST_CHANGES, planText } from './plan.js';
import {
  addressOf,
  choiceNames,
  fieldNames,
  isOption,
  MACHINE,
  MODEL_MOST,
  readSettings,
  VALUE_MOST,
} from './settings.js';
import { toast } from './toast.js';

/**
 * Returns whether the settings have equal values, in any order.
 * @param {import('../core/protocol.js').Settings[]} settings
 */
function sameSettings(...settings) {
  const [one, other] = settings.map((of) => {
    const values = new URLSearchParams(addressOf(of));
    values.sort();
    return String(values);
  });
  return one === other;
}

export function link() {
  const settings = readSettings(),
    { run } = app;
  if (!settings) return null;
  // The changes in the middle of the run that is shown belong to it.
  const changes = run?.changes.length && sameSettings(run.settings, settings) ? run.changes : app.plan;
  const how = arithmetic === MACHINE.arithmetic ? {} : { arithmetic };
  const all = /** @type {any} */ ({
    ...settings,
    ...(changes.length ? { changes: planText(changes) } : {}),
    ...how,
    build: app.build,
  });
  return `${location.origin}${location.pathname}#${addressOf(all)}`;
}

/** Names the parts of a link that settings.js and plan.js do not read. @param {URLSearchParams} given */
function unreadOf(given) {
  const changes = given.get('changes')?.split(',') ?? [];
  return [
    ...((given.get('model') ?? '').length < MODEL_MOST ? [] : ['model']),
    ...fieldNames().filter((name) => (given.get(name) ?? '').length >= VALUE_MOST),
    ...[...choiceNames(), ...Object.keys(MACHINE)].filter(
      (name) => given.has(name) && !isOption(name, given.get(name) ?? ''),
    ),
    ...(changes.length > MOST_CHANGES || !changes.every(changeOf) ? ['changes'] : []),
  ];
}

let noted = false;

/** Returns why a link may not repeat the run that it was made from. @param {string} text  of the address, without # */
function noteLink(text) {
  const given = new URLSearchParams(text),
    build = given.get('build'),
    unread = unreadOf(given),
    wanted = given.get('arithmetic') ?? MACHINE.arithmetic;
  const notes = [
    ...(build && build !== app.build
      ? [make('span', {}, t('share.other', { build: build.slice(0, 12), here: app.build }))]
      : []),
    ...(unread.length ? [make('span', {}, t('share.unread', { parts: unread.join(', ') }))] : []),
    ...(isOption('arithmetic', wanted) && wanted !== arithmetic
      ? [make('span', {}, t('share.arithmetic')), button('share.again', () => location.reload())]
      : []),
  ];
  if (notes.length) byId('ways-out').replaceChildren(...notes.flatMap((note) => [note, ' ']));
  if (notes.length || noted) byId('ways-out').hidden = !notes.length;
  noted = notes.length > 0;
}

export function startShare() {
  byId('share').hidden = false;
  byId('share').addEventListener(
    'click',
    orShowError(async () => {
      const address = link();
      if (!address) return showMessage(t('settings.wrong'));
      history.replaceState(null, '', address);
      try {
        await navigator.clipboard.writeText(address);
        toast(t('share.copied'));
      } catch {
        // no permission to write to the clipboard: the address bar shows the link
        toast(t('share.address'));
      }
    }),
  );
  noteLink(app.link);
  addEventListener('hashchange', () => noteLink(location.hash.slice(1)));
}
