"""Record PyTorch trainings, with and without formulas."""

import numpy as np

import tinynet as tn

LINES = tn.pictures.lines()


def watched(optimizer, loss, between=lambda net: None):
    """Watch two epochs of the lines, in batches of three and one, with a decreasing learning rate."""
    import torch
    from torch import nn

    x, y = (torch.tensor(array, dtype=torch.float32) for array in (LINES.inputs, np.array(LINES.targets)))
    torch.manual_seed(3)
    net = nn.Sequential(nn.Linear(4, 2), nn.Tanh(), nn.Linear(2, 2), nn.Sigmoid())
    chosen = optimizer(net.parameters())
    schedule = torch.optim.lr_scheduler.ExponentialLR(chosen, 0.5)
    with tn.watch(net, chosen) as watcher:
        for _ in range(2):
            for k in (0, 3):
                chosen.zero_grad()
                loss(net(x[k : k + 3]), y[k : k + 3]).backward()
                between(net)
                chosen.step()
                schedule.step()
    return watcher.recording


def recordings():
    """Yield a training with all formulas, and a training whose parts are external."""
    import torch
    from torch import nn

    clip = lambda net: nn.utils.clip_grad_norm_(net.parameters(), 0.003)  # noqa: E731
    yield watched(lambda p: torch.optim.SGD(p, lr=0.5, momentum=0.9), nn.MSELoss())
    yield watched(lambda p: torch.optim.RMSprop(p, lr=0.1), nn.HuberLoss(delta=0.1), clip)
