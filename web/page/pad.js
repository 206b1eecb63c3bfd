// @ts-check
/** pad.js - a person's digit: drawn with mouse, pen or finger, or opened, pasted, photographed. */
import { app, ask, showMessage, orShowError } from './app.js';
import { byId, make, showPicture } from './dom.js';
import { filePicture } from './picture-file.js';
import { clearReading, readPicture } from './reading.js';
import { t } from './strings.js';

const PEN = 20; // the pen's width, in pixels of the pad, which has 280 a side

/** @type {HTMLCanvasElement} */
const pad = byId('pad');
const context = /** @type {CanvasRenderingContext2D} */ (pad.getContext('2d', { willReadFrequently: true }));
/** @type {number | null} */
let pointer = null;
/** Strokes on the pad, each x, y, width. @type {number[][][]} */
let strokes = [];
/** The picture under the strokes, if one was opened. @type {OffscreenCanvas | HTMLCanvasElement | null} */
let under = null;

function paper() {
  context.fillStyle = '#fff';
  context.fillRect(0, 0, pad.width, pad.height);
  Object.assign(context, { lineCap: 'round', lineJoin: 'round', strokeStyle: '#111' });
}

/** Draws an opened picture as large as the pad, on white. @param {OffscreenCanvas | HTMLCanvasElement} canvas */
function showOnPad(canvas) {
  const { width, height } = canvas,
    scale = Math.min(pad.width / width, pad.height / height);
  context.imageSmoothingEnabled = width > pad.width;
  context.drawImage(
    canvas,
    (pad.width - width * scale) / 2,
    (pad.height - height * scale) / 2,
    width * scale,
    height * scale,
  );
}

/** @param {number[][]} stroke @param {number} from */
function drawStroke(stroke, from) {
  for (let i = Math.max(1, from); i < stroke.length; i++) {
    context.lineWidth = stroke[i][2];
    context.beginPath();
    context.moveTo(stroke[i - 1][0], stroke[i - 1][1]);
    context.lineTo(stroke[i][0], stroke[i][1]);
    context.stroke();
  }
}

/** Returns a point of a stroke: x, y and width, which a pen's pressure changes. @param {PointerEvent} event */
function point(event) {
  const box = pad.getBoundingClientRect();
  const width = event.pointerType === 'pen' && event.pressure > 0 ? PEN * (0.5 + event.pressure) : PEN;
  return [
    ((event.clientX - box.left) * pad.width) / box.width,
    ((event.clientY - box.top) * pad.height) / box.height,
    width,
  ];
}

/** @param {OffscreenCanvas | HTMLCanvasElement} canvas */
function read(canvas, aloud = true) {
  const { width, height } = canvas,
    image = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(0, 0, width, height);
  readPicture({ width, height, rgba: image.data.buffer }, aloud);
}

function clear() {
  strokes = [];
  under = null;
  paper();
  clearReading();
}

/** Removes the last stroke, or the opened picture. */
function undo() {
  if (strokes.length) strokes.pop();
  else under = null;
  paper();
  if (under) showOnPad(under);
  for (const stroke of strokes) drawStroke(stroke, 1);
  if (strokes.length || under) read(strokes.length || !under ? pad : under);
  else clearReading();
}

/** @param {OffscreenCanvas | HTMLCanvasElement} canvas */
function take(canvas) {
  strokes = [];
  under = canvas;
  paper();
  showOnPad(canvas);
  read(canvas);
}

/** Reads the digit of a picture, or says why the picture cannot be opened. @param {Blob} file */
export async function readFile(file) {
  try {
    take(await filePicture(file));
  } catch (error) {
    showMessage(/** @type {Error} */ (error).message);
  }
}

async function example() {
  if (!app.data) return showMessage(t('pad.noexample'));
  const index = Math.floor(Math.random() * app.data.valid);
  const { pictures } = await ask({ type: 'pictures', split: 'valid', indices: [index] });
  const canvas = make('canvas');
  showPicture(canvas, pictures[0]);
  take(canvas);
}

export function startPad() {
  paper();
  pad.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || pointer !== null) return;
    if (under) {
      // a new stroke replaces an opened picture
      under = null;
      paper();
    }
    pointer = event.pointerId;
    pad.setPointerCapture(pointer);
    const at = point(event);
    strokes.push([at, [at[0] + 0.01, at[1], at[2]]]);
    drawStroke(strokes[strokes.length - 1], 1);
  });
  pad.addEventListener('pointermove', (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [],
      stroke = strokes[strokes.length - 1],
      from = stroke.length;
    for (const e of events.length ? events : [event]) stroke.push(point(e));
    drawStroke(stroke, from);
    read(pad, false);
  });
  const up = (/** @type {PointerEvent} */ event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    read(pad);
  };
  pad.addEventListener('pointerup', up);
  pad.addEventListener('pointercancel', up);
  byId('pad-clear').addEventListener('click', clear);
  byId('pad-undo').addEventListener('click', undo);
  byId('pad-example').addEventListener('click', orShowError(example));
  for (const id of ['pad-file', 'pad-camera']) {
    const file = /** @type {HTMLInputElement} */ (byId(id));
    file.addEventListener('change', () => {
      if (file.files?.[0]) void readFile(file.files[0]);
      file.value = '';
    });
  }
  addEventListener('paste', (event) => {
    const item = Array.from(event.clipboardData?.files ?? []).find((f) => f.type.startsWith('image/'));
    if (item) {
      event.preventDefault();
      void readFile(item);
    }
  });
}
