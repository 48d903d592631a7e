"""Memorizer and learner, the ladder's rungs, and Bayes-optimal outputs.

The memorizer and the learner are compared side by side.
"""

from dataclasses import asdict, dataclass, field
from functools import lru_cache, partial
from typing import Annotated, Any

import numpy as np

from tinynet.core.sheet import Sheet
from tinynet.data import pictures
from tinynet.data.pictures import MAX_GRID
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.evaluation import predictions, verdicts
from tinynet.evaluation.bayes import posterior
from tinynet.evaluation.calibration import Reliability, probability, reliability
from tinynet.evaluation.exam import Exam, ExamResult
from tinynet.evaluation.requirements import MEASURES, REQUIREMENTS
from tinynet.experiments.ladder import RUNG, RUNGS, Rung
from tinynet.experiments.population import population
from tinynet.lab.api.fields import Number, Rule, StrictRequest, Text, Whole, WorldJson, limits, one_of
from tinynet.lab.api.requests import Progress
from tinynet.model.network import Network
from tinynet.story.chapters.confidence import short_ladder
from tinynet.story.learner import learner as shipped_learner
from tinynet.story.rung_effects import sentence
from tinynet.validation import check_number

SIDE_BY_SIDE = ("memorizer", "learner")  # keys of rungs
MAX_PICTURES = 5_000  # pictures of a request for Bayes-optimal outputs
PIXEL = {"type": "number", "minimum": 0, "maximum": 1}
MAX_SEEDS = 2_048  # seeds of a rung


@dataclass(frozen=True)
class RungRequest(StrictRequest):
    """One rung of the ladder, for the first seeds.

    The seeds are 0 to networks - 1.
    """

    key: Annotated[Text, one_of("key", RUNG)]
    networks: Annotated[Whole, limits("networks", 1, MAX_SEEDS)] = 256


@dataclass(frozen=True)
class BayesRequest(StrictRequest):
    """Pictures of a world, for the Bayes-optimal outputs."""

    pictures: Annotated[
        list[Annotated[list[Number], Rule(list, {"items": PIXEL, "minItems": 4, "maxItems": MAX_GRID**2})]],
        Rule(list, {"minItems": 1, "maxItems": MAX_PICTURES}),
    ]
    world: WorldJson = field(default_factory=World)


@lru_cache(maxsize=1)
def learner() -> dict[str, Any]:
    """Return both networks, the Bayes scores, and the rungs.

    Each network has its exam results and its reliability.
    """
    full = Exam()
    inputs, _, rows = full.world.draw(np.arange(full.count), seed=full.seed)
    outcomes = full.world.patterns.targets[rows, 0]
    networks = {key: network_of(key) for key in SIDE_BY_SIDE}
    return {
        "networks": {key: _network(network) for key, network in networks.items()},
        "requirements": _exam_rows([full.evaluate(network) for network in networks.values()]),
        "measures": {
            measure.key: {"label": measure.label, "meaning": measure.meaning} for measure in MEASURES
        },
        "reliability": {
            key: _reliability(reliability(probability(network(inputs)), outcomes))
            for key, network in networks.items()
        },
        "pictures": full.count,
        "world": full.world.to_json(),
        "bayes_scores": {name: list(estimate) for name, estimate in vars(full.bayes_scores).items()},
        "rungs": [_rung(one) for one in RUNGS],
        "unsure_below": predictions.UNSURE,
    }


@lru_cache(maxsize=len(RUNGS))
def network_of(key: str) -> Network:
    """Return the network of a rung.

    The network is the learner of the package, or the network of seed 0.
    """
    if key == "learner":
        return shipped_learner()
    rung = RUNG[key]
    trained = population(
        rung.recipe, 1, first_seed=0, examples=rung.pictures(), architecture=rung.architecture
    )
    return trained.network(0)


def _network(network: Network) -> dict[str, Any]:
    """Return a network with its forward sheet, ready for JSON."""
    return {
        "architecture": network.architecture.to_json(),
        "parameters": network.parameters.tolist(),
        "names": list(network.architecture.parameter_names),
        "origin": network.origin,
        "sheet": Sheet.of(network.architecture).to_json(),
    }


