// @ts-check
/**
 * safetensors.js - reads a file that the core has just written: a header of JSON, and the numbers behind it. Files from
 * elsewhere are read by the core alone.
 */

/** @typedef {{ dtype: string, shape: number[], bytes: Uint8Array }} Tensor */

/**
 * Reads metadata and tensors, without the optimiser's state. The bytes of a tensor are a view of the file.
 * @param {Uint8Array} file
 * @returns {{ metadata: Record<string, string>, tensors: Map<string, Tensor> }}
 */
export function readSafetensors(file) {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true)),
    data = 8 + length;
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(new TextDecoder().decode(file.subarray(8, data)));
  const tensors = new Map();
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [from, to],
    },
  ] of Object.entries(entries))
    if (!name.startsWith('optimizer.'))
      tensors.set(name, { dtype, shape, bytes: file.subarray(data + from, data + to) });
  return { metadata, tensors };
}

/** The names of the classes: in the metadata, each ends with a line feed. @param {Record<string, string>} metadata */
export const classesOf = (metadata) => metadata.classes.split('\n').slice(0, -1);
