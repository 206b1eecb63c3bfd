// @ts-check
/**
 * split.mjs - a WebAssembly module in two parts: what the first training step needs, and the rest, which
 * may arrive later. Binaryen's wasm-split does the same, but that of Debian 12 (108) knows no relaxed SIMD.
 *
 * The first part has everything but the other functions' code. Where it calls one of those, it asks its host for
 * the rest (`env.rest`) unless that is there, and goes on through the table. The rest is an instance of its own on the
 * same memory, table and globals; its functions' code is the same, byte for byte but for indices.
 */

const TYPES = 1, IMPORTS = 2, FUNCTIONS = 3, TABLES = 4, MEMORIES = 5, GLOBALS = 6, EXPORTS = 7, START = 8, ELEMENTS = 9, COUNT = 12, CODE = 10, DATA = 11;
const FUNCTION = 0, TABLE = 1, MEMORY = 2, GLOBAL = 3;

// ---- bytes ----

class Reader {
  /** @param {Uint8Array} bytes @param {number} [at] */
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte() {
    return this.bytes[this.at++];
  }

  /** An unsigned number. */
  number() {
    let value = 0, scale = 1, byte;
    do {
      byte = this.byte();
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte & 128);
    return value;
  }

  /** A signed one. */
  signed() {
    const start = this.at;
    let value = 0n;
    while (this.byte() & 128);
    for (let i = this.at; i-- > start;) value = value << 7n | BigInt(this.bytes[i] & 127);
    return BigInt.asIntN(7 * (this.at - start), value);
  }

  /** @param {number} length */
  take(length) {
    return this.bytes.subarray(this.at, this.at += length);
  }

  name() {
    return this.take(this.number());
  }

  /** @template T @param {() => T} item @returns {T[]} */
  list(item) {
    return Array.from({ length: this.number() }, item);
  }
}

/** @typedef {number | Uint8Array | Bytes[]} Bytes  a number is one byte */

/** @param {Bytes} bytes @returns {number[]} */
const flat = (bytes) => (typeof bytes === 'number' ? [bytes] : bytes instanceof Uint8Array ? [...bytes] : bytes.flatMap(flat));

/** @param {number} value @returns {number[]} */
const unsigned = (value) => (value < 128 ? [value] : [value % 128 + 128, ...unsigned(Math.floor(value / 128))]);

/** @param {number | bigint} value @returns {number[]} */
const signed = (value) => (value >= -64 && value < 64 ? [Number(value) & 127] : [Number(BigInt(value) & 127n) | 128, ...signed(BigInt(value) >> 7n)]);

/** @param {Bytes[]} items */
const list = (items) => [unsigned(items.length), ...items];

/** @param {string} text */
const name = (text) => list([...new TextEncoder().encode(text)]);

/** @param {Uint8Array} bytes */
const text = (bytes) => new TextDecoder().decode(bytes);

/** @param {Bytes} bytes */
const sized = (bytes) => list(flat(bytes));

/** @param {(readonly [number, Bytes] | null)[]} sections */
const assemble = (sections) => Uint8Array.from(flat([Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0), ...sections.filter((s) => !!s).map(([id, bytes]) => [id, sized(bytes)])]));

// ---- instructions ----

/** What follows an opcode: `n` a number, `s` a signed one, `f g` the index of a function, a global, or so many bytes. */
const PLAIN = /** @type {Record<number, string>} */ ({
  0x02: 'n', 0x03: 'n', 0x04: 'n', 0x0c: 'n', 0x0d: 'n', 0x10: 'f', 0x11: 'nn', 0x20: 'n', 0x21: 'n', 0x22: 'n', 0x23: 'g', 0x24: 'g', 0x3f: 'n', 0x40: 'n',
  0x41: 's', 0x42: 's', 0x43: '4', 0x44: '8', ...Object.fromEntries(Array.from({ length: 0x3e - 0x28 + 1 }, (_, i) => [0x28 + i, 'nn'])),
});
const BULK = /** @type {Record<number, string>} */ ({ 8: 'nn', 9: 'n', 10: 'nn', 11: 'n' });

