/**
 * saving.test.mjs - what the command line writes: impossible places are refused first, and a trained network is never
 * lost.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, scratchFile } from '../support/core.mjs';
import { readSafetensors, smallTar } from '../support/files.mjs';
import { eventsIn, first, folder, listen, noMounts, notLinux, PROGRAM, run, without } from '../support/program.mjs';

const data = scratchFile(smallTar({ perClass: 20 }));
const quick = ['train', '--data', data, '--epochs', '2', '--batch', '10', '--json'];
/** A run that ends only when something stops it, with an event for each step. */
const long = [...quick, '--epochs', '10000', '--steps'];
const isStep = (/** @type {string} */ line) => line.startsWith('{"event":"step"');

/** Fails where a file is no whole checkpoint. @param {string} path */
function assertNetwork(path) {
  const { tensors, metadata } = readSafetensors(readFileSync(path));
  assert.equal(tensors.weight.values.length, 784 * 3, path);
  assert.ok(metadata.progress, 'it says where its run stopped');
}

/**
 * The first half of the command line: a shell mounts a disk of its own at ./disk.
 * @param {string} how
 * @param {string} after
 */
const mounted = (how, after) => [
  '--user',
  '--map-root-user',
  '--mount',
  'sh',
  '-c',
  `mkdir disk; mount -t tmpfs ${how} none disk && ${after}; code=$?; ls -A disk; exit $code`,
];

/**
 * Runs a command of the shell, with Node and the program as $node and $ink.
 * @param {string[]} command
 * @param {Record<string, string>} [env]
 */
const shell = ([program, ...args], env = {}) =>
  run(args, {
    node: program,
    program: args.shift(),
    env: { ...process.env, node: process.execPath, ink: PROGRAM, data, ...env },
  });

test('places where nothing can be saved are refused before the data are read', () => {
  const cwd = folder(),
    long = 'n'.repeat(300);
  mkdirSync(join(cwd, 'taken'));
  writeFileSync(join(cwd, 'file'), 'mine');
  const before = readdirSync(cwd);
  const refused = (/** @type {string[]} */ args, /** @type {RegExp} */ message, code = 1) => {
    const { status, stdout, stderr } = run(args, { cwd });
    assert.equal(status, code, stderr);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /^ +at /m);
    assert.deepEqual(
      eventsIn(stdout.replace(/^[^{].*$/gm, ''))
        .map((e) => e.event)
        .filter((e) => e !== 'error'),
      [],
      stdout,
    );
    assert.deepEqual(readdirSync(cwd), before);
  };
  refused([...quick, '--save', 'taken'], /^taken could not be written: it is a folder: name a file in it\n$/);
  refused([...quick, '--save', 'absent/'], /^absent\/ could not be written: it is a folder: name a file in it\n$/);
  refused(
    [...quick, '--save', 'file/x'],
    /^file\/x could not be written: a part of its path is a file, not a folder\n$/,
  );
  refused(
    [...quick, '--save', 'file/x/y/z'],
    /^file\/x\/y\/z could not be written: a part of its path is a file, not a folder\n$/,
  );
  refused([...quick, '--save', long], /could not be written: the name is too long\n$/);
  refused([...quick, '--save', join('absent', long, 'x')], /could not be written: the name is too long\n$/);
  refused([...quick, '--save', ''], /--save/, 2);
  refused([...quick, '--save', data], /could not be written: it holds the data of this run\n$/);
  refused([...quick, '--plots', 'file'], /^file could not be written: it is a file, not a folder\n$/);
  refused([...quick, '--plots', 'file/x'], /^file\/x could not be written: a part of its path is a file/);
  refused(['lr-find', '--data', data, '--plots', 'file'], /^file could not be written/);
  refused(['evaluate', '--data', data, '--load', 'file', '--plots', 'file'], /^file could not be written/);
  for (const format of ['pytorch', 'notebook'])
    refused(
      ['export', '--data', data, '--load', 'file', '--format', format, '--to', 'file'],
      /^file could not be written/,
    );
  for (const format of ['onnx', 'page', 'safetensors'])
    refused(['export', '--load', 'file', '--format', format, '--to', 'taken'], /^taken could not be written/);
  assert.equal(readFileSync(join(cwd, 'file'), 'utf8'), 'mine');
});

test('the same where Linux refuses: no disk, no permission', { skip: notLinux }, () => {
  assert.match(
    run([...quick, '--save', '/proc/x']).stderr,
    /^\/proc\/x could not be written: there is no such file or folder\n$/,
  );
  const cwd = folder();
  chmodSync(cwd, 0o555);
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  chmodSync(data, 0o644);
  const { status, stdout, stderr } = run([...quick, '--save', 'x'], { cwd, ...nobody });
  assert.deepEqual([status, eventsIn(stdout).map((e) => e.event)], [1, ['error']], stderr);
  assert.equal(stderr, 'x could not be written: permission is denied\n');
});

