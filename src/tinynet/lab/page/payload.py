"""The data of an offline page.

The data is sheets, initial parameters, and recordings with fewer steps.
"""

import base64
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any, get_args

import numpy as np

from tinynet.core import optimizers
from tinynet.core.architecture import Architecture
from tinynet.core.sheet import sheet_of
from tinynet.data.batches import examples_per_epoch
from tinynet.errors import TinyNetError, counted
from tinynet.kernels.simd_init import initial_blocks
from tinynet.lab.api import requests
from tinynet.lab.api.requests import SheetRequest, check_sheet_request
from tinynet.lab.api.sheets import cell_labels, initial_state
from tinynet.numerics.integers import ceil_div
from tinynet.recipe import Loss, Recipe
from tinynet.training.recording import Recording
from tinynet.training.watched import OPTIONAL_ARRAYS, WATCHED_ARRAYS, WatchedRecording

MAX_BATCH = 6  # largest batch on a page
MAX_PACKING = 20  # no recording is packed to a smaller fraction than 1/20
OPTIMIZERS: tuple[dict[str, Any], ...] = (
    {},
    {"momentum": 0.9},
    {"momentum": 0.9, "nesterov": True},
    {"optimizer": "adam"},
)
Form = tuple[Recipe, int]  # recipe and batch size; they decide the formulas of a sheet


