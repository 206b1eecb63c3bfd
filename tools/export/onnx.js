// @ts-check
/**
 * onnx.js - a network as an ONNX file, opset 17, whose input is the pictures' own bytes: what is done to
 * them before the first layer is in the graph, and the names of the classes are in the file, so that
 * nobody can read it in another way. Batch norm is as validation sees it.
 *
 *   pictures       u8 [N, 1, 28, 28], light ink on black
 *   logits         f32 [N, classes]
 *   probabilities  f32 [N, classes], softmax of them over the network's temperature
 */
import { readLine } from './line.js';
import { classesOf, readSafetensors } from './safetensors.js';

/** @typedef {{ parts: Uint8Array[], length: number }} Bytes */
/** @typedef {import('./line.js').Layer} Layer */

// ---- protobuf: fields of numbers, texts and messages ----

const utf8 = new TextEncoder();
const VARINT = 0,
  BYTES = 2,
  FIXED32 = 5;

/** @param {number} value  a whole number, 0 or above */
function varint(value) {
  const out = [];
  for (; value > 127; value = Math.floor(value / 128)) out.push((value % 128) | 128);
  return Uint8Array.from([...out, value]);
}

/** @param {number} field @param {number} kind @param {Uint8Array[]} parts @returns {Bytes} */
function put(field, kind, ...parts) {
  const all = [varint(field * 8 + kind), ...parts];
  return { parts: all, length: all.reduce((n, p) => n + p.length, 0) };
}
const whole = (/** @type {number} */ field, /** @type {number} */ value) => put(field, VARINT, varint(value));
const text = (/** @type {number} */ field, /** @type {string} */ value) => raw(field, utf8.encode(value));
const raw = (/** @type {number} */ field, /** @type {Uint8Array} */ bytes) =>
  put(field, BYTES, varint(bytes.length), bytes);
const float = (/** @type {number} */ field, /** @type {number} */ value) =>
  put(field, FIXED32, new Uint8Array(Float32Array.of(value).buffer));

/** @param {number} field @param {Bytes[]} fields */
const message = (field, ...fields) =>
  put(field, BYTES, varint(fields.reduce((n, f) => n + f.length, 0)), ...fields.flatMap((f) => f.parts));

// ---- onnx.proto: the numbers of its fields ----

const FLOAT = 1,
  UINT8 = 2,
  INT64 = 7;

/** Of a node: floats have a point in what they mean, all else is whole. @param {string} name @param {number | number[]} value @param {boolean} isFloat */
function attribute(name, value, isFloat) {
  if (Array.isArray(value)) return message(5, text(1, name), ...value.map((v) => whole(8, v)), whole(20, 7));
  return message(5, text(1, name), isFloat ? float(2, value) : whole(3, value), whole(20, isFloat ? 1 : 2));
}

/** @param {string} name @param {number} type @param {number[]} shape @param {Uint8Array} bytes */
const initializer = (name, type, shape, bytes) =>
  message(5, ...shape.map((d) => whole(1, d)), whole(2, type), text(8, name), raw(9, bytes));

/** @param {number} field @param {string} name @param {number} type @param {number[]} shape  behind the batch */
const value = (field, name, type, shape) =>
  message(
    field,
    text(1, name),
    message(
      2,
      message(1, whole(1, type), message(2, message(1, text(2, 'N')), ...shape.map((d) => message(1, whole(1, d))))),
    ),
  );

/** The graph while it grows: each layer takes the name of its input and gives that of its output. */
class Graph {
  /** @type {Bytes[]} */
  nodes = [];
  /** @type {Bytes[]} */
  constants = [];
  #count = 0;
  #tensors;

  /** @param {Map<string, import('./safetensors.js').Tensor>} tensors */
  constructor(tensors) {
    this.#tensors = tensors;
  }

  /** @param {string} type @param {string[]} inputs @param {Record<string, number | number[]>} [whole] @param {Record<string, number>} [floats] @param {string} [output] @returns {string} */
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

