"""Six requirements that learners meet and memorizers fail.

The exam evaluates one network, or many networks at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np

from tinynet import rng
from tinynet.data import pictures
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.evaluation.bayes_bounds import BayesScores, bayes_scores
from tinynet.evaluation.calibration import auroc
from tinynet.evaluation.requirements import MEASURES, REQUIREMENTS, Requirement
from tinynet.evaluation.symmetry import Predictor, agreement
from tinynet.evaluation.verdicts import Verdict, fraction
from tinynet.numerics import arrays
from tinynet.numerics.cancellation import check_cancelled
from tinynet.signatures import check_arguments, check_attributes
from tinynet.validation import check_int, check_numbers, check_type, shown

MAX_OUTPUTS = 4_000_000  # computed at once
MAX_PICTURES = 10_000_000  # pictures of an exam


@dataclass(frozen=True, eq=False)
class ExamResult:
    """The exam results of N networks.

    If a measure of a network is not finite, all measures of the network are NaN.

    margin : (N,). The margin of the correct class on the worst clean line.
    accuracy : (N,). On noisy lines. A tie is not correct.
    gray : (N,). The margin |H - V| on gray.
    worst_ambiguous : (N,). The largest margin on the canonical ambiguous pictures, including gray.
    brier_ratio : (N,). The Brier score, averaged over both outputs, divided by the Bayes score on the same pictures.
    auroc : (N,). How well the margin separates lines from ambiguous pictures.
    agreement : (N,). The fraction of line pictures with the same predicted class for all eight rotations and reflections.
    """

    margin: np.ndarray
    accuracy: np.ndarray
    gray: np.ndarray
    worst_ambiguous: np.ndarray
    brier_ratio: np.ndarray
    auroc: np.ndarray
    agreement: np.ndarray

    def __post_init__(self) -> None:
        check_attributes(self)

    def __len__(self) -> int:
        return len(self.margin)

    @classmethod
    @check_arguments
    def joined(cls, results: Iterable["ExamResult"]) -> "ExamResult":
        """Return the results of all networks of several evaluations."""
        results = list(results)
        if not results or not all(isinstance(result, cls) for result in results):
            raise TinyNetError(
                f"is {shown(results)}. It must be a list of at least one ExamResult.", parameter="results"
            )
        columns = zip(*([getattr(result, f.name) for f in fields(cls)] for result in results), strict=True)
        return cls(*map(np.concatenate, columns))

    @cached_property
    def met(self) -> np.ndarray:
        """Whether each network meets each requirement. -> (N, 6) bool"""
        columns = [
            np.all([measure.met(getattr(self, measure.key)) for measure in requirement.measures], axis=0)
            for requirement in REQUIREMENTS
        ]
        return np.stack(columns, axis=1)

    @property
    def passed(self) -> np.ndarray:
        """Whether each network meets all six requirements. -> (N,) bool"""
        return np.asarray(self.met.all(axis=1))

    @check_arguments
    def of(self, network: int) -> dict[str, float]:
        """Return the measures of one network, by name."""
        check_int("network", network, 0, len(self) - 1)
        return {measure.key: float(getattr(self, measure.key)[network]) for measure in MEASURES}

    def medians(self) -> dict[str, float]:
        """Return the median of every measure, by name.

        The medians leave out networks with values that are not finite. If no network has finite values, the
        result is empty.
        """
        finite = np.isfinite(self.margin)
        if not finite.any():
            return {}
        return {measure.key: float(np.median(getattr(self, measure.key)[finite])) for measure in MEASURES}

    def verdicts(self) -> list[Verdict]:
        """Return how many networks meet each requirement, and all requirements."""
        medians = self.medians()
        found = [
            fraction(
                self.met[:, k],
                f"networks meet requirement {k + 1}, {requirement.label}",
                _medians_text(requirement, medians),
            )
            for k, requirement in enumerate(REQUIREMENTS)
        ]
        return [*found, fraction(self.passed, "networks pass the whole exam")]


def _medians_text(requirement: Requirement, medians: Mapping[str, float]) -> str:
    if not medians:
        return "No network has finite values."
    return " ".join(
        f"The median {measure.label} is {medians[measure.key]:.3f}. It must be {measure.kind} {measure.threshold:g}."
        for measure in requirement.measures
    )


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
    >>> result.met.tolist()
    [[False, False, False, False, False, False]]
    """

    world: World = field(default_factory=World)
    count: int = 20_000
    seed: int = 0
    stream: int = rng.TEST

    def __post_init__(self) -> None:
        check_type("world", self.world, World, "a World")
        if not 0 < self.world.doubt < 1:
            raise TinyNetError(
                f"the world's doubt is {self.world.doubt:g}. It must be above 0 and below 1, since an exam needs lines and "
                "ambiguous pictures."
            )
        object.__setattr__(self, "count", check_int("count", self.count, 100, MAX_PICTURES))
        if check_int("stream", self.stream, 0) not in (rng.VALIDATION, rng.TEST):
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
    def ambiguous(self) -> np.ndarray:
        """The canonical ambiguous pictures.

        Gray comes first, then the black-and-white pictures that are not lines.

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

    @check_arguments
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
            ambiguous = np.abs(_differences(_outputs(predictor, self.ambiguous)))
            drawn = self._measures_of_world(predictor, len(margins))
        values = np.stack([margins.min(axis=1), drawn[0], ambiguous[:, 0], ambiguous.max(axis=1), *drawn[1:]])
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
            check_cancelled()
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
    outputs = check_numbers("the outputs", predictor(inputs))
    if outputs.ndim not in (2, 3) or outputs.shape[-2:] != (len(inputs), 2):
        raise TinyNetError(
            f"the outputs have shape {outputs.shape}. It must be ({len(inputs)}, 2) or (networks, {len(inputs)}, 2)."
        )
    return outputs if outputs.ndim == 3 else outputs[None]


def _differences(outputs: np.ndarray) -> np.ndarray:
    """Return H - V. -> (N, m)"""
    return np.asarray(outputs[..., 0] - outputs[..., 1])
