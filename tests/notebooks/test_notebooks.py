"""Run each notebook, and check that it is stored without outputs."""

import re
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest

import prose
from tinynet.story import environment
from tinynet.story.resources import RESOURCES

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
EXPECTED = {  # printed sentences, and the minimum number of figures
    "discovery.ipynb": (
        [
            "bit for bit: True",
            "Run the cell above a few more times.",
            "2 of 4 predictions are correct. 0 of 4 have a margin of 20 points or more.",
            "fuzzy top      horizontal  49.9 %   vertical  49.9 %",
            "3 of 4 predictions are correct. 2 of 4 have a margin of 20 points or more.",
            "gray           horizontal  53.5 %   vertical  47.2 %   horizontal",
            "of 1,000 networks",
        ],
        9,
    ),
    "trainer_runbook.ipynb": (
        [
            "PyTorch's 44 numbers and TinyNet's differ by",
            "0 of 3,848 test pictures are among the 96,101 training pictures",
            "+ ambiguous, better: ",
            "The smallest network that passes in nine of ten cases has 4 hidden nodes.",
            "0 of 256 networks pass the whole exam",
        ],
        10,
    ),
}


def executed(notebook):
    """Run a notebook; return every output of its cells."""
    from nbclient import NotebookClient

    NotebookClient(notebook, timeout=3600, kernel_name="python3").execute()
    return [o for cell in notebook.cells for o in cell.get("outputs", [])]


def printed_text(outputs):
    return "".join(o.text for o in outputs if o.output_type == "stream")


@pytest.mark.notebook
@pytest.mark.torch
@pytest.mark.filterwarnings("default")  # warnings of nbclient, not of TinyNet
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_every_notebook_runs(path, monkeypatch):
    monkeypatch.delenv("TINYNET_FULL", raising=False)
    outputs = executed(nbformat.read(path, as_version=4))
    printed = printed_text(outputs)
    sentences, figures = EXPECTED[path.name]
    if path.name == "discovery.ipynb":
        sentences = [*sentences, environment.device()]
    for sentence in sentences:
        assert sentence in printed
    assert sum("image/png" in o.get("data", {}) for o in outputs) >= figures
    pages = [o.data["text/html"] for o in outputs if "text/html" in o.get("data", {})]
    assert max(map(len, pages), default=0) < 150_000  # a picture in place of a widget is small


@pytest.mark.notebook
@pytest.mark.torch
@pytest.mark.filterwarnings("default")
def test_the_nudge_cell_runs_any_number_of_times():
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    place = next(k for k, cell in enumerate(notebook.cells) if "nudge_losses.append" in cell.source)
    again = [deepcopy(notebook.cells[place]) | {"id": f"again-{k}"} for k in range(24)]
    notebook.cells[place:place] = [nbformat.from_dict(cell) for cell in again]
    outputs = executed(notebook)
    printed = printed_text(outputs)
    losses = [float(loss) for loss in re.findall(r"nudge \d+: loss (\S+)", printed)]
    assert len(losses) == 25
    assert losses == sorted(losses, reverse=True)
    assert "The loss falls every time." in printed
    (difference,) = re.findall(r"largest difference from PyTorch after nudge 25 .*: (\S+)", printed)
    assert float(difference) < 25 * 1e-7  # float32 rounds each step
    pages = "".join(o.data["text/html"] for o in outputs if "text/html" in o.get("data", {}))
    assert all(link.address in pages for link in RESOURCES.links)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_every_notebook_is_stored_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


def test_every_notebook_has_expected_output():
    assert [path.name for path in NOTEBOOKS] == sorted(EXPECTED)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_every_sentence_of_the_notebooks_is_easy_to_read(path):
    notebook = nbformat.read(path, as_version=4)
    texts = [
        re.sub(r"\s+", " ", block).removeprefix("- ")
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for block in re.split(r"\n\s*\n|\n(?=(?:-|\d\.) )", cell.source)
    ]
    assert len(texts) > 30
    assert not [found for text in texts for found in prose.hard(text)]
