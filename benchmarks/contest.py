"""What every comparison here shares: the job, the sides, the check that comes first, and timing in turns."""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

import tinynet as tn
from tinynet.experiments.cohort import Cohort, TrainingJob

# The job: the notebook's training. 4-3-2, sigmoid, mean squared error, one picture at a time in fixed order.
ARCHITECTURE, LINES = tn.Architecture((4, 3, 2)), tn.pictures.lines()
RECIPE = tn.Recipe(learning_rate=0.1, epochs=100)
RATE, EPOCHS = RECIPE.learning_rate, RECIPE.epochs
assert LINES.targets is not None
INPUTS, TARGETS = LINES.inputs.astype(np.float32), LINES.targets.astype(np.float32)  # (4, 4), (4, 2)
PARAMETERS = ARCHITECTURE.parameter_count  # 23: weights (3, 4), biases (3,), weights (2, 3), biases (2,)

WITHIN, SEEDS = 1e-4, 16  # how close all sides must come to the first, and on how many networks


class MissingError(Exception):
    """This machine lacks what a side needs; the message says what."""


class Side(NamedTuple):
    """One way to do the job.

    fresh : what the training of so many networks starts from; called again for each training, and not timed.
    train : the training, in place or not; what is timed.
    parameters : the trained numbers (n, 23) of what `train` returned.
    sizes : numbers of networks to train at once; the quickest a network is taken.
    """

    name: str
    fresh: Callable[[int], Any]
    train: Callable[[Any], Any]
    parameters: Callable[[Any], np.ndarray]
    sizes: tuple[int, ...]


class Scale(NamedTuple):
    """How much to measure."""

    quick: bool
    rounds: int
    seconds: float  # that one timed call takes, about


FULL, QUICK = Scale(False, 7, 0.2), Scale(True, 3, 0.05)


@dataclass
class Result:
    """A section's table for the reader, and its numbers for a program (units in their names)."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)


def plain(number: float) -> str:
    """Return a number for a table: whole from 100 on, three digits below.

    >>> plain(40123.4), plain(0.4567)
    ('40,123', '0.457')
    """
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def say(text: str) -> None:
    """Tell where the benchmark is, on stderr."""
    print(text, file=sys.stderr, flush=True)


def cohort(networks: int) -> Cohort:
    """Return TinyNet's networks 0, 1, 2 … ready to train."""
    return Cohort(TrainingJob.of(ARCHITECTURE, RECIPE, LINES), np.arange(networks))


def starts(networks: int) -> np.ndarray:
    """Return the parameters of the networks 0, 1, 2 … before training, as TinyNet draws them. -> (n, 23) float32"""
    return cohort(networks).parameters()


def check(sides: list[Side]) -> tuple[dict[str, float], dict[str, str]]:
    """Train the same networks by every side; return the seconds of each first call, and why sides are missing.

    Stops the program where a side gives other numbers than the first: what is not the same is not compared.
    """
    seconds, missing = {}, {}
    expected = None
    for side in sides:
        say(f"checking {side.name}")
        began = time.perf_counter()
        try:
            found = side.parameters(side.train(side.fresh(SEEDS)))[:SEEDS]
        except MissingError as reason:
            missing[side.name] = str(reason)
            continue
        seconds[side.name] = time.perf_counter() - began
        expected = found if expected is None else expected
        worst = float(np.abs(found - expected).max())
        if not worst <= WITHIN:
            sys.exit(
                f"{side.name} differs from {sides[0].name} by {worst:.2g}, and {WITHIN:g} is allowed; nothing was timed"
            )
    return seconds, missing


def in_turns(jobs: Mapping[str, Callable[[], Callable[[], object]]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each job; every round times all, so that a busy moment hits all alike.

    A job prepares, untimed, and returns the call to time.
    """
    kept: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, prepare in jobs.items():
            kept[name].append(timed(prepare()))
    return {name: statistics.median(seconds) for name, seconds in kept.items()}


def timed(call: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


@contextmanager
def one_core() -> Iterator[bool]:
    """Keep this thread, and those it starts, on one core, where the system can; yield whether it does."""
    if not hasattr(os, "sched_setaffinity"):
        yield False
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield True
    finally:
        os.sched_setaffinity(0, before)
