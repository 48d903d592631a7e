"""Identify the optimizer of a PyTorch step by its numbers."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinynet.core import formulas, optimizers
from tinynet.core.architecture import Architecture
from tinynet.errors import TinyNetError
from tinynet.integrations.torch_watch.rounding import Rounding, evaluate
from tinynet.recipe import Recipe
from tinynet.validation import shown

if TYPE_CHECKING:
    import torch

ONE = Architecture((1, 1))  # the update of its only weight applies to every parameter
WEIGHT, BIAS = ONE.parameter_names


class OptimizerSnapshot(NamedTuple):
    """An optimizer before a step.

    recipe : Recipe, optional. The recipe with the optimizer's formulas; None if TinyNet has no formulas.
    rate : float. The learning rate.
    state : (S,). The optimizer state.
    unknown : tuple of str. The settings that are not part of the formulas, such as "amsgrad=True".
    """

    recipe: Recipe | None
    rate: float
    state: np.ndarray
    unknown: tuple[str, ...] = ()


def snapshot(optimizer: "torch.optim.Optimizer", parameters: "list[torch.nn.Parameter]") -> OptimizerSnapshot:
    """Return the recipe, learning rate and state of an optimizer.

    The optimizer must have these parameters.

    Raises TinyNetError for an optimizer without these parameters.
    """
    ids = {id(p) for p in parameters}
    groups = [group for group in optimizer.param_groups if any(id(p) in ids for p in group["params"])]
    if not groups:
        raise TinyNetError(
            "the optimizer has none of the model's parameters. Create it with model.parameters()."
        )
    recipes = [_recipe(group) for group in groups]
    rates = {float(group.get("lr") or 0.0) for group in groups}
    recipe = recipes[0] if len(rates) == 1 and all(r == recipes[0] for r in recipes) else None
    state = None if recipe is None else _state(optimizer, parameters, recipe)
    rate = float(groups[0].get("lr") or 0.0)
    unknown = tuple(
        dict.fromkeys(setting for group in groups for setting in _settings_without_formula(group))
    )
    if len(groups) > 1 and (len(rates) > 1 or any(r != recipes[0] for r in recipes)):
        unknown += ("different settings for its parameter groups",)
    if state is None:
        return OptimizerSnapshot(None, rate, np.zeros(0), unknown)
    return OptimizerSnapshot(recipe, rate, state, unknown)


def _settings_without_formula(group: dict[str, Any]) -> Iterator[str]:
    """Yield the settings of a parameter group that TinyNet's formulas do not have, as in "dampening=0.5"."""
    for name in ("amsgrad", "maximize", "dampening"):
        value = group.get(name)
        if isinstance(value, int | float) and value:
            yield f"{name}={shown(value)}"
    if group.get("decoupled_weight_decay") is True and _recipe(group) != _recipe(
        group | {"weight_decay": 0.0}
    ):
        yield f"decoupled weight_decay={shown(group['weight_decay'])}"


def _recipe(group: dict[str, Any]) -> Recipe | None:
    """Return the recipe of a parameter group, or None.

    The recipe has the settings of the group, without the learning rate.
    """
    decay = group.get("weight_decay", 0.0)
    try:
        if "betas" in group:
            beta1, beta2 = map(float, group["betas"])
            return _cached_recipe(
                optimizer="adam", beta1=beta1, beta2=beta2, epsilon=group["eps"], weight_decay=decay
            )
        momentum, nesterov = group.get("momentum", 0.0), bool(group.get("nesterov", False))
        return _cached_recipe(optimizer="sgd", momentum=momentum, nesterov=nesterov, weight_decay=decay)
    except (TinyNetError, TypeError, ValueError, KeyError):
        return None  # a recipe has no such settings


@lru_cache(maxsize=1024)
def _cached_recipe(**settings: Any) -> Recipe:
    return Recipe(**settings)


def _state(
    optimizer: "torch.optim.Optimizer", parameters: "list[torch.nn.Parameter]", recipe: Recipe
) -> np.ndarray | None:
    """Return the optimizer state in the recording's order, or None.

    None means another kind of state.
    """
    keys = {"adam": ("exp_avg", "exp_avg_sq"), "sgd": ("momentum_buffer",) if recipe.momentum else ()}
    states = [optimizer.state.get(p, {}) for p in parameters]
    arrays = [
        _flat(state.get(key), p)
        for key in keys[recipe.optimizer]
        for state, p in zip(states, parameters, strict=True)
    ]
    if recipe.optimizer != "adam":
        return np.concatenate(arrays) if arrays else np.zeros(0)
    steps = {float(state.get("step", 0.0)) for state in states}
    if len(steps) > 1:
        return None
    done = int(*steps)
    return np.concatenate([*arrays, [_power(recipe.beta1, done), _power(recipe.beta2, done)]])


def _power(x: float, k: int) -> float:
    """Return x to the power k by repeated squaring.

    k : a whole number from 0.

    >>> _power(3.0, 5)
    243.0
    """
    power = 1.0
    for bit in f"{k:b}":
        power *= power * (x if bit == "1" else 1.0)
    return power


def _flat(tensor: "torch.Tensor | None", like: "torch.Tensor") -> np.ndarray:
    import torch

    if tensor is None:
        return np.zeros(like.numel())
    return tensor.detach().to("cpu", torch.float64).numpy().ravel()


def formulas_explain_step(
    taken: OptimizerSnapshot, before: np.ndarray, used: np.ndarray, after: np.ndarray, rounding: Rounding
) -> bool:
    """Return whether the optimizer's formulas give the step.

    before, used, after : (P,). The parameters before the step, the gradient that the optimizer used, and the parameters
        after the step.
    """
    recipe, exact = taken.recipe, rounding.exact
    if recipe is None:
        return False
    values: dict[str, Any] = {
        WEIGHT: exact(before), f"{WEIGHT}.used": exact(used), **optimizers.settings(recipe), "rate": taken.rate,
    }  # fmt: skip
    count = len(before)
    if recipe.optimizer == "adam":
        mean, square, powers = np.split(taken.state, [count, 2 * count])
        values |= {f"{WEIGHT}.mean": exact(mean), f"{WEIGHT}.square": exact(square)}
        values |= {"decay1": float(powers[0]), "decay2": float(powers[1])}
    elif recipe.momentum:
        values[f"{WEIGHT}.velocity"] = exact(taken.state)
    with np.errstate(all="ignore"):
        for name, formula in optimizers.update(ONE, replace(recipe, gradients="external")):
            if not name.startswith(BIAS) and formula != formulas.EXTERNAL:
                values[name] = evaluate(formula, values)
    return bool(values[f"{WEIGHT}.after"].agrees(after))
