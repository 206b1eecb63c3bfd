// @ts-check
/** awake.js - keeps the screen on during training where the browser allows it, and on request announces a run's end. */
import { app, on, orShowError } from './app.js';
import { sentence } from './bar.js';
import { byId, say } from './dom.js';
import { t } from './strings.js';

/** @type {WakeLockSentinel | null} */
let lock = null;

/** A hidden page loses its lock, so it asks again when it becomes visible. */
async function stayAwake() {
  const wanted = app.state === 'training' && !document.hidden;
  if (wanted === !!(lock && !lock.released)) return;
  if (!wanted) {
    await lock?.release();
    return;
  }
  const taken = await navigator.wakeLock?.request('screen');
  if (app.state === 'training') lock = taken ?? null;
  else await taken?.release(); // the run ended meanwhile
}

let wished = false;

/** @param {boolean} wish */
function setWish(wish) {
  wished = wish;
  byId('notify').setAttribute('aria-pressed', String(wish));
}

/** Only when the page is hidden: a visible page shows the end itself. */
function tellEnd() {
  if (!wished || !document.hidden || !['finished', 'diverged', 'failed'].includes(app.state)) return;
  try {
    const note = new Notification(t('title'), {
      body: sentence(),
      icon: new URL('../icon.svg', import.meta.url).href,
      tag: 'inklearn',
    });
    note.onclick = () => {
      focus();
      note.close();
    };
  } catch {
    /* phones want a service worker for it; the title says it too */
  }
}

export function startAwake() {
  // A low battery or a policy may refuse the lock. The run continues, so the user need not know.
  const quiet = () => {};
  on('state', () => {
    stayAwake().catch(quiet);
  });
  document.addEventListener('visibilitychange', () => {
    stayAwake().catch(quiet);
  });
  if (!('Notification' in window)) return;
  const notify = say('button', 'notify', { id: 'notify', type: 'button', class: 'small', 'aria-pressed': 'false' });
  notify.addEventListener(
    'click',
    orShowError(async () => {
      setWish(!wished && (await Notification.requestPermission().catch(() => 'denied')) === 'granted');
    }),
  );
  byId('midrun-change').append(notify);
  on('state', tellEnd);
}
