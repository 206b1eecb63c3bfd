/**
 * exports.test.mjs - what is exported with hostile names is read by its own language's parser: it says those names to
 * the letter, and nothing of them runs.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { InferenceSession, env } from 'onnxruntime-web/wasm';
import { inScript, json, python, shell } from '../../tools/export/quote.mjs';
import { launch, noBrowser, openPage } from '../../tools/site/browser.mjs';
import { ROOT } from '../support/core.mjs';
import { crc32, smallTar } from '../support/files.mjs';
import { NAMES } from '../support/names.mjs';
import { metadataOf } from '../support/onnx-file.mjs';

const interpreter =
  ['python3', '/usr/bin/python3'].find((p) => spawnSync(p, ['-c', 'import torch']).status === 0) ?? '';
const noTorch = interpreter ? false : 'python3-torch is not there (apt-get install python3-torch)';
const anyPython = interpreter || 'python3',
  noPython = spawnSync(anyPython, ['--version']).status === 0 ? false : 'python3 is not there';
const noBash = spawnSync('bash', ['--version']).status === 0 ? false : 'bash is not there';

/** Texts that end a literal, a docstring, a comment or a cell of Python, or mean something else in one. */
const PYTHON = [
  '"""\nopen("harmed", "w")\n"""',
  '""" + open("harmed", "w").name + """',
  "'''",
  '"',
  '\\',
  '\\"',
  '\\\\"""',
  'a,1',
  'a, 1',
  'a,"b',
  'a",\\',
  '[1,2]',
  '\\N{BULLET}',
  '\\x41',
  '\\u0041',
  '{open("harmed", "w")}',
  '%s',
  '#',
  'a\\',
  '\\\n',
  'é',
  'e\u0301',
  '\u{1f469}\u200d\u{1f680}',
  '\u2028',
  '\u2029x',
  '\u0085',
  '\u009b31m',
  '\u202etxt',
  '\ufffe',
  '\u{10ffff}',
  '\ufeff',
  '\u00a0',
];

/** Texts that end a script, or begin one, or hide the end of one. */
const ENDINGS = [
  '</script><script>window.harmed=1</script>',
  '</SCRIPT ><img src=x onerror=window.harmed=1>',
  '<!--<script>',
  '<!--',
  '-->',
  ']]>',
  '</title>',
  '\\u003c/script>',
];
const TEXTS = [...PYTHON, ...ENDINGS, ...NAMES, ''];
/** Names that a folder, and so a class, may have, composed as the loader composes them. */
const usable = [...new Set([...PYTHON, ...NAMES].map((name) => name.normalize()))].filter(
  (name) =>
    name.isWellFormed?.() !== false &&
    !/[\0-\x1f\x7f/\ud800-\udfff]/u.test(name) &&
    name.trim() &&
    !name.startsWith('.') &&
    Buffer.byteLength(name) < 64,
);
const SETS = [0, 1].map((set) => usable.filter((_, i) => i % 2 === set));

const folder = mkdtempSync(join(tmpdir(), 'inklearn-'));

/** @param {string[]} args */
const inklearn = (...args) =>
  spawnSync(process.execPath, [join(ROOT, 'tools/inklearn.mjs'), ...args], { cwd: folder, encoding: 'utf8' });
