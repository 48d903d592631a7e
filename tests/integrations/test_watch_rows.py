"""Test names, classes and epochs of the rows of a watched loop."""

import numpy as np
import torch
from torch.nn import functional

import tinynet as tn
from tinynet.integrations.torch_watch.epochs import find_steps_per_epoch
from watched_loops import LINES, X, Y, assert_consistent, loop, model, sgd, watched


def test_rows_get_the_names_of_the_given_examples():
    mine = tn.Examples(LINES.inputs[::-1], LINES.targets[::-1], ("a", "b", "c", "d"), (2, 2), ("flat", "up"))
    net = model()
    optimizer = sgd(net)
    with tn.watch(net, optimizer, examples=mine) as watcher:
        loop(net, optimizer, x=torch.cat([X, torch.full((1, 4), 0.5)]), y=torch.cat([Y, Y[:1]]))
    recording = watcher.recording
    assert recording.examples.names == ("a", "b", "c", "d", "row 4")
    assert recording.examples.target_names == ("flat", "up")
    assert [moment.names[0] for moment in recording][:5] == ["d", "c", "b", "a", "row 4"]
    assert recording.steps_per_epoch == 5


def test_shape_and_target_names_can_be_set():
    net = model()
    optimizer = sgd(net)
    with tn.watch(net, optimizer, shape=(2, 2), target_names=["no", "yes"]) as watcher:
        loop(net, optimizer, x=X * 0.5)
    recording = watcher.recording
    assert (recording.examples.shape, recording.examples.target_names) == ((2, 2), ("no", "yes"))
    assert recording.examples.names == ("row 0", "row 1", "row 2", "row 3")


def test_epochs_are_detected_or_set_by_the_user():
    net, order = model(), torch.tensor([0, 1, 2, 3, 3, 1, 0, 2])
    recording = watched(net, None, functional.mse_loss, X[order], Y[order], epochs=1, batch=2)
    assert (recording.steps_per_epoch, recording.recipe.order) == (2, "shuffled")
    drawn = torch.tensor([0, 1, 1, 3, 2, 1])
    assert watched(model(), None, functional.mse_loss, X[drawn], Y[drawn], epochs=1).steps_per_epoch == 1
    assert (
        find_steps_per_epoch(np.array([[0, 1], [1, 1]] * 2), 2) == 1
    )  # repeated rows in two epochs may be a coincidence
    twice = torch.tensor([0, 1, 2, 3, 2])  # iris has such a row
    net = model()
    recording = watched(net, None, functional.mse_loss, X[twice], Y[twice], batch=2)
    assert (recording.steps_per_epoch, recording.epochs, len(recording.examples)) == (3, 3, 4)
    net = model()
    optimizer = sgd(net)
    with tn.watch(net, optimizer, steps_per_epoch=3) as watcher:
        loop(net, optimizer, x=X[drawn], y=Y[drawn], epochs=1)
    recording = watcher.recording
    assert recording.epochs == 2


def test_the_same_row_twice_in_a_batch_has_two_names():
    twice = torch.tensor([0, 0])
    recording = watched(model(), None, functional.mse_loss, X[twice], Y[twice], epochs=1, batch=2)
    assert recording[0].names == ("row 0 at 0", "row 0 at 1") or recording[0].names == (
        "top at 0",
        "top at 1",
    )
    assert_consistent(recording)
