"""Random training loops without a mistake, which must keep all their formulas, and loops with a mistake.

`python tests/support/random_loops.py 0 10000` watches the loops 0 to 9999 without a mistake. It prints the formulas that were
lost, and the number of loops of each kind.
"""

import sys
import time
import warnings
from collections import Counter
from itertools import pairwise
from random import Random

import torch
from torch import nn
from torch.nn import functional

import tinynet as tn

HIDDEN = [nn.Sigmoid, nn.Tanh, nn.ReLU, nn.Softplus, nn.Identity]


def log_softmax():
    return nn.LogSoftmax(dim=1)


def softmax():
    return nn.Softmax(dim=1)


# last activation, loss function, kind of targets; output and loss of the recording
LOSSES = {
    "mse": (None, nn.MSELoss(), "numbers", "identity", "mse"),
    "mse by hand": (None, lambda out, y: ((out - y) ** 2).mean(), "numbers", "identity", "mse"),
    "sigmoid, mse": (nn.Sigmoid, nn.MSELoss(), "shares", "sigmoid", "mse"),
    "tanh, mse": (nn.Tanh, nn.MSELoss(), "shares", "tanh", "mse"),
    "softplus, mse": (nn.Softplus, nn.MSELoss(), "shares", "softplus", "mse"),
    "softmax, mse": (softmax, nn.MSELoss(), "one-hot", "softmax", "mse"),
    "bce": (nn.Sigmoid, nn.BCELoss(), "shares", "sigmoid", "bce"),
    "bce with logits": (None, nn.BCEWithLogitsLoss(), "shares", "sigmoid", "bce"),
    "cross-entropy": (None, nn.CrossEntropyLoss(), "classes", "softmax", "cross_entropy"),
    "smoothed": (None, nn.CrossEntropyLoss(label_smoothing=0.1), "classes", "softmax", "cross_entropy"),
    "one-hot": (None, nn.CrossEntropyLoss(), "one-hot", "softmax", "cross_entropy"),
    "nll": (log_softmax, nn.NLLLoss(), "classes", "softmax", "cross_entropy"),
    "nll in the loop": (
        None, lambda out, y: functional.nll_loss(functional.log_softmax(out, 1), y), "classes", "softmax", "cross_entropy",
    ),
    "nll by hand": (log_softmax, lambda out, y: -out[range(len(y)), y].mean(), "classes", "softmax", "cross_entropy"),
}  # fmt: skip

# changes of the gradients between backward() and step()
MISTAKES = {
    "clipped norm": lambda net: nn.utils.clip_grad_norm_(net.parameters(), _half_norm(net)),
    "clipped value": lambda net: nn.utils.clip_grad_value_(net.parameters(), _half_largest(net)),
    "penalty": lambda net: [p.grad.add_(1e-2 * p.detach()) for p in net.parameters()],
    "frozen layer": lambda net: net[-1 if len(net) % 2 else -2].bias.grad.zero_(),
    "scaled by 1.0001": lambda net: [p.grad.mul_(1.0001) for p in net.parameters()],
    "leftover gradients": lambda net: None,
    "decay outside of the optimizer": lambda net: None,
}
OTHER_OPTIMIZERS = {
    "rmsprop": lambda p: torch.optim.RMSprop(p, 1e-2),
    "adagrad": lambda p: torch.optim.Adagrad(p, 1e-2),
    "adamw": lambda p: torch.optim.AdamW(p, 1e-2, weight_decay=0.1),
    "maximize": lambda p: torch.optim.SGD(p, 1e-2, maximize=True),
}


def _gradients(net):
    return torch.cat([p.grad.ravel() for p in net.parameters()])


def _half_norm(net):
    return float(_gradients(net).norm()) / 2


def _half_largest(net):
    return float(_gradients(net).abs().max()) / 2


def optimizer_of(rng, parameters, cycled):
    """Return a random optimizer with formulas, and its name."""
    form = rng.choice(["foreach", "fused", "plain"])
    flags = {"foreach": form == "foreach", "fused": form == "fused"}
    decay = rng.choice([0.0, 0.0, 1e-3, 0.1])
    if rng.random() < 0.5:
        momentum = rng.choice([0.5, 0.9]) if cycled else rng.choice([0.0, 0.3, 0.9, 0.99])
        nesterov = momentum > 0 and rng.random() < 0.5
        rate = 10 ** rng.uniform(-3, 0)
        settings = {"momentum": momentum, "nesterov": nesterov, "weight_decay": decay}
        return torch.optim.SGD(parameters, rate, **settings, **flags), f"sgd {form}"
    rate, betas = 10 ** rng.uniform(-4, -1), (rng.choice([0.5, 0.9, 0.95]), rng.choice([0.9, 0.99, 0.999]))
    if rng.random() < 0.3:
        return torch.optim.AdamW(parameters, rate, betas, weight_decay=0.0, **flags), f"adamw {form}"
    return torch.optim.Adam(parameters, rate, betas, weight_decay=decay, **flags), f"adam {form}"