def _exam_rows(results: list[ExamResult]) -> list[dict[str, Any]]:
    """Return a row for each requirement of the exam.

    A row has each network's values, and whether the network meets the requirement.
    """
    return [
        {
            "label": requirement.label,
            "text": requirement.text,
            "values": [requirement.values(result.of(0)) for result in results],
            "met": [bool(result.met[0, k]) for result in results],
        }
        for k, requirement in enumerate(REQUIREMENTS)
    ]


def _reliability(bins: Reliability) -> dict[str, Any]:
    """Return the bins of a reliability diagram.

    The means of an empty bin are None.
    """
    filled = bins.count > 0

    def means(values: np.ndarray) -> list[float | None]:
        return [float(x) if some else None for x, some in zip(values, filled, strict=True)]

    return {
        "predicted": means(bins.predicted),
        "observed": means(bins.observed),
        "edges": bins.edges.tolist(),
        "count": bins.count.tolist(),
        "intervals": bins.intervals.tolist(),
        "ece": float(bins.ece),
    }


def _rung(rung: Rung) -> dict[str, Any]:
    """Return a rung and its training data.

    The data is a world, or pictures other than the four lines.
    """
    source = rung.pictures()
    world = source.to_json() if isinstance(source, World) else None
    custom = None if world or source == pictures.lines() else source.to_json()
    return {
        "key": rung.key,
        "name": rung.name,
        "change": rung.change,
        "baseline": rung.baseline,
        "kind": rung.kind,
        "architecture": rung.architecture.to_json(),
        "recipe": rung.recipe.to_json(),
        "world": world,
        "pictures": custom,
    }


def rung(request: RungRequest, progress: Progress) -> dict[str, Any]:
    """Measure a rung and its baseline.

    Earlier results are reused.
    """
    ladder, baseline = short_ladder(request.networks), RUNG[request.key].baseline
    missing = [key for key in (baseline, request.key) if key is not None and not ladder.known(key)]
    for k, key in enumerate(missing):
        ladder.standing(key, partial(_job_progress, progress, k, len(missing)))
    found = ladder.standing(request.key)
    requirements = [
        verdicts.fraction_of(
            count, found.networks, f"networks meet requirement {k + 1}, {REQUIREMENTS[k].label}"
        )
        for k, count in enumerate(found.met)
    ]
    return {
        "standing": asdict(found),
        "sentence": sentence(ladder, request.key),
        "passed": verdicts.fraction_of(
            found.passed, found.networks, "networks pass the whole exam"
        ).to_json(),
        "failing_clean_lines": verdicts.fraction_of(
            found.n_failing_clean_lines, found.networks, "networks fail a clean line"
        ).to_json(),
        "requirements": [verdict.to_json() for verdict in requirements],
    }


def _job_progress(progress: Progress, k: int, jobs: int, done: int, total: int) -> None:
    """Report the progress of job k of several equal jobs."""
    progress(k * total + done, jobs * total)


def bayes(request: BayesRequest) -> dict[str, Any]:
    """Return the Bayes-optimal outputs for pictures."""
    count, pixels = len(request.pictures), request.world.n**2
    if not 1 <= count <= MAX_PICTURES:
        raise TinyNetError(
            f"has {count:,} pictures. It must have 1 to {MAX_PICTURES:,}.", parameter="pictures"
        )
    for number, picture in enumerate(request.pictures):
        if len(picture) != pixels:
            raise TinyNetError(
                f"has a picture {number} with {len(picture)} pixels. Each picture must have {pixels} pixels.",
                parameter="pictures",
            )
    values = np.array(request.pictures)  # (pictures, pixels)
    for number, pixel in np.argwhere(~((values >= 0) & (values <= 1)))[:1]:
        check_number(f"pictures[{number}][{pixel}]", float(values[number, pixel]), 0, 1)
    return {"outputs": posterior(request.world, values).tolist()}
