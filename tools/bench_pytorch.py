"""bench_pytorch.py - the same work in PyTorch, for bench.mjs: seconds of a training step on random pictures.

One line in, `<model> <steps>`, one line out, the seconds of each step as JSON; bench.mjs asks in turn with its own
measurements, so that both see the same machine. Needs torch alone (Debian: python3-torch, with libopenblas0-openmp beside
it, or PyTorch runs on the slow reference BLAS).
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


def resnet18():
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for filters, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [Block(inputs, filters, stride), Block(filters, filters, 1)]
        inputs = filters
    head = [ConcatPool(), nn.Flatten(), nn.BatchNorm1d(1024), nn.Dropout(.25), nn.Linear(1024, 512, bias=False), nn.ReLU(),
            nn.BatchNorm1d(512), nn.Dropout(.5), nn.Linear(512, 10, bias=False)]
    return nn.Sequential(*layers, *head)


def cnn():
    return nn.Sequential(nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 5), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(1024, 128), nn.ReLU(), nn.Linear(128, 10))


# model, batch, shape of a picture, optimiser
MODELS = {
    'linear': (lambda: nn.Linear(784, 10), 256, (784,), lambda p: torch.optim.SGD(p, 1e-2)),
    'mlp': (lambda: nn.Sequential(nn.Linear(784, 30), nn.ReLU(), nn.Linear(30, 10)), 256, (784,), lambda p: torch.optim.SGD(p, 1e-2)),
    'cnn': (cnn, 128, (1, 28, 28), lambda p: torch.optim.Adam(p, 1e-3)),
    'resnet18': (resnet18, 64, (3, 28, 28), lambda p: torch.optim.Adam(p, 3e-3)),
}


class Work:
    """A model in training: each step gathers its mini-batch from 60,000 pictures, as an epoch does."""

    def __init__(self, name):
        make, self.batch, shape, optimizer = MODELS[name]
        torch.manual_seed(0)
        self.model = make().train()
        self.optimizer = optimizer(self.model.parameters())
        self.pictures = torch.rand(60000, 784)
        self.labels = torch.randint(10, (60000,))
        self.order = torch.randperm(60000)
        self.shape, self.at = shape, 0

    def step(self):
        if self.at + self.batch > 60000:
            self.at = 0
        chosen = self.order[self.at:self.at + self.batch]
        self.at += self.batch
        x = self.pictures[chosen]
        x = x if len(self.shape) == 1 else x.view(-1, 1, 28, 28).expand(-1, *self.shape)
        loss = F.cross_entropy(self.model(x), self.labels[chosen])
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


works = {}
for line in sys.stdin:
    name, steps, threads = line.split()
    torch.set_num_threads(int(threads))
    if name not in works:
        works[name] = Work(name)
        for _ in range(3):
            works[name].step()
    seconds = []
    for _ in range(int(steps)):
        start = time.perf_counter()
        works[name].step()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({'model': name, 'seconds': seconds, 'torch': torch.__version__}), flush=True)
