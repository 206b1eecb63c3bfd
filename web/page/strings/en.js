// @ts-check
/** en.js - English, as far as it does not stand in index.html: the words of the first second. */

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
  'say.listing': 'Reading {name}: {count} files found so far.',
  'say.ready': 'Ready: {data}, {count} pictures. Press Train.',
  'say.empty': 'Drop pictures to begin, or choose a data set.',
  'say.training': 'Epoch {epoch} of {epochs}: {reached}.',
  'say.paused': 'Paused in epoch {epoch}, at step {step}. Draw a digit, look around, or go on.',
  'say.stopped': 'Stopped in epoch {epoch}. The network is kept: try it.',
  'say.finished': 'Done: {reached}. {worst}',
  'say.worst': 'Most often it takes a {actual} for a {predicted}: {count} times.',
  'say.diverged': 'The loss is no longer a number: the steps were too large.',
  'say.unsupported': 'This browser cannot run it: WebAssembly SIMD came with Chrome 91, Firefox 89 and Safari 16.4.',
  'say.network': 'The training engine could not be fetched.', 'say.start': 'The training engine cannot start.', 'say.build': 'This page and its training engine are of different builds.',
  'say.failed': 'The trainer stopped unexpectedly.',
  right: '{part} right on pictures it has not seen',
  first: 'learning from its first pictures',
  speed: '{count} pictures/s', step: 'step {step} of {of}', 'left.seconds': '{count} s left', 'left.minutes': '{count} min left',
  'variant.reload': 'Reload the page and it takes more.',
  variant: ({ name, threads, alone }) => `Kernels: ${name}, ${threads === 1 ? 'one thread' : `${threads} threads`}${alone ? '; this host allows no more' : ''}.`,

  'curve.batch': 'each batch', 'curve.train': 'training', 'curve.valid': 'validation', 'curve.lr': 'learning rate',
  'loss.both': 'Training {train}, validation {valid}.', 'loss.train': 'Training {train}.', 'loss.nothing': 'Press Train, and the curve begins here.', 'accuracy.nothing': 'A point for each epoch.',
  'accuracy.after': ({ part, count }) => `${part} after ${count} epoch${s(count)}.`,
  'epoch.said': 'Epoch {epoch} of {epochs}: {part} right{change}; validation loss {loss}.', 'epoch.up': ', up {by} points', 'epoch.down': ', down {by} points',
  'epochs.note': 'The last {rows} of {count} epochs.',
  legend: 'Lines; press one to hide it', 'chart.help': '{name}: chart. Arrow keys tell its values.',
  'picture.of': 'a {name}',

  'data.report': '{name}: {train} pictures to learn from, {valid} to be tested on, {classes} classes ({named}), read in {seconds} s.',
  'data.refused': '{name} was not loaded: {message}.', 'data.refused.stays': '{name} was not loaded: {message}. {old} is still there.',
  'data.nofiles': 'There are no files in that folder.', 'data.files.name': '{name} ({count} files)',
  'data.skipped': ({ count }) => (count === 1 ? '1 file was skipped' : `${count} files were skipped`), 'data.skipped.more': 'and {count} more',
  'data.skipped.first': '{count} files were skipped; the first {named} are listed', 'data.apart': 'The validation pictures are used; {count} test pictures are kept apart.', 'data.litter': ({ count }) => (count === '1' ? '1 hidden file was passed over.' : `${count} hidden files were passed over.`),
  'data.address.empty': 'Please write the address of an archive, for example data/mine.tar.gz.', 'data.address.foreign': 'Only addresses on this site ({origin}) can be loaded: download the file and open it instead.',
  'mosaic.one': 'A {name}. While it trains, its loss is told here.', 'mosaic.losses': 'A {name}; its loss: {losses}',

  'model.linear': 'Linear', 'model.linear.hint': 'a weight for each pixel and class', 'model.mlp': 'Small network', 'model.mlp.hint': 'one hidden layer of 30', 'model.cnn': 'Convolutions', 'model.cnn.hint': 'sees strokes, then shapes',
  'model.quick': 'Quick', 'model.quick.hint': 'a small recipe, 99% of MNIST', 'model.good': 'Good', 'model.good.hint': 'a recipe for two minutes', 'model.record': 'Record', 'model.record.hint': 'a recipe for a cup of coffee', 'model.resnet18': 'ResNet-18', 'model.resnet18.hint': '18 layers: slow, and worth it', 'model.own': 'Your own line', 'model.own.hint': 'layers in words, below',
  'model.summary': '{weights} weights, {macs} multiply-adds a picture, {megabytes} MB to train; {time}.', 'model.time': 'about {seconds} s an epoch', 'model.time.short': 'less than a second an epoch', million: '{count} million',
  default: 'default {value}',
  limits: ({ whole, aboveMin, belowMax, min, max }) => `${whole ? 'A whole number' : 'A number'} ${aboveMin ? 'above' : 'from'} ${min} ${belowMax ? 'to below' : 'to'} ${max}, please.`,
  'limits.comma': 'Write a point, not a comma.', 'limits.range': 'A range has two rates, as in 1e-6:1e-4, please.', 'settings.wrong': 'One of the settings is not right yet: see the note beside it.',
  'preview.before': 'before', 'preview.after': 'after',
  'limits.one': 'One rate, please.',
  'reset.done': 'The network is forgotten.',
  'way.diverged': 'The weights of the last good step are back in place.', 'way.smaller': 'Train with a tenth of the rate', 'way.save': 'Save those weights', 'way.find': 'Find a rate',
  'way.memory': 'A smaller batch needs less memory.', 'way.batch': 'Train with a quarter of the batch',
  'build.is': 'Build {build}.',
};
