// @ts-check
/** pytorch.mjs - a script that goes on with a run in PyTorch, on any number of processes and machines. */
import { classesOf } from './safetensors.js';
import { networkOf, ratesOf, READER, settingsOf } from './modules.mjs';
import { python } from './quote.mjs';

/** Names of PyTorch's state, for the optimiser's tensors of a checkpoint. @type {Record<string, string[]>} */
const STATES = {
  sgd: ['momentum_buffer'],
  adam: ['exp_avg', 'exp_avg_sq'],
  adamw: ['exp_avg', 'exp_avg_sq'],
  fastai_adam: ['exp_avg', 'exp_avg_sq'],
};

/** @param {Record<string, string>} s */
function optimizer(s) {
  const decay = Number(s.weight_decay);
  if (s.optimizer === 'sgd')
    return `torch.optim.SGD(groups, lr=RATES[-1], momentum=${+s.momentum}, nesterov=${s.nesterov === '1' ? 'True' : 'False'}, weight_decay=${decay})`;
  return `torch.optim.${s.optimizer === 'adam' ? 'Adam' : 'AdamW'}(groups, lr=RATES[-1], betas=(${+s.momentum}, ${+s.beta2}), eps=${+s.eps}, weight_decay=${decay})`;
}

/** The one-cycle schedule, or none. @param {Record<string, string>} s */
function schedule(s) {
  if (s.schedule === 'constant')
    return `def set_rates(optimizer, step, total):
    """The learning rate stays."""
`;
  const momentum =
    s.optimizer === 'sgd'
      ? +s.momentum
        ? '        group["momentum"] = momentum\n'
        : ''
      : `        group["betas"] = (momentum, ${+s.beta2})\n`;
  return `def set_rates(optimizer, step, total):
    """One cycle: up from rate / ${+s.div} to the rate, then down to rate / ${+s.div_final}; the momentum goes the other way."""
    part, start = step / total, ${+s.pct_start}
    rising = part < start
    part = part / start if rising else (part - start) / (1 - start)
    between = lambda a, b: a + (1 + math.cos(math.pi * (1 - part))) * (b - a) / 2
    momentum = between(0.95, 0.85) if rising else between(0.85, 0.95)
    for group, rate in zip(optimizer.param_groups, group_rates(optimizer)):
        group["lr"] = between(rate / ${+s.div}, rate) if rising else between(rate, rate / ${+s.div_final})
${momentum}`;
}

