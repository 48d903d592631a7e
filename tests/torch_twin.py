"""The same training in PyTorch, as a learner would write it: the judge of our numbers."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from tinynet.draws import noisy, shuffled
from tinynet.network import Network
from tinynet.pictures import Examples
from tinynet.recipe import Recipe

ACTIVATIONS = {
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "identity": nn.Identity,
    "softmax": lambda: nn.Softmax(dim=-1),
}


@dataclass
class Steps:
    """What PyTorch did, step by step."""

    parameters: np.ndarray  # (steps + 1, P)
    gradients: np.ndarray  # (steps, P)
    losses: np.ndarray  # (steps,)


def module(network: Network, dtype: torch.dtype = torch.float64) -> nn.Sequential:
    """Return the network as a PyTorch module."""
    layers: list[nn.Module] = []
    for layer in network.layers:
        linear = nn.Linear(*layer.weight.shape[::-1]).to(dtype)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(layer.weight))
            linear.bias.copy_(torch.tensor(layer.bias))
        layers += [linear, ACTIVATIONS[layer.activation]()]
    return nn.Sequential(*layers)


def flat(tensors) -> np.ndarray:
    return np.concatenate([tensor.detach().numpy().ravel() for tensor in tensors])


def optimizer(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    if recipe.optimizer == "adam":
        return torch.optim.Adam(
            model.parameters(),
            recipe.learning_rate,
            (recipe.beta1, recipe.beta2),
            recipe.epsilon,
            recipe.weight_decay,
        )
    return torch.optim.SGD(
        model.parameters(),
        recipe.learning_rate,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
    )


def loss_of(
    model: nn.Sequential, inputs: torch.Tensor, targets: torch.Tensor, recipe: Recipe
) -> torch.Tensor:
    if recipe.loss == "cross_entropy":  # PyTorch's takes the weighted sums, before the softmax
        return nn.functional.cross_entropy(model[:-1](inputs), targets)
    return {"mse": nn.functional.mse_loss, "bce": nn.functional.binary_cross_entropy}[recipe.loss](
        model(inputs), targets
    )


def train(network: Network, examples: Examples, recipe: Recipe, dtype: torch.dtype = torch.float64) -> Steps:
    """Train as `tinynet.train` does, with autograd and torch.optim."""
    model = module(network, dtype)
    nudger = optimizer(model, recipe)
    targets = torch.tensor(examples.targets, dtype=dtype)
    parameters, gradients, losses = [flat(model.parameters())], [], []
    for epoch in range(recipe.epochs):
        order = list(range(len(examples)))
        if recipe.order == "shuffled":
            order = shuffled(len(examples), seed=recipe.seed, epoch=epoch)
        for first in range(0, len(order), recipe.batch_size):
            chosen = order[first : first + recipe.batch_size]
            showings = epoch * len(order) + first + np.arange(len(chosen))
            seen = noisy(examples.inputs[chosen], recipe.noise, seed=recipe.seed, presentations=showings)
            nudger.zero_grad()
            loss = loss_of(model, torch.tensor(seen, dtype=dtype), targets[chosen], recipe)
            loss.backward()
            nudger.step()
            losses.append(loss.item())
            gradients.append(flat(p.grad for p in model.parameters()))
            parameters.append(flat(model.parameters()))
    return Steps(np.array(parameters), np.array(gradients), np.array(losses))
