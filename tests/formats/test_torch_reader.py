"""Test supported PyTorch models, and the errors for unsupported models."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.formats.torch_reader import architecture_of, read


class Model(nn.Module):
    def __init__(self, forward):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(4, 3), nn.Linear(3, 2)
        self.calls, self.kept, self.path = 0, [], forward

    def forward(self, x):
        self.calls += 1
        self.kept.append(x)
        return self.path(self, x)


def two_layers(hidden, output):
    return lambda net, x: output(net.fc2(hidden(net.fc1(x))))


@pytest.mark.parametrize(
    ("hidden", "output", "kinds"),
    [
        (torch.sigmoid, torch.sigmoid, ["sigmoid", "sigmoid"]),
        (functional.relu, lambda z: z, ["relu", "identity"]),
        (functional.softplus, functional.softplus, ["softplus", "softplus"]),
        (lambda z: z.tanh(), lambda z: functional.softmax(z, dim=1), ["tanh", "softmax"]),
        (lambda z: z.relu_(), lambda z: z.log_softmax(-1), ["relu", "log_softmax"]),
        (functional.sigmoid, lambda z: z.squeeze(1), ["sigmoid", "identity"]),
    ],
)
def test_activations_called_as_functions_are_read(hidden, output, kinds):
    assert [layer.activation for layer in read(Model(two_layers(hidden, output)))] == kinds


def test_a_nested_sequential_is_read_in_order():
    model = nn.Sequential(
        nn.Flatten(), nn.Sequential(nn.Linear(4, 3), nn.ReLU()), nn.Linear(3, 2), nn.Softmax(1)
    )
    assert [(layer.name, layer.activation) for layer in read(model)] == [("1.0", "relu"), ("2", "softmax")]
    assert architecture_of(read(model)).sizes == (4, 3, 2)


def test_a_single_layer_is_a_model():
    assert architecture_of(read(nn.Linear(4, 2))).sizes == (4, 2)


def test_operations_on_shapes_are_ignored():
    model = Model(lambda net, x: net.fc2(net.fc1(x.view(x.size(0), -1)).reshape(x.shape[0], 3)))
    assert architecture_of(read(model)).output == "identity"


def test_reading_changes_neither_model_nor_generator():
    model = Model(lambda net, x: net.fc1(x) if torch.rand(1) < 2 else x)
    model.hidden = model.fc1(torch.ones(1, 4))  # tensors with a gradient cannot be copied
    kept, state = model.hidden, torch.get_rng_state()
    assert len(read(model)) == 1
    assert model.calls == 0
    assert model.kept == []
    assert model.hidden is kept
    assert torch.equal(torch.get_rng_state(), state)


def test_a_dropout_in_eval_mode_is_ignored():
    model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5)).eval()
    assert len(read(model)) == 1


def own_tensor(net, x):
    return x @ net.fc1.weight.T


REFUSED = {
    "layer '0' is a Conv2d": nn.Sequential(nn.Conv2d(1, 1, 2), nn.Flatten(), nn.Linear(4, 3)),
    "layer '1' is a Dropout": nn.Sequential(nn.Linear(4, 3), nn.Dropout()),
    "layer '1' is a BatchNorm1d": nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)),
    "layer '1' is a GELU": nn.Sequential(nn.Linear(4, 3), nn.GELU()),
    "layer '1' is a Softplus with settings of its own": nn.Sequential(nn.Linear(4, 3), nn.Softplus(beta=2)),
    r"forward calls softplus\(\) with settings": Model(lambda net, x: functional.softplus(net.fc1(x), 2)),
    "layer '1' is a Softmax over dim 0": nn.Sequential(nn.Linear(4, 3), nn.Softmax(0)),
    "layer '0' is of type LazyLinear and has no sizes": nn.Sequential(nn.LazyLinear(3)),
    "layer '0' comes before the first Linear": nn.Sequential(nn.Sigmoid(), nn.Linear(4, 3)),
    "layer '2' comes after relu on layer '0'": nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Sigmoid()),
    "this model is wrapped in DataParallel. Use the inner model, its .module": nn.DataParallel(
        nn.Linear(4, 3)
    ),
    "no Linear layer": nn.Sequential(nn.Identity()),
    "add joins several paths .*skip connection": Model(lambda net, x: net.fc2(net.fc1(x) + x[:, :3])),
    "mul uses|forward calls mul": Model(lambda net, x: net.fc1(x * 2)),
    "forward calls dropout": Model(lambda net, x: functional.dropout(net.fc1(x))),
    "matmul (uses|joins)": Model(own_tensor),
    "used twice": Model(lambda net, x: net.fc2(net.fc1(net.fc2(net.fc1(x))))),
    "returns several values": Model(lambda net, x: (net.fc1(x), x)),
    "cannot be read .*without decisions": Model(lambda net, x: net.fc1(x) if x.sum() > 0 else x),
}


@pytest.mark.parametrize("message", REFUSED)
def test_unsupported_models_are_refused_by_name(message):
    with pytest.raises(TinyNetError, match=message):
        read(REFUSED[message])


def test_a_compiled_model_is_refused():
    compiled = Model(two_layers(torch.relu, torch.relu))
    compiled._orig_mod = nn.Linear(4, 2)  # the attribute of a compiled model; compiling takes seconds
    with pytest.raises(TinyNetError, match="the result of torch.compile"):
        read(compiled)


def test_different_hidden_activations_are_refused():
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 1))
    with pytest.raises(
        TinyNetError, match="layer '0' has relu after it and layer '2' has tanh. All hidden layers"
    ):
        architecture_of(read(model))


def test_a_softmax_before_the_end_is_refused():
    with pytest.raises(TinyNetError, match="layer '0' has softmax after it. A softmax must be at the end"):
        architecture_of(read(nn.Sequential(nn.Linear(4, 3), nn.Softmax(1), nn.Linear(3, 1))))


def test_parametrized_layers_are_read_by_their_weights():
    model = nn.Sequential(
        nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)), nn.Sigmoid(), nn.Linear(3, 2)
    )
    found = tn.Network.from_torch(model)
    np.testing.assert_array_equal(found.layers[0].weight, model[0].weight.detach().numpy())
