"""Test that watching changes no number of a loop and removes its hooks."""

import copy
import pickle
import random
import warnings
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies
from torch import nn
from torch.nn import functional

import tinynet as tn
from watched_loops import (
    CLASSES,
    KNOWN,
    OPTIMIZERS,
    X,
    Y,
    assert_consistent,
    loop,
    model,
    numbers,
    sgd,
    state_names_of,
    watched,
)


def closed(net, optimizer, *, epochs=3):
    """Train with a closure, which LBFGS calls several times per step."""

    def closure():
        optimizer.zero_grad()
        loss = functional.mse_loss(net(X), Y)
        loss.backward()
        return loss

    for _ in range(epochs):
        optimizer.step(closure)


def loop_for(name):
    return closed if name == "lbfgs" else loop


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_watching_changes_no_number_and_records_every_number(name):
    plain = model()
    loop_for(name)(plain, OPTIMIZERS[name](plain.parameters()))
    drawn = torch.rand(3)
    seen = model()
    start, optimizer = numbers(seen), OPTIMIZERS[name](seen.parameters())
    with tn.watch(seen, optimizer) as watcher:
        loop_for(name)(seen, optimizer)
    recording = watcher.recording
    assert torch.equal(torch.rand(3), drawn)
    assert all(
        torch.equal(one, other) for one, other in zip(plain.parameters(), seen.parameters(), strict=True)
    )
    assert np.array_equal(recording.initial.parameters, start)
    assert np.array_equal(recording.final.parameters, numbers(seen))
    assert recording.recipe.optimizer == KNOWN.get(name, "external")
    assert_consistent(recording)
    for step in range(len(recording) if name in KNOWN else 0):
        after = [recording[step].values[f"{cell}.after"] for cell in state_names_of(recording)]
        assert np.abs(recording.state[step + 1] - after).max(initial=0.0) < 1e-6


def test_the_random_generators_do_not_change():
    net = model()
    legacy = lambda: np.random.get_state()[1].tolist()  # noqa: E731, NPY002
    generators = [torch.get_rng_state, random.getstate, legacy]
    before = [state() for state in generators]
    watched(net)
    after = [state() for state in generators]
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


def hooks(net, optimizer):
    found = [*net.modules()]
    return [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in found] + [
        len(optimizer._optimizer_step_pre_hooks) + len(optimizer._optimizer_step_post_hooks),
        torch.overrides._get_current_function_mode_stack(),
    ]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, None])
def test_all_hooks_are_removed_at_the_end_and_after_an_exception(error):
    net = model()
    optimizer = sgd(net)
    before, steps = hooks(net, optimizer), []

    def between(net):
        steps.append(0)
        if len(steps) == 6 and error:
            raise error("the user's own")

    passing = pytest.raises(error, match="the user's own") if error else nullcontext()
    with passing, tn.watch(net, optimizer) as watcher:
        loop(net, optimizer, between=between)
    recording = watcher.recording
    assert hooks(net, optimizer) == before
    assert len(recording) == (5 if error else 12)
    reasons = {
        RuntimeError: "ended by RuntimeError after 5 steps",
        KeyboardInterrupt: "interrupted after 5 steps",
    }
    assert (recording.stopped and recording.stopped.reason) == reasons.get(error)
    assert np.array_equal(recording.final.parameters, numbers(net))
    loop(net, optimizer)
    assert len(recording) == (5 if error else 12)


@settings(max_examples=25)
@given(
    seed=strategies.integers(0, 2**31),
    sizes=strategies.lists(strategies.integers(1, 5), min_size=2, max_size=4),
    hidden=strategies.sampled_from([nn.Sigmoid, nn.Tanh, nn.ReLU, nn.Identity]),
    ending=strategies.sampled_from([None, nn.Sigmoid, nn.Tanh, nn.ReLU]),
    loss=strategies.sampled_from([nn.MSELoss(), nn.HuberLoss(), nn.BCEWithLogitsLoss(), nn.L1Loss()]),
    name=strategies.sampled_from([name for name in OPTIMIZERS if name != "lbfgs"]),
    batch=strategies.integers(1, 5),
)
def test_watching_changes_no_number_of_any_loop(seed, sizes, hidden, ending, loss, name, batch):
    torch.manual_seed(seed)
    x, y = torch.randn(5, sizes[0]) / sizes[0], torch.rand(5, sizes[-1])
    plain, seen = (model(ending, hidden, sizes, seed=seed) for _ in range(2))
    loop(plain, OPTIMIZERS[name](plain.parameters()), loss, x, y, epochs=2, batch=batch)
    recording = watched(seen, OPTIMIZERS[name](seen.parameters()), loss, x, y, epochs=2, batch=batch)
    assert np.array_equal(numbers(plain), numbers(seen))
    assert np.array_equal(recording.examples.targets, y.double().numpy())
    assert recording.recipe.gradients == "loss"
    largest = max(
        np.abs(array).max() for array in (recording.losses, recording.gradients, recording.parameters)
    )
    assert_consistent(recording, 1e-5 * max(1.0, largest))


def test_the_model_can_be_copied_and_pickled_inside_the_block():
    net, copies = model(), []
    optimizer = sgd(net)

    def between(net):
        copies.extend([copy.deepcopy(net), pickle.loads(pickle.dumps(net))])
        for one in copies[-2:]:
            assert torch.equal(one(X), net(X))

    with tn.watch(net, optimizer) as watcher:
        loop(net, optimizer, between=between)
    recording = watcher.recording
    assert len(recording) == 12
    assert len(recording.examples) == 4
    loop(copies[0], sgd(copies[0]))
    assert len(recording) == 12


def test_two_models_can_be_watched_at_once():
    one, other = model(), model(None, nn.ReLU)
    optimizers = sgd(one), sgd(other)
    with tn.watch(one, optimizers[0]) as first, tn.watch(other, optimizers[1]) as second:
        loop(one, optimizers[0])
        loop(other, optimizers[1], nn.CrossEntropyLoss(), X, CLASSES)
    assert (len(first.recording), first.recording.recipe.loss) == (12, "mse")
    assert (len(second.recording), second.recording.recipe.loss) == (12, "cross_entropy")


def test_a_supported_loop_gives_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recording = watched(model())
    assert (len(recording), recording.recipe.external) == (12, [])
