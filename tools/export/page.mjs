// @ts-check
/**
 * page.mjs - a network as one file of HTML, which reads pictures on any page or disk, without a server
 * and without the net: engine, module and network are inside. The same module reads pictures here and
 * there, so it cannot disagree.
 */
import { readFileSync } from 'node:fs';
import { chooseModule } from '../node/node.mjs';
import { inScript } from './quote.mjs';

/** The page's script, which follows engine.js and photo.js. It uses MODULE and NETWORK, in base64, and CLASSES. */
const SCRIPT = `
const bytesOf = async (base64) => new Uint8Array(await (await fetch('data:application/octet-stream;base64,' + base64)).arrayBuffer());
const byId = (id) => document.getElementById(id);
const engine = await Engine.create(await bytesOf(MODULE));
engine.open(await bytesOf(NETWORK), false);
byId('state').textContent = 'Choose, drop or paste a picture, or draw.';

function show({ probabilities, label, picture }) {
  byId('answer').textContent = CLASSES[label];
  byId('bars').replaceChildren(...CLASSES.map((name, i) => {
    const row = document.createElement('tr'), head = document.createElement('th'), cell = document.createElement('td'), bar = document.createElement('meter');
    head.textContent = name;
    head.scope = 'row';
    bar.value = probabilities[i];
    bar.ariaLabel = name;
    cell.append(bar, ' ' + (100 * probabilities[i]).toFixed(1) + ' %');
    row.dataset.probability = probabilities[i];
    row.append(head, cell);
    return row;
  }));
  const seen = new ImageData(28, 28);
  picture.forEach((v, i) => seen.data.set([v, v, v, 255], 4 * i));
  byId('seen').getContext('2d').putImageData(seen, 0, 0);
}

function readCanvas(canvas) {
  const { width, height } = canvas;
  show(engine.predict(canvas.getContext('2d').getImageData(0, 0, width, height).data, width, height));
}

async function readFile(file) {
  try {
    const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
    if (isForCore(head, file.size)) show(engine.predictPng(new Uint8Array(await file.arrayBuffer()), 'digit'));
    else {
      const photo = await decodePhoto(file), kind = engine.kindOf(head);
      if (!photo) throw new EngineError('data', 'This is no picture that this browser can read' + (kind && ' (' + kind + ')') + '.');
      if (!photo.canvas) throw new EngineError('data', 'This picture has ' + photo.width + ' x ' + photo.height + ' pixels. At most ' + PHOTO_PIXELS_MAX / 1e6 + ' million can be read.');
      readCanvas(photo.canvas);
    }
    byId('state').textContent = file.name || '';
  } catch (error) {
    byId('state').textContent = error instanceof EngineError ? error.message : 'This is no picture that can be read.';
  }
}

const pad = byId('pad'), pen = pad.getContext('2d');
const clear = () => {
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, pad.width, pad.height);
};
clear();
[pen.lineWidth, pen.lineCap, pen.lineJoin] = [20, 'round', 'round'];
const at = ({ clientX, clientY }) => {
  const box = pad.getBoundingClientRect();
  return [(clientX - box.left) * pad.width / box.width, (clientY - box.top) * pad.height / box.height];
};
pad.onpointerdown = (event) => {
  pad.setPointerCapture(event.pointerId);
  pen.beginPath();
  pen.moveTo(...at(event));
};
pad.onpointermove = (event) => {
  if (!pad.hasPointerCapture(event.pointerId)) return;
  pen.lineTo(...at(event));
  pen.stroke();
};
pad.onpointerup = () => readCanvas(pad);
byId('clear').onclick = clear;
byId('file').onchange = ({ target }) => target.files[0] && readFile(target.files[0]);
document.ondragover = (event) => event.preventDefault();
document.ondrop = (event) => {
  event.preventDefault();
  if (event.dataTransfer.files[0]) readFile(event.dataTransfer.files[0]);
};
document.onpaste = ({ clipboardData }) => clipboardData.files[0] && readFile(clipboardData.files[0]);
document.documentElement.dataset.ready = '';
`;

/** @param {import('../../web/core/trainer.js').Trainer} trainer  with the network */
export function predictorPage(trainer) {
  const module = readFileSync(chooseModule({ threads: 1, arithmetic: 'deterministic' }).path).toString('base64'),
    network = Buffer.from(trainer.engine.save(false)).toString('base64');
  const engine = [
    new URL('../../web/core/imports.js', import.meta.url),
    new URL('../../web/core/engine.js', import.meta.url),
    new URL('../../web/core/sources/photo.js', import.meta.url),
  ]
    .map((place) =>
      readFileSync(place, 'utf8')
        .replace(/^export /gm, '')
        .replace(/^import .*/gm, ''),
    )
    .join('');
  return new TextEncoder().encode(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>What is on this picture?</title>
<style>
body { font: 1rem/1.4 system-ui, sans-serif; margin: 1rem auto; max-width: 40rem; padding: 0 1rem; color-scheme: light dark; }
#pad { border: 1px solid; touch-action: none; max-width: 100%; }
#seen { image-rendering: pixelated; width: 112px; height: 112px; }
#answer { font-size: 2rem; }
th { text-align: right; padding-right: .5rem; }
td { font-variant-numeric: tabular-nums; }
</style>
<h1>What is on this picture?</h1>
<p><label>A picture: <input type="file" id="file" accept="image/*"></label> <button id="clear">Clear</button></p>
<p id="state" role="status">Starting</p>
<p><canvas id="pad" width="280" height="280" aria-label="Draw here"></canvas></p>
<p>It looks like <strong id="answer"></strong>. This is what the network sees: <canvas id="seen" width="28" height="28"></canvas></p>
<table id="bars"></table>
<p>Nothing leaves this device. Made with Inklearn.</p>
<script type="module">
const CLASSES = ${inScript(trainer.engine.classes())}, NETWORK = '${network}', MODULE = '${module}';
${engine}
${SCRIPT}</script>
</html>
`);
}
