// @ts-check
/**
 * split.mjs - a WebAssembly module in two parts: what the first training step needs, and the rest, which may arrive
 * later. Binaryen's wasm-split does the same, but that of Debian 12 (108) knows no relaxed SIMD, and leaves all
 * constants in the first part.
 *
 * The first part has everything but the other functions' code, and the constants that only they name. Where it calls
 * one of those, a function in its place asks the host for the rest (`env.rest`) unless that is there (`there`), and
 * goes on through the table. The rest is an instance of its own on the same memory, table and globals; its code is the
 * same but for indices.
 */
import { assemble, list, name, refuse, signed, sized, unsigned } from './bytes.mjs';
import { rewrite } from './code.mjs';
import { ADDRESS_KINDS, CODE, COUNT, DATA, ELEMENTS, EXPORTS, FUNCTION, FUNCTIONS, GLOBAL, GLOBALS, IMPORTS, linksOf, MEMORIES, MEMORY, parse, START, TABLE, TABLES, TABLE_KINDS, TYPES } from './module.mjs';

/** @typedef {import('./bytes.mjs').Bytes} Bytes */
/** @typedef {import('./module.mjs').Module} Module */
/** Some of the table. @typedef {{ offset: number, functions: number[] }} Run */
/** Constants that the first part does not name. @typedef {{ segment: number, from: number, to: number, address: number }} Hole */

const I32 = 0x7f, FUNCREF = 0x70, NO_VALUE = 0x40, END = 0x0b;
/** Instructions. */
const IF = 0x04, CALL = 0x10, CALL_INDIRECT = 0x11, LOCAL_GET = 0x20, GLOBAL_GET = 0x23, I32_CONST = 0x41, I32_EQZ = 0x45;
/** Constants with fewer bytes than this between them stay together: each piece has a head. */
const LEAST_HOLE = 16;

/** @param {number} value */
const constant = (value) => [I32_CONST, signed(value), END];

/** A section as it was. @param {Module} module @param {number} id @returns {readonly [number, Bytes] | null} */
function whole({ sections }, id) {
  const section = sections.get(id);
  return section ? [id, section.bytes] : null;
}

const importsOf = (/** @type {Module} */ { imports }) => imports.map(({ from, field, kind, bytes }) => [name(from), name(field), kind, bytes]);

/** @param {Module['exports']} exports @param {(index: number) => number} func */
const exportsOf = (exports, func) => exports.map(({ name: of, kind, index }) => [name(of), kind, unsigned(kind === FUNCTION ? func(index) : index)]);

/** @param {Run[]} runs @param {(index: number) => number} func */
const elementsOf = (runs, func) => list(runs.map(({ offset, functions }) => [0, constant(offset), list(functions.map((i) => unsigned(func(i))))]));

/** The module, which calls `env.hit` with the index of each function that is entered. @param {Uint8Array} bytes */
export function instrument(bytes) {
  const module = parse(bytes), { types, imported, exports, elements, code, start } = module, hit = imported.length;
  const func = (/** @type {number} */ index) => (index < hit ? index : index + 1);
  return assemble([
    [TYPES, list([...types, { params: Uint8Array.of(I32), results: [] }].map(({ params, results }) => [0x60, sized(params), sized(results)]))],
    [IMPORTS, list([...importsOf(module), [name('env'), name('hit'), FUNCTION, unsigned(types.length)]])],
    ...[FUNCTIONS, TABLES, MEMORIES, GLOBALS].map((id) => whole(module, id)),
    [EXPORTS, list(exportsOf(exports, func))],
    start < 0 ? null : [START, unsigned(func(start))],
    [ELEMENTS, elementsOf(elements, func)],
    whole(module, COUNT),
    [CODE, list(code.map(({ bytes: of }, i) => rewrite(of, { func, begin: [I32_CONST, signed(i + hit), CALL, unsigned(hit)] })))],
    whole(module, DATA),
  ]);
}

