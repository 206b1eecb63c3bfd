/** page.js - a tiny page that trains with the package, to be bundled by Vite or served as it is. */
import { createTrainer } from 'inklearn';

const side = (n) =>
  Uint8Array.from({ length: 784 }, (_, i) => (i % 28 < 14 === (n % 2 === 0) && i % 7 > n % 5 ? 255 : 0));
function* pictures() {
  for (let i = 0; i < 80; i++)
    yield {
      class: ['left', 'right'][i % 2],
      split: i < 60 ? 'train' : 'valid',
      image: { width: 28, height: 28, grey: side(i) },
    };
}
const out = document.getElementById('out');
try {
  const trainer = await createTrainer({
    threads: Number(new URLSearchParams(location.search).get('threads') ?? 1),
    arithmetic: 'deterministic',
  });
  const { train, classes } = await trainer.load('small.tar.gz'); // from beside the page
  out.textContent += `${train} pictures of ${classes}\n`;
  const [zipped] = await Promise.all([fetch('small.zip').then((response) => response.blob())]);
  out.textContent += `${(await trainer.load(zipped)).train} zipped\n`;
  await trainer.load(pictures());
  const fit = trainer.fit({ model: 'mlp', epochs: 4, batch: 16, lr: 0.05 });
  for await (const { epoch, accuracy } of fit) out.textContent += `epoch ${epoch}: ${accuracy}\n`;
  const canvas = document.createElement('canvas'),
    context = canvas.getContext('2d');
  [canvas.width, canvas.height] = [28, 28];
  context.fillRect(0, 0, 28, 28);
  context.fillStyle = '#fff';
  context.fillRect(16, 0, 12, 28);
  out.textContent += `${(await trainer.predict(canvas, { as: 'picture' })).class}\n${trainer.threads} threads\ndigest ${(await fit).digest}\n`;
  const png = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 1));
  out.textContent += `${(await trainer.predict(png, { as: 'picture' })).class} from a JPEG\n`;
  const inner = new Worker(new URL('./inner.js', import.meta.url), { type: 'module' });
  inner.postMessage(await trainer.save());
  out.textContent += `a worker says ${await new Promise((resolve) => {
    inner.onmessage = ({ data }) => resolve(data);
    inner.onerror = ({ message }) => resolve(message);
  })}\n`;
  await trainer.dispose();
} catch (error) {
  out.textContent += `failed: ${error.stack}\n`;
}
out.dataset.done = '';
