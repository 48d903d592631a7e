"""Time TinyNet beside PyTorch, JAX, NumPy, scikit-learn and C.

Further sections measure the start of a process, memory, growth, and every form of training.

    python benchmarks/bench.py [--quick] [--only population,forms] [--json FILE]

Implementations that are compared must first give equal numbers. They are then timed in turns, in one process.
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
import forms
import growth
import populations
import processes
import recordings
from harness import FULL, QUICK, MissingError, Result, Scale, log
from limit import compiler
from tinynet.story import environment

OUT = Path(__file__).with_name("out")
SECTIONS: dict[str, Callable[[Scale], Result]] = {
    "population": populations.measure,
    "recording": recordings.measure,
    "classifier": classifier.measure,
    "cold": processes.cold_start,
    "memory": processes.memory,
    "growth": growth.measure,
    "forms": forms.measure,
}


def chosen(text: str) -> list[str]:
    """Return the chosen sections, for argparse."""
    names = text.split(",")
    for name in names:
        if name not in SECTIONS:
            raise argparse.ArgumentTypeError(
                f"section is {name!r}. It must be one of {', '.join(map(repr, SECTIONS))}."
            )
    return names


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="run all sections at a reduced size")
    parser.add_argument(
        "--only", type=chosen, default=list(SECTIONS), metavar="NAMES", help=",".join(SECTIONS)
    )
    parser.add_argument(
        "--json", type=Path, default=OUT / "bench.json", metavar="FILE", help="write the numbers to this file"
    )
    parser.add_argument(
        "--figure", type=Path, default=OUT / "bench.png", metavar="FILE", help="draw the growth in this file"
    )
    return parser.parse_args()


def describe_machine() -> dict[str, str]:
    """Return the versions and the processor that the numbers depend on."""
    try:
        lines = subprocess.run([compiler(), "--version"], capture_output=True, text=True).stdout.splitlines()
        c_compiler = lines[0] if lines else compiler()
    except MissingError as reason:
        c_compiler = str(reason)
    return environment.summary() | {
        "model": processor_name(),
        "JAX": package("jax"),
        "NumPy": package("numpy"),
        "scikit-learn": package("scikit-learn"),
        "C": c_compiler,
    }


def processor_name() -> str:
    """Return the name of the processor.

    If the name is unknown, return the architecture.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine()
    )


def package(name: str) -> str:
    """Return the installed version of a package."""
    try:
        return version(name) if find_spec(name) else "not installed"
    except PackageNotFoundError:
        return "not installed"


def show(console: Console, result: Result) -> None:
    """Print the result of a section."""
    table = Table(title=result.title, title_justify="left")
    for k, column in enumerate(result.columns):
        table.add_column(column, justify="right" if k else "left")
    for row in result.rows:
        table.add_row(*row)
    console.print(table)
    for note in result.notes:
        console.print(note, highlight=False, markup=False)
    console.print()


def main() -> None:
    """Measure the chosen sections and print the results.

    The numbers are also written to a file.
    """
    options = parse_arguments()
    scale, start = QUICK if options.quick else FULL, time.perf_counter()
    console = Console() if sys.stdout.isatty() else Console(width=110)
    found: dict[str, object] = {"machine": describe_machine(), "quick": options.quick}
    for name in options.only:
        log(f"--- {name}")
        result = SECTIONS[name](scale)
        show(console, result)
        found[name] = result.numbers
        if name == "growth":
            growth.draw(result, options.figure)
            console.print(f"The figure is in {os.path.relpath(options.figure)}.")
    found["seconds_in_all"] = time.perf_counter() - start
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(found, indent=1))
    console.print(f"The numbers are in {os.path.relpath(options.json)}.")


if __name__ == "__main__":
    main()
