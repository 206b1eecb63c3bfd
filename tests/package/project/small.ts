/** small.ts - a program that uses nothing of the platform; it is compiled, strictly, and not run. */
import { createTrainer, DataError, type Step, type Trainer } from 'inklearn';

export async function use(): Promise<number> {
  const trainer: Trainer = await createTrainer({ threads: 1 });
  try {
    await trainer.load('digits.zip');
  } catch (error) {
    if (error instanceof DataError) return error.problems.length;
  }
  const steps: Step[] = [];
  trainer.addEventListener('step', ({ detail }) => {
    steps.push(detail);
  });
  // @ts-expect-error a step has no such field
  trainer.addEventListener('step', ({ detail }) => detail.lossOfNothing);
  // @ts-expect-error a number is no source
  await trainer.load(3);
  for await (const { accuracy } of trainer.fit({ epochs: 1 })) steps.length = Math.round(accuracy);
  return (await trainer.confusion())[0];
}
