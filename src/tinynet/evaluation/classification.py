"""A network on examples, scored: how often right, how far off, how well it knows, and when it had better not answer.

Every output is the probability of its own answer, kept within 0 to 1 and never made to sum to 1: that is what MSE and
BCE train a sigmoid to be, and softmax sums to 1 by itself. The confidence is the probability of the answer given
(`calibration.confidence`); the Brier score is the mean over the outputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.evaluation import calibration
from tinynet.evaluation.calibration import Reliability
from tinynet.evaluation.metrics import right, tied
from tinynet.evaluation.verdicts import Verdict, counted, percent, wilson
from tinynet.model.losses import mean_losses
from tinynet.model.network import Network
from tinynet.numerics import arrays
from tinynet.recipe import Recipe
from tinynet.training.recording import Recording

BINS = 10  # of confidence
WRONG = 0.05  # the share of wrong answers that may be asked for, unless said
MAX_POINTS = 200  # of a curve


@dataclass(frozen=True, eq=False)
class Score:
    """How a network does on m examples.

    part : their name. loss, brier : means. confidences : (m,) probability of the answer given.
    right : (m,) 1 where the answer is the target's, 0 where not, 0.5 where the target has no largest.
    """

    part: str
    loss: float
    brier: float
    confidences: np.ndarray
    right: np.ndarray

    def __len__(self) -> int:
        return len(self.right)

    @property
    def count(self) -> int:
        """How many answers are right."""
        return int((self.right == 1).sum())

    @property
    def reliability(self) -> Reliability:
        """What was said and what came true, in ten bins of confidence."""
        return calibration.reliability(self.confidences, self.right, bins=BINS)

    def verdicts(self) -> list[Verdict]:
        """Return how many come out right, and whether the confidence fits them."""
        found = counted(self.count, len(self), f"{self.part} examples come out right")
        said, (low, high) = float(arrays.mean(self.confidences)), wilson(self.count, len(self))
        fits = (
            "too sure"
            if said > high
            else "not sure enough"
            if said < low
            else "within the interval of its accuracy"
        )
        numbers = {"confidence": said, "ece": float(self.reliability.ece)}
        sentence = (
            f"On them it is {percent(said)} sure on average: {fits}. Bin by bin, what it says and what comes true are "
            f"{numbers['ece']:.4f} apart (expected calibration error)."
        )
        return [found, Verdict(sentence, None, len(self), None, numbers)]

    def to_json(self) -> dict[str, Any]:
        """Every number, and the bins that are not empty, ready for JSON."""
        found = self.reliability
        low, high = wilson(self.count, len(self))
        columns = (
            found.edges[:-1],
            found.edges[1:],
            found.count,
            found.predicted,
            found.observed,
            found.intervals,
        )
        rows = zip(*(column.tolist() for column in columns), strict=True)
        keys = ("from", "to", "count", "said", "share", "interval")
        return {
            "examples": len(self), "right": self.count, "accuracy": self.count / len(self), "interval": [low, high],
            "loss": self.loss, "brier": self.brier, "ece": float(found.ece),
            "reliability": [dict(zip(keys, row, strict=True)) for row in rows if row[2]],
        }  # fmt: skip


def score(
    network: Network, examples: Examples, recipe: Recipe | None = None, *, part: str = "given"
) -> Score:
    """Score a network's answers to examples; the recipe says which loss.

    Raises TinyNetError for examples without targets.

    >>> import tinynet as tn
    >>> found = score(tn.Network.initial(seed=0), tn.pictures.lines())
    >>> found.count, len(found), round(found.brier, 4)
    (2, 4, 0.2678)
    """
    if examples.targets is None:
        raise TinyNetError("these examples have no targets, so no answer is right or wrong")
    outputs, targets = network(examples), examples.targets  # (m, outputs)
    said = np.clip(outputs, 0.0, 1.0)
    return Score(
        part,
        float(mean_losses(recipe or Recipe(), outputs[None], examples)[0]),
        float(calibration.over_outputs(calibration.brier, said, targets)),
        calibration.confidence(said),
        np.where(tied(targets), 0.5, right(outputs[None], targets)[0]),
    )


def abstain(chosen: Score, judged: Score, error: float = WRONG) -> Verdict:
    """Choose on one score the confidence below which to say "I don't know", and say what it does on another.

    error : share of wrong answers wanted, at most. The verdict counts the wrong ones of the answers that are left.
    """
    asked = f"for at most {100 * error:g} % wrong answers"
    try:
        threshold = calibration.abstention(chosen.confidences, chosen.right).threshold(error)
    except TinyNetError as found:
        sentence = f'No confidence below which to say "I don\'t know" serves {asked} of the {chosen.part} examples: {found}.'
        return Verdict(sentence, None, len(judged), None, {"error_wanted": error})
    there, here = (score.confidences >= threshold for score in (chosen, judged))  # (m,)
    wrong_there, wrong = (int((s.right[a] == 0).sum()) for s, a in ((chosen, there), (judged, here)))
    answered = counted(int(here.sum()), len(judged), f"{judged.part} examples are answered then")
    sentence = (
        f'Below a confidence of {threshold:.4f}, say "I don\'t know": chosen on the {len(chosen):,} {chosen.part} examples '
        f"{asked} ({wrong_there:,} of {int(there.sum()):,} there). {answered}"
    )
    numbers = {"error_wanted": error, "threshold": threshold, "coverage": float(here.mean())}
    if not here.any():
        return Verdict(sentence, None, 0, None, numbers)
    errors = counted(wrong, int(here.sum()), "of these are wrong")
    more = "" if wrong <= error * here.sum() else f" That is more than the {100 * error:g} % asked for."
    numbers["error"] = wrong / int(here.sum())
    text = errors.sentence.replace(" of these are", " answers are")
    return Verdict(f"{sentence} {text}{more}", wrong, int(here.sum()), errors.interval, numbers)


def learning_curves(run: Recording, parts: Mapping[str, Examples]) -> dict[str, list[float]]:
    """Return the mean loss on each part before training and after epochs: at most 200, evenly apart.

    `"epoch"` has how many were done. The recipe's noise and views are left out.
    """
    epochs = np.unique(np.linspace(0, run.epochs, min(run.epochs, MAX_POINTS) + 1).round().astype(int))
    curves: dict[str, list[float]] = {name: [] for name in parts}
    for epoch in epochs.tolist():
        network = run.network.with_parameters(run.state_before(epoch * run.steps_per_epoch)[0])
        for name, examples in parts.items():
            curves[name].append(float(mean_losses(run.recipe, network(examples)[None], examples)[0]))
    return {"epoch": epochs.tolist(), **curves}
