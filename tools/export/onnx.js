// @ts-check
/**
 * onnx.js - a network as an ONNX file, opset 17. Its input is the pictures' own bytes: the graph contains what is done
 * to them before the first layer, and the file has the names of the classes, so that it can be read in one way only.
 * Batch norm uses its running statistics, as in validation.
 *
 *   pictures       u8 [N, 1, 28, 28], light ink on black
 *   logits         f32 [N, classes]
 *   probabilities  f32 [N, classes], softmax of the logits over the network's temperature
 */
import { layersOf, prefixOf } from './layers.js';
import { fileOf, float, message, raw, text, whole } from './protobuf.js';
import { classesOf, readSafetensors } from './safetensors.js';

/** @typedef {import('./layers.js').Layer} Layer */
/** @typedef {import('./protobuf.js').Field} Field */

// ---- onnx.proto: the numbers of its fields ----

/** Types of tensors. */
const FLOAT = 1,
  UINT8 = 2,
  INT64 = 7;
/** Types of attributes. */
const ATTRIBUTE_FLOAT = 1,
  ATTRIBUTE_INT = 2,
  ATTRIBUTE_INTS = 7;

/** An attribute of a node. @param {string} name @param {number | number[]} value @param {boolean} isFloat */
function attribute(name, value, isFloat) {
  if (Array.isArray(value))
    return message(5, text(1, name), ...value.map((v) => whole(8, v)), whole(20, ATTRIBUTE_INTS));
  return message(
    5,
    text(1, name),
    isFloat ? float(2, value) : whole(3, value),
    whole(20, isFloat ? ATTRIBUTE_FLOAT : ATTRIBUTE_INT),
  );
}

/** A constant. @param {string} name @param {number} type @param {number[]} shape @param {Uint8Array} bytes */
const initializer = (name, type, shape, bytes) =>
  message(5, ...shape.map((d) => whole(1, d)), whole(2, type), text(8, name), raw(9, bytes));

/**
 * An input or output of the graph, whose first dimension is the batch, N.
 * @param {number} number  of the field @param {string} name @param {number} type @param {number[]} shape
 */
const value = (number, name, type, shape) =>
  message(
    number,
    text(1, name),
    message(
      2,
      message(1, whole(1, type), message(2, message(1, text(2, 'N')), ...shape.map((d) => message(1, whole(1, d))))),
    ),
  );

// ---- the graph ----

/** The graph while it grows: nodes take the names of their inputs and return the name of their output. */
class Graph {
  /** @type {Field[]} */
  nodes = [];
  /** @type {Field[]} */
  constants = [];
  #count = 0;
  #tensors;

  /** @param {Map<string, import('./safetensors.js').Tensor>} tensors */
  constructor(tensors) {
    this.#tensors = tensors;
  }

  /**
   * Adds a node.
   * @param {string} type
   * @param {string[]} inputs
   * @param {Record<string, number | number[]>} [whole]  attributes that are whole numbers
   * @param {Record<string, number>} [floats]  attributes that are floats
   * @param {string} [output]
   * @returns {string} the name of its output
   */
  add(type, inputs, whole = {}, floats = {}, output = `${type.toLowerCase()}_${this.#count++}`) {
    this.nodes.push(
      message(
        1,
        ...inputs.map((name) => text(1, name)),
        text(2, output),
        text(3, output),
        text(4, type),
        ...Object.entries(whole).map(([name, v]) => attribute(name, v, false)),
        ...Object.entries(floats).map(([name, v]) => attribute(name, v, true)),
      ),
    );
    return output;
  }

