"""Test which forward and backward passes belong to a step."""

import torch
from torch.nn import functional

import tinynet as tn
from watched_loops import LINES, X, Y, assert_consistent, loop, model, sgd


def test_several_passes_before_a_step_are_one_batch():
    net = model()
    optimizer = sgd(net)
    with tn.watch(net, optimizer) as watcher:
        for _ in range(3):
            for first in (0, 2):
                (functional.mse_loss(net(X[first : first + 2]), Y[first : first + 2]) / 2).backward()
            optimizer.step()
            optimizer.zero_grad()
    recording = watcher.recording
    assert recording.recipe.loss == "mse"
    assert recording[0].names == LINES.names
    assert_consistent(recording)


def test_the_passes_of_one_loss_keep_their_order():
    net = model()
    optimizer = sgd(net)
    with tn.watch(net, optimizer) as watcher:
        optimizer.zero_grad()
        sum(functional.mse_loss(net(x), y) for x, y in zip(X, Y, strict=True)).div(4).backward()
        optimizer.step()
    recording = watcher.recording
    assert recording.recipe.loss == "mse"
    assert recording[0].names == LINES.names


def test_validation_and_other_passes_are_ignored():
    net = model()
    optimizer = sgd(net)
    with tn.watch(net, optimizer) as watcher:
        for k in range(4):
            functional.mse_loss(net(X), Y).backward()  # discarded
            optimizer.zero_grad()
            loss = functional.mse_loss(net(X[k : k + 1]), Y[k : k + 1])
            with torch.no_grad():
                net(1 - X)
            net.eval()
            net(1 - X)
            net.train()
            loss.backward()
            optimizer.step()
    recording = watcher.recording
    assert [moment.names for moment in recording] == [(name,) for name in LINES.names]
    assert recording.recipe.loss == "mse"
    assert len(recording.examples) == 4


def test_a_step_without_gradients_is_not_recorded():
    net = model()
    optimizer = sgd(net)
    with tn.watch(net, optimizer) as watcher:
        optimizer.step()
        loop(net, optimizer)
    recording = watcher.recording
    assert len(recording) == 12


def test_a_pass_with_gradients_of_0_is_a_part_of_the_batch():
    net = model()
    optimizer = sgd(net)
    with tn.watch(net, optimizer) as watcher:
        for _ in range(3):
            optimizer.zero_grad()
            with torch.no_grad():
                own = net(X[:2])
            (functional.mse_loss(net(X[:2]), own) / 2).backward()
            (functional.mse_loss(net(X[2:]), Y[2:]) / 2).backward()
            optimizer.step()
    recording = watcher.recording
    assert len(recording[0].names) == 4
    assert recording.recipe.loss == "mse"
    assert_consistent(recording)