/** @param {import('./modules.mjs').Checkpoint} checkpoint @returns {[string, string]} */
export function pytorchScript(checkpoint) {
  const s = settingsOf(checkpoint),
    network = networkOf(checkpoint),
    bare = s.optimizer === 'fastai_adam',
    ema = Number(s.ema ?? 0);
  const augmented =
    s.augment !== 'none'
      ? `\n\nThe run augmented its pictures (${s.augment}); this script does not, so its training loss is lower at first.`
      : '';
  const averaged = Number(s.ema ?? 0)
    ? `\n\nThe run kept averages of its weights (ema ${s.ema}), which are the network here; this script trains them on as they are.`
    : '';
  return [
    'train.py',
    `#!/usr/bin/env python3
"""Goes on with a run of Inklearn in PyTorch.

    python3 train.py --epochs 3
    torchrun --nproc_per_node 2 train.py --epochs 3
    torchrun --nnodes 4 --nproc_per_node 8 --rdzv_backend c10d --rdzv_endpoint HOST:29500 train.py --epochs 3

Beside it lie network.safetensors, the checkpoint, and data.safetensors, the pictures as they were read. Each mini-batch of
${+s.batch} pictures is shared by the processes, in the order in which Inklearn would take them: the losses are the same
but for rounding${/dropout/.test(checkpoint.metadata.line) ? ', and but for dropout, which draws other numbers' : ''}. At the end trained.safetensors holds the weights, which Inklearn and its page open.${augmented}${averaged}
"""
import argparse
${ema ? 'import copy\n' : ''}import json
import math
import os
import struct

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel

HERE = os.path.dirname(os.path.abspath(__file__))
CLASSES = ${python(classesOf(checkpoint.metadata))}
BATCH, SEED, SMOOTHING, CLIP, DROP_LAST = ${+s.batch}, ${+s.seed}, ${+s.label_smoothing}, ${+s.clip}, ${s.drop_last === '1' ? 'True' : 'False'}
RATES = ${python(ratesOf(s, network.count))}  # of each parameter group, first to last
${network.count > 1 ? `GROUPS = ${python(network.groups)}  # places of layers, and their groups\n` : ''}

${READER}


def write_safetensors(path, tensors):
    """What Inklearn reads again."""
    header, blobs, at = {}, [], 0
    for name, value in tensors.items():
        blobs.append(value.cpu().contiguous().numpy().tobytes())
        kind = {torch.float32: "F32", torch.int64: "I64"}[value.dtype]
        header[name] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [at, at + len(blobs[-1])]}
        at += len(blobs[-1])
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


${network.own}def make_model():
    ${python(checkpoint.metadata.line)}
    return ${network.model.replaceAll('\n', '\n    ')}


def prepare(pixels):
    """Bytes [N, 28, 28] as the network takes them."""
    return (pixels.unsqueeze(1) / 255)${network.prepare}


def order_of(epoch, count):
    """The order of an epoch's pictures: Inklearn's random numbers are SplitMix64's, keyed by seed, purpose (2) and epoch."""
    most, golden = 2**64 - 1, 0x9E3779B97F4A7C15

    def mix(z):
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & most
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & most
        return z ^ (z >> 31)

    key = mix(SEED + golden & most)
    for index in (2, epoch):
        key = mix(mix(key + golden & most) ^ (index * golden + 0x632BE59BD9B4E019 & most))
    order, draw = list(range(count)), 0
    for left in range(count, 1, -1):
        value = -1
        while value < 2**64 % left:
            draw += 1
            value = mix(key + draw * golden & most)
        pick = value % left
        order[left - 1], order[pick] = order[pick], order[left - 1]
    return torch.tensor(order)


def group_of(name):
    """The parameter group of a parameter."""
    return ${network.count > 1 ? 'next(group for place, group in GROUPS if name.startswith(place))' : '0'}


def make_optimizer(model, tensors, steps):
    """The run's, with its state. A group of the optimiser is a parameter group${bare ? ', norms and biases apart, which do not decay' : ''}."""
    parts = {}
    for name, p in model.named_parameters():
        bare = ${bare ? 'p.dim() == 1' : 'False'}
        parts.setdefault((group_of(name), bare), []).append(p)
    groups = [{"params": part, "lr": RATES[group], "group": group, **({"weight_decay": 0} if bare else {})} for (group, bare), part in sorted(parts.items(), key=lambda item: item[0])]
    optimizer = ${optimizer(s)}
    for name, p in model.named_parameters():
        state = {own: tensors[f"optimizer.{theirs}.{name}"].to(p.device) for own, theirs in zip(${python(STATES[s.optimizer])}, ["first", "second"]) if f"optimizer.{theirs}.{name}" in tensors}
        if state and steps > 0:
            optimizer.state[p] = {**state, **({"step": torch.tensor(float(steps))} if "exp_avg" in state else {})}
    return optimizer


def group_rates(optimizer):
    return [RATES[group["group"]] for group in optimizer.param_groups]


${schedule(s)}

def total_of(*values, device):
    """Sums over all processes."""
    sums = torch.tensor(values, dtype=torch.float64, device=device)
    if dist.is_initialized():
        dist.all_reduce(sums)
    return sums.tolist()


${
  ema
    ? `def average(shown, model, steps):
    """Averages of weights and buffers with a decay of ${ema}, less while there are few steps."""
    decay = min(${ema}, (1 + steps) / (10 + steps))
    for to, value in zip(shown.state_dict().values(), model.state_dict().values()):
        if value.is_floating_point():
            to.lerp_(value, 1 - decay)
        else:
            to.copy_(value)


`
    : ''
}def validate(model, pixels, labels, rank, world):
    """Loss and accuracy over all test pictures, each process a share of them."""
    model.eval()
    loss, right = 0.0, 0
    with torch.no_grad():
        for x, y in zip(pixels[rank::world].split(BATCH), labels[rank::world].split(BATCH)):
            logits = model(prepare(x))
            loss += cross_entropy(logits, y, reduction="sum").item()
            right += (logits.argmax(1) == y).sum().item()
    model.train()
    loss, right = total_of(loss, right, device=pixels.device)
    return loss / len(labels), right / len(labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=${+s.epochs})
    parser.add_argument("--steps", type=int, default=0, help="tell the loss of that many steps, and stop")
    asked = parser.parse_args()

    world, rank, local = (int(os.environ.get(name, default)) for name, default in (("WORLD_SIZE", 1), ("RANK", 0), ("LOCAL_RANK", 0)))
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", local) if cuda else torch.device("cpu")
    if world > 1:
        dist.init_process_group("nccl" if cuda else "gloo")

    metadata, tensors = read_safetensors(os.path.join(HERE, "network.safetensors"))
    _, data = read_safetensors(os.path.join(HERE, "data.safetensors"))
    pixels, labels, valid_pixels, valid_labels = (data[f"{split}.{what}"].to(device) for split in ("train", "valid") for what in ("pixels", "labels"))
    labels, valid_labels = labels.long(), valid_labels.long()
    done = dict(line.split("=") for line in metadata.get("progress", "").split())
    first, steps = int(float(done.get("epoch", 0))), int(float(done.get("optimizer_steps", 0)))

    plain = make_model().to(device)
    plain.load_state_dict({n: t for n, t in tensors.items() if not n.startswith("optimizer.")}, strict=True)
${
  ema
    ? `    shown = copy.deepcopy(plain)  # the averages; what is stepped is beside them in the checkpoint
    plain.load_state_dict({n: tensors.get("optimizer.weights." + n, t) for n, t in shown.state_dict().items()})
    run_steps = int(float(done.get("step", 0)))
`
    : ''
}    optimizer = make_optimizer(plain, tensors, steps)
    model = DistributedDataParallel(plain) if world > 1 else plain
    batch = min(BATCH, len(labels))
    per_epoch = len(labels) // batch if DROP_LAST else -(-len(labels) // batch)
    step = 0
    for epoch in range(first, first + asked.epochs):
        order, loss_sum = order_of(epoch, len(labels)).to(device), 0.0
        for at in range(0, per_epoch * batch, batch):
            whole = order[at : at + batch]
            mine = whole[rank::world]
            set_rates(optimizer, step, asked.epochs * per_epoch)
            optimizer.zero_grad()
            # Gradients are means over the processes: of these sums, they are that of the mean over the whole mini-batch.
            loss = cross_entropy(model(prepare(pixels[mine])), labels[mine], reduction="sum", label_smoothing=SMOOTHING) * (world / len(whole))
            loss.backward()
            if CLIP:
                nn.utils.clip_grad_norm_(plain.parameters(), CLIP)
            optimizer.step()
${
  ema
    ? `            average(shown, plain, run_steps + step + 1)
`
    : ''
}            loss_sum += loss.item()
            if asked.steps:
                (sums,) = total_of(loss.item(), device=device)
                if rank == 0:
                    print(json.dumps({"event": "step", "step": step, "loss": sums / world}), flush=True)
            step += 1
            if step == asked.steps:
                return
        (sums,) = total_of(loss_sum, device=device)
        valid_loss, accuracy = validate(${ema ? 'shown' : 'model'}, valid_pixels, valid_labels, rank, world)
        if rank == 0:
            print(f"epoch {epoch}: train loss {sums / world / per_epoch:.4f}, valid loss {valid_loss:.4f}, accuracy {accuracy:.4f}", flush=True)
    if rank == 0:
        write_safetensors(os.path.join(HERE, "trained.safetensors"), ${ema ? 'shown' : 'plain'}.state_dict())


if __name__ == "__main__":
    main()
`,
  ];
}
