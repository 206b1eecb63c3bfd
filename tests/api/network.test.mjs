/**
 * network.test.mjs - the trainer as others use it: what a validation says, a network opened without data, pictures in
 * files.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTrainer, pathEntries } from '../../tools/node/node.mjs';
import { scratchFile } from '../support/core.mjs';
import { digitPng, png, readSafetensors, safetensors, smallTar, torchvisionResnet18 } from '../support/files.mjs';

const BASE = { model: 'mlp', epochs: 2, batch: 7, lr: 0.05, momentum: 0.9, seed: 3 };

async function trained(settings = {}, data = {}) {
  const trainer = await createTrainer();
  await trainer.load('small', await pathEntries(scratchFile(smallTar({ perClass: 20, ...data }))));
  const reports = [...trainer.fit({ ...BASE, ...settings })];
  return { trainer, reports, last: reports.at(-1) };
}

test('after a validation: confusion, most confused and top losses by their definitions', async () => {
  const { trainer, last } = await trained({ epochs: 1, lr: 0.002 }, { classes: ['a', 'b', 'c', 'd'] });
  const n = 4,
    confusion = [...trainer.engine.confusion()];
  assert.deepEqual(confusion, [...last.confusion]);
  const pairs = confusion
    .map((count, i) => ({ actual: Math.floor(i / n), predicted: i % n, count }))
    .filter((p) => p.actual !== p.predicted);
  for (const least of [1, 5]) {
    // Stable: row-major among equals
    const want = pairs.filter((p) => p.count >= least).sort((a, b) => b.count - a.count);
    assert.ok(want.length > 0);
    assert.deepEqual(trainer.engine.mostConfused(least), want);
  }
  const all = trainer.engine.topLosses(80);
  assert.equal(all.length, 80);
  assert.ok(
    all.every(
      (m, i) => i === 0 || all[i - 1].loss > m.loss || (all[i - 1].loss === m.loss && all[i - 1].index < m.index),
    ),
  );
  assert.deepEqual(
    trainer.engine.topLosses(9).map((m) => m.index),
    all.slice(0, 9).map((m) => m.index),
  );
  for (const m of all) {
    const right = m.actual === m.predicted;
    assert.ok(
      right ? Math.abs(Math.exp(-m.loss) - m.probability) < 1e-6 : m.probability >= Math.exp(-m.loss) - 1e-6,
      "the probability is the prediction's",
    );
    assert.deepEqual([...m.picture], [...trainer.pictures('valid', [m.index]).pictures[0]]);
  }
  const { actual, predicted, count } = pairs.sort((a, b) => b.count - a.count)[0],
    cell = trainer.engine.topLosses(1000, { actual, predicted });
  assert.equal(cell.length, count);
  assert.deepEqual(
    cell.map((m) => m.index),
    all.filter((m) => m.actual === actual && m.predicted === predicted).map((m) => m.index),
  );
  assert.deepEqual(trainer.engine.topLosses(0), []);
  assert.ok(Math.abs(all.reduce((s, m) => s + m.loss, 0) / 80 - last.validLoss) < 1e-5);
});

test('reports: rate and momentum of each step; epochs of each fit', async () => {
  const { reports } = await trained({
    epochs: 2,
    schedule: 'fine_tune',
    optimizer: 'fastai_adam',
    momentum: undefined,
    lr: 0.01,
    batch: 10,
  });
  const steps = reports.filter((r) => r.type === 'steps'),
    lrs = steps.flatMap((r) => [...r.lrs]),
    momenta = steps.flatMap((r) => [...r.momenta]);
  assert.equal(lrs.length, 18);
  const cosine = (a, b, u) => a + ((1 + Math.cos(Math.PI * (1 - u))) * (b - a)) / 2;
  const cycle = (max, div, part, pos, down, [from, mid]) =>
    pos < part
      ? cosine(max / div, max, pos / part)
      : cosine(down ? max : mid, down ? max / 1e5 : from, (pos - part) / (1 - part));
  for (let k = 0; k < 18; k++) {
    const [max, div, part, pos] = k < 6 ? [0.01, 25, 0.99, k / 6] : [0.005, 5, 0.3, (k - 6) / 12];
    assert.ok(Math.abs(lrs[k] - cycle(max, div, part, pos, true, [])) < 1e-8, `rate of step ${k}: ${lrs[k]}`);
    const momentum = pos < part ? cosine(0.95, 0.85, pos / part) : cosine(0.85, 0.95, (pos - part) / (1 - part));
    assert.ok(Math.abs(momenta[k] - momentum) < 1e-6, `momentum of step ${k}: ${momenta[k]}`);
  }
  assert.deepEqual(
    reports.filter((r) => r.type === 'epoch').map((r) => [r.epoch, r.fit, r.fitEpoch]),
    [
      [0, 0, 0],
      [1, 1, 0],
      [2, 1, 1],
    ],
  );
});

/** fastai's rules, from the points: without the first tenth of those asked for and the last five. */
function suggest(points, steps) {
  const p = points.slice(Math.floor(steps / 10), -5);
  if (p.length < 2) return null;
  const least = (values) => values.indexOf(Math.min(...values));
  const length = p.map(() => 1);
  p.forEach(({ loss }, i) =>
    p.slice(0, i).forEach((q, j) => {
      if (loss < q.loss) length[i] = Math.max(length[i], length[j] + 1);
    }),
  );
  const longest = Math.max(...length),
    end = length.indexOf(longest),
    section = longest / 3;
  return {
    minimum: p[least(p.map((q) => q.loss))].lr / 10,
    steep: p[least(p.slice(1).map((q, i) => (q.loss - p[i].loss) / (Math.log(q.lr) - Math.log(p[i].lr))))].lr,
    valley: p[Math.max(0, end - longest + Math.trunc(section) + Math.trunc(section / 2))].lr,
  };
}

