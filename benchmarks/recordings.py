"""A recording beside a PyTorch loop that stores equal numbers, and a long recording."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

import tinynet as tn
from harness import (
    EPOCHS,
    INPUTS,
    LINES,
    RATE,
    RECIPE,
    TARGETS,
    Result,
    Scale,
    format_number,
    one_core,
    time_in_turns,
)

TOLERANCE = 1e-12  # both compute in float64


def torch_recording() -> tuple[np.ndarray, np.ndarray]:
    """Return the parameters and gradients of each step. -> (400, 23), (400, 23)

    PyTorch trains in float64.
    """
    import torch

    from pytorch_forms import model

    network = model(tn.Network.initial(seed=0).parameters, torch.float64)
    optimizer, loss_of = torch.optim.SGD(network.parameters(), lr=RATE), torch.nn.MSELoss()
    examples = [
        (torch.tensor(x).double(), torch.tensor(t).double()) for x, t in zip(INPUTS, TARGETS, strict=True)
    ]
    stored: list[list[Any]] = []
    for _ in range(EPOCHS):
        for picture, target in examples:
            optimizer.zero_grad()
            loss_of(network(picture), target).backward()
            stored.append([part.detach().clone() for p in network.parameters() for part in (p, p.grad)])
            optimizer.step()
    rows = [[torch.cat([part.ravel() for part in step[k::2]]) for step in stored] for k in (0, 1)]
    before, slopes = (torch.stack(each).numpy() for each in rows)
    return before, slopes


def check() -> None:
    """Stop the program if the two recordings differ."""
    run = tn.train(tn.Network.initial(seed=0), LINES, RECIPE)
    ours = (run.parameters[: len(run.gradients)], run.gradients)
    worst = max(float(np.abs(a - b).max()) for a, b in zip(ours, torch_recording(), strict=True))
    if not worst <= TOLERANCE:
        sys.exit(
            f"The recordings differ by {worst:.2g}. At most {TOLERANCE:g} is allowed. Nothing was timed."
        )


def measure(scale: Scale) -> Result:
    """Check both recordings, then time them in turns."""
    check()
    epochs, start = 1_000 if scale.quick else 10_000, tn.Network.initial(seed=0)
    theirs, ours, long = "PyTorch, a loop that stores every step", "tn.train", f"tn.train, {epochs:,} epochs"
    jobs: dict[str, Callable[[], Callable[[], object]]] = {
        theirs: lambda: torch_recording,
        ours: lambda: partial(tn.train, start, LINES, RECIPE),
        long: lambda: partial(tn.train, start, LINES, replace(RECIPE, epochs=epochs)),
    }
    with one_core():
        import torch

        torch.set_num_threads(1)
        tn.train(start, LINES, replace(RECIPE, epochs=epochs))
        seconds = time_in_turns(jobs, 2 * scale.rounds)
    result = Result(
        "A recording in float64, with the numbers of every step",
        ("training", "steps", "ms", "TinyNet is faster"),
    )
    for name, steps in ((theirs, 400), (ours, 400), (long, 4 * epochs)):
        faster = f"{format_number(seconds[name] / seconds[ours])} times" if steps == 400 else "-"
        result.rows.append((name, f"{steps:,}", format_number(1e3 * seconds[name]), faster))
    result.numbers = {
        "pytorch_milliseconds": 1e3 * seconds[theirs],
        "tinynet_milliseconds": 1e3 * seconds[ours],
        "tinynet_is_times_faster": seconds[theirs] / seconds[ours],
        "long_epochs": epochs,
        "long_milliseconds": 1e3 * seconds[long],
    }
    return result
