"""The page's question to many seeds: how many of them get it right, and how far they lean."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinynet.data.batches import examples_per_epoch
from tinynet.errors import TinyNetError
from tinynet.evaluation import predictions, verdicts
from tinynet.experiments.population import Population, population
from tinynet.lab.api.requests import (
    MAX_NETWORKS,
    MAX_WORK,
    ArchitectureJson,
    ExamplesJson,
    Progress,
    RecipeJson,
    WorldJson,
    small,
)
from tinynet.training.checks import check

BINS = 60  # of a histogram, half on either side of zero
SEEDS_PER_BIN = 12


@dataclass(frozen=True)
class PopulationRequest:
    """A question to many seeds: what do they say of `picture`, and do they get all examples right?"""

    architecture: ArchitectureJson
    recipe: RecipeJson
    examples: ExamplesJson
    picture: list[float]
    networks: int = 1000
    first_seed: int = 0
    world: WorldJson | None = None  # where the pictures are drawn from, instead of the examples


def ask_seeds(asked: PopulationRequest, progress: Progress) -> dict[str, Any]:
    """Put the question to the seeds; return verdicts, and the histogram of the first answer minus the second."""
    if asked.world is None and asked.examples.examples().regression:
        raise TinyNetError(
            "many seeds are asked for answers that are right or wrong; these examples have numbers to predict"
        )
    crowd = _crowd(asked, progress)
    answers = crowd.examples.target_names
    outputs = crowd.outputs(np.array([asked.picture]))[:, 0]  # (N, outputs)
    gap = outputs[:, 0] - outputs[:, 1] if len(answers) == 2 else np.full(len(crowd), np.nan)
    found = {"all_right": crowd.share(crowd.all_right, f"get all {len(crowd.examples)} pictures right")}
    if len(answers) == 2:
        found["lean"] = crowd.share(gap > 0, f"lean to {answers[0]} on this picture")
        found["sure"] = crowd.share(np.abs(gap) >= predictions.UNSURE, "are sure of this picture")
        learned = crowd.all_right
        if 0 < learned.sum() < len(crowd):
            what = f"networks that get every picture right lean to {answers[0]} on this picture"
            found["learned_lean"] = verdicts.share(gap[learned] > 0, what)
            what = "networks that get every picture right are sure of this picture"
            found["learned_sure"] = verdicts.share(np.abs(gap[learned]) >= predictions.UNSURE, what)
    return {
        "networks": len(crowd),
        "verdicts": {name: verdict.to_json() for name, verdict in found.items()},
        "histogram": _histogram(crowd, gap),
    }


def _crowd(asked: PopulationRequest, progress: Progress) -> Population:
    small(asked.architecture)
    source = asked.world or asked.examples.examples()
    if len(asked.picture) != asked.architecture.sizes[0]:
        raise TinyNetError(
            f"the picture has {len(asked.picture)} pixels and the network takes {asked.architecture.sizes[0]}"
        )
    if not 1 <= asked.networks <= MAX_NETWORKS:
        raise TinyNetError(f"networks is {asked.networks:,}; ask 1 to {MAX_NETWORKS:,} seeds")
    work = (
        asked.networks * asked.recipe.epochs * examples_per_epoch(source) * asked.architecture.parameter_count
    )
    if work > MAX_WORK:
        raise TinyNetError(
            f"{asked.networks:,} networks of {asked.recipe.epochs:,} epochs are {work / MAX_WORK:.1f} times what the page "
            "may ask; take fewer seeds or epochs, or ask `tinynet population`"
        )
    check(asked.architecture, source, asked.recipe)
    return population(
        asked.recipe, asked.networks, first_seed=asked.first_seed, examples=source,
        architecture=asked.architecture, progress=progress,
    )  # fmt: skip


def _histogram(crowd: Population, gap: np.ndarray) -> dict[str, Any] | None:
    """Return edges, counts, and some members' seeds of each bin; None where no number is finite."""
    finite = np.isfinite(gap)
    if not finite.any():
        return None
    top = float(np.abs(gap[finite]).max()) or 1.0
    edges = np.linspace(-top, top, BINS + 1)
    place = np.clip(np.searchsorted(edges, gap[finite], side="right") - 1, 0, BINS - 1)
    seeds = crowd.seeds[finite]
    members = [seeds[np.flatnonzero(place == k)[:SEEDS_PER_BIN]].tolist() for k in range(BINS)]
    counts = np.bincount(place, minlength=BINS).tolist()
    return {"edges": edges.tolist(), "counts": counts, "seeds": members, "left_out": int((~finite).sum())}
