// @ts-check
/** notebook.mjs - a notebook that goes on with a run in fastai's words. */
import { classesOf } from './safetensors.js';
import { networkOf, READER, settingsOf } from './modules.mjs';
import { python } from './quote.mjs';

/** @param {Record<string, string>} s */
function optFunc(s) {
  if (s.optimizer === 'sgd') return `partial(SGD, mom=${+s.momentum})`;
  return `partial(Adam, mom=${+s.momentum}, sqr_mom=${+s.beta2}, eps=${+s.eps}, decouple_wd=${s.optimizer === 'adam' ? 'False' : 'True'})`;
}

/** As fastai writes a range. @param {string} lr */
function rate(lr) {
  const [first, last] = lr.split(':').map((part) => part && String(+part));
  return last === undefined ? first : first ? `slice(${first}, ${last})` : `slice(${last})`;
}

/** @param {Record<string, string>} s */
function fit(s) {
  if (s.schedule === 'fine_tune')
    return `learn.fine_tune(${+s.epochs}, base_lr=${rate(s.lr)}, freeze_epochs=${+s.freeze_epochs})`;
  if (s.schedule === 'one_cycle')
    return `learn.fit_one_cycle(${+s.epochs}, lr_max=${rate(s.lr)}, div=${+s.div}, div_final=${+s.div_final}, pct_start=${+s.pct_start})`;
  return `learn.fit(${+s.epochs}, lr=${rate(s.lr)})`;
}

/** Parts of fastai's augmentation that the run had. @param {string} augment */
function transforms(augment) {
  if (!augment.startsWith('fastai')) return '';
  const without = augment.split(',').map((part) => part.slice(1));
  const off = (/** @type {string} */ part, /** @type {string} */ code) => (without.includes(part) ? [code] : []);
  return `aug_transforms(size=28, ${[`do_flip=${without.includes('flip') ? 'False' : 'True'}`, ...off('rotate', 'max_rotate=0'), ...off('zoom', 'max_zoom=1'), ...off('warp', 'max_warp=0'), ...off('lighting', 'max_lighting=0')].join(', ')})`;
}

/** @param {import('./modules.mjs').Checkpoint} checkpoint @returns {[string, string]} */
export function fastaiNotebook(checkpoint) {
  const s = settingsOf(checkpoint),
    { model, own, prepare, groups, count } = networkOf(checkpoint),
    augment = transforms(s.augment);
  const cells = [
    [
      'markdown',
      `# A run of Inklearn, further in fastai\n\n\`network.safetensors\` is the network, \`data.safetensors\` the pictures as they were read: keep both beside this notebook. The model is\n\n    ${checkpoint.metadata.line}`,
    ],
    ['code', 'import json\nimport struct\n\nimport torch\nfrom torch import nn'],
    ['code', READER],
    [
      'code',
      `${own}model = ${model}\nmetadata, tensors = read_safetensors("network.safetensors")\nmodel.load_state_dict({name: t for name, t in tensors.items() if not name.startswith("optimizer.")}, strict=True)`,
    ],
    ['code', `_, data = read_safetensors("data.safetensors")\nclasses = ${python(classesOf(checkpoint.metadata))}`],
    [
      'code',
      `from functools import partial\n\nfrom fastai.vision.all import *\n\n\nclass Pictures(torch.utils.data.Dataset):\n    """Pairs of a picture [1, 28, 28], 0 to 1, and its class."""\n\n    def __init__(self, split):\n        self.pixels, self.labels = data[f"{split}.pixels"], data[f"{split}.labels"].long()\n        self.vocab = classes\n\n    def __len__(self):\n        return len(self.labels)\n\n    def __getitem__(self, i):\n        return TensorImageBW(self.pixels[i].unsqueeze(0) / 255), TensorCategory(self.labels[i])\n\n\ndls = DataLoaders.from_dsets(Pictures("train"), Pictures("valid"), bs=${+s.batch}, drop_last=${s.drop_last === '1' ? 'True' : 'False'}, num_workers=0${augment ? `, after_batch=${augment}` : ''})`,
    ],
    [
      'code',
      `class Prepared(nn.Module):\n    """The network on pictures as they come."""\n\n    def __init__(self, network):\n        super().__init__()\n        self.network = network\n\n    def forward(self, x):\n        return self.network(x${prepare})\n\n\n${
        count > 1
          ? `GROUPS = ${python(groups)}\n\n\ndef splitter(model):\n    """The run's parameter groups."""\n    found = [[] for _ in range(${count})]\n    for name, p in model.network.named_parameters():\n        found[next(group for place, group in GROUPS if name.startswith(place))].append(p)\n    return found\n\n\n`
          : ''
      }learn = Learner(dls, Prepared(model), loss_func=CrossEntropyLossFlat(${+s.label_smoothing ? `label_smoothing=${+s.label_smoothing}` : ''}), metrics=accuracy, opt_func=${optFunc(s)}, wd=${+s.weight_decay}${count > 1 ? ', splitter=splitter' : ''}${+s.clip ? `, cbs=GradientClip(${+s.clip})` : ''})\nlearn.validate()`,
    ],
    ['code', 'learn.lr_find()'],
    ['code', fit(s)],
    ['code', 'interp = ClassificationInterpretation.from_learner(learn)\ninterp.confusion_matrix()'],
    ['code', 'interp.top_losses(9)'],
  ];
  const notebook = {
    cells: cells.map(([kind, text], i) => ({
      cell_type: kind,
      id: `cell-${i}`,
      metadata: {},
      source: text.split(/(?<=\n)/),
      ...(kind === 'code' ? { execution_count: null, outputs: [] } : {}),
    })),
    metadata: {
      kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
      language_info: { name: 'python' },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return ['notebook.ipynb', `${JSON.stringify(notebook, null, 1)}\n`];
}
