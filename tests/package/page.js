/** page.js - a tiny page that trains with the package, to be bundled by Vite or served as it is. */
import { createTrainer } from 'inklearn';

const side = (n) => Uint8Array.from({ length: 784 }, (_, i) => (i % 28 < 14 === (n % 2 === 0) && i % 7 > n % 5 ? 255 : 0));
function* pictures() {
  for (let i = 0; i < 80; i++) yield { class: ['left', 'right'][i % 2], split: i < 60 ? 'train' : 'valid', image: { width: 28, height: 28, grey: side(i) } };
}
const out = document.getElementById('out');
try {
  const trainer = await createTrainer({ threads: Number(new URLSearchParams(location.search).get('threads') ?? 1), arithmetic: 'deterministic' });
  await trainer.load(pictures());
  const fit = trainer.fit({ model: 'mlp', epochs: 4, batch: 16, lr: 0.05 });
  for await (const { epoch, accuracy } of fit) out.textContent += `epoch ${epoch}: ${accuracy}\n`;
  const canvas = document.createElement('canvas'), context = canvas.getContext('2d');
  [canvas.width, canvas.height] = [28, 28];
  context.fillRect(0, 0, 28, 28);
  context.fillStyle = '#fff';
  context.fillRect(16, 0, 12, 28);
  out.textContent += `${(await trainer.predict(canvas, { as: 'picture' })).class}\n${trainer.threads} threads\ndigest ${(await fit).digest}\n`;
  await trainer.dispose();
} catch (error) {
  out.textContent += `failed: ${error.stack}\n`;
}
out.dataset.done = '';
