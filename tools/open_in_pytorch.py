#!/usr/bin/env python3
"""open_in_pytorch.py - opens a checkpoint in PyTorch and holds its answers against ours.

    inklearn predict --load model.safetensors --json --tensors *.png >predictions.jsonl
    tools/open_in_pytorch.py model.safetensors predictions.jsonl

It needs torch alone (Debian: python3-torch): a safetensors file is a header of JSON and the numbers behind it. The module is
built from the model line in that header, the weights are loaded strictly (every name and shape must be there, and no other),
and for each picture of the second file the logits are compared with those that it tells.
"""
import json
import re
import struct
import sys

import torch
from torch import nn

TOLERANCE = 1e-4  # of logits of about 1 to 30 in float32, summed in another order


def read_safetensors(path):
    """The metadata, and the tensors by their names. ValueError where the file is not sound."""

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


# The arguments of each word, in order, and what is taken where none is given.
ARGUMENTS = {
    "linear": dict(outputs=None, bias=1),
    "conv": dict(filters=None, kernel=None, stride=1, pad=0, bias=1),
    "bn": dict(eps=1e-5, momentum=0.1),
    "relu": {}, "flatten": {}, "concatpool": {}, "rgb": {}, "split": {},
    "dropout": dict(p=0.5),
    "maxpool": dict(kernel=None, stride=0, pad=0),
    "avgpool": dict(kernel=None, stride=0, pad=0),
    "adaptivemaxpool": dict(out=1), "adaptiveavgpool": dict(out=1),
    "block": dict(filters=None, stride=1),
}


def make_layer(word, a, x):
    """The module of a word with arguments `a`, for inputs like x."""
    channels = x.shape[1]
    whole = {name: int(value) for name, value in a.items()}
    if word == "linear":
        return nn.Linear(channels, whole["outputs"], bias=bool(a["bias"]))
    if word == "conv":
        return nn.Conv2d(channels, whole["filters"], whole["kernel"], whole["stride"], whole["pad"], bias=bool(a["bias"]))
    if word == "bn":
        return (nn.BatchNorm1d if x.dim() == 2 else nn.BatchNorm2d)(channels, eps=a["eps"], momentum=a["momentum"])
    if word in ("maxpool", "avgpool"):
        pool = nn.MaxPool2d if word == "maxpool" else nn.AvgPool2d
        return pool(whole["kernel"], whole["stride"] or whole["kernel"], whole["pad"])
    if word == "adaptivemaxpool":
        return nn.AdaptiveMaxPool2d(whole["out"])
    if word == "adaptiveavgpool":
        return nn.AdaptiveAvgPool2d(whole["out"])
    if word == "block":
        return Block(channels, whole["filters"], whole["stride"])
    if word == "dropout":
        return nn.Dropout(a["p"])
    return {"relu": nn.ReLU, "flatten": nn.Flatten, "concatpool": ConcatPool, "rgb": Rgb}[word]()


class Reader:
    """Reads a model line into modules, running a picture through them as it goes."""

    def __init__(self, line, classes):
        if not re.fullmatch(r"[\w \t().|,=+-]*", line, re.ASCII):
            raise ValueError(f"not a model line: {line!a}")
        self.tokens = re.findall(r"[A-Za-z_]\w*|[-+\d.][-+\d.eE]*|[()|,=]", line)
        self.classes = classes
        self.x = torch.zeros(1, 1, 28, 28)
        self.first = []  # what PyTorch does to the data before the first module
        self.begun = False

    def take(self, token):
        """Whether it comes next; then it is passed."""
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False

    def value(self):
        token = self.tokens.pop(0)
        return {"yes": 1, "no": 0, "classes": self.classes}.get(token) if token[0].isalpha() else float(token)

    def arguments(self, word):
        values = dict(ARGUMENTS[word])
        names = list(values)
        if self.take("("):
            place = 0
            while not self.take(")"):
                if len(self.tokens) > 1 and self.tokens[1] == "=":
                    place = names.index(self.tokens.pop(0))
                    self.tokens.pop(0)
                values[names[place]] = self.value()
                place += 1
                self.take(",")
        return values

    def add(self, modules, module):
        self.begun = True
        module.eval()
        self.x = module(self.x)
        modules.append(module)

    def sequence(self, outermost=False):
        """Items up to a closing bracket or bar; a line of one layer is that layer."""
        modules = []
        while self.tokens and self.tokens[0] not in (")", "|"):
            word = self.tokens.pop(0)
            if word == "split":
                continue
            if word in ("sequence", "body", "head"):
                self.take("(")
                modules.append(self.sequence())
                self.take(")")
            elif word == "residual":
                self.take("(")
                start = self.x
                branch = self.sequence()
                y, self.x = self.x, start
                self.take("|")
                shortcut = self.sequence()
                self.take(")")
                self.x = y + self.x
                modules.append(Residual([branch, shortcut]))
            else:
                a = self.arguments(word)
                into = self.first if word == "rgb" else modules
                if word == "linear" and self.x.dim() > 2:
                    self.add(modules if self.begun else self.first, nn.Flatten())
                self.add(into, make_layer(word, a, self.x))
        return modules[0] if outermost and len(modules) == 1 and not list(modules[0].children()) else nn.Sequential(*modules)


def compare(model, first, path):
    """Pictures, and the largest difference of their logits from ours."""
    with open(path, encoding="utf-8") as file:
        told = [p for p in map(json.loads, file) if p["event"] == "prediction"]
    x = torch.tensor([p["input"] for p in told]).reshape(-1, 1, 28, 28)
    with torch.no_grad():
        logits = model(first(x))
    return len(told), (logits - torch.tensor([p["logits"] for p in told])).abs().max().item()


def main(path, predictions=None):
    metadata, tensors = read_safetensors(path)
    reader = Reader(metadata["line"], len(metadata["classes"].split("\n")) - 1)
    model = reader.sequence(outermost=True)
    first = nn.Sequential(*reader.first)
    model.load_state_dict({n: t for n, t in tensors.items() if not n.startswith("optimizer.")}, strict=True)
    model.eval()
    count = sum(p.numel() for p in model.parameters())
    print(f"{metadata['line']}\nPyTorch {torch.__version__} loads all of it: {len(model.state_dict())} tensors, {count} parameters")
    if not predictions:
        return 0
    pictures, most = compare(model, first, predictions)
    print(f"logits of {pictures} pictures differ by at most {most:.2e}")
    return 0 if most < TOLERANCE else 1


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
