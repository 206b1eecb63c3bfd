// @ts-check
/** en-later.js - English, for what comes a moment later. */

const s = (/** @type {number} */ n) => (n === 1 ? '' : 's');

/** @type {import('../strings.js').Table} */
export default {
  plan: 'On the way:', 'plan.at': 'at step {step} {change}', 'plan.lr': 'rate {lr}', 'plan.off': 'Leave it out', notify: 'Tell me when it is done',
  'midrun.resume': 'Go on where it stopped', 'midrun.more': 'Epochs more', 'midrun.train': 'Train on', 'mark.more': '{count} more epochs',
  'mark.lr': 'rate {from} → {to}', 'mark.freeze': 'frozen', 'mark.melt': 'unfrozen',

  matrix: 'Confusion matrix', 'matrix.is': 'is', 'matrix.taken': 'taken for', 'matrix.counts': 'counts', 'matrix.percent': 'Per cent of each row',
  'matrix.sample': 'Live, on {count} of {of} pictures so far in this epoch.', 'matrix.exact': 'Exact, after epoch {epoch}.', 'matrix.none': 'No mistake at all.', 'matrix.cell': 'is {actual}, taken for {predicted}: {count}',
  'mistakes.empty': 'While it learns, you will see here what it mixes up.', pairs: 'Which mistakes', worst: 'Worst', classes: 'Each class', sure: 'How sure',
  'sure.title': 'Across: how sure it was. Up: how often it was right. On the line, 90% sure means 9 of 10 right.', 'sure.error': 'Its certainty is off by {error} percentage points (expected calibration error).', 'sure.bin': '{sure} sure, {right} right, {count} pictures',
  'worst.title': 'The greatest losses: is → taken for, loss, and how sure it was.', 'worst.live': 'The greatest losses so far, of the running sample: is → taken for, loss, and how sure it was.', 'cell.none': 'There are none in the last validation.',
  'cell.right': 'Each a {actual}, and read so; the least sure first, with loss and certainty.', 'cell.wrong': 'Each a {actual}, taken for a {predicted}; the worst first, with loss and certainty.',
  'classes.title': 'Found: of those that are one. Right: of those taken for one.', 'classes.class': 'Class', 'classes.count': 'Pictures', 'classes.recall': 'Found', 'classes.precision': 'Right',
  'find.needs': 'The search needs a data set, and settings that are right.', 'find.trying': 'Trying rates from 0.0000001 to 10 …', 'find.chart': 'Loss by learning rate', 'find.suggested': 'suggested',
  'find.text': 'The loss as the rate grows, on a network that is thrown away. Take a rate where it falls, here or on the curve:', 'find.current': 'now', 'find.none': 'No rate stood out: the loss diverged at once.', 'find.minimum': 'minimum / 10', 'find.steep': 'steepest', 'find.valley': 'valley',

  'step.given': 'as given', 'step.grey': 'ink light', 'step.cropped': 'cropped', 'step.scaled': '20 × 20', 'step.centred': 'centred 28 × 28', several: 'Digits of this picture', raw: 'As it came: without these steps',
  'why.answer': 'Why this answer?', heat: 'Heat map of the pixels that spoke for the answer', 'heat.legend': 'Orange: covering it makes the answer less sure. Blue: covering it would help.', near: 'Most like it, of the training pictures', 'near.paused': 'They are sought when the training pauses.',
  'answer.several': ': {count} digits. This one: {one}, {part} sure',
  filter: 'weights {number}', 'filters.none': 'The first layer’s weights are no pictures in this model.', 'filters.templates': 'What each class looks for: orange speaks for it, blue against.', 'filters.text': 'The first layer’s filters, {shown} of {count}: orange for, blue against.', 'filters.wait': 'Weights will take shape here while it learns.',
  'inside.hint': 'What is in the network, live.', 'inside.why': 'A network is nothing but these numbers. It learns while its weights take the shape of strokes, and its gradients neither vanish nor explode.', followed: 'Eight pictures, followed', 'followed.hint': 'The line: how likely it holds the right answer, from the start until now.',
  activations: 'What each layer makes of your digit', 'activations.draw': 'Draw a digit, and train: each layer’s answer to it appears here.', activation: '{name}, {shape}',
  spreads: 'Weights and gradients over time', 'spreads.hint': 'Each column is a moment; the brighter, the more of them have that value.', 'spread.tensor': 'Weights of', 'spread.values': 'Values', 'spread.gradients': 'Gradients', 'spread.range': '{least} to {most}, epochs {from} to {to}',

  seen: 'What the network sees: 28 by 28 pixels', bars: 'Probability of each class', 'answer.empty': 'Its answer will appear here.', 'answer.none': 'This is what the network will see. Press Train, and it will tell what it reads.',
  'answer.sure': ', {part} sure; then {second}, {other}',
  'pad.pasted': 'The pasted picture', 'pad.file.empty': '{name} is empty.', 'pad.file.large': '{name} has {width} × {height} pixels; at most {most} million can be read. Please make it smaller.', 'pad.file.refused': '{name} cannot be read: {message}.', 'pad.file.damaged': '{name} is damaged: this browser cannot read all of its {kind} data.', 'pad.file.kind': '{name} is of a kind that this browser cannot read ({kind}). Save it as PNG or JPEG, and open that.', 'pad.file.bad': '{name} is not a picture that this browser can read.', 'pad.noexample': 'There is no test picture before a data set is loaded.',
  'drop.unreadable': 'What was dropped could not be read: {message}.',

  'export.save': 'Save network', 'export.save.hint': 'A safetensors file with PyTorch’s names; the run goes on from it to the bit.', 'export.restore': 'Load network…', 'export.restore.hint': 'A run saved here, to go on with.',
  'file.large': '{name} has {size} GB; at most {most} GB can be read.', 'file.gone': '{name} is no longer there. Choose it again.', 'file.unreadable': '{name} cannot be read: it has changed since it was chosen, or the browser may not read it. Choose it again.',
  'network.refused': '{name} was not loaded: {message}.',
  'export.run.hint': 'Epochs as fastai’s log has them; or all of the run, with its settings and changes.', 'export.pictures.hint': 'Charts, matrix, and a sheet of the worst mistakes.', 'export.python': 'In PyTorch, with the model of the same layers:',
  'run.name': 'Run {number}', 'run.title': 'Name', 'run.show': 'Overlay', 'run.model': 'Model', 'run.data': 'Data', 'run.lr': 'Rate', 'run.batch': 'Batch', 'run.optimizer': 'Optimiser', 'run.epochs': 'Epochs', 'run.accuracy': 'Accuracy', 'run.seconds': 'Seconds', 'run.seed': 'Seed', 'run.at': 'When',
  'run.overlay': 'Lay {name} over the curves', 'run.rename': 'Name of the run', 'run.restore': 'Use settings', 'run.delete': 'Delete', 'run.deleted': '{name} is deleted.', 'run.restored': 'The settings of {name} are in place.', 'run.digest': 'Weights: {digest}',
  'runs.why': 'To see what a setting does, change it alone and lay the runs over each other. The same seed begins with the same weights, so that what differs is the setting’s doing.', 'runs.export': 'Save all runs', 'runs.import': 'Load runs…', 'runs.imported': ({ count }) => `${count} run${s(count)} came in.`, 'runs.refused': ({ count }) => `${count} could not be read.`,
  'runs.full': 'Runs are not being saved: the browser’s storage is full. Export or delete old ones.', 'runs.unkept': 'Runs are not being saved: this browser keeps nothing here, perhaps in a private window.',
  'compare.caption': '{b} against {a}: how many more, or fewer. Blue is better, orange worse.', 'compare.other': 'These runs have other data: their matrices cannot be compared.',
  'continue.ask': 'Continue the run of {time}, in epoch {epoch}?', 'continue.yes': 'Continue', 'continue.no': 'Start fresh', 'network.kept': 'The network that was kept',
  'share.copied': 'The link is copied: it makes this run again, to the bit.', 'share.address': 'The link is in the address bar: it makes this run again, to the bit.', 'share.other': 'This link was made with build {build}; here is {here}. The run will be much the same, but perhaps not to the bit.',
  'share.unread': 'Parts of this link cannot be read here and are left out: {parts}. The run will not be the one that the link was made of.',
  'share.arithmetic': 'This link asks for the other arithmetic. The page takes it up when it is loaded again.', 'share.again': 'Load again',
  close: 'Close', keys: 'Keys', notices: 'Notices', 'keys.on': 'Single keys are on', 'key.name.space': 'Space', 'key.space': 'train, pause, resume', 'key.s': 'stop', 'key.d': 'to the drawing pad', 'key.m': 'to the matrix: arrows, Enter, Escape', 'key.f': 'find a learning rate', 'key.l': 'logarithmic loss', 'key.plus': 'zoom in', 'key.minus': 'zoom out', 'key.0': 'whole curve', 'key.z': 'undo', 'key.help': 'this list',
  'tour.run': 'Run it', 'tour.find': 'Search', 'tour.back': 'Back', 'tour.next': 'Next', 'tour.link': 'Link to this step', 'tour.notebook': 'The notebook reached {part} on MNIST.', 'tour.here': 'Here: {part}, on {data}.',
  'tour.1': 'One layer', 'tour.1.text': 'A weight for each pixel and class, nothing else. It learns in seconds, and finds most digits. Look at its ten templates under Look inside.',
  'tour.2': 'A hidden layer', 'tour.2.text': 'Thirty units between pixels and answer. They bend the borders between classes, and the curve goes further.',
  'tour.3': 'How large a step?', 'tour.3.text': 'The finder tries all rates on a network that is thrown away. Where the loss falls steeply, learning is fast and safe.',
  'tour.4': 'Eighteen layers', 'tour.4.text': 'A ResNet-18 looks at small patches, everywhere alike, eighteen times over. It is slow, and makes a fraction of the mistakes: the notebook took eleven epochs, here is one.',
  'tour.5': 'What goes wrong', 'tour.5.text': 'Off the diagonal stand the mistakes. Choose a cell, and see the pictures: would you have known?',
  'tour.6': 'Your own digit', 'tour.6.text': 'Draw one. See how it is cut and centred, what the network says, and which pixels spoke for it.',
  'keep.full': 'This run is not being kept: the browser’s storage is full. What was kept before stays. Training goes on.', 'keep.tab': 'This run is not being kept: another tab of Inklearn keeps its own. Training goes on.', 'keep.locked': 'This run is not being kept: its files are still locked, perhaps by another tab. Training goes on.', 'keep.denied': 'This run is not being kept: this browser stores nothing here, perhaps in a private window. Training goes on.', 'way.again': 'A new trainer has taken over, from step {step}.', 'way.silent': 'The trainer no longer answered.', 'way.lost': 'What it had learnt can be brought back.', 'way.restart': 'Start the trainer again',
};