  /** @param {string} name */
  tensor(name) {
    const { shape, bytes } = /** @type {import('./safetensors.js').Tensor} */ (this.#tensors.get(name));
    this.constants.push(initializer(name, FLOAT, shape, bytes));
    return name;
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

/** What flows between layers: a name, and how high and wide a channel is (1 where it is flat). @typedef {{ name: string, side: number, channels: number }} Flow */

const outputSide = (
  /** @type {number} */ side,
  /** @type {number} */ kernel,
  /** @type {number} */ stride,
  /** @type {number} */ pad,
) => Math.floor((side + 2 * pad - kernel) / stride) + 1;

/** @param {Graph} g @param {Flow} x @param {string} name @param {number} filters @param {number} kernel @param {number} stride @param {number} pad @param {boolean} bias @returns {Flow} */
function conv(g, x, name, filters, kernel, stride, pad, bias) {
  const inputs = [x.name, g.tensor(`${name}weight`), ...(bias ? [g.tensor(`${name}bias`)] : [])];
  return {
    name: g.add('Conv', inputs, {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    }),
    side: outputSide(x.side, kernel, stride, pad),
    channels: filters,
  };
}

/** @param {Graph} g @param {Flow} x @param {string} name @param {number} [epsilon] @returns {Flow} */
const norm = (g, x, name, epsilon = 1e-5) => ({
  ...x,
  name: g.add(
    'BatchNormalization',
    [x.name, ...['weight', 'bias', 'running_mean', 'running_var'].map((t) => g.tensor(name + t))],
    {},
    { epsilon },
  ),
});

/** @param {Graph} g @param {Flow} x @returns {Flow} */
const relu = (g, x) => ({ ...x, name: g.add('Relu', [x.name]) });
/** @param {Graph} g @param {Flow} a @param {Flow} b @returns {Flow} */
const sum = (g, a, b) => ({ ...a, name: g.add('Add', [a.name, b.name]) });

/** torchvision's basic block. @param {Graph} g @param {Flow} x @param {string} name @param {number} filters @param {number} stride */
function block(g, x, name, filters, stride) {
  let y = relu(g, norm(g, conv(g, x, `${name}conv1.`, filters, 3, stride, 1, false), `${name}bn1.`));
  y = norm(g, conv(g, y, `${name}conv2.`, filters, 3, 1, 1, false), `${name}bn2.`);
  const same = stride === 1 && x.channels === filters;
  return relu(
    g,
    sum(
      g,
      y,
      same ? x : norm(g, conv(g, x, `${name}downsample.0.`, filters, 1, stride, 0, false), `${name}downsample.1.`),
    ),
  );
}

/** PyTorch's: bin i of n is from floor(i side / n) up to ceil((i + 1) side / n). @param {Graph} g @param {Flow} x @param {'Max' | 'Average'} kind @param {number} out @returns {Flow} */
function adaptivePool(g, x, kind, out) {
  if (out === 1) return { ...x, side: 1, name: g.add(`Global${kind}Pool`, [x.name]) };
  const bins = [...Array(out).keys()].map((i) => [Math.floor((i * x.side) / out), Math.ceil(((i + 1) * x.side) / out)]);
  const rows = bins.map(([top, bottom]) =>
    g.add(
      'Concat',
      bins.map(([left, right]) => {
        const part = g.add('Slice', [x.name, g.indices([top, left]), g.indices([bottom, right]), g.indices([2, 3])]);
        return g.add(`Global${kind}Pool`, [part]);
      }),
      { axis: 3 },
    ),
  );
  return { ...x, side: out, name: g.add('Concat', rows, { axis: 2 }) };
}

/** @param {Graph} g @param {Flow} x @param {Layer} layer @returns {Flow} */
function addLayer(g, x, { word, name, args: a, branches }) {
  switch (word) {
    case 'rgb':
      return { ...x, channels: 3, name: g.add('Concat', [x.name, x.name, x.name], { axis: 1 }) };
    case 'flatten':
      return { name: g.add('Flatten', [x.name], { axis: 1 }), side: 1, channels: x.channels * x.side * x.side };
    case 'linear':
      return {
        ...x,
        channels: a.outputs,
        name: g.add('Gemm', [x.name, g.tensor(`${name}weight`), ...(a.bias ? [g.tensor(`${name}bias`)] : [])], {
          transB: 1,
        }),
      };
    case 'conv':
      return conv(g, x, name, a.filters, a.kernel, a.stride, a.pad, Boolean(a.bias));
    case 'bn':
      return norm(g, x, name, a.eps);
    case 'relu':
      return relu(g, x);
    case 'dropout':
      return x;
    case 'maxpool':
    case 'avgpool': {
      const stride = a.stride || a.kernel,
        shape = { kernel_shape: [a.kernel, a.kernel], strides: [stride, stride], pads: [a.pad, a.pad, a.pad, a.pad] };
      const pooled =
        word === 'maxpool'
          ? g.add('MaxPool', [x.name], shape)
          : g.add('AveragePool', [x.name], { ...shape, count_include_pad: 1 });
      return { ...x, name: pooled, side: outputSide(x.side, a.kernel, stride, a.pad) };
    }
    case 'adaptivemaxpool':
      return adaptivePool(g, x, 'Max', a.out);
    case 'adaptiveavgpool':
      return adaptivePool(g, x, 'Average', a.out);
    case 'concatpool':
      return {
        side: 1,
        channels: 2 * x.channels,
        name: g.add('Concat', [g.add('GlobalMaxPool', [x.name]), g.add('GlobalAveragePool', [x.name])], { axis: 1 }),
      };
    case 'block':
      return { ...block(g, x, name, a.filters, a.stride) };
    case 'residual': {
      const [y, shortcut] = /** @type {Layer[][]} */ (branches).map((layers) =>
        layers.reduce((flow, layer) => addLayer(g, flow, layer), x),
      );
      return sum(g, y, shortcut);
    }
    default:
      throw new Error(`${word} has no form in ONNX yet`);
  }
}

/**
 * @param {Uint8Array} checkpoint  a safetensors file of the core
 * @returns {Uint8Array} an ONNX file
 */
export function toOnnx(checkpoint) {
  const { metadata, tensors } = readSafetensors(checkpoint),
    classes = classesOf(metadata),
    g = new Graph(tensors);
  const cast = g.add('Cast', ['pictures'], { to: FLOAT });
  /** @type {Flow} */
  let x = { name: g.add('Div', [cast, g.scalar(255)]), side: 28, channels: 1 };
  for (const layer of readLine(metadata.line, classes.length)) x = addLayer(g, x, layer);
  g.add('Identity', [x.name], {}, {}, 'logits');
  const temperature = Number(/^temperature=(.*)$/m.exec(metadata.settings)?.[1] ?? 1);
  g.add(
    'Softmax',
    [temperature === 1 ? 'logits' : g.add('Div', ['logits', g.scalar(temperature)])],
    { axis: 1 },
    {},
    'probabilities',
  );

  const facts = {
    model: metadata.line,
    classes: JSON.stringify(classes),
    build: metadata.build,
    preprocessing: 'pictures: u8 [N, 1, 28, 28], grey, light ink on black; the graph divides by 255',
  };
  const { parts, length } = message(
    7,
    ...g.nodes,
    text(2, 'inklearn'),
    ...g.constants,
    value(11, 'pictures', UINT8, [1, 28, 28]),
    value(12, 'logits', FLOAT, [classes.length]),
    value(12, 'probabilities', FLOAT, [classes.length]),
  );
  const rest = [
    whole(1, 8),
    text(2, 'inklearn'),
    message(8, text(1, ''), whole(2, 17)),
    ...Object.entries(facts).map(([key, fact]) => message(14, text(1, key), text(2, fact))),
  ];
  const out = new Uint8Array(length + rest.reduce((n, r) => n + r.length, 0));
  let at = 0;
  for (const part of [...rest.flatMap((r) => r.parts), ...parts]) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
