"""Compare the recording of a watched loop with the numbers of PyTorch."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import tinynet as tn
from tinynet.training.watched import WatchedRecording
from watched_loops import (
    CLASSES,
    LINES,
    X,
    Y,
    assert_consistent,
    loop,
    model,
    parameter_names_of,
    sgd,
    watched,
)


def test_the_recording_agrees_with_a_training_in_tinynet():
    net = model()
    optimizer, loss = sgd(net, lr=0.1), nn.MSELoss()
    with tn.watch(net, optimizer) as watcher:
        for _ in range(100):
            for x, y in zip(X, Y, strict=True):
                optimizer.zero_grad()
                loss(net(x), y).backward()
                optimizer.step()
    recording = watcher.recording
    ours = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(learning_rate=0.1, epochs=100))
    assert np.abs(recording.loss_per_epoch - ours.loss_per_epoch).max() < 1e-6
    assert np.abs(recording.movement_per_epoch - ours.movement_per_epoch).max() < 1e-6
    assert recording.examples == LINES
    assert recording.recipe == ours.recipe
    assert recording.steps_per_epoch == 4
    assert recording[137].names == ours[137].names
    gap = recording[137].explain("layer1.weight[0,2]").value - ours[137].explain("layer1.weight[0,2]").value
    assert abs(gap) < 1e-6


def test_a_moment_has_the_numbers_of_pytorch():
    net = model()
    optimizer, seen = sgd(net), []
    with tn.watch(net, optimizer) as watcher:
        loop(
            net,
            optimizer,
            between=lambda net: seen.append(np.concatenate([p.grad.ravel() for p in net.parameters()])),
        )
    recording = watcher.recording
    moment = recording[7]
    assert np.array_equal(moment.gradient, seen[7])
    assert moment.pytorch["loss"] == pytest.approx(moment.loss, rel=1e-6)
    assert moment.rate == 0.5
    ours = np.array([moment.values[f"{name}.gradient"] for name in parameter_names_of(recording)])
    assert np.abs(ours - moment.gradient).max() < 1e-7


def test_float64_is_recorded_in_float64():
    net = model(dtype=torch.float64)
    recording = watched(net, None, functional.mse_loss, X.double(), Y.double())
    assert recording.precision == "float64"
    assert_consistent(recording, 1e-15)


def test_data_of_any_range_is_recorded_unchanged():
    torch.manual_seed(1)
    x, y = 3 * torch.randn(10, 5), 100 * torch.randn(10, 1)
    net = model(None, nn.ReLU, (5, 4, 1))
    recording = watched(net, sgd(net, lr=1e-5), nn.MSELoss(), x, y, batch=4)
    assert recording.examples.unbounded
    assert np.array_equal(recording.examples.inputs, x.double().numpy())
    assert recording.recipe.loss == "mse"
    assert recording.steps_per_epoch == 3
    assert [len(moment.names) for moment in recording][:3] == [4, 4, 2]
    assert WatchedRecording.from_bytes(recording.to_bytes()).examples == recording.examples


def test_a_custom_module_with_functions_in_forward_is_recorded():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1, self.fc2 = nn.Linear(4, 3), nn.Linear(3, 2)

        def forward(self, x):
            return self.fc2(functional.relu(self.fc1(x.view(x.size(0), -1)), inplace=True))

    torch.manual_seed(0)
    recording = watched(Net(), None, nn.CrossEntropyLoss(), X.view(4, 2, 2), CLASSES, batch=2)
    assert recording.network.architecture == tn.Architecture((4, 3, 2), "relu", "softmax")
    assert recording.initial.origin == "a watched Net"
    assert_consistent(recording)


def test_a_layer_can_be_called_with_a_keyword_argument():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.only = nn.Linear(4, 2)

        def forward(self, x):
            return self.only(input=x)

    net = Net()
    assert watched(net).recipe.loss == "mse"
