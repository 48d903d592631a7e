"""The optimizers as formulas, and their state."""

import numpy as np

from tinynet.core.architecture import Architecture
from tinynet.core.formulas import EXTERNAL, Named
from tinynet.numerics.definitions import Formula
from tinynet.recipe import Recipe


def update(architecture: Architecture, recipe: Recipe) -> Named:
    """Yield after = before + change of each parameter.

    The change comes from SGD, momentum, Adam or PyTorch.
    """
    if recipe.optimizer == "adam":
        yield "decay1.after", ("*", "decay1", "beta1")
        yield "decay2.after", ("*", "decay2", "beta2")
    for name in architecture.parameter_names:
        gradient = f"{name}.gradient"
        if recipe.gradients == "external":
            gradient = f"{name}.used"
            yield gradient, EXTERNAL
        if recipe.weight_decay:
            yield f"{name}.decayed", ("+", gradient, ("*", "weight_decay", name))
            gradient = f"{name}.decayed"
        if recipe.optimizer == "adam":
            yield from adam(name, gradient)
        elif recipe.optimizer == "external":
            yield f"{name}.change", EXTERNAL
        else:
            yield from sgd(name, gradient, recipe)
        yield f"{name}.after", ("+", name, f"{name}.change")


def sgd(name: str, gradient: str, recipe: Recipe) -> Named:
    """Yield the change by SGD, with or without momentum.

    change = -rate * gradient, or -rate * velocity with momentum (Sutskever et al. 2013, in PyTorch's form).
    """
    used: Formula = gradient
    if recipe.momentum:
        yield f"{name}.velocity.after", ("+", ("*", "momentum", f"{name}.velocity"), gradient)
        used = f"{name}.velocity.after"
        if recipe.nesterov:
            used = ("+", gradient, ("*", "momentum", used))
    yield f"{name}.change", ("*", ("neg", "rate"), used)


def adam(name: str, gradient: str) -> Named:
    """Yield the change by Adam.

    The formulas are those of Kingma and Ba 2015, algorithm 1. decay1 and decay2 are the powers of the betas.
    """
    mean, square = f"{name}.mean", f"{name}.square"
    yield f"{mean}.after", ("+", ("*", "beta1", mean), ("*", ("-", 1.0, "beta1"), gradient))
    yield f"{square}.after", ("+", ("*", "beta2", square), ("*", ("-", 1.0, "beta2"), gradient, gradient))
    yield f"{mean}.corrected", ("/", f"{mean}.after", ("-", 1.0, "decay1.after"))
    yield f"{square}.corrected", ("/", f"{square}.after", ("-", 1.0, "decay2.after"))
    step: Formula = ("*", ("neg", "rate"), f"{mean}.corrected")
    yield f"{name}.change", ("/", step, ("+", ("sqrt", f"{square}.corrected"), "epsilon"))


def settings(recipe: Recipe) -> dict[str, float]:
    """Return the hyperparameters that the formulas use, by cell name."""
    found = {"rate": recipe.learning_rate}
    if recipe.weight_decay:
        found["weight_decay"] = recipe.weight_decay
    if recipe.optimizer == "adam":
        found |= {"beta1": recipe.beta1, "beta2": recipe.beta2, "epsilon": recipe.epsilon}
    elif recipe.momentum:
        found["momentum"] = recipe.momentum
    return found


def state_names(architecture: Architecture, recipe: Recipe) -> list[str]:
    """Return the cells of the optimizer state.

    The order is that of the state in a recording.
    """
    names = architecture.parameter_names
    if recipe.optimizer == "adam":
        return (
            [f"{name}.mean" for name in names] + [f"{name}.square" for name in names] + ["decay1", "decay2"]
        )
    return [f"{name}.velocity" for name in names] if recipe.momentum else []


def state_size(architecture: Architecture, recipe: Recipe) -> int:
    """Return how many numbers the optimizer state has."""
    count = architecture.parameter_count
    return 2 * count + 2 if recipe.optimizer == "adam" else count if recipe.momentum else 0


def initial_state(architecture: Architecture, recipe: Recipe) -> np.ndarray:
    """Return the optimizer state before the first step. -> (S,)

    The state is zeros, and ones for Adam's two powers.
    """
    found = np.zeros(state_size(architecture, recipe))
    if recipe.optimizer == "adam":
        found[-2:] = 1.0
    return found
