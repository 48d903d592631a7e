"""Commands with one hostile value of an option or an argument.

`python tests/support/hostile_options.py 4000` runs 4,000 of these commands in a temporary folder.
"""

import inspect
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import numpy as np
import uvicorn
from typer.models import ArgumentInfo, OptionInfo

import tinynet as tn
from hostile_values import make_hostile_files
from run_cli import tinynet
from tinynet.cli import app
from tinynet.cli.options import flags_of_option

SECONDS = 60  # a command that takes longer hangs
SHORT = ["--epochs", "2"]
BASES = {  # a short command with valid values, in the order of its arguments
    "discover": ["--overwrite", "--chapter", "look", "--networks", "8", *SHORT],
    "nudge": [],
    "train": ["--overwrite", *SHORT],
    "explain": ["run.safetensors", "loss"],
    "stress": ["run.safetensors"],
    "predict": ["table.safetensors", "table.csv", "--overwrite"],
    "population": ["--overwrite", "--networks", "8", *SHORT],
    "sweep": ["--overwrite", "--networks", "8", *SHORT],
    "runbook": ["--overwrite", "--networks", "8"],
    "export": ["run.safetensors", "--out", "new.json", "--overwrite"],
    "worksheet": ["--overwrite"],
    "lab": ["--no-browser"],
    "doctor": [],
}
TEXTS = [
    "", " ", "0", "-1", "-0", "1_0", "٣", "1e400", "nan", "inf", "-inf", "9" * 400, "9" * 5000, "x" * 100_000, "1.5", "0x10", "+1",
    "--", "-", "-x", "1,2", "1,,2", "..", "1..2/3", "0..1/2", "1..1e300/2", "1..2/999999999", "true", "lines", "top", "a\nb", "\x1b[31m",
    "=cmd|' /C calc'!A0", "../../x", "%s%n", "{0}", "\udcff.csv", "\udcff.safetensors", "\ufffe", "none.csv", "none/none.csv",
    "run.safetensors", "table.csv", "table.safetensors", "1,2,3,4", "1,0,0,1", "adam", "softmax", "gray", "epochs",
]  # fmt: skip
ENDINGS = ["", ".csv", ".safetensors", ".png", ".svg", ".json", ".html"]


def prepare(folder):
    """Write the files of the commands and the hostile files. Return the hostile values."""
    table = Path(folder, "table.csv")
    table.write_text("x,y,label\n" + "".join(f"{k},{k % 3},{'ab'[k % 2]}\n" for k in range(12)))
    examples = tn.Examples.from_table(table)
    recipe = tn.Recipe(epochs=2)
    tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), recipe).save(Path(folder, "run.safetensors"))
    tn.train(tn.Network.initial((2, 3, 2), seed=0), examples, recipe).save(Path(folder, "table.safetensors"))
    paths = [Path(path) for path in make_hostile_files(Path(folder))]
    named = []
    for number, path in enumerate(paths):
        for ending in ENDINGS:
            link = Path(folder, f"link{number}{ending}")
            if ending:
                link.symlink_to(path)
            named.append(link.name if ending else os.path.relpath(path, folder))
    return TEXTS + named


def options():
    """Yield each command with the flags of an option; an argument has its position instead."""
    for command in app.registered_commands:
        position = 0
        for name, parameter in inspect.signature(command.callback).parameters.items():
            declared = next(iter(getattr(parameter.annotation, "__metadata__", ())), None)
            if isinstance(declared, ArgumentInfo):
                yield command.callback.__name__, position
                position += 1
            elif isinstance(declared, OptionInfo):
                yield command.callback.__name__, flags_of_option(command.callback, name)[0]


def commands(values, random, count=None):
    """Yield commands with one hostile value, in random order."""
    places = list(options())
    for pick in random.permutation(len(places) * len(values))[:count]:
        command, place = places[pick // len(values)]
        value, base = values[pick % len(values)], list(BASES[command])
        if isinstance(place, int):
            base[place : place + 1] = [value]
        else:
            base.append(f"{place}={value}")
        yield [command, *base]


def outcome(command):
    """Run a command in this process. Return its exit code, or the text of what a user must not see.

    Long parts are interrupted: the rungs of the runbook, and the server of the laboratory.
    """
    with ExitStack() as stack:
        for name in ("experiments.ladder.Ladder.standing", "story.learner.choose"):
            stack.enter_context(patch(f"tinynet.{name}", side_effect=KeyboardInterrupt))
        stack.enter_context(patch.object(uvicorn.Server, "run", lambda self, sockets: None))
        signal.signal(signal.SIGALRM, _hang)
        signal.alarm(SECONDS)
        try:
            done = tinynet(*command)
        except BaseException as error:
            return f"{type(error).__name__}: {str(error)[:200]}"
        finally:
            signal.alarm(0)
    lines = [line for line in done.stderr.splitlines() if line]
    if done.returncode == 2 and (len(lines) != 1 or not lines[0].startswith("tinynet: ") or done.stdout):
        return f"2 with {len(lines)} lines: {done.stderr[:300]}"
    return done.returncode if done.returncode in (0, 1, 2, 130) else f"exit code {done.returncode}"


def _hang(number, frame):
    raise TimeoutError(f"the command takes more than {SECONDS} seconds")


def main(count):
    """Run many commands. Print the outcomes."""
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    values = prepare(folder)
    kinds = {path: path.lstat().st_mode for path in Path(folder).iterdir()}
    counts, begun = Counter(), time.monotonic()
    for command in commands(values, np.random.default_rng(0), count):
        run = time.monotonic()
        found = outcome(command)
        counts[found if isinstance(found, int) else "bad"] += 1
        seconds = time.monotonic() - run
        if not isinstance(found, int) or seconds > 10:
            print(f"{' '.join(command)[:150]!r}: {found}, {seconds:.1f} s", flush=True)
    changed = [path for path, mode in kinds.items() if not path.is_symlink() and path.lstat().st_mode != mode]
    left = [path.name for path in Path(folder).rglob(".tinynet-*")]
    print(
        f"{sum(counts.values()):,} commands in {time.monotonic() - begun:.0f} s: {dict(counts)}; {changed=}; {left=}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
