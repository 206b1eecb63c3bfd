// @ts-check
/** settings.js - the form of a run's settings: checked field by field, kept in the address. */
import { byId, make, setText } from './dom.js';

/** `recipe` is what the fields become when the model is chosen: each learns well with its own. */
export const MODELS = [
  { name: 'linear', title: 'Linear', text: '784 → classes: one weight for each pixel and class', recipe: { epochs: 20, lr: 0.01, batch: 256, optimizer: 'sgd', schedule: 'constant' } },
  { name: 'mlp', title: 'Small network (MLP)', text: '784 → 30 → classes, with a hidden layer', recipe: { epochs: 20, lr: 0.01, batch: 256, optimizer: 'sgd', schedule: 'constant' } },
  { name: 'cnn', title: 'Convolutions', text: 'two layers that look at 5 × 5 pixels, then two linear ones', recipe: { epochs: 3, lr: 0.001, batch: 128, optimizer: 'adam', schedule: 'constant' } },
  { name: 'resnet18', title: 'ResNet-18', text: '11.7 million weights: slow, and worth it', recipe: { epochs: 2, lr: 0.003, batch: 64, optimizer: 'fastai_adam', schedule: 'one_cycle' } },
];
const OWN_LINE = 'linear(30) relu linear(classes)';
const CHOICES = ['optimizer', 'schedule', 'augment'];

/** Limits are the core's (src/settings.c). @type {Record<string, { min: number, max: number, whole?: boolean, aboveMin?: boolean, belowMax?: boolean, optional?: boolean }>} */
const LIMITS = {
  epochs: { min: 1, max: 10000, whole: true },
  lr: { min: 0, max: 1e6, aboveMin: true },
  batch: { min: 1, max: 65536, whole: true },
  momentum: { min: 0, max: 1, belowMax: true, optional: true },
  weightDecay: { min: 0, max: 1e6, optional: true },
  seed: { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true },
};

/**
 * What is wrong with a field's text; '' if nothing. An optional one may be empty.
 * @param {string} name  @param {string} text  @returns {string}
 */
export function problemOf(name, text) {
  if (name === 'lr' && text.includes(':')) return rangeProblem(text);
  const { min, max, whole, aboveMin, belowMax, optional } = LIMITS[name];
  if (optional && text.trim() === '') return '';
  const value = text.trim() === '' ? NaN : Number(text);
  const good = Number.isFinite(value) && value >= min && value <= max && !(aboveMin && value === min)
    && !(belowMax && value === max) && !(whole && !Number.isInteger(value));
  if (good) return '';
  const kind = whole ? 'A whole number' : 'A number';
  const hint = /^\s*\d+,\d+\s*$/.test(text) ? ' Write a point, not a comma.' : '';
  return `${kind} ${aboveMin ? 'above' : 'from'} ${min} ${belowMax ? 'to below' : 'to'} ${max.toLocaleString('en')}, please.${hint}`;
}

/** `first:last` or `:last`, learning rates of groups of layers. @param {string} text @returns {string} */
function rangeProblem(text) {
  const [first, last, ...more] = text.split(':');
  if (more.length) return 'A range has two rates, as in 1e-6:1e-4, please.';
  return (first.trim() && problemOf('lr', first)) || problemOf('lr', last);
}

const form = () => byId('settings');
/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement} */ (byId(name));

/** @param {string} name */
const choice = (name) => /** @type {HTMLSelectElement} */ (byId(name));

/** A preset's name, or the line that was written. */
function chosenModel() {
  const value = /** @type {HTMLInputElement | null} */ (form().querySelector('[name=model]:checked'))?.value;
  return value === 'own' ? field('line').value : value ?? 'linear';
}

/** @param {string} model */
function chooseModel(model) {
  const known = MODELS.find((m) => m.name === model);
  field(`model-${known ? known.name : 'own'}`).checked = true;
  if (!known) field('line').value = model;
}

/** Marks each wrong field. @returns {import('../protocol.js').Settings | null} null if one is wrong */
export function readSettings() {
  let good = true;
  /** @type {any} */
  const settings = { model: chosenModel() };
  for (const name of CHOICES) settings[name] = choice(name).value;
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
    if (field(name).value.trim() !== '') settings[name] = field(name).value.includes(':') ? field(name).value.replaceAll(' ', '') : Number(field(name).value);
  }
  return good ? settings : null;
}

function fromAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(LIMITS)) {
    const text = given.get(name);
    if (text !== null && text.length < 40) field(name).value = text;
  }
  for (const name of CHOICES) {
    const value = given.get(name);
    if (Array.from(choice(name).options, (o) => o.value).includes(value ?? '')) choice(name).value = value ?? '';
  }
  const model = given.get('model');
  if (model && model.length < 4096) chooseModel(model);
}

function toAddress() {
  const settings = readSettings();
  if (!settings) return;
  const text = new URLSearchParams(Object.entries(settings).map(([k, v]) => [k, String(v)])).toString();
  history.replaceState(null, '', `#${text}`);
}

/** @param {() => void} onChange */
export function startSettings(onChange) {
  const option = (/** @type {string} */ name, /** @type {string} */ title, /** @type {string} */ text) => make('label', { class: 'model' },
    make('input', { type: 'radio', name: 'model', value: name, id: `model-${name}` }), make('span', {}, title), make('small', {}, text));
  byId('models').append(...MODELS.map((m) => option(m.name, m.title, m.text)), option('own', 'Own line', 'layers in words; shapes are told below'));
  field('model-linear').checked = true;
  field('line').value = OWN_LINE;
  byId('models').addEventListener('change', (event) => {
    const recipe = MODELS.find((m) => m.name === /** @type {HTMLInputElement} */ (event.target).value)?.recipe;
    for (const [name, value] of Object.entries(recipe ?? {})) field(name).value = String(value);
  });
  field('line').addEventListener('focus', () => { field('model-own').checked = true; });
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
