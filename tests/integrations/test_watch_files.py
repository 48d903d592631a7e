"""Test files of watched recordings and their use in the library."""

import json
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from torch import nn

import tinynet as tn
from run_cli import tinynet
from tinynet.data import probes
from tinynet.errors import TinyNetError
from tinynet.training.watched import WatchedRecording
from watched_loops import LINES, OPTIMIZERS, Y, model, watched

pytestmark = pytest.mark.torch


def test_a_saved_recording_is_loaded_unchanged(tmp_path):
    recording = watched(
        model(), OPTIMIZERS["rmsprop"](model().parameters()) and None, nn.HuberLoss(), batch=3
    )
    path = tmp_path / "run.safetensors"
    recording.save(path)
    again = tn.load(path)
    assert isinstance(again, WatchedRecording)
    assert again.identity == recording.identity
    assert again.notes == recording.notes
    assert again.to_bytes() == recording.to_bytes()
    assert again[4].values == recording[4].values
    assert str(again.agreement()) == str(recording.agreement())
    assert "TinyNet (float64) and PyTorch (float32) over 6 of 6 steps" in str(again.agreement())


def test_a_changed_file_is_refused():
    from tinynet import files

    data = watched(model()).to_bytes()
    arrays, about = files.decode("recording", data, "it")
    del about["content"]
    arrays["rates"] = arrays["rates"][:-1]
    with pytest.raises(TinyNetError, match="rates has shape"):
        tn.Recording.from_bytes(files.encode("recording", arrays, about))
    arrays["rates"] = np.ones(12)
    with pytest.raises(TinyNetError, match="differs from the experiment that was saved"):
        tn.Recording.from_bytes(files.encode("recording", arrays, about))


def test_a_recipe_with_external_parts_cannot_be_used_to_train():
    recording = watched(model(), None, nn.HuberLoss())
    with pytest.raises(TinyNetError, match="loss is 'external': this recipe comes from a PyTorch loop"):
        tn.train(recording.final, LINES, recording.recipe)
    with pytest.raises(TinyNetError, match="loss is 'external'"):
        tn.population(recording.recipe, networks=4)


@pytest.mark.parametrize("loss", [nn.HuberLoss(), nn.MSELoss(), lambda out, y: out.sum()])
def test_the_rest_of_the_library_accepts_watched_recordings(loss):
    recording, ours = watched(model(), None, loss, epochs=12), tn.train(tn.Network.initial(), LINES)
    assert tn.predictions(recording.final, recording.examples)
    kinds = [finding.kind for finding in tn.diagnose(recording)]
    assert ("watched" in kinds) == (recording.recipe.loss == "external")
    assert tn.compare(recording, ours).outcomes
    import matplotlib

    matplotlib.use("Agg")
    assert tn.plots.loss_curve(recording) is not None


def test_the_code_in_pytorch_md_prints_the_shown_output(tmp_path, monkeypatch):
    text = (Path(__file__).parents[2] / "docs" / "pytorch.md").read_text()
    codes = re.findall(r"```python\n(.*?)```", text, re.S)
    printed = re.findall(r"prints\n\n```\n(.*?)```", text, re.S)
    assert len(codes) == len(printed) == 2
    monkeypatch.chdir(tmp_path)
    names = {}
    for code, expected in zip(codes, printed, strict=True):
        output = StringIO()
        with redirect_stdout(output):
            exec(code, names)
        last_places = re.compile(r"\d\.\de-\d\d")  # depend on the processor
        assert last_places.sub("…", output.getvalue()) == last_places.sub("…", expected)
    assert len(tn.load("mine.safetensors")) == 400


def test_a_recording_with_one_output_of_classes_has_a_stress_test(tmp_path):
    net = model(sizes=(4, 3, 1))
    recording = watched(net, None, nn.BCELoss(), y=Y[:, :1])
    recording.save(tmp_path / "one.safetensors")
    (output,) = recording.best(probes.class_midpoints(recording.examples)).ravel().tolist()
    stressed = json.loads(tinynet("stress", tmp_path / "one.safetensors", "--json").stdout)
    (found,) = stressed["predictions"]["halfway between the means"]
    assert (found["name"], found["outputs"]) == ("class 1 – not class 1", [output])
    assert found["predicted"] == ("class 1" if output > 0.5 else "not class 1")
