"""pytorch.py - the bench's work in PyTorch: pytorch.py <pictures> <training pictures> <validation pictures> <classes>

<pictures> is a file of bytes: the 28 x 28 pixels of each picture, then one label for each, training pictures first.
Each line of standard input is a request, which one line of JSON answers:
    <steps | epoch | validate> <model> <count> <threads>    the seconds of each
    parameters <model> 0 <threads>                          the number of parameters
bench.mjs asks in turn with its own measurements, so that both see the same machine. Needs only torch (Debian:
python3-torch, with libopenblas0-openmp; without that, PyTorch runs on the slow reference BLAS).
"""
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.downsample = None
        if stride != 1 or inputs != filters:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ConcatPool(nn.Module):
    def forward(self, x):
        return torch.cat([F.adaptive_max_pool2d(x, 1), F.adaptive_avg_pool2d(x, 1)], 1)


def resnet18(classes):
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for filters, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [Block(inputs, filters, stride), Block(filters, filters, 1)]
        inputs = filters
    head = [ConcatPool(), nn.Flatten(), nn.BatchNorm1d(1024), nn.Dropout(.25),
            nn.Linear(1024, 512, bias=False), nn.ReLU(), nn.BatchNorm1d(512), nn.Dropout(.5),
            nn.Linear(512, classes, bias=False)]
    return nn.Sequential(*layers, *head)


def cnn(classes):
    return nn.Sequential(nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(32, 64, 5), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(1024, 128), nn.ReLU(), nn.Linear(128, classes))


# model, batch, shape of a picture, optimiser
MODELS = {
    'linear': (lambda classes: nn.Linear(784, classes), 256, (784,), lambda p: torch.optim.SGD(p, 1e-2)),
    'mlp': (lambda classes: nn.Sequential(nn.Linear(784, 30), nn.ReLU(), nn.Linear(30, classes)), 256, (784,),
            lambda p: torch.optim.SGD(p, 1e-2)),
    'cnn': (cnn, 128, (1, 28, 28), lambda p: torch.optim.Adam(p, 1e-3)),
    'resnet18': (resnet18, 64, (3, 28, 28), lambda p: torch.optim.Adam(p, 3e-3)),
}


class Split:
    """Pictures in order, a permutation of them for each epoch."""

    def __init__(self, pixels, labels):
        self.x = torch.frombuffer(pixels, dtype=torch.uint8).view(-1, 784).float() / 255
        self.y = torch.frombuffer(labels, dtype=torch.uint8).long()

    def batches(self, size, shape, shuffled):
        n = len(self.y)
        order = torch.randperm(n) if shuffled else None
        for start in range(0, n, size):
            chosen = order[start:start + size] if shuffled else slice(start, start + size)
            x = self.x[chosen]
            yield x if len(shape) == 1 else x.view(-1, 1, 28, 28).expand(-1, *shape), self.y[chosen]


def read_splits(path, n_train, n_valid):
    with open(path, 'rb') as file:
        pixels = [bytearray(file.read(784 * n)) for n in (n_train, n_valid)]
        labels = [bytearray(file.read(n)) for n in (n_train, n_valid)]
    return [Split(p, l) for p, l in zip(pixels, labels)]


class Work:
    """A model in training."""

    def __init__(self, name, train, valid, classes):
        make, self.batch, self.shape, optimizer = MODELS[name]
        torch.manual_seed(0)
        self.model = make(classes)
        self.optimizer = optimizer(self.model.parameters())
        self.train, self.valid = train, valid
        self.batches = iter(())

    def next_batch(self):
        batch = next(self.batches, None)
        if batch is None:
            self.batches = self.train.batches(self.batch, self.shape, True)
            batch = next(self.batches)
        return batch

    def learn(self, x, y):
        loss = F.cross_entropy(self.model(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def steps(self):
        """One step; the pictures are gathered within it, as ours are."""
        self.model.train()
        self.learn(*self.next_batch())

    def epoch(self):
        self.model.train()
        for x, y in self.train.batches(self.batch, self.shape, True):
            self.learn(x, y)
        self.validate()

    def validate(self):
        """Mean loss and accuracy."""
        self.model.eval()
        loss = right = 0
        with torch.no_grad():
            for x, y in self.valid.batches(self.batch, self.shape, False):
                logits = self.model(x)
                loss += F.cross_entropy(logits, y, reduction='sum').item()
                right += (logits.argmax(1) == y).sum().item()
        return loss / len(self.valid.y), right / len(self.valid.y)


def blas():
    """What libblas.so.3 is: Debian's PyTorch calls that."""
    with open('/proc/self/maps') as maps:
        names = {word for line in maps for word in line.split() if 'blas' in word or 'mkl' in word}
    return 'OpenBLAS' if any('openblas' in name for name in names) else 'MKL' if any('mkl' in name for name in names) else 'reference BLAS'


def main():
    train, valid = read_splits(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    classes = int(sys.argv[4])
    torch.zeros(9, 9) @ torch.zeros(9, 9)  # or no BLAS is loaded yet
    print(json.dumps({'version': torch.__version__, 'blas': blas()}), flush=True)
    works = {}
    for line in sys.stdin:
        what, name, count, threads = line.split()
        torch.set_num_threads(int(threads))
        if name not in works:
            works[name] = Work(name, train, valid, classes)
            for _ in range(3):
                works[name].steps()
        if what == 'parameters':
            print(json.dumps(sum(p.numel() for p in works[name].model.parameters())), flush=True)
            continue
        seconds = []
        for _ in range(int(count)):
            start = time.perf_counter()
            getattr(works[name], what)()
            seconds.append(time.perf_counter() - start)
        print(json.dumps(seconds), flush=True)


main()