  /** Adds tensors of a layer, by their own names, such as 'weight'. @param {Layer} layer @param {string[]} names */
  tensors(layer, ...names) {
    return names.map((name) => {
      const full = prefixOf(layer) + name;
      const { shape, bytes } = /** @type {import('./safetensors.js').Tensor} */ (this.#tensors.get(full));
      this.constants.push(initializer(full, FLOAT, shape, bytes));
      return full;
    });
  }

  /** @param {number[]} values */
  indices(values) {
    const name = `indices_${this.#count++}`;
    this.constants.push(
      initializer(name, INT64, [values.length], new Uint8Array(BigInt64Array.from(values, BigInt).buffer)),
    );
    return name;
  }

  /** @param {number} v */
  scalar(v) {
    const name = `scalar_${this.#count++}`;
    this.constants.push(initializer(name, FLOAT, [], new Uint8Array(Float32Array.of(v).buffer)));
    return name;
  }
}

// ---- layers ----

/** Weight and, where there is one, bias. @param {Graph} g @param {Layer} layer */
const weights = (g, layer) => g.tensors(layer, 'weight', ...(layer.arguments.bias ? ['bias'] : []));

/** Attributes of a window that moves over the picture. @param {Layer} layer */
const windowOf = ({ arguments: { kernel, stride, pad } }) => ({
  kernel_shape: [kernel, kernel],
  strides: [stride, stride],
  pads: [pad, pad, pad, pad],
});

/**
 * PyTorch's adaptive pooling: bin i of n is from floor(i size / n) up to ceil((i + 1) size / n).
 * @param {Graph} g @param {string} x @param {Layer} layer @param {'Max' | 'Average'} kind
 */
function adaptivePool(g, x, { input: [, height, width], arguments: { out } }, kind) {
  if (out === 1) return g.add(`Global${kind}Pool`, [x]);
  const bins = (/** @type {number} */ size) =>
    [...Array(out).keys()].map((i) => [Math.floor((i * size) / out), Math.ceil(((i + 1) * size) / out)]);
  const rows = bins(height).map(([top, bottom]) =>
    g.add(
      'Concat',
      bins(width).map(([left, right]) => {
        const part = g.add('Slice', [x, g.indices([top, left]), g.indices([bottom, right]), g.indices([2, 3])]);
        return g.add(`Global${kind}Pool`, [part]);
      }),
      { axis: 3 },
    ),
  );
  return g.add('Concat', rows, { axis: 2 });
}

/** The sum of the two sequences inside a layer. @param {Graph} g @param {string} x @param {Layer} layer */
const sumOf = (g, x, { layers = [] }) =>
  g.add(
    'Add',
    layers.map((branch) => addLayer(g, x, branch)),
  );

/**
 * Each type of layer adds its nodes behind `x` and returns the name of its output.
 * @type {Record<string, (g: Graph, x: string, layer: Layer) => string>}
 */
const LAYERS = {
  rgb: (g, x, { input, output }) => (input[0] === output[0] ? x : g.add('Concat', [x, x, x], { axis: 1 })),
  flatten: (g, x) => g.add('Flatten', [x], { axis: 1 }),
  linear: (g, x, layer) => g.add('Gemm', [x, ...weights(g, layer)], { transB: 1 }),
  conv: (g, x, layer) => g.add('Conv', [x, ...weights(g, layer)], windowOf(layer)),
  bn: (g, x, layer) =>
    g.add(
      'BatchNormalization',
      [x, ...g.tensors(layer, 'weight', 'bias', 'running_mean', 'running_var')],
      {},
      { epsilon: layer.arguments.eps },
    ),
  relu: (g, x) => g.add('Relu', [x]),
  dropout: (_, x) => x,
  maxpool: (g, x, layer) => g.add('MaxPool', [x], windowOf(layer)),
  avgpool: (g, x, layer) => g.add('AveragePool', [x], { ...windowOf(layer), count_include_pad: 1 }),
  adaptivemaxpool: (g, x, layer) => adaptivePool(g, x, layer, 'Max'),
  adaptiveavgpool: (g, x, layer) => adaptivePool(g, x, layer, 'Average'),
  concatpool: (g, x) => g.add('Concat', [g.add('GlobalMaxPool', [x]), g.add('GlobalAveragePool', [x])], { axis: 1 }),
  sequence: (g, x, { layers = [] }) => layers.reduce((y, layer) => addLayer(g, y, layer), x),
  residual: sumOf,
  block: (g, x, layer) => g.add('Relu', [sumOf(g, x, layer)]),
};

/** @param {Graph} g @param {string} x @param {Layer} layer @returns {string} */
function addLayer(g, x, layer) {
  const add = LAYERS[layer.type];
  if (!add) throw new Error(`${layer.type} has no form in ONNX yet`);
  return add(g, x, layer);
}

/**
 * @param {Uint8Array} checkpoint  a safetensors file that the core has just written
 * @returns {Uint8Array} an ONNX file
 */
export function toOnnx(checkpoint) {
  const { metadata, tensors } = readSafetensors(checkpoint),
    classes = classesOf(metadata),
    layers = layersOf(metadata),
    g = new Graph(tensors);
  const pixels = g.add('Div', [g.add('Cast', ['pictures'], { to: FLOAT }), g.scalar(255)]);
  const last = layers.reduce((x, layer) => addLayer(g, x, layer), pixels);
  g.add('Identity', [last], {}, {}, 'logits');
  const temperature = Number(/^temperature=(.*)$/m.exec(metadata.settings)?.[1] ?? 1);
  g.add(
    'Softmax',
    [temperature === 1 ? 'logits' : g.add('Div', ['logits', g.scalar(temperature)])],
    { axis: 1 },
    {},
    'probabilities',
  );

  const shape = layers[0].input;
  const facts = {
    model: metadata.line,
    classes: JSON.stringify(classes),
    build: metadata.build,
    preprocessing: `pictures: u8 [N, ${shape.join(', ')}], grey, light ink on black; the graph divides by 255`,
  };
  const graph = message(
    7,
    ...g.nodes,
    text(2, 'inklearn'),
    ...g.constants,
    value(11, 'pictures', UINT8, shape),
    value(12, 'logits', FLOAT, [classes.length]),
    value(12, 'probabilities', FLOAT, [classes.length]),
  );
  return fileOf(
    whole(1, 8), // of the format
    text(2, 'inklearn'),
    message(8, text(1, ''), whole(2, 17)), // the opset
    ...Object.entries(facts).map(([key, fact]) => message(14, text(1, key), text(2, fact))),
    graph,
  );
}
