// @ts-check
/** keep.js - a run survives a reload, a crash and a worker that is lost: its network is kept every ten seconds. */
import { app, ask, client, complain, complainOf, on, t, tell } from './app.js';
import { reload } from './data.js';
import { button, byId, make } from './dom.js';
import { restoreNetwork } from './files.js';
import { writeSettings } from './settings.js';
import { dropNetwork, keepNetwork, keptNetwork } from './store.js';
import { moment } from './strings.js';
import { waysOut } from './training.js';

const EVERY = 10_000;
/** Larger networks are not written every ten seconds: it would hold up training and wear the disk. */
const MOST_BYTES = 60e6;

/** Without a word for so long, a worker that should be training is taken for lost: it may die without saying so. */
const SILENCE = 60_000;

let keptAt = 0;
let heardAt = 0;

async function keep() {
  const { run, info } = app;
  if (!run?.latest || (info && info.bytes > MOST_BYTES)) return;
  keptAt = performance.now();
  const bytes = await ask({ type: 'save' });
  if (app.run === run && ['training', 'paused'].includes(app.state))
    await keepNetwork({ at: Date.now(), settings: run.settings, dataName: run.dataName, epoch: run.latest.epoch + 1, bytes, run: null });
}

/** @param {import('./store.js').KeptNetwork} kept */
async function goOn(kept) {
  writeSettings(kept.settings);
  if (await restoreNetwork(/** @type {ArrayBuffer} */ (kept.bytes.buffer), t('network.kept'), kept.settings)) await ask({ type: 'resume' });
}

/** After a reload. */
async function offer() {
  const kept = await keptNetwork(), place = byId('continue');
  if (!kept || app.run || kept.dataName !== app.data?.name) return;
  const away = () => { place.hidden = true; };
  place.replaceChildren(make('span', {}, t('continue.ask', { time: moment(kept.at), epoch: kept.epoch })),
    button('continue.yes', () => {
      away();
      goOn(kept).catch(complainOf);
    }), button('continue.no', () => {
      away();
      dropNetwork();
    }));
  place.hidden = false;
  on('run', away);
}

/** A new worker, the data once more, and the network as it was kept. */
async function restart() {
  const kept = await keptNetwork().catch(() => undefined); // before anything else is told
  byId('ways-out').hidden = true;
  complain('');
  app.state = 'starting';
  tell('state');
  client.restart();
  await reload();
  tell('data');
  if (kept && kept.dataName === app.data?.name) await goOn(kept);
}

export function startKeep() {
  on('steps', () => { heardAt = performance.now(); });
  setInterval(() => {
    if (app.state === 'training' && heardAt && performance.now() - heardAt > SILENCE) client.onFailure(new Error(t('way.silent')));
  }, 5000);
  on('steps', () => { if (performance.now() - keptAt > EVERY) keep().catch(() => {}); }); // runs.js says when storage is full
  on('run', () => { heardAt = 0; keptAt = performance.now() - EVERY + 2000; });
  on('state', () => {
    if (['finished', 'stopped', 'diverged'].includes(app.state) || (app.state === 'idle' && app.run)) dropNetwork().catch(() => {});
    if (app.state === 'failed' && app.failure !== 'unsupported') waysOut(button('way.restart', () => restart().catch(complainOf), { id: 'restart' }), t('way.lost'));
  });
  if (app.data) offer().catch(() => {});
  else {
    let offered = false;
    on('data', () => {
      if (!offered) offer().catch(() => {});
      offered = true;
    });
  }
}
