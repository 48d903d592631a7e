"""Commands that are ended at random moments, and what they leave.

`python tests/support/ended_commands.py KILL 200` ends each command that writes 200 times with SIGKILL; TERM and INT work,
too. `python tests/support/ended_commands.py START 100` ends new Python processes with SIGINT at any moment, also during
their imports.
"""

import importlib
import json
import os
import pkgutil
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import numpy as np

from run_cli import IN_A_PROCESS
from tinynet import __main__

OLD = b"an old file"
CODES = {signal.SIGKILL: -signal.SIGKILL, signal.SIGTERM: 143, signal.SIGINT: 130}
TRAIN = ["train", "--epochs", "300", "--out", "run.safetensors", "--figure", "loss.svg", "--overwrite"]
COMMANDS = {
    "train": TRAIN,
    "predict": ["predict", "../table.safetensors", "../table.csv", "--out", "new.csv", "--overwrite"],
    "population": ["population", "--networks", "64", "--out", "margins.svg", "--overwrite"],
    "export": ["export", "../run.safetensors", "--out", "a.json", "--out", "a.svg", "--out", "a.html", "--overwrite"],
    "worksheet": ["worksheet", "--students", "3", "--out", ".", "--overwrite"],
    "discover": ["discover", "--chapter", "nudge", "--networks", "8", "--out", ".", "--overwrite"],
    "sweep": ["sweep", "--rate", "0.1,1,5,9", "--hidden", "3,4", "--networks", "256", "--out", "."],
    "runbook": ["runbook", "--quick", "--networks", "64", "--out", "."],
}  # fmt: skip
CONTINUED = ("sweep", "runbook")  # commands that continue their work in the folder


def prepare(folder):
    """Write the files that the commands read."""
    import tinynet as tn

    rows = "".join(f"{k % 7},{k % 5},{'ab'[k % 2]}\n" for k in range(500))
    (folder / "table.csv").write_text("x,y,label\n" + rows)
    recipe = tn.Recipe(epochs=2)
    tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), recipe).save(folder / "run.safetensors")
    examples = tn.Examples.from_table(folder / "table.csv")
    tn.train(tn.Network.initial((2, 3, 2), seed=0), examples, recipe).save(folder / "table.safetensors")


def import_all():
    """Import what the commands import, so that the forks begin with their work."""
    import tinynet

    others = (
        "matplotlib.backends.backend_svg",
        "matplotlib.backends.backend_agg",
        "pyarrow.parquet",
        "filelock",
        "fpdf",
    )
    for name in (*others, "rich.progress", "jinja2"):
        importlib.import_module(name)
    for module in pkgutil.walk_packages(tinynet.__path__, "tinynet."):
        if not any(word in module.name for word in ("torch", "sklearn", "widget", "__main__")):
            importlib.import_module(module.name)


def forked(arguments, folder):
    """Run a command in a fork of this process, which has imported the command. Return the process number."""
    signals = set(__main__.LINES)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # until the fork handles them as the command does
    process = os.fork()
    if process:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        return process
    code = 1
    try:
        os.chdir(folder)
        output = os.open("../stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.argv = ["tinynet", *arguments]
        for number in signals:
            signal.signal(number, __main__._exit_at_once)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        __main__.start()
        code = 0
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def ended(arguments, folder, number, seconds):
    """Run a command and end it with a signal after some seconds.

    Return its exit code, 0 if it was faster, and whether the signal was sent before it ended.
    """
    process = forked(arguments, folder)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status), False
        time.sleep(0.002)
    os.kill(process, number)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), True


def content(folder):
    """Return the files of a folder by name, without the lock and without temporary files."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock" and not path.name.startswith(".tinynet-")
    }


def leftovers(folder):
    return [path.name for path in folder.rglob(".tinynet-*")]


def end_many(name, number, times, random):
    """End a command many times. Return counts of what was found.

    Raises AssertionError for a file that is neither old nor new, for a leftover after the next run, and for another
    result of a continued command.
    """
    root = Path(tempfile.mkdtemp())
    prepare(root)
    arguments, folder, counts = COMMANDS[name], root / "out", Counter()
    folder.mkdir()
    begun = time.monotonic()
    assert os.waitstatus_to_exitcode(os.waitpid(forked(arguments, folder), 0)[1]) == 0, (
        root / "stderr"
    ).read_text()
    seconds, new = time.monotonic() - begun, content(folder)
    for k in range(times):
        if name not in CONTINUED or counts["complete"] == k:
            shutil.rmtree(folder)
            folder.mkdir()
            if k % 2 and name not in CONTINUED:
                for path in new:
                    (folder / path).write_bytes(OLD)
        code, sent = ended(arguments, folder, number, random.uniform(0, min(1.1 * seconds, 6)))
        assert code in (0, CODES[number]), (code, (root / "stderr").read_text())
        counts["ended" if code else "complete"] += 1
        counts["complete after the signal"] += sent and not code  # the process was ending
        check(folder, new, name, counts)
        if number != signal.SIGKILL:
            assert not leftovers(folder)
            printed = (root / "stderr").read_text()
            assert len(printed.splitlines()) == (code != 0) or name in CONTINUED, (code, printed)
        if name in CONTINUED and not code:
            assert "damaged" not in (root / "stderr").read_text()
            assert content(folder) == new
            counts["equal results"] += 1
            shutil.rmtree(folder)
            folder.mkdir()
        if k % 20 == 19 or k == times - 1:  # the next run
            assert os.waitstatus_to_exitcode(os.waitpid(forked(arguments, folder), 0)[1]) == 0
            assert not leftovers(folder)
            assert content(folder) == new
            counts["equal next runs"] += 1
    shutil.rmtree(root)
    return dict(counts) | {"seconds of a run": round(seconds, 2)}


def check(folder, new, name, counts):
    """Check that each file is missing, old or new."""
    counts["leftovers"] += len(leftovers(folder))
    for path, data in content(folder).items():
        if name in CONTINUED and path not in new:
            raise AssertionError(f"{path} is not a file of a complete run")
        if name in CONTINUED and path in ("trials.parquet", "probes.parquet", "sweep.json"):
            continue  # the tables of an interrupted sweep have fewer networks
        assert data in (OLD, new[path]), f"{path} is neither old nor new"
        counts["old files" if data == OLD else "new files"] += 1


def end_starting(times, random):
    """End new processes with Ctrl-C at any moment, also while Python imports. Return counts of the outcomes."""
    counts = Counter()
    for k in range(times):
        command = [*IN_A_PROCESS, "train", "--epochs", "10000000"]
        if k % 2:  # the console script
            command = [sys.executable, "-c", "from tinynet.__main__ import start; start()", *command[3:]]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        seconds = random.uniform(0, 3)
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        try:
            _, error = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            _, error = process.communicate()
        lines = error.splitlines()
        found = (
            "130, one line"
            if (process.returncode, len(lines)) == (130, 1)
            else f"{process.returncode}: {error[-200:]}"
        )
        counts[found] += 1
        if found != "130, one line":
            print(f"after {seconds:.3f} s: {process.returncode}, {len(lines)} lines", flush=True)
    return dict(counts)


def main(kind, times):
    random = np.random.default_rng(0)
    if kind == "START":
        print(json.dumps(end_starting(times, random), indent=1))
        return
    import_all()
    for name in sys.argv[3:] or COMMANDS:
        begun = time.monotonic()
        counts = end_many(name, signal.Signals[f"SIG{kind}"], times, random)
        print(f"{name}: {json.dumps(counts)}, {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