test("the finder: suggestions by fastai's rules, also where it stops early; the network is as before", async () => {
  const { trainer } = await trained();
  const before = trainer.engine.save(true);
  let early = 0;
  for (const steps of [6, 20, 40, 70, 100])
    for (const end of [0.5, 1000]) {
      const points = [],
        sweep = trainer.engine.find({ start: 1e-5, end, steps });
      let next = sweep.next();
      for (; !next.done; next = sweep.next()) points.push(next.value);
      early += Number(points.length < steps);
      assert.deepEqual(next.value, suggest(points, steps), `${steps} steps to ${end}`);
      assert.deepEqual(trainer.engine.save(true), before);
    }
  assert.ok(early > 0, 'some stop early');
});

test('a network without data: the same answers, the same file; nothing to train', async () => {
  for (const settings of [
    { augment: 'fastai' },
    { model: 'conv(4,5,2) bn relu linear(8) bn dropout relu linear(classes)', optimizer: 'adam', lr: 0.001 },
  ]) {
    const { trainer } = await trained(settings, { classes: ['cat', 'dog', 'a "b" \\ c'] });
    const file = trainer.engine.save(true),
      alone = await createTrainer();
    const { classes, settings: told } = alone.open(file);
    assert.deepEqual(classes, ['a "b" \\ c', 'cat', 'dog']);
    assert.equal(told.model, settings.model ?? 'mlp');
    assert.equal(told.batch, '7');
    for (const as of /** @type {const} */ (['digit', 'picture']))
      assert.deepEqual(alone.engine.predictPng(digitPng(5), as), trainer.engine.predictPng(digitPng(5), as));
    assert.deepEqual(
      alone.engine.save(true),
      trainer.engine.save(false),
      'without pictures there is no run to go on with',
    );
    assert.throws(() => alone.evaluate(), { code: 'state', message: /no pictures to learn from/ });
    assert.throws(() => alone.engine.find().next(), { code: 'state', message: /no pictures/ });
    assert.throws(() => alone.continue({ ...BASE, ...settings }).next(), { code: 'state', message: /no pictures/ });
  }
});

