/** odd-input.test.mjs - files and options that no command expects: a sentence and an exit code, never a stack. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/core.mjs';
import { digitPng, smallTar } from '../support/files.mjs';
import { eventsIn, first, folder, notLinux, run } from '../support/program.mjs';

const cwd = folder(),
  train = ['train', '--data', 'set.tar', '--epochs', '1', '--batch', '10'];
writeFileSync(join(cwd, 'set.tar'), smallTar({ perClass: 20 }));
writeFileSync(join(cwd, 'picture.png'), digitPng(3));
mkdirSync(join(cwd, 'folder'));
writeFileSync(join(cwd, 'empty'), '');
writeFileSync(
  join(cwd, 'bytes'),
  Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) & 255),
);
symlinkSync('circle', join(cwd, 'circle'));
assert.equal(run([...train, '--save', 'network'], { cwd }).status, 0);

/** Runs a command that is refused in one sentence, and returns it. @param {string[]} args @param {number} [code] */
function refused(args, code = 1) {
  const { status, signal, stderr } = run(args, { cwd });
  assert.deepEqual([status, signal], [code, null], `${args.join(' ')}: ${stderr}`);
  assert.match(stderr, /^[^\n]+\n$/, args.join(' '));
  assert.doesNotMatch(stderr, /\bat \S+ \(|node:|TypeError|RangeError/, args.join(' '));
  return stderr.trim();
}

/** One epoch as train --json prints it. @param {object} [fields] */
const epoch = (fields) =>
  `${JSON.stringify({ event: 'epoch', epoch: 0, valid_loss: 0.5, accuracy: 0.75, seconds: 2, ...fields })}\n`;

/**
 * Files in a new folder, and what compare makes of them.
 * @param {Record<string, string>} texts
 * @param {string[]} more
 */
function compare(texts, ...more) {
  const place = folder();
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(place, name), text);
  return { place, ...run(['compare', ...Object.keys(texts), ...more], { cwd: place }) };
}

test('compare: numbers that are not known are shown as such, and come last', () => {
  const unknown = epoch({ valid_loss: null, accuracy: null, seconds: null });
  const { status, stdout, stderr } = compare(
    { 'a.jsonl': unknown, 'b.jsonl': epoch() + '{"event":"epoch"}\n', 'c.jsonl': epoch() },
    '--plots',
    'p',
  );
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual(stdout.split('\n').slice(0, 4), [
    'run  epochs  valid loss  accuracy    best  seconds',
    'c         1      0.5000    0.7500  0.7500      2.0',
    'a         1           -         -       -        -',
    'b         2           -         -  0.7500        -',
  ]);
  const [c, a] = eventsIn(compare({ 'a.jsonl': unknown, 'c.jsonl': epoch() }, '--json').stdout);
  assert.deepEqual([c.accuracy, c.best], [0.75, 0.75]);
  assert.deepEqual(a, {
    event: 'run',
    name: 'a',
    epochs: 1,
    valid_loss: null,
    accuracy: null,
    best: null,
    seconds: null,
  });
});

test('compare: a run that was killed ends in half a line; files of Windows and large ones are read', () => {
  const half = epoch() + epoch().slice(0, 30),
    windows = (epoch() + epoch()).replaceAll('\n', '\r\n');
  // The letters have two bytes each: some are cut by the end of a piece that is read.
  const large = `{"event":"note","text":"x${'é'.repeat(3_000_000)}"}\n${epoch({ accuracy: 0.5 })}`;
  const events = eventsIn(compare({ half, windows, large }, '--json').stdout);
  assert.deepEqual(
    events.map((e) => [e.name, e.epochs, e.accuracy]),
    [
      ['half', 1, 0.75],
      ['windows', 2, 0.75],
      ['large', 1, 0.5],
    ],
  );
});

test('compare: what is not a run is refused, with the line', () => {
  const says = (/** @type {string} */ text) => {
    const { status, stderr } = compare({ file: text });
    assert.equal(status, 1, stderr);
    return stderr;
  };
  const notJson = (/** @type {number} */ line) =>
    `file: line ${line} is not JSON: name a file that train --json has filled\n`;
  assert.equal(says(`${epoch()}\nhello\n${epoch()}`), notJson(3));
  assert.equal(says('hello'), notJson(1));
  assert.equal(says('a'.repeat(1 << 25)), notJson(1));
  assert.equal(says('['.repeat(1 << 20)), notJson(1));
  for (const text of ['', '\n\n', 'null\n5\n[]\n"epoch"\n{"event":"load"}\n'])
    assert.equal(says(text), 'file: there is no epoch in it\n');
  assert.equal(
    says(epoch() + epoch({ accuracy: '0.9' })),
    'file: line 2: accuracy must be a number from 0 to 1, not "0.9"\n',
  );
  assert.equal(says(epoch({ accuracy: 1e308 })), 'file: line 1: accuracy must be a number from 0 to 1, not 1e+308\n');
  assert.equal(says(epoch({ seconds: -1 })), 'file: line 1: seconds must be a number of at least 0, not -1\n');
  assert.equal(says(epoch({ valid_loss: {} })), 'file: line 1: valid_loss must be a number of at least 0, not {}\n');
});

