"""Compare the activation functions with PyTorch and with the sheet."""

import math

import numpy as np
import pytest
import torch

from tinynet.core.activations import ACTIVATIONS
from tinynet.core.forward import activate, evaluate
from tinynet.core.sheet import compiled

SPECIAL = np.array([0.0, -0.0, 1e-300, 1e300, -1e300, np.inf, -np.inf, np.nan])
Z = np.concatenate([np.linspace(-40.0, 40.0, 1601), SPECIAL[:5]])


def derivative(factors, **cells):
    """Multiply the factors in NumPy."""
    found = np.ones_like(next(iter(cells.values())))
    for factor in factors:
        found = found * evaluate(factor, **cells)
    return found


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_and_derivatives_equal_pytorch(name):
    activation = ACTIVATIONS[name]
    z = torch.tensor(Z, requires_grad=True)
    settings = {"threshold": 1000} if name == "softplus" else {}  # the threshold of PyTorch is 20
    theirs = getattr(torch.nn, activation.module)(**settings)(z)
    theirs.sum().backward()
    a = activate(name, Z)
    np.testing.assert_allclose(a, theirs.detach().numpy(), rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(
        derivative(activation.slope("a", "z"), a=a, z=Z), z.grad.numpy(), rtol=1e-13, atol=1e-15
    )
    np.testing.assert_allclose(derivative(activation.slope_by_output("a"), a=a), z.grad.numpy(), atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_numpy_and_the_sheet_compute_equal_bits(name):
    z = np.concatenate([Z, SPECIAL])
    compute = compiled(ACTIVATIONS[name].forward("z"))
    with np.errstate(invalid="ignore"):
        found = activate(name, z)
    np.testing.assert_array_equal(found, [compute({"z": float(value)}) for value in z])
    assert (np.signbit(found[:-1]) == np.signbit([compute({"z": float(value)}) for value in z[:-1]])).all()


def test_softplus_equals_pytorch_above_its_threshold():
    theirs = torch.nn.Softplus()(torch.tensor(Z)).numpy()  # above 20 the value is z
    np.testing.assert_allclose(activate("softplus", Z), theirs, rtol=0, atol=math.exp(-20))
