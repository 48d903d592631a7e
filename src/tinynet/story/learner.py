"""The learner that comes with TinyNet.

The module has the choice of the learner, and its model card.
"""

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
from tinynet.evaluation.requirements import REQUIREMENTS
from tinynet.evaluation.verdicts import percent
from tinynet.experiments.ladder import RUNG
from tinynet.experiments.population import population
from tinynet.model.network import Network
from tinynet.recipe import Recipe
from tinynet.training.recording import Recording
from tinynet.training.train import train

SHIPPED = "learner.safetensors"
CANDIDATES, FIRST_CANDIDATE = 64, 2_000_000  # seeds of the candidates for the learner
KEPT_STEPS = 20  # stored in the recording; other steps are computed again
VALIDATION_PICTURES, CARD_PICTURES, BINS = 10_000, 20_000, 10


def choose(candidates: int = CANDIDATES) -> Recording:
    """Train the learner's recipe with many seeds.

    Returns the best network.

    The best network passes an exam of validation pictures and has the lowest Brier score. If no network passes,
    the network with the lowest Brier score is the best.
    """
    rung = RUNG["learner"]
    world = rung.pictures()
    assert isinstance(world, World)
    trained = population(
        rung.recipe, candidates, first_seed=FIRST_CANDIDATE, examples=world, architecture=rung.architecture
    )
    result = trained.take_exam(Exam(world, count=VALIDATION_PICTURES, stream=rng.VALIDATION))
    scores = np.where(result.passed, result.brier_ratio, result.brier_ratio + 10)
    seed = int(trained.seeds[np.nanargmin(scores)])
    recipe = replace(rung.recipe, seed=seed)
    return train(Network.initial(rung.architecture, seed=seed), world, recipe, kept=KEPT_STEPS)


def card(run: Recording, name: str = "learner") -> str:
    """Return the model card of a learner as Markdown.

    name : str. Stem of the file of the reliability diagram.

    Raises TinyNetError for a recording that was not trained in a world.
    """
    if run.world is None:
        raise TinyNetError(
            "This recording was not trained in a world. A model card needs a world. Train with tn.World()."
        )
    exam = Exam(run.world, count=CARD_PICTURES, seed=1)
    result = exam.evaluate(run.final)
    sections = (
        _head(run, run.world),
        _exam_section(result),
        _reliability_section(run.world, run.final, exam.bayes_scores.brier.value, name),
        _limits(run.world, float(result.worst_ambiguous[0])),
    )
    return "\n".join(line for section in sections for line in section)


def _head(run: Recording, world: World) -> list[str]:
    network, plain, recipe = run.final, Recipe().to_json(), run.recipe.to_json()
    changed = {name: value for name, value in recipe.items() if value != plain[name]}
    return [
        "# Model card: a network that is unsure when nobody can know", "",
        f"A {'-'.join(map(str, network.sizes))} network with {network.architecture.parameter_count} parameters. It predicts whether "
        "a 2×2 picture shows a horizontal or a vertical line. If nobody can know, both outputs are near 0.5.", "",
        "| | |", "| --- | --- |",
        f"| trained on | {run.steps:,} new pictures: {_settings(world.to_json())} |",
        f"| recipe | {_settings(changed)}; defaults for all other settings |",
        f"| initial parameters | {run.network.origin} |",
        f"| identity | `{run.identity}` |", "",
    ]  # fmt: skip


def _settings(fields: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in fields.items())


def _exam_section(result: ExamResult) -> list[str]:
    values = result.of(0)
    rows = [
        f"| {each.label} | {each.text} | {each.values(values)} | {'yes' if met else 'no'} |"
        for each, met in zip(REQUIREMENTS, result.met[0], strict=True)
    ]
    columns = ["| requirement | measure | value | met |", "| --- | --- | --- | --- |"]
    margin = "The margin is the larger output minus the smaller output."
    return [f"## The exam, with {CARD_PICTURES:,} pictures", "", margin, "", *columns, *rows, ""]


def _reliability_section(world: World, network: Network, best: float, name: str) -> list[str]:
    predicted, horizontal = _predicted_and_observed(world, network)
    found = reliability(predicted, horizontal, bins=BINS)
    return [
        f"## Reliability, on {CARD_PICTURES:,} new pictures", "",
        f"H and V are the outputs for horizontal and vertical. The probability of horizontal is (1 + H − V) / 2. A coin decides "
        f"which answer to an ambiguous picture is right. The Brier score is {brier(predicted, horizontal):.4f}. The Bayes "
        f"score, the best possible Brier score, is {best:.4f}. The expected calibration error is {float(found.ece):.3f}.", "",
        f"![Reliability diagram: predicted probability and observed fraction]({name}.svg)", "",
        "| predicted | pictures | observed | 95 % interval |", "| --- | --- | --- | --- |", *_reliability_rows(found), "",
    ]  # fmt: skip


def _limits(world: World, worst: float) -> list[str]:
    return [
        "## Limits", "",
        f"The learner is made for one kind of picture: 2×2 pixels with a noise of {world.noise:g}. Bright pixels have at least "
        f"{world.bright[0]:g}, and dark pixels have at most {world.dark[1]:g}. On clean ambiguous pictures, its margin is at "
        f"most {worst:.3f}. Its predictions for other pictures have not been measured.", "",
    ]  # fmt: skip


def diagram(run: Recording) -> Any:
    """Draw the reliability diagram of a learner.

    The pictures are those of the model card.
    """
    assert run.world is not None
    return plots.reliability(reliability(*_predicted_and_observed(run.world, run.final), bins=BINS))


def _predicted_and_observed(world: World, network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Return predictions for new pictures, and whether each is horizontal.

    A prediction is the probability of horizontal.
    """
    shown = replace(world, labels="coin").examples(CARD_PICTURES, seed=2, stream=rng.TEST)
    assert shown.targets is not None
    return probability(network(shown)), shown.targets[:, 0] == 1


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
    """Write a learner as a recording, card and diagram.

    Returns the path of the model card. The diagram is the reliability diagram.
    """
    text = card(run, path.stem)
    run.save(path)
    plots.save(diagram(run), path.with_suffix(".svg"))
    beside = path.with_suffix(".md")
    files.write(beside, text.encode())
    return beside


@lru_cache(maxsize=1)
def shipped() -> Recording:
    """Return the recording of the learner.

    The learner comes with TinyNet. `tinynet runbook --save` makes it again.
    """
    place = resources("tinynet.story") / "shipped" / SHIPPED
    return Recording.from_bytes(place.read_bytes(), SHIPPED)


def learner() -> Network:
    """Return the learner that comes with TinyNet.

    The learner is correct on noisy lines, and unsure when a picture has no correct class.

    >>> h, v = learner()([0.5, 0.5, 0.5, 0.5])
    >>> bool(abs(h - v) < 0.1)
    True
    """
    return shipped().final
