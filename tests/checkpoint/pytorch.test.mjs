/** pytorch.test.mjs - PyTorch opens our checkpoints strictly and answers as we do; where python3-torch is there. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { ROOT, scratchFile } from '../support/core.mjs';
import { digitPng, smallTar } from '../support/files.mjs';

const python = ['python3', '/usr/bin/python3'].find((p) => spawnSync(p, ['-c', 'import torch']).status === 0);
const skip = python ? false : 'python3-torch is not there (apt-get install python3-torch)';

const MODELS = {
  linear: 'linear',
  mlp: 'mlp',
  cnn: 'cnn',
  resnet18: 'resnet18',
  'a line of every kind of layer':
    'conv(6,5,2,pad=2,bias=no) bn(eps=1e-3) relu maxpool(3,2,1) residual(conv(8,3,1,1) bn relu | conv(8,1,bias=no)) ' +
    'sequence(block(8) block(12,2)) avgpool(2) residual( | ) dropout split adaptiveavgpool(1) linear(9) bn relu ' +
    'linear(classes, bias=no)',
  'pools of two kinds': 'conv(4,3) adaptivemaxpool(3) flatten dropout(0.2) linear(classes)',
};

for (const [name, model] of Object.entries(MODELS))
  test(`PyTorch: ${name}`, { skip }, async (t) => {
    const trainer = await createTrainer(),
      folder = mkdtempSync(join(tmpdir(), 'inklearn-'));
    await trainer.load(
      'small',
      await pathEntries(scratchFile(smallTar({ perClass: 8, classes: ['a', 'b', 'c', 'd'] }))),
    );
    const settings = { model, epochs: 2, batch: 16, lr: 0.001, optimizer: 'fastai_adam', augment: 'fastai', seed: 2 };
    for (const r of trainer.fit(/** @type {any} */ (settings))) assert.ok(r);
    const file = join(folder, 'x.safetensors'),
      predictions = join(folder, 'x.jsonl');
    writeFileSync(file, trainer.engine.save(true));
    writeFileSync(
      predictions,
      [3, 14, 25, 36, 47]
        .map((n) => {
          const { input, logits } = trainer.engine.predictPng(digitPng(n), 'picture');
          return JSON.stringify({ event: 'prediction', input: [...input], logits: [...logits] });
        })
        .join('\n'),
    );
    const { status, stdout, stderr } = spawnSync(
      /** @type {string} */ (python),
      [join(ROOT, 'tools/open_in_pytorch.py'), file, predictions],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0, stdout + stderr);
    assert.match(
      stdout,
      new RegExp(`, ${trainer.engine.describe(/** @type {any} */ (settings)).parameters} parameters\n`),
    );
    t.diagnostic(stdout.trim().split('\n').slice(1).join('; '));
  });

test('PyTorch: the reader of files refuses what the core refuses of a file itself, with a ValueError', { skip }, () => {
  const corpus = new URL('../fuzz/corpus/safetensors/', import.meta.url),
    verdicts = readFileSync(new URL('../fuzz/verdicts/safetensors', import.meta.url), 'utf8')
      .trim()
      .split('\n');
  const program =
    'import json, sys\nsys.path.insert(0, "tools")\nfrom open_in_pytorch import read_safetensors\nsaid = {}\n' +
    'for path in json.load(sys.stdin):\n    try:\n        read_safetensors(path)\n        said[path] = ""\n' +
    '    except ValueError as error:\n        said[path] = str(error) or "refused"\nprint(json.dumps(said))';
  const files = verdicts.map((line) => ({
    path: fileURLToPath(new URL(line.split(' ')[0], corpus)),
    says: line.split(' ').slice(3).join(' '),
  }));
  const { status, stdout, stderr } = spawnSync(/** @type {string} */ (python), ['-c', program], {
    cwd: ROOT,
    input: JSON.stringify(files.map(({ path }) => path)),
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  assert.equal(status, 0, stderr.slice(-2000));
  const said = JSON.parse(stdout);
  let refused = 0;
  for (const { path, says } of files) {
    // Python has no such limits, and a text may hold U+0000 there.
    if (/too (long|large|many)|U\+0000|field that no tensor has|without a name|metadata|'"' was expected/.test(says))
      continue;
    const bad = /^(safetensors:|not a safetensors file)/.test(says);
    assert.equal(said[path] !== '', bad, `${path}: ${says || 'accepted'}; Python: ${said[path] || 'accepted'}`);
    refused += bad ? 1 : 0;
  }
  assert.ok(refused > 30, `${refused}`);
});

test('PyTorch: layers that Inklearn does not write are refused with a ValueError', { skip }, () => {
  const layer = (/** @type {object} */ changes) => ({
    type: 'linear',
    path: '',
    input: [784],
    output: [4],
    group: 0,
    arguments: { outputs: 4, bias: 1 },
    tensors: { weight: [4, 784], bias: [4] },
    ...changes,
  });
  const texts = [
    'not JSON',
    '[]',
    '{}',
    '7',
    'null',
    '["linear"]',
    '[{}]',
    '['.repeat(100000),
    ...[
      { type: '__import__' },
      { type: 'system' },
      { type: ['linear'] },
      { type: 'sequence' },
      { type: 'sequence', layers: 3 },
      { path: 7 },
      { input: [] },
      { input: 784 },
      { input: ['784'] },
      { input: [1e12] },
      { input: [-1] },
      { arguments: {} },
      { arguments: { outputs: 1e12, bias: 1 } },
      { arguments: { outputs: 'os.system("touch harmed")', bias: 1 } },
      { arguments: { outputs: 4.5, bias: 1 } },
      { arguments: { outputs: 5, bias: 1 } },
    ].map((changes) => JSON.stringify([layer(changes)])),
  ];
  const program =
    'import json, sys, torch\nsys.path.insert(0, "tools")\nimport open_in_pytorch as o\n' +
    'tensors = {"weight": torch.zeros(4, 784), "bias": torch.zeros(4)}\nsaid = []\n' +
    'for text in json.load(sys.stdin):\n' +
    '    o.read_safetensors = lambda path: ({"layers": text, "line": "linear(classes)"}, tensors)\n' +
    '    try:\n        o.open_network("x")\n        said.append("")\n' +
    '    except ValueError as error:\n        said.append(str(error) or "refused")\nprint(json.dumps(said))';
  const { status, stdout, stderr } = spawnSync(/** @type {string} */ (python), ['-c', program], {
    cwd: ROOT,
    input: JSON.stringify([JSON.stringify([layer({})]), ...texts]),
    encoding: 'utf8',
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  assert.equal(status, 0, stderr.slice(-2000));
  const [sound, ...said] = JSON.parse(stdout);
  assert.equal(sound, '', 'the layers that Inklearn writes');
  said.forEach((/** @type {string} */ text, /** @type {number} */ i) =>
    assert.notEqual(text, '', `${texts[i].slice(0, 200)} is accepted`),
  );
});
