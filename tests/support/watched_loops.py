"""PyTorch models and training loops for the tests of `tinynet.watch`."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import tinynet as tn
from tinynet.core import optimizers

LINES = tn.pictures.lines()


X, Y = (torch.tensor(array, dtype=torch.float32) for array in (LINES.inputs, np.array(LINES.targets)))


CLASSES = torch.tensor([0, 0, 1, 1])


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.5),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.001),
    "adamw, no decay": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.0),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01),
    "amsgrad": lambda p: torch.optim.Adam(p, lr=0.01, amsgrad=True),
    "dampening": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.5),
    "uphill": lambda p: torch.optim.SGD(p, lr=0.1, maximize=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.01),
    "lbfgs": lambda p: torch.optim.LBFGS(p, lr=0.5, max_iter=4),
}


KNOWN = {"sgd": "sgd", "momentum": "sgd", "nesterov": "sgd", "adam": "adam", "adamw, no decay": "adam"}


def model(output=nn.Sigmoid, hidden=nn.Sigmoid, sizes=(4, 3, 2), dtype=torch.float32, seed=0):
    torch.manual_seed(seed)
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), hidden()]
    return nn.Sequential(*layers[:-1], *([output()] if output else [])).to(dtype)


def sgd(net, **settings):
    return torch.optim.SGD(net.parameters(), **{"lr": 0.5, **settings})


def loop(net, optimizer, loss=functional.mse_loss, x=X, y=Y, *, epochs=3, batch=1, between=lambda net: None):
    for _ in range(epochs):
        for k in range(0, len(x), batch):
            optimizer.zero_grad()
            loss(net(x[k : k + batch]), y[k : k + batch]).backward()
            between(net)
            optimizer.step()


def step(net, optimizer, loss, x, y=None):
    optimizer.zero_grad()
    loss(net(x), y).backward()
    optimizer.step()


def watched(net, optimizer=None, *arguments, **named):
    optimizer = optimizer or sgd(net)
    with tn.watch(net, optimizer) as watcher:
        loop(net, optimizer, *arguments, **named)
    return watcher.recording


def numbers(net):
    return np.concatenate([p.detach().numpy().astype(float).ravel() for p in net.parameters()])


def assert_consistent(recording, within=1e-6):
    """Assert that before + change = after, that cells are finite and equal PyTorch."""
    for moment in recording:
        assert all(np.isfinite(value) for value in moment.values.values())
        for row in moment.ledger():
            assert row.before + row.change == row.after
    found = recording.agreement()
    assert max(found.loss, found.gradient or 0.0, found.after) < within, str(found)


def parameter_names_of(recording):
    return recording.network.architecture.parameter_names


def state_names_of(recording):
    return optimizers.state_names(recording.network.architecture, recording.recipe)
