"""The ladder from memorizer to learner: one ingredient at a time, each measured on many seeds by one exam."""

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
from tinynet.errors import TinyNetError
from tinynet.evaluation.exam import Exam, ExamResult
from tinynet.experiments.population import Population, population
from tinynet.experiments.seeds import seed_range
from tinynet.numerics import arrays
from tinynet.recipe import Recipe

FORMAT = 2  # of what is kept of a rung: with another, it is measured again
NUDGES = 100_000  # of every rung from the memorizer on
CLEAN = World(noise=0.2, doubt=0.0, bright=(1.0, 1.0), dark=(0.0, 0.0))
LINES_OF_EVERY_CONTRAST = World(noise=0.2, doubt=0.0)
LEARNING = Recipe(learning_rate=1.0, epochs=NUDGES // 100)  # in a world, 100 pictures count as an epoch
FALLING = replace(LEARNING, schedule="hold_then_decay")
MEMORIZING = Recipe(learning_rate=1.0, epochs=NUDGES // 4, order="shuffled")
FEW = 20  # pictures of a small data set
REPEATING = replace(MEMORIZING, epochs=NUDGES // FEW)


@dataclass(frozen=True)
class Rung:
    """One recipe of the ladder.

    name : a short one. adds : the ingredient, in words. after : the key of the rung it is compared with.
    kind : a step of the ladder, something tried beside it, or a trap.
    source : "lines", "doubts" (the lines and all canonical doubts, clean), "few" (some pictures of a world, drawn once),
        or a world.
    """

    key: str
    name: str
    adds: str
    recipe: Recipe
    source: World | Literal["lines", "doubts", "few"] = "lines"
    hidden: int = 3
    after: str | None = None
    kind: Literal["step", "aside", "trap"] = "step"

    @property
    def architecture(self) -> Architecture:
        """The network that is trained."""
        return Architecture((4, self.hidden, 2))

    def pictures(self) -> Source:
        """Return what it is trained on."""
        if isinstance(self.source, World):
            return self.source
        if self.source == "few":
            return World().examples(FEW, seed=0, stream=rng.TRAINING)
        return pictures.lines() if self.source == "lines" else pictures.canonical()

    def to_json(self) -> dict[str, Any]:
        """Return what decides the rung's numbers."""
        source = self.source.to_json() if isinstance(self.source, World) else self.source
        return {"recipe": self.recipe.to_json(), "source": source, "hidden": self.hidden}


RUNGS = (
    Rung("notebook", "the notebook's", "a rate of 0.1 for 100 epochs, as the notebook trains", Recipe()),
    Rung("bold", "rate 5", "a rate of 5", Recipe(learning_rate=5.0), after="notebook"),
    Rung("long", "10,000 epochs", "100 times the epochs at a rate of 0.1", Recipe(epochs=10_000), after="notebook"),
    Rung("memorizer", "the memorizer", "a rate of 1, shuffled, 100,000 nudges", MEMORIZING, after="long"),
    Rung("bce", "cross-entropy", "cross-entropy", replace(MEMORIZING, loss="bce"), after="memorizer", kind="aside"),
    Rung("decay", "weight decay", "weight decay", replace(MEMORIZING, weight_decay=1e-3), after="memorizer", kind="aside"),
    Rung("smoothing", "label smoothing", "smoothed labels", replace(MEMORIZING, label_smoothing=0.1), after="memorizer", kind="aside"),
    Rung("doubts", "17 clean pictures", "13 clean doubtful pictures", replace(MEMORIZING, epochs=NUDGES // 17), "doubts",
         after="memorizer", kind="trap"),
    Rung("few", "20 pictures", "20 pictures of the world, drawn once", REPEATING, "few", after="memorizer", kind="aside"),
    Rung("views", "20 in eight views", "eight views of those 20", replace(REPEATING, augment=True), "few",
         after="few", kind="aside"),
    Rung("noise", "+ noise", "noise", LEARNING, CLEAN, after="memorizer"),
    Rung("contrast", "+ contrast", "lines of every contrast", LEARNING, LINES_OF_EVERY_CONTRAST, after="noise"),
    Rung("untaught", "six nodes, no doubt", "six nodes and a rate that falls, still without a doubtful picture", FALLING,
         LINES_OF_EVERY_CONTRAST, 6, after="contrast", kind="aside"),
    Rung("doubt", "+ doubt", "doubtful pictures, labelled half and half", LEARNING, World(), after="contrast"),
    Rung("schedule", "+ falling rate", "a learning rate that falls", FALLING, World(), after="doubt"),
    Rung("four", "four nodes", "a fourth hidden node", FALLING, World(), 4, after="schedule"),
    Rung("learner", "six nodes", "six hidden nodes", FALLING, World(), 6, after="four"),
)  # fmt: skip
RUNG = {rung.key: rung for rung in RUNGS}


@dataclass(frozen=True)
class Standing:
    """What an exam says of a rung's networks. Means and their standard errors are over those whose numbers are finite.

    networks, finite, passed : how many there are, have finite marks, pass the whole exam.
    parts : how many pass each of the six parts.
    unsound : how many fail a clean line: its right answer is not the larger one.
    means, errors, medians : of the marks, by name.
    """

    key: str
    networks: int
    finite: int
    passed: int
    parts: tuple[int, ...]
    unsound: int
    means: dict[str, float]
    errors: dict[str, float]
    medians: dict[str, float]

    @classmethod
    def of(cls, key: str, marks: ExamResult) -> "Standing":
        """Sum up the marks of a rung's networks."""
        sound = np.isfinite(marks.margin)
        columns = {f.name: getattr(marks, f.name)[sound] for f in fields(ExamResult)} if sound.any() else {}
        count = max(1, int(sound.sum()))
        return cls(
            key=key,
            networks=len(marks),
            finite=int(sound.sum()),
            passed=int(marks.passed.sum()),
            parts=tuple(int(n) for n in marks.parts.sum(axis=0)),
            unsound=int((~(marks.margin > 0)).sum()),
            means={name: float(arrays.mean(x)) for name, x in columns.items()},
            errors={name: math.sqrt(arrays.variance(x) / count) for name, x in columns.items()},
            medians={name: float(np.median(x)) for name, x in columns.items()},
        )

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Standing":
        """Return the standing that `asdict` described."""
        return cls(**data | {"parts": tuple(data["parts"])})


class Ladder:
    """The rungs, measured when they are first asked for.

    networks : how many seeds a rung is put to, from `first_seed` on. exam : what they sit.
    folder : where results are kept and found again; None keeps nothing.
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
        """Return what the exam says of a rung, from the folder if it is there.

        Raises KeyboardInterrupt where Ctrl-C ended the training; the rungs before are kept.
        """
        if key not in self._standings:
            self._standings[key] = self._found(key) or self._measured(key, progress)
        return self._standings[key]

    def known(self, key: str) -> bool:
        """Whether a rung needs no training."""
        return key in self._standings or self._found(key) is not None

    def _measured(self, key: str, progress: Callable[[int, int], None] | None) -> Standing:
        trained = self.train(key, progress)
        if trained.interrupted:
            raise KeyboardInterrupt
        standing = Standing.of(key, trained.take_exam(self.exam))
        if self.folder is not None:
            text = json.dumps({"identity": self._identity(key), **asdict(standing)}, indent=1)
            files.write(self._path(key), text.encode())
        return standing

    def _found(self, key: str) -> Standing | None:
        """Return what the folder has; nothing where it is not there, damaged, or of another question."""
        if self.folder is None or not self._path(key).is_file():
            return None
        try:
            data = json.loads(files.read(self._path(key)))
            return Standing.from_json(data) if data.pop("identity") == self._identity(key) else None
        except (ValueError, KeyError, TypeError, TinyNetError):
            return None

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
    if key not in RUNG:
        raise TinyNetError(f"there is no rung {key!r}; the rungs are {', '.join(RUNG)}")
    return RUNG[key]


# --- what an ingredient bought -------------------------------------------------------------------------------------

# measure, in words, and whether more of it is better
MEASURES = {
    "accuracy": ("accuracy on noisy lines", True),
    "gray": ("|H − V| on gray", False),
    "worst_doubt": ("|H − V| on the worst doubt", False),
    "brier_ratio": ("Brier score over its floor", False),
    "auroc": ("AUROC of telling lines from doubt", True),
    "agreement": ("agreement of the eight views", True),
}
LEAST_CHANGE = 0.01  # smaller ones are not spoken of
ERRORS = 3.0  # standard errors of the difference that a change must exceed


def bought(before: Standing, after: Standing) -> dict[str, list[str]]:
    """Return, in words, what became better, what became worse and what stayed, from the mean marks of two rungs."""
    found: dict[str, list[str]] = {"better": [], "worse": [], "same": []}
    for name, (words, more) in MEASURES.items():
        if name not in before.means or name not in after.means:
            continue
        a, b = before.means[name], after.means[name]
        error = math.sqrt(before.errors[name] * before.errors[name] + after.errors[name] * after.errors[name])
        if abs(b - a) <= max(LEAST_CHANGE, ERRORS * error):
            found["same"].append(words)
        else:
            found["better" if (b > a) == more else "worse"].append(f"{words} ({a:.3f} → {b:.3f})")
    return found


def sentence(ladder: Ladder, key: str) -> str:
    """Say what a rung's ingredient bought, beside the rung it is compared with."""
    rung, after = _rung(key), ladder.standing(key)
    if rung.after is None:
        return f"The ladder begins with {rung.adds}."
    changes, before = bought(ladder.standing(rung.after), after), RUNG[rung.after].name
    said = [
        f"{verb} in {', '.join(changes[kind])}"
        for kind, verb in (("better", "better"), ("worse", "worse"), ("same", "no clear change"))
        if changes[kind]
    ]
    return f"{rung.adds[0].upper()}{rung.adds[1:]}: beside “{before}”, {'; '.join(said)}."