/** The slots of the table that some functions have. @param {Run[]} elements @param {(index: number) => boolean} wanted @returns {Run[]} */
function runsOf(elements, wanted) {
  /** @type {Run[]} */
  const runs = [];
  for (const { offset, functions } of elements)
    functions.forEach((func, i) => {
      const last = runs.at(-1);
      if (!wanted(func)) return;
      if (last && last.offset + last.functions.length === offset + i) last.functions.push(func);
      else runs.push({ offset: offset + i, functions: [func] });
    });
  return runs;
}

/**
 * What functions name, and what the constants that they name do: the functions among that, and the constants that are
 * not. Without a map all may be named.
 * @param {Module} module @param {number[]} kept @param {Uint8Array | null} map
 * @returns {{ named: Set<number>, holes: Hole[] }}
 */
function reach({ imported, elements, code, data }, kept, map) {
  if (!map) return { named: new Set(elements.flatMap(({ functions }) => functions)), holes: [] };
  const mapped = parse(map), links = linksOf(mapped), named = new Set(/** @type {number[]} */ ([])), reached = new Set(/** @type {import('./module.mjs').Symbol[]} */ ([]));
  if (mapped.code.length !== code.length || [...links.constants.keys()].some((i) => !Buffer.from(mapped.data[i].bytes).equals(data[i].bytes))) refuse('another map');
  const follow = (/** @type {import('./module.mjs').Relocation[]} */ relocations) => {
    for (const { kind, symbol } of relocations) {
      if (TABLE_KINDS.includes(kind)) named.add(symbol.index);
      if (!ADDRESS_KINDS.includes(kind) || reached.has(symbol)) continue;
      reached.add(symbol);
      if (symbol.segment >= 0) follow(links.data[symbol.segment].filter(({ at }) => at >= symbol.offset && at < symbol.offset + symbol.size));
    }
  };
  for (const i of kept) follow(links.code[i - imported.length]);
  data.forEach((_, segment) => { if (!links.constants.has(segment)) follow(links.data[segment]); }); // what may be written is not divided
  const holes = [...links.constants].flatMap(([segment, address]) => {
    /** @type {Hole[]} */
    const found = [], end = data[segment].bytes.length;
    let from = 0;
    for (const { offset, size } of [...[...reached].filter((s) => s.segment === segment).sort((a, b) => a.offset - b.offset), { offset: end, size: 0 }]) {
      if (offset - from >= LEAST_HOLE) found.push({ segment, from, to: offset, address: address + from });
      from = Math.max(from, offset + size);
    }
    return found;
  });
  return { named, holes };
}

/** @param {Uint8Array} bytes @param {Hole[]} holes */
function without(bytes, holes) {
  const left = bytes.slice();
  for (const { from, to } of holes) left.fill(0, from, to);
  return left;
}

/**
 * @param {Uint8Array} bytes
 * @param {Set<number>} needed  functions, by their indices, whose code the first part shall have
 * @param {Uint8Array | null} map  the same module as a linker leaves it with --emit-relocs; without it, all constants go with the first part
 * @returns {{ first: Uint8Array<ArrayBuffer>, rest: Uint8Array<ArrayBuffer> }}
 */
