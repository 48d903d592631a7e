"""Test the optimizer, the learning rates and the gradients of a watched loop."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import tinynet as tn
from watched_loops import X, Y, assert_consistent, loop, model, sgd, watched


def test_the_rates_of_a_schedule_are_recorded():
    net = model()
    optimizer = sgd(net, lr=1.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: step / 4)
    with tn.watch(net, optimizer) as watcher:
        for _ in range(4):
            optimizer.zero_grad()
            functional.mse_loss(net(X), Y).backward()
            optimizer.step()
            schedule.step()
    recording = watcher.recording
    assert recording.rates.tolist() == [0.0, 0.25, 0.5, 0.75]
    assert recording[0].values["rate"] == 0.0
    assert recording.recipe.learning_rate == 0.25
    assert_consistent(recording)


@pytest.mark.parametrize(
    "change",
    [
        lambda net: nn.utils.clip_grad_norm_(net.parameters(), 0.01),
        lambda net: net[0].weight.grad.add_(0.1 * net[0].weight.detach()),
    ],
)
def test_gradients_that_do_not_follow_from_the_loss_are_external(change):
    recording = watched(model(), between=change)
    assert (recording.recipe.loss, recording.recipe.optimizer) == ("mse", "sgd")
    assert recording.recipe.gradients == "external"
    assert any("other gradients than the loss has (first at step 0)" in note for note in recording.notes)
    assert_consistent(recording)
    moment = recording[0]
    name = "layer1.weight[0,0]"
    assert moment.values[f"{name}.used"] != moment.values[f"{name}.gradient"]
    assert moment.values[f"{name}.change"] == -0.5 * moment.values[f"{name}.used"]
    assert "gradient that the optimizer uses" in str(moment.explain(name))


def test_gradients_without_zero_grad_are_external():
    net = model()
    optimizer = sgd(net)
    with tn.watch(net, optimizer) as watcher:
        for x, y in zip(X, Y, strict=True):  # without zero_grad
            functional.mse_loss(net(x), y).backward()
            optimizer.step()
    recording = watcher.recording
    assert recording.recipe.gradients == "external"
    assert any("first at step 1" in note for note in recording.notes)
    assert_consistent(recording)


def test_the_gradients_of_a_frozen_layer_are_external():
    net = model()
    net[0].requires_grad_(False)
    recording = watched(net)
    assert recording.recipe.gradients == "external"
    assert recording.movement_per_epoch.tolist() == [0.0] * 3
    assert_consistent(recording)


def test_an_optimizer_with_different_rates_is_external():
    net = model()
    optimizer = torch.optim.SGD(
        [{"params": net[0].parameters(), "lr": 0.1}, {"params": net[2].parameters()}], lr=0.5
    )
    recording = watched(net, optimizer)
    assert recording.recipe.optimizer == "external"
    assert any("TinyNet has no formula for the changes of SGD" in note for note in recording.notes)
    assert_consistent(recording)


def test_parameters_changed_between_steps_are_part_of_the_change():
    net = model()
    optimizer = sgd(net)
    with tn.watch(net, optimizer) as watcher:
        for _ in range(3):
            loop(net, optimizer, epochs=1)
            with torch.no_grad():
                net[0].weight.clamp_(-0.3, 0.3)
    recording = watcher.recording
    assert recording.recipe.optimizer == "external"
    assert any("changed between two steps (first at step 4)" in note for note in recording.notes)
    assert np.array_equal(recording[3].after.parameters, recording[4].network.parameters)
