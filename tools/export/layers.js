// @ts-check
/**
 * layers.js - the resolved layers of a network, as the core writes them into each checkpoint. ink_model.h describes
 * every field. Model lines are parsed by the core alone.
 */

/**
 * `layers` are the items inside a sequence, a residual or a block; these have no group and no tensors. `path` is
 * missing where PyTorch has no module.
 * @typedef {object} Layer
 * @property {string} type
 * @property {string} [path]
 * @property {number[]} input  [channels, height, width] of one picture, or [values] of a vector
 * @property {number[]} output
 * @property {number} group
 * @property {Record<string, number>} arguments
 * @property {Record<string, number[]>} tensors  shapes by the names in the state dict
 * @property {Layer[]} [layers]
 */

/**
 * Reads the layers from the metadata of a file that this build of the core has written: files of earlier builds have
 * none, so they are opened and saved first.
 * @param {Record<string, string>} metadata
 * @returns {Layer[]}
 */
export function layersOf(metadata) {
  if (metadata.layers === undefined) throw new Error('the file has no resolved layers: open it and save it again');
  return JSON.parse(metadata.layers);
}

/** Lists all layers and the items that hold them, from the outside in. @param {Layer[]} layers @returns {Layer[]} */
export const allLayers = (layers) => layers.flatMap((layer) => [layer, ...allLayers(layer.layers ?? [])]);

/** The beginning of the names of a layer's tensors: its path and a dot. @param {Layer} layer */
export const prefixOf = ({ path }) => (path ? `${path}.` : '');
