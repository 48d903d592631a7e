"""The growth of time with networks, epochs and hidden nodes, as a table and a figure."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import tinynet as tn
from harness import Result, Scale, format_number, log, timed

NETWORKS = 4096  # if epochs or hidden nodes grow
NEEDED_BYTES = 4e9  # of free memory, for ten million networks
Points = list[tuple[int, float]]  # (number, seconds)


def free_memory() -> float:
    """Return the free memory in bytes, or infinity if it is unknown."""
    try:
        with Path("/proc/meminfo").open() as lines:
            return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return float("inf")


def trainings(quick: bool) -> dict[str, list[tuple[int, Callable[[], Any]]]]:
    """Return the values of each growing number, with their trainings."""
    exponent = 5 if quick else 7 if free_memory() > NEEDED_BYTES else 6
    return {
        "networks": [(n, partial(tn.population, tn.Recipe(), n)) for n in powers(10, exponent)],
        "epochs": [
            (n, partial(tn.population, tn.Recipe(epochs=n), NETWORKS)) for n in powers(10, 3 if quick else 4)
        ],
        "hidden nodes": [
            (n, partial(tn.population, tn.Recipe(), NETWORKS, architecture=tn.Architecture((4, n, 2))))
            for n in powers(2, 3 if quick else 6)
        ],
    }


def powers(base: int, exponent: int) -> list[int]:
    """Return the powers of a number, up to an exponent.

    >>> powers(2, 3)
    [1, 2, 4, 8]
    """
    return [base**k for k in range(exponent + 1)]


def seconds_of(call: Callable[[], object]) -> float:
    """Return the shortest time of three calls.

    An earlier call is not timed, because it may compile.

    A call of more than 5 seconds is made only once.
    """
    first = timed(call)
    if first > 5:
        return first
    return min(timed(call) for _ in range(3))


def measure(scale: Scale) -> Result:
    """Time each training, on all cores."""
    result = Result(
        f"Growth: seconds on {os.cpu_count()} cores",
        ("number of", "value", "seconds", "times the row before"),
    )
    for what, cases in trainings(scale.quick).items():
        points: Points = []
        for number, call in cases:
            log(f"growth: {number:,} {what}")
            points.append((number, seconds_of(call)))
            grown = f"{points[-1][1] / points[-2][1]:.2f}" if len(points) > 1 else "-"
            result.rows.append((what, f"{number:,}", format_number(points[-1][1]), grown))
        result.numbers[f"seconds_by_{what.replace(' ', '_')}"] = {str(n): s for n, s in points}
    result.notes.append(
        f"Epochs and hidden nodes grow with {NETWORKS:,} networks. There are {len(tn.pictures.lines())} pictures."
    )
    if free_memory() <= NEEDED_BYTES:
        result.notes.append("Ten million networks were left out: less than 4 GB of memory are free.")
    return result


def draw(result: Result, path: Path) -> None:
    """Draw the points in three panels with logarithmic axes.

    A dotted line shows proportional growth.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4), layout="constrained")
    panels = figure.subplots(1, len(result.numbers))
    for ax, (key, points) in zip(panels, result.numbers.items(), strict=True):
        numbers, seconds = [int(n) for n in points], list(points.values())
        ax.loglog(numbers, seconds, "o-", color="#2b5d8a")
        ax.loglog(numbers, [seconds[-1] * n / numbers[-1] for n in numbers], ":", color="#999999")
        ax.set_xlabel(key.removeprefix("seconds_by_").replace("_", " "))
        ax.grid(alpha=0.3)
    panels[0].set_ylabel("seconds (dotted: proportional)")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
