"""Check that the examples in docs/paper.md print the shown output."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

TEXT = (Path(__file__).parents[2] / "docs" / "paper.md").read_text()


@pytest.mark.slow
def test_the_code_in_paper_md_prints_the_shown_output(tmp_path, monkeypatch):
    from tinynet.exports import film

    monkeypatch.setattr(
        film, "frame_steps", lambda run, frames: [0, run.steps]
    )  # a short film keeps the test fast
    monkeypatch.chdir(tmp_path)
    out, namespace = StringIO(), {}
    with redirect_stdout(out):
        for code in re.findall(r"```python\n(.*?)```", TEXT, re.S):
            exec(code, namespace)
    assert out.getvalue() == "".join(re.findall(r"prints\n\n```\n(.*?)```", TEXT, re.S))
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {
        *(f"{kind}.{form}" for kind in ("questions", "solutions", "key") for form in ("pdf", "html")),
        "step.xlsx", "epoch.xlsx", "training.gif", "map.svg", "chain_rule.tex",
    }  # fmt: skip
