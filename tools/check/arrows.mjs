// @ts-check
/**
 * arrows.mjs - who may use whom. Every `#include` and every import in src/, include/, web/, tools/ and tests/ is an
 * arrow from one file to another. ROOMS below says which arrows are allowed; an arrow that it does not allow, and a
 * circle, are named with their file and line.
 *
 *   node tools/check/arrows.mjs [folder]     default: this repository
 *
 * Kinds of arrows:
 *   use     `#include`, `import`, `export ... from`, `import()`, <script src>, <link href>; and in C a call of a
 *           function of the project, which is an arrow to the .c file that defines the function
 *   script  `new URL('./x.js', import.meta.url)`: a worker's script, or a file read as text. It shares no memory
 *           and no names with the file that starts it
 *   type    `import('./x.js').T` in a comment. No code runs, so it is left out of the search for circles: two files
 *           may describe each other. It must still point where `types` allows it
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** @typedef {'use' | 'script' | 'type'} Kind */
/** @typedef {{ from: string, line: number, to: string, kind: Kind }} Arrow */
/** @typedef {{ room: string, files: string[], uses: string, scripts?: string, types?: string }} Room */

/**
 * THE TABLE. A file belongs to the room with the longest matching path; a path that ends in / is a folder. A room may
 * use itself and the rooms in `uses`; start the scripts of those in `scripts` too; and name the types of those in
 * `types` too. `...` stands for all rooms above this line of the same language.
 * @type {{ c: Room[], js: Room[] }}
 */
const ROOMS = {
  // prettier-ignore
  c: [
    { room: 'base',         files: ['src/base/', 'include/ink_base.h'],         uses: '' },
    { room: 'kernels',      files: ['src/kernels/', 'include/ink_kernels.h'],   uses: 'base' },
    { room: 'layers',       files: ['src/layers/', 'include/ink_layers.h'],     uses: 'base kernels' },
    { room: 'model',        files: ['src/model/', 'include/ink_model.h'],       uses: 'base kernels layers' },
    // Data know no model, and no layer.
    { room: 'data',         files: ['src/data/', 'include/ink_data.h'],         uses: 'base' },
    { room: 'data/load',    files: ['src/data/load/'],                          uses: 'base data' },
    { room: 'data/digit',   files: ['src/data/digit/'],                         uses: 'base data' },
    { room: 'data/augment', files: ['src/data/augment/'],                       uses: 'base data' },
    { room: 'train',        files: ['src/train/', 'include/ink_train.h', 'include/ink_learner.h'], uses: '...' },
    // Checkpoints and the look inside do not know each other.
    { room: 'checkpoint',   files: ['src/checkpoint/', 'include/ink_checkpoint.h'], uses: 'base kernels layers model data data/augment train' },
    { room: 'look',         files: ['src/look/', 'include/ink_look.h'],         uses: 'base kernels layers model data data/augment train' },
    { room: 'api',          files: ['src/api/', 'include/ink_api.h'],           uses: '...' },
    // Tools and tests are users like any other: the public headers are all that they see (PUBLIC below).
    { room: 'C tools',      files: ['tools/'],                                  uses: '...' },
    { room: 'C tests',      files: ['tests/'],                                  uses: '...' },
  ],
  // prettier-ignore
  js: [
    { room: 'bytes',    files: ['web/core/sources/crc32.js', 'web/core/sources/png.js'], uses: '' },
    // The messages between page and worker. Its functions know neither side.
    { room: 'protocol', files: ['web/core/protocol.js', 'web/core/batches.js', 'web/core/threads.js', 'web/core/sources/photo.js'],
                                                              uses: '', types: 'engine' },
    // The only files that know WebAssembly.
    { room: 'engine',   files: ['web/core/engine.js', 'web/core/engine/', 'web/core/imports.js', 'web/core/helper.js'], uses: 'protocol' },
    { room: 'worker',   files: ['web/core/'],                 uses: 'bytes protocol engine' },
    // Drawings as SVG, for the page, the command line and the documentation.
    { room: 'plots',    files: ['web/plots/'],                uses: 'bytes', types: 'protocol' },
    // The page knows no pointer: of the core it sees the protocol, and starts scripts.
    { room: 'page',     files: ['web/page/', 'web/main.js', 'web/index.html', 'web/'], uses: 'protocol plots', scripts: 'engine worker', types: '' },
    // web/ knows nothing of tools/. Inside tools/, the package and the command line stand on node and export.
    { room: 'node',     files: ['tools/node/'],               uses: 'protocol engine worker' },
    { room: 'export',   files: ['tools/export/', 'tools/open_in_pytorch.py'], uses: 'protocol engine worker node' },
    { room: 'package',  files: ['tools/package/'],            uses: 'bytes protocol engine worker node export' },
    { room: 'cli',      files: ['tools/cli/', 'tools/inklearn.mjs'], uses: 'protocol engine worker node export plots package' },
    { room: 'schema',   files: ['tools/schema/'],             uses: '' },
    { room: 'site',     files: ['tools/site/'],               uses: '', scripts: 'page' },
    { room: 'digits',   files: ['tools/digits/'],             uses: 'protocol engine worker node cli' },
    { room: 'figures',  files: ['tools/figures/'],            uses: 'node plots site', types: 'protocol engine worker' },
    { room: 'bench',    files: ['tools/bench/'],              uses: 'protocol engine worker node cli site figures' },
    { room: 'check',    files: ['tools/check/', 'tools/eslint.config.mjs'], uses: '' },
    // Nobody uses the tests.
    { room: 'tests',    files: ['tests/'],                    uses: '...' },
  ],
};

