"""What the page asks of Python: requests as records, and the library's answers to them as JSON or bytes."""

from collections.abc import Iterable
from typing import Any

from tinynet.core import optimizers
from tinynet.core.architecture import Architecture
from tinynet.core.explain import title
from tinynet.core.notation import mathml_symbol, text_symbol
from tinynet.core.sheet import Sheet, sheet_of
from tinynet.data import pictures
from tinynet.data.batches import steps_per_epoch
from tinynet.errors import TinyNetError
from tinynet.evaluation import predictions
from tinynet.lab.api.requests import (
    MAX_STARTS,
    MAX_STEPS,
    Experiment,
    SheetRequest,
    StartsRequest,
    allowed,
    small,
)
from tinynet.model.network import Network
from tinynet.recipe import Recipe
from tinynet.training.recording import Recording
from tinynet.training.train import train


def written(made: Sheet, names: Iterable[str]) -> dict[str, list[str]]:
    """Return how these cells of a sheet are written: [MathML, text, words] of each."""
    return {name: [mathml_symbol(name), text_symbol(name), title(made, name)] for name in names}


def state_of(architecture: Architecture, recipe: Recipe) -> dict[str, float]:
    """Return the optimizer's memory before the first nudge, by name."""
    names = optimizers.state_names(architecture, recipe)
    return {name: 1.0 if name.startswith("decay") else 0.0 for name in names}


def sheet(asked: SheetRequest) -> dict[str, Any]:
    """Return the sheet, and how its cells are written."""
    allowed(asked)
    made = sheet_of(asked.architecture, asked.recipe, asked.batch)
    return {
        "sheet": made.to_json(),
        "symbols": written(made, made.cells),
        "settings": optimizers.settings(asked.recipe),
        "state": state_of(asked.architecture, asked.recipe),
        "parameters": list(asked.architecture.parameter_names),
    }


def starts(asked: StartsRequest) -> dict[str, Any]:
    """Return the parameters that the seeds from `first_seed` on draw."""
    small(asked.architecture)
    if not 1 <= asked.count <= MAX_STARTS:
        raise TinyNetError(f"count is {asked.count}; ask for 1 to {MAX_STARTS} starts at once")
    seeds = range(asked.first_seed, asked.first_seed + asked.count)
    return {
        "first_seed": asked.first_seed,
        "starts": [Network.initial(asked.architecture, seed=s).parameters.tolist() for s in seeds],
    }


def picture_sets(grid: int) -> dict[str, Any]:
    """Return the sets of pictures of a grid by name."""
    sets = {"lines": pictures.lines(grid)}
    if grid == 2:
        sets |= {"fuzzy": pictures.fuzzy(), "stress": pictures.stress(), "world": pictures.binary()}
    return {
        "unsure_below": predictions.UNSURE,
        "sets": {name: shown.to_json() for name, shown in sets.items()},
    }


def recording(asked: Experiment) -> Recording:
    """Return the training, recorded."""
    small(asked.architecture)
    steps = asked.recipe.epochs * steps_per_epoch(asked.recipe, asked.source)
    if steps > MAX_STEPS:
        raise TinyNetError(
            f"this training has {steps:,} steps and the page takes {MAX_STEPS:,}; take fewer epochs"
        )
    return train(asked.network(), asked.source, asked.recipe)