/** @param {number} op  after 0xfd */
const vector = (op) => (op <= 11 || op === 92 || op === 93 ? 'nn' : op === 12 || op === 13 ? 'x' : op >= 84 && op <= 91 ? 'nn1' : op >= 21 && op <= 34 ? '1' : '');

/**
 * A function's code with other indices.
 * @param {Uint8Array} code  its local variables and instructions
 * @param {{ func: (index: number) => number, global: (index: number) => number, first?: Bytes }} change  `first`: instructions to begin with
 */
function rewrite(code, { func, global, first = [] }) {
  const r = new Reader(code);
  for (let groups = r.number(); groups > 0; groups--) {
    r.number();
    r.byte();
  }
  /** @type {Bytes[]} */
  const out = [code.subarray(0, r.at), first];
  let copied = r.at;
  while (r.at < code.length) {
    const op = r.byte();
    let follows = PLAIN[op] ?? '';
    if (op === 0xfc) {
      const bulk = r.number();
      follows = BULK[bulk] ?? (bulk < 8 ? '' : refuse(`0xfc ${bulk}`));
    } else if (op === 0xfd) follows = vector(r.number());
    else if (op === 0xfe) follows = r.number() === 3 ? '1' : 'nn';
    else if (op === 0x0e) for (let n = r.number() + 1; n > 0; n--) r.number();
    else if (op > 0xc4 || (op > 0x11 && op < 0x20 && op !== 0x1a && op !== 0x1b) || (op > 0x04 && op < 0x0b && op !== 0x05)) refuse(op.toString(16));
    for (const immediate of follows) {
      if (immediate === 'x') r.take(16);
      else if ('1248'.includes(immediate)) r.take(Number(immediate));
      else {
        const before = code.subarray(copied, r.at); // a linker leaves numbers longer than they need be
        out.push(before, immediate === 's' ? signed(r.signed()) : unsigned(immediate === 'f' ? func(r.number()) : immediate === 'g' ? global(r.number()) : r.number()));
        copied = r.at;
      }
    }
  }
  out.push(code.subarray(copied));
  return sized(out);
}

/** @param {string} what @returns {never} */
function refuse(what) {
  throw new Error(`split.mjs does not know ${what}`);
}

// ---- modules ----

/** Kinds of relocations in code and data (tool-conventions, Linking.md). */
const TABLE_SLEB = 1, TABLE_I32 = 2, MEMORY_LEB = 3, MEMORY_SLEB = 4, MEMORY_I32 = 5, WITH_ADDEND = [3, 4, 5, 8, 9, 11, 14, 15, 16];

/** @typedef {{ kind: number, at: number, symbol: number, addend: number }} Relocation */
/** @typedef {{ kind: number, index: number, segment: number, offset: number, size: number }} Symbol */

/**
 * What a linker was asked to leave (--emit-relocs): which data and functions each function and datum names.
 * @param {Map<number | string, Reader>} sections @param {number[]} places @param {Uint8Array[]} codes @param {number[]} dataPlaces @param {{ bytes: Uint8Array }[]} data
 */
