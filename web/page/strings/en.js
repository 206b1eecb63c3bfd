// @ts-check
/** en.js - English, as far as it does not stand in index.html. */

const s = (/** @type {number} */ n) => (n === 1 ? '' : 's');

/** @type {import('../strings.js').Table} */
export default {
  title: 'Inklearn: train a neural network in this tab',

  'state.starting': 'Starting', 'state.idle': 'Ready', 'state.loading': 'Loading', 'state.finding': 'Searching', 'state.training': 'Training', 'state.paused': 'Paused',
  'state.stopped': 'Stopped', 'state.finished': 'Done', 'state.diverged': 'Diverged', 'state.failed': 'Failed',
  train: 'Train', pause: 'Pause', resume: 'Resume', 'train.again': 'Train anew', undo: 'Undo',

  'say.starting': 'Getting ready.',
  'say.finding': 'Trying learning rates on a network that is thrown away.',
  'say.reading': 'Reading {name}: {count} pictures so far.',
  'say.loading': 'Reading {name}.',
  'say.ready': 'Ready: {data}, {count} pictures. Press Train.',
  'say.empty': 'Drop pictures to begin, or choose a data set.',
  'say.training': 'Epoch {epoch} of {epochs}: {reached}.',
  'say.paused': 'Paused in epoch {epoch}, at step {step}. Draw a digit, look around, or go on.',
  'say.stopped': 'Stopped in epoch {epoch}. The network is kept: try it.',
  'say.finished': 'Done: {reached}. {worst}',
  'say.worst': 'Most often it takes a {actual} for a {predicted}: {count} times.',
  'say.diverged': 'The loss is no longer a number: the steps were too large.',
  'say.failed': 'The trainer stopped unexpectedly.',
  right: '{part} right on pictures it has not seen',
  first: 'learning from its first pictures',
  speed: '{count} pictures/s', step: 'step {step} of {of}', 'left.seconds': '{count} s left', 'left.minutes': '{count} min left',
  variant: 'Kernels: {name}.',

  'curve.batch': 'each batch', 'curve.train': 'training', 'curve.valid': 'validation', 'curve.lr': 'learning rate',
  'loss.both': 'Training {train}, validation {valid}.', 'loss.train': 'Training {train}.', 'loss.nothing': 'Press Train, and the curve begins here.', 'accuracy.nothing': 'A point for each epoch.',
  'accuracy.after': ({ part, count }) => `${part} after ${count} epoch${s(count)}.`,
  'epoch.said': 'Epoch {epoch} of {epochs}: {part} right{change}; validation loss {loss}.', 'epoch.up': ', up {by} points', 'epoch.down': ', down {by} points',
  'epochs.note': 'The last {rows} of {count} epochs.',
  legend: 'Lines; press one to hide it', 'chart.help': '{name}: chart. Arrow keys tell its values.',
  'mark.lr': 'rate {from} → {to}', 'mark.freeze': 'frozen', 'mark.melt': 'unfrozen', melt: 'Unfreeze',

  matrix: 'Confusion matrix', 'matrix.is': 'is', 'matrix.taken': 'taken for', 'matrix.counts': 'counts', 'matrix.percent': 'Per cent of each row',
  'matrix.sample': 'Live, on {count} of {of} pictures so far in this epoch.', 'matrix.exact': 'Exact, after epoch {epoch}.', 'matrix.none': 'No mistake at all.', 'matrix.cell': 'is {actual}, taken for {predicted}: {count}',
  'mistakes.empty': 'While it learns, you will see here what it mixes up.', pairs: 'Which mistakes', worst: 'Worst', classes: 'Each class',
  'worst.title': 'The greatest losses: is → taken for, loss, and how sure it was.', 'cell.none': 'There are none in the last validation.',
  'cell.right': 'Each a {actual}, and read so; the least sure first, with loss and certainty.', 'cell.wrong': 'Each a {actual}, taken for a {predicted}; the worst first, with loss and certainty.',
  'classes.title': 'Found: of those that are one. Right: of those taken for one.', 'classes.class': 'Class', 'classes.count': 'Pictures', 'classes.recall': 'Found', 'classes.precision': 'Right',
  'picture.of': 'a {name}',

  'data.report': '{name}: {train} pictures to learn from, {valid} to be tested on, {classes} classes ({named}), read in {seconds} s.',
  'data.refused': '{name} was not loaded: {message}.', 'data.refused.stays': '{name} was not loaded: {message}. {old} is still there.',
  'data.nofiles': 'There are no files in that folder.', 'data.files.name': '{name} ({count} files)',
  'data.skipped': ({ count }) => (count === 1 ? '1 file was skipped' : `${count} files were skipped`), 'data.skipped.more': 'and {count} more',
  'data.address.empty': 'Please write the address of an archive, for example data/mine.tar.gz.', 'data.address.foreign': 'Only addresses on this site ({origin}) can be loaded: download the file and open it instead.',
  'mosaic.one': 'A {name}. While it trains, its loss is told here.', 'mosaic.losses': 'A {name}; its loss: {losses}',

  'model.linear': 'Linear', 'model.linear.hint': 'a weight for each pixel and class', 'model.mlp': 'Small network', 'model.mlp.hint': 'one hidden layer of 30', 'model.cnn': 'Convolutions', 'model.cnn.hint': 'sees strokes, then shapes',
  'model.resnet18': 'ResNet-18', 'model.resnet18.hint': '18 layers: slow, and worth it', 'model.own': 'Your own line', 'model.own.hint': 'layers in words, below',
  'model.summary': '{weights} weights, {macs} multiply-adds a picture, {megabytes} MB to train; {time}.', 'model.time': 'about {seconds} s an epoch', 'model.time.short': 'less than a second an epoch', million: '{count} million',
  default: 'default {value}',
  limits: ({ whole, aboveMin, belowMax, min, max }) => `${whole ? 'A whole number' : 'A number'} ${aboveMin ? 'above' : 'from'} ${min} ${belowMax ? 'to below' : 'to'} ${max}, please.`,
  'limits.comma': 'Write a point, not a comma.', 'limits.range': 'A range has two rates, as in 1e-6:1e-4, please.', 'settings.wrong': 'One of the settings is not right yet: see the note beside it.',
  'preview.one': 'augmented picture {number}',
  'find.needs': 'The search needs a data set, and settings that are right.', 'find.trying': 'Trying rates from 0.0000001 to 10 …', 'find.chart': 'Loss by learning rate', 'find.suggested': 'suggested',
  'find.text': 'The loss as the rate grows, on a network that is thrown away. Take a rate where it falls:', 'find.none': 'No rate stood out: the loss diverged at once.', 'find.minimum': 'minimum / 10', 'find.steep': 'steepest', 'find.valley': 'valley',

  'step.given': 'as given', 'step.grey': 'ink light', 'step.cropped': 'cropped', 'step.scaled': '20 × 20', 'step.centred': 'centred 28 × 28', several: 'Digits of this picture', raw: 'As it came: without these steps',
  'why.answer': 'Why this answer?', heat: 'Heat map of the pixels that spoke for the answer', 'heat.legend': 'Orange: covering it makes the answer less sure. Blue: covering it would help.', near: 'Most like it, of the training pictures', 'near.paused': 'They are sought when the training pauses.',
  'answer.several': ': {count} digits. This one: {one}, {part} sure',
  filter: 'weights {number}', 'filters.none': 'The first layer’s weights are no pictures in this model.', 'filters.templates': 'What each class looks for: orange speaks for it, blue against.', 'filters.text': 'The first layer’s filters, {shown} of {count}: orange for, blue against.', 'filters.wait': 'Weights will take shape here while it learns.',
  'inside.hint': 'What is in the network, live.', followed: 'Eight pictures, followed', 'followed.hint': 'The line: how likely it holds the right answer, from the start until now.',
  activations: 'What each layer makes of your digit', 'activations.draw': 'Draw a digit, and train: each layer’s answer to it appears here.', activation: '{name}, {shape}',
  spreads: 'Weights and gradients over time', 'spreads.hint': 'Each column is a moment; the brighter, the more of them have that value.', 'spread.tensor': 'Weights of', 'spread.values': 'Values', 'spread.gradients': 'Gradients', 'spread.range': '{least} to {most}, epochs {from} to {to}',
  'limits.one': 'One rate, please.',

  seen: 'What the network sees: 28 by 28 pixels', bars: 'Probability of each class', 'answer.empty': 'Its answer will appear here.', 'answer.none': 'This is what the network will see. Press Train, and it will tell what it reads.',
  'answer.sure': ', {part} sure; then {second}, {other}',
  'pad.pasted': 'The pasted picture', 'pad.file.empty': '{name} is empty.', 'pad.file.large': '{name} has {width} × {height} pixels; at most {most} along a side can be read. Please make it smaller.', 'pad.file.bad': '{name} is not a picture that this browser can read.', 'pad.noexample': 'There is no test picture before a data set is loaded.',
  'drop.unreadable': 'What was dropped could not be read: {message}.',

  'export.save': 'Save network', 'export.save.hint': 'A safetensors file with PyTorch’s names; the run goes on from it to the bit.', 'export.restore': 'Load network…', 'export.restore.hint': 'A run saved here, to go on with.',
  'network.refused': '{name} was not loaded: {message}.',
  'reset.done': 'The network is forgotten.',
  'way.diverged': 'The weights of the last good step are back in place.', 'way.smaller': 'Train with a tenth of the rate', 'way.save': 'Save those weights', 'way.find': 'Find a rate',
  'way.memory': 'A smaller batch needs less memory.', 'way.batch': 'Train with a quarter of the batch',
  'way.lost': 'What it had learnt can be brought back.', 'way.restart': 'Start the trainer again',
};
