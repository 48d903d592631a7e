"""Test the recording of a watched training, with a golden file that the page replays."""

import base64
import dataclasses
import json

import numpy as np
import pytest

import golden
import tinynet as tn
from tinynet import files
from tinynet.errors import TinyNetError
from tinynet.lab.api import requests, sheets
from tinynet.training.watched import WatchedRecording
from watched_recordings import recordings

LINES = tn.pictures.lines()


def golden_training(run):
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


def test_the_golden_watched_trainings_are_unchanged():
    """Compare with the golden file, which the page also replays."""
    for kept in golden.read("watched"):
        run = opened(kept)
        assert isinstance(run, WatchedRecording)
        found = json.loads(json.dumps(golden_training(run)))
        assert description(found.pop("bytes")) == description(kept.pop("bytes"))
        assert found == kept


@pytest.mark.torch
def test_pytorch_reproduces_the_golden_file(request):
    """Allow small differences of PyTorch between processors."""
    if request.config.getoption("--write-golden"):
        golden.write("watched", [golden_training(run) for run in recordings()])
    for run, kept in zip(recordings(), golden.read("watched"), strict=True):
        expected = opened(kept)
        assert run.recipe == expected.recipe
        assert run.notes == expected.notes
        assert np.abs(run.parameters - expected.parameters).max() < 1e-6
        assert np.abs(run.losses - expected.losses).max() < 1e-6


def test_external_cells_have_a_phase_and_no_formula():
    known, external = (opened(kept) for kept in golden.read("watched"))
    assert known[0].sheet.watched == []
    assert external.recipe.external == ["loss", "optimizer", "gradients", "schedule"]
    phases = {name: external[0].sheet.cells[name].phase for name in external[0].sheet.watched}
    assert phases["loss"] == "loss"
    assert phases["example2.layer2.slope[1]"] == "backward"
    assert phases["layer1.weight[0,0].used"] == phases["layer1.weight[0,0].change"] == "update"
    assert len(phases) == 1 + 3 * 2 + 2 * 16
    assert "target[0]" not in external[0].sheet.cells


def test_external_cells_are_explained_with_their_number():
    _, external = (opened(kept) for kept in golden.read("watched"))
    moment = external[1]
    assert moment.values["loss"] == external.losses[1]
    text = str(moment.explain("layer2.bias[0]"))
    assert text.splitlines()[0].startswith("b²₀′ = b²₀ + Δb²₀")
    assert moment.values["layer2.bias[0].used"] == moment.gradient[-2]
    assert moment.explain("layer2.weight[0,1].used").formula is None
    assert "u(w" in moment.explain("layer2.weight[0,1].used").text()


def test_arrays_of_wrong_shape_and_invalid_steps_are_refused():
    run, _ = (opened(kept) for kept in golden.read("watched"))
    with pytest.raises(ValueError, match="slopes has shape"):
        WatchedRecording(**{**fields(run), "slopes": run.slopes[:, :1]})
    with pytest.raises(ValueError, match="per_epoch is 0. It must be a whole number of at least 1"):
        WatchedRecording(**{**fields(run), "per_epoch": 0})
    with pytest.raises(TinyNetError, match="step is 4. It must be a whole number from 0 to 3"):
        run[4]


@pytest.mark.parametrize("ending", ["json", "xlsx", "safetensors", "onnx", "h", "tex", "svg"])
def test_a_watched_recording_is_exported_like_any_other(tmp_path, ending):
    for run in map(opened, golden.read("watched")):
        tn.export(run, tmp_path / f"run.{ending}")
        assert (tmp_path / f"run.{ending}").stat().st_size > 100


def fields(run):
    return {field.name: getattr(run, field.name) for field in dataclasses.fields(run)}


@pytest.mark.torch
def test_the_repr_of_a_watched_recording_is_one_line(tmp_path):
    run = next(recordings())
    assert repr(run).startswith("<WatchedRecording of <")
    assert f"{run.steps:,} steps" in repr(run)
    run.save(tmp_path / "run.safetensors")
    assert repr(tn.load(tmp_path / "run.safetensors")) == repr(run)
    assert repr(run[0]).startswith("<WatchedMoment: step 0 on ")
    assert max(map(len, map(repr, (run, run[0], run.network)))) < 200
