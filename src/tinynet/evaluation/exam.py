"""The exam: six parts that a learner passes and a memorizer does not, for one network or for thousands at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np

from tinynet import rng
from tinynet.data import pictures
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.evaluation.bayes_bounds import BayesScores, bayes_scores
from tinynet.evaluation.calibration import auroc
from tinynet.evaluation.symmetry import Answers, agreement
from tinynet.evaluation.verdicts import Verdict, share
from tinynet.numerics import arrays
from tinynet.validation import check_int

LEAST_MARGIN = 0.8  # of the right answer over the wrong one, on each clean line
LEAST_ACCURACY = 0.93  # on noisy lines
MAX_SURE_OF_GRAY = 0.10  # |H - V|
MAX_SURE_OF_DOUBT = 0.25  # |H - V| on the worst of the canonical doubts
MAX_BRIER = 1.05  # times the floor
LEAST_AUROC = 0.85  # of |H - V|, telling lines from doubt
LEAST_AGREEMENT = 0.95  # share of the line pictures with one verdict from all eight sides
PARTS = ("clean lines", "noisy lines", "doubt", "Brier score", "telling lines from doubt", "eight views")
MAX_ANSWERS = 4_000_000  # asked for at once


@dataclass(frozen=True, eq=False)
class ExamResult:
    """What networks did in an exam, one number a network (N,) for each measure; NaN where one is not finite.

    margin : of the right answer over the wrong one, on the worst clean line.
    accuracy : on noisy lines; a tie is not right.
    gray, worst_doubt : |H - V| on gray, and on the worst of the canonical doubts, gray among them.
    brier_ratio : Brier score, the mean over both outputs, divided by the floor on the same pictures.
    auroc : how well |H - V| tells lines from doubt.
    agreement : share of the line pictures with one verdict from all eight sides.
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
    def joined(cls, some: Iterable["ExamResult"]) -> "ExamResult":
        """Return the marks of all networks of several sittings."""
        columns = zip(*([getattr(marks, f.name) for f in fields(cls)] for marks in some), strict=True)
        return cls(*map(np.concatenate, columns))

    @cached_property
    def parts(self) -> np.ndarray:
        """(N, 6) bool: which parts each network passes."""
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
        """(N,) bool: which networks pass all six parts."""
        return np.asarray(self.parts.all(axis=1))

    def verdicts(self) -> list[Verdict]:
        """Return how many networks pass each part, and all of them, with 95 % intervals and the median mark."""
        found = [
            share(passed, f"networks pass part {n} of the exam, {name}", marks)
            for n, (name, passed, marks) in enumerate(
                zip(PARTS, self.parts.T, self._medians(), strict=True), 1
            )
        ]
        return [*found, share(self.passed, "networks pass the whole exam")]

    def _medians(self) -> list[str]:
        """Say the median network's mark in each part, and what is asked."""
        finite = np.isfinite(self.margin)
        if not finite.any():
            return ["no network's numbers are finite"] * len(PARTS)
        half = {f.name: float(np.median(getattr(self, f.name)[finite])) for f in fields(self)}
        return [
            f"the median margin is {half['margin']:.2f}, and {LEAST_MARGIN:g} is asked",
            f"the median accuracy is {half['accuracy']:.3f}, and {LEAST_ACCURACY:g} is asked",
            f"the median |H − V| is {half['gray']:.2f} on gray and {half['worst_doubt']:.2f} on the worst doubt, "
            f"and at most {MAX_SURE_OF_GRAY:g} and {MAX_SURE_OF_DOUBT:g} are asked",
            f"the median score is {half['brier_ratio']:.3f} times the floor, and at most {MAX_BRIER:g} is asked",
            f"the median AUROC is {half['auroc']:.3f}, and {LEAST_AUROC:g} is asked",
            f"the median agreement is {half['agreement']:.3f}, and {LEAST_AGREEMENT:g} is asked",
        ]


