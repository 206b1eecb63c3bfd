// @ts-check
/** host.mjs - a host in Node, for whichever thread. */
import { createHost } from '../../web/core/host.js';
import { sourceEntries } from '../../web/core/sources/sources.js';
import { createTrainer, DECODERS, pathEntries } from '../node/node.mjs';

/**
 * @param {import('../../web/core/variants.js').Wish} wish
 * @param {(report: import('../../web/core/protocol.js').Report, transfer: Transferable[]) => void} send
 */
export function startHost({ threads, arithmetic }, send) {
  const trainer = createTrainer({ threads, arithmetic });
  /** @param {any} source @param {AbortSignal} signal */
  const entriesOf = async (source, signal) =>
    source.kind === 'path' ? pathEntries(source.path) : sourceEntries(source, DECODERS, signal);
  return {
    answer: createHost(trainer, send, entriesOf),
    close: () =>
      void trainer.then(
        ({ engine }) => engine.close(),
        () => {},
      ),
  };
}
