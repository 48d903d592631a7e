"""A command that ends at a random moment leaves whole files, and no temporary file after the next run."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import ended_commands
import tinynet as tn
from run_cli import IN_A_PROCESS

SCRIPT = Path(ended_commands.__file__)
SIGNALS = ("KILL", "TERM", "INT")


def run(*arguments):
    paths = {"PYTHONPATH": os.pathsep.join([str(SCRIPT.parent), *sys.path])}
    command = [sys.executable, SCRIPT, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | paths)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("kind", SIGNALS)
def test_files_are_whole_after_a_random_end(kind):
    printed = run(kind, "4", "train", "predict", "export", "discover", "sweep")
    assert re.findall(r"^(\w+): .*\"equal next runs\": 1", printed, re.M) == [
        "train",
        "predict",
        "export",
        "discover",
        "sweep",
    ]


def test_ctrl_c_during_the_imports_is_one_line():
    """Send the signal before the commands are imported: the module of the commands is not found until then."""
    code = (
        "import signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'tinynet.cli': signal.raise_signal(signal.{})\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from tinynet.__main__ import start\n"
        "start()\n"
    )
    for name, line, exit_code in (("SIGINT", "interrupted", 130), ("SIGTERM", "terminated", 143)):
        done = subprocess.run([sys.executable, "-c", code.format(name)], capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (exit_code, "", f"tinynet: {line}\n")


@pytest.mark.parametrize(
    ("name", "line", "exit_code"), [("SIGINT", "interrupted", 130), ("SIGTERM", "terminated", 143)]
)
def test_a_signal_while_an_import_makes_a_class_is_one_line(name, line, exit_code, tmp_path):
    code = (
        "import signal, sys\n"
        "from tinynet import plots\n"
        "from tinynet.__main__ import start\n"
        "class Part:\n"
        "    def __set_name__(self, owner, name):\n"
        f"        signal.raise_signal(signal.{name})\n"
        "def save(*arguments):\n"
        "    class Imported:\n"
        "        part = Part()\n"
        "plots.save = save\n"
        "sys.argv = ['tinynet', 'train', '--epochs', '2', '--figure', 'loss.svg']\n"
        "start()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (exit_code, "", f"tinynet: {line}\n")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_while_a_recording_is_saved_ends_the_command(name, tmp_path):
    """After Ctrl-C, the file is finished first. After SIGTERM, no file is written."""
    code = (
        "import signal, sys\n"
        "from tinynet import files\n"
        "from tinynet.__main__ import start\n"
        "remove_leftovers = files.remove_leftovers\n"
        "def interrupted(folder):\n"
        f"    signal.raise_signal(signal.{name})\n"
        "    remove_leftovers(folder)\n"
        "files.remove_leftovers = interrupted\n"
        "sys.argv = ['tinynet', 'train', '--epochs', '2', '--out', 'run.safetensors']\n"
        "start()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    line, exit_code = {"SIGINT": ("interrupted", 130), "SIGTERM": ("terminated", 143)}[name]
    assert (done.returncode, done.stdout, done.stderr) == (exit_code, "", f"tinynet: {line}\n")
    files = [path.name for path in tmp_path.iterdir()]
    assert files == (["run.safetensors"] if name == "SIGINT" else [])
    if files:
        assert tn.load(tmp_path / "run.safetensors").epochs == 2


@pytest.mark.skipif(sys.platform != "linux", reason="the file system /proc is Linux's")
def test_sigterm_ends_a_training_with_its_exit_code(tmp_path):
    command = [*IN_A_PROCESS, "train", "--epochs", "10000000", "--out", "run.safetensors"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    handled = False
    while not handled:  # until the imports are done and the command handles the signal
        status = Path(f"/proc/{process.pid}/status").read_text()
        handled = bool(int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16) >> 14 & 1)
        time.sleep(0.01)
    process.terminate()
    _, error = process.communicate(timeout=120)
    assert (process.returncode, error) == (143, "tinynet: terminated\n")
    assert not list(tmp_path.iterdir())
