"""Time TinyNet beside a PyTorch loop, turn by turn in one process, and print the ratios.

    python benchmarks/bench.py

Both sides give the same parameters first; then each round times both, so that a busy moment of the machine
hits both alike. The times are medians of the rounds.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import nn

import tinynet as tn

ROUNDS, NETWORKS = 5, 4096
RECIPE = tn.Recipe(learning_rate=0.1, epochs=100)
LINES = tn.pictures.lines()


def torch_loop(seed: int, *, keep: bool, dtype: torch.dtype) -> np.ndarray:
    """Train as a learner writes it; return the parameters (23,). keep : every step's numbers, as a recording."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2), nn.Sigmoid()).to(dtype)
    pictures = torch.tensor(LINES.inputs, dtype=dtype)
    targets = torch.tensor(LINES.targets, dtype=dtype)
    optimizer, loss_of = torch.optim.SGD(model.parameters(), lr=RECIPE.learning_rate), nn.MSELoss()
    kept = []
    for _ in range(RECIPE.epochs):
        for k in range(len(pictures)):
            optimizer.zero_grad()
            loss = loss_of(model(pictures[k]), targets[k])
            loss.backward()
            if keep:
                numbers = [part.detach().clone() for p in model.parameters() for part in (p, p.grad)]
                kept.append((loss.item(), numbers))
            optimizer.step()
    return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])


def recording() -> tuple[float, float, str]:
    """Return the seconds of both sides for one recording of 400 steps."""
    start = tn.Network.initial(seed=0)
    ours = tn.train(start, LINES, RECIPE).final.parameters
    theirs = torch_loop(0, keep=True, dtype=torch.float64)
    check(ours, theirs, 1e-12)
    return *paired(
        lambda: torch_loop(0, keep=True, dtype=torch.float64), lambda: tn.train(start, LINES, RECIPE)
    ), "one recording, every number of 400 steps"


def population() -> tuple[float, float, str]:
    """Return the seconds of both sides for one network of many."""
    crowd = tn.population(RECIPE, NETWORKS)
    for seed in range(4):
        check(crowd.parameters[seed], torch_loop(seed, keep=False, dtype=torch.float32), 1e-5)
    theirs, ours = paired(
        lambda: torch_loop(0, keep=False, dtype=torch.float32), lambda: tn.population(RECIPE, NETWORKS)
    )
    return theirs, ours / NETWORKS, f"one network of a population of {NETWORKS:,}"


def check(ours: np.ndarray, theirs: np.ndarray, within: float) -> None:
    """Stop where the two sides differ: what is not the same is not compared."""
    worst = float(np.abs(ours - theirs).max())
    if not worst <= within:
        sys.exit(f"the two sides differ by {worst:.2g}, and {within:g} is allowed; nothing was timed")


def paired(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Return both median seconds of one call, timed in turns."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for call, kept in zip((first, second), seconds, strict=True):
            began = time.perf_counter()
            call()
            kept.append(time.perf_counter() - began)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


if __name__ == "__main__":
    torch.set_num_threads(1)
    table = Table("what", "PyTorch loop", "TinyNet", "times faster")
    for job in (recording, population):
        theirs, ours, what = job()
        table.add_row(what, f"{1e3 * theirs:.1f} ms", f"{1e3 * ours:.4f} ms", f"{theirs / ours:,.0f}")
    Console().print(table)
