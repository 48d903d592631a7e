"""A hostile value of an option is refused on one line with exit code 2, or has a result."""

import os
from pathlib import Path

import numpy as np
import pytest

import hostile_options
from run_cli import tinynet
from tinynet.cli import app

COUNT = int(os.environ.get("TINYNET_FUZZ", 300))  # commands


@pytest.fixture
def values(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return hostile_options.prepare(tmp_path)


def test_every_command_has_a_short_form(values):
    assert set(hostile_options.BASES) == {command.callback.__name__ for command in app.registered_commands}
    for command, base in hostile_options.BASES.items():
        assert hostile_options.outcome([command, *base]) in (0, 130), command


def test_hostile_values_of_options_are_refused_on_one_line(values, tmp_path):
    before = {path: path.lstat().st_mode for path in tmp_path.iterdir()}
    refused = 0
    for command in hostile_options.commands(values, np.random.default_rng(0), COUNT):
        found = hostile_options.outcome(command)
        assert found in (0, 1, 2, 130), command
        refused += found == 2
    assert refused > 0.6 * COUNT
    assert {path: path.lstat().st_mode for path in before} == before  # no link or pipe is replaced
    assert not list(tmp_path.rglob(".tinynet-*"))


@pytest.mark.parametrize("text", ["1_0", "٣", "-0", " 3", "1.0", "", "0x1"])
def test_whole_numbers_have_one_form(text):
    done = tinynet("nudge", f"--seed={text}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"tinynet: --seed is {text!r}. It must be a whole number.\n"


@pytest.mark.parametrize("text", ["1_0", "٣", "-0", "-0.0", "nan", "inf", "1e400", "0x1", "."])
def test_numbers_have_one_form(text):
    done = tinynet("nudge", f"--rate={text}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"tinynet: --rate is {text!r}. It must be a number.\n"
    assert "must be" in tinynet("sweep", f"--rate=0.1,{text}", "--dry-run").stderr


@pytest.mark.parametrize("text", ["1", "1.", ".5", "1e-3", "+2", "1E2", "007"])
def test_numbers_in_usual_forms_are_read(text):
    assert tinynet("nudge", f"--rate={text}").returncode == 0


def test_a_number_of_thousands_of_digits_is_shortened():
    done = tinynet("train", "--epochs", "9" * 5000)
    assert done.stderr == "tinynet: --epochs is 1e+4000. It must be a whole number from 1 to 10,000,000.\n"


def test_an_error_is_one_line_without_control_characters():
    done = tinynet("explain", "a\nb\x1b[31m.safetensors", "loss")
    assert (
        done.stderr
        == "tinynet: cannot read a\\nb\\x1b[31m.safetensors: No such file or directory. Check the path.\n"
    )


def test_a_name_that_is_not_utf8_is_written_and_printed(tmp_path):
    name = os.fsdecode(b"caf\xe9.safetensors")
    done = tinynet("train", "--epochs", "1", "--out", name, cwd=tmp_path)
    assert done.returncode == 0
    assert [path.name for path in Path(tmp_path).iterdir()] == [name]
