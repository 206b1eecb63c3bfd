#!/usr/bin/env python3
"""open_in_pytorch.py - opens a checkpoint in PyTorch and compares its answers with Inklearn's.

    inklearn predict --load model.safetensors --json --tensors *.png >predictions.jsonl
    tools/open_in_pytorch.py model.safetensors predictions.jsonl

It needs torch alone (Debian: python3-torch): a safetensors file is a header of JSON and the numbers behind it. The
modules are built from the resolved layers in that header, and the weights are loaded strictly: every name and shape
must be there, and no other. For each picture of the second file the logits are compared with those that the file gives.

Checkpoints of earlier versions have no resolved layers. Inklearn writes such a file anew: this script runs the command
line that lies beside it, which needs Node.
"""
import json
import math
import os
import struct
import subprocess
import sys
import tempfile

import torch
from torch import nn

TOLERANCE = 1e-4  # of logits of about 1 to 30 in float32, summed in another order
ARGUMENT_MAX = 65536  # the largest that a model line takes
COMMAND = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inklearn.mjs")


def read_safetensors(path):
    """Returns the metadata, and the tensors by their names. Raises ValueError where the file is not sound."""

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError(f"{path}: a name stands twice in the header")
        return dict(pairs)

    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack_from("<Q", data) if len(data) >= 8 else (len(data),)
    if length > len(data) - 8:
        raise ValueError(f"{path}: no safetensors file, or cut short")
    header = json.loads(data[8 : 8 + length].decode(), object_pairs_hook=once)
    json.dumps(header, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    if not isinstance(header, dict) or not all(isinstance(entry, dict) for entry in header.values()):
        raise ValueError(f"{path}: the header is no table of tensors")

    def whole(entry, field):
        numbers = entry.get(field)
        if not isinstance(numbers, list) or not all(type(n) is int and n >= 0 for n in numbers):
            raise ValueError(f"{path}: a tensor's {field} is no list of whole numbers")
        return numbers

    metadata = header.pop("__metadata__", {})
    types = {"F32": torch.float32, "I64": torch.int64, "U8": torch.uint8}
    tensors, at = {}, 8 + length
    for name, entry in sorted(header.items(), key=lambda item: whole(item[1], "data_offsets")):
        kind, size = types.get(str(entry.get("dtype"))), 1
        for n in whole(entry, "shape"):
            size *= n
        end = at + size * (torch.empty(0, dtype=kind).element_size() if kind else 0)
        if not kind or entry["data_offsets"] != [at - 8 - length, end - 8 - length] or end > len(data):
            raise ValueError(f"{path}: {name!a} has no type, or other bytes than its shape needs")
        values = torch.frombuffer(bytearray(data[at:end]), dtype=kind) if size else torch.zeros(0, dtype=kind)
        if not values.isfinite().all():
            raise ValueError(f"{path}: {name!a} has a value that is not finite")
        tensors[name], at = values.reshape(entry["shape"]), end
    if at != len(data):
        raise ValueError(f"{path}: {len(data) - at} bytes belong to no tensor")
    return metadata, tensors


class Rgb(nn.Module):
    """A grey picture as three equal channels."""

    def forward(self, x):
        return x.expand(-1, 3, -1, -1)


class ConcatPool(nn.Module):
    """fastai's: the maximum, then the mean."""

    def forward(self, x):
        return torch.cat([x.amax((2, 3), keepdim=True), x.mean((2, 3), keepdim=True)], 1)


class Residual(nn.ModuleList):
    """The sum of two branches."""

    def forward(self, x):
        return self[0](x) + self[1](x)


class Block(nn.Module):
    """torchvision's BasicBlock."""

    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.downsample = nn.Identity()
        if stride != 1 or inputs != filters:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.downsample(x))


# The module of each type of layer: its class, the arguments that are given by position, and those that are given by
# name: PyTorch's name, ours, and PyTorch's default, with which the exports leave the argument out. "inputs" is the
# number of input channels or values. tools/export/modules.mjs reads this table too, as JSON.
MODULES = {
    "linear": ["nn.Linear", ["inputs", "outputs"], [["bias", "bias", 1]]],
    "conv": [
        "nn.Conv2d",
        ["inputs", "filters", "kernel"],
        [["stride", "stride", 1], ["padding", "pad", 0], ["bias", "bias", 1]]
    ],
    "bn": ["nn.BatchNorm2d", ["inputs"], [["eps", "eps", 1e-5], ["momentum", "momentum", 0.1]]],
    "bn of vectors": ["nn.BatchNorm1d", ["inputs"], [["eps", "eps", 1e-5], ["momentum", "momentum", 0.1]]],
    "relu": ["nn.ReLU", [], []],
    "flatten": ["nn.Flatten", [], []],
    "dropout": ["nn.Dropout", ["p"], []],
    "maxpool": ["nn.MaxPool2d", ["kernel", "stride", "pad"], []],
    "avgpool": ["nn.AvgPool2d", ["kernel", "stride", "pad"], []],
    "adaptivemaxpool": ["nn.AdaptiveMaxPool2d", ["out"], []],
    "adaptiveavgpool": ["nn.AdaptiveAvgPool2d", ["out"], []],
    "concatpool": ["ConcatPool", [], []],
    "rgb": ["Rgb", [], []],
    "block": ["Block", ["inputs", "filters", "stride"], []]
}


