"""The training that all implementations run, the check of their results, and the timing."""

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

# The training: 4-3-2, sigmoid, mean squared error, one picture per step in fixed order.
ARCHITECTURE, LINES = tn.Architecture((4, 3, 2)), tn.pictures.lines()
RECIPE = tn.Recipe(learning_rate=0.1, epochs=100)
RATE, EPOCHS = RECIPE.learning_rate, RECIPE.epochs
assert LINES.targets is not None
INPUTS, TARGETS = LINES.inputs.astype(np.float32), LINES.targets.astype(np.float32)  # (4, 4), (4, 2)
PARAMETERS = ARCHITECTURE.parameter_count  # 23: weights (3, 4), biases (3,), weights (2, 3), biases (2,)

TOLERANCE, CHECKED = 1e-4, 16  # of the parameters of an implementation, and the number of networks to check


class MissingError(Exception):
    """A package or compiler that an implementation needs is missing."""


class Implementation(NamedTuple):
    """An implementation of the training.

    prepare : returns the initial state of a number of networks, before each training. The call is not timed.
    train : trains a state, in place or not. The call is timed.
    parameters : returns the trained parameters (n, 23) of the result of `train`.
    sizes : numbers of networks to train at once. The size with the shortest time per network is used.
    """

    name: str
    prepare: Callable[[int], Any]
    train: Callable[[Any], Any]
    parameters: Callable[[Any], np.ndarray]
    sizes: tuple[int, ...]


class Scale(NamedTuple):
    """The amount of measurement."""

    quick: bool
    rounds: int
    seconds: float  # of one timed call, approximately


FULL, QUICK = Scale(False, 7, 0.2), Scale(True, 3, 0.05)


@dataclass
class Result:
    """The table of a section, and its numbers by name.

    The names have units.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)


def format_number(number: float) -> str:
    """Return a number as text for a table.

    Numbers below 100 have three digits. Other numbers have no decimals.

    >>> format_number(40123.4), format_number(0.4567)
    ('40,123', '0.457')
    """
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def log(text: str) -> None:
    """Print a line on stderr."""
    print(text, file=sys.stderr, flush=True)


def cohort(networks: int) -> Cohort:
    """Return the untrained networks of the seeds 0, 1, 2, …"""
    return Cohort(TrainingJob.of(ARCHITECTURE, RECIPE, LINES), np.arange(networks))


def initial_parameters(networks: int) -> np.ndarray:
    """Return the initial parameters of the first seeds. -> (n, 23) float32"""
    return cohort(networks).parameters()


def check(implementations: list[Implementation]) -> tuple[dict[str, float], dict[str, str]]:
    """Train equal networks by every implementation, and compare the results.

    Stops the program if an implementation gives other numbers than the first.

    Returns the seconds of each first call, and the reasons why implementations are missing, by name.
    """
    seconds, missing = {}, {}
    expected = None
    for implementation in implementations:
        log(f"checking {implementation.name}")
        start = time.perf_counter()
        try:
            trained = implementation.train(implementation.prepare(CHECKED))
            found = implementation.parameters(trained)[:CHECKED]
        except MissingError as reason:
            missing[implementation.name] = str(reason)
            continue
        seconds[implementation.name] = time.perf_counter() - start
        expected = found if expected is None else expected
        worst = float(np.abs(found - expected).max())
        if not worst <= TOLERANCE:
            sys.exit(
                f"{implementation.name} differs from {implementations[0].name} by {worst:.2g}. "
                f"At most {TOLERANCE:g} is allowed. Nothing was timed."
            )
    return seconds, missing


def time_in_turns(jobs: Mapping[str, Callable[[], Callable[[], object]]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each job.

    Every round times all jobs, so that a busy moment of the machine affects all of them. A job prepares its
    input and returns the call to time.
    """
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, prepare in jobs.items():
            times[name].append(timed(prepare()))
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def timed(call: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@contextmanager
def one_core() -> Iterator[bool]:
    """Restrict this thread and its child threads to one core.

    Yield whether the system supports this.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield False
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield True
    finally:
        os.sched_setaffinity(0, before)
