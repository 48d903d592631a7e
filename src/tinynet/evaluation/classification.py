"""The scores of a classifier: accuracy, loss, calibration and abstention.

Every output is the probability of its own class, clipped to 0 to 1. The outputs are not normalized: MSE and BCE train each
sigmoid output to be a probability, and the outputs of softmax sum to 1. The confidence is the probability of the predicted
class (`calibration.confidence`). The Brier score is the mean over the outputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.evaluation import calibration
from tinynet.evaluation.calibration import Reliability
from tinynet.evaluation.metrics import correct, tied
from tinynet.evaluation.verdicts import Fraction, Verdict, fraction_of, percent
from tinynet.model.losses import mean_losses
from tinynet.model.network import Network
from tinynet.numerics import arrays
from tinynet.recipe import Recipe
from tinynet.signatures import check_arguments
from tinynet.training.recording import Recording

BINS = 10  # bins of confidence
MAX_ERROR = 0.05  # the default fraction of wrong predictions that abstention allows
MAX_POINTS = 200  # points of a curve


@dataclass(frozen=True, eq=False)
class Score:
    """The scores of a network on m examples.

    part : str. The name of the examples, such as "held-out".
    loss, brier : float. The mean loss and the mean Brier score.
    confidences : (m,). The probability of the predicted class.
    outcomes : (m,). 1 for a correct prediction, 0 for a wrong prediction, 0.5 for a target without a class.
    """

    part: str
    loss: float
    brier: float
    confidences: np.ndarray
    outcomes: np.ndarray

    def __len__(self) -> int:
        return len(self.outcomes)

    @property
    def count(self) -> int:
        """The number of correct predictions."""
        return int((self.outcomes == 1).sum())

    @property
    def correct(self) -> Fraction:
        """The number of correct predictions, of all predictions."""
        return Fraction(self.count, len(self))

    @property
    def reliability(self) -> Reliability:
        """Predicted probability and observed frequency in ten bins of confidence."""
        return calibration.reliability(self.confidences, self.outcomes, bins=BINS)

    def verdicts(self) -> list[Verdict]:
        """Return the accuracy, and whether the confidence is consistent.

        The confidence is consistent if its mean lies in the interval of the accuracy.
        """
        accuracy = fraction_of(self.count, len(self), _of(self.part, "predictions are correct"))
        mean, (low, high) = float(arrays.mean(self.confidences)), self.correct.interval
        if mean > high:
            relation = "above the accuracy interval (overconfident)"
        elif mean < low:
            relation = "below the accuracy interval (underconfident)"
        else:
            relation = "consistent with the accuracy interval"
        ece = float(self.reliability.ece)
        sentence = f"Mean confidence is {percent(mean)}, {relation}. Expected calibration error: {ece:.4f}."
        confidence = Verdict(sentence, None, len(self), None, {"confidence": mean, "ece": ece})
        return [accuracy, confidence]

    def to_json(self) -> dict[str, Any]:
        """Return every score as JSON.

        Empty bins are left out.
        """
        bins = self.reliability
        low, high = self.correct.interval
        columns = (bins.edges[:-1], bins.edges[1:], bins.count, bins.predicted, bins.observed, bins.intervals)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        keys = ("from", "to", "count", "predicted", "observed", "interval")
        return {
            "examples": len(self), "correct": self.count, "accuracy": self.count / len(self), "interval": [low, high],
            "loss": self.loss, "brier": self.brier, "ece": float(bins.ece),
            "reliability": [dict(zip(keys, row, strict=True)) for row in rows if row[2]],
        }  # fmt: skip


def _of(part: str, clause: str) -> str:
    return f"{part} {clause}" if part else clause


@check_arguments
def score(network: Network, examples: Examples, recipe: Recipe | None = None, *, part: str = "") -> Score:
    """Score the predictions of a network.

    recipe : Recipe, optional. The loss to compute. MSE by default.
    part : str. The name of the examples in verdicts.

    Raises TinyNetError for examples without targets, and for numbers as targets.

    >>> import tinynet as tn
    >>> found = score(tn.Network.initial(seed=0), tn.pictures.lines())
    >>> found.count, len(found), round(found.brier, 4)
    (2, 4, 0.2678)
    """
    if examples.targets is None:
        raise TinyNetError("the examples have no targets. A score needs examples with targets.")
    if examples.regression:
        raise TinyNetError("the targets are numbers. They must be classes. Use tinynet.score for both.")
    outputs, targets = network(examples), examples.targets  # (m, outputs)
    probabilities = np.clip(outputs, 0.0, 1.0)
    return Score(
        part,
        float(mean_losses(recipe or Recipe(), outputs[None], examples)[0]),
        float(calibration.over_outputs(calibration.brier, probabilities, targets)),
        calibration.confidence(probabilities),
        np.where(tied(targets), 0.5, correct(outputs[None], targets)[0]),
    )


def abstain(chosen: Score, judged: Score, error: float = MAX_ERROR) -> Verdict:
    """Choose a confidence threshold for abstention, and evaluate it.

    Below the threshold, the network should give no prediction.

    chosen : Score. The examples on which the threshold is chosen.
    judged : Score. The examples on which the threshold is evaluated. The verdict counts the wrong predictions
        above the threshold.
    error : float. The largest allowed fraction of wrong predictions.
    """
    allowed = f"an error of at most {100 * error:g} %"
    curve = calibration.abstention(chosen.confidences, chosen.outcomes)
    if curve.error.min() > error:
        sentence = (
            f"No confidence threshold gives {allowed} on the {len(chosen):,} {chosen.part} examples. "
            f"The lowest error is {percent(float(curve.error.min()))}."
        )
        return Verdict(sentence, None, len(judged), None, {"error_wanted": error})
    threshold = curve.threshold(error)
    there, here = _wrong_predictions(chosen, threshold), _wrong_predictions(judged, threshold)
    coverage = Fraction(here.n, len(judged))
    sentence = (
        f"Abstain below a confidence of {threshold:.4f}. The threshold is chosen on the {len(chosen):,} {chosen.part} "
        f"examples for {allowed} ({there.counts_text} wrong). "
        f"{coverage.text(f'{judged.part} examples get a prediction')}."
    )
    numbers = {"error_wanted": error, "threshold": threshold, "coverage": here.n / len(judged)}
    if not here.n:
        return Verdict(sentence, None, 0, None, numbers)
    sentence = f"{sentence} {here.text('predictions are wrong')}."
    if here.count > error * here.n:
        sentence += f" This is more than the {100 * error:g} % allowed."
    return Verdict(sentence, here.count, here.n, here.interval, numbers | {"error": here.count / here.n})


def _wrong_predictions(score: Score, threshold: float) -> Fraction:
    """Return the number of wrong predictions, as a fraction.

    Only predictions with at least this confidence count.
    """
    outcomes = score.outcomes[score.confidences >= threshold]
    return Fraction(int((outcomes == 0).sum()), len(outcomes))


def learning_curves(run: Recording, parts: Mapping[str, Examples]) -> dict[str, list[float]]:
    """Return the mean loss on each part after epochs.

    The epochs are 0 and at most 200 others, evenly spaced.

    parts : dict of str to Examples. The losses are computed without the recipe's noise and augmentation.

    The key `"epoch"` contains the numbers of epochs.
    """
    epochs = np.unique(np.linspace(0, run.epochs, min(run.epochs, MAX_POINTS) + 1).round().astype(int))
    curves: dict[str, list[float]] = {name: [] for name in parts}
    for epoch in epochs.tolist():
        network = run.network.with_parameters(run.state_before(epoch * run.steps_per_epoch)[0])
        for name, examples in parts.items():
            curves[name].append(float(mean_losses(run.recipe, network(examples)[None], examples)[0]))
    return {"epoch": epochs.tolist(), **curves}