for (const file of ['folder', 'empty', 'bytes', 'circle', 'absent', 'network/x'])
  test(`a file that is none, ${file}, in the place of every file`, () => {
    const name = new RegExp(`^${file}\\b|safetensors|^the file|^bytes|picture`);
    for (const args of [
      [...train, '--load', file],
      [...train, '--resume', file],
      ['evaluate', '--data', 'set.tar', '--load', file],
      ['lr-find', '--data', 'set.tar', '--load', file],
      ['predict', '--load', file, 'picture.png'],
      ['predict', '--load', 'network', file],
      ['compare', file],
      ['info', '--load', file],
      ['export', '--load', file, '--to', 'out'],
      ['export', '--pytorch', '--data', 'set.tar', '--load', file, '--to', 'out'],
      ['evaluate', '--load', 'network', '--data', file],
    ])
      assert.match(refused(args), name, args.join(' '));
  });

test('a file that may not be read is a sentence too', { skip: notLinux }, () => {
  const place = folder(),
    nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  chmodSync(place, 0o755);
  writeFileSync(join(place, 'secret'), readFileSync(join(cwd, 'network')), { mode: 0o200 });
  for (const args of [
    ['info', '--load', 'secret'],
    ['compare', 'secret'],
    ['evaluate', '--load', 'secret'],
  ])
    assert.equal(run(args, { cwd: place, ...nobody }).stderr, 'secret: permission is denied\n');
  assert.match(
    run(['train', '--data', 'secret'], { cwd: place, ...nobody }).stderr,
    /^[^\n]*secret: [^\n]*permission[^\n]*\n$/,
  );
});

test('numbers in other spellings are refused, and so are values that are empty', () => {
  for (const value of [
    '0x10',
    ' 5',
    '5 ',
    '1e1',
    '+5',
    '-1',
    '1.5',
    '1_000',
    'NaN',
    '٣',
    '99999999999999999999',
    '1e9',
    '0',
  ])
    for (const args of [
      ['bench', '--seconds'],
      ['bench', '--batch'],
      ['bench', '--threads'],
      ['lr-find', '--steps'],
      ['train', '--threads'],
    ])
      assert.match(
        refused([args[0], '--data', 'set.tar', `${args[1]}=${value}`], 2),
        new RegExp(`^${args[1]} must be (auto or )?a whole number from `),
        value,
      );
  for (const value of ['0x1', ' 1', '1 ', 'abc', '1e999', 'Infinity', '1_0'])
    for (const option of ['--start', '--end'])
      assert.match(
        refused(['lr-find', '--data', 'set.tar', `${option}=${value}`], 2),
        new RegExp(`^${option} must be a number`),
      );
  for (const args of [
    ['train', '--save='],
    ['train', '--epochs='],
    ['train', '--resume', ''],
    ['train', '--data', 'set.tar', '--data='],
    ['export', '--to='],
    ['lr-find', '--plots='],
  ])
    assert.match(refused(args, 2), /^--\w+ [A-Z]+ is empty$/);
});

test('options that no command has, and values where none belongs', () => {
  for (const command of ['train', 'evaluate', 'predict', 'lr-find', 'compare', 'export', 'info', 'bench'])
    for (const args of [
      ['--__proto__', '1'],
      ['--constructor'],
      ['-x'],
      ['--json=yes'],
      ['--no-json'],
      ['--\x1b[31m'],
    ]) {
      const message = refused([command, ...args], 2);
      assert.doesNotMatch(message, /\x1b/);
    }
  for (const name of ['__proto__', 'constructor', '', ' ']) assert.match(refused([name], 2), /^there is no command '/);
  for (const [option, names] of [
    ['--table', 'plain, fastai'],
    ['--variant', 'fast'],
    ['--preset', 'quick'],
  ])
    assert.match(run([...train, `${option}=__proto__`], { cwd }).stderr, new RegExp(`^[^\\n]*${names}[^\\n]*\\n$`));
});

test('closed streams, no home, no terminal width: the run is the same', { skip: notLinux }, () => {
  for (const close of ['<&-', '2>&-', '>&- 2>&-', '<&- >&- 2>&-']) {
    const { status } = run(
      ['-c', `"$@" ${close}`, 'sh', process.execPath, join(ROOT, 'tools/inklearn.mjs'), ...train, '--save', 'again'],
      { node: 'sh', program: '-u', cwd },
    );
    assert.equal(status, 0, close);
    assert.deepEqual(readFileSync(join(cwd, 'again')), readFileSync(join(cwd, 'network')), close);
  }
  assert.equal(run(train, { cwd, env: {} }).status, 0);
});

test('a fault of the program itself keeps its stack: it is to be reported', () => {
  const { status, stderr } = run(['info', '--load', 'network'], {
    cwd,
    flags: first("Array.prototype.map = () => { throw new TypeError('a fault'); };"),
  });
  assert.notEqual(status, 0);
  assert.match(stderr, /TypeError: a fault\n +at /);
});
