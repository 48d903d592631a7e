"""A watched training as a recording: what the page plays is what Python reads."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn
from tinynet import files
from tinynet.errors import TinyNetError
from tinynet.lab.api import requests, sheets
from tinynet.training.watched import WatchedRecording

GOLDEN = Path(__file__).parent / "golden" / "watched.json"
LINES = tn.pictures.lines()


def watched(optimizer, loss, between=lambda net: None):
    """Watch two epochs of the lines, three and one at a time, with a rate that goes down."""
    import torch
    from torch import nn

    x, y = (torch.tensor(array, dtype=torch.float32) for array in (LINES.inputs, np.array(LINES.targets)))
    torch.manual_seed(3)
    net = nn.Sequential(nn.Linear(4, 2), nn.Tanh(), nn.Linear(2, 2), nn.Sigmoid())
    chosen = optimizer(net.parameters())
    schedule = torch.optim.lr_scheduler.ExponentialLR(chosen, 0.5)
    with tn.watch(net, chosen) as recording:
        for _ in range(2):
            for k in (0, 3):
                chosen.zero_grad()
                loss(net(x[k : k + 3]), y[k : k + 3]).backward()
                between(net)
                chosen.step()
                schedule.step()
    return recording


def recordings():
    """A training that the formulas give whole, and one of which they give nothing but forward and backward."""
    import torch
    from torch import nn

    clip = lambda net: nn.utils.clip_grad_norm_(net.parameters(), 0.003)  # noqa: E731
    yield watched(lambda p: torch.optim.SGD(p, lr=0.5, momentum=0.9), nn.MSELoss())
    yield watched(lambda p: torch.optim.RMSprop(p, lr=0.1), nn.HuberLoss(delta=0.1), clip)


def described(run):
    architecture, recipe = run.network.architecture, run.recipe
    written = {
        str(batch): sheets.sheet(requests.SheetRequest(architecture, recipe, batch)) for batch in (1, 3)
    }
    return {
        "bytes": base64.b64encode(run.to_bytes()).decode(),
        "sheets": {batch: sheet | {"symbols": {}} for batch, sheet in written.items()},
        "names": [moment.names for moment in run],
        "values": [moment.values for moment in run],
    }


def opened(kept):
    return tn.Recording.from_bytes(base64.b64decode(kept["bytes"]))


def description(data):
    """Return the description in a file, with the hash of its numbers and without the version that wrote the file."""
    about = json.loads(files.opened(base64.b64decode(data), "the golden file")[1][files.KEY])
    return about | {"tinynet": ""}


def test_the_golden_file_holds():
    """Made by `python tests/test_watched.py`; the page plays it as well."""
    for kept in json.loads(GOLDEN.read_text()):
        run = opened(kept)
        assert isinstance(run, WatchedRecording)
        found = json.loads(json.dumps(described(run)))
        assert description(found.pop("bytes")) == description(kept.pop("bytes"))
        assert found == kept


@pytest.mark.torch
def test_pytorch_still_gives_the_golden_file():
    for run, kept in zip(recordings(), json.loads(GOLDEN.read_text()), strict=True):
        expected = opened(kept)
        assert run.recipe == expected.recipe
        assert run.notes == expected.notes
        assert np.abs(run.parameters - expected.parameters).max() < 1e-6
        assert np.abs(run.losses - expected.losses).max() < 1e-6


def test_given_cells_have_no_formula_and_stand_where_they_belong():
    known, given = (opened(kept) for kept in json.loads(GOLDEN.read_text()))
    assert known[0].sheet.watched == []
    assert given.recipe.external == ["loss", "optimizer", "gradients"]
    phases = {name: given[0].sheet.cells[name].phase for name in given[0].sheet.watched}
    assert phases["loss"] == "loss"
    assert phases["picture2.layer2.slope[1]"] == "backward"
    assert phases["layer1.weight[0,0].used"] == phases["layer1.weight[0,0].change"] == "update"
    assert len(phases) == 1 + 3 * 2 + 2 * 16
    assert "target[0]" not in given[0].sheet.cells


def test_what_is_given_is_said_with_its_number():
    _, given = (opened(kept) for kept in json.loads(GOLDEN.read_text()))
    moment = given[1]
    assert moment.values["loss"] == given.losses[1]
    text = str(moment.explain("layer2.bias[0]"))
    assert text.splitlines()[0].startswith("b²₀′ = b²₀ + Δb²₀")
    assert moment.values["layer2.bias[0].used"] == moment.gradient[-2]
    assert moment.explain("layer2.weight[0,1].used").formula is None
    assert "u(w" in moment.explain("layer2.weight[0,1].used").text()


def test_what_does_not_fit_is_refused():
    run, _ = (opened(kept) for kept in json.loads(GOLDEN.read_text()))
    with pytest.raises(ValueError, match="slopes has shape"):
        WatchedRecording(**{**fields(run), "slopes": run.slopes[:, :1]})
    with pytest.raises(ValueError, match="an epoch has 0 steps"):
        WatchedRecording(**{**fields(run), "per_epoch": 0})
    with pytest.raises(TinyNetError, match="step 4 was asked"):
        run[4]


@pytest.mark.parametrize("ending", ["json", "xlsx", "safetensors", "onnx", "h", "tex", "svg"])
def test_it_is_exported_like_any_other(tmp_path, ending):
    for run in map(opened, json.loads(GOLDEN.read_text())):
        tn.export(run, tmp_path / f"run.{ending}")
        assert (tmp_path / f"run.{ending}").stat().st_size > 100


def fields(run):
    return {name: getattr(run, name) for name in run.__dataclass_fields__}


@pytest.mark.torch
def test_it_says_what_it_is_in_a_line(tmp_path):
    run = next(recordings())
    assert repr(run).startswith("<WatchedRecording of <")
    assert f"{run.steps:,} nudges" in repr(run)
    run.save(tmp_path / "run.safetensors")
    assert repr(tn.load(tmp_path / "run.safetensors")) == repr(run)
    assert repr(run[0]).startswith("<WatchedMoment: nudge 0 by ")
    assert max(map(len, map(repr, (run, run[0], run.network)))) < 200


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps([described(run) for run in recordings()], separators=(",", ":")) + "\n")