def schedule_of(rng, name, optimizer, steps):
    scheduler = torch.optim.lr_scheduler
    rate = optimizer.param_groups[0]["lr"]
    return {
        "constant": lambda: None,
        "step": lambda: scheduler.StepLR(optimizer, 3, 0.5),
        "cosine": lambda: scheduler.CosineAnnealingLR(optimizer, steps),
        "one-cycle": lambda: scheduler.OneCycleLR(optimizer, rate, total_steps=steps + 1),
        "lambda": lambda: scheduler.LambdaLR(optimizer, lambda step: step / 4),
    }[name]()


def data_of(rng, rows, inputs, outputs, kind, dtype):
    """Return random inputs and targets."""
    x = torch.randn(rows, inputs, dtype=dtype)
    classes = torch.randint(outputs, (rows,))
    targets = {
        "classes": classes,
        "one-hot": functional.one_hot(classes, outputs).to(dtype),
        "shares": torch.rand(rows, outputs, dtype=dtype) if rng.random() < 0.5 else torch.randint(2, (rows, outputs)).to(dtype),
        "numbers": rng.choice([0.1, 1.0, 50.0]) * torch.randn(rows, outputs, dtype=dtype),
    }  # fmt: skip
    return x, targets[kind]


def watched_loop(seed, mistake=None, *, max_steps=8, widths=(4, 12, 12, 80)):
    """Watch a random loop. Returns its kinds, its recording and the expected output and loss."""
    rng = Random(seed)
    torch.manual_seed(seed)
    loss_name = rng.choice([*LOSSES])
    ending, loss, kind, output, expected = LOSSES[loss_name]
    hidden, dtype = rng.choice(HIDDEN), rng.choice([torch.float32] * 4 + [torch.float64])
    widest = rng.choice(widths)
    sizes = [rng.randint(1, widest) for _ in range(rng.randint(1, 3))] + [rng.randint(2, 5)]
    layers = []
    for fan_in, fan_out in pairwise([rng.randint(1, widest), *sizes]):
        layers += [nn.Linear(fan_in, fan_out), hidden()]
    net = nn.Sequential(*layers[:-1], *([ending()] if ending else [])).to(dtype)
    with torch.no_grad():  # large weights give confident outputs, whose gradients cancel
        for p in net.parameters():
            p.mul_(rng.choice([1.0, 1.0, 3.0, 8.0]))
    rows = rng.choice([1, 2, 7, 7, 40])
    batch, passes = rng.choice([1, 3, 3, rows]), rng.choice([1, 1, 1, 2])
    x, y = data_of(rng, rows, layers[0].in_features, sizes[-1], kind, dtype)
    x *= rng.choice([1.0, 1.0, 1.0, 0.01, 20.0])
    schedule_name = rng.choice(["constant", "constant", "step", "cosine", "one-cycle", "lambda"])
    steps = rng.randint(3, max_steps)
    optimizer, optimizer_name = optimizer_of(rng, net.parameters(), schedule_name == "one-cycle")
    if mistake in OTHER_OPTIMIZERS:
        schedule_name, optimizer = "constant", OTHER_OPTIMIZERS[mistake](net.parameters())
    schedule = schedule_of(rng, schedule_name, optimizer, steps)
    with tn.watch(net, optimizer) as watcher:
        for _ in range(steps):
            if mistake != "leftover gradients":
                optimizer.zero_grad()
            for _ in range(passes):
                chosen = torch.randint(rows, (min(batch, rows),))
                (loss(net(x[chosen]), y[chosen]) / passes).backward()
            if mistake in MISTAKES:
                MISTAKES[mistake](net)
            optimizer.step()
            if schedule:
                schedule.step()
            if mistake == "decay outside of the optimizer":
                with torch.no_grad():
                    for p in net.parameters():
                        p.mul_(0.999)
    kinds = (loss_name, hidden.__name__, optimizer_name, schedule_name, str(dtype))
    return kinds, watcher.recording, (output, expected)


def lost(recording, expected):
    """Return the formulas that a recording lacks."""
    if any("BCELoss limits the derivatives" in note for note in recording.notes):
        return ["limited"]
    found = (recording.network.architecture.output, recording.recipe.loss)
    parts = {
        "loss": found == expected,
        "gradients": recording.recipe.gradients == "loss",
        "optimizer": recording.recipe.optimizer != "external",
        "layers": recording.stopped is None
        or bool(recording.stopped.cell),  # only a number that is not finite ends a loop
    }
    return [name for name, kept in parts.items() if not kept]


def main(first, last):
    """Watch random loops without a mistake, and print what was lost."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    began, losses, kinds, ended = time.perf_counter(), Counter(), Counter(), 0
    for seed in range(first, last):
        found, recording, expected = watched_loop(seed)
        kinds.update(found)
        ended += recording.stopped is not None
        for part in lost(recording, expected):
            losses[part] += 1
            print(f"seed {seed} lost its {part}: {found}")
    print(
        f"{last - first:,} loops in {time.perf_counter() - began:.0f} s, {ended} ended by a number that is not finite"
    )
    print("lost:", dict(losses), "kinds:", dict(kinds))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
