"""Test that the loss of a watched loop is identified from its numbers."""

import pytest
import torch
from torch import nn
from torch.nn import functional

import tinynet as tn
from watched_loops import CLASSES, LINES, X, Y, assert_consistent, model, watched


def hand_written(out, y):
    return ((out - y) ** 2).mean()


def hand_written_bce(out, y):
    return -(y * torch.log(out) + (1 - y) * torch.log(1 - out)).mean()


def hand_written_nll(out, y):
    return -out[range(len(y)), y].mean()


LOSSES = {
    # last activation, loss, targets; output and loss of the recording
    "mse": (nn.Sigmoid, functional.mse_loss, Y, "sigmoid", "mse"),
    "MSELoss": (nn.Tanh, nn.MSELoss(), Y, "tanh", "mse"),
    "by hand": (None, hand_written, Y, "identity", "mse"),
    "the other way round": (nn.ReLU, lambda out, y: torch.mean(torch.square(y - out)), Y, "relu", "mse"),
    "one-hot": (nn.Sigmoid, lambda out, y: hand_written(out, functional.one_hot(y, 2).float()), CLASSES, "sigmoid", "mse"),
    "bce": (nn.Sigmoid, nn.BCELoss(), Y, "sigmoid", "bce"),
    "bce by hand": (nn.Sigmoid, hand_written_bce, Y, "sigmoid", "bce"),
    "bce with logits": (None, nn.BCEWithLogitsLoss(), Y, "sigmoid", "bce"),
    "sigmoid in the loop": (None, lambda out, y: nn.BCELoss()(torch.sigmoid(out), y), Y, "sigmoid", "bce"),
    "sigmoid in the loop, mse": (None, lambda out, y: hand_written(out.sigmoid(), y), Y, "sigmoid", "mse"),
    "cross-entropy": (None, nn.CrossEntropyLoss(), CLASSES, "softmax", "cross_entropy"),
    "cross-entropy of shares": (None, nn.CrossEntropyLoss(), Y, "softmax", "cross_entropy"),
    "smoothed": (None, nn.CrossEntropyLoss(label_smoothing=0.1), CLASSES, "softmax", "cross_entropy"),
    "nll": (lambda: nn.LogSoftmax(dim=1), nn.NLLLoss(), CLASSES, "softmax", "cross_entropy"),
    "nll of a logarithm": (
        lambda: nn.Softmax(dim=1), lambda out, y: nn.NLLLoss()(out.log(), y), CLASSES, "softmax", "cross_entropy",
    ),
    "nll by hand": (lambda: nn.LogSoftmax(dim=1), hand_written_nll, CLASSES, "softmax", "cross_entropy"),
    "softmax, mse": (lambda: nn.Softmax(dim=1), nn.MSELoss(), Y, "softmax", "mse"),
    "huber": (nn.Sigmoid, nn.HuberLoss(delta=0.1), Y, "sigmoid", "external"),
    "l1": (None, nn.L1Loss(), Y, "identity", "external"),
    "sum": (nn.Sigmoid, nn.MSELoss(reduction="sum"), Y, "sigmoid", "external"),
    "softmax twice": (lambda: nn.Softmax(dim=1), nn.CrossEntropyLoss(), CLASSES, "softmax", "external"),
    "weights of classes": (
        lambda: nn.LogSoftmax(dim=1), nn.NLLLoss(weight=torch.tensor([1.0, 3.0])), CLASSES, "softmax", "external",
    ),
    "weights of logits": (None, nn.BCEWithLogitsLoss(pos_weight=torch.tensor([1.0, 3.0])), Y, "identity", "external"),
    "no targets": (nn.Sigmoid, lambda out, y: out.sum() * 1.0, Y, "sigmoid", "external"),
}  # fmt: skip


@pytest.mark.parametrize("batch", [1, 3, 4])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_identified_or_external(name, batch):
    ending, loss, targets, output, kind = LOSSES[name]
    recording = watched(model(ending), None, loss, X, targets, batch=batch)
    reads_otherwise = (
        name == "weights of classes" and batch == 1
    )  # the weight of a single picture cancels in the mean
    assert (recording.network.architecture.output, recording.recipe.loss) == (
        output,
        "cross_entropy" if reads_otherwise else kind,
    )
    assert recording.recipe.gradients == "loss"
    assert recording.recipe.optimizer == "sgd"
    assert ("TinyNet has no formula for this loss" in recording.notes[0]) == (
        recording.recipe.loss == "external"
    )
    assert_consistent(recording)
    if name == "no targets":
        assert recording.examples.targets is None
    elif name != "smoothed":
        assert recording.examples == tn.Examples(
            LINES.inputs, LINES.targets, LINES.names, (2, 2), LINES.target_names
        )


def test_the_loss_of_a_squeezed_output_is_identified():
    y = torch.tensor([0.0, 0.0, 1.0, 1.0])
    loss = lambda out, y: nn.BCEWithLogitsLoss()(out.squeeze(1), y)  # noqa: E731
    recording = watched(model(None, sizes=(4, 3, 1)), None, loss, X, y, batch=2)
    assert (recording.recipe.loss, recording.network.architecture.output) == ("bce", "sigmoid")
    assert recording.examples.targets.ravel().tolist() == y.tolist()


def test_a_loss_with_a_penalty_is_external():
    net = model()
    penalty = lambda out, y: functional.mse_loss(out, y) + 0.1 * net[0].weight.pow(2).sum()  # noqa: E731
    recording = watched(net, None, penalty)
    assert (recording.recipe.loss, recording.recipe.gradients) == ("external", "external")
    assert_consistent(recording)
