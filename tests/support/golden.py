"""Read and write golden files: numbers that Python and the page compute, to the last bit."""

import json
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "golden"


def read(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


def write(name, numbers):
    (FOLDER / f"{name}.json").write_text(json.dumps(numbers, separators=(",", ":")) + "\n")
