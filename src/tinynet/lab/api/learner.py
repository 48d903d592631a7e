"""What the page asks of memorizers and learners: two networks side by side, the ladder, the best possible answers."""

from dataclasses import asdict, dataclass, field
from functools import lru_cache, partial
from typing import Any

import numpy as np

from tinynet.core.sheet import Sheet
from tinynet.data import pictures
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.evaluation import exam, predictions, verdicts
from tinynet.evaluation.bayes import posterior
from tinynet.evaluation.calibration import Reliability, probability, reliability
from tinynet.evaluation.exam import Exam, ExamResult
from tinynet.experiments.ladder import RUNG, RUNGS, Ladder, Rung
from tinynet.experiments.population import population
from tinynet.lab.api.requests import Progress, WorldJson
from tinynet.model.network import Network
from tinynet.story.learner import learner as shipped_learner
from tinynet.story.rung_effects import sentence

SIDE_BY_SIDE = ("memorizer", "learner")  # rungs of the ladder
MAX_PICTURES = 5_000  # whose best answers are asked at once
MAX_SEEDS = 2_048  # of a rung
KINDS = {"step": "step", "side_experiment": "aside", "pitfall": "trap"}  # as the page names them
RUNG_PICTURES = 5_000  # of the world, in a rung's exam; the two networks sit the full one


@dataclass(frozen=True)
class RungRequest:
    """One rung of the ladder, put to the seeds 0 to networks - 1."""

    key: str
    networks: int = 256


@dataclass(frozen=True)
class BayesRequest:
    """Pictures of a world, to be answered as well as anyone can."""

    pictures: list[list[float]]
    world: WorldJson = field(default_factory=World)


@lru_cache(maxsize=1)
def learner() -> dict[str, Any]:
    """Return both networks with their marks and reliability, the floors, and what the rungs of the ladder are."""
    whole = Exam()
    inputs, _, rows = whole.world.draw(np.arange(whole.count), seed=whole.seed)
    happened = whole.world.patterns.targets[rows, 0]
    networks = {key: kept(key) for key in SIDE_BY_SIDE}
    return {
        "networks": {key: _network(network) for key, network in networks.items()},
        "parts": _parts([whole.sit(network) for network in networks.values()]),
        "reliability": {
            key: _reliability(reliability(probability(network(inputs)), happened))
            for key, network in networks.items()
        },
        "pictures": whole.count,
        "world": whole.world.to_json(),
        "floors": {name: list(estimate) for name, estimate in vars(whole.bayes_scores).items()},
        "rungs": [_rung(one) for one in RUNGS],
        "unsure_below": predictions.UNSURE,
    }


@lru_cache(maxsize=len(RUNGS))
def kept(key: str) -> Network:
    """Return the network that stands for a rung: the learner that comes with the package, or that of seed 0."""
    if key == "learner":
        return shipped_learner()
    rung = RUNG[key]
    crowd = population(rung.recipe, 1, first_seed=0, examples=rung.pictures(), architecture=rung.architecture)
    return crowd.network(0)


def _network(network: Network) -> dict[str, Any]:
    """Describe a network, with the sheet of its answers alone."""
    return {
        "architecture": network.architecture.to_json(),
        "parameters": network.parameters.tolist(),
        "names": list(network.architecture.parameter_names),
        "origin": network.origin,
        "sheet": Sheet.of(network.architecture).to_json(),
    }


def _parts(sat: list[ExamResult]) -> list[dict[str, Any]]:
    """Return a row for each part of the exam: what it asks, and each network's mark with whether that is enough."""
    asked = (
        (f"margin ≥ {exam.LEAST_MARGIN:g}", "{0.margin[0]:.3f}"),
        (f"accuracy ≥ {exam.LEAST_ACCURACY:g}", "{0.accuracy[0]:.4f}"),
        (
            f"|H − V| ≤ {exam.MAX_SURE_OF_GRAY:g} on gray, ≤ {exam.MAX_SURE_OF_DOUBT:g} on the worst",
            "{0.gray[0]:.3f}, {0.worst_doubt[0]:.3f}",
        ),
        (f"≤ {exam.MAX_BRIER:g} × floor", "{0.brier_ratio[0]:.3f}"),
        (f"AUROC ≥ {exam.LEAST_AUROC:g}", "{0.auroc[0]:.3f}"),
        (f"agreement ≥ {exam.LEAST_AGREEMENT:g}", "{0.agreement[0]:.3f}"),
    )
    return [
        {
            "name": name,
            "asked": wanted,
            "marks": [written.format(marks) for marks in sat],
            "passed": [bool(marks.parts[0, k]) for marks in sat],
        }
        for k, (name, (wanted, written)) in enumerate(zip(exam.PARTS, asked, strict=True))
    ]


