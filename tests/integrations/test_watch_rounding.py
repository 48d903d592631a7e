"""Test that rounding never costs a loop its formulas, and that the bounds of the rounding errors are close."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from random_loops import MISTAKES, OTHER_OPTIMIZERS, lost, watched_loop
from tinynet.integrations.torch_watch import rounding
from tinynet.integrations.torch_watch.rounding import Rounding
from watched_loops import X, Y, model, watched

SMALL = {"max_steps": 6, "widths": (2, 4)}
FLOAT32 = Rounding.of(2.0**-23)


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("first", range(100_000, 100_250, 25))
def test_a_loop_without_a_mistake_keeps_its_formulas(first):
    for seed in range(first, first + 25):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "tinynet.watch stopped")  # some loops diverge
            kinds, recording, expected = watched_loop(seed, **SMALL)
        if lost(recording, expected) != ["limited"]:
            assert lost(recording, expected) == [], (seed, kinds, recording.notes)


@pytest.mark.parametrize("mistake", [*MISTAKES, *OTHER_OPTIMIZERS])
def test_a_loop_with_a_mistake_is_noticed(mistake):
    for seed in range(8):
        kinds, recording, expected = watched_loop(seed, mistake, **SMALL)
        part = "optimizer" if mistake in OTHER_OPTIMIZERS or "decay" in mistake else "gradients"
        assert part in lost(recording, expected), (seed, kinds, recording.notes)


def test_confident_outputs_after_log_softmax_keep_their_formulas():
    torch.manual_seed(0)
    x, t = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]]), torch.tensor([0, 1, 1, 0])
    net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2), nn.LogSoftmax(dim=1))
    recording = watched(net, torch.optim.SGD(net.parameters(), 0.5), nn.NLLLoss(), x, t, epochs=600, batch=4)
    assert recording.losses[-1] < 1e-2
    assert recording.recipe.external == []
    assert recording.agreement().gradient < 1e-6


def test_a_gradient_is_noticed_that_differs_by_more_than_its_rounding():
    for factor, gradients in ((1.0, "loss"), (1 + 2**-23, "loss"), (1 + 2e-5, "external")):
        scale = lambda net, factor=factor: net[2].weight.grad.mul_(factor)  # noqa: E731
        assert watched(model(), between=scale).recipe.gradients == gradients


def test_pytorchs_limit_of_bce_is_named():
    net = model(nn.Sigmoid)
    with torch.no_grad():
        net[2].weight.mul_(1000)
    recording = watched(net, None, nn.BCELoss(), X, Y, batch=4)
    assert recording.recipe.loss == "external"
    assert "BCELoss limits the derivatives for outputs closer to 0 or 1 than 1e-12" in recording.notes[0]
    net = model(None)
    with torch.no_grad():
        net[2].weight.mul_(200)
    recording = watched(net, None, nn.BCEWithLogitsLoss(), X, Y, batch=4)
    assert recording[0].values["example0.layer2.z[0]"] ** 2 > 40**2
    assert recording.recipe.loss == "bce"


# --- the bounds ------------------------------------------------------------------------------------------------


def random_float32(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=shape) * 10.0 ** rng.integers(-3, 4, shape)).astype(np.float32)


def within(found, computed, most=30.0):
    """Assert that float32 results lie within the bound, and that the bound is not much larger than the errors."""
    difference = np.abs(np.asarray(computed, float) - found.value)
    assert (difference <= found.error).all()
    relative = found.error / (np.abs(found.value) + found.rounding.smallest)
    assert np.median(relative) < most * FLOAT32.unit
    assert found.agrees(computed)


def test_the_bounds_hold_for_single_operations():
    x, y = random_float32(1000), np.abs(random_float32(1000, seed=1)) + np.float32(1e-3)
    a, b = FLOAT32.exact(x), FLOAT32.exact(y)
    within(a + b, x + y)
    within(a - b, x - y)
    within(a * b, x * y)
    within(a / b, x / y)
    within(a * b + a / b, x * y + x / y)
    within(b.through(np.sqrt, 0.0), np.sqrt(y))
    within(rounding.log(b), np.log(y))


@pytest.mark.parametrize("kind", ["sigmoid", "tanh", "relu", "softplus", "softmax", "log_softmax"])
def test_the_bounds_hold_for_activations(kind):
    z = np.random.default_rng(0).normal(size=(500, 4)).astype(np.float32) * np.float32(6)
    function = {"softmax": lambda z: z.softmax(1), "log_softmax": lambda z: z.log_softmax(1)}
    computed = function.get(kind, getattr(torch.nn.functional, kind))(torch.tensor(z)).numpy()
    within(rounding.activate(kind, FLOAT32.exact(z)), computed, most=60.0)


def test_the_bound_of_a_product_is_relative_to_its_terms():
    x, y = random_float32(20, 50), random_float32(30, 50, seed=1)
    found = FLOAT32.exact(x).products(FLOAT32.exact(y))
    assert (np.abs(x @ y.T - found.value) <= found.error).all()
    terms = np.abs(x.astype(float)) @ np.abs(y.astype(float)).T
    assert np.allclose(found.error, 50 * FLOAT32.unit * terms, rtol=1e-2)
    total = FLOAT32.exact(x).total()
    assert (np.abs(x.sum(axis=1) - total.value) <= total.error).all()


def test_float64_has_the_rounding_of_both_computations():
    assert Rounding.of(2.0**-52).unit == 2.0**-52
    assert Rounding.of(2.0**-23).unit == 2.0**-24 + 2.0**-53
    assert np.isinf(FLOAT32.gamma(2**25))