test('a network on other data of its classes: evaluated there; on as many pictures it goes on', async () => {
  const { trainer } = await trained({ optimizer: 'adam', lr: 0.001, momentum: undefined }),
    file = trainer.engine.save(true);
  const load = async (/** @type {object} */ data) => {
    const other = await createTrainer();
    await other.load('other', await pathEntries(scratchFile(smallTar(data))));
    return other;
  };
  const same = await load({ perClass: 20 }),
    more = await load({ perClass: 30 }),
    others = await load({ classes: ['0', '1', '3'], perClass: 20 });
  same.open(file, { keepData: true });
  assert.deepEqual(same.engine.save(true), file, 'as if it were resumed');
  more.open(file, { keepData: true });
  assert.throws(() => more.resume(file), {
    code: 'data',
    message: /of a run on 60 and 60 pictures; 90 and 90 are loaded/,
  });
  assert.deepEqual(
    readSafetensors(more.engine.save(false)).tensors,
    readSafetensors(trainer.engine.save(false)).tensors,
  );
  const { confusion, accuracy } = more.evaluate();
  assert.equal(
    confusion.reduce((a, b) => a + b),
    90,
  );
  assert.equal(accuracy, [0, 4, 8].reduce((n, i) => n + confusion[i], 0) / 90);
  assert.equal(
    [...more.continue({ ...BASE, optimizer: 'adam', lr: 0.001, momentum: undefined })].filter((r) => r.type === 'epoch')
      .length,
    2,
  );
  assert.throws(() => others.open(file, { keepData: true }), { code: 'data', message: /class 2 is '2'/ });
});

test('top losses show what the network sees', async () => {
  const { trainer } = await trained({ augment: 'fastai', epochs: 1 });
  for (const { index, picture } of trainer.engine.topLosses(5)) {
    const { pixels } = { pixels: trainer.pictures('valid', [index]).pictures[0] };
    const { input } = trainer.engine.predictPng(
      png({ width: 28, height: 28, sample: (x, y) => pixels[28 * y + x] }),
      'picture',
    );
    assert.deepEqual(
      picture,
      Uint8Array.from(input, (v) => Math.min(1, Math.max(0, v)) * 255),
    );
    assert.notDeepEqual(picture, pixels);
  }
});

test('a network that is refused: what was there stays', async () => {
  const { trainer } = await trained();
  const file = trainer.engine.save(true),
    before = trainer.engine.predictPng(digitPng(3)),
    other = Buffer.from(file);
  const another = await trained({ model: 'linear' });
  other[file.length - 2] = 0xff; // the last weight's exponent: no number
  other[file.length - 1] = 0x7f;
  /** @type {[Uint8Array, RegExp][]} */
  const cases = [
    [file.subarray(0, file.length - 9), /.+/],
    [new Uint8Array(), /not a safetensors file/],
    [other, /.+/],
    [Buffer.from('{"not": "it"}'), /not a safetensors file/],
  ];
  for (const [bytes, says] of cases)
    for (const use of [
      () => trainer.open(bytes),
      () => trainer.resume(bytes),
      () => trainer.engine.trainWith({ model: 'mlp' }, bytes),
    ]) {
      assert.throws(use, { code: 'data', message: says });
      assert.deepEqual(trainer.engine.predictPng(digitPng(3)), before);
      assert.deepEqual(trainer.engine.save(true), file);
    }
  assert.throws(() => trainer.engine.trainWith({ model: 'linear' }, file), {
    code: 'data',
    message: /no tensor weight/,
  });
  assert.throws(() => trainer.engine.trainWith({ model: 'mpl' }, file), { code: 'model' });
  assert.deepEqual(trainer.engine.save(true), file);
  assert.throws(() => trainer.continue({ ...BASE, model: 'linear' }), {
    code: 'model',
    message: /the trained network is 'linear\(30\) relu linear\(classes\)'/,
  });
  assert.deepEqual(trainer.engine.save(true), file);
  assert.throws(() => another.trainer.open(file.subarray(0, 100)), { code: 'data' });
  assert.equal(another.trainer.engine.settings()?.model, 'linear');
});