@dataclass(frozen=True)
class Exam:
    """The questions: clean lines, canonical doubts, and pictures of a world that no training stream has.

    world : whose lines and doubtful pictures are asked, both of them.
    count : pictures of the world. seed : of them.
    stream : draws.TEST, or draws.VALIDATION for an exam to practise with and to choose by.

    >>> import tinynet as tn
    >>> marks = Exam(count=1000).sit(tn.Network.initial(seed=0))
    >>> marks.parts.tolist()
    [[False, False, False, False, False, False]]
    """

    world: World = field(default_factory=World)
    count: int = 20_000
    seed: int = 0
    stream: int = rng.TEST

    def __post_init__(self) -> None:
        if not 0 < self.world.doubt < 1:
            raise TinyNetError(
                f"the world's doubt is {self.world.doubt:g}; an exam asks lines and doubtful pictures, between 0 and 1"
            )
        object.__setattr__(self, "count", check_int("count", self.count, 100))
        if self.stream not in (rng.VALIDATION, rng.TEST):
            raise TinyNetError(f"stream is {self.stream!r}; an exam is drawn from draws.VALIDATION or TEST")
        _ = self._drawn  # the pictures, and whether seed is one

    @cached_property
    def bayes_scores(self) -> BayesScores:
        """How well the best possible answers do on the very pictures of this exam."""
        return bayes_scores(self.world, count=self.count, seed=self.seed, stream=self.stream)

    @cached_property
    def doubts(self) -> np.ndarray:
        """The canonical doubts, gray first: (13, 4) of a 2x2 world, its black-and-white pictures that are no lines."""
        table = self.world.patterns
        masks = np.unique(table.masks[table.lines :], axis=0)  # flat ones are 0: black
        pixels = masks.shape[1]
        return np.concatenate([np.full((1, pixels), 0.5), masks, np.ones((1, pixels))])

    @cached_property
    def _drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """The world's pictures (count, pixels), and the chance of horizontal of each (count,)."""
        inputs, _, rows = self.world.draw(np.arange(self.count), seed=self.seed, stream=self.stream)
        return inputs, self.world.patterns.targets[rows, 0]

    def sit(self, answers: Answers) -> ExamResult:
        """Return the marks of one network, or of many at once.

        answers : takes pictures (m, pixels) and returns (m, 2), or (N, m, 2) of N networks. It is asked for about
            4,000,000 answers at a time; 8 bytes of each network's answer to each picture are kept. Let
            more than a few thousand networks sit one part after the other, and join their marks.

        Raises TinyNetError for answers of another shape.

        >>> import tinynet as tn
        >>> crowd = tn.population(tn.Recipe(learning_rate=5.0), networks=64)
        >>> print(Exam(count=1000).sit(crowd.outputs).verdicts()[-1])
        0 of 64 networks pass the whole exam (95 % interval 0 % to 5.7 %).
        """
        clean = pictures.lines(self.world.n)
        assert clean.targets is not None
        with np.errstate(over="ignore", invalid="ignore"):
            margins = _gaps(_asked(answers, clean.inputs)) * _towards(clean.targets[:, 0])
            doubts = np.abs(_gaps(_asked(answers, self.doubts)))
            drawn = self._of_world(answers, len(margins))
        marks = np.stack([margins.min(axis=1), drawn[0], doubts[:, 0], doubts.max(axis=1), *drawn[1:]])
        return ExamResult(*np.where(np.isfinite(marks).all(axis=0), marks, np.nan))

    def _of_world(self, answers: Answers, networks: int) -> list[np.ndarray]:
        """Return accuracy, Brier ratio, AUROC and agreement, asking some of the world's pictures at a time."""
        inputs, targets = self._drawn
        gaps = np.empty((networks, len(inputs)))
        lost, agreed = np.zeros(networks), np.zeros(networks)
        size = max(1, MAX_ANSWERS // (2 * networks))
        for first in range(0, len(inputs), size):
            some = slice(first, first + size)
            shown, wanted = inputs[some], targets[some]
            outputs = _asked(answers, shown)  # (N, size, 2)
            gaps[:, some] = _gaps(outputs)
            both = np.stack([wanted, 1 - wanted], axis=1)  # (size, 2)
            lost += arrays.total(arrays.mean((outputs - both) ** 2 + both * (1 - both)))
            agreed += np.atleast_2d(agreement(answers, shown[wanted != 0.5])).sum(axis=1)
        lines = targets != 0.5
        right = gaps[:, lines] * _towards(targets[lines]) > 0
        ratio = lost / len(inputs) / self.bayes_scores.brier.value
        return [right.mean(axis=1), ratio, auroc(np.abs(gaps), lines), agreed / lines.sum()]


def _towards(horizontal: np.ndarray) -> np.ndarray:
    """Return the sign that H - V should have: 1 where the line is horizontal, -1 where it is vertical."""
    return 2 * horizontal - 1


def _asked(answers: Answers, inputs: np.ndarray) -> np.ndarray:
    """Return the answers of however many networks. -> (N, m, 2)"""
    outputs = np.asarray(answers(inputs), float)
    if outputs.ndim not in (2, 3) or outputs.shape[-2:] != (len(inputs), 2):
        raise TinyNetError(
            f"the answers have shape {outputs.shape}; an exam needs ({len(inputs)}, 2) or (networks, {len(inputs)}, 2)"
        )
    return outputs if outputs.ndim == 3 else outputs[None]


def _gaps(outputs: np.ndarray) -> np.ndarray:
    """Return H - V. -> (N, m)"""
    return np.asarray(outputs[..., 0] - outputs[..., 1])
