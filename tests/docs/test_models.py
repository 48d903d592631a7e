"""Check that the examples in docs/models.md print the shown output."""

import re
import shutil
import subprocess
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

ALL = (Path(__file__).parents[2] / "docs" / "models.md").read_text()
TEXT, TABLES = ALL.split("## Networks of tables")


@pytest.mark.torch
@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_the_code_in_models_md_prints_the_shown_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inout, code = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    printed, (command, shown) = (
        re.search(r"prints\n\n```\n(.*?)```", TEXT, re.S)[1],
        re.search(r"```\n\$ (cc.*?)\n(.*?)```", TEXT, re.S).groups(),
    )
    out, space = StringIO(), {}
    with redirect_stdout(out):
        exec(inout, space)
    assert out.getvalue() == printed
    exec(code, space)
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout == shown


def test_the_model_of_a_table_prints_the_shown_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, printed = re.search(r"```python\n(.*?)```\n\nprints\n\n```\n(.*?)```", TABLES, re.S).groups()
    out = StringIO()
    with redirect_stdout(out):
        exec(code, {})
    assert out.getvalue() == printed
