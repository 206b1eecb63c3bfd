// @ts-check
/** reading.js - the network's reading of the picture on the pad: the steps to its input, its answer, and why. */
import { app, ask, className, on, orShowError, emit } from './app.js';
import { announce, byId, drawSigned, make, picture, say, setText, showPicture } from './dom.js';
import { part } from './frame.js';
import { bringReader } from './reader.js';
import { percent, t } from './strings.js';

/** @typedef {{ width: number, height: number, rgba: ArrayBuffer }} Picture */
/** The last picture shown; it is read again when the network has learnt. @type {Picture | null} */
let current = null;
/** @type {import('../core/protocol.js').Reading | null} */
let reading = null;
/** The digit that is shown, of several; -1 for the picture as it is, without the steps. */
let chosen = 0;
let asking = false;
/** Null: nothing is to be read again. Otherwise: true if the answer is to be announced. @type {boolean | null} */
let next = null;

const NEAREST = 6;
const STEPS = ['step.given', 'step.grey', 'step.cropped', 'step.scaled', 'step.centred'];
/** @type {HTMLCanvasElement[]} */
let stages = [];
/** @type {{ name: HTMLElement, meter: HTMLMeterElement, value: HTMLElement, row: HTMLElement }[]} */
let bars = [];
/** @type {HTMLElement} */
let several;
/** @type {HTMLCanvasElement} */
let heat;
/** @type {HTMLElement} */
let near;
/** @type {HTMLDetailsElement} */
let why;
/** @type {HTMLInputElement} */
let raw;

function build() {
  stages = STEPS.map((key, i) =>
    make('canvas', {
      width: '28',
      height: '28',
      role: 'img',
      'data-t-label': key,
      'aria-label': t(key),
      ...(i === 4 ? { id: 'seen' } : {}),
    }),
  );
  several = make('div', {
    class: 'row several',
    role: 'group',
    'data-t-label': 'several',
    'aria-label': t('several'),
    hidden: '',
  });
  heat = make('canvas', {
    width: '28',
    height: '28',
    class: 'heat',
    role: 'img',
    'data-t-label': 'heat',
    'aria-label': t('heat'),
  });
  near = make('div', { class: 'near' });
  raw = make('input', { type: 'checkbox', id: 'raw' });
  raw.addEventListener('change', () => {
    chosen = raw.checked ? -1 : 0;
    void again(true);
  });
  why = make(
    'details',
    { class: 'more', id: 'why-answer' },
    say('summary', 'why.answer'),
    make('div', { class: 'why-grid' }, heat, say('p', 'heat.legend', { class: 'hint' })),
    say('h3', 'near'),
    near,
  );
  why.addEventListener('toggle', orShowError(explain));
  byId('reading').replaceChildren(
    make('ol', { class: 'stages' }, ...stages.map((canvas, i) => make('li', {}, canvas, say('small', STEPS[i])))),
    several,
    make('table', { id: 'bars', 'data-t-label': 'bars', 'aria-label': t('bars') }, make('tbody')),
    make('label', { class: 'raw' }, raw, ' ', say('span', 'raw')),
    why,
  );
}

/** @param {string[]} classes */
function buildBars(classes) {
  if (bars.length === classes.length && bars.every((b, i) => b.name.textContent === classes[i])) return;
  bars = classes.map((name) => {
    const head = make('th', { scope: 'row', title: name }, name);
    const meter = make('meter', { min: '0', max: '1', value: '0', 'aria-label': name });
    const value = make('td');
    return { name: head, meter, value, row: make('tr', {}, head, make('td', {}, meter), value) };
  });
  byId('bars')
    .querySelector('tbody')
    ?.replaceChildren(...bars.map((b) => b.row));
}

/** Shows the steps from the picture to the network's input. @param {import('../core/protocol.js').Reading} read */
function showSteps({ grey, width, height, digits, shown, chosen: at }) {
  const digit = digits[Math.max(0, at)],
    pad = /** @type {HTMLCanvasElement} */ (byId('pad')),
    given = stages[0];
  const copy = (
    /** @type {HTMLCanvasElement} */ to,
    /** @type {CanvasImageSource} */ from,
    /** @type {number[]} */ box,
  ) => {
    Object.assign(to, { width: 56, height: 56 });
    const scale = Math.min(56 / box[2], 56 / box[3]);
    to.getContext('2d')?.drawImage(
      from,
      box[0],
      box[1],
      box[2],
      box[3],
      (56 - box[2] * scale) / 2,
      (56 - box[3] * scale) / 2,
      box[2] * scale,
      box[3] * scale,
    );
  };
  copy(given, pad, [0, 0, pad.width, pad.height]);
  const whole = picture(grey, '', width, height);
  copy(stages[1], whole, [0, 0, width, height]);
  copy(stages[2], whole, [digit.left, digit.top, digit.right - digit.left, digit.bottom - digit.top]);
  showPicture(stages[3], digit.scaled, 20, 20);
  showPicture(stages[4], shown.picture);
}

