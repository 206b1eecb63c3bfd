// @ts-check
/**
 * pad.js - a person's digit: drawn, dropped, pasted or opened; and what the network makes of it.
 */
import { announce, byId, make, percent, setText, showPicture } from './dom.js';

const SIDE_MAX = 4096; // the core's limit along a side
const SIDE_KEPT = 1024; // of a photograph: plenty for a digit, and the page goes on moving
const PEN = 20; // pixels of the 280 that the pad has

/** @type {HTMLCanvasElement} */
const pad = byId('pad');
const context = /** @type {CanvasRenderingContext2D} */ (pad.getContext('2d', { willReadFrequently: true }));
/** @type {number | null} */
let pointer = null;
let hasInk = false;

function clear() {
  context.fillStyle = '#fff';
  context.fillRect(0, 0, pad.width, pad.height);
  hasInk = false;
}

/** @param {PointerEvent} event */
function position(event) {
  const box = pad.getBoundingClientRect();
  return [(event.clientX - box.left) * pad.width / box.width, (event.clientY - box.top) * pad.height / box.height];
}

/** @param {PointerEvent} event */
function drawTo(event) {
  const [x, y] = position(event);
  context.lineTo(x, y);
  context.stroke();
  context.beginPath();
  context.moveTo(x, y);
  hasInk = true;
}

/** @typedef {{ width: number, height: number, rgba: ArrayBuffer }} Picture */

/** @param {OffscreenCanvas | HTMLCanvasElement} canvas  @returns {Picture} */
function pictureOf(canvas) {
  const { width, height } = canvas;
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  return { width, height, rgba: ctx.getImageData(0, 0, width, height).data.buffer };
}

/**
 * The size that a PNG claims, from its header; null for anything else.
 * @param {Uint8Array} head
 */
