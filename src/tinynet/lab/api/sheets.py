"""Sheets, initial parameters, pictures and recordings for the page."""

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
    MAX_SEEDS,
    MAX_STEPS,
    Experiment,
    InitialParametersRequest,
    SheetRequest,
    check_sheet_request,
    check_size,
    check_training,
)
from tinynet.model.network import Network
from tinynet.numerics.cancellation import check_cancelled
from tinynet.recipe import Recipe
from tinynet.training.recording import Recording
from tinynet.training.train import train
from tinynet.validation import MAX_SEED, check_int


def cell_labels(sheet: Sheet, names: Iterable[str]) -> dict[str, list[str]]:
    """Return [MathML, text, title] for each of these cells.

    In a title, "{2}" is the name of input 2.
    """
    inputs = [f"{{{i}}}" for i in range(sheet.architecture.sizes[0])]
    labels = {}
    for name in names:
        check_cancelled()
        labels[name] = [mathml_symbol(name), text_symbol(name), title(sheet, name, inputs)]
    return labels


def initial_state(architecture: Architecture, recipe: Recipe) -> dict[str, float]:
    """Return the optimizer state before the first step, by name."""
    names = optimizers.state_names(architecture, recipe)
    return {name: 1.0 if name.startswith("decay") else 0.0 for name in names}


def sheet(request: SheetRequest) -> dict[str, Any]:
    """Return a sheet with labels, settings and initial optimizer state.

    The labels are those of the cells.
    """
    check_sheet_request(request)
    found = sheet_of(request.architecture, request.recipe, request.batch)
    return {
        "sheet": found.to_json(),
        "symbols": cell_labels(found, found.cells),
        "settings": optimizers.settings(request.recipe),
        "state": initial_state(request.architecture, request.recipe),
        "parameters": list(request.architecture.parameter_names),
    }


def initial_parameters(request: InitialParametersRequest) -> dict[str, Any]:
    """Return the initial parameters of seeds from `first_seed` on."""
    check_size(request.architecture)
    check_int("count", request.count, 1, MAX_SEEDS)
    check_int("first_seed", request.first_seed, 0, MAX_SEED + 1 - request.count)
    found = []
    for seed in range(request.first_seed, request.first_seed + request.count):
        check_cancelled()
        found.append(Network.initial(request.architecture, seed=seed).parameters.tolist())
    return {"first_seed": request.first_seed, "initial_parameters": found}


def picture_sets(grid: int) -> dict[str, Any]:
    """Return the built-in sets of pictures by name.

    grid : pixels per side.
    """
    check_int("grid", grid, 2, pictures.MAX_GRID)
    sets = {"lines": pictures.lines(grid)}
    if grid == 2:
        sets |= {"fuzzy": pictures.fuzzy(), "stress": pictures.stress(), "world": pictures.binary()}
    return {
        "unsure_below": predictions.UNSURE,
        "sets": {name: examples.to_json() for name, examples in sets.items()},
    }


def recording(request: Experiment) -> Recording:
    """Train and return the recording."""
    source = request.source
    check_training(request.architecture, request.recipe, source)
    steps = request.recipe.epochs * steps_per_epoch(request.recipe, source)
    if steps > MAX_STEPS:
        raise TinyNetError(
            f"the training has {steps:,} steps. The page takes up to {MAX_STEPS:,} steps. Use fewer epochs."
        )
    return train(request.network(), source, request.recipe)
