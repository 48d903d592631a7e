"""The calibration and abstention of one network, in sentences."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tinynet.data.examples import Examples
from tinynet.evaluation import classification
from tinynet.evaluation.calibration import probability, reliability, scaled, squared_errors, temperature
from tinynet.evaluation.verdicts import fraction_of, mean_text
from tinynet.model.network import Network
from tinynet.numerics import arrays
from tinynet.story.content import Part, Text

MAX_ERROR = 0.05  # fraction of wrong predictions that the threshold may allow
CALIBRATION = (
    "Can you trust the confidence of a network? A calibrated network is right about 80 % of the pictures that it "
    "predicts with 80 % confidence. A coin flip decides the right answer for an ambiguous picture. The expected calibration "
    "error is the mean difference between confidence and observed fraction. Temperature scaling can reduce this error. It "
    "divides the log-odds of every prediction by one number, the temperature. The log-odds of a probability p are "
    "log(p / (1 − p)). A temperature above 1 lowers the confidence."
)
ABSTENTION = (
    "A network may also abstain: it gives no prediction if its confidence is below a threshold. The threshold is chosen on validation "
    f"pictures, so that at most {100 * MAX_ERROR:g} % of the other predictions are wrong. New test pictures then check the "
    "threshold."
)


def calibration(
    name: str,
    network: Network,
    validation: tuple[Examples, np.ndarray],
    test: tuple[Examples, np.ndarray],
) -> str:
    """Return sentences about a network's calibration.

    The sentences are about the predictions before and after temperature scaling.

    validation, test : pictures, and whether each is horizontal (m,) bool.
    """
    predicted, horizontal = probability(network(test[0])), test[1]
    best = temperature(probability(network(validation[0])), validation[1])
    warmed = scaled(predicted, best)
    before, after = (float(reliability(p, horizontal).ece) for p in (predicted, warmed))
    return (
        f"The Brier score of the {name} on {len(predicted):,} test pictures is {_brier(predicted, horizontal)}. Its expected "
        f"calibration error is {before:.3f}. The best temperature on {len(validation[0]):,} validation pictures is {float(best):.2f}. "
        f"With this temperature, the Brier score is {_brier(warmed, horizontal)}. The expected calibration error is then "
        f"{after:.3f}."
    )


def _brier(predicted: np.ndarray, horizontal: np.ndarray) -> str:
    errors = squared_errors(predicted, horizontal)
    return mean_text(float(arrays.mean(errors)), math.sqrt(arrays.variance(errors) / len(errors)), digits=4)


def abstention(name: str, network: Network, validation: Examples, test: Examples) -> Iterator[Part]:
    """Yield the parts about a network's abstention.

    They give the threshold and the fraction of wrong predictions above the threshold.
    """
    chosen, judged = (
        classification.score(network, shown, part=part)
        for part, shown in (("validation", validation), ("test", test))
    )
    found = classification.abstain(chosen, judged, MAX_ERROR)
    wanted = f"{100 * found.numbers['error_wanted']:g} %"
    if "threshold" not in found.numbers:
        yield Text(f"No threshold keeps the wrong predictions of the {name} at {wanted} or less.")
        return
    threshold = found.numbers["threshold"]
    kept = chosen.confidences >= threshold
    yield Text(
        f"The {name} abstains below a confidence of {threshold:.4f}. On {len(chosen):,} validation pictures, "
        f"{int((chosen.outcomes[kept] == 0).sum()):,} of its {int(kept.sum()):,} predictions are wrong."
    )
    predicted = int((judged.confidences >= threshold).sum())
    yield fraction_of(predicted, len(judged), f"test pictures get a prediction from the {name}")
    if found.count is None:
        return
    errors = fraction_of(found.count, found.n, f"predictions of the {name} are wrong")
    yield replace(errors, numbers=found.numbers)
    if found.numbers["error"] > found.numbers["error_wanted"]:
        yield Text(f"That is more than the {wanted} that the threshold was chosen for.")
