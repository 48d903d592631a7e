"""What an offline page carries: the sheets of a network, the starts of seeds, and recordings with fewer steps."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any, get_args

import numpy as np

from tinynet.core import optimizers
from tinynet.core.architecture import Architecture
from tinynet.core.sheet import sheet_of
from tinynet.data.batches import examples_per_epoch
from tinynet.errors import TinyNetError
from tinynet.kernels.simd_init import starts
from tinynet.lab.api.requests import SheetRequest, allowed
from tinynet.lab.api.sheets import state_of, written
from tinynet.recipe import Loss, Recipe
from tinynet.training.recording import Recording
from tinynet.training.watched import WatchedRecording

MAX_BATCH = 6  # of the batches to choose from
OPTIMIZERS: tuple[dict[str, Any], ...] = (
    {},
    {"momentum": 0.9},
    {"momentum": 0.9, "nesterov": True},
    {"optimizer": "adam"},
)
Form = tuple[Recipe, int]  # what the formulas of a sheet depend on: a kind of recipe, and pictures in a batch


def own_forms(run: Recording) -> list[Form]:
    """Return the forms that a training needs: single pictures, its batches, and a short last one."""
    shown = {1, *(int(batch) for batch in np.unique((run.batches >= 0).sum(axis=1)))}
    if isinstance(run, WatchedRecording):
        return [(run.recipe, batch) for batch in sorted(shown)]
    recipe = replace(run.recipe, patience=0)  # the page trains up to where it ended
    return [(recipe, batch) for batch in sorted(shown | _batches(run))]


def onward_forms(run: Recording) -> list[Form]:
    """Return the forms to go on by from a step of a watched training, where what it did is known; of others, none further."""
    known = run.examples.targets is not None and "external" not in (run.recipe.loss, run.recipe.optimizer)
    if not isinstance(run, WatchedRecording) or not known:
        return []
    recipe = replace(run.recipe, gradients="loss")
    return [(recipe, batch) for batch in sorted(_batches(run))]


def _batches(run: Recording) -> set[int]:
    """Return the sizes of single pictures, of whole batches and of a short last one, in an epoch here."""
    count, size = examples_per_epoch(run.source), run.recipe.batch_size
    return {1, min(size, count), count % size or min(size, count)}


def choices(run: Recording, *, most_batch: int = MAX_BATCH, losses: bool = True) -> list[Form]:
    """Return the forms that a user may choose besides: optimizers, in batches up to `most_batch`; losses and decay too."""
    batches = {batch for _, batch in own_forms(run)} | {
        *range(1, min(most_batch, examples_per_epoch(run.source)) + 1)
    }
    kinds = [loss for loss in get_args(Loss) if loss != "external"] if losses else (run.recipe.loss,)
    decays = (0.0, 0.01) if losses else (run.recipe.weight_decay,)
    found = [
        (Recipe(loss=loss, weight_decay=decay, **optimizer), batch)
        for loss, decay, optimizer, batch in product(kinds, decays, OPTIMIZERS, sorted(batches))
    ]
    return [form for form in found if fits(run.network.architecture, form)]


def fits(architecture: Architecture, form: Form) -> bool:
    """Whether a form is one that this architecture can have."""
    try:
        allowed(SheetRequest(architecture, *form))
    except TinyNetError:
        return False
    return True


def sheets(architecture: Architecture, forms: Iterable[Form]) -> dict[str, Any]:
    """Return the sheets of these forms: every cell is written once, and a form names its cells by their distances.

    Raises TinyNetError for a form that the page cannot show.
    """
    cells: dict[tuple[Any, ...], int] = {}
    symbols: dict[str, list[str]] = {}
    found: dict[tuple[int, ...], dict[str, Any]] = {}  # recipes of one form have the same cells
    plain = Recipe().to_json()
    for recipe, batch in forms:
        allowed(SheetRequest(architecture, recipe, batch))
        sheet = sheet_of(architecture, recipe, batch)
        symbols |= written(sheet, [name for name in sheet.cells if name not in symbols])
        places = [cells.setdefault((c.name, c.phase, c.formula), len(cells)) for c in sheet.cells.values()]
        found.setdefault(tuple(places), {
            "recipe": {name: value for name, value in recipe.to_json().items() if value != plain[name]},
            "batch": batch,
            "cells": np.diff(places, prepend=0).tolist(),
            "settings": optimizers.settings(recipe),
            "state": state_of(architecture, recipe),
        })  # fmt: skip
    return {
        "architecture": architecture.to_json(),
        "parameters": list(architecture.parameter_names),
        "cells": [*cells],
        "symbols": symbols,
        "forms": [*found.values()],
    }


def table(architecture: Architecture, first: int, count: int) -> bytes:
    """Return the starts of `count` seeds from `first` on, a row of float32 for each."""
    blocks = starts(architecture, np.arange(first, first - count % -64 + count))  # (blocks, P, 64)
    rows = blocks.transpose(0, 2, 1).reshape(-1, architecture.parameter_count)[:count]
    return rows.astype("<f4").tobytes()


def thinned(run: Recording, every: int) -> Recording:
    """Return the recording with every `every`-th of its kept steps; the others are computed again when asked for."""
    kept: dict[str, Any] = {
        name: np.ascontiguousarray(getattr(run, name)[::every])
        for name in ("gradients", "activations", "losses", "batches")
    }
    edges: dict[str, Any] = {
        name: np.concatenate([array[:-1][::every], array[-1:]])
        for name, array in (("parameters", run.parameters), ("state", run.state))
    }
    return replace(run, stride=run.stride * every, **kept, **edges)


def within(run: Recording, most: int) -> bytes:
    """Return the bytes of a recording, with fewer of its steps kept where they are more than `most`.

    A recording of another kind, whose steps do not follow from each other here, stays whole.
    """
    whole, every = run.to_bytes(), 1
    while type(run) is Recording and len(whole) > most and every < len(run.losses):
        every *= 2 * max(1, len(whole) // most // 2)
        whole = thinned(run, every).to_bytes()
    return whole


def labels(runs: tuple[Recording, ...]) -> Iterator[str | None]:
    """Yield a name for each of several recordings: what differs between them."""
    told = [_told(run) for run in runs]
    differing = [key for key in told[0] if len({one[key] for one in told}) > 1]
    if "start" in differing and "seed" in differing:
        differing.remove("seed")  # of the shuffles and the noise, which follow the start's
    found = [", ".join(one[key] for key in differing) for one in told]
    for k, name in enumerate(found):
        if len(runs) == 1:
            yield None
        elif not name:
            yield f"run {k + 1}"
        else:
            yield name if found.count(name) == 1 else f"{name} ({k + 1})"


def _told(run: Recording) -> dict[str, str]:
    """Return what a training is made of, in words."""
    architecture, recipe = run.network.architecture, run.recipe.to_json()
    numbers = {
        name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in recipe.items()
    }
    return {
        "sizes": "-".join(map(str, architecture.sizes)),
        "hidden": f"hidden {architecture.hidden}",
        "output": f"output {architecture.output}",
        "start": run.network.origin,
        "pictures": "a world" if run.world else f"{len(run.examples)} pictures",
        **{name: f"{name.replace('_', ' ')} {number}" for name, number in numbers.items()},
    }
