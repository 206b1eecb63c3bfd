// @ts-check
/** chart-colours.js - the colours of style.css as a canvas needs them, for the scheme that is shown. */
import { make } from './dom.js';

/** Colours that were looked up, by the names of their properties. @type {Map<string, string>} */
const known = new Map();
const probe = make('i', { hidden: '' });

/** Returns a colour of style.css. @param {string} name  such as --train */
export function colour(name) {
  if (!probe.isConnected) document.body.append(probe);
  let value = known.get(name);
  if (!value) {
    probe.style.color = `var(${name})`;
    value = getComputedStyle(probe).color;
    known.set(name, value);
  }
  return value;
}

/** Calls back when the scheme becomes light or dark. @param {() => void} redraw */
export function onColours(redraw) {
  const change = () => {
    known.clear();
    redraw();
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', change);
  addEventListener('theme', change);
}
