// @ts-check
/**
 * layers.js - the resolved layers of a network, as the core writes them into each checkpoint. ink_model.h describes
 * every field. Model lines are parsed by the core alone.
 */

/** @typedef {import('../../web/core/protocol.js').ResolvedLayer} Layer */

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