/** The core's lists, which `make` generates. It uses nobody, and everybody may use it. */
const GENERATED = 'build/schema.js';

/** The only folder that files outside src/ may include. */
const PUBLIC = 'include/';

/**
 * Arrows that are there although the table does not allow them, or that close a circle, each with its reason. `to` may
 * be a folder.
 * @type {{ from: string, to: string, why: string }[]}
 */
const EXCEPTIONS = [
  { from: 'tests/data/limits.c', to: 'src/data/', why: 'it sets counters near limits that no file of a test reaches' },
  { from: 'tests/fuzz/tar.c', to: 'src/data/load/tar.h', why: 'it fuzzes the tar reader alone, below the loader' },
  { from: 'tests/kernels/toom.c', to: 'src/layers/toom.h', why: 'it checks the plans alone, below the convolution' },
  { from: 'tests/train/recipes.c', to: 'src/data/augment/distort.h', why: 'it checks the maps of single distortions' },
];

// ---- files and their arrows ----

const root = process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url));

/** All files below a folder, by their path from the root. @param {string} folder @returns {string[]} */
function filesIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? entry.name === 'node_modules'
        ? []
        : filesIn(`${folder}/${entry.name}`)
      : [`${folder}/${entry.name}`],
  );
}

const files = ['include', 'src', 'web', 'tools', 'tests'].flatMap(filesIn),
  known = new Set(files),
  read = (/** @type {string} */ path) => readFileSync(join(root, path), 'utf8');
/** @type {string[]} */
const wrong = [];

/**
 * The path from the root of a file that is named `path` in a file of `folder`.
 * @param {string} folder
 * @param {string} path
 */
const resolve = (folder, path) => normalize(join(folder, path));

/** The includes of a C file. @param {string} path @returns {Arrow[]} */
function includesOf(path) {
  return read(path)
    .split('\n')
    .flatMap((text, at) => {
      const name = /^\s*#\s*include\s+"([^"]+)"/.exec(text)?.[1];
      if (!name) return [];
      const to = [resolve(dirname(path), name), resolve('include', name)].find((file) => known.has(file));
      if (!to && name !== 'build_id.h') wrong.push(`${path}:${at + 1} includes ${name}, which is not there`);
      return to ? [{ from: path, line: at + 1, to, kind: /** @type {Kind} */ ('use') }] : [];
    });
}

/** C without comments and strings; the line numbers stay. @param {string} text */
const bare = (text) =>
  text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"/g, (hidden) => hidden.replace(/[^\n]/g, ' '));

/**
 * Calls of the project's functions, as arrows to the .c files that define them.
 * @param {string[]} sources
 * @returns {Arrow[]}
 */
