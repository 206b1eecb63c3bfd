/** use.ts - the API as its declarations promise it; it is compiled, strictly, and not run. */
import {
  createTrainer,
  DataError,
  InklearnError,
  type ArrayData,
  type Epoch,
  type Fit,
  type LabelledPicture,
  type Trainer,
} from 'inklearn';

export async function use(files: FileList, stream: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<number> {
  await using trainer: Trainer = await createTrainer({ threads: 'auto', seed: 1, signal });
  const arrays: ArrayData = {
    train: new Uint8Array(784),
    trainLabels: [0],
    valid: new Uint8Array(784),
    validLabels: Uint8Array.of(1),
  };
  async function* pictures(): AsyncGenerator<LabelledPicture> {
    yield { class: 'cat', split: 'valid', image: new Blob() };
  }
  for (const source of [
    files,
    stream,
    arrays,
    pictures(),
    'a.zip',
    new URL('https://a/b'),
    new Response(),
    new Uint8Array(),
  ])
    await trainer.load(source, { signal });
  try {
    await trainer.load('x', { name: 'x' });
  } catch (error) {
    if (error instanceof DataError) console.log(error.problems[0].path, error.code);
    if (!(error instanceof InklearnError)) throw error;
  }
  const { parameters, layers } = await trainer.model('cnn');
  trainer.addEventListener('step', ({ detail: { loss, lr, step } }) => console.log(loss + lr + step));
  const fit: Fit = trainer.fit({
    epochs: 3,
    batch: 64,
    lr: '1e-5:1e-3',
    optimizer: 'fastai_adam',
    schedule: 'one_cycle',
    augment: 'fastai,-flip',
    weightDecay: 0.01,
    signal,
  });
  let last: Epoch | undefined;
  for await (const epoch of fit) last = epoch;
  const { reason, digest }: { reason: 'finished' | 'stopped'; digest: string } = await fit;
  const { suggestions } = await trainer.lrFind({ steps: 50 });
  const [worst] = await trainer.topLosses(1, { actual: 4, predicted: 9 });
  const [pair] = await trainer.mostConfused(2);
  const { label, probabilities } = await trainer.predict(new ImageData(28, 28));
  const checkpoint: Uint8Array = await trainer.save({ weightsOnly: true });
  await trainer.loadCheckpoint(checkpoint);
  for await (const { accuracy } of trainer.resumeFrom(checkpoint)) console.log(accuracy);
  // @ts-expect-error there is no such setting
  trainer.fit({ batchSize: 3 });
  // @ts-expect-error nor such a source
  await trainer.load(3);
  // @ts-expect-error it is made by createTrainer
  type Made = InstanceType<typeof Trainer>;
  return (
    parameters +
    layers.length +
    (last?.confusion[0] ?? 0) +
    reason.length +
    digest.length +
    (suggestions?.valley ?? 0) +
    worst.loss +
    pair.count +
    label +
    probabilities[0] +
    (await trainer.confusion())[0] +
    (await trainer.evaluate()).accuracy
  );
}
