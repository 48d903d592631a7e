from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import tinynet as tn
import torch_twin
from networks import networks, pictures
from tinynet.errors import TinyNetError

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.lists(st.integers(1, 40), min_size=2, max_size=5)


@given(sizes=SIZES, seed=SEEDS)
def test_initial_parameters_have_the_bits_of_pytorch(sizes, seed):
    torch.manual_seed(seed)
    layers = [nn.Linear(a, b) for a, b in pairwise(sizes)]
    theirs = torch_twin.flat(p for layer in layers for p in layer.parameters())
    assert tn.Network.initial(tuple(sizes), seed=seed).parameters.tolist() == theirs.tolist()


@given(sizes=SIZES, seed=SEEDS, init=st.sampled_from(["xavier", "he"]))
def test_xavier_and_he_initialization_equal_pytorch(sizes, seed, init):
    torch.manual_seed(seed)
    network = tn.Network.initial(tuple(sizes), seed=seed, init=init)
    for layer in network.layers:
        weight = torch.empty(layer.weight.shape)
        if init == "xavier":
            nn.init.xavier_uniform_(weight)
        else:
            nn.init.kaiming_uniform_(weight, nonlinearity="relu")
        assert layer.weight.tolist() == weight.tolist()
        assert not layer.bias.any()


def test_normal_initialization_has_the_documented_spread():
    layer = tn.Network.initial((400, 300, 2), seed=1, init="normal").layers[0]
    assert layer.weight.mean() == pytest.approx(0, abs=1e-3)
    assert layer.weight.std() == pytest.approx(1 / 20, rel=0.01)
    assert not tn.Network.initial(init="zeros").parameters.any()


@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu", "identity", "softplus"])
@pytest.mark.parametrize("output", ["sigmoid", "tanh", "relu", "identity", "softplus", "softmax"])
def test_the_forward_pass_agrees_with_pytorch(hidden, output):
    network = tn.Network.initial((4, 6, 5, 3), seed=9, hidden=hidden, output=output)
    inputs = tn.pictures.lattice(4).inputs
    theirs = torch_twin.module(network)(torch.tensor(inputs)).detach().numpy()
    np.testing.assert_allclose(network(inputs), theirs, rtol=0, atol=1e-15)
    assert network(inputs[7]).tolist() == pytest.approx(network(inputs)[7].tolist(), abs=1e-15)


def test_huge_weights_saturate_without_a_warning():
    network = tn.Network.initial(seed=0)
    assert set(network.with_parameters(np.full(23, -1e5))(np.ones(4)).tolist()) == {0.0}


def test_parameters_have_names_and_are_read_only():
    network = tn.Network.initial(seed=0)
    assert network.named()["layer1.weight[2,1]"] == network.layers[0].weight[2, 1]
    assert network.named()["layer2.bias[1]"] == network.layers[1].bias[1]
    with pytest.raises(ValueError, match="read-only"):
        network.parameters[0] = 1.0
    changed = network.with_parameter("layer1.bias[0]", 2.0)
    assert changed.layers[0].bias[0] == 2.0
    assert changed != network
    assert changed.origin == "seed 0, layer1.bias[0] set to 2"


def test_a_json_round_trip_keeps_the_architecture():
    architecture = tn.Architecture((9, 5, 2), hidden="tanh", output="softmax", init="he")
    assert tn.Architecture.from_json(architecture.to_json()) == architecture


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tn.Network.initial((4,)), r"sizes is \(4,\). It must be 2 to 12 layer sizes"),
        (lambda: tn.Network.initial((4, 1_000_000, 2)), "sizes\\[1\\] is 1,000,000. It must be a whole number from 1 to 4,096"),
        (lambda: tn.Network.initial((4, 0, 2)), "sizes\\[1\\] is 0. It must be a whole number"),
        (lambda: tn.Network.initial((4096, 4096, 2)), "parameters. At most 1,000,000 are allowed"),
        (lambda: tn.Network.initial(hidden="softmax"), "hidden is 'softmax'. It must be one of 'sigmoid'"),
        (lambda: tn.Network.initial(init="ones"), "init is 'ones'"),
        (lambda: tn.Network.initial(seed=2**32), "seed is 4,294,967,296. It must be a whole number from 0"),
        (lambda: tn.Network.initial(seed=0)(np.zeros(9)), r"has 9 inputs and the network takes 4. Create a network with Network.initial\(\(9, 3, 2\)"),
        (lambda: tn.Network.initial(seed=0).with_parameter("layer3.bias[0]", 0.0), "the parameter is 'layer3.bias"),
        (lambda: tn.Network.initial(seed=0).with_parameters(np.full(23, np.nan)), r"layer1.weight\[0,0\] is nan"),
        (lambda: tn.Network.initial(seed=0).with_parameters(np.zeros(5)), r"shape \(5,\)"),
    ],
)  # fmt: skip
def test_invalid_networks_are_refused(make, message):
    with pytest.raises(TinyNetError, match=message):
        make()


@given(networks(), st.integers(1, 4))
def test_outputs_have_the_bits_of_the_sheet(network, count):
    """Compare a network, its sheet and its recording, to the last bit."""
    inputs = pictures(network, count)
    found = network.activations(inputs)
    sheet = tn.Sheet.of(network.architecture)
    for k, picture in enumerate(inputs):
        cells = sheet.evaluate(sheet.input_values(network, picture))
        for n, layer in enumerate(found, 1):
            assert layer[k].tolist() == [cells[f"layer{n}.a[{j}]"] for j in range(network.sizes[n])]


@pytest.mark.parametrize("sizes", [(4, 3, 2), (30, 20, 20, 2)])
def test_recorded_activations_equal_those_of_the_networks(sizes):
    draw = np.random.default_rng(0)
    examples = tn.Examples(draw.random((5, sizes[0])), np.eye(2)[draw.integers(2, size=5)], tuple("abcde"))
    run = tn.train(tn.Network.initial(sizes, seed=2, hidden="tanh"), examples, tn.Recipe(epochs=3))
    for moment, kept in zip(run, run.activations, strict=True):
        given = np.concatenate(moment.network.activations(moment.batch), axis=1)
        assert given.tolist() == kept.tolist()