function callsOf(sources) {
  const texts = new Map(sources.map((path) => [path, bare(read(path))]));
  /** @type {Map<string, string>} */
  const home = new Map();
  // clang-format puts a definition at the start of a line: `int ink_f(void)`, a brace; or `const T ink_t = ...`.
  for (const [path, text] of texts)
    for (const [, name] of text.matchAll(/^[a-z][\w *]*?\b(ink_\w+)(?:\([^;{}]*\)\s*\{|[\w[\]]* = )/gm))
      home.set(name, path);
  return [...texts].flatMap(([path, text]) => {
    const first = new Map();
    for (const { 1: name, index } of text.matchAll(/\b(ink_\w+)\b/g)) {
      const to = home.get(name);
      if (to && to !== path && !first.has(to)) first.set(to, text.slice(0, index).split('\n').length);
    }
    return [...first].map(([to, line]) => ({ from: path, line, to, kind: /** @type {Kind} */ ('use') }));
  });
}

/** Says if an expression is `import.meta.url`. @param {ts.Node | undefined} node */
const isHere = (node) => node?.getText() === 'import.meta.url';

/** The imports of a JavaScript or TypeScript file. @param {string} path @returns {Arrow[]} */
function importsOf(path) {
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
  /** @type {Arrow[]} */
  const arrows = [];
  /** @param {ts.Node} at @param {string} name @param {Kind} kind */
  const add = (at, name, kind) => {
    if (!/^\.\.?(\/|$)/.test(name) && kind !== 'script') return; // a package
    const line = source.getLineAndCharacterOfPosition(at.getStart()).line + 1,
      place = resolve(dirname(path), name);
    const to = [place, place.replace(/\.js$/, '.d.ts')].find((file) => known.has(file));
    if (place === GENERATED) return;
    if (to) arrows.push({ from: path, line, to, kind });
    else if (kind !== 'script') wrong.push(`${path}:${line} imports ${name}, which is not there`);
  };
  /** @param {ts.Node} node */
  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier)
      add(
        node,
        /** @type {ts.StringLiteral} */ (node.moduleSpecifier).text,
        path.endsWith('.ts') || /** @type {any} */ (node).importClause?.isTypeOnly ? 'type' : 'use',
      );
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node, /** @type {ts.StringLiteral} */ (node.argument.literal).text, 'type');
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [name] = node.arguments;
      if (ts.isStringLiteralLike(name)) add(node, name.text, 'use');
      else if (ts.isTemplateExpression(name))
        // `./commands/${name}.mjs`: any file of that folder
        for (const file of files)
          if (file.startsWith(resolve(dirname(path), name.head.text))) add(node, relative(path, file), 'use');
    } else if (ts.isNewExpression(node) && node.expression.getText() === 'URL' && isHere(node.arguments?.[1])) {
      const name = /** @type {ts.NodeArray<ts.Expression>} */ (node.arguments)[0];
      if (ts.isStringLiteralLike(name)) add(node, name.text, 'script');
    }
    ts.forEachChild(node, visit);
    /** @type {any} */ (node).jsDoc?.forEach(visit); // the comments before it
  };
  visit(source);
  return arrows;
}

/** How `path` names `file`, with ./ before it. @param {string} path @param {string} file */
function relative(path, file) {
  const up = dirname(path)
    .split('/')
    .map(() => '..')
    .join('/');
  return `./${up}/${file}`;
}

/** The scripts and style sheets of a page. @param {string} path @returns {Arrow[]} */
function linksOf(path) {
  return read(path)
    .split('\n')
    .flatMap((text, at) =>
      [...text.matchAll(/<(?:script|link)[^>]*?\s(?:src|href)="([^"]+)"/g)]
        .map(([, name]) => resolve(dirname(path), name))
        .filter((to) => known.has(to))
        .map((to) => ({ from: path, line: at + 1, to, kind: /** @type {Kind} */ ('use') })),
    );
}

const isC = (/** @type {string} */ path) => /\.[ch]$/.test(path),
  isJs = (/** @type {string} */ path) => /\.(m?js|ts)$/.test(path);
const includes = files.filter(isC).flatMap(includesOf),
  calls = callsOf(files.filter((path) => path.startsWith('src/') && path.endsWith('.c'))),
  imports = [
    ...files.filter(isJs).flatMap(importsOf),
    ...files.filter((path) => path.endsWith('.html')).flatMap(linksOf),
  ];

// ---- the rules ----

/** @param {string} path @returns {Room | null} */
function roomOf(path) {
  let best = null,
    longest = 0;
  for (const room of isC(path) ? ROOMS.c : ROOMS.js)
    for (const start of room.files)
      if ((path === start || (start.endsWith('/') && path.startsWith(start))) && start.length > longest)
        [best, longest] = [room, start.length];
  return best;
}

/** Says if a room lists another. @param {Room} room @param {string | undefined} list @param {string} name */
function lists(room, list, name) {
  if (!list) return false;
  if (list !== '...') return list.split(' ').includes(name);
  const rooms = ROOMS.c.includes(room) ? ROOMS.c : ROOMS.js;
  return rooms.slice(0, rooms.indexOf(room)).some((above) => above.room === name);
}

