"""The requirements of the exam.

This is the only list of the measures, their labels and their thresholds.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np


class Measure(NamedTuple):
    """A measure of the exam, with its threshold.

    key : str. The field of `ExamResult`.
    label : str. The name in sentences and tables, such as "gray margin".
    kind : whether the value must be at least or at most the threshold.
    threshold : float.
    meaning : str. The meaning of the measure in sentences.
    """

    key: str
    label: str
    kind: Literal["at least", "at most"]
    threshold: float
    meaning: str

    @property
    def higher_is_better(self) -> bool:
        """Whether a higher value is better."""
        return self.kind == "at least"

    @property
    def limit(self) -> str:
        """The threshold with its sign.

        For example "≤ 0.1".
        """
        return f"{'≥' if self.higher_is_better else '≤'} {self.threshold:g}"

    def met(self, values: np.ndarray) -> np.ndarray:
        """Return whether each value meets the threshold. (N,) -> (N,) bool

        NaN does not meet the threshold.
        """
        return np.asarray(values >= self.threshold if self.higher_is_better else values <= self.threshold)


class Requirement(NamedTuple):
    """A requirement of the exam.

    A requirement has a label, and measures that must meet their thresholds.

    >>> REQUIREMENTS[2].text
    'gray margin ≤ 0.1, worst margin ≤ 0.25'
    """

    label: str
    measures: tuple[Measure, ...]

    @property
    def text(self) -> str:
        """Every measure with its threshold."""
        return ", ".join(f"{measure.label} {measure.limit}" for measure in self.measures)

    def values(self, values: Mapping[str, float]) -> str:
        """Return the value of every measure as a text.

        For example "0.021, 0.097".
        values : the values by key of the measure.
        """
        return ", ".join(f"{values[measure.key]:.3f}" for measure in self.measures)


REQUIREMENTS = (
    Requirement("clean lines", (
        Measure("margin", "line margin", "at least", 0.8,
                "The line margin is the output of the correct class minus the other output, on the worst clean line."),
    )),
    Requirement("noisy lines", (
        Measure("accuracy", "line accuracy", "at least", 0.93,
                "The line accuracy is the fraction of the noisy lines with a correct prediction."),
    )),
    Requirement("ambiguous pictures", (
        Measure("gray", "gray margin", "at most", 0.1,
                "The gray margin is the larger output minus the smaller output, on the gray block."),
        Measure("worst_ambiguous", "worst margin", "at most", 0.25,
                "The worst margin is the larger output minus the smaller output, on the worst clean ambiguous picture."),
    )),
    Requirement("Brier score", (
        Measure("brier_ratio", "Brier ratio", "at most", 1.05,
                "The Brier ratio is the Brier score divided by the Bayes score, the best possible Brier score."),
    )),
    Requirement("separating lines from ambiguous pictures", (
        Measure("auroc", "AUROC", "at least", 0.85,
                "The AUROC is the probability that a line has a larger margin than an ambiguous picture. A coin flip gives 0.5."),
    )),
    Requirement("rotations and reflections", (
        Measure("agreement", "agreement", "at least", 0.95,
                "The agreement is the fraction of the lines with the same prediction for all eight rotations and reflections."),
    )),
)  # fmt: skip
MEASURES = tuple(measure for requirement in REQUIREMENTS for measure in requirement.measures)
