"""Open files of earlier versions; the identities of their experiments stay equal."""

import json
from pathlib import Path

import numpy as np
import pytest

import tinynet as tn
from tinynet.exports.recording_json import recording_from_json

FOLDER = Path(__file__).parents[1] / "golden" / "earlier"
IDENTITIES = json.loads((FOLDER / "identities.json").read_text())


@pytest.mark.parametrize("name", IDENTITIES)
def test_a_recording_of_an_earlier_version_opens(name, tmp_path):
    run = tn.load(FOLDER / name)
    assert run.identity == IDENTITIES[name]
    assert np.allclose(run[0].after.parameters, run[1].network.parameters, rtol=1e-4)
    run.save(tmp_path / name)
    again = tn.load(tmp_path / name)
    assert again.identity == run.identity
    assert again.examples == run.examples
    assert again.recipe == run.recipe
    assert (again.parameters == run.parameters).all()


def test_a_json_recording_of_an_earlier_version_opens():
    run = recording_from_json(json.loads((FOLDER / "recording.json").read_text()))
    assert run.identity == IDENTITIES["schedule.safetensors"]


@pytest.mark.parametrize(
    "ending", ["safetensors", "json", "onnx", pytest.param("pt", marks=pytest.mark.torch)]
)
def test_a_network_of_an_earlier_version_opens(ending):
    network = tn.Network.load(FOLDER / f"network.{ending}")
    assert (network.parameters == tn.load(FOLDER / "schedule.safetensors").initial.parameters).all()