/** Makes a button for each digit, if there are several. @param {import('../core/protocol.js').Reading} read */
function showSeveral({ digits, chosen: at }) {
  several.hidden = digits.length < 2;
  if (several.hidden) return;
  if (several.childElementCount !== digits.length)
    several.replaceChildren(
      ...digits.map((_, i) => {
        const button = make(
          'button',
          { type: 'button', class: 'small' },
          make('canvas', { width: '28', height: '28', 'aria-hidden': 'true' }),
          make('b'),
        );
        button.addEventListener('click', () => {
          chosen = i;
          raw.checked = false;
          void again(true);
        });
        return button;
      }),
    );
  digits.forEach((digit, i) => {
    const button = several.children[i];
    showPicture(/** @type {HTMLCanvasElement} */ (button.firstChild), digit.picture);
    setText(/** @type {HTMLElement} */ (button.lastChild), digit.label < 0 ? '?' : className(digit.label));
    button.setAttribute('aria-pressed', String(i === at));
  });
}

/** @param {import('../core/protocol.js').Reading} read */
function show(read) {
  const {
      digits,
      shown: { probabilities, label },
    } = read,
    answer = byId('answer');
  reading = read;
  showSteps(read);
  showSeveral(read);
  answer.removeAttribute('data-t');
  if (!probabilities) {
    byId('reader-note').hidden = true;
    setText(answer, t('answer.none'));
    return;
  }
  byId('reader-note').hidden = !read.byReader;
  buildBars(app.data?.classes ?? []);
  bars.forEach(({ meter, value, row }, i) => {
    meter.value = probabilities[i];
    setText(value, percent(probabilities[i]));
    row.classList.toggle('best', i === label);
  });
  const second = probabilities.reduce(
    (best, p, i) => (i !== label && (best < 0 || p > probabilities[best]) ? i : best),
    -1,
  );
  const all =
    digits.length > 1 && read.chosen >= 0 ? digits.map((d) => className(d.label)).join(' ') : className(label);
  const text =
    digits.length > 1 && read.chosen >= 0
      ? t('answer.several', { count: digits.length, one: className(label), part: percent(probabilities[label]) })
      : t('answer.sure', {
          part: percent(probabilities[label]),
          second: className(second),
          other: percent(probabilities[second]),
        });
  if (answer.textContent !== all + text) answer.replaceChildren(make('strong', {}, all), text);
  emit('read');
  if (why.open) explainSoon();
}

const explainSoon = part(orShowError(explain), 800);

/** Shows which pixels support the answer, and the most similar training pictures. */
async function explain() {
  if (!why.open || !reading?.shown.probabilities) return;
  const { label, picture: seen } = reading.shown;
  /** @type {{ heat: Float32Array, nearest: import('../core/protocol.js').Near[] }} */
  const found = await ask({ type: 'explain', label, nearest: app.state === 'training' ? 0 : NEAREST }).catch(
    () => null,
  );
  if (!found) return; // the network or the data changed meanwhile: the next reading is explained
  // The digit in grey, and over it the colours of the pixels for and against the answer.
  drawSigned(heat, found.heat, 28, 28, 0, seen);
  if (found.nearest.length)
    near.replaceChildren(
      ...found.nearest.map((n) =>
        make(
          'figure',
          {},
          picture(n.picture, t('picture.of', { name: className(n.label) })),
          make('figcaption', {}, `${className(n.label)}, ${percent(n.likeness, 0)}`),
        ),
      ),
    );
  else if (!near.childElementCount) near.replaceChildren(say('p', 'near.paused', { class: 'hint' }));
}

/**
 * Reads the picture once more. If that fails, the reason stands in place of the answer.
 * @param {boolean} aloud  whether the answer is announced: not when it is the network that has moved
 */
async function again(aloud) {
  if (!current) return;
  if (asking) {
    next = next || aloud;
    return;
  }
  asking = true;
  const asked = current;
  try {
    const question = () =>
      ask({ type: 'predict', width: asked.width, height: asked.height, rgba: asked.rgba.slice(0), chosen });
    let read = await question();
    if (!read.shown.probabilities && (await bringReader(() => void again(false)))) read = await question();
    if (current === asked) show(read);
    if (aloud) announce(byId('answer').textContent ?? '');
  } catch (error) {
    if (current !== asked) return;
    byId('answer').removeAttribute('data-t');
    setText(byId('answer'), `${/** @type {Error} */ (error).message}.`);
    if (aloud) announce(byId('answer').textContent ?? '');
  } finally {
    asking = false;
    if (next !== null) {
      const once = next;
      next = null;
      void again(once);
    }
  }
}

/** @param {Picture} given @param {boolean} aloud */
export function readPicture(given, aloud) {
  current = given;
  if (chosen > 0) chosen = 0;
  void again(aloud);
}

export const hasReading = () => !!reading?.shown.probabilities;

export function clearReading() {
  current = reading = null;
  byId('reader-note').hidden = true;
  chosen = 0;
  raw.checked = false;
  several.hidden = true;
  near.replaceChildren();
  bars.forEach(({ meter, value, row }) => {
    meter.value = 0;
    setText(value, '');
    row.classList.remove('best');
  });
  for (const canvas of [...stages, heat]) showPicture(canvas, new Uint8Array(784));
  byId('answer').setAttribute('data-t', 'answer.empty');
  setText(byId('answer'), t('answer.empty'));
}

export function startReading() {
  build();
  clearReading();
  let at = 0;
  on('steps', () => {
    if (performance.now() - at < 500) return;
    at = performance.now();
    void again(false);
  });
  for (const news of /** @type {const} */ (['epoch', 'state', 'forget', 'language'])) on(news, () => void again(false));
  on('data', clearReading);
}
