"""The ladder from memorizer to learner.

The recipes differ in one change. One exam measures each recipe on many seeds.
"""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tinynet import files, rng
from tinynet.core.architecture import Architecture
from tinynet.data import pictures
from tinynet.data.batches import Source
from tinynet.data.world import World
from tinynet.evaluation.exam import Exam, ExamResult
from tinynet.evaluation.verdicts import mean_text
from tinynet.experiments.population import Population, population
from tinynet.experiments.seeds import seed_range
from tinynet.numerics import arrays
from tinynet.recipe import Recipe
from tinynet.validation import check_choice

FORMAT = 2  # version of a rung's file; a file of another format is measured again
EARLIER_NAMES = {"unsound": "n_failing_clean_lines", "parts": "met", "worst_doubt": "worst_ambiguous"}
STEPS = 100_000  # training steps of every rung from the memorizer on
CLEAN = World(noise=0.2, doubt=0.0, bright=(1.0, 1.0), dark=(0.0, 0.0))
LINES_OF_EVERY_CONTRAST = World(noise=0.2, doubt=0.0)
LEARNING = Recipe(learning_rate=1.0, epochs=STEPS // 100)  # in a world, an epoch has 100 pictures
FALLING = replace(LEARNING, schedule="hold_then_decay")
MEMORIZING = Recipe(learning_rate=1.0, epochs=STEPS // 4, order="shuffled")
FEW = 20  # pictures of a small data set
REPEATING = replace(MEMORIZING, epochs=STEPS // FEW)


@dataclass(frozen=True)
class Rung:
    """One recipe of the ladder.

    key : str. The name of the rung in commands, files and addresses.
    name : str. The name in tables and figures.
    change : str. The difference from the baseline. The phrase follows "with".
    baseline : str or None. Key of the rung to compare with.
    kind : a step of the ladder, an experiment beside it, or a pitfall.
    source : the training pictures: "lines"; "doubts", the lines and all canonical ambiguous pictures, clean;
        "few", 20 pictures of a world, drawn once; or a world.
    hidden : int. Number of hidden nodes.
    """

    key: str
    name: str
    change: str
    recipe: Recipe
    source: World | Literal["lines", "doubts", "few"] = "lines"
    hidden: int = 3
    baseline: str | None = None
    kind: Literal["step", "side_experiment", "pitfall"] = "step"

    @property
    def architecture(self) -> Architecture:
        """The architecture of the rung's networks."""
        return Architecture((4, self.hidden, 2))

    def pictures(self) -> Source:
        """Return the training pictures, or the world of the pictures."""
        if isinstance(self.source, World):
            return self.source
        if self.source == "few":
            return World().examples(FEW, seed=0, stream=rng.TRAINING)
        return pictures.lines() if self.source == "lines" else pictures.canonical()

    def to_json(self) -> dict[str, Any]:
        """Return everything that changes the rung's numbers."""
        source = self.source.to_json() if isinstance(self.source, World) else self.source
        return {"recipe": self.recipe.to_json(), "source": source, "hidden": self.hidden}


RUNGS = (
    Rung("notebook", "notebook", "a learning rate of 0.1 for 100 epochs", Recipe()),
    Rung("high_rate", "rate 5", "a learning rate of 5", Recipe(learning_rate=5.0), baseline="notebook"),
    Rung("long", "10,000 epochs", "100 times as many epochs", Recipe(epochs=10_000), baseline="notebook"),
    Rung("memorizer", "memorizer", "a learning rate of 1, a random order and 100,000 nudges", MEMORIZING, baseline="long"),
    Rung("bce", "cross-entropy", "cross-entropy as the loss, which punishes sure mistakes more", replace(MEMORIZING, loss="bce"),
         baseline="memorizer", kind="side_experiment"),
    Rung("decay", "weight decay", "weight decay, which pulls every weight towards 0", replace(MEMORIZING, weight_decay=1e-3),
         baseline="memorizer", kind="side_experiment"),
    Rung("smoothing", "label smoothing", "smoothed labels, which are less extreme than 0 and 1",
         replace(MEMORIZING, label_smoothing=0.1), baseline="memorizer", kind="side_experiment"),
    Rung("doubts", "17 clean pictures", "13 more pictures, clean and ambiguous", replace(MEMORIZING, epochs=STEPS // 17), "doubts",
         baseline="memorizer", kind="pitfall"),
    Rung("few", "20 pictures", "20 noisy training pictures that never change", REPEATING, "few", baseline="memorizer",
         kind="side_experiment"),
    Rung("views", "20 augmented", "each picture in its eight rotations and reflections", replace(REPEATING, augment=True), "few",
         baseline="few", kind="side_experiment"),
    Rung("noise", "+ noise", "noise on every pixel, new each time", LEARNING, CLEAN, baseline="memorizer"),
    Rung("contrast", "+ contrast", "lines of every contrast, from strong to weak", LEARNING, LINES_OF_EVERY_CONTRAST,
         baseline="noise"),
    Rung("untaught", "6 nodes, lines only", "six hidden nodes and a falling learning rate, but no ambiguous picture", FALLING,
         LINES_OF_EVERY_CONTRAST, 6, baseline="contrast", kind="side_experiment"),
    Rung("doubt", "+ ambiguous", "ambiguous pictures, labelled half and half", LEARNING, World(), baseline="contrast"),
    Rung("schedule", "+ falling rate", "a learning rate that falls near the end", FALLING, World(), baseline="doubt"),
    Rung("four", "four nodes", "a fourth hidden node", FALLING, World(), 4, baseline="schedule"),
    Rung("learner", "six nodes", "six hidden nodes", FALLING, World(), 6, baseline="four"),
)  # fmt: skip
RUNG = {rung.key: rung for rung in RUNGS}


@dataclass(frozen=True)
class Standing:
    """The exam results of a rung's networks.

    Means, errors and medians leave out networks that are not finite.

    networks, finite, passed : int. The number of all networks, of networks with finite results, and of networks
        that pass the whole exam.
    met : tuple of int. Networks that meet each of the six requirements.
    n_failing_clean_lines : int. Networks whose correct output is not the largest output on some clean line.
    means, errors, medians : dict. The statistics of each measure. Errors are standard errors of the means.
    """

    key: str
    networks: int
    finite: int
    passed: int
    met: tuple[int, ...]
    n_failing_clean_lines: int
    means: dict[str, float]
    errors: dict[str, float]
    medians: dict[str, float]

    @classmethod
    def of(cls, key: str, result: ExamResult) -> "Standing":
        """Summarize the exam results of a rung."""
        finite = np.isfinite(result.margin)
        columns = (
            {f.name: getattr(result, f.name)[finite] for f in fields(ExamResult)} if finite.any() else {}
        )
        count = max(1, int(finite.sum()))
        return cls(
            key=key,
            networks=len(result),
            finite=int(finite.sum()),
            passed=int(result.passed.sum()),
            met=tuple(int(n) for n in result.met.sum(axis=0)),
            n_failing_clean_lines=int((~(result.margin > 0)).sum()),
            means={name: float(arrays.mean(x)) for name, x in columns.items()},
            errors={name: math.sqrt(arrays.variance(x) / count) for name, x in columns.items()},
            medians={name: float(np.median(x)) for name, x in columns.items()},
        )

    def mean_text(self, measure: str) -> str:
        """Return the mean of a measure with its 95 % interval, as text."""
        return mean_text(self.means[measure], self.errors[measure])

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Standing":
        """Return a standing from its JSON.

        Files of earlier versions have other names.
        """
        named = _renamed(data)
        means, errors, medians = (_renamed(named[name]) for name in ("means", "errors", "medians"))
        return cls(
            **named | {"met": tuple(named["met"]), "means": means, "errors": errors, "medians": medians}
        )


def _digest(standing: Standing) -> str:
    """Return a hash of every number of a standing."""
    return hashlib.sha256(json.dumps(asdict(standing), sort_keys=True).encode()).hexdigest()


def _renamed(data: dict[str, Any]) -> dict[str, Any]:
    return {EARLIER_NAMES.get(name, name): value for name, value in data.items()}


class Ladder:
    """Measurements of the rungs, each made when first needed.

    networks : int. Seeds of each rung, from `first_seed` on.
    exam : Exam. Measures every network.
    folder : Path or None. The folder of stored results. With None, no results are stored.

    Raises TinyNetError for numbers out of range.
    """

    def __init__(
        self,
        networks: int = 2048,
        *,
        first_seed: int = 0,
        exam: Exam | None = None,
        folder: Path | None = None,
    ) -> None:
        seed_range(first_seed, networks)
        self.networks, self.first_seed, self.folder = networks, first_seed, folder
        self.exam = exam or Exam()
        self._standings: dict[str, Standing] = {}

    def train(self, key: str, progress: Callable[[int, int], None] | None = None) -> Population:
        """Train a rung's networks."""
        rung = _rung(key)
        return population(
            rung.recipe, self.networks, first_seed=self.first_seed, examples=rung.pictures(),
            architecture=rung.architecture, progress=progress,
        )  # fmt: skip

    def standing(self, key: str, progress: Callable[[int, int], None] | None = None) -> Standing:
        """Return the exam results of a rung.

        Stored results are read from the folder.

        Raises KeyboardInterrupt if Ctrl-C ended the training. The rungs before this rung are stored.
        """
        if key not in self._standings:
            self._standings[key] = self._read(key) or self._measure(key, progress)
        return self._standings[key]

    def known(self, key: str) -> bool:
        """Return whether a rung is already measured."""
        return key in self._standings or self._read(key) is not None

    def _measure(self, key: str, progress: Callable[[int, int], None] | None) -> Standing:
        trained = self.train(key, progress)
        if trained.interrupted:
            raise KeyboardInterrupt
        standing = Standing.of(key, trained.take_exam(self.exam))
        if self.folder is not None:
            about = {"identity": self._identity(key), "content": _digest(standing), **asdict(standing)}
            files.write(self._path(key), json.dumps(about, indent=1).encode())
        return standing

    def _read(self, key: str) -> Standing | None:
        """Return the results in the folder, or None.

        None means that the file is missing, damaged or of another experiment. The numbers of a damaged file do not
        have the hash that is stored with them.
        """
        if self.folder is None or not self._path(key).is_file():
            return None
        try:
            data = files.parse_json(files.read(self._path(key), "result"))
            identity, content = data.pop("identity"), data.pop("content")
            standing = Standing.from_json(data)
            right = identity == self._identity(key) and content == _digest(standing)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return None
        return standing if right else None

    def _path(self, key: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{key}-{self._identity(key)[:12]}.json"

    def _identity(self, key: str) -> str:
        exam = asdict(self.exam) | {"world": self.exam.world.to_json()}
        asked = {"format": FORMAT, "rung": _rung(key).to_json(), "exam": exam, "networks": self.networks}
        text = json.dumps(asked | {"first_seed": self.first_seed}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def steps(self) -> tuple[Rung, ...]:
        """The rungs that are steps of the ladder."""
        return tuple(rung for rung in RUNGS if rung.kind == "step")


def _rung(key: str) -> Rung:
    return RUNG[check_choice("rung", key, RUNG)]