test('the same of a read-only disk and a full one', { skip: notLinux || noMounts }, () => {
  const readOnly = shell(['unshare', ...mounted('-o ro', `$node $ink ${quick.join(' ')} --save disk/x`)]);
  assert.equal(readOnly.stderr, 'disk/x could not be written: that disk is read-only\n');
  assert.equal(readOnly.status, 1);
  const full = shell([
    'unshare',
    ...mounted('-o size=8k', `head -c 8192 /dev/zero >disk/zeros && $node $ink ${quick.join(' ')} --save disk/x`),
  ]);
  assert.equal(full.stderr, 'disk/x could not be written: the disk is full\n');
  assert.match(full.stdout, /^\{"event":"error".*\}\nzeros\n$/, 'nothing else is left there');
});

test('a run that is refused leaves the file in its place as it was', () => {
  const cwd = folder();
  writeFileSync(join(cwd, 'x'), 'mine');
  assert.equal(run([...quick, '--model', 'nonsense', '--save', 'x'], { cwd }).status, 1);
  assert.equal(readFileSync(join(cwd, 'x'), 'utf8'), 'mine');
  assert.deepEqual(readdirSync(cwd), ['x']);
});

test('a place that is lost in mid-run: the network is saved to the temporary folder, for its owner alone', async () => {
  const cwd = folder(),
    temporary = folder(),
    place = join(cwd, 'runs');
  mkdirSync(place);
  let trained = 0;
  const { code, lines } = await listen(
    [...long, '--save', 'runs/x'],
    (line, child) => {
      if (!isStep(line) || ++trained > 1) return;
      rmSync(place, { recursive: true });
      writeFileSync(place, 'a file now');
      child.kill('SIGTERM');
    },
    { cwd, env: { ...process.env, TMPDIR: temporary, TEMP: temporary } },
  );
  assert.equal(code, 1);
  const [name] = readdirSync(temporary),
    kept = join(temporary, name),
    events = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  assertNetwork(kept);
  if (process.platform !== 'win32') assert.equal(statSync(kept).mode & 0o777, 0o600);
  assert.deepEqual(
    events.filter((e) => ['error', 'stopped'].includes(e.event)).map((e) => e.checkpoint),
    [kept, kept],
  );
  assert.ok(
    lines.some(
      (line) =>
        line.startsWith('runs/x could not be written: ') && line.endsWith(`; the network was saved to ${kept} instead`),
    ),
    lines.slice(-5).join('\n'),
  );
  assert.deepEqual(readdirSync(cwd), ['runs']);
});

test('a folder that is removed meanwhile is made again', async () => {
  const cwd = folder();
  mkdirSync(join(cwd, 'runs'));
  let trained = 0;
  const { code } = await listen(
    [...long, '--save', 'runs/x'],
    (line, child) => {
      if (!isStep(line) || ++trained > 1) return;
      rmSync(join(cwd, 'runs'), { recursive: true });
      child.kill('SIGTERM');
    },
    { cwd },
  );
  assert.equal(code, 143);
  assertNetwork(join(cwd, 'runs/x'));
});