def is_module(layer):
    """Says whether PyTorch has a module for the layer; others prepare the data, before the model gets them."""
    return "path" in layer


def checked(value):
    """An argument, which a strange file may give as anything."""
    if type(value) not in (int, float) or not math.isfinite(value) or not 0 <= value <= ARGUMENT_MAX:
        raise ValueError(f"{value!a} is no argument of a layer")
    return value


def make_module(layer):
    """The module of a resolved layer."""
    kind = layer["type"]
    if kind == "sequence":
        return nn.Sequential(*map(make_module, filter(is_module, layer["layers"])))
    if kind == "residual":
        return Residual([make_module(branch) for branch in layer["layers"]])
    inputs = layer["input"]
    name, by_place, by_name = MODULES["bn of vectors" if kind == "bn" and len(inputs) == 1 else kind]
    values = {"inputs": inputs[0], **layer["arguments"]}
    made = getattr(nn, name[3:]) if name.startswith("nn.") else globals()[name]
    return made(*(checked(values[a]) for a in by_place), **{a: checked(values[ours]) for a, ours, _ in by_name})


def make_model(layers):
    """The model, and what is done to the data before it. A model of one layer is that layer, as its path "" says."""

    def preparing(items):
        for layer in items:
            if layer["type"] in ("sequence", "residual"):
                yield from preparing(layer["layers"])
            elif not is_module(layer):
                yield make_module(layer)

    modules = list(filter(is_module, layers))
    alone = len(modules) == 1 and modules[0]["path"] == ""
    model = make_module(modules[0] if alone else {"type": "sequence", "layers": layers})
    return model, nn.Sequential(*preparing(layers))


def read_layers(path, metadata):
    """The resolved layers of a checkpoint; those of an earlier version come from Inklearn itself."""
    if "layers" in metadata:
        return json.loads(metadata["layers"])
    with tempfile.TemporaryDirectory() as folder:
        new = os.path.join(folder, "new.safetensors")
        command = ["node", COMMAND, "export", "--load", os.path.abspath(path), "--to", new]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
            reason = done.stderr.strip() if done.returncode else ""
        except OSError as error:
            reason = str(error)
        if reason:
            raise ValueError(
                f"{path}: it was written by an earlier version, without the resolved layers that PyTorch needs. This "
                f"writes it anew: inklearn export --load OLD --to NEW (it was tried here: {reason})"
            )
        return json.loads(read_safetensors(new)[0]["layers"])


def open_network(path):
    """The model with its weights, what is done to the data before it, and the metadata. Raises ValueError."""
    metadata, tensors = read_safetensors(path)
    try:
        model, first = make_model(read_layers(path, metadata))
        model.load_state_dict({n: t for n, t in tensors.items() if not n.startswith("optimizer.")}, strict=True)
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError, RuntimeError) as error:
        raise ValueError(f"{path}: its layers are not those of its tensors: {error!a}") from error
    return model, first, metadata


def compare(model, first, path):
    """How many pictures the file has, and the largest difference of their logits from those that it gives."""
    with open(path, encoding="utf-8") as file:
        given = [p for p in map(json.loads, file) if p["event"] == "prediction"]
    x = torch.tensor([p["input"] for p in given]).reshape(-1, 1, 28, 28)
    with torch.no_grad():
        logits = model(first(x))
    return len(given), (logits - torch.tensor([p["logits"] for p in given])).abs().max().item()


def main(path, predictions=None):
    model, first, metadata = open_network(path)
    model.eval()
    count = sum(p.numel() for p in model.parameters())
    print(metadata["line"])
    print(f"PyTorch {torch.__version__} loads all of it: {len(model.state_dict())} tensors, {count} parameters")
    if not predictions:
        return 0
    pictures, most = compare(model, first, predictions)
    print(f"logits of {pictures} pictures differ by at most {most:.2e}")
    return 0 if most < TOLERANCE else 1


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except ValueError as error:
        sys.exit(str(error))