def check_size(run: Recording) -> None:
    """Raise a TinyNetError for a recording that is too large for the page."""
    count = run.network.architecture.parameter_count
    if count > requests.MAX_PARAMETERS:
        raise TinyNetError(
            f"the network has {count:,} parameters. The page shows networks of up to {requests.MAX_PARAMETERS:,} parameters. "
            "Use fewer hidden nodes."
        )
    batch = max(batch for _, batch in required_forms(run))
    limit = min(requests.MAX_BATCH, requests.MAX_BATCH_PARAMETERS // count)
    if batch > limit:
        raise TinyNetError(
            f"the training has steps with {batch:,} examples. With the {count:,} parameters of this network, the page shows steps "
            f"with up to {counted(limit, 'example')}. Train with a batch size of at most {limit:,}, or use fewer hidden nodes."
        )


def required_forms(run: Recording) -> list[Form]:
    """Return the forms of a training.

    The forms are single examples, the batches, and a smaller last batch.
    """
    recorded = {1, *(int(batch) for batch in np.unique((run.batches >= 0).sum(axis=1)))}
    if isinstance(run, WatchedRecording):
        return [(run.recipe, batch) for batch in sorted(recorded)]
    recipe = replace(run.recipe, patience=0)  # the page trains as many epochs as were recorded
    return [(recipe, batch) for batch in sorted(recorded | _batch_sizes(run))]


def resume_forms(run: Recording) -> list[Form]:
    """Return the forms to continue a recorded PyTorch loop.

    The loss and the optimizer of the loop must be known.
    """
    known = run.examples.targets is not None and "external" not in (run.recipe.loss, run.recipe.optimizer)
    if not isinstance(run, WatchedRecording) or not known:
        return []
    recipe = replace(run.recipe, gradients="loss")
    return [(recipe, batch) for batch in sorted(_batch_sizes(run))]


def _batch_sizes(run: Recording) -> set[int]:
    """Return 1, the batch size, and the last batch's size.

    The last batch is that of an epoch.
    """
    count, size = examples_per_epoch(run.source), run.recipe.batch_size
    return {1, min(size, count), count % size or min(size, count)}


def selectable_forms(run: Recording, *, max_batch: int = MAX_BATCH, losses: bool = True) -> list[Form]:
    """Return the forms that a page's user can choose.

    max_batch : largest additional batch size.
    losses : whether to include other losses and weight decay.
    """
    batches = {batch for _, batch in required_forms(run)}
    batches |= {*range(1, min(max_batch, examples_per_epoch(run.source)) + 1)}
    kinds = [loss for loss in get_args(Loss) if loss != "external"] if losses else (run.recipe.loss,)
    decays = (0.0, 0.01) if losses else (run.recipe.weight_decay,)
    found = [
        (Recipe(loss=loss, weight_decay=decay, **optimizer), batch)
        for loss, decay, optimizer, batch in product(kinds, decays, OPTIMIZERS, sorted(batches))
    ]
    return [form for form in found if _is_allowed(run.network.architecture, form)]


def _is_allowed(architecture: Architecture, form: Form) -> bool:
    """Return whether the page can show a form."""
    try:
        check_sheet_request(SheetRequest(architecture, *form))
    except TinyNetError:
        return False
    return True


def sheets(architecture: Architecture, forms: Iterable[Form]) -> dict[str, Any]:
    """Return the sheets of these forms, ready for JSON.

    Each cell is written once. A form refers to its cells by the differences of the indices.

    Raises TinyNetError for a form that the page cannot show.
    """
    cells: dict[tuple[Any, ...], int] = {}
    symbols: dict[str, list[str]] = {}
    found: dict[tuple[int, ...], dict[str, Any]] = {}  # recipes with equal cells have one entry
    plain = Recipe().to_json()
    for recipe, batch in forms:
        check_sheet_request(SheetRequest(architecture, recipe, batch))
        sheet = sheet_of(architecture, recipe, batch)
        symbols |= cell_labels(sheet, [name for name in sheet.cells if name not in symbols])
        places = [cells.setdefault((c.name, c.phase, c.formula), len(cells)) for c in sheet.cells.values()]
        found.setdefault(tuple(places), {
            "recipe": {name: value for name, value in recipe.to_json().items() if value != plain[name]},
            "batch": batch,
            "cells": np.diff(places, prepend=0).tolist(),
            "settings": optimizers.settings(recipe),
            "state": initial_state(architecture, recipe),
        })  # fmt: skip
    return {
        "architecture": architecture.to_json(),
        "parameters": list(architecture.parameter_names),
        "cells": [*cells],
        "symbols": symbols,
        "forms": [*found.values()],
    }


def initial_parameters(architecture: Architecture, first: int, count: int) -> bytes:
    """Return the initial parameters of `count` seeds.

    The seeds begin with `first`. Each seed has a row of float32.
    """
    whole_blocks = ceil_div(count, 64) * 64
    blocks = initial_blocks(architecture, np.arange(first, first + whole_blocks))  # (blocks, parameters, 64)
    rows = blocks.transpose(0, 2, 1).reshape(-1, architecture.parameter_count)[:count]
    return rows.astype("<f4").tobytes()


def thin_out(run: Recording, every: int) -> Recording:
    """Return the recording with fewer stored steps.

    Every `every`-th step stays. The other steps are recomputed on demand, except in a PyTorch loop.
    """
    names, kept = ["gradients", "activations", "losses", "batches"], dict[str, Any]()
    if isinstance(run, WatchedRecording):
        names += [*WATCHED_ARRAYS, *(name for name in OPTIONAL_ARRAYS if getattr(run, name) is not None)]
        if run.changes is None:
            kept["changes"] = np.ascontiguousarray(np.diff(run.parameters, axis=0)[::every])
    kept |= {name: np.ascontiguousarray(getattr(run, name)[::every]) for name in names}
    edges: dict[str, Any] = {
        name: np.concatenate([array[:-1][::every], array[-1:]])
        for name, array in (("parameters", run.parameters), ("state", run.state))
    }
    return replace(run, stride=run.stride * every, **kept, **edges)


def fit_to_size(run: Recording, max_bytes: int) -> bytes:
    """Return the bytes of a recording, thinned out to fit.

    The recording has fewer stored steps if it has more than `max_bytes`.

    The size of a PyTorch loop is that of the packed bytes, because its missing steps cannot be recomputed.
    """
    watched = isinstance(run, WatchedRecording)
    data, every = run.to_bytes(), 1
    while _stored_size(data, max_bytes, packed=watched) > max_bytes and every < len(run.losses):
        every *= 2 if watched else 2 * max(1, len(data) // max_bytes // 2)
        data = thin_out(run, every).to_bytes()
    return data


def _stored_size(data: bytes, max_bytes: int, *, packed: bool) -> int:
    """Return the bytes of a recording in a page. Bytes that no packing makes small enough are not packed."""
    if not packed or len(data) > MAX_PACKING * max_bytes:
        return len(data)
    return len(base64.b64encode(zlib.compress(data)))


def distinguishing_names(runs: tuple[Recording, ...]) -> Iterator[str | None]:
    """Yield a name for each recording from the differing settings."""
    settings = [_settings(run) for run in runs]
    differing = [key for key in settings[0] if len({one[key] for one in settings}) > 1]
    if "initial" in differing and "seed" in differing:
        differing.remove("seed")  # the origin of the initial parameters contains the seed
    names = [", ".join(one[key] for key in differing) for one in settings]
    for k, name in enumerate(names):
        if len(runs) == 1:
            yield None
        elif not name:
            yield f"run {k + 1}"
        else:
            yield name if names.count(name) == 1 else f"{name} ({k + 1})"


def _settings(run: Recording) -> dict[str, str]:
    """Return the settings of a training as words."""
    architecture, recipe = run.network.architecture, run.recipe.to_json()
    numbers = {
        name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in recipe.items()
    }
    return {
        "sizes": "-".join(map(str, architecture.sizes)),
        "hidden": f"hidden {architecture.hidden}",
        "output": f"output {architecture.output}",
        "initial": run.network.origin,
        "examples": "a world" if run.world else counted(len(run.examples), run.examples.noun()),
        **{name: f"{name.replace('_', ' ')} {number}" for name, number in numbers.items()},
    }
