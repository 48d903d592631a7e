"""One recording beside the PyTorch loop that keeps the same numbers, and a long one."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

import tinynet as tn
from contest import EPOCHS, INPUTS, LINES, RATE, RECIPE, TARGETS, Result, Scale, in_turns, one_core, plain

WITHIN = 1e-12  # both sides compute in float64


def torch_recording() -> tuple[np.ndarray, np.ndarray]:
    """Train in float64; return the parameters and the gradients of each step. -> (400, 23), (400, 23)"""
    import torch

    from rivals import model

    network = model(tn.Network.initial(seed=0).parameters, torch.float64)
    optimizer, loss_of = torch.optim.SGD(network.parameters(), lr=RATE), torch.nn.MSELoss()
    shown = [
        (torch.tensor(x).double(), torch.tensor(t).double()) for x, t in zip(INPUTS, TARGETS, strict=True)
    ]
    kept: list[list[Any]] = []
    for _ in range(EPOCHS):
        for picture, target in shown:
            optimizer.zero_grad()
            loss_of(network(picture), target).backward()
            kept.append([part.detach().clone() for p in network.parameters() for part in (p, p.grad)])
            optimizer.step()
    rows = [[torch.cat([part.ravel() for part in step[k::2]]) for step in kept] for k in (0, 1)]
    before, slopes = (torch.stack(each).numpy() for each in rows)
    return before, slopes


def check() -> None:
    """Stop the program where both sides recorded other numbers."""
    run = tn.train(tn.Network.initial(seed=0), LINES, RECIPE)
    ours = (run.parameters[: len(run.gradients)], run.gradients)
    worst = max(float(np.abs(a - b).max()) for a, b in zip(ours, torch_recording(), strict=True))
    if not worst <= WITHIN:
        sys.exit(f"the recordings differ by {worst:.2g}, and {WITHIN:g} is allowed; nothing was timed")


def measure(scale: Scale) -> Result:
    """Check both sides, then time them in turns."""
    check()
    epochs, start = 1_000 if scale.quick else 10_000, tn.Network.initial(seed=0)
    theirs, ours, long = "PyTorch, a loop that keeps every step", "tn.train", f"tn.train, {epochs:,} epochs"
    jobs: dict[str, Callable[[], Callable[[], object]]] = {
        theirs: lambda: torch_recording,
        ours: lambda: partial(tn.train, start, LINES, RECIPE),
        long: lambda: partial(tn.train, start, LINES, replace(RECIPE, epochs=epochs)),
    }
    with one_core():
        import torch

        torch.set_num_threads(1)
        tn.train(start, LINES, replace(RECIPE, epochs=epochs))
        seconds = in_turns(jobs, 2 * scale.rounds)
    result = Result(
        "One recording in float64, with the numbers of every step",
        ("what", "steps", "ms", "TinyNet is faster"),
    )
    for name, steps in ((theirs, 400), (ours, 400), (long, 4 * epochs)):
        faster = f"{plain(seconds[name] / seconds[ours])} times" if steps == 400 else "-"
        result.rows.append((name, f"{steps:,}", plain(1e3 * seconds[name]), faster))
    result.numbers = {
        "pytorch_milliseconds": 1e3 * seconds[theirs],
        "tinynet_milliseconds": 1e3 * seconds[ours],
        "tinynet_is_times_faster": seconds[theirs] / seconds[ours],
        "long_epochs": epochs,
        "long_milliseconds": 1e3 * seconds[long],
    }
    return result