test("a picture in a file: as a digit, or as the data set's are; what goes in and comes out", async () => {
  const { trainer } = await trained();
  const dark = png({ width: 100, height: 80, sample: (x, y) => (x > 40 && x < 50 && y > 20 && y < 60 ? 10 : 240) });
  const light = png({ width: 100, height: 80, sample: (x, y) => (x > 40 && x < 50 && y > 20 && y < 60 ? 240 : 10) });
  assert.deepEqual(
    trainer.engine.predictPng(dark).picture,
    trainer.engine.predictPng(light).picture,
    'a digit has either polarity',
  );
  assert.notDeepEqual(
    trainer.engine.predictPng(dark, 'picture').picture,
    trainer.engine.predictPng(light, 'picture').picture,
  );
  const { pictures } = trainer.pictures('valid', [4]);
  // 12.png of the first class
  const { picture, input, logits, probabilities, label } = trainer.engine.predictPng(digitPng(120), 'picture');
  assert.deepEqual(picture, pictures[0], "the data set's picture of that number");
  assert.deepEqual(
    input,
    Float32Array.from(picture, (p) => p / 255),
  );
  const most = Math.max(...logits),
    sum = logits.reduce((s, z) => s + Math.exp(z - most), 0);
  logits.forEach((z, i) => assert.ok(Math.abs(Math.exp(z - most) / sum - probabilities[i]) < 1e-6));
  assert.equal(label, logits.indexOf(most));
  assert.throws(() => trainer.engine.predictPng(Buffer.from('no PNG at all')), { code: 'data', message: /PNG/ });
  assert.throws(() => trainer.engine.predictPng(png({ width: 9, height: 9, sample: () => 7 })), {
    code: 'data',
    message: /no ink found/,
  });
  const none = await createTrainer();
  assert.throws(() => none.engine.predictPng(digitPng(1)), { code: 'state', message: /no network/ });
});

test("torchvision's ResNet-18 loads: its body here, its last layer nowhere, the head as it was", async () => {
  const trainer = await createTrainer(),
    settings = { ...BASE, model: 'resnet18', batch: 2, momentum: undefined };
  await trainer.load('small', await pathEntries(scratchFile(smallTar())));
  trainer.fit(settings);
  const fresh = readSafetensors(trainer.engine.save(false)).tensors,
    theirs = torchvisionResnet18();
  assert.equal(Object.keys(theirs).length, 122);
  trainer.engine.trainWith(settings, safetensors(theirs, { format: 'pt' }));
  const ours = readSafetensors(trainer.engine.save(false)).tensors;
  assert.equal(Object.keys(ours).length, 132);
  const same = (/** @type {any} */ a, /** @type {any} */ b, /** @type {string} */ name) =>
    assert.ok(
      String(a.shape) === String(b.shape) && Buffer.from(a.values.buffer).equals(Buffer.from(b.values.buffer)),
      name,
    );
  const NAMES = /** @type {Record<string, string>} */ ({
    conv1: '0.0',
    bn1: '0.1',
    layer1: '0.4',
    layer2: '0.5',
    layer3: '0.6',
    layer4: '0.7',
  });
  for (const [name, tensor] of Object.entries(theirs)) {
    const at = name.indexOf('.'),
      place = NAMES[name.slice(0, at)];
    if (place) same(ours[place + name.slice(at)], tensor, name);
    else assert.match(name, /^fc\./);
  }
  const head = Object.keys(ours).filter((name) => name.startsWith('1.'));
  assert.equal(head.length, 12);
  for (const name of head) same(ours[name], fresh[name], name);
  // The loaded weights predict, and a file of our own keeps them unchanged.
  const { probabilities } = trainer.engine.predictPng(digitPng(3));
  trainer.engine.trainWith(settings, safetensors(ours));
  assert.deepEqual(trainer.engine.predictPng(digitPng(3)).probabilities, probabilities);
  // The message names the tensor that is missing, not expected, or of another shape, as the model names it.
  const { 'layer3.0.downsample.0.weight': taken, ...rest } = theirs;
  const says = (/** @type {object} */ tensors, /** @type {RegExp} */ message) =>
    assert.throws(() => trainer.engine.trainWith(settings, safetensors(/** @type {any} */ (tensors))), {
      code: 'data',
      message,
    });
  says(rest, /no tensor 0\.6\.0\.downsample\.0\.weight/);
  says(
    { ...rest, 'layer3.0.downsample.0.weight': { ...taken, shape: [256, 1, 128, 1] } },
    /tensor 0\.6\.0\.downsample\.0\.weight has another shape/,
  );
  assert.deepEqual(
    trainer.engine.predictPng(digitPng(3)).probabilities,
    probabilities,
    'refused files changed nothing',
  );
});

