"""Many seeds for the page.

The results are how many classify the examples correctly, and their margins.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from tinynet.data.batches import Source, examples_per_epoch
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError, counted
from tinynet.evaluation import predictions, verdicts
from tinynet.evaluation.verdicts import Verdict
from tinynet.experiments.population import Population, all_right_phrase, population
from tinynet.lab.api.fields import (
    ArchitectureJson,
    FirstSeed,
    Number,
    RecipeJson,
    StrictRequest,
    Whole,
    WorldJson,
    limits,
)
from tinynet.lab.api.requests import MAX_NETWORKS, MAX_WORK, ExamplesJson, Progress, check_training

BINS = 60  # bins of a histogram, 30 on each side of zero
SEEDS_PER_BIN = 12


@dataclass(frozen=True)
class PopulationRequest(StrictRequest):
    """One recipe for many seeds.

    inputs : one example. The predictions for this example are counted.
    world : the distribution that pictures are drawn from. The world replaces the examples.
    """

    architecture: ArchitectureJson
    recipe: RecipeJson
    examples: ExamplesJson
    inputs: list[Number]
    networks: Annotated[Whole, limits("networks", 1, MAX_NETWORKS)] = 1000
    first_seed: FirstSeed = 0
    world: WorldJson | None = None


def train_population(request: PopulationRequest, progress: Progress) -> dict[str, Any]:
    """Train the population.

    Returns verdicts, and a histogram of the margins on `inputs`.
    """
    source = request.world or request.examples.examples()
    _check(request, source)
    trained = population(
        request.recipe, request.networks, first_seed=request.first_seed, examples=source,
        architecture=request.architecture, progress=progress,
    )  # fmt: skip
    outputs = trained.outputs(np.array([request.inputs]))[:, 0]  # (networks, outputs)
    margins = outputs[:, 0] - outputs[:, 1] if outputs.shape[1] == 2 else np.full(len(trained), np.nan)
    verdicts_by_name = _verdicts(trained, margins)
    return {
        "networks": len(trained),
        "verdicts": {name: verdict.to_json() for name, verdict in verdicts_by_name.items()},
        "histogram": _histogram(trained, margins),
    }


def _check(request: PopulationRequest, source: Source) -> None:
    """Raise a TinyNetError for a request that does not fit.

    The request must fit the page. `population` checks the rest.
    """
    check_training(request.architecture, request.recipe, source)
    if isinstance(source, Examples) and source.regression:
        raise TinyNetError("this comparison needs a classifier. These examples have numbers to predict.")
    found, expected = len(request.inputs), request.architecture.sizes[0]
    if found != expected:
        raise TinyNetError(
            f"has {counted(found, 'number')}. It must have {expected:,}, one for each input.",
            parameter="inputs",
        )
    steps = request.recipe.epochs * examples_per_epoch(source)
    work = request.networks * steps * request.architecture.parameter_count
    if work > MAX_WORK:
        raise TinyNetError(
            f"{request.networks:,} networks of {request.recipe.epochs:,} epochs are {work / MAX_WORK:.1f} times the work "
            "that the page allows. Use fewer seeds or epochs, or run `tinynet population`."
        )


def _verdicts(trained: Population, margins: np.ndarray) -> dict[str, Verdict]:
    """Return how many networks are correct.

    For two classes, there are also verdicts on the predicted classes of the picture.
    """
    correct, classes = trained.all_right, trained.examples.target_names
    thing = trained.examples.noun()
    found = {"all_right": trained.fraction(correct, all_right_phrase(trained.examples))}
    if len(classes) != 2:
        return found
    sure = np.abs(margins) >= predictions.UNSURE
    found["first_class"] = trained.fraction(margins > 0, f"predict {classes[0]} for this {thing}")
    found["sure"] = trained.fraction(sure, f"are sure of this {thing}")
    if 0 < correct.sum() < len(trained):
        who = f"networks that get every {thing} right"
        found["learned_first_class"] = verdicts.fraction(
            margins[correct] > 0, f"{who} predict {classes[0]} for this {thing}"
        )
        found["learned_sure"] = verdicts.fraction(sure[correct], f"{who} are sure of this {thing}")
    return found


def _histogram(trained: Population, margins: np.ndarray) -> dict[str, Any] | None:
    """Return edges, counts and some seeds of each bin.

    The result is None if no margin is finite.
    """
    finite = np.isfinite(margins)
    if not finite.any():
        return None
    top = float(np.abs(margins[finite]).max()) or 1.0
    edges = np.linspace(-top, top, BINS + 1)
    place = np.clip(np.searchsorted(edges, margins[finite], side="right") - 1, 0, BINS - 1)
    seeds = trained.seeds[finite]
    members = [seeds[np.flatnonzero(place == k)[:SEEDS_PER_BIN]].tolist() for k in range(BINS)]
    counts = np.bincount(place, minlength=BINS).tolist()
    return {"edges": edges.tolist(), "counts": counts, "seeds": members, "left_out": int((~finite).sum())}
