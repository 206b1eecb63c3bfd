#!/usr/bin/env python3
"""Continues a run of Inklearn in PyTorch.

    python3 train.py --epochs 3
    torchrun --nproc_per_node 2 train.py --epochs 3
    torchrun --nnodes 4 --nproc_per_node 8 --rdzv_backend c10d --rdzv_endpoint HOST:29500 train.py --epochs 3

Beside it lie network.safetensors, the checkpoint, and data.safetensors, the pictures as they were read. The processes
share each mini-batch, and take the pictures in the order in which Inklearn would take them: the losses are the same but
for rounding. At the end trained.safetensors holds the weights, which Inklearn and its page open.
NOTES
"""
import argparse
import copy
import json
import math
import os
import struct

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel

HERE = os.path.dirname(os.path.abspath(__file__))
SETTINGS = ...  # noqa: the export writes the run's settings here

read_safetensors = ...  # noqa: the export writes the function here


def write_safetensors(path, tensors):
    """Writes what Inklearn reads again."""
    header, blobs, at = {}, [], 0
    for name, value in tensors.items():
        blobs.append(value.cpu().contiguous().numpy().tobytes())
        kind = {torch.float32: "F32", torch.int64: "I64"}[value.dtype]
        header[name] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [at, at + len(blobs[-1])]}
        at += len(blobs[-1])
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


make_model = prepare = ...  # noqa: the export writes the network here


def order_of(epoch, count):
    """
    The order of an epoch's pictures, as Inklearn shuffles them: its random numbers are SplitMix64's, with seed, purpose
    (2) and epoch as their key.
    """
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
    return next(group for place, group in GROUPS if name.startswith(place))


ADAM = ["exp_avg", "exp_avg_sq"]
# Each optimiser of Inklearn: PyTorch's own, and PyTorch's names of its first and second buffer.
OPTIMIZERS = {
    "sgd": (lambda g: torch.optim.SGD(g, lr=RATES[-1], momentum=MOMENTUM, nesterov=NESTEROV), ["momentum_buffer"]),
    "adam": (lambda g: torch.optim.Adam(g, lr=RATES[-1], betas=(MOMENTUM, BETA2), eps=EPS), ADAM),
    "adamw": (lambda g: torch.optim.AdamW(g, lr=RATES[-1], betas=(MOMENTUM, BETA2), eps=EPS), ADAM),
    "fastai_adam": (lambda g: torch.optim.AdamW(g, lr=RATES[-1], betas=(MOMENTUM, BETA2), eps=EPS), ADAM),
}


def state_of(name, tensors):
    """The optimiser's state of a parameter in the checkpoint, by PyTorch's names."""
    names = OPTIMIZERS[OPTIMIZER][1]
    found = {own: tensors.get(f"optimizer.{theirs}.{name}") for own, theirs in zip(names, ["first", "second"])}
    return {own: value for own, value in found.items() if value is not None}


def make_optimizer(model, tensors, steps):
    """The run's optimiser, with its state. Norms and biases that do not decay are in groups of their own."""
    parts = {}
    for name, p in model.named_parameters():
        bare = not DECAYS_ALL and p.dim() == 1
        parts.setdefault((group_of(name), bare), []).append(p)
    groups = [
        {"params": part, "lr": RATES[group], "group": group, "weight_decay": 0 if bare else DECAY}
        for (group, bare), part in sorted(parts.items(), key=lambda item: item[0])
    ]
    optimizer = OPTIMIZERS[OPTIMIZER][0](groups)
    for name, p in model.named_parameters():
        state = {own: value.to(p.device) for own, value in state_of(name, tensors).items()}
        if state and steps > 0:
            optimizer.state[p] = {**state, **({"step": torch.tensor(float(steps))} if "exp_avg" in state else {})}
    return optimizer


