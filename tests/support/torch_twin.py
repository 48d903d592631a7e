"""Train in PyTorch with autograd, as an independent reference."""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from tinynet.data.batches import Source, batch_arrays, batch_indices, steps_per_epoch
from tinynet.model.network import Network
from tinynet.recipe import Recipe

ACTIVATIONS = {
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "identity": nn.Identity,
    "softplus": nn.Softplus,
    "softmax": lambda: nn.Softmax(dim=-1),
}


@dataclass
class Steps:
    """The numbers of a PyTorch training, step by step."""

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
    share = recipe.label_smoothing
    if recipe.loss == "cross_entropy":  # the loss in PyTorch takes the weighted sums
        return nn.functional.cross_entropy(model[:-1](inputs), targets, label_smoothing=share)
    targets = (1 - share) * targets + share / targets.shape[1]
    return {"mse": nn.functional.mse_loss, "bce": nn.functional.binary_cross_entropy}[recipe.loss](
        model(inputs), targets
    )


def weighted_loss(
    model: nn.Sequential, inputs: torch.Tensor, targets: torch.Tensor, recipe: Recipe, weights: torch.Tensor
) -> torch.Tensor:
    """Return the mean of each example's loss times its weight."""
    rows = range(len(inputs))
    losses = [loss_of(model, inputs[k : k + 1], targets[k : k + 1], recipe) for k in rows]
    return (weights * torch.stack(losses)).mean()


def rate_factor(recipe: Recipe, step: int, steps: int) -> float:
    """Return the learning rate of a step, divided by that of the first step."""
    done = min(1.0, step / max(1, steps - 1))
    if recipe.schedule == "hold_then_decay":
        return recipe.final_fraction ** max(0.0, (done - recipe.hold_fraction) / (1 - recipe.hold_fraction))
    if recipe.schedule == "cosine":
        return recipe.final_fraction + (1 - recipe.final_fraction) * (1 + math.cos(math.pi * done)) / 2
    return 1.0


def train(
    network: Network,
    examples: Source,
    recipe: Recipe,
    dtype: torch.dtype = torch.float64,
    weights: np.ndarray | None = None,
) -> Steps:
    """Train as `tinynet.train` does, with autograd and torch.optim."""
    model = module(network, dtype)
    torch_optimizer = optimizer(model, recipe)
    parameters, gradients, losses = [flat(model.parameters())], [], []
    steps = recipe.epochs * steps_per_epoch(recipe, examples)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        torch_optimizer, lambda step: rate_factor(recipe, step, steps)
    )
    for step in range(steps):
        shown = batch_indices(recipe, examples, step, step + 1)
        inputs, targets = (
            torch.tensor(seen[shown.ravel() >= 0], dtype=dtype)
            for seen in batch_arrays(replace(recipe, label_smoothing=0.0), examples, step, shown)
        )
        torch_optimizer.zero_grad()
        loss = loss_of(model, inputs, targets, recipe)
        if weights is not None:
            some = torch.tensor(weights[shown[shown >= 0]], dtype=dtype)
            loss = weighted_loss(model, inputs, targets, recipe, some)
        loss.backward()
        torch_optimizer.step()
        schedule.step()
        losses.append(loss.item())
        gradients.append(flat(p.grad for p in model.parameters()))
        parameters.append(flat(model.parameters()))
    return Steps(np.array(parameters), np.array(gradients), np.array(losses))
