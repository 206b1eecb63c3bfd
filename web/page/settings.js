// @ts-check
/** settings.js - the form of a run's settings: checked field by field, kept in the address. */
import { CHOICES, DEFAULTS, MODELS as NAMES, PRESETS, SETTING_NAMES, SIZES } from '../../build/schema.js';
import { app, emit } from './app.js';
import { byId, make, say, setText } from './dom.js';
import { problemOf } from './limits.js';
import { planOf, planText } from './plan.js';
import { t } from './strings.js';

/** The settings that the choice of a model sets; all others stay as they are. */
const SET_BY_MODEL = ['epochs', 'lr', 'batch', 'optimizer', 'schedule', 'augment'];
/**
 * Settings with which a model learns better than with the core's defaults.
 * @type {Record<string, Record<string, string | number>>}
 */
const BETTER = {
  cnn: { epochs: 3, lr: 0.001, batch: 128, optimizer: 'adam' },
  resnet18: { epochs: 2, lr: 0.003, batch: 64, optimizer: 'fastai_adam', schedule: 'one_cycle' },
};
/** @param {Record<string, string | number>} [better] */
const recipe = (better) => Object.fromEntries(SET_BY_MODEL.map((name) => [name, better?.[name] ?? DEFAULTS[name]]));

/** The models to choose from. `recipe` is what the form shows when one is chosen; a preset's is the core's. */
export const MODELS = [
  ...NAMES.map((name) => ({ name, preset: false, recipe: recipe(BETTER[name]) })),
  ...PRESETS.map(({ name, settings }) => ({ name, preset: true, recipe: recipe(settings) })),
];
const OWN_LINE = 'linear(30) relu linear(classes)';
/** A model line in an address has fewer characters than MODEL_MOST, any other value fewer than VALUE_MOST. */
export const MODEL_MOST = SIZES.modelLineBytes + 1,
  VALUE_MOST = 40;

/** The settings of the core's arithmetic, with their usual values. */
export const MACHINE = { threads: 'auto', arithmetic: 'fast' };

const form = () => byId('settings');
/** @param {string} name */
const field = (name) => /** @type {HTMLInputElement} */ (byId(name));

/**
 * Names of the settings for which index.html has a field of this kind, in the core's order.
 * @param {'input' | 'select'} kind
 */
const named = (kind) => SETTING_NAMES.filter((name) => form().querySelector(`.field > ${kind}[name="${name}"]`));
export const fieldNames = () => named('input');
export const choiceNames = () => named('select');

/** Returns whether a field may be empty: then the core chooses the value. @param {string} name */
const isOptional = (name) => 'optional' in field(name).dataset;

/** Returns a preset's name, or the model line that the user wrote. */
function chosenModel() {
  const value = /** @type {HTMLInputElement | null} */ (form().querySelector('[name=model]:checked'))?.value;
  return value === 'own' ? field('line').value : (value ?? 'linear');
}

/** @param {string} model */
function chooseModel(model) {
  const known = MODELS.find((m) => m.name === model);
  field(`model-${known ? known.name : 'own'}`).checked = true;
  if (!known) field('line').value = model;
}

/** Marks each wrong field. @returns {import('../core/protocol.js').Settings | null} null if one is wrong */
export function readSettings() {
  let good = true;
  const model = chosenModel();
  /** @type {any} */
  const settings = MODELS.some((m) => m.name === model && m.preset) ? { preset: model, model } : { model };
  for (const name of choiceNames()) settings[name] = field(name).value;
  for (const name of fieldNames()) {
    const input = field(name),
      problem = problemOf(name, input.value, isOptional(name)),
      note = /** @type {HTMLElement} */ (input.parentElement?.querySelector('.problem'));
    const hint = /** @type {HTMLElement} */ (input.parentElement?.querySelector('.hint'));
    note.id = `${name}-problem`;
    hint.id = `${name}-hint`;
    note.hidden = !problem;
    setText(note, problem);
    input.setAttribute('aria-invalid', String(!!problem));
    input.setAttribute('aria-describedby', `${hint.id} ${note.id}`);
    if (problem) {
      good = false;
      for (
        let details = input.closest('details');
        details;
        details = /** @type {any} */ (details.parentElement?.closest('details'))
      )
        details.open = true;
    }
    if (input.value.trim() !== '')
      settings[name] = input.value.includes(':') ? input.value.replaceAll(' ', '') : Number(input.value);
  }
  return good ? settings : null;
}

/** Puts settings into the form; the others get their defaults. @param {Record<string, any>} settings */
export function writeSettings(settings) {
  chooseModel(settings.model ?? 'linear');
  const recipe = recipeOf(settings.model ?? 'linear');
  for (const name of [...fieldNames(), ...choiceNames()])
    field(name).value = String(settings[name] ?? recipe[name] ?? '');
  changed();
}

/**
 * Returns the values that the fields have when a model is chosen and nothing was changed.
 * @param {string} model
 * @returns {Record<string, any>}
 */
export function recipeOf(model) {
  const others = fieldNames().map((name) => [name, isOptional(name) ? '' : DEFAULTS[name]]);
  return { ...Object.fromEntries(others), ...(MODELS.find((m) => m.name === model)?.recipe ?? recipe()) };
}

/** @param {string} name  of a choice @param {string} value */
export const isOption = (name, value) =>
  Array.from(/** @type {HTMLSelectElement} */ (byId(name)).options).some((option) => option.value === value);