def _reliability(found: Reliability) -> dict[str, Any]:
    """Return the bins; the means of an empty bin are None."""
    full = found.count > 0
    means = {
        name: [float(x) if some else None for x, some in zip(values, full, strict=True)]
        for name, values in (("predicted", found.predicted), ("observed", found.observed))
    }
    return means | {
        "edges": found.edges.tolist(),
        "count": found.count.tolist(),
        "intervals": found.intervals.tolist(),
        "ece": float(found.ece),
    }


def _rung(rung: Rung) -> dict[str, Any]:
    """Describe a rung, and all that trains it: a world, or pictures where they are not the four lines."""
    source = rung.pictures()
    world = source.to_json() if isinstance(source, World) else None
    own = None if isinstance(source, World) or source == pictures.lines() else source.to_json()
    return {
        "key": rung.key,
        "adds": rung.change,
        "after": rung.baseline,
        "kind": KINDS[rung.kind],
        "architecture": rung.architecture.to_json(),
        "recipe": rung.recipe.to_json(),
        "world": world,
        "pictures": own,
    }


@lru_cache(maxsize=8)
def _ladder(networks: int) -> Ladder:
    return Ladder(networks, exam=Exam(count=RUNG_PICTURES))


def rung(asked: RungRequest, progress: Progress) -> dict[str, Any]:
    """Measure a rung, and the one it is compared with; what was measured once is kept."""
    if asked.key not in RUNG:
        raise TinyNetError(f"there is no rung {asked.key!r}. The rungs are {', '.join(RUNG)}.")
    if not 1 <= asked.networks <= MAX_SEEDS:
        raise TinyNetError(
            f"networks is {asked.networks:,}; the page puts a rung to 1 to {MAX_SEEDS:,} seeds"
        )
    ladder, after = _ladder(asked.networks), RUNG[asked.key].baseline
    missing = [key for key in (after, asked.key) if key is not None and not ladder.known(key)]
    for k, key in enumerate(missing):
        ladder.standing(key, partial(_part, progress, k, len(missing)))
    found = ladder.standing(asked.key)
    parts = [
        verdicts.counted(count, found.networks, f"networks pass part {n} of the exam, {name}").to_json()
        for n, (name, count) in enumerate(zip(exam.PARTS, found.parts, strict=True), 1)
    ]
    return {
        "standing": asdict(found) | {"unsound": found.n_failing_clean_lines},
        "sentence": sentence(ladder, asked.key),
        "passed": verdicts.counted(found.passed, found.networks, "networks pass the whole exam").to_json(),
        "unsound": verdicts.counted(
            found.n_failing_clean_lines, found.networks, "networks fail a clean line"
        ).to_json(),
        "parts": parts,
    }


def _part(progress: Progress, k: int, parts: int, done: int, total: int) -> None:
    """Report the progress of job k of several equal ones."""
    progress(k * total + done, parts * total)


def bayes(asked: BayesRequest) -> dict[str, Any]:
    """Return the best possible answers to the pictures."""
    if not 1 <= len(asked.pictures) <= MAX_PICTURES:
        raise TinyNetError(
            f"there are {len(asked.pictures):,} pictures; ask for 1 to {MAX_PICTURES:,} at once"
        )
    if any(len(picture) != asked.world.n**2 for picture in asked.pictures):
        raise TinyNetError(f"a picture of this world has {asked.world.n**2} pixels, and one of these has not")
    return {"answers": posterior(asked.world, asked.pictures).tolist()}
