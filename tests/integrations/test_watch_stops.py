"""Test recordings that end before the loop; the loop does not change."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch
from torch.nn import functional

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.integrations.torch_watch import step_log
from watched_loops import X, Y, assert_consistent, loop, model, numbers, sgd, step


def test_an_empty_batch_is_refused_or_ends_the_recording():
    net = model()
    optimizer = sgd(net)
    total = lambda out, y: out.sum()  # noqa: E731
    with pytest.raises(TinyNetError, match="the batch of this step is empty"), tn.watch(net, optimizer):
        step(net, optimizer, total, X[:0])
    with tn.watch(net, optimizer) as watcher:
        step(net, optimizer, total, X)
        with pytest.warns(UserWarning, match="the batch of this step is empty"):
            step(net, optimizer, total, X[:0])
        step(net, optimizer, total, X)
    recording = watcher.recording
    assert len(recording) == 1
    assert_consistent(recording)


def test_a_layer_under_autocast_is_named():
    net = model()
    optimizer = sgd(net)
    half = lambda: torch.autocast("cpu", torch.bfloat16)  # noqa: E731
    with tn.watch(net, optimizer) as watcher:
        with half():
            net(X)  # a pass that belongs to no step is not checked
        loop(net, optimizer, epochs=1)
        optimizer.zero_grad()
        with half():
            loss = functional.mse_loss(net(X), Y)
        loss.backward()
        with pytest.warns(UserWarning, match="layer '0' computed in torch.bfloat16 .* under autocast"):
            optimizer.step()
    assert len(watcher.recording) == 4


def test_unsupported_targets_end_the_recording():
    plain, net = model(None), model(None)
    sparse = lambda out, y: torch.sparse.mm(y.to_sparse(), out.T).sum()  # noqa: E731
    for one in (plain, net):
        optimizer = sgd(one, lr=0.01)
        with nullcontext() if one is plain else tn.watch(one, optimizer) as watcher:
            loop(one, optimizer, epochs=1)
            if one is plain:
                loop(one, optimizer, sparse, epochs=1)
                continue
            with pytest.warns(UserWarning, match="tinynet.watch stopped: recorded up to step 4"):
                loop(one, optimizer, sparse, epochs=1)
    assert np.array_equal(numbers(net), numbers(plain))
    assert len(watcher.recording) == 4


def test_a_number_that_is_not_finite_ends_the_recording():
    net = model(None)
    optimizer = sgd(net, lr=1e30)
    with (
        pytest.warns(UserWarning, match=r"tinynet.watch stopped: .* at step \d+"),
        tn.watch(net, optimizer) as watcher,
    ):
        loop(net, optimizer, epochs=5)
    recording = watcher.recording
    assert recording.stopped.cell
    with (
        pytest.raises(TinyNetError, match="nothing was recorded: loss is not a number at step 0"),
        pytest.warns(UserWarning, match="not a number"),
        tn.watch(net, optimizer),
    ):
        loop(net, optimizer, x=X * np.nan, epochs=1)
    assert len(recording) == recording.stopped.step < 20
    assert np.isfinite(recording.parameters).all()
    assert tn.diagnose(recording)[0].kind == "divergence"


def test_a_later_error_ends_the_recording():
    net = model()
    optimizer, steps = sgd(net), []

    def between(net):
        steps.append(0)
        if len(steps) == 7:
            net[2].register_forward_hook(lambda module, inputs, output: output * 1.0 + 1e-3)

    with (
        pytest.warns(UserWarning, match="the outputs of layer '2' do not follow"),
        tn.watch(net, optimizer) as watcher,
    ):
        loop(net, optimizer, between=between)
    recording = watcher.recording
    assert len(steps) == 12
    assert len(recording) == 7
    assert "recorded up to step 7: the outputs of layer '2' do not follow" in recording.stopped.reason


def test_the_memory_of_a_recording_is_limited(monkeypatch):
    monkeypatch.setattr(step_log, "MAX_BYTES", 4000)
    plain, net = model(), model()
    loop(plain, sgd(plain))
    optimizer = sgd(net)
    with (
        pytest.warns(UserWarning, match="The training continues without recording"),
        tn.watch(net, optimizer) as watcher,
    ):
        loop(net, optimizer)
    recording = watcher.recording
    assert 4 < len(recording) < 12
    assert "recorded up to step" in recording.stopped.reason
    assert np.array_equal(numbers(net), numbers(plain))