/** @param {string} text  of the address, without # */
export function settingsFrom(text) {
  const given = new URLSearchParams(text),
    model = given.get('model');
  /** @type {Record<string, string>} */
  const found = {};
  if (model && model.length < MODEL_MOST) found.model = model;
  for (const name of fieldNames()) {
    const value = given.get(name);
    if (value !== null && value.length < VALUE_MOST) found[name] = value;
  }
  for (const name of choiceNames()) {
    const value = given.get(name) ?? '';
    if (isOption(name, value)) found[name] = value;
  }
  return found;
}

/** Returns threads and arithmetic where they are not the defaults. The worker gets them at its start (client.js). */
function machine() {
  return Object.fromEntries(
    Object.entries(MACHINE)
      .map(([name, usual]) => [name, field(name).value, usual])
      .filter(([, value, usual]) => value !== usual),
  );
}

function fromAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const [name, usual] of Object.entries(MACHINE))
    if (isOption(name, given.get(name) ?? usual)) field(name).value = given.get(name) ?? usual;
  setPlan(planOf(given.get('changes') ?? ''));
  const found = settingsFrom(location.hash.slice(1));
  if (found.model) chooseModel(found.model);
  const recipe = recipeOf(chosenModel());
  for (const name of [...fieldNames(), ...choiceNames()])
    if (found[name] !== undefined || found.model) field(name).value = String(found[name] ?? recipe[name]);
}

/** @param {import('../core/protocol.js').Settings} settings */
export const addressOf = (settings) =>
  new URLSearchParams(Object.entries(settings).map(([k, v]) => [k, String(v)])).toString();

/** Sets the changes planned for the next run. @param {import('../core/protocol.js').Change[]} changes */
export function setPlan(changes) {
  app.plan = changes;
  emit('plan');
}

/** The form's values have changed. */
export function changed() {
  const settings = readSettings();
  if (settings)
    history.replaceState(
      null,
      '',
      `#${addressOf({ ...settings, ...machine(), ...(app.plan.length ? { changes: planText(app.plan) } : {}) })}`,
    );
  showDefaults();
  emit('settings', settings);
}

/** Shows a field's default beside it where its value differs. */
function showDefaults() {
  const recipe = recipeOf(chosenModel());
  let differs = false;
  for (const name of [...fieldNames(), ...choiceNames()]) {
    const other = field(name).value !== String(recipe[name]);
    differs ||= other;
    const hint = field(name).parentElement?.querySelector('.hint');
    let note = /** @type {HTMLElement | null} */ (hint?.querySelector('.default') ?? null);
    if (!note) hint?.append((note = make('span', { class: 'default' })));
    const word =
      name in CHOICES
        ? Array.from(/** @type {HTMLSelectElement} */ (byId(name)).options).find((o) => o.value === recipe[name])?.text
        : recipe[name];
    setText(
      /** @type {HTMLElement} */ (note),
      other && recipe[name] !== '' ? ` · ${t('default', { value: word })}` : '',
    );
  }
  /** @type {HTMLButtonElement} */ (byId('defaults')).disabled = !differs;
}

/** Joins the rate's field and its logarithmic slider: each follows the other. */
function joinSlider() {
  const slider = field('lr-slider');
  const follow = () => {
    const value = Number(field('lr').value.split(':').at(-1));
    if (value > 0) slider.value = String(Math.log10(value));
    slider.setAttribute('aria-valuetext', field('lr').value);
  };
  slider.addEventListener('input', (event) => {
    event.stopPropagation();
    field('lr').value = String(Number((10 ** Number(slider.value)).toPrecision(2)));
    changed();
  });
  return follow;
}

/** Adds the values of a choice that have no words in index.html, by their names in the core. */
function fillChoices() {
  for (const name of choiceNames())
    for (const value of CHOICES[name])
      if (!isOption(name, value)) byId(name).append(make('option', { value }, value.replaceAll('_', ' ')));
}

export function startSettings() {
  fillChoices();
  const option = (/** @type {string} */ name) =>
    make(
      'label',
      { class: 'model' },
      make('input', { type: 'radio', name: 'model', value: name, id: `model-${name}` }),
      say('span', `model.${name}`),
      say('small', `model.${name}.hint`),
      make('small', { id: `time-${name}` }),
    );
  byId('models').append(...MODELS.map((m) => option(m.name)), option('own'));
  field('model-linear').checked = true;
  field('line').value = OWN_LINE;
  byId('models').addEventListener('change', (event) => {
    const recipe = MODELS.find((m) => m.name === /** @type {HTMLInputElement} */ (event.target).value)?.recipe;
    for (const [name, value] of Object.entries(recipe ?? {})) field(name).value = String(value);
    changed();
  });
  field('line').addEventListener('focus', () => {
    field('model-own').checked = true;
  });
  const follow = joinSlider();
  fromAddress();
  readSettings();
  showDefaults();
  follow();
  form().addEventListener('input', () => {
    changed();
    follow();
  });
  form().addEventListener('submit', (event) => event.preventDefault());
  byId('new-seed').addEventListener('click', () => {
    field('seed').value = String(Math.floor(Math.random() * 1e6));
    changed();
  });
  byId('defaults').addEventListener('click', () => {
    const { line } = app.info ?? {};
    writeSettings({ model: chosenModel() || line });
    follow();
  });
  addEventListener('hashchange', () => {
    fromAddress();
    readSettings();
    showDefaults();
    follow();
    emit('settings', readSettings());
  });
}