/**
 * Runs a command whose ./disk has room for the trial before the run, not for the network.
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
const onSmallDisk = (args, env) => shell(['unshare', ...mounted('-o size=8k', `$node $ink ${args.join(' ')}`)], env);

test(
  'a disk that becomes full: nothing of the file is left, and the network is elsewhere',
  { skip: notLinux || noMounts },
  () => {
    const temporary = folder();
    const { status, stdout, stderr } = onSmallDisk([...quick, '--save', 'disk/x'], { TMPDIR: temporary });
    assert.equal(status, 1);
    const kept = join(temporary, readdirSync(temporary)[0]);
    assert.equal(stderr, `disk/x could not be written: the disk is full; the network was saved to ${kept} instead\n`);
    assertNetwork(kept);
    assert.ok(stdout.endsWith('}\n'), 'the disk is empty');
  },
);

test(
  'without a temporary folder it is saved at home; without either the message says so',
  { skip: notLinux || noMounts },
  () => {
    const home = folder();
    assert.equal(onSmallDisk([...quick, '--save', 'disk/x'], { TMPDIR: '/nowhere', HOME: home }).status, 1);
    assertNetwork(join(home, readdirSync(home)[0]));
    const { status, stderr } = onSmallDisk([...quick, '--save', 'disk/x'], { TMPDIR: '/nowhere', HOME: '/nowhere' });
    assert.equal(status, 1);
    assert.match(stderr, /^disk\/x could not be written: the disk is full; the network could not be saved to /);
    assert.match(
      stderr,
      /the temporary folder \(there is no such file or folder\) or the home folder \(.*\) either\n$/,
    );
  },
);

test(
  'a lost loss whose place is lost too: exit code 3, and where the last good weights are',
  { skip: notLinux || noMounts },
  () => {
    const temporary = folder();
    const { status, stderr } = onSmallDisk(
      ['train', '--data', data, '--batch', '10', '--lr', '1e6', '--weight-decay', '1', '--save', 'disk/x'],
      { TMPDIR: temporary },
    );
    assert.equal(status, 3);
    const kept = join(temporary, readdirSync(temporary)[0]);
    assert.match(stderr, new RegExp(`they were saved to ${kept}\n$`));
  },
);

// A pipe stands for all that is no file. No test names a device of the machine: a fault would replace it for everybody.
test('a pipe is written to, and stays a pipe', { skip: notLinux }, () => {
  const cwd = folder();
  const { status, stderr } = run(
    ['-c', `mkfifo pipe; cat pipe >copy & $node $ink ${quick.join(' ')} --save pipe && wait`],
    { node: 'sh', program: '-u', cwd, timeout: 120_000, env: { ...process.env, node: process.execPath, ink: PROGRAM } },
  );
  assert.equal(status, 0, stderr);
  assertNetwork(join(cwd, 'copy'));
  assert.ok(lstatSync(join(cwd, 'pipe')).isFIFO());
  assert.deepEqual(readdirSync(cwd).sort(), ['copy', 'pipe']);
});

/** Flags that make the program print each of its calls for files to standard error, in order. */
const spy = first(`
  import fs from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const names = new Map(), said = [];
  const around = (name, tell) => {
    const real = fs[name];
    fs[name] = (...args) => {
      const result = real(...args), line = tell(args, result);
      if (line) said.push(line);
      return result;
    };
  };
  around('openSync', ([path, how], file) => {
    names.set(file, how === 'wx' ? 'new' : 'folder');
    return how === 'wx' && 'create';
  });
  around('writeFileSync', ([file]) => typeof file === 'number' && 'write ' + names.get(file));
  around('fsyncSync', ([file]) => 'sync ' + names.get(file));
  around('renameSync', () => 'rename');
  around('unlinkSync', () => 'remove');
  syncBuiltinESMExports();
  process.on('exit', () => fs.writeSync(2, said.join(', ') + '\\n'));
`);

test('a file is on the disk before it takes its place, and so is its name before the end', () => {
  const { status, stderr } = run([...quick, '--save', 'x'], { flags: spy });
  assert.equal(status, 0);
  assert.equal(stderr, 'create, write new, sync new, remove, create, write new, sync new, rename, sync folder\n');
});

test('no link that lies beside the file is followed', () => {
  const cwd = folder(),
    victim = scratchFile(Buffer.from('precious'));
  for (const name of ['x.part', 'x.tmp', 'x~']) symlinkSync(victim, join(cwd, name));
  assert.equal(run([...quick, '--save', 'x'], { cwd }).status, 0);
  assertNetwork(join(cwd, 'x'));
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
  assert.deepEqual(readdirSync(cwd).sort(), ['x', 'x.part', 'x.tmp', 'x~']);
});

test('a signal that comes while a file is written waits for it', { skip: notLinux }, () => {
  // The second sync is of the network; the first of the trial before the run.
  const strike = (/** @type {number} */ at) =>
    first(`
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const real = fs.fsyncSync;
    let count = 0;
    fs.fsyncSync = (file) => { if (++count === ${at}) process.kill(process.pid, 'SIGINT'); return real(file); };
    syncBuiltinESMExports();
  `);
  const cwd = folder(),
    trained = run([...quick, '--save', 'x'], { cwd, flags: strike(2) });
  assert.equal(trained.status, 130);
  assert.deepEqual(eventsIn(trained.stdout).at(-1), { event: 'stopped', signal: 'SIGINT', checkpoint: 'x' });
  assertNetwork(join(cwd, 'x'));
  const exported = run(['export', '--load', 'x', '--to', 'y'], { cwd, flags: strike(2) });
  assert.equal(exported.signal, 'SIGINT');
  assert.ok(readSafetensors(readFileSync(join(cwd, 'y'))).tensors.weight);
  assert.deepEqual(readdirSync(cwd).sort(), ['x', 'y']);
});

test(
  'a terminal that closes: the network is saved first, though nothing can be written to it',
  { skip: notLinux || without(['python3', '--version'], 'there is no python3 to make a terminal') },
  () => {
    const cwd = folder(),
      python = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
text = b""
while b'"event":"step"' not in text:
    text += os.read(terminal, 65536)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
    const { stdout, stderr } = run(['-c', python, process.execPath, PROGRAM, ...long, '--save', 'x'], {
      node: 'python3',
      program: '-u',
      cwd,
    });
    assert.equal(stdout, '129\n', stderr);
    assertNetwork(join(cwd, 'x'));
  },
);

