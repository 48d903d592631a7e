"""Test networks and recordings as JSON, to the last bit."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

import tinynet as tn
from networks import networks
from tinynet.errors import TinyNetError
from tinynet.exports.recording_json import recording_from_json, recording_json
from tinynet.formats.json_documents import parsed

NETWORK = tn.Network.initial((4, 3, 2), seed=0, hidden="tanh", output="softmax", init="xavier")
LINES = tn.pictures.lines()


def recordings():
    """Yield trainings of several kinds: one has no steps, and one has validation losses that are not finite."""
    start = tn.Network.initial(seed=0)
    linear = tn.Network.initial(hidden="identity", output="identity")
    yield tn.train(start, LINES, tn.Recipe(epochs=3, optimizer="adam", batch_size=3, order="shuffled"))
    yield tn.train(start, tn.World(), tn.Recipe(epochs=1))
    yield tn.train(linear.with_parameters(np.full(23, 1e200)), LINES, tn.Recipe())
    run = tn.train(start, LINES, tn.Recipe(epochs=3), validation=LINES)
    yield replace(run, validation_per_epoch=np.array([np.nan, np.inf, -np.inf]))


RUNS = list(recordings())


@given(network=networks())
def test_a_json_round_trip_keeps_a_network(network):
    again = tn.Network.from_json(json.loads(json.dumps(network.to_json(), allow_nan=False)))
    assert again == network
    assert again.parameters.tobytes() == network.parameters.tobytes()
    assert again.origin == network.origin


def test_the_layers_of_a_network_are_plain_lists():
    layers = json.loads(json.dumps(NETWORK.to_json()))["layers"]
    assert layers[0]["weight"] == NETWORK.layers[0].weight.tolist()
    assert [layer["activation"] for layer in layers] == ["tanh", "softmax"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "recording"}, "contains a recording, not a TinyNet network"),
        ({"kind": None}, "contains something else, not a TinyNet network"),
        ({"format": 4}, "has format 4. This version of TinyNet reads formats up to 3. Upgrade"),
        ({"layers": []}, "has no weights"),
        ({"layers": None}, "its layers cannot be read"),
        ({"architecture": {"sizes": [4, 2]}}, "its layers do not match its architecture"),
        ({"architecture": {"depth": 2}}, "no field 'depth'"),
    ],
)
def test_json_of_an_invalid_network_is_refused(change, message):
    with pytest.raises(TinyNetError, match=message):
        tn.Network.from_json(NETWORK.to_json() | change)


def test_json_without_a_format_field_is_refused():
    data = NETWORK.to_json()
    del data["format"]
    with pytest.raises(
        TinyNetError, match="this JSON has no format. It must have a whole number from 1 to 3"
    ):
        tn.Network.from_json(data)


@pytest.mark.parametrize("run", RUNS)
def test_a_json_round_trip_keeps_a_recording(run):
    text = json.dumps(recording_json(run), allow_nan=False)
    assert recording_from_json(json.loads(text)).to_bytes() == run.to_bytes()


def test_numbers_that_are_not_finite_are_written_as_texts():
    assert len(RUNS[2]) == 0
    values = recording_json(RUNS[3])["arrays"]["validation_per_epoch"]["values"]
    assert values == ["nan", "inf", "-inf"]


def test_the_json_document_of_a_recording_has_its_numbers():
    data = recording_json(RUNS[0])
    assert data["recipe"]["optimizer"] == "adam"
    assert data["arrays"]["losses"]["values"] == RUNS[0].losses.tolist()
    assert data["parameter_names"][0] == "layer1.weight[0,0]"
    assert np.shape(data["arrays"]["parameters"]["values"]) == (len(RUNS[0]) + 1, 23)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "network"}, "contains a network, not a TinyNet recording"),
        (
            {"arrays": {"losses": {"dtype": "float64", "shape": [3], "values": [1.0]}}},
            "its arrays are not valid",
        ),
        ({"arrays": {"losses": {"dtype": "object", "shape": [1], "values": [1.0]}}}, "dtype is 'object'"),
        ({"arrays": None}, "its arrays are not valid"),
        ({"origin": "elsewhere"}, "differs from the experiment that was saved"),
        ({"steps": 3}, "has shape"),
    ],
)
def test_json_of_an_invalid_recording_is_refused(change, message):
    with pytest.raises(TinyNetError, match=message):
        recording_from_json(recording_json(RUNS[0]) | change)


def test_invalid_json_is_refused():
    for text in (b"{", b"\xff\xfe\x00", b""):
        with pytest.raises(TinyNetError, match="run.json is not a JSON document"):
            parsed(text, "run.json")


def test_a_loaded_recording_gives_the_same_document_each_time(tmp_path):
    run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=2))
    run.save(tmp_path / "run.safetensors")
    expected = json.dumps(recording_json(run))
    assert list(json.loads(expected)["arrays"]) == sorted(json.loads(expected)["arrays"])
    assert {json.dumps(recording_json(tn.load(tmp_path / "run.safetensors"))) for _ in range(5)} == {expected}
