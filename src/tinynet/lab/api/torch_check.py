"""One step computed again by PyTorch."""

from typing import Any

import numpy as np

from tinynet.core.activations import ACTIVATIONS
from tinynet.lab.api.requests import Experiment, check_training
from tinynet.numerics.cancellation import detached
from tinynet.plugins import extra
from tinynet.training.checks import check


def torch_step(request: Experiment) -> dict[str, Any]:
    """Return the loss and every gradient of one step.

    PyTorch computes the step with all examples in float64.

    Raises ImportError if PyTorch is not installed.
    """
    examples = request.examples.examples()
    check_training(request.architecture, request.recipe, examples)
    network = request.network()
    check(request.architecture, examples, request.recipe)
    torch = detached(lambda: extra("torch", "this check", "torch"))  # the first import takes seconds
    layers = [
        [torch.tensor(part, dtype=torch.float64, requires_grad=True) for part in (layer.weight, layer.bias)]
        for layer in network.layers
    ]
    a = torch.tensor(examples.inputs, dtype=torch.float64)
    target = torch.tensor(np.array(examples.targets), dtype=torch.float64)
    for (weight, bias), kind in zip(layers, request.architecture.activations, strict=True):
        z = torch.nn.functional.linear(a, weight, bias)
        a = torch.softmax(z, dim=1) if kind == "softmax" else getattr(torch.nn, ACTIVATIONS[kind].module)()(z)
    if request.recipe.loss == "mse":
        loss = torch.nn.functional.mse_loss(a, target)
    elif request.recipe.loss == "bce":
        loss = torch.nn.functional.binary_cross_entropy(a, target)
    else:
        loss = torch.nn.functional.cross_entropy(z, target)
    loss.backward()
    gradients = np.concatenate(
        [part.grad.numpy().ravel() for layer in layers for part in layer if part.grad is not None]
    )
    names = [f"{name}.gradient" for name in request.architecture.parameter_names]
    cells = {"loss": loss.item()} | dict(zip(names, gradients.tolist(), strict=True))
    return {"torch": torch.__version__, "cells": cells}
