"""The effect of each rung of the ladder, in sentences."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tinynet.experiments.ladder import RUNG, Ladder, Standing


@dataclass(frozen=True)
class Measure:
    """A measure of the exam.

    key : str. The measure's field in `ExamResult`.
    meaning : str. Whole sentences.
    """

    key: str
    name: str
    meaning: str
    more_is_better: bool


MEASURES = (
    Measure("accuracy", "line accuracy", "The line accuracy is the share of the noisy lines that a network gets right.", True),
    Measure("gray", "gray margin", "The gray margin is the difference between the two outputs on the gray block, without its sign.",
            False),
    Measure("worst_doubt", "worst margin",
            "The worst margin is the largest difference between the two outputs on any clean doubtful picture.", False),
    Measure("brier_ratio", "Brier ratio", "The Brier ratio is the Brier score divided by the best possible Brier score.", False),
    Measure("auroc", "AUROC", "The AUROC is the probability that a line has a larger difference between its outputs than a doubtful "
            "picture. A coin flip gives 0.5.", True),
    Measure("agreement", "agreement",
            "The agreement is the share of the lines with the same prediction in eight views, turned and mirrored.", True),
)  # fmt: skip
MIN_CHANGE = 0.01  # smaller changes are not reported
ERRORS = 3.0  # a change must exceed this many standard errors of the difference


@dataclass(frozen=True)
class Effect:
    """The change of one mean measure between two rungs.

    kind : "same" if the change is not clear.
    """

    measure: Measure
    before: float
    after: float
    kind: Literal["better", "worse", "same"]


def effects(before: Standing, after: Standing) -> list[Effect]:
    """Return the change of every measure of both rungs."""
    found = []
    for measure in MEASURES:
        name = measure.key
        if name not in before.means or name not in after.means:
            continue
        a, b = before.means[name], after.means[name]
        error = math.sqrt(before.errors[name] * before.errors[name] + after.errors[name] * after.errors[name])
        kind: Literal["better", "worse", "same"] = "better" if (b > a) == measure.more_is_better else "worse"
        found.append(Effect(measure, a, b, "same" if abs(b - a) <= max(MIN_CHANGE, ERRORS * error) else kind))
    return found


def sentence(ladder: Ladder, key: str) -> str:
    """Return a sentence about the change of a rung.

    The sentence lists the measures that became better or worse.
    """
    after = ladder.standing(key)
    rung = RUNG[key]
    if rung.baseline is None:
        return f"The ladder begins with rung “{rung.name}”: {rung.change}."
    found = effects(ladder.standing(rung.baseline), after)
    sentences = [f"Rung “{rung.name}” is rung “{RUNG[rung.baseline].name}” with {rung.change}."]
    for kind, verb in (("better", "improves"), ("worse", "gets worse,")):
        sentences += [
            f"The {effect.measure.name} {verb} from {effect.before:.3f} to {effect.after:.3f}."
            for effect in found
            if effect.kind == kind
        ]
    same = [f"the {effect.measure.name}" for effect in found if effect.kind == "same"]
    if same:
        sentences.append(f"There is no clear change in {listed(same)}.")
    return " ".join(sentences)


def listed(names: Sequence[str]) -> str:
    """Join names as in a sentence.

    >>> listed(["noise"]), listed(["noise", "contrast", "doubt"])
    ('noise', 'noise, contrast and doubt')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