export function pngSize(head) {
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  if (head.length < 24 || signature.some((b, i) => head[i] !== b)) return null;
  const view = new DataView(head.buffer, head.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/**
 * @param {Blob} file
 * @returns {Promise<OffscreenCanvas>}
 */
async function filePicture(file) {
  const name = file instanceof File ? file.name : 'The pasted picture';
  if (file.size === 0) throw new Error(`${name} is empty.`);
  // Told before it is decoded: a tiny file may claim a picture that no memory holds.
  const claimed = pngSize(new Uint8Array(await file.slice(0, 24).arrayBuffer()));
  const tooLarge = (/** @type {number} */ w, /** @type {number} */ h) => new Error(`${name} has ${w} × ${h} pixels; at most ${SIDE_MAX} along a side can be read. Please make it smaller.`);
  if (claimed && Math.max(claimed.width, claimed.height) > SIDE_MAX) throw tooLarge(claimed.width, claimed.height);
  const decode = (/** @type {ImageBitmapOptions} */ options) => createImageBitmap(file, options).catch(() => {
    throw new Error(`${name} is not a picture that this browser can read.`);
  });
  let bitmap = await decode({});
  const longest = Math.max(bitmap.width, bitmap.height);
  if (longest > SIDE_MAX) throw tooLarge(bitmap.width, bitmap.height);
  if (longest > SIDE_KEPT) {
    // Decoded again rather than drawn smaller: the browser does this beside the page.
    const resizeWidth = Math.max(1, Math.round(bitmap.width * SIDE_KEPT / longest));
    const resizeHeight = Math.max(1, Math.round(bitmap.height * SIDE_KEPT / longest));
    bitmap.close();
    bitmap = await decode({ resizeWidth, resizeHeight, resizeQuality: 'high' });
  }
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d', { willReadFrequently: true })?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas;
}

/** The picture fills the pad as it is, on white. @param {OffscreenCanvas | HTMLCanvasElement} canvas */
function showOnPad(canvas) {
  const { width, height } = canvas;
  clear();
  const scale = Math.min(pad.width / width, pad.height / height);
  context.imageSmoothingEnabled = width > pad.width;
  context.drawImage(canvas, (pad.width - width * scale) / 2, (pad.height - height * scale) / 2, width * scale, height * scale);
}

/** @type {{ name: HTMLElement, meter: HTMLMeterElement, value: HTMLElement, row: HTMLElement }[]} */
let bars = [];

/** @param {string[]} classes */
function buildBars(classes) {
  if (bars.length === classes.length && bars.every((b, i) => b.name.textContent === classes[i])) return;
  bars = classes.map((name) => {
    const head = make('th', { scope: 'row', title: name }, name);
    const meter = make('meter', { min: '0', max: '1', value: '0', 'aria-label': name });
    const value = make('td');
    return { name: head, meter, value, row: make('tr', {}, head, make('td', {}, meter), value) };
  });
  byId('bars').querySelector('tbody')?.replaceChildren(...bars.map((b) => b.row));
}

/**
 * @param {import('../protocol.js').Prediction} prediction
 * @param {string[]} classes
 */
function show({ picture, probabilities, label }, classes) {
  showPicture(/** @type {HTMLCanvasElement} */ (byId('seen')), picture);
  const answer = byId('answer');
  if (!probabilities) {
    setText(answer, 'This is what the network will see. Press Train, and it will tell what it reads.');
    return;
  }
  buildBars(classes);
  bars.forEach(({ meter, value, row }, i) => {
    meter.value = probabilities[i];
    setText(value, percent(probabilities[i]));
    row.classList.toggle('best', i === label);
  });
  const second = probabilities.reduce((best, p, i) => (i !== label && (best < 0 || p > probabilities[best]) ? i : best), -1);
  const text = `${classes[label]}, ${percent(probabilities[label])} sure; then ${classes[second]}, ${percent(probabilities[second])}`;
  if (answer.textContent !== text) answer.replaceChildren(make('strong', {}, classes[label]), text.slice(classes[label].length));
}

/**
 * @param {object} options
 * @param {(picture: Picture) => Promise<import('../protocol.js').Prediction>} options.predict
 * @param {() => Promise<Uint8Array | null>} options.example  a test picture, 784 pixels
 * @param {() => string[]} options.classes
 * @param {(message: string) => void} options.complain
 * @returns {{ read: (file: Blob) => Promise<void>, again: () => void, clear: () => void }}
 */
export function startPad({ predict, example, classes, complain }) {
  /** What was shown last, to be read again when the network has learnt. @type {Picture | null} */
  let current = null;
  let asking = false;
  /** Whether to ask once more, and then to tell. @type {boolean | null} */
  let next = null;

  /** @param {boolean} tell  whether the answer is announced: not when it is the network that has moved */
  async function ask(tell = true) {
    if (!current) return;
    if (asking) {
      next = next || tell;
      return;
    }
    asking = true;
    const asked = current;
    try {
      const prediction = await predict({ ...asked, rgba: asked.rgba.slice(0) });
      if (current === asked) show(prediction, classes());
      if (tell && pointer === null) announce(byId('answer').textContent ?? '');
    } catch (error) {
      if (current !== asked) return;
      setText(byId('answer'), `${/** @type {Error} */ (error).message}.`);
      if (tell) announce(byId('answer').textContent ?? '');
    } finally {
      asking = false;
      if (next !== null) {
        const again = next;
        next = null;
        ask(again);
      }
    }
  }

  /** @param {OffscreenCanvas | HTMLCanvasElement} canvas */
  async function take(canvas) {
    showOnPad(canvas);
    current = pictureOf(canvas);
    await ask();
  }

  /** @param {Blob} file */
  async function read(file) {
    try {
      await take(await filePicture(file));
    } catch (error) {
      complain(/** @type {Error} */ (error).message);
    }
  }

  function empty() {
    clear();
    current = null;
    bars.forEach(({ meter, value, row }) => {
      meter.value = 0;
      setText(value, '');
      row.classList.remove('best');
    });
    showPicture(/** @type {HTMLCanvasElement} */ (byId('seen')), new Uint8Array(784));
    setText(byId('answer'), 'The network sees 28 × 28 pixels, centred. They will appear here.');
  }

  clear();
  Object.assign(context, { lineWidth: PEN, lineCap: 'round', lineJoin: 'round', strokeStyle: '#111' });
  pad.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || pointer !== null) return;
    if (!hasInk) clear(); // a picture that was opened makes place
    pointer = event.pointerId;
    pad.setPointerCapture(pointer);
    context.beginPath();
    context.moveTo(.../** @type {[number, number]} */ (position(event)));
    drawTo(event);
  });
  pad.addEventListener('pointermove', (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const e of events.length ? events : [event]) drawTo(e);
    current = pictureOf(pad);
    ask();
  });
  const up = (/** @type {PointerEvent} */ event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    current = pictureOf(pad);
    ask();
  };
  pad.addEventListener('pointerup', up);
  pad.addEventListener('pointercancel', up);
  byId('pad-clear').addEventListener('click', empty);
  byId('pad-example').addEventListener('click', async () => {
    const pixels = await example();
    if (!pixels) return complain('There is no test picture before a data set is loaded.');
    const canvas = make('canvas', { width: '28', height: '28' });
    showPicture(canvas, pixels);
    await take(canvas);
  });
  const file = /** @type {HTMLInputElement} */ (byId('pad-file'));
  file.addEventListener('change', () => {
    if (file.files?.[0]) read(file.files[0]);
    file.value = '';
  });
  addEventListener('paste', (event) => {
    const item = Array.from(event.clipboardData?.files ?? []).find((f) => f.type.startsWith('image/'));
    if (item) {
      event.preventDefault();
      read(item);
    }
  });
  return { read, again: () => ask(false), clear: empty };
}
