"""What a watched optimizer did: recognised where the formulas give its change."""

from dataclasses import replace
from functools import reduce
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinynet.core import formulas, optimizers
from tinynet.core.formulas import Formula
from tinynet.errors import TinyNetError
from tinynet.recipe import Recipe

if TYPE_CHECKING:
    import torch

ROUNDINGS = 64  # of so many last places PyTorch's numbers may differ from the formulas'
ANY = SimpleNamespace(parameter_names=("w",))  # all parameters are updated alike

OPERATIONS: dict[str, Any] = {
    "-": np.subtract,
    "/": np.divide,
    "neg": np.negative,
    "sqrt": np.sqrt,
    "+": lambda *xs: reduce(np.add, xs),
    "*": lambda *xs: reduce(np.multiply, xs),
}


class Setting(NamedTuple):
    """An optimizer before a step: the recipe of its formulas, None where none can be; its rate and its memory (S,)."""

    recipe: Recipe | None
    rate: float
    state: np.ndarray


def setting_of(optimizer: "torch.optim.Optimizer", parameters: "list[torch.nn.Parameter]") -> Setting:
    """Return the optimizer's setting for these parameters, as it stands before a step.

    Raises TinyNetError where it has none of them.
    """
    ours = {id(p) for p in parameters}
    groups = [group for group in optimizer.param_groups if any(id(p) in ours for p in group["params"])]
    if not groups:
        raise TinyNetError("this optimizer has none of the model's parameters; give it model.parameters()")
    recipes = [_recipe(group) for group in groups]
    rates = {float(group.get("lr") or 0.0) for group in groups}
    recipe = recipes[0] if len(rates) == 1 and all(r == recipes[0] for r in recipes) else None
    state = np.zeros(0) if recipe is None else _memory(optimizer, parameters, recipe)
    return Setting(
        recipe if state is not None else None,
        float(groups[0].get("lr") or 0.0),
        np.zeros(0) if state is None else state,
    )


def _recipe(group: dict[str, Any]) -> Recipe | None:
    """Return the recipe that a group's settings would be, its rate left out."""
    decay = group.get("weight_decay", 0.0)
    try:
        if "betas" in group:
            beta1, beta2 = map(float, group["betas"])
            return Recipe(
                optimizer="adam", beta1=beta1, beta2=beta2, epsilon=group["eps"], weight_decay=decay
            )
        momentum, nesterov = group.get("momentum", 0.0), bool(group.get("nesterov", False))
        return Recipe(optimizer="sgd", momentum=momentum, nesterov=nesterov, weight_decay=decay)
    except (TinyNetError, TypeError, ValueError, KeyError):
        return None  # settings of another kind


def _memory(
    optimizer: "torch.optim.Optimizer", parameters: "list[torch.nn.Parameter]", recipe: Recipe
) -> np.ndarray | None:
    """Return the optimizer's memory in the order of a recording's state, None where it has another."""
    keys = {"adam": ("exp_avg", "exp_avg_sq"), "sgd": ("momentum_buffer",) if recipe.momentum else ()}
    kept = [optimizer.state.get(p, {}) for p in parameters]
    found = [
        _flat(state.get(key), p)
        for key in keys[recipe.optimizer]
        for state, p in zip(kept, parameters, strict=True)
    ]
    if recipe.optimizer != "adam":
        return np.concatenate(found) if found else np.zeros(0)
    done = {float(state.get("step", 0.0)) for state in kept}
    if len(done) > 1:
        return None
    steps = int(*done)
    return np.concatenate([*found, [_power(recipe.beta1, steps), _power(recipe.beta2, steps)]])


def _power(x: float, k: int) -> float:
    """Return x to the power k, a whole number from 0, by squaring.

    >>> _power(3.0, 5)
    243.0
    """
    found = 1.0
    for bit in f"{k:b}":
        found *= found * (x if bit == "1" else 1.0)
    return found


def _flat(tensor: "torch.Tensor | None", like: "torch.Tensor") -> np.ndarray:
    import torch

    if tensor is None:
        return np.zeros(like.numel())
    return tensor.detach().to("cpu", torch.float64).numpy().ravel()


def reproduces(
    setting: Setting, before: np.ndarray, used: np.ndarray, after: np.ndarray, precision: float
) -> bool:
    """Whether the formulas give the optimizer's step: (P,) before, the gradient it took, after."""
    recipe = setting.recipe
    if recipe is None:
        return False
    values: dict[str, Any] = {
        "w": before,
        "w.used": used,
        **optimizers.settings(recipe),
        "rate": setting.rate,
    }
    count = len(before)
    if recipe.optimizer == "adam":
        mean, square, powers = np.split(setting.state, [count, 2 * count])
        values |= {"w.mean": mean, "w.square": square, "decay1": powers[0], "decay2": powers[1]}
    elif recipe.momentum:
        values["w.velocity"] = setting.state
    recipe = replace(recipe, gradients="external")
    with np.errstate(all="ignore"):
        for name, formula in optimizers.update(ANY, recipe):  # type: ignore[arg-type]
            if formula != formulas.EXTERNAL:
                values[name] = _value(formula, values)
    terms = np.abs(used) + np.abs(values.get("w.velocity", 0.0)) + recipe.weight_decay * np.abs(before)
    size = setting.rate * terms if recipe.optimizer == "sgd" else 16 * np.abs(values["w.change"])
    bound = ROUNDINGS * size + 4 * np.maximum(np.abs(before), np.abs(after))
    return bool((np.abs(values["w.after"] - after) <= precision * bound + 1e-30).all())


def _value(formula: Formula, values: dict[str, Any]) -> Any:
    if isinstance(formula, str):
        return values[formula]
    if not isinstance(formula, tuple):
        return formula
    return OPERATIONS[formula[0]](*(_value(part, values) for part in formula[1:]))
