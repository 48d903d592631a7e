"""Time TinyNet: beside PyTorch, JAX, NumPy, scikit-learn and the limit in C, at its start, in memory, as it grows, in every form.

    python benchmarks/bench.py [--quick] [--only population,forms] [--json FILE]

Where sides are compared, they give the same numbers first, and then are timed in turns in this one process.
TINYNET_TARGET=x86-64-v3 and XLA_FLAGS=--xla_cpu_max_isa=AVX2 compile TinyNet, C and JAX for a processor with AVX2.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.table import Table

import classifier
import crowds
import forms
import growth
import processes
import recordings
from contest import FULL, QUICK, MissingError, Result, Scale, say
from limit import compiler
from tinynet.story import environment

OUT = Path(__file__).with_name("out")
SECTIONS: dict[str, Callable[[Scale], Result]] = {
    "population": crowds.measure,
    "recording": recordings.measure,
    "classifier": classifier.measure,
    "cold": processes.cold_start,
    "memory": processes.memory,
    "growth": growth.measure,
    "forms": forms.measure,
}


def chosen(text: str) -> list[str]:
    """Return the sections that were asked for."""
    names = text.split(",")
    for name in names:
        if name not in SECTIONS:
            raise argparse.ArgumentTypeError(f"there is no section {name!r}; there are {', '.join(SECTIONS)}")
    return names


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="everything, at a reduced size")
    parser.add_argument(
        "--only", type=chosen, default=list(SECTIONS), metavar="NAMES", help=",".join(SECTIONS)
    )
    parser.add_argument(
        "--json", type=Path, default=OUT / "bench.json", metavar="FILE", help="where the numbers go"
    )
    parser.add_argument(
        "--figure", type=Path, default=OUT / "bench.png", metavar="FILE", help="where growth is drawn"
    )
    return parser.parse_args()


def described() -> dict[str, str]:
    """Return what the numbers depend on."""
    try:
        said = subprocess.run([compiler(), "--version"], capture_output=True, text=True).stdout.splitlines()
        compiles = said[0] if said else compiler()
    except MissingError as reason:
        compiles = str(reason)
    return environment.summary() | {
        "model": model(),
        "JAX": package("jax"),
        "NumPy": package("numpy"),
        "scikit-learn": package("scikit-learn"),
        "C": compiles,
    }


def model() -> str:
    """Return the processor's own name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine()
    )


def package(name: str) -> str:
    """Return an installed version."""
    try:
        return version(name) if find_spec(name) else "not installed"
    except PackageNotFoundError:
        return "not installed"


def show(console: Console, result: Result) -> None:
    """Print a section."""
    table = Table(title=result.title, title_justify="left")
    for k, column in enumerate(result.columns):
        table.add_column(column, justify="right" if k else "left")
    for row in result.rows:
        table.add_row(*row)
    console.print(table)
    for note in result.notes:
        console.print(note, highlight=False)
    console.print()


def main() -> None:
    """Measure the sections, print them, and keep their numbers."""
    asked = arguments()
    scale, began = QUICK if asked.quick else FULL, time.perf_counter()
    console = Console() if sys.stdout.isatty() else Console(width=110)
    found: dict[str, object] = {"machine": described(), "quick": asked.quick}
    for name in asked.only:
        say(f"--- {name}")
        result = SECTIONS[name](scale)
        show(console, result)
        found[name] = result.numbers
        if name == "growth":
            growth.draw(result, asked.figure)
            console.print(f"Drawn in {os.path.relpath(asked.figure)}.")
    found["seconds_in_all"] = time.perf_counter() - began
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(found, indent=1))
    console.print(f"The numbers are in {os.path.relpath(asked.json)}.")


if __name__ == "__main__":
    main()
