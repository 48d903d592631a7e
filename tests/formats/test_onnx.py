"""Check ONNX models with onnx, run them with onnxruntime, and read them back."""

import json
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from onnx.reference import ReferenceEvaluator

import tinynet as tn
from networks import networks, pictures
from tinynet.errors import TinyNetError

LINES = tn.Network.initial((4, 3, 2), seed=0, hidden="tanh", output="softmax")


def run_model(model, shown):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(["outputs"], {"inputs": shown})[0]


@given(network=networks(most=40))
def test_onnxruntime_gives_the_outputs_of_the_network(network):
    shown, model = pictures(network), network.to_onnx(dtype="float64")
    onnx.checker.check_model(model, full_check=True)
    if "softplus" in network.architecture.activations:  # onnxruntime has no Softplus in float64
        (found,) = ReferenceEvaluator(onnx.load_from_string(model)).run(["outputs"], {"inputs": shown})
    else:
        found = run_model(model, shown)
    np.testing.assert_allclose(found, network(shown), rtol=1e-12, atol=1e-12)


@given(network=networks(most=40, single=True))
def test_onnxruntime_is_within_a_millionth_in_float32(network):
    shown, model = pictures(network).astype(np.float32), network.to_onnx()
    onnx.checker.check_model(model, full_check=True)
    found = run_model(model, shown)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, network(shown), rtol=1e-6, atol=1e-6)


def test_onnxruntime_is_within_a_millionth_for_trained_networks():
    for output, loss in (("sigmoid", "mse"), ("softmax", "cross_entropy")):
        network = tn.Network.initial((4, 8, 2), seed=1, output=output)
        network = tn.train(
            network, tn.pictures.lines(), tn.Recipe(learning_rate=2.0, epochs=500, loss=loss)
        ).final
        shown = tn.pictures.lattice(5).inputs
        np.testing.assert_allclose(
            run_model(network.to_onnx(), shown.astype(np.float32)), network(shown), rtol=0, atol=1e-6
        )
        np.testing.assert_allclose(
            run_model(network.to_onnx(dtype="float64"), shown), network(shown), rtol=0, atol=1e-12
        )


def test_huge_weighted_sums_saturate_in_onnx():
    for output, expected in (("sigmoid", [0.0, 1.0]), ("softmax", [0.0, 1.0]), ("tanh", [-1.0, 1.0])):
        network = tn.Network.initial((1, 2), output=output, init="zeros")
        network = network.with_parameters(np.array([-1000.0, 1000.0, 0.0, 0.0]))
        assert run_model(network.to_onnx(), np.ones((1, 1), np.float32)).tolist() == [expected]


@pytest.mark.parametrize("count", [1, 7])
def test_an_onnx_model_accepts_any_batch_size(count):
    assert run_model(LINES.to_onnx(), np.zeros((count, 4), np.float32)).shape == (count, 2)


@given(network=networks())
def test_an_onnx_round_trip_loses_nothing(network):
    again = tn.Network.from_onnx(network.to_onnx(dtype="float64"))
    assert again == network
    assert again.origin == network.origin
    rounded = tn.Network.from_onnx(network.to_onnx())
    assert rounded.parameters.tolist() == network.parameters.astype(np.float32).tolist()


def test_the_metadata_of_an_onnx_model_has_the_names_of_the_outputs():
    model = onnx.load_from_string(LINES.to_onnx(target_names=("horizontal", "vertical")))
    props = {prop.key: prop.value for prop in model.metadata_props}
    assert json.loads(props["target_names"]) == ["horizontal", "vertical"]
    assert json.loads(props["tinynet"])["origin"] == "seed 0"
    assert [one.name for one in (*model.graph.input, *model.graph.output)] == ["inputs", "outputs"]
    with pytest.raises(TinyNetError, match="target_names has 3 names and the network has 2 outputs"):
        LINES.to_onnx(target_names=("a", "b", "c"))


def test_a_missing_onnx_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r'an ONNX model needs onnx: pip install "tinynet-lab\[onnx\]"'):
        LINES.to_onnx()


@pytest.mark.parametrize("data", [b"", b"not a model at all", LINES.to_onnx()[:-30]])
def test_damaged_onnx_bytes_are_refused(data):
    with pytest.raises(TinyNetError, match="damaged or not an ONNX model .*Use another copy"):
        tn.Network.from_onnx(data)
