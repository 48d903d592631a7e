"""Each notebook runs from top to bottom, and is stored without outputs."""

from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
SAYS = {  # and how many figures each has at least
    "discovery.ipynb": (["bit for bit: True", "of 1,000 networks"], 8),
    "trainer_runbook.ipynb": (
        [
            "PyTorch's 44 numbers and TinyNet's differ by",
            "0 of 3,848 test pictures are among the 96,101 training pictures",
            "+ doubt bought: ",
            "the smallest network of which nine in ten pass has 4 hidden nodes",
            "0 of 256 networks pass the whole exam",
        ],
        10,
    ),
}


@pytest.mark.notebook
@pytest.mark.torch
@pytest.mark.filterwarnings("default")  # of the machinery that runs it, not of our code
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_the_notebook_runs(path, monkeypatch):
    from nbclient import NotebookClient

    monkeypatch.delenv("TINYNET_FULL", raising=False)
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=3600, kernel_name="python3").execute()
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    printed = "".join(o.text for o in outputs if o.output_type == "stream")
    says, figures = SAYS[path.name]
    for sentence in says:
        assert sentence in printed
    assert sum("image/png" in o.get("data", {}) for o in outputs) >= figures
    pages = [o.data["text/html"] for o in outputs if "text/html" in o.get("data", {})]
    assert max(map(len, pages), default=0) < 150_000  # a picture in place of a widget is small


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_the_notebook_is_stored_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


def test_every_notebook_is_known():
    assert [path.name for path in NOTEBOOKS] == sorted(SAYS)