function linksOf(sections, places, codes, dataPlaces, data) {
  const linking = sections.get('linking');
  if (!linking) return null;
  linking.number();
  /** @type {Symbol[]} */
  let symbols = [];
  /** @type {string[]} */
  let segments = [];
  while (linking.at < linking.bytes.length) {
    const kind = linking.byte(), r = new Reader(linking.take(linking.number()));
    if (kind === 5) segments = r.list(() => { const of = text(r.name()); r.number(); r.number(); return of; });
    if (kind === 8) symbols = r.list(() => {
      const what = r.byte(), flags = r.number(), defined = !(flags & 0x10), symbol = { kind: what, index: -1, segment: -1, offset: 0, size: 0 };
      if (what === 1) {
        symbol.name = text(r.name());
        if (defined) [symbol.segment, symbol.offset, symbol.size] = [r.number(), r.number(), r.number()];
      } else {
        symbol.index = r.number();
        if (what !== 3 && (defined || flags & 0x40)) r.name();
      }
      return symbol;
    });
  }
  /** Relocations of each of the parts. @param {string} section @param {number[]} starts @param {Uint8Array[]} parts @returns {Relocation[][]} */
  const relocations = (section, starts, parts) => {
    /** @type {Relocation[][]} */
    const of = parts.map(() => []);
    const r = sections.get(section);
    if (!r) return of;
    r.number();
    for (const one of r.list(() => { const kind = r.byte(), at = r.number(), symbol = r.number(); return { kind, at, symbol, addend: WITH_ADDEND.includes(kind) ? Number(r.signed()) : 0 }; })) {
      let low = 0, high = starts.length - 1;
      while (low < high) { const middle = (low + high + 1) >> 1; if (starts[middle] <= one.at) low = middle; else high = middle - 1; }
      of[low].push({ ...one, at: one.at - starts[low] });
    }
    return of;
  };
  return { symbols, segments, ofCode: relocations('reloc.CODE', places, codes), ofData: relocations('reloc.DATA', dataPlaces, data.map(({ bytes }) => bytes)) };
}

/** @param {Uint8Array} bytes */
function parse(bytes) {
  /** The others by their names. @type {Map<number | string, Reader>} */
  const sections = new Map();
  for (const r = new Reader(bytes, 8); r.at < bytes.length;) {
    const id = r.byte(), section = new Reader(r.take(r.number()));
    sections.set(id || text(section.name()), section);
  }
  /** @template T @param {number} id @param {(r: Reader) => T} item */
  const items = (id, item) => {
    const r = sections.get(id);
    return r ? r.list(() => item(r)) : [];
  };
  const type = (/** @type {Reader} */ r) => {
    r.byte();
    return { params: [...r.name()], results: [...r.name()] };
  };
  const limits = (/** @type {Reader} */ r) => {
    const start = r.at, flags = r.byte();
    const least = r.number();
    if (flags & 1) r.number();
    return { least, bytes: r.bytes.subarray(start, r.at) };
  };
  const end = (/** @type {Reader} */ r) => { // of a constant expression
    const start = r.at;
    while (r.byte() !== 0x0b);
    return r.bytes.subarray(start, r.at);
  };
  const types = items(TYPES, type);
  const imports = items(IMPORTS, (r) => {
    const from = r.name(), field = r.name(), kind = r.byte(), start = r.at;
    const index = kind === FUNCTION ? r.number() : -1;
    if (kind === MEMORY) limits(r);
    else if (kind !== FUNCTION) refuse('an import that is neither a function nor a memory');
    return { from, field, kind, type: index, bytes: r.bytes.subarray(start, r.at) };
  });
  const functions = items(FUNCTIONS, (r) => r.number());
  const [table] = items(TABLES, (r) => (r.byte() === 0x70 ? limits(r) : refuse('a table of other things than functions')));
  const globals = items(GLOBALS, (r) => ({ type: r.byte(), mutable: r.byte(), value: end(r) }));
  const exports = items(EXPORTS, (r) => ({ name: r.name(), kind: r.byte(), index: r.number() }));
  const elements = items(ELEMENTS, (r) => {
    if (r.number() !== 0 || r.byte() !== 0x41) refuse('such elements');
    const offset = r.number();
    r.byte();
    return { offset, functions: r.list(() => r.number()) };
  });
  const places = /** @type {number[]} */ ([]), codes = items(CODE, (r) => {
    const code = r.name();
    places.push(r.at - code.length);
    return code;
  });
  const dataPlaces = /** @type {number[]} */ ([]), data = items(DATA, (r) => {
    const flags = r.number(), offset = flags === 0 ? end(r) : [], content = r.name();
    if (flags > 1) refuse('data of another memory');
    dataPlaces.push(r.at - content.length);
    return { flags, offset, bytes: content };
  });
  const imported = imports.filter(({ kind }) => kind === FUNCTION);
  return { sections, types, imports, imported, functions, table, globals, exports, elements, codes, data, links: linksOf(sections, places, codes, dataPlaces, data), start: sections.get(START)?.number() ?? -1,
    typeOf: (/** @type {number} */ index) => (index < imported.length ? imported[index].type : functions[index - imported.length]) };
}

