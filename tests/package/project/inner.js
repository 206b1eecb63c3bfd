/** inner.js - a worker of the page that uses the package itself. */
import { createTrainer } from 'inklearn';

self.onmessage = async ({ data: checkpoint }) => {
  const trainer = await createTrainer({ threads: 1 });
  await trainer.loadCheckpoint(checkpoint);
  const right = Uint8Array.from({ length: 784 }, (_, i) => (i % 28 < 14 ? 0 : 255));
  self.postMessage((await trainer.predict({ width: 28, height: 28, grey: right }, { as: 'picture' })).class);
  await trainer.dispose();
};
