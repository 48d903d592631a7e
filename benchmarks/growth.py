"""How time grows with the networks, the epochs and the hidden nodes: a table, and a figure on logarithmic axes."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import tinynet as tn
from contest import Result, Scale, plain, say, timed

NETWORKS = 4096  # where another number grows
NEEDED = 4e9  # bytes that must be free for ten million networks
Points = list[tuple[int, float]]  # (number, seconds)


def free_memory() -> float:
    """Return the bytes that are free, or infinity where the system does not tell."""
    try:
        with Path("/proc/meminfo").open() as lines:
            return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return float("inf")


def trainings(quick: bool) -> dict[str, list[tuple[int, Callable[[], Any]]]]:
    """Return what is timed: for each number that grows, its values and their trainings."""
    most = 5 if quick else 7 if free_memory() > NEEDED else 6
    return {
        "networks": [(n, partial(tn.population, tn.Recipe(), n)) for n in powers(10, most)],
        "epochs": [
            (n, partial(tn.population, tn.Recipe(epochs=n), NETWORKS)) for n in powers(10, 3 if quick else 4)
        ],
        "hidden nodes": [
            (n, partial(tn.population, tn.Recipe(), NETWORKS, architecture=tn.Architecture((4, n, 2))))
            for n in powers(2, 3 if quick else 6)
        ],
    }


def powers(base: int, most: int) -> list[int]:
    """Return the powers of a number.

    >>> powers(2, 3)
    [1, 2, 4, 8]
    """
    return [base**k for k in range(most + 1)]


def seconds_of(call: Callable[[], object]) -> float:
    """Return the least seconds of a few calls, the first, which may compile, left out; a long call is made once."""
    first = timed(call)
    if first > 5:
        return first
    return min(timed(call) for _ in range(3))


def measure(scale: Scale) -> Result:
    """Time each training, on all cores."""
    result = Result(
        f"Growth: seconds on {os.cpu_count()} cores", ("what grows", "to", "seconds", "times the one before")
    )
    for what, asked in trainings(scale.quick).items():
        points: Points = []
        for number, call in asked:
            say(f"growth: {number:,} {what}")
            points.append((number, seconds_of(call)))
            grown = f"{points[-1][1] / points[-2][1]:.2f}" if len(points) > 1 else "-"
            result.rows.append((what, f"{number:,}", plain(points[-1][1]), grown))
        result.numbers[f"seconds_by_{what.replace(' ', '_')}"] = {str(n): s for n, s in points}
    result.notes.append(
        f"Epochs and hidden nodes grow for {NETWORKS:,} networks; {len(tn.pictures.lines())} pictures."
    )
    if free_memory() <= NEEDED:
        result.notes.append("Ten million networks are left out: less than 4 GB are free.")
    return result


def draw(result: Result, path: Path) -> None:
    """Draw the points, three panels with logarithmic axes, and the line of times that grow in proportion."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4), layout="constrained")
    panels = figure.subplots(1, len(result.numbers))
    for ax, (key, points) in zip(panels, result.numbers.items(), strict=True):
        numbers, seconds = [int(n) for n in points], list(points.values())
        ax.loglog(numbers, seconds, "o-", color="#2b5d8a")
        ax.loglog(numbers, [seconds[-1] * n / numbers[-1] for n in numbers], ":", color="#999999")
        ax.set_xlabel(key.removeprefix("seconds_by_").replace("_", " "))
        ax.grid(alpha=0.3)
    panels[0].set_ylabel("seconds (dotted: in proportion)")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
