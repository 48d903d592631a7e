"""A learner to keep: chosen on validation pictures, with a model card; and the one that comes with the package."""

from dataclasses import replace
from functools import lru_cache
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import numpy as np

from tinynet import files, plots, rng
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.evaluation.calibration import Reliability, brier, probability, reliability
from tinynet.evaluation.exam import Exam, ExamResult
from tinynet.evaluation.verdicts import percent
from tinynet.experiments.ladder import RUNG
from tinynet.experiments.population import population
from tinynet.model.network import Network
from tinynet.recipe import Recipe
from tinynet.training.recording import Recording
from tinynet.training.train import train

SHIPPED = "learner.safetensors"
CANDIDATES, FIRST_CANDIDATE = 64, 2_000_000  # seeds that the kept learner is chosen from
KEPT_STEPS = 20  # of the kept learner's recording; any other is computed again
VALIDATION_PICTURES, CARD_PICTURES, BINS = 10_000, 20_000, 10


def choose(candidates: int = CANDIDATES) -> Recording:
    """Train the learner's recipe from `candidates` seeds; return the recording of the best on validation pictures.

    The best is the one with the lowest Brier score among those that pass all parts of an exam of validation pictures; of
    all, where none passes.
    """
    rung = RUNG["learner"]
    world = rung.pictures()
    assert isinstance(world, World)
    crowd = population(
        rung.recipe, candidates, first_seed=FIRST_CANDIDATE, examples=world, architecture=rung.architecture
    )
    marks = crowd.take_exam(Exam(world, count=VALIDATION_PICTURES, stream=rng.VALIDATION))
    scores = np.where(marks.passed, marks.brier_ratio, marks.brier_ratio + 10)
    seed = int(crowd.seeds[np.nanargmin(scores)])
    recipe = replace(rung.recipe, seed=seed)
    return train(Network.initial(rung.architecture, seed=seed), world, recipe, kept=KEPT_STEPS)


def card(run: Recording, name: str = "learner") -> str:
    """Return the model card of a learner, as Markdown: data, recipe, exam, reliability, limits, all measured here."""
    if run.world is None:
        raise TinyNetError("this recording was not trained in a world; a model card needs one")
    network, exam, plain = run.final, Exam(run.world, count=CARD_PICTURES, seed=1), Recipe().to_json()
    marks = exam.evaluate(network)
    said, happened = _said_and_happened(run.world, network)
    found = reliability(said, happened, bins=BINS)
    lines = [
        "# Model card: a network that knows when it does not know", "",
        f"A {'-'.join(map(str, network.sizes))} network ({network.architecture.parameter_count} numbers) that tells horizontal from "
        "vertical lines in a 2×2 picture, and says half and half where nobody can tell.", "",
        "| | |", "| --- | --- |",
        f"| trained on | {run.steps:,} fresh pictures: {_said(run.world.to_json())} |",
        f"| recipe | {_said({name: value for name, value in run.recipe.to_json().items() if value != plain[name]})}; the rest as usual |",
        f"| start | {run.network.origin} |",
        f"| identity | `{run.identity}` |", "",
        f"## The exam, of {CARD_PICTURES:,} pictures", "", *_exam_rows(marks), "",
        "## Reliability", "",
        f"Probability of horizontal, (1 + H − V) / 2, on {CARD_PICTURES:,} fresh pictures, a coin deciding the doubtful ones: Brier "
        f"score {brier(said, happened):.4f} (floor {exam.bayes_scores.brier.value:.4f}), expected calibration error {float(found.ece):.3f}.", "",
        f"![Said and come true: the closer to the diagonal, the truer]({name}.svg)", "",
        "| said | pictures | came true | 95 % interval |", "| --- | --- | --- | --- |", *_reliability_rows(found), "",
        "## Limits", "",
        f"It knows this world only: 2×2 pictures, noise of {run.world.noise:g}, bright pixels from {run.world.bright[0]:g} and dark ones up to "
        f"{run.world.dark[1]:g}. Its worst answer to a clean doubtful picture differs by {float(marks.worst_doubt[0]):.2f}. What it says of "
        "other pictures has not been measured.", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _said(fields: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in fields.items())


def diagram(run: Recording) -> Any:
    """Draw the reliability diagram of a learner, on the pictures of its card."""
    assert run.world is not None
    return plots.reliability(reliability(*_said_and_happened(run.world, run.final), bins=BINS))


def _said_and_happened(world: World, network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of horizontal of fresh pictures, and whether each is (or came up) horizontal."""
    shown = replace(world, labels="coin").examples(CARD_PICTURES, seed=2, stream=rng.TEST)
    assert shown.targets is not None
    return probability(network(shown)), shown.targets[:, 0] == 1


def _exam_rows(marks: ExamResult) -> list[str]:
    rows = [f"| {c.name} | {'yes' if c.passed[0] else 'no'} | {c.text} |" for c in marks.criteria()]
    return ["| part | passed | |", "| --- | --- | --- |", *rows]


def _reliability_rows(found: Reliability) -> list[str]:
    rows = []
    for k, count in enumerate(found.count):
        if count:
            low, high = found.intervals[k]
            rows.append(
                f"| {found.predicted[k]:.3f} | {int(count):,} | {percent(float(found.observed[k]))} | {percent(low)} to {percent(high)} |"
            )
    return rows


def save(run: Recording, path: Path) -> Path:
    """Write the learner as a recording, its model card and reliability diagram beside it; return the card's path."""
    text = card(run, path.stem)
    run.save(path)
    plots.save(diagram(run), path.with_suffix(".svg"))
    beside = path.with_suffix(".md")
    files.write(beside, text.encode())
    return beside


@lru_cache(maxsize=1)
def shipped() -> Recording:
    """Return the recording of the learner that comes with the package; `tinynet runbook --save` made it."""
    place = resources("tinynet.story") / "shipped" / SHIPPED
    return Recording.from_bytes(place.read_bytes(), SHIPPED)


def learner() -> Network:
    """Return the learner that comes with the package: right on noisy lines, unsure where nobody can tell.

    >>> h, v = learner()([0.5, 0.5, 0.5, 0.5])
    >>> bool(abs(h - v) < 0.1)
    True
    """
    return shipped().final
