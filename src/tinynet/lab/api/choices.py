"""The values in the lists of the page."""

from typing import get_args

from tinynet import recipe
from tinynet.core.activations import ACTIVATIONS, OUTPUTS
from tinynet.core.architecture import INITS

KINDS = {
    "loss": recipe.Loss,
    "order": recipe.Order,
    "optimizer": recipe.Optimizer,
    "schedule": recipe.Schedule,
}


def choices() -> dict[str, list[str]]:
    """Return the choices of a recipe and an architecture by parameter.

    "external", for numbers of a watched PyTorch loop, is left out.

    >>> choices()["optimizer"]
    ['sgd', 'adam']
    """
    words = {name: [word for word in get_args(kind) if word != "external"] for name, kind in KINDS.items()}
    return words | {"hidden": list(ACTIVATIONS), "output": list(OUTPUTS), "init": list(INITS)}