def set_rates(optimizer, step, total):
    """
    Sets learning rates and momentum of a step. In one cycle the rate rises from RATE / DIV to RATE, then falls to
    RATE / DIV_FINAL, and the momentum goes the other way. With a constant schedule both stay.
    """
    if SCHEDULE == "constant":
        return
    part = step / total
    rising = part < PCT_START
    part = part / PCT_START if rising else (part - PCT_START) / (1 - PCT_START)

    def between(a, b):
        return a + (1 + math.cos(math.pi * (1 - part))) * (b - a) / 2

    momentum = between(0.95, 0.85) if rising else between(0.85, 0.95)
    for group in optimizer.param_groups:
        rate = RATES[group["group"]]
        group["lr"] = between(rate / DIV, rate) if rising else between(rate, rate / DIV_FINAL)
        if "betas" in group:
            group["betas"] = (momentum, BETA2)
        elif MOMENTUM:
            group["momentum"] = momentum


def total_of(*values, device):
    """Sums over all processes."""
    sums = torch.tensor(values, dtype=torch.float64, device=device)
    if dist.is_initialized():
        dist.all_reduce(sums)
    return sums.tolist()


def average(shown, model, steps):
    """Moves the averages of weights and buffers towards the model, with the decay EMA, or less in the first steps."""
    decay = min(EMA, (1 + steps) / (10 + steps))
    for to, value in zip(shown.state_dict().values(), model.state_dict().values()):
        if value.is_floating_point():
            to.lerp_(value, 1 - decay)
        else:
            to.copy_(value)


def validate(model, pixels, labels, rank, world):
    """Loss and accuracy over all test pictures; each process takes a share of them."""
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


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--steps", type=int, default=0, help="print the loss of that many steps, and stop")
    return parser.parse_args()


def start_processes():
    """Returns how many processes there are, which one this is, and its device."""
    world, rank, local = (
        int(os.environ.get(name, default)) for name, default in (("WORLD_SIZE", 1), ("RANK", 0), ("LOCAL_RANK", 0))
    )
    cuda = torch.cuda.is_available()
    if world > 1:
        dist.init_process_group("nccl" if cuda else "gloo")
    return world, rank, torch.device("cuda", local) if cuda else torch.device("cpu")


def main():
    asked = read_arguments()
    world, rank, device = start_processes()
    metadata, tensors = read_safetensors(os.path.join(HERE, "network.safetensors"))
    _, data = read_safetensors(os.path.join(HERE, "data.safetensors"))
    pixels, labels = data["train.pixels"].to(device), data["train.labels"].to(device).long()
    valid_pixels, valid_labels = data["valid.pixels"].to(device), data["valid.labels"].to(device).long()
    done = {name: float(value) for name, value in (line.split("=") for line in metadata.get("progress", "").split())}
    first, steps, run_steps = (int(done.get(name, 0)) for name in ("epoch", "optimizer_steps", "step"))

    plain = make_model().to(device)  # what is trained
    plain.load_state_dict({n: t for n, t in tensors.items() if not n.startswith("optimizer.")}, strict=True)
    shown = plain  # what is validated and saved
    if EMA:
        shown = copy.deepcopy(plain)
        plain.load_state_dict({n: tensors.get("optimizer.weights." + n, t) for n, t in shown.state_dict().items()})
    optimizer = make_optimizer(plain, tensors, steps)
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
            logits = model(prepare(pixels[mine]))
            loss = cross_entropy(logits, labels[mine], reduction="sum", label_smoothing=SMOOTHING)
            # DistributedDataParallel takes the mean of the processes' gradients: this makes it that of the mini-batch's
            # mean loss.
            loss = loss * (world / len(whole))
            loss.backward()
            if CLIP:
                nn.utils.clip_grad_norm_(plain.parameters(), CLIP)
            optimizer.step()
            if EMA:
                average(shown, plain, run_steps + step + 1)
            loss_sum += loss.item()
            if asked.steps:
                (sums,) = total_of(loss.item(), device=device)
                if rank == 0:
                    print(json.dumps({"event": "step", "step": step, "loss": sums / world}), flush=True)
            step += 1
            if step == asked.steps:
                return
        (sums,) = total_of(loss_sum, device=device)
        valid_loss, accuracy = validate(shown if EMA else model, valid_pixels, valid_labels, rank, world)
        if rank == 0:
            losses = f"train loss {sums / world / per_epoch:.4f}, valid loss {valid_loss:.4f}"
            print(f"epoch {epoch}: {losses}, accuracy {accuracy:.4f}", flush=True)
    if rank == 0:
        write_safetensors(os.path.join(HERE, "trained.safetensors"), shown.state_dict())


if __name__ == "__main__":
    main()