/** @typedef {ReturnType<typeof parse>} Module */

/** A section as it was. @param {Module} module @param {number} id @returns {readonly [number, Bytes] | null} */
const whole = ({ sections }, id) => {
  const section = sections.get(id);
  return section ? [id, section.bytes] : null;
};

const importsOf = (/** @type {Module} */ { imports }) => imports.map(({ from, field, kind, bytes }) => [list([...from]), list([...field]), kind, bytes]);

/** The module, which calls `env.hit` with the index of each function that is entered. @param {Uint8Array} bytes */
export function instrument(bytes) {
  const module = parse(bytes), { types, imported, functions, globals, exports, elements, codes, start } = module;
  const shift = (/** @type {number} */ index) => (index < imported.length ? index : index + 1);
  return assemble([
    [TYPES, list([...types, { params: [0x7f], results: [] }].map(({ params, results }) => [0x60, list(params), list(results)]))],
    [IMPORTS, list([...importsOf(module), [name('env'), name('hit'), FUNCTION, unsigned(types.length)]])],
    whole(module, FUNCTIONS), whole(module, TABLES), whole(module, MEMORIES), whole(module, GLOBALS),
    [EXPORTS, list(exports.map(({ name: of, kind, index }) => [list([...of]), kind, unsigned(kind === FUNCTION ? shift(index) : index)]))],
    start < 0 ? null : [START, unsigned(shift(start))],
    [ELEMENTS, list(elements.map(({ offset, functions: of }) => [0, 0x41, signed(offset), 0x0b, list(of.map((index) => unsigned(shift(index))))]))],
    whole(module, COUNT),
    [CODE, list(codes.map((code, i) => rewrite(code, { func: shift, global: (g) => g, first: [0x41, signed(i + imported.length), 0x10, unsigned(imported.length)] })))],
    whole(module, DATA),
  ]);
}

/** @param {Uint8Array} bytes @param {{ from: number, to: number }[]} holes */
function without(bytes, holes) {
  const rest = bytes.slice();
  for (const { from, to } of holes) rest.fill(0, from, to);
  return rest;
}

/** Constants that fewer bytes than this lie between stay together: each piece has a head. */
const LEAST_HOLE = 16;

/**
 * What functions name, and what the constants that they name do: the functions among that, and the constants that are
 * not. Without relocations all may be named.
 * @param {Module} module @param {number[]} kept @param {Module | null} map
 * @returns {{ named: number[], holes: { segment: number, from: number, to: number, address: number }[] }}
 */
function reach({ imported, elements, data }, kept, map) {
  if (!map) return { named: elements.flatMap(({ functions }) => functions), holes: [] };
  const { codes, links } = map, named = new Set(/** @type {number[]} */ ([])), reached = new Set(/** @type {Symbol[]} */ ([])), bases = new Map();
  /** @param {Relocation[]} relocations */
  const follow = (relocations) => {
    for (const { kind, symbol: index } of relocations) {
      const symbol = links.symbols[index];
      if (kind === TABLE_SLEB || kind === TABLE_I32) named.add(symbol.index);
      else if ([MEMORY_LEB, MEMORY_SLEB, MEMORY_I32].includes(kind) && !reached.has(symbol)) {
        reached.add(symbol);
        if (symbol.segment >= 0) follow(links.ofData[symbol.segment]?.filter(({ at }) => at >= symbol.offset && at < symbol.offset + symbol.size) ?? []);
      }
    }
  };
  for (const i of kept) follow(links.ofCode[i - imported.length]);
  links.ofCode.forEach((relocations, i) => relocations.forEach(({ kind, at, symbol: index, addend }) => {
    const { segment, offset } = links.symbols[index];
    if (kind === MEMORY_SLEB && segment >= 0) bases.set(segment, Number(new Reader(codes[i], at).signed()) - offset - addend);
  }));
  const constant = data.map((_, segment) => links.segments[segment].startsWith('.rodata') && bases.has(segment)); // what can be written is not written twice
  constant.forEach((is, segment) => { if (!is) follow(links.ofData[segment]); });
  const holes = data.flatMap(({ bytes }, segment) => {
    if (!constant[segment]) return [];
    if (process.env.SHOW) for (const x of [...reached].filter((s) => s.segment === segment).sort((a, b) => b.size - a.size).slice(0, 40)) console.log(x.name, x.size);
    const kept = [...reached].filter((s) => s.segment === segment).sort((a, b) => a.offset - b.offset), found = [];
    let from = 0;
    for (const { offset, size } of [...kept, { offset: bytes.length, size: 0 }]) {
      if (offset - from >= LEAST_HOLE) found.push({ segment, from, to: offset, address: bases.get(segment) + from });
      from = Math.max(from, offset + size);
    }
    return found;
  });
  return { named: [...named], holes };
}

