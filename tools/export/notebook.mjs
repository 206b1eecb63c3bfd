// @ts-check
/** notebook.mjs - a notebook that continues a run in fastai's words. */
import { classesOf } from './safetensors.js';
import { networkOf, READER, settingsOf } from './modules.mjs';
import { python } from './quote.mjs';

/** @typedef {Record<string, string>} Settings  by their names */

const yes = (/** @type {boolean} */ value) => (value ? 'True' : 'False');

/** @param {Settings} s @param {boolean} decouples */
const adam = (s, decouples) =>
  `partial(Adam, mom=${+s.momentum}, sqr_mom=${+s.beta2}, eps=${+s.eps}, decouple_wd=${yes(decouples)})`;

/** Each optimiser, as Learner takes it. @type {Record<string, (s: Settings) => string>} */
export const OPTIMIZERS = {
  sgd: (s) => `partial(SGD, mom=${+s.momentum})`,
  adam: (s) => adam(s, false),
  adamw: (s) => adam(s, true),
  fastai_adam: (s) => adam(s, true),
};

/** A learning rate or range of rates, as fastai writes it. @param {string} lr */
function rateOf(lr) {
  const [first, last] = lr.split(':').map((part) => part && String(+part));
  return last === undefined ? first : first ? `slice(${first}, ${last})` : `slice(${last})`;
}

/** The call that trains. @param {Settings} s */
function fitOf(s) {
  const rate = rateOf(s.lr);
  if (s.schedule === 'fine_tune')
    return `learn.fine_tune(${+s.epochs}, base_lr=${rate}, freeze_epochs=${+s.freeze_epochs})`;
  if (s.schedule === 'one_cycle') {
    const shape = `div=${+s.div}, div_final=${+s.div_final}, pct_start=${+s.pct_start}`;
    return `learn.fit_one_cycle(${+s.epochs}, lr_max=${rate}, ${shape})`;
  }
  return `learn.fit(${+s.epochs}, lr=${rate})`;
}

/** The run's augmentation, as far as it is fastai's; '' for none. @param {string} augment */
function transformsOf(augment) {
  if (!augment.startsWith('fastai')) return '';
  const without = augment.split(',').map((part) => part.slice(1));
  const switches = {
    rotate: 'max_rotate=0',
    zoom: 'max_zoom=1',
    warp: 'max_warp=0',
    lighting: 'max_lighting=0',
  };
  const off = Object.entries(switches).flatMap(([part, code]) => (without.includes(part) ? [code] : []));
  return `aug_transforms(${['size=28', `do_flip=${yes(!without.includes('flip'))}`, ...off].join(', ')})`;
}

/** The cell of the data. @param {Settings} s */
function dataCell(s) {
  const transforms = transformsOf(s.augment);
  const options = [
    `bs=${+s.batch}`,
    `drop_last=${yes(s.drop_last === '1')}`,
    'num_workers=0',
    ...(transforms ? [`after_batch=${transforms}`] : []),
  ];
  return `from functools import partial

from fastai.vision.all import *


class Pictures(torch.utils.data.Dataset):
    """Pairs of a picture [1, 28, 28], 0 to 1, and its class."""

    def __init__(self, split):
        self.pixels, self.labels = data[f"{split}.pixels"], data[f"{split}.labels"].long()
        self.vocab = classes

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return TensorImageBW(self.pixels[i].unsqueeze(0) / 255), TensorCategory(self.labels[i])


dls = DataLoaders.from_dsets(Pictures("train"), Pictures("valid"), ${options.join(', ')})`;
}

/** The function that divides the parameters into their groups. @param {ReturnType<typeof networkOf>} network */
const splitterCode = ({ groups, count }) => `GROUPS = ${python(groups)}


def splitter(model):
    """The run's parameter groups."""
    found = [[] for _ in range(${count})]
    for name, p in model.network.named_parameters():
        found[next(group for place, group in GROUPS if name.startswith(place))].append(p)
    return found


`;

/** The cell of the learner. @param {Settings} s @param {ReturnType<typeof networkOf>} network */
function learnerCell(s, network) {
  const smoothing = +s.label_smoothing ? `label_smoothing=${+s.label_smoothing}` : '',
    grouped = network.count > 1;
  const options = [
    `loss_func=CrossEntropyLossFlat(${smoothing})`,
    'metrics=accuracy',
    `opt_func=${OPTIMIZERS[s.optimizer](s)}`,
    `wd=${+s.weight_decay}`,
    ...(grouped ? ['splitter=splitter'] : []),
    ...(+s.clip ? [`cbs=GradientClip(${+s.clip})`] : []),
  ];
  return `class Prepared(nn.Module):
    """The network, for pictures [N, 1, 28, 28]."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x${network.prepare})


${grouped ? splitterCode(network) : ''}learn = Learner(dls, Prepared(model), ${options.join(', ')})
learn.validate()`;
}

/** @param {import('./modules.mjs').Checkpoint} checkpoint @returns {[string, string]} name and text of the file */
export function fastaiNotebook(checkpoint) {
  const { metadata } = checkpoint,
    s = settingsOf(checkpoint),
    network = networkOf(checkpoint);
  const introduction = `# A run of Inklearn, continued in fastai

\`network.safetensors\` is the network, \`data.safetensors\` the pictures as they were read: keep both beside this \
notebook. The model is

    ${metadata.line}`;
  const networkCell = `${network.own}model = ${network.model}
metadata, tensors = read_safetensors("network.safetensors")
weights = {name: t for name, t in tensors.items() if not name.startswith("optimizer.")}
model.load_state_dict(weights, strict=True)`;
  const code = [
    'import json\nimport struct\n\nimport torch\nfrom torch import nn',
    READER,
    networkCell,
    `_, data = read_safetensors("data.safetensors")\nclasses = ${python(classesOf(metadata))}`,
    dataCell(s),
    learnerCell(s, network),
    'learn.lr_find()',
    fitOf(s),
    'interp = ClassificationInterpretation.from_learner(learn)\ninterp.confusion_matrix()',
    'interp.top_losses(9)',
  ];
  const lines = (/** @type {string} */ text) => text.split(/(?<=\n)/);
  const notebook = {
    cells: [
      { cell_type: 'markdown', id: 'cell-0', metadata: {}, source: lines(introduction) },
      ...code.map((text, i) => ({
        cell_type: 'code',
        id: `cell-${i + 1}`,
        metadata: {},
        source: lines(text),
        execution_count: null,
        outputs: [],
      })),
    ],
    metadata: {
      kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
      language_info: { name: 'python' },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return ['notebook.ipynb', `${JSON.stringify(notebook, null, 1)}\n`];
}
