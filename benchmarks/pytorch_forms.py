"""The training in PyTorch, as a loop and for many networks at once, and in NumPy."""

from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn

from harness import EPOCHS, INPUTS, RATE, TARGETS, Implementation, MissingError, initial_parameters
from vectors import Vectors, sgd_step

EXAMPLES = [(torch.tensor(x), torch.tensor(t)) for x, t in zip(INPUTS, TARGETS, strict=True)]
NUMBERS = [(x.tolist(), t.tolist()) for x, t in zip(INPUTS, TARGETS, strict=True)]


def model(parameters: np.ndarray, dtype: torch.dtype = torch.float32) -> nn.Sequential:
    """Return the 4-3-2 network with these parameters (23,)."""
    made = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2), nn.Sigmoid()).to(dtype)
    nn.utils.vector_to_parameters(torch.tensor(parameters, dtype=dtype), made.parameters())
    return made


def loop(models: list[nn.Sequential]) -> list[nn.Sequential]:
    """Train one network after the other, as in a tutorial."""
    for network in models:
        optimizer, loss_of = torch.optim.SGD(network.parameters(), lr=RATE), nn.MSELoss()
        for _ in range(EPOCHS):
            for picture, target in EXAMPLES:
                optimizer.zero_grad()
                loss_of(network(picture), target).backward()
                optimizer.step()
    return models


def numbers_of(models: list[nn.Sequential]) -> np.ndarray:
    return np.stack([nn.utils.parameters_to_vector(m.parameters()).detach().numpy() for m in models])


# --- torch.func --------------------------------------------------------------------------------------------------


def split(p: Any) -> dict[str, Any]:
    """Return parameters (n, 23) by the names of the model."""
    cut = {"0.weight": p[:, :12], "0.bias": p[:, 12:15], "2.weight": p[:, 15:21], "2.bias": p[:, 21:]}
    return cut | {
        "0.weight": cut["0.weight"].reshape(-1, 3, 4),
        "2.weight": cut["2.weight"].reshape(-1, 2, 3),
    }


def mapped(p: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Train all networks at once, with vmap over grad."""
    skeleton = model(np.zeros(23))

    def loss(one: dict[str, torch.Tensor], x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return nn.functional.mse_loss(torch.func.functional_call(skeleton, one, (x,)), t)

    gradients = torch.func.vmap(torch.func.grad(loss), in_dims=(0, None, None))
    for _ in range(EPOCHS):
        for x, t in EXAMPLES:
            slopes = gradients(p, x, t)
            p = {name: p[name] - RATE * slopes[name] for name in p}
    return p


# --- by hand, networks last --------------------------------------------------------------------------------------


def stacked(networks: int) -> list[np.ndarray]:
    """Return the parameters by layer, with networks last.

    The shapes are (4, 3, n), (3, n), (3, 2, n) and (2, n).
    """
    p = initial_parameters(networks)
    parts = [p[:, :12].reshape(-1, 3, 4), p[:, 12:15], p[:, 15:21].reshape(-1, 2, 3), p[:, 21:]]
    return [np.ascontiguousarray(part.T, np.float32) for part in parts]


def unstacked(parts: list[Any]) -> np.ndarray:
    p = [np.asarray(part).T for part in parts]  # (n, 3, 4), (n, 3), (n, 2, 3), (n, 2)
    return np.concatenate([part.reshape(len(part), -1) for part in p], axis=1)


@torch.no_grad()
def by_hand(p: list[torch.Tensor]) -> list[torch.Tensor]:
    """Train all networks at once, with both passes written out.

    The parameters are changed in place.
    """
    w1, b1, w2, b2 = p
    for _ in range(EPOCHS):
        for x, t in NUMBERS:
            h = b1.clone()  # (3, n)
            for i in range(4):
                h.add_(w1[i], alpha=x[i])
            h.sigmoid_()
            a = b2.clone()  # (2, n)
            for i in range(3):
                a.addcmul_(w2[i], h[i])
            a.sigmoid_()
            d = torch.stack([a[0] - t[0], a[1] - t[1]]).mul_(RATE).mul_(a).mul_(1 - a)  # (2, n)
            e = (w2[:, 0] * d[0]).addcmul_(w2[:, 1], d[1]).mul_(h).mul_(1 - h)  # (3, n)
            w2.addcmul_(h[:, None], d[None], value=-1)
            b2.sub_(d)
            for i in range(4):
                w1[i].sub_(e, alpha=x[i])
            b1.sub_(e)
    return p


def by_numpy(p: list[np.ndarray]) -> list[np.ndarray]:
    """Train all networks at once in NumPy, as `by_hand` does."""
    w1, b1, w2, b2 = p
    one, rate = np.float32(1), np.float32(RATE)
    for _ in range(EPOCHS):
        for x, t in zip(INPUTS, TARGETS, strict=True):
            h = one / (
                one + np.exp(-(w1[0] * x[0] + w1[1] * x[1] + w1[2] * x[2] + w1[3] * x[3] + b1))
            )  # (3, n)
            a = one / (one + np.exp(-(w2[0] * h[0] + w2[1] * h[1] + w2[2] * h[2] + b2)))  # (2, n)
            d = rate * (a - t[:, None]) * a * (one - a)  # (2, n)
            e = (w2[:, 0] * d[0] + w2[:, 1] * d[1]) * h * (one - h)  # (3, n)
            w2 -= h[:, None] * d
            b2 -= d
            for i in range(4):
                w1[i] -= e * x[i]
            b1 -= e
    return p


# --- torch.compile -----------------------------------------------------------------------------------------------


@cache
def compiled_epoch() -> Any:
    def epoch(p: Vectors) -> Vectors:
        for x, t in NUMBERS:
            p = sgd_step(p, x, t, RATE, torch.sigmoid)
        return p

    return torch.compile(epoch, dynamic=False)


@torch.no_grad()
def compiled(p: Vectors) -> Vectors:
    """Train 23 vectors, with an epoch compiled into one loop by PyTorch."""
    try:
        p = compiled_epoch()(p)
    except Exception as error:  # PyTorch's compiler raises errors of many types
        raise MissingError(f"PyTorch's compiler failed: {str(error).strip().splitlines()[0]}") from error
    for _ in range(EPOCHS - 1):
        p = compiled_epoch()(p)
    return p


def implementations(quick: bool) -> list[Implementation]:
    """Return the implementations, from a plain loop to compiled PyTorch."""
    sizes = (4096,) if quick else (1024, 4096, 16384)
    return [
        Implementation(
            "PyTorch, a loop", lambda n: [model(p) for p in initial_parameters(n)], loop, numbers_of, (1,)
        ),
        Implementation(
            "PyTorch, vmap of grad",
            lambda n: split(torch.tensor(initial_parameters(n))),
            mapped,
            lambda p: np.concatenate([part.reshape(len(part), -1).numpy() for part in p.values()], axis=1),
            sizes,
        ),
        Implementation(
            "PyTorch, by hand",
            lambda n: [torch.tensor(part) for part in stacked(n)],
            by_hand,
            unstacked,
            sizes,
        ),
        Implementation(
            "PyTorch, by hand and compiled",
            lambda n: list(
                torch.tensor(initial_parameters(max(n, 4096))).T.contiguous()
            ),  # every size is compiled
            compiled,
            lambda p: torch.stack(p).T.numpy(),
            (4096,) if quick else (4096, 16384),
        ),
        Implementation("NumPy, by hand", stacked, by_numpy, unstacked, sizes),
    ]