test('several SIGHUPs, as a terminal and its shell send them, are one', async () => {
  const cwd = folder();
  const { code } = await listen(
    [...long, '--save', 'x'],
    (line, child) => {
      if (isStep(line) || line.startsWith('stopping after this step')) child.kill('SIGHUP');
    },
    { cwd },
  );
  assert.equal(code, 129);
  assertNetwork(join(cwd, 'x'));
});

for (const [streams, after] of [
  ['standard output', '| head -1'],
  ['both streams', '2>&1 | head -1'],
])
  test(`nobody reads ${streams} any more: the run goes on to its end, and saves`, { skip: notLinux }, () => {
    const cwd = folder(),
      args = ['-c', `$node $ink ${quick.join(' ')} --epochs 50 --save x; echo "ended with $?" >end`];
    const { stdout, stderr } = run(['-c', `sh "$@" ${after}`, 'sh', ...args], {
      node: 'sh',
      program: '-u',
      cwd,
      env: { ...process.env, node: process.execPath, ink: PROGRAM },
    });
    assert.match(stdout, /^\{"event":"load".*\}\n$/);
    assert.equal(stderr, '');
    assert.equal(readFileSync(join(cwd, 'end'), 'utf8'), 'ended with 0\n');
    assertNetwork(join(cwd, 'x'));
    assert.equal(run(['info', '--load', join(cwd, 'x')]).status, 0);
  });

test('Ctrl-C in `train | tee log`: tee ends as well, and the network is saved', { skip: notLinux }, async () => {
  const cwd = folder();
  let trained = 0;
  const { code } = await listen(
    long,
    (line, child) => {
      if (!isStep(line) || ++trained > 1) return;
      child.kill('SIGINT');
      child.stdout?.destroy();
    },
    { cwd },
  );
  assert.equal(code, 130);
  assertNetwork(join(cwd, 'inklearn-interrupted.safetensors'));
});

test(
  'standard output that cannot be written: a sentence, a failure, and the network is saved',
  { skip: notLinux },
  () => {
    const cwd = folder(),
      to = (/** @type {string[]} */ args) =>
        run(['-c', '"$@" >/dev/full', 'sh', process.execPath, PROGRAM, ...args], { node: 'sh', program: '-u', cwd });
    const trained = to([...quick, '--save', 'x']);
    assert.deepEqual([trained.status, trained.stderr], [1, 'standard output could not be written: the disk is full\n']);
    assertNetwork(join(cwd, 'x'));
    for (const args of [['info', '--load', 'x'], ['evaluate', '--data', data, '--load', 'x', '--json'], ['--help']]) {
      const { status, stderr } = to(args);
      assert.deepEqual(
        [status, stderr],
        [1, 'standard output could not be written: the disk is full\n'],
        args.join(' '),
      );
    }
  },
);

test('one file alone writes files, so that all of this holds for every command', () => {
  const sources = ['tools', 'tools/cli', 'tools/cli/commands', 'tools/export', 'tools/node', 'web/plots']
    .flatMap((room) => readdirSync(join(ROOT, room)).map((name) => join(room, name)))
    // The tools that are left out make the project's own files.
    .filter((name) => /\.m?js$/.test(name) && !/tools\/(icons|screens|site|serve)\.mjs$/.test(name));
  const writers = sources.filter((name) =>
    /\b(writeFile|writeSync|createWriteStream|appendFile|rename|copyFile|cp)(Sync)?\(/.test(
      readFileSync(join(ROOT, name), 'utf8'),
    ),
  );
  assert.deepEqual(writers, ['tools/cli/files.mjs']);
});

test('fetched data that are not MNIST are not kept, nor is half of them', () => {
  const fetched = (/** @type {string} */ response, within = folder()) => {
    const to = join(within, 'mnist.tar.gz');
    const { status, stdout, stderr } = run([to], {
      program: join(ROOT, 'tools/digits/fetch-data.mjs'),
      flags: first(`globalThis.fetch = async () => ${response};`),
    });
    assert.doesNotMatch(stdout + stderr, /^ +at /m);
    if (lstatSync(within).isDirectory()) assert.deepEqual(readdirSync(within), []);
    return { status, said: stdout + stderr };
  };
  assert.match(
    fetched('new Response("<html>")').said,
    /^MNIST could not be fetched: the server sent another file: no pictures were found/m,
  );
  const broken = fetched('new Response(new ReadableStream({ pull(c) { c.error(new Error("reset")); } }))');
  assert.deepEqual([broken.status, /the connection broke \(reset\)/.test(broken.said)], [0, true], broken.said);
  assert.match(fetched('new Response("", { status: 404 })').said, /the server answered 404/);
  assert.match(
    fetched('new Response("x")', scratchFile(Buffer.from('a file'))).said,
    /mnist.tar.gz could not be written/,
  );
});
