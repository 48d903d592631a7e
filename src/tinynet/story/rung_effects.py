"""The effect of each rung of the ladder, in sentences."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tinynet.evaluation.requirements import MEASURES, Measure
from tinynet.evaluation.verdicts import mean_text
from tinynet.experiments.ladder import RUNG, Ladder, Standing

# instead of the line margin, the tables of rungs count the networks that fail a clean line
REPORTED = tuple(measure for measure in MEASURES if measure.key != "margin")
MIN_CHANGE = 0.01  # smaller changes are not reported
ERRORS = 3.0  # a change must exceed this many standard errors of the difference


@dataclass(frozen=True)
class Effect:
    """The change of one mean measure between two rungs.

    change : float. The mean of the later rung minus the mean of the earlier rung.
    error : float. The standard error of the change.
    kind : "same" if the change is not clear.
    """

    measure: Measure
    change: float
    error: float
    kind: Literal["better", "worse", "same"]

    @property
    def sentence(self) -> str:
        """The size of the change, with its interval."""
        verb = "improves" if self.kind == "better" else "gets worse"
        return f"The {self.measure.label} {verb} by {mean_text(abs(self.change), self.error)}."


def effects(before: Standing, after: Standing) -> list[Effect]:
    """Return the change of every measure of both rungs."""
    found = []
    for measure in REPORTED:
        name = measure.key
        if name not in before.means or name not in after.means:
            continue
        change = after.means[name] - before.means[name]
        error = math.sqrt(before.errors[name] * before.errors[name] + after.errors[name] * after.errors[name])
        kind: Literal["better", "worse", "same"] = (
            "better" if (change > 0) == measure.higher_is_better else "worse"
        )
        unclear = abs(change) <= max(MIN_CHANGE, ERRORS * error)
        found.append(Effect(measure, change, error, "same" if unclear else kind))
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
    for kind in ("better", "worse"):
        sentences += [effect.sentence for effect in found if effect.kind == kind]
    same = [f"the {effect.measure.label}" for effect in found if effect.kind == "same"]
    if same:
        sentences.append(f"There is no clear change in {listed(same)}.")
    return " ".join(sentences)


def listed(names: Sequence[str]) -> str:
    """Join names as in a sentence.

    >>> listed(["noise"]), listed(["noise", "contrast", "labels"])
    ('noise', 'noise, contrast and labels')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
