// @ts-check
/** times.js - shows beside each model how long one epoch takes on this machine. */
import { app, ask, on } from './app.js';
import { byId, setText } from './dom.js';
import { timeOf } from './model.js';
import { MODELS } from './settings.js';

async function draw() {
  const { data } = app;
  if (!data) return;
  for (const { name, recipe } of MODELS) {
    const info = await ask({ type: 'describe', settings: { model: name, ...recipe, seed: 0 } });
    if (app.data !== data) return;
    setText(byId(`time-${name}`), timeOf(info));
  }
}

export function startTimes() {
  const again = () => {
    draw().catch(() => {}); // another data set was loaded meanwhile, and asks for its own times
  };
  for (const news of /** @type {const} */ (['data', 'language', 'kept'])) on(news, again);
  on('state', () => {
    if (app.state === 'finished') again();
  });
  again();
}
