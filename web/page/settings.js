// @ts-check
/** settings.js - the form of a run's settings: checked field by field, kept in the address. */
import { byId, make, setText } from './dom.js';

export const MODELS = [
  { name: 'linear', title: 'Linear', text: '784 → classes: one weight for each pixel and class' },
  { name: 'mlp', title: 'Small network (MLP)', text: '784 → 30 → classes, with a hidden layer' },
];

/** Limits are the core's (src/settings.c). @type {Record<string, { min: number, max: number, whole?: boolean, aboveMin?: boolean, belowMax?: boolean }>} */
const LIMITS = {
  epochs: { min: 1, max: 10000, whole: true },
  lr: { min: 0, max: 1e6, aboveMin: true },
  batch: { min: 1, max: 65536, whole: true },
  momentum: { min: 0, max: 1, belowMax: true },
  weightDecay: { min: 0, max: 1e6 },
  seed: { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true },
};

/**
 * What is wrong with a field's text; '' if nothing.
 * @param {string} name  @param {string} text
 */
export function problemOf(name, text) {
  const { min, max, whole, aboveMin, belowMax } = LIMITS[name];
  const value = text.trim() === '' ? NaN : Number(text);
  const good = Number.isFinite(value) && value >= min && value <= max && !(aboveMin && value === min)
    && !(belowMax && value === max) && !(whole && !Number.isInteger(value));
  if (good) return '';
  const kind = whole ? 'A whole number' : 'A number';
  const hint = /^\s*\d+,\d+\s*$/.test(text) ? ' Write a point, not a comma.' : '';
  return `${kind} ${aboveMin ? 'above' : 'from'} ${min} ${belowMax ? 'to below' : 'to'} ${max.toLocaleString('en')}, please.${hint}`;
}

const form = () => byId('settings');
/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement} */ (byId(name));

/** Marks each wrong field. @returns {import('../protocol.js').Settings | null} null if one is wrong */
export function readSettings() {
  let good = true;
  /** @type {any} */
  const settings = { model: /** @type {HTMLInputElement | null} */ (form().querySelector('[name=model]:checked'))?.value ?? 'linear' };
  for (const name of Object.keys(LIMITS)) {
    const problem = problemOf(name, field(name).value);
    const note = /** @type {HTMLElement} */ (field(name).parentElement?.querySelector('.problem'));
    note.id = `${name}-problem`;
    note.hidden = !problem;
    setText(note, problem);
    field(name).setAttribute('aria-invalid', String(!!problem));
    field(name).setAttribute('aria-describedby', note.id);
    if (problem) {
      good = false;
      const details = field(name).closest('details');
      if (details) details.open = true;
    }
    settings[name] = Number(field(name).value);
  }
  return good ? settings : null;
}

function fromAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(LIMITS)) {
    const text = given.get(name);
    if (text !== null && text.length < 40) field(name).value = text;
  }
  const model = given.get('model');
  const known = MODELS.find((m) => m.name === model);
  if (known) /** @type {HTMLInputElement} */ (byId(`model-${known.name}`)).checked = true;
}

function toAddress() {
  const settings = readSettings();
  if (!settings) return;
  const text = new URLSearchParams(Object.entries(settings).map(([k, v]) => [k, String(v)])).toString();
  history.replaceState(null, '', `#${text}`);
}

/** @param {() => void} onChange */
export function startSettings(onChange) {
  byId('models').append(...MODELS.map((m, i) => {
    const input = make('input', { type: 'radio', name: 'model', value: m.name, id: `model-${m.name}` });
    input.checked = i === 0;
    return make('label', { class: 'model' }, input, make('span', {}, m.title), make('small', {}, m.text));
  }));
  fromAddress();
  readSettings();
  form().addEventListener('input', () => {
    toAddress();
    onChange();
  });
  form().addEventListener('submit', (event) => event.preventDefault());
  addEventListener('hashchange', () => {
    fromAddress();
    readSettings();
    onChange();
  });
}
