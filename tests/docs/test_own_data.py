"""Check that the examples in docs/own_data.md print the shown output."""

import os
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from run_cli import tinynet

TEXT = (Path(__file__).parents[2] / "docs" / "own_data.md").read_text()
MAKE, *LIBRARY = re.findall(r"```python\n(.*?)```", TEXT, re.S)
PRINTED = re.findall(r"prints\n\n```\n(.*?)```", TEXT, re.S)
SESSIONS = re.findall(r"```\n\$ tinynet ((?:[^\n]*\\\n)*[^\n]*)\n(.*?)```", TEXT, re.S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder, before = tmp_path_factory.mktemp("own"), Path.cwd()
    os.chdir(folder)
    exec(MAKE, {})
    os.chdir(before)
    return folder


@pytest.mark.slow
def test_every_session_in_own_data_md_prints_the_shown_output(folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert len(SESSIONS) == 3
    for command, printed in SESSIONS:
        done = tinynet(*command.replace("\\\n", " ").split(), cwd=folder)
        assert done.stderr == ""
        assert [line.rstrip() for line in done.stdout.splitlines()] == printed.splitlines()


def test_the_code_in_own_data_md_prints_the_shown_output(folder, monkeypatch):
    monkeypatch.chdir(folder)
    names = {}
    assert len(LIBRARY) == len(PRINTED) == 2
    for code, printed in zip(LIBRARY, PRINTED, strict=True):
        out = StringIO()
        with redirect_stdout(out):
            exec(code, names)
        assert out.getvalue() == printed


def test_networks_learn_both_tables_of_the_document():
    shares = re.findall(r"(\d+) of (\d+) held-out predictions are correct", TEXT)
    assert len(shares) == 3
    assert all(int(right) / int(total) >= 0.93 for right, total in shares)