test('a reader: answers before there is a learner, for its own classes only, through loads and resets', async () => {
  const { trainer: teacher } = await trained({ epochs: 3 });
  const file = teacher.engine.save(false),
    { pixels } = teacher.engine.picture('valid', 3);
  const rgba = new Uint8Array(784 * 4).fill(255);
  for (let i = 0; i < 784; i++) rgba.fill(255 - pixels[i], 4 * i, 4 * i + 3);
  const own = teacher.engine.read(rgba, 28, 28).shown;

  const trainer = await createTrainer(),
    read = () => trainer.engine.read(rgba, 28, 28);
  const load = async (classes) =>
    trainer.load('small', await pathEntries(scratchFile(smallTar({ perClass: 20, ...(classes && { classes }) }))));
  trainer.engine.setReader(file);
  await load();
  assert.deepEqual(read().shown, own);
  assert.equal(read().byReader, true);
  assert.ok(
    trainer.engine.occlusion(own.label).some((v) => v !== 0),
    'what spoke for it is told too',
  );
  assert.throws(() => trainer.engine.setReader(file.subarray(0, file.length - 4)), /tensor|damaged|checksum|bytes/);
  assert.deepEqual(read().shown, own, 'a damaged file takes nothing away');
  for (const _ of trainer.fit({ ...BASE, epochs: 1, seed: 8 })) assert.equal(read().byReader, false);
  assert.notDeepEqual(read().shown.probabilities, own.probabilities);
  trainer.engine.reset();
  assert.deepEqual(read().shown, own);
  await load(['x', 'y', 'z']);
  assert.equal(read().shown.probabilities, null, 'it knows no such classes');
  assert.equal(trainer.engine.settings(), null);
});

test('whether it is as sure as it is right: the bins hold all test pictures; held out, the temperature is fitted and kept', async () => {
  const { trainer } = await trained({ epochs: 1, lr: 0.002 }, { classes: ['a', 'b', 'c', 'd'] });
  const { error, bins } = trainer.engine.reliability(),
    all = trainer.engine.topLosses(80);
  assert.equal(
    bins.reduce((n, b) => n + b.count, 0),
    80,
  );
  const expected = bins.reduce((sum, b) => sum + (b.count / 80) * Math.abs(b.confidence - b.accuracy), 0);
  assert.ok(Math.abs(error - expected) < 1e-9, `${error} is ${expected}`);
  const right = all.filter((m) => m.actual === m.predicted).length;
  assert.ok(Math.abs(bins.reduce((sum, b) => sum + b.count * b.accuracy, 0) - right) < 1e-6);
  assert.throws(() => trainer.engine.holdOut(80, 1), /1 to 79 can be held out/);
  trainer.engine.holdOut(30, 1);
  assert.throws(() => trainer.engine.reliability(), /no training/);
  const last = [...trainer.fit({ ...BASE, epochs: 1, lr: 0.002 })].at(-1);
  assert.equal(
    last.confusion.reduce((a, b) => a + b),
    30,
  );
  const { temperature, before, after } = trainer.engine.calibrate();
  assert.ok(after <= before && temperature > 0);
  const again = await createTrainer();
  again.open(trainer.engine.save(false));
  assert.equal(Number(again.engine.settings().temperature), temperature);
});

test('test-time averaging says what the mean of nine shifted answers says', async () => {
  const { trainer } = await trained({ epochs: 1, lr: 0.002 });
  const plain = trainer.evaluate(),
    shifted = trainer.evaluate({ shifted: true });
  assert.equal(
    shifted.confusion.reduce((a, b) => a + b),
    plain.confusion.reduce((a, b) => a + b),
  );
  assert.notEqual(shifted.validLoss, plain.validLoss);
  assert.deepEqual(trainer.evaluate(), plain, 'and leaves no trace');
});

test('the resolved layers of the network are those that its checkpoint carries', async () => {
  const trainer = await createTrainer();
  assert.equal(trainer.engine.layers(), null);
  trainer.engine.close();
  for (const model of ['linear', 'rgb conv(4,3) block(6,2) residual(conv(6,1) | ) concatpool linear(classes)']) {
    const { trainer: other } = await trained({ model, epochs: 1 });
    const layers = /** @type {any[]} */ (other.engine.layers());
    const { metadata } = readSafetensors(other.engine.save(false));
    assert.deepEqual(layers, JSON.parse(metadata.layers));
    assert.deepEqual(layers.at(-1).arguments, { outputs: 3, bias: 1 });
    other.engine.close();
  }
});