/** Why an arrow is not allowed, or null. @param {Arrow} arrow */
function offence({ from: path, to, kind }) {
  const room = roomOf(path),
    other = roomOf(to);
  if (!room) return `${path} is in no room: give it a line in the table of arrows.mjs`;
  if (!other) return `${to} is in no room: give it a line in the table of arrows.mjs`;
  if (isC(to) && to.endsWith('.c') && !path.startsWith('src/')) return 'a .c file is compiled, never included';
  const outside = !path.startsWith('src/') && to.startsWith('src/');
  if (outside) return `tools and tests use the public headers of ${PUBLIC} only`;
  // A private header belongs to its folder and to the folders below it.
  if (
    to.endsWith('.h') &&
    !to.startsWith(PUBLIC) &&
    !path.startsWith(`${dirname(to)}/`) &&
    !/^(tests|tools)\//.test(to)
  )
    return `${to} is a private header of ${dirname(to)}/`;
  if (room === other || lists(room, room.uses, other.room)) return null;
  if (kind === 'script' && lists(room, room.scripts, other.room)) return null;
  if (kind === 'type' && (lists(room, room.types, other.room) || lists(room, room.scripts, other.room))) return null;
  const may = [room.uses, kind === 'script' ? room.scripts : '', kind === 'type' ? room.types : ''].filter(Boolean);
  return `${room.room} may use ${may.join(' ') || 'itself only'}, not ${other.room}`;
}

/**
 * Circles among the nodes of a graph: of each set of nodes that reach each other, the shortest circle.
 * @param {Map<string, Set<string>>} graph
 * @returns {string[][]} each begins and ends with the same node
 */
function circlesIn(graph) {
  /** All that can be reached, and from where it was reached first. @param {string} start */
  const reach = (start) => {
    /** @type {Map<string, string>} */
    const before = new Map();
    const queue = [start];
    for (const node of queue)
      for (const next of graph.get(node) ?? [])
        if (!before.has(next)) {
          before.set(next, node);
          queue.push(next);
        }
    return before;
  };
  const reached = new Map([...graph.keys()].sort().map((node) => [node, reach(node)]));
  /** @type {Set<string>} */
  const done = new Set();
  const found = [];
  for (const [start, before] of reached) {
    if (done.has(start) || !before.has(start)) continue;
    for (const node of before.keys()) if (reached.get(node)?.has(start)) done.add(node);
    const circle = [start];
    do circle.unshift(/** @type {string} */ (before.get(circle[0])));
    while (circle[0] !== start);
    found.push(circle);
  }
  return found;
}

/** @param {Arrow[]} arrows @param {(path: string) => string} name  of a node of the graph */
function graphOf(arrows, name) {
  /** @type {Map<string, Set<string>>} */
  const graph = new Map();
  for (const { from: path, to } of arrows)
    if (name(path) !== name(to)) graph.set(name(path), (graph.get(name(path)) ?? new Set()).add(name(to)));
  return graph;
}

const arrows = [...includes, ...calls, ...imports].filter(({ from: path, to }) => path !== to);
/** @param {Arrow} arrow */
const isExcepted = ({ from: path, to }) =>
  EXCEPTIONS.some((exception) => exception.from === path && to.startsWith(exception.to));
for (const arrow of arrows) {
  const why = isExcepted(arrow) ? null : offence(arrow);
  if (why)
    wrong.push(`${arrow.from}:${arrow.line} ${arrow.kind === 'type' ? 'names types of' : 'uses'} ${arrow.to}: ${why}`);
}
for (const { from: path, to } of EXCEPTIONS)
  if (known.has(path) && !arrows.some((arrow) => arrow.from === path && arrow.to.startsWith(to)))
    wrong.push(`tools/check/arrows.mjs: the exception from ${path} to ${to} is not needed; remove it`);

const uses = arrows.filter((arrow) => arrow.kind === 'use' && !isExcepted(arrow));
/** A circle in words, with the line of each arrow. @param {string[]} circle */
const inWords = (circle) =>
  circle
    .map((path, at) => {
      const arrow = uses.find(({ from, to }) => from === path && to === circle[at + 1]);
      return arrow ? `${path}:${arrow.line}` : path;
    })
    .join(' -> ');
for (const circle of circlesIn(graphOf(uses, (path) => path))) wrong.push(`a circle of files: ${inWords(circle)}`);
for (const circle of circlesIn(graphOf(uses, (path) => roomOf(path)?.room ?? path)))
  wrong.push(`a circle of rooms: ${circle.join(' -> ')}`);

wrong.forEach((line) => console.error(line));
process.exitCode = wrong.length ? 1 : 0;
