// @ts-check
/**
 * protobuf.js - writes fields of Protocol Buffers: numbers, texts and messages of fields. Parts are kept apart until
 * the whole is written, so that tensors are copied once.
 */

/** @typedef {{ parts: Uint8Array[], length: number }} Field */

/** How a field's value is encoded (the wire type). */
const VARINT = 0,
  BYTES = 2,
  FIXED32 = 5;

const utf8 = new TextEncoder();

/** @param {number} value  a whole number, 0 or above */
function varint(value) {
  const out = [];
  for (; value > 127; value = Math.floor(value / 128)) out.push((value % 128) | 128);
  return Uint8Array.from([...out, value]);
}

const lengthOf = (/** @type {{ length: number }[]} */ parts) => parts.reduce((n, { length }) => n + length, 0);

/** @param {number} number  of the field @param {number} kind @param {Uint8Array[]} value @returns {Field} */
function field(number, kind, ...value) {
  const parts = [varint(number * 8 + kind), ...value];
  return { parts, length: lengthOf(parts) };
}

export const whole = (/** @type {number} */ number, /** @type {number} */ value) =>
  field(number, VARINT, varint(value));
export const raw = (/** @type {number} */ number, /** @type {Uint8Array} */ bytes) =>
  field(number, BYTES, varint(bytes.length), bytes);
export const text = (/** @type {number} */ number, /** @type {string} */ value) => raw(number, utf8.encode(value));
export const float = (/** @type {number} */ number, /** @type {number} */ value) =>
  field(number, FIXED32, new Uint8Array(Float32Array.of(value).buffer));

/** A field whose value is a message. @param {number} number @param {Field[]} fields */
export const message = (number, ...fields) =>
  field(number, BYTES, varint(lengthOf(fields)), ...fields.flatMap(({ parts }) => parts));

/** The bytes of a message that is a whole file. @param {Field[]} fields */
export function fileOf(...fields) {
  const out = new Uint8Array(lengthOf(fields));
  let at = 0;
  for (const part of fields.flatMap(({ parts }) => parts)) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
