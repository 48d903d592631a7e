"""Read damaged and hostile files, in other processes, and count what happens.

`python tests/support/mutants.py 10000` tries 10,000 mutants of each file, and prints a table. A mutant is a file with
one to three changes. Its number decides the changes. `python tests/support/mutants.py show NAME NUMBER` reads one
mutant again in this process and shows its traceback.

Outcomes:
refused : the reader raised TinyNetError, or computes the results again.
same : the reader gave what it gives for the original file.
other : the reader gave something else that is valid.
raw : the reader, or the replay of the recording, raised another exception.
crash : the process died.
"""

import json
import random
import subprocess
import sys
import traceback
import warnings
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np

from mutant_readers import READERS

FOLDER = str(Path(__file__).parent)
OUTCOMES = ("refused", "same", "other", "raw", "crash")


def mutant(name, number):
    """Return an original file and its mutant."""
    choose, change, _ = READERS[name]
    rng = random.Random(f"{name} {number}")
    data = choose(rng)
    try:
        return data, change(rng, data)
    except (RecursionError, OverflowError):  # the changed values cannot be written
        return data, data[: len(data) // 2]


def outcome(name, number):
    """Read one mutant. Return the outcome, and the error of a raw exception."""
    from tinynet.errors import TinyNetError

    data, changed = mutant(name, number)
    try:
        found = READERS[name][2](changed)
    except TinyNetError:
        return "refused", ""
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return "raw", f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"[:300]
    return ("same" if found == expected(name, data) else "other"), ""


@cache
def expected(name, data):
    """Return what the reader gives for the original file."""
    return READERS[name][2](data)


def work(first, mutants, names):
    """Read the mutants of each file, from the mutant `first` of all. Print a line before and after each."""
    warnings.simplefilter("ignore")
    for place in range(first, mutants * len(names)):
        print(json.dumps([place]), flush=True)
        with np.errstate(all="ignore"):
            print(json.dumps([place, *outcome(names[place // mutants], place % mutants)]), flush=True)


def count(mutants, names=tuple(READERS)):
    """Read mutants in another process, and in a new process after each crash.

    Return the outcomes of each file, and a line for each raw exception and crash.
    """
    found, faults, first = {name: Counter() for name in names}, [], 0
    while first < mutants * len(names):
        command = [sys.executable, __file__, "work", str(first), str(mutants), *names]
        ended = subprocess.run(command, capture_output=True, text=True)
        lines = [json.loads(line) for line in ended.stdout.splitlines()]
        for place, *result in lines:
            if result:
                found[names[place // mutants]][result[0]] += 1
                faults += [f"{names[place // mutants]} {place % mutants}: {result[1]}"] * (result[0] == "raw")
        if ended.returncode == 0:
            break
        if not lines or len(lines[-1]) > 1:
            raise RuntimeError(f"the process ended with code {ended.returncode}: {ended.stderr[-2000:]}")
        (place,) = lines[-1]
        found[names[place // mutants]]["crash"] += 1
        faults.append(f"{names[place // mutants]} {place % mutants}: crash with code {ended.returncode}")
        first = place + 1
    return found, faults


def main(mutants, names):
    print(f"| {mutants:,} mutants of | " + " | ".join(OUTCOMES) + " |\n|" + " --- |" * (len(OUTCOMES) + 1))
    for name in names:
        found, faults = count(mutants, (name,))
        print(f"| {name} | " + " | ".join(f"{found[name][each]:,}" for each in OUTCOMES) + " |", flush=True)
        for fault in faults[:20]:
            print("   ", fault, file=sys.stderr)


if __name__ == "__main__":
    if sys.argv[1] == "work":
        work(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    elif sys.argv[1] == "show":
        print(READERS[sys.argv[2]][2](mutant(sys.argv[2], int(sys.argv[3]))[1]))
    else:
        main(int(sys.argv[1]), sys.argv[2:] or READERS)