/** @param {string[]} args @returns {any[]} events */
function told(...args) {
  const { status, stdout, stderr } = inklearn(...args, '--json');
  assert.equal(status, 0, stdout.slice(0, 1000) + stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** A trained network of these classes, and its data. @param {number} set */
function trained(set) {
  const place = join(folder, `${set}`, 'it\'s "$(touch harmed)" `x` é'),
    data = join(place, 'data.tar'),
    load = join(place, 'x.safetensors');
  mkdirSync(place, { recursive: true });
  writeFileSync(data, smallTar({ perClass: 2, classes: SETS[set] }));
  told(
    'train',
    '--data',
    data,
    '--model',
    'linear(4) split linear(classes)',
    '--batch',
    '16',
    '--epochs',
    '1',
    '--save',
    load,
  );
  return { place, data, load };
}
const networks = SETS.map((_, set) => trained(set));

/**
 * Runs a Python program that reads JSON and prints JSON, in a folder in which it must leave nothing.
 * @param {string} program @param {unknown} input
 * @returns {any}
 */
function inPython(program, input) {
  const cwd = mkdtempSync(join(tmpdir(), 'inklearn-')),
    { status, stdout, stderr } = spawnSync(anyPython, ['-c', program], {
      input: json(input),
      cwd,
      encoding: 'utf8',
      env: { ...process.env, PYTHONIOENCODING: 'utf-8:surrogatepass', PYTHONDONTWRITEBYTECODE: '1' },
      maxBuffer: 1 << 26,
    });
  assert.equal(status, 0, stderr.slice(-2000));
  assert.deepEqual(readdirSync(cwd), [], 'nothing ran');
  return JSON.parse(stdout);
}

test('the names are hostile enough', () => {
  assert.ok(usable.length >= 80, `${usable.length}`);
  assert.ok(usable.includes('a,1'));
});

test('literals of Python, JSON and scripts are exactly their value', { skip: noPython }, () => {
  const values = [
    ...TEXTS,
    TEXTS,
    [],
    [
      ['a,1', 2],
      [true, false, -1e-7, 1e21, 2 ** 53 - 1],
    ],
  ];
  const read = inPython(
    'import ast, json, sys\nprint(json.dumps([ast.literal_eval(text) for text in json.load(sys.stdin)]))',
    values.map(python),
  );
  assert.deepEqual(read, values);
  // The text is used in a docstring and in a list: it must end where its literal ends.
  const parsed = inPython(
    'import ast, json, sys\n' +
      'function = lambda text: ast.parse(f"def f():\\n    {text}\\n    return [{text}]\\n").body[0]\n' +
      'print(json.dumps([ast.get_docstring(function(text), clean=False) for text in json.load(sys.stdin)]))',
    TEXTS.map(python),
  );
  assert.deepEqual(parsed, TEXTS);
  for (const bad of [NaN, Infinity, undefined, null, {}, () => 1]) assert.throws(() => python(bad), TypeError);
  for (const text of TEXTS) {
    assert.equal(JSON.parse(json(text)), text);
    assert.equal((0, eval)(`(${inScript(text)})`), text);
    assert.doesNotMatch(
      json(text) + python(text),
      /[\0-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/u,
      'nothing unseen',
    );
    assert.doesNotMatch(inScript(text), /</);
  }
});

test('words of a shell are one word each, and exactly the text', { skip: noBash }, () => {
  const texts = TEXTS.filter((text) => !/[\0\ud800-\udfff]/u.test(text)),
    cwd = mkdtempSync(join(tmpdir(), 'inklearn-'));
  const { stdout, stderr } = spawnSync('bash', ['-c', `printf '%s\\0' ${texts.map(shell).join(' ')}`], {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  assert.equal(stderr, '');
  assert.deepEqual(stdout.split('\0').slice(0, -1), texts);
  assert.deepEqual(readdirSync(cwd), []);
  for (const text of TEXTS)
    assert.doesNotMatch(shell(text), /[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
});

for (const [set, classes] of SETS.entries()) {
  /** The names in the order of the data set. @returns {string[]} */
  const ordered = () => told('info', '--load', networks[set].load)[0].classes;

  test(
    `the script for PyTorch, ${set + 1} of 2: it parses, names its classes, and runs no name`,
    { skip: noTorch },
    () => {
      const { place, data, load } = networks[set],
        to = join(place, 'pytorch');
      assert.deepEqual(ordered().sort(), [...classes].sort());
      told('export', '--pytorch', '--data', data, '--load', load, '--to', to);
      const program =
        'import ast, json, runpy, sys\npath = json.load(sys.stdin)\n' +
        'tree = ast.parse(open(path, encoding="utf-8").read())\nfound = {}\n' +
        'for node in tree.body:\n' +
        '    if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("CLASSES", "GROUPS"):\n' +
        '        found[node.targets[0].id] = ast.literal_eval(node.value)\n' +
        'module = runpy.run_path(path, run_name="trained")\n' +
        'make_model = module["make_model"]\nfound.update(ran=module["CLASSES"], doc=make_model.__doc__)\n' +
        'print(json.dumps({**found, "model": str(make_model())}))';
      const read = inPython(program, join(to, 'train.py'));
      assert.deepEqual(read.CLASSES, ordered());
      assert.deepEqual(read.ran, ordered());
      assert.deepEqual(read.GROUPS, [
        ['0.', 0],
        ['1.', 1],
      ]);
      assert.equal(read.doc, 'linear(4) split linear(classes)');
      assert.match(read.model, new RegExp(`out_features=${classes.length}\\b`));
    },
  );

  test(`the notebook, ${set + 1} of 2: JSON whose cells parse, and name their classes`, { skip: noPython }, () => {
    const { place, data, load } = networks[set],
      to = join(place, 'notebook');
    told('export', '--notebook', '--data', data, '--load', load, '--to', to);
    const program =
      'import ast, json, sys\ncells = json.load(open(json.load(sys.stdin), encoding="utf-8"))["cells"]\nfound = {}\n' +
      'code = [ast.parse("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]\n' +
      'for node in [node for tree in code for node in tree.body]:\n' +
      '    if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("classes", "GROUPS"):\n' +
      '        found[node.targets[0].id] = ast.literal_eval(node.value)\nprint(json.dumps(found))';
    assert.deepEqual(inPython(program, join(to, 'notebook.ipynb')), {
      classes: ordered(),
      GROUPS: [
        ['0.', 0],
        ['1.', 1],
      ],
    });
  });

  test(`the page, ${set + 1} of 2: one script, which is ours; the names are text`, { skip: noBrowser }, async () => {
    const { place, load } = networks[set],
      to = join(place, 'x.html'),
      file = join(place, 'page.safetensors');
    // A folder has no slash in its name; a file may say that a class has.
    const names = [...ENDINGS, ...ordered().slice(ENDINGS.length)];
    writeFileSync(
      file,
      changed(readFileSync(load), (metadata) => {
        metadata.classes = names.map((name) => `${name}\n`).join('');
      }),
    );
    told('export', '--page', '--load', file, '--to', to);
    const browser = await launch();
    try {
      const { page, complaints, requests } = await openPage(browser);
      page.on('dialog', () => assert.fail('a dialog'));
      await page.goto(pathToFileURL(to).href);
      await page.waitForSelector('html[data-ready]', { timeout: 60000 });
      const box = /** @type {{ x: number, y: number }} */ (await page.locator('#pad').boundingBox());
      await page.mouse.move(box.x + 100, box.y + 60);
      await page.mouse.down();
      await page.mouse.move(box.x + 120, box.y + 200);
      await page.mouse.up();
      assert.deepEqual(await page.locator('#bars th').allTextContents(), names);
      assert.deepEqual(await page.locator('#bars meter').evaluateAll((all) => all.map((bar) => bar.ariaLabel)), names);
      assert.deepEqual(
        await page.evaluate(() => ({
          ran: /** @type {any} */ (window).harmed,
          scripts: document.scripts.length,
          title: document.title,
          all: document.querySelectorAll('img, iframe, object, embed, svg, [onerror], [onload]').length,
        })),
        { ran: undefined, scripts: 1, title: 'What is on this picture?', all: 0 },
      );
      assert.deepEqual(
        requests.filter((url) => !/^(file|data):/.test(url)),
        [],
      );
      assert.deepEqual(complaints, []);
    } finally {
      await browser.close();
    }
  });

  test(`ONNX, ${set + 1} of 2: its metadata say the names to the letter, and a runtime opens it`, async () => {
    const { place, load } = networks[set],
      to = join(place, 'x.onnx');
    told('export', '--onnx', '--load', load, '--to', to);
    const facts = metadataOf(readFileSync(to));
    assert.deepEqual(JSON.parse(facts.classes), ordered());
    assert.equal(facts.model, 'linear(4) split linear(classes)');
    env.wasm.numThreads = 1;
    const session = await InferenceSession.create(readFileSync(to));
    assert.deepEqual(session.inputNames, ['pictures']);
    await session.release();
  });

  test(`the terminal, ${set + 1} of 2: no name steers it, and events are JSON that says them to the letter`, () => {
    const { data, load, place } = networks[set];
    for (const args of [
      ['info', '--load', load],
      ['evaluate', '--load', load, '--data', data, '--interpret', '--plots', join(place, 'plots \u009b31m\u202e')],
    ]) {
      const { status, stdout, stderr } = inklearn(...args);
      assert.equal(status, 0, stderr);
      assert.ok(stdout.length > 100);
      assert.doesNotMatch(
        stdout + stderr,
        /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/,
        args[0],
      );
    }
    const { stdout } = inklearn('info', '--load', load, '--json');
    assert.doesNotMatch(stdout, /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/);
    assert.deepEqual(JSON.parse(stdout).classes.sort(), [...classes].sort());
    const refused = inklearn('info', '--load', 'no\u009b31m\u202e'),
      usage = inklearn('info', '--no\u009b31m');
    assert.deepEqual([refused.status, usage.status], [1, 2]);
    assert.doesNotMatch(refused.stderr + usage.stderr, /[\x7f-\x9f\u202e]/);
  });
}

/**
 * A checkpoint whose metadata somebody has changed with care: its checksum is right.
 * @param {Uint8Array} file @param {(metadata: Record<string, string>) => void} change
 */
function changed(file, change) {
  const bytes = Buffer.from(file),
    end = 8 + Number(bytes.readBigUInt64LE(0)),
    header = JSON.parse(bytes.toString('utf8', 8, end));
  change(header.__metadata__);
  header.__metadata__ = { ...header.__metadata__, checksum: '00000000' };
  const text = JSON.stringify(header),
    head = Buffer.from(text + ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8)),
    length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  const made = Buffer.concat([length, head, bytes.subarray(end)]);
  made.write(crc32(made).toString(16).padStart(8, '0'), made.indexOf('"checksum":"') + 12);
  return made;
}

test('changed metadata: what the core does not check is in no export, what it checks is refused', () => {
  const { place, data, load } = networks[0],
    file = readFileSync(load),
    bad = join(place, 'bad.safetensors');
  const { line, layers, settings } = JSON.parse(
    file.toString('utf8', 8, 8 + Number(file.readBigUInt64LE(0))),
  ).__metadata__;
  const HARM = 'import os; os.system("touch harmed")';
  /** @type {[string, string, string][]} */
  const refused = [
    ['line', `${line} )"""\n${HARM}`, 'two things'],
    ['line', `${line}\n`, 'two things'],
    ['line', 'linear(60)', 'two things'],
    ['line', '', 'two things'],
    ['layers', '[]', 'two things'],
    ['layers', `${layers} `, 'two things'],
    ['layers', layers.slice(0, -1), 'two things'],
    ['layers', layers.replace('"linear"', '"relu"'), 'two things'],
    ['layers', `"""\n${HARM}`, 'two things'],
    ['layers', '', 'two things'],
    ['settings', settings.replace(line, `${line} )"""\n${HARM}`), 'there is no setting'],
    ['settings', settings.replace(line, `${line} )"""; ${HARM}`), 'model line'],
    ['settings', settings.replace('augment=none', `augment=none"""; ${HARM}`), 'augment'],
    ['settings', settings.replace('optimizer=sgd', `optimizer=sgd"; ${HARM}`), 'optimizer'],
    ['settings', `${settings}${HARM}\n`, 'there is no setting'],
    ['settings', settings.replace('lr=', 'lr=0x'), 'lr must be'],
    ['classes', 'a\n', 'class'],
    ['classes', '\u001b[31m\nb\n', 'control characters'],
    ['progress', `fit=0\n${HARM}`, 'does not say'],
  ];
  for (const [field, value, says] of refused) {
    writeFileSync(
      bad,
      changed(file, (metadata) => {
        metadata[field] = value;
      }),
    );
    for (const format of ['--pytorch', '--notebook', '--onnx', '--page', '--format=safetensors']) {
      const { status, stderr } = inklearn(
        'export',
        format,
        ...(/pytorch|notebook/.test(format) ? ['--data', data] : []),
        '--load',
        bad,
        '--to',
        join(place, 'refused'),
      );
      assert.equal(status, 1, `${field} ${format}`);
      if (field !== 'classes' && field !== 'progress') assert.match(stderr, new RegExp(says), `${field} ${format}`);
    }
  }
  writeFileSync(
    bad,
    changed(file, (metadata) =>
      Object.assign(metadata, { build: `"""${HARM}`, author: `"""${HARM}`, __proto__x: HARM, [HARM]: HARM }),
    ),
  );
  for (const format of ['pytorch', 'notebook', 'onnx', 'page', 'safetensors']) {
    const to = join(place, `harmless-${format}`);
    const [{ files }] = told(
      'export',
      '--format',
      format,
      ...(/pytorch|notebook/.test(format) ? ['--data', data] : []),
      '--load',
      bad,
      '--to',
      to,
    ).filter((e) => e.event === 'export');
    for (const path of files) {
      const text = readFileSync(path, 'latin1');
      assert.ok(!text.includes('touch harmed') && !text.includes('os.system'), `${format}: ${path}`);
    }
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes('harmed')),
    [],
  );
});
