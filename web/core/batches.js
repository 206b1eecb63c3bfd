// @ts-check
/**
 * batches.js - sends many files to a worker, a batch at a time. Copying one file into a message takes the sending
 * thread up to a millisecond, so a message with a whole folder would block a page for seconds. The worker asks for the
 * next batch when it has received one (sources/listed.js).
 */
/** Files in one message. */
export const BATCH = 32;

/** `file` is null where it could not be read. @typedef {{ path: string, file: File | null }} Listed */

/**
 * @param {(from: number, to: number) => Promise<Listed[]>} filesAt  returns the files from one number up to another
 * @returns {MessagePort} for a source of kind `batches`
 */
export function serveFiles(filesAt) {
  const { port1, port2 } = new MessageChannel();
  let sent = 0;
  port1.onmessage = async () => {
    try {
      const files = await filesAt(sent, sent + BATCH);
      sent += files.length;
      port1.postMessage({ files });
    } catch (error) {
      port1.postMessage({ error: error instanceof Error ? error.message : String(error) });
    }
  };
  return port2;
}