export function split(bytes, needed, map) {
  const module = parse(bytes), { types, imports, imported, functions, table, memory, globals, exports, elements, code, data, start, typeOf } = module;
  const all = functions.map((_, i) => i + imported.length), kept = all.filter((i) => needed.has(i) || i === start), others = all.filter((i) => !kept.includes(i));
  const codeOf = (/** @type {number} */ i) => code[i - imported.length].bytes;

  // Of the others, those that the first part may call have a function in their place there, and a slot of the table.
  const { named, holes } = reach(module, kept, map), calls = new Set(named);
  for (const i of kept) rewrite(codeOf(i), { func: (f) => (calls.add(f), f) });
  const placed = others.filter((i) => calls.has(i)), slots = unsigned(table.least + placed.length);
  const ask = imported.length; // env.rest, after the other imports
  const inFirst = new Map([...imported.map((_, i) => i), NaN, ...kept, ...placed].map((i, place) => [i, place]));
  const first = (/** @type {number} */ i) => inFirst.get(i) ?? refuse('a function of the rest in the first part');
  const there = globals.length, nothing = types.findIndex(({ params, results }) => params.length + results.length === 0);
  const inPlace = (/** @type {number} */ i) => sized([0,
    GLOBAL_GET, unsigned(there), I32_EQZ, IF, NO_VALUE, CALL, unsigned(ask), END,
    Array.from(types[typeOf(i)].params, (_, p) => [LOCAL_GET, unsigned(p)]), I32_CONST, signed(table.least + placed.indexOf(i)), CALL_INDIRECT, unsigned(typeOf(i)), 0,
    END]);

  // What the rest takes from the first part.
  const taken = new Set(/** @type {number[]} */ ([])), shared = new Set(/** @type {number[]} */ ([])), isOther = new Set(others);
  for (const i of others) rewrite(codeOf(i), { func: (f) => (isOther.has(f) || taken.add(f), f), global: (g) => (shared.add(g), g) });
  const inRest = new Map([...taken, ...others].map((i, place) => [i, place])), globalsInRest = [...shared];
  const rest = (/** @type {number} */ i) => inRest.get(i) ?? refuse('a function of the first part in the rest');
  const short = (/** @type {number} */ i) => name(i.toString(36)), from = name('first');
  const takes = [...taken].map((i) => (i < imported.length ? [name(imported[i].from), name(imported[i].field), FUNCTION, unsigned(typeOf(i))] : [from, short(i), FUNCTION, unsigned(typeOf(i))]));
  const shares = imports.find(({ kind }) => kind === MEMORY);

  return {
    first: assemble([
      whole(module, TYPES),
      [IMPORTS, list([...importsOf(module), [name('env'), name('rest'), FUNCTION, unsigned(nothing)]])],
      [FUNCTIONS, list([...kept, ...placed].map((i) => unsigned(typeOf(i))))],
      [TABLES, list([[FUNCREF, 1, slots, slots]])],
      whole(module, MEMORIES),
      [GLOBALS, list([...globals.map(({ type, mutable, value }) => [type, mutable, value]), [I32, 1, constant(0)]])],
      [EXPORTS, list([
        ...exportsOf(exports.filter(({ kind, index }) => kind !== FUNCTION || inFirst.has(index)), first),
        ...[...taken].filter((i) => i >= imported.length).map((i) => [short(i), FUNCTION, unsigned(first(i))]),
        ...globalsInRest.map((i) => [name(`$${i}`), GLOBAL, unsigned(i)]),
        [name('there'), GLOBAL, unsigned(there)], [name('table'), TABLE, 0],
      ])],
      start < 0 ? null : [START, unsigned(first(start))],
      [ELEMENTS, elementsOf(runsOf(elements, (i) => inFirst.has(i)), first)],
      whole(module, COUNT),
      [CODE, list([...kept.map((i) => rewrite(codeOf(i), { func: first })), ...placed.map(inPlace)])],
      [DATA, list(data.map(({ flags, offset, bytes: of }, i) => [flags, offset, sized(without(of, holes.filter(({ segment }) => segment === i)))]))],
    ]),
    rest: assemble([
      whole(module, TYPES),
      [IMPORTS, list([
        ...takes,
        [from, name('table'), TABLE, FUNCREF, 1, slots, slots],
        shares ? [name(shares.from), name(shares.field), MEMORY, shares.bytes] : [from, name('memory'), MEMORY, memory.bytes],
        ...globalsInRest.map((i) => [from, name(`$${i}`), GLOBAL, globals[i].type, globals[i].mutable]),
      ])],
      [FUNCTIONS, list(others.map((i) => unsigned(typeOf(i))))],
      [EXPORTS, list(exportsOf(exports.filter(({ kind, index }) => kind === FUNCTION && isOther.has(index)), rest))],
      [ELEMENTS, elementsOf([...runsOf(elements, (i) => isOther.has(i)), { offset: table.least, functions: placed }], rest)],
      [CODE, list(others.map((i) => rewrite(codeOf(i), { func: rest, global: (g) => globalsInRest.indexOf(g) })))],
      [DATA, list(holes.map(({ segment, from: begin, to, address }) => [0, constant(address), sized(data[segment].bytes.subarray(begin, to))]))],
    ]),
  };
}
