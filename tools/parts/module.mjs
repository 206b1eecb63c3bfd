// @ts-check
/** module.mjs - a module's sections, and which constants and functions each of its functions names. */
import { Reader, refuse } from './bytes.mjs';

export const TYPES = 1, IMPORTS = 2, FUNCTIONS = 3, TABLES = 4, MEMORIES = 5, GLOBALS = 6, EXPORTS = 7, START = 8, ELEMENTS = 9, COUNT = 12, CODE = 10, DATA = 11;
/** What can be imported and exported. */
export const FUNCTION = 0, TABLE = 1, MEMORY = 2, GLOBAL = 3;

/** @typedef {ReturnType<typeof parse>} Module */

/** @param {Reader} r */
function limits(r) {
  const start = r.at, flags = r.byte(), least = r.number();
  if (flags & 1) r.number();
  return { least, bytes: r.bytes.subarray(start, r.at) };
}

/** A constant expression: `bytes` as they are, `value` of an i32. @param {Reader} r */
function constant(r) {
  const start = r.at, op = r.byte(), value = op === 0x41 || op === 0x42 ? Number(r.signed()) : NaN;
  if (Number.isNaN(value) || r.byte() !== 0x0b) refuse('such a constant');
  return { value, bytes: r.bytes.subarray(start, r.at) };
}

/** @param {Uint8Array} bytes */
export function parse(bytes) {
  /** The others by their names. @type {Map<number | string, Reader>} */
  const sections = new Map();
  for (const r = new Reader(bytes, 8); r.at < bytes.length;) {
    const id = r.byte(), section = new Reader(r.sized());
    sections.set(id || section.text(), section);
  }
  /** @template T @param {number} id @param {(r: Reader) => T} item */
  const items = (id, item) => sections.get(id)?.list(item) ?? [];
  const types = items(TYPES, (r) => {
    if (r.byte() !== 0x60) refuse('such a type');
    return { params: r.sized(), results: r.sized() };
  });
  const imports = items(IMPORTS, (r) => {
    const from = r.text(), field = r.text(), kind = r.byte(), start = r.at;
    const type = kind === FUNCTION ? r.number() : kind === MEMORY ? limits(r).least : refuse('an import that is neither a function nor a memory');
    return { from, field, kind, type, bytes: r.bytes.subarray(start, r.at) };
  });
  const functions = items(FUNCTIONS, (r) => r.number());
  const [table] = items(TABLES, (r) => (r.byte() === 0x70 ? limits(r) : refuse('a table of other things than functions')));
  const [memory] = items(MEMORIES, limits);
  const globals = items(GLOBALS, (r) => ({ type: r.byte(), mutable: r.byte(), value: constant(r).bytes }));
  const exports = items(EXPORTS, (r) => ({ name: r.text(), kind: r.byte(), index: r.number() }));
  const elements = items(ELEMENTS, (r) => (r.number() === 0 ? { offset: constant(r).value, functions: r.list(() => r.number()) } : refuse('such elements')));
  const code = items(CODE, (r) => sizedAt(r));
  const data = items(DATA, (r) => {
    const flags = r.number(), offset = flags === 0 ? constant(r).bytes : flags === 1 ? [] : refuse('data of another memory');
    return { flags, offset, ...sizedAt(r) };
  });
  const imported = imports.filter(({ kind }) => kind === FUNCTION);
  return {
    sections, types, imports, imported, functions, table, memory, globals, exports, elements, code, data, start: sections.get(START)?.number() ?? -1,
    typeOf: (/** @type {number} */ index) => imported[index]?.type ?? functions[index - imported.length],
  };
}

/** Bytes, and where in their section they are. @param {Reader} r */
function sizedAt(r) {
  const bytes = r.sized();
  return { bytes, at: r.at - bytes.length };
}

// ---- what a linker leaves with --emit-relocs (WebAssembly/tool-conventions, Linking.md) ----

/** What a relocation stands for: the place of a function in the table, an address in memory. */
export const TABLE_KINDS = [1, 2], ADDRESS_KINDS = [3, 4, 5];
const SIGNED_ADDRESS = 4, WITH_ADDEND = [...ADDRESS_KINDS, 8, 9, 11, 14, 15, 16];

/** `index` of a function; `segment`, `offset` and `size` of data. @typedef {{ index: number, segment: number, offset: number, size: number }} Symbol */
/** What is named, and where. @typedef {{ kind: number, at: number, symbol: Symbol, addend: number }} Relocation */

/** @param {Reader} r @returns {Symbol} */
function readSymbol(r) {
  const kind = r.byte(), flags = r.number(), defined = !(flags & 0x10), found = { index: -1, segment: -1, offset: 0, size: 0 };
  if (kind === 1) {
    r.text();
    if (defined) [found.segment, found.offset, found.size] = [r.number(), r.number(), r.number()];
  } else {
    found.index = r.number();
    if (kind !== 3 && (defined || flags & 0x40)) r.text();
  }
  return found;
}

/**
 * @param {Module} module
 * @returns {{ code: Relocation[][], data: Relocation[][], constants: Map<number, number> }}  of each function and each
 * segment; and the addresses of the segments that are never written
 */
export function linksOf({ sections, code, data }) {
  const linking = sections.get('linking') ?? refuse('no relocations');
  linking.number(); // version
  /** @type {Symbol[]} */
  let symbols = [];
  /** @type {string[]} */
  let names = [];
  while (linking.at < linking.bytes.length) {
    const kind = linking.byte(), r = new Reader(linking.sized());
    if (kind === 5) names = r.list(() => {
      const segment = r.text();
      void [r.number(), r.number()]; // alignment, flags
      return segment;
    });
    else if (kind === 8) symbols = r.list(readSymbol);
  }
  /** @param {string} section @param {{ at: number, bytes: Uint8Array }[]} parts */
  const relocations = (section, parts) => {
    const r = sections.get(section), of = parts.map(() => /** @type {Relocation[]} */ ([]));
    let part = 0; // they are in order
    r?.number(); // which section
    r?.list(() => {
      const kind = r.byte(), at = r.number(), symbol = symbols[r.number()], addend = WITH_ADDEND.includes(kind) ? Number(r.signed()) : 0;
      while (at >= parts[part].at + parts[part].bytes.length) part++;
      of[part].push({ kind, at: at - parts[part].at, symbol, addend });
    });
    return of;
  };
  const links = { code: relocations('reloc.CODE', code), data: relocations('reloc.DATA', data), constants: new Map() };
  links.code.forEach((found, i) => found.forEach(({ kind, at, symbol: { segment, offset }, addend }) => {
    if (kind === SIGNED_ADDRESS && names[segment]?.startsWith('.rodata')) links.constants.set(segment, Number(new Reader(code[i].bytes, at).signed()) - offset - addend);
  }));
  return links;
}
