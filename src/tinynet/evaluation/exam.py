"""Six criteria that learners meet and memorizers fail.

The exam evaluates one network, or many networks at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import NamedTuple

import numpy as np

from tinynet import rng
from tinynet.data import pictures
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.evaluation.bayes_bounds import BayesScores, bayes_scores
from tinynet.evaluation.calibration import auroc
from tinynet.evaluation.symmetry import Predictor, agreement
from tinynet.evaluation.verdicts import Verdict, share
from tinynet.numerics import arrays
from tinynet.validation import check_int

LEAST_MARGIN = 0.8  # margin of the correct class on each clean line
LEAST_ACCURACY = 0.93  # accuracy on noisy lines
MAX_SURE_OF_GRAY = 0.10  # |H - V|
MAX_SURE_OF_DOUBT = 0.25  # |H - V| on the worst canonical ambiguous picture
MAX_BRIER = 1.05  # times the Bayes score
LEAST_AUROC = 0.85  # area for |H - V|, which separates lines from ambiguous pictures
LEAST_AGREEMENT = 0.95  # proportion of line pictures with the same class in all eight views
PARTS = ("clean lines", "noisy lines", "doubt", "Brier score", "telling lines from doubt", "eight views")
MAX_OUTPUTS = 4_000_000  # computed at once
MAX_PICTURES = 10_000_000  # pictures of an exam


# for each criterion: the measure, the requirement, and the format of the values
MEASURES = (
    ("margin", f"at least {LEAST_MARGIN:g}", "{margin:.2f}"),
    ("accuracy", f"at least {LEAST_ACCURACY:g}", "{accuracy:.3f}"),
    (
        "|H − V|",
        f"at most {MAX_SURE_OF_GRAY:g} and {MAX_SURE_OF_DOUBT:g}",
        "{gray:.2f} on gray and {worst_doubt:.2f} on the worst ambiguous picture",
    ),
    ("Brier score", f"at most {MAX_BRIER:g} times", "{brier_ratio:.3f} times the Bayes score"),
    ("AUROC", f"at least {LEAST_AUROC:g}", "{auroc:.3f}"),
    ("agreement", f"at least {LEAST_AGREEMENT:g}", "{agreement:.3f}"),
)


class Criterion(NamedTuple):
    """One criterion of the exam, and parts of its sentence.

    name : str. The criterion, such as "clean lines".
    measure : str. The measured quantity, such as "margin".
    required : str. The requirement, such as "at least 0.8".
    value : str, optional. The value of the median network, such as "0.88"; None if no network has finite values.
    passed : (N,) bool. Whether each network meets the criterion.
    """

    name: str
    measure: str
    required: str
    value: str | None
    passed: np.ndarray

    @property
    def text(self) -> str:
        """The value and the requirement.

        For example "margin 0.88, at least 0.8 required".
        """
        if self.value is None:
            return "no network has finite values"
        return f"{self.measure} {self.value}, {self.required} required"

    @property
    def medians_text(self) -> str:
        """The median and the requirement, for many networks.

        For example "median margin 0.88, at least 0.8 required".
        """
        return self.text if self.value is None else f"median {self.text}"


@dataclass(frozen=True, eq=False)
class ExamResult:
    """The exam results of N networks.

    If a measure of a network is not finite, all measures of the network are NaN.

    margin : (N,). The margin of the correct class on the worst clean line.
    accuracy : (N,). On noisy lines. A tie is not correct.
    gray : (N,). |H - V| on gray.
    worst_doubt : (N,). The largest |H - V| on the canonical ambiguous pictures, including gray.
    brier_ratio : (N,). The Brier score, averaged over both outputs, divided by the Bayes score on the same pictures.
    auroc : (N,). How well |H - V| separates lines from ambiguous pictures.
    agreement : (N,). The proportion of line pictures with the same predicted class in all eight views.
    """

    margin: np.ndarray
    accuracy: np.ndarray
    gray: np.ndarray
    worst_doubt: np.ndarray
    brier_ratio: np.ndarray
    auroc: np.ndarray
    agreement: np.ndarray

    def __len__(self) -> int:
        return len(self.margin)

    @classmethod
    def joined(cls, results: Iterable["ExamResult"]) -> "ExamResult":
        """Return the results of all networks of several evaluations."""
        columns = zip(*([getattr(result, f.name) for f in fields(cls)] for result in results), strict=True)
        return cls(*map(np.concatenate, columns))

    @cached_property
    def parts(self) -> np.ndarray:
        """Whether each network meets each criterion. -> (N, 6) bool"""
        return np.stack(
            [
                self.margin >= LEAST_MARGIN,
                self.accuracy >= LEAST_ACCURACY,
                (self.gray <= MAX_SURE_OF_GRAY) & (self.worst_doubt <= MAX_SURE_OF_DOUBT),
                self.brier_ratio <= MAX_BRIER,
                self.auroc >= LEAST_AUROC,
                self.agreement >= LEAST_AGREEMENT,
            ],
            axis=1,
        )

    @property
    def passed(self) -> np.ndarray:
        """Whether each network meets all six criteria. -> (N,) bool"""
        return np.asarray(self.parts.all(axis=1))

    def criteria(self) -> list[Criterion]:
        """Return the six criteria.

        The values are those of the median network. The medians leave out networks with values that are not
        finite.
        """
        finite = np.isfinite(self.margin)
        medians = {
            f.name: float(np.median(getattr(self, f.name)[finite])) for f in fields(self) if finite.any()
        }
        return [
            Criterion(name, measure, required, values.format(**medians) if medians else None, passed)
            for name, (measure, required, values), passed in zip(PARTS, MEASURES, self.parts.T, strict=True)
        ]

    def verdicts(self) -> list[Verdict]:
        """Return how many networks meet each criterion, and all criteria."""
        found = [
            share(criterion.passed, f"networks meet criterion {n}, {criterion.name}", criterion.medians_text)
            for n, criterion in enumerate(self.criteria(), 1)
        ]
        return [*found, share(self.passed, "networks pass the whole exam")]


@dataclass(frozen=True)
class Exam:
    """Clean lines, canonical ambiguous pictures, and pictures from a world.

    No training stream contains the drawn pictures.

    world : World. The world must have both lines and ambiguous pictures.
    count : int. The number of drawn pictures, at least 100.
    seed : int. The seed of the drawn pictures.
    stream : int. rng.TEST, or rng.VALIDATION for an exam that is used to choose a network.

    Raises TinyNetError for other values.

    >>> import tinynet as tn
    >>> result = Exam(count=1000).evaluate(tn.Network.initial(seed=0))
    >>> result.parts.tolist()
    [[False, False, False, False, False, False]]
    """

    world: World = field(default_factory=World)
    count: int = 20_000
    seed: int = 0
    stream: int = rng.TEST

    def __post_init__(self) -> None:
        if not 0 < self.world.doubt < 1:
            raise TinyNetError(
                f"the world's doubt is {self.world.doubt:g}. It must be above 0 and below 1, since an exam needs lines and "
                "ambiguous pictures."
            )
        object.__setattr__(self, "count", check_int("count", self.count, 100, MAX_PICTURES))
        if self.stream not in (rng.VALIDATION, rng.TEST):
            raise TinyNetError(
                f"is {self.stream!r}. It must be rng.VALIDATION or rng.TEST.", parameter="stream"
            )
        _ = self._drawn  # raises for a wrong seed

    @cached_property
    def bayes_scores(self) -> BayesScores:
        """The scores of the Bayes-optimal predictions.

        The pictures are those of this exam.
        """
        return bayes_scores(self.world, count=self.count, seed=self.seed, stream=self.stream)

    @cached_property
    def doubts(self) -> np.ndarray:
        """The canonical ambiguous pictures: gray, then the black-and-white pictures.

        Lines are left out.

        (13, 4) for a world of 2x2 pictures.
        """
        table = self.world.patterns
        masks = np.unique(
            table.masks[table.lines :], axis=0
        )  # the mask of a flat pattern is 0, so black is included
        pixels = masks.shape[1]
        return np.concatenate([np.full((1, pixels), 0.5), masks, np.ones((1, pixels))])

    @cached_property
    def _drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """The drawn pictures (count, pixels), and P(horizontal) of each (count,)."""

        inputs, _, rows = self.world.draw(np.arange(self.count), seed=self.seed, stream=self.stream)
        return inputs, self.world.patterns.targets[rows, 0]

    def evaluate(self, predictor: Predictor) -> ExamResult:
        """Evaluate one network, or many networks at once.

        predictor : callable. Takes pictures (m, pixels) and returns outputs (m, 2), or (N, m, 2) for N networks.
            The predictor is called for at most about 4,000,000 outputs at a time. The memory is 8 bytes for each
            network and picture. Evaluate more than a few thousand networks in parts, and join the results with
            `ExamResult.joined`.

        Raises TinyNetError for outputs of another shape.

        >>> import tinynet as tn
        >>> trained = tn.population(tn.Recipe(learning_rate=5.0), networks=64)
        >>> print(Exam(count=1000).evaluate(trained.outputs).verdicts()[-1])
        0 of 64 networks pass the whole exam (95 % interval 0 % to 5.7 %).
        """
        clean = pictures.lines(self.world.n)
        assert clean.targets is not None
        with np.errstate(over="ignore", invalid="ignore"):
            margins = _differences(_outputs(predictor, clean.inputs)) * _signs(clean.targets[:, 0])
            doubts = np.abs(_differences(_outputs(predictor, self.doubts)))
            drawn = self._measures_of_world(predictor, len(margins))
        values = np.stack([margins.min(axis=1), drawn[0], doubts[:, 0], doubts.max(axis=1), *drawn[1:]])
        return ExamResult(*np.where(np.isfinite(values).all(axis=0), values, np.nan))

    def _measures_of_world(self, predictor: Predictor, networks: int) -> list[np.ndarray]:
        """Return accuracy, Brier ratio, AUROC and agreement. -> 4 of (N,)

        The measures are computed on the world's pictures, in chunks.
        """
        inputs, targets = self._drawn
        differences = np.empty((networks, len(inputs)))
        losses, agreed = np.zeros(networks), np.zeros(networks)
        size = max(1, MAX_OUTPUTS // (2 * networks))
        for first in range(0, len(inputs), size):
            rows = slice(first, first + size)
            chunk, horizontal = inputs[rows], targets[rows]
            outputs = _outputs(predictor, chunk)  # (N, size, 2)
            differences[:, rows] = _differences(outputs)
            both = np.stack([horizontal, 1 - horizontal], axis=1)  # (size, 2)
            losses += arrays.total(arrays.mean((outputs - both) ** 2 + both * (1 - both)))
            agreed += np.atleast_2d(agreement(predictor, chunk[horizontal != 0.5])).sum(axis=1)
        lines = targets != 0.5
        correct = differences[:, lines] * _signs(targets[lines]) > 0
        ratio = losses / len(inputs) / self.bayes_scores.brier.value
        return [correct.mean(axis=1), ratio, auroc(np.abs(differences), lines), agreed / lines.sum()]


def _signs(horizontal: np.ndarray) -> np.ndarray:
    """Return the correct sign of H - V.

    The sign is 1 for a horizontal line and -1 for a vertical line.
    """
    return 2 * horizontal - 1


def _outputs(predictor: Predictor, inputs: np.ndarray) -> np.ndarray:
    """Return the outputs of one or many networks. -> (N, m, 2)"""
    outputs = np.asarray(predictor(inputs), float)
    if outputs.ndim not in (2, 3) or outputs.shape[-2:] != (len(inputs), 2):
        raise TinyNetError(
            f"the outputs have shape {outputs.shape}. It must be ({len(inputs)}, 2) or (networks, {len(inputs)}, 2)."
        )
    return outputs if outputs.ndim == 3 else outputs[None]


def _differences(outputs: np.ndarray) -> np.ndarray:
    """Return H - V. -> (N, m)"""
    return np.asarray(outputs[..., 0] - outputs[..., 1])
