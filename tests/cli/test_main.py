"""Test that `python -m tinynet` runs the command `tinynet`."""

import subprocess

import pytest

from run_cli import IN_A_PROCESS, tinynet


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["nudge", "--seed", "4", "--json"], 0), (["nudge", "--seed", "-1"], 2)],
    ids=["result", "error"],
)
def test_python_m_tinynet_runs_the_command(arguments, code, tmp_path):
    done = subprocess.run([*IN_A_PROCESS, *arguments], capture_output=True, text=True, cwd=tmp_path)
    expected = tinynet(*arguments)
    assert (done.returncode, expected.returncode) == (code, code)
    assert (done.stdout, done.stderr) == (expected.stdout, expected.stderr)