/**
 * @param {Uint8Array} bytes
 * @param {Set<number>} needed  functions, by their indices, whose code the first part shall have
 * @param {Uint8Array | null} map  the same module as a linker leaves it with --emit-relocs; without it, all constants go with the first part
 * @returns {{ first: Uint8Array, rest: Uint8Array }}
 */
export function split(bytes, needed, map) {
  const module = parse(bytes), { types, imports, imported, functions, table, globals, exports, elements, codes, data, start, typeOf } = module;
  const all = functions.map((_, i) => i + imported.length), kept = all.filter((i) => needed.has(i) || i === start), others = all.filter((i) => !kept.includes(i));

  // Of the others, those that the first part may call have a function in their place there, and a slot of the table.
  const code = (/** @type {number} */ i) => codes[i - imported.length];
  const { named, holes } = reach(module, kept, map ? parse(map) : null);
  const called = new Set(named);
  for (const i of kept) rewrite(code(i), { func: (f) => (called.add(f), f), global: (g) => g });
  const placed = others.filter((i) => called.has(i));
  const nothing = types.findIndex(({ params, results }) => params.length + results.length === 0);
  const at = new Map([...imported.map((_, i) => i), -1, ...kept, ...placed].map((i, place) => [i, place]));
  const first = (/** @type {number} */ i) => /** @type {number} */ (at.get(i));
  const there = globals.length; // whether the rest is
  const standIn = (/** @type {number} */ i) => sized([0, 0x23, unsigned(there), 0x45, 0x04, 0x40, 0x10, unsigned(first(-1)), 0x0b, types[typeOf(i)].params.map((_, p) => [0x20, unsigned(p)]),
    0x41, signed(table.least + placed.indexOf(i)), 0x11, unsigned(typeOf(i)), 0, 0x0b]);

  // What the rest takes from the first part.
  const used = { functions: /** @type {number[]} */ ([]), globals: /** @type {number[]} */ ([]) };
  const collect = (/** @type {number[]} */ into) => (/** @type {number} */ i) => (into.includes(i) ? i : (into.push(i), i));
  for (const i of others) rewrite(code(i), { func: (f) => (f < imported.length || !at.has(f) || kept.includes(f) ? (others.includes(f) ? f : collect(used.functions)(f)) : f), global: collect(used.globals) });
  const second = new Map([...used.functions, ...others].map((i, place) => [i, place]));
  const short = (/** @type {number} */ i) => name(i.toString(36));
  const memory = imports.find(({ kind }) => kind === MEMORY);
  const own = parse(bytes).sections.get(MEMORIES);

  /** Runs of the others in the table. @type {{ offset: number, functions: number[] }[]} */
  const runs = [];
  for (const { offset, functions: of } of elements) of.forEach((f, i) => {
    const last = runs.at(-1);
    if (!others.includes(f)) return;
    if (last && last.offset + last.functions.length === offset + i) last.functions.push(f);
    else runs.push({ offset: offset + i, functions: [f] });
  });
  runs.push({ offset: table.least, functions: placed });

  // The table's slots of others that only the others name are empty until these are there.
  /** @type {typeof runs} */
  const mine = [];
  for (const { offset, functions: of } of elements) of.forEach((f, i) => {
    const last = mine.at(-1);
    if (!at.has(f)) return;
    if (last && last.offset + last.functions.length === offset + i) last.functions.push(f);
    else mine.push({ offset: offset + i, functions: [f] });
  });

  const segment = (/** @type {(index: number) => number} */ index) => (/** @type {{ offset: number, functions: number[] }} */ { offset, functions: of }) => [0, 0x41, signed(offset), 0x0b, list(of.map((i) => unsigned(index(i))))];
  const size = unsigned(table.least + placed.length), prefix = 'first';
  return {
    first: assemble([
      whole(module, TYPES),
      [IMPORTS, list([...importsOf(module), [name('env'), name('rest'), FUNCTION, unsigned(nothing)]])],
      [FUNCTIONS, list([...kept, ...placed].map((i) => unsigned(typeOf(i))))],
      [TABLES, list([[0x70, 1, size, size]])],
      whole(module, MEMORIES),
      [GLOBALS, list([...globals.map(({ type, mutable, value }) => [type, mutable, value]), [0x7f, 1, 0x41, 0, 0x0b]])],
      [EXPORTS, list([
        ...exports.filter(({ kind, index }) => kind !== FUNCTION || at.has(index)).map(({ name: of, kind, index }) => [list([...of]), kind, unsigned(kind === FUNCTION ? first(index) : index)]),
        ...used.functions.filter((i) => i >= imported.length).map((i) => [short(i), FUNCTION, unsigned(first(i))]),
        ...used.globals.map((i) => [name(`g${i}`), GLOBAL, unsigned(i)]),
        [name('there'), GLOBAL, unsigned(there)], [name('table'), TABLE, 0],
      ])],
      start < 0 ? null : [START, unsigned(first(start))],
      [ELEMENTS, list(mine.map(segment(first)))],
      whole(module, COUNT),
      [CODE, list([...kept.map((i) => rewrite(code(i), { func: first, global: (g) => g })), ...placed.map(standIn)])],
      [DATA, list(data.map(({ flags, offset, bytes: of }, i) => [flags, offset, sized(without(of, holes.filter((h) => h.segment === i)))]))],
    ]),
    rest: assemble([
      whole(module, TYPES),
      [IMPORTS, list([
        ...used.functions.map((i) => (i < imported.length ? [list([...imported[i].from]), list([...imported[i].field])] : [name(prefix), short(i)]).concat([FUNCTION, unsigned(typeOf(i))])),
        [name(prefix), name('table'), TABLE, 0x70, 1, size, size],
        memory ? [list([...memory.from]), list([...memory.field]), MEMORY, memory.bytes] : [name(prefix), name('memory'), MEMORY, own ? own.bytes.subarray(1) : []],
        ...used.globals.map((i) => [name(prefix), name(`g${i}`), GLOBAL, globals[i].type, globals[i].mutable]),
      ])],
      [FUNCTIONS, list(others.map((i) => unsigned(typeOf(i))))],
      [EXPORTS, list(exports.filter(({ kind, index }) => kind === FUNCTION && second.has(index) && !kept.includes(index)).map(({ name: of, kind, index }) => [list([...of]), kind, unsigned(/** @type {number} */ (second.get(index)))]))],
      [ELEMENTS, list(runs.map(segment((i) => /** @type {number} */ (second.get(i)))))],
      [CODE, list(others.map((i) => rewrite(code(i), { func: (f) => /** @type {number} */ (second.get(f)), global: (g) => used.globals.indexOf(g) })))],
      [DATA, list(holes.map(({ segment: i, from, to, address }) => [0, 0x41, signed(address), 0x0b, sized(data[i].bytes.subarray(from, to))]))],
    ]),
  };
}
