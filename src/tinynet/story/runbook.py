"""The Trainer Runbook: from memorizer to learner, told from measured runs."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from tinynet import plots, rng
from tinynet.data import pictures
from tinynet.evaluation import classification, symmetry, verdicts
from tinynet.evaluation.bayes import optimal_class, posterior
from tinynet.evaluation.calibration import brier, probability, reliability, scaled, temperature
from tinynet.evaluation.exam import PARTS
from tinynet.evaluation.verdicts import Verdict, counted, percent
from tinynet.experiments.ladder import RUNG, RUNGS, Ladder, sentence
from tinynet.model.network import Network
from tinynet.story.content import Chapter, Figure, Part, Table, Text, answers_table
from tinynet.story.learner import learner
from tinynet.training.train import train

TEST_PICTURES = 10_000  # and as many to choose by
TRAINED = ("schedule", "four", "learner")  # rungs with every ingredient, by their hidden nodes


class Runbook:
    """The ladder, and two networks that stand for its ends.

    ladder : what is measured. seed : of the memorizer and the learner that are shown.
    """

    def __init__(self, ladder: Ladder | None = None, *, seed: int = 0) -> None:
        self.ladder, self.seed = ladder or Ladder(), seed

    @cached_property
    def memorizer(self) -> Network:
        """One network that has memorized the lines."""
        return _one("memorizer", self.seed)

    @cached_property
    def learner(self) -> Network:
        """The learner that is shipped."""
        return learner()

    @cached_property
    def test(self) -> tuple[pictures.Examples, np.ndarray]:
        """Pictures of the exam's world, with a coin for each doubtful one, and whether each is (or came up) horizontal."""
        return self._drawn(rng.TEST)

    @cached_property
    def validation(self) -> tuple[pictures.Examples, np.ndarray]:
        """Others of the same kind, to choose by."""
        return self._drawn(rng.VALIDATION)

    def _drawn(self, stream: int) -> tuple[pictures.Examples, np.ndarray]:
        world = replace(self.ladder.exam.world, labels="coin")
        shown = world.examples(TEST_PICTURES, seed=self.seed + 1, stream=stream)
        assert shown.targets is not None
        return shown, shown.targets[:, 0] == 1

    def tell(self) -> Iterator[Part]:
        """Tell the runbook: the ladder, two traps, memorizer and learner side by side, the exam."""
        yield from self._ladder()
        yield from self._traps()
        yield from self._side_by_side()
        yield from self._exam()

    def chapter(self) -> Chapter:
        """Return the runbook as one chapter."""
        return Chapter("learner", "From memorizer to learner", tuple(self.tell()))

    def _ladder(self) -> Iterator[Part]:
        world = self.ladder.exam.world
        floors = self.ladder.exam.bayes_scores
        yield Text(
            f"{percent(world.doubt)} of the pictures of this world are doubtful: one bright pixel, three, a diagonal, a flat gray. "
            f"The rest are lines. Levels vary, and every pixel has noise of {world.noise:g}. Nobody can do better on them than {floors.accuracy.value:.3f} "
            f"accuracy on the lines and a Brier score of {floors.brier.value:.4f}; half-and-half to everything scores 0.25."
        )
        standings = []
        for rung in self.ladder.steps:
            standings.append(self.ladder.standing(rung.key))
            yield Text(sentence(self.ladder, rung.key))
        yield Figure(
            "ladder",
            f"Each rung, {self.ladder.networks:,} seeds.",
            lambda: plots.ladder(self.ladder.steps, standings),
        )
        yield self._table("The ladder", [rung.key for rung in self.ladder.steps])
        beside = [rung.key for rung in RUNGS if rung.kind == "aside"]
        for key in beside:
            yield Text(sentence(self.ladder, key))
        yield self._table("Tried beside it", beside)

    def _table(self, title: str, keys: list[str]) -> Table:
        columns = (
            "rung",
            "hidden",
            "fails a line",
            "accuracy",
            "|H − V| on gray",
            "Brier / floor",
            "AUROC",
            "pass",
        )
        rows = []
        for key in keys:
            found, means = self.ladder.standing(key), self.ladder.standing(key).means
            marks = [
                f"{means[name]:.3f}" if name in means else "—"
                for name in ("accuracy", "gray", "brier_ratio", "auroc")
            ]
            failed, passed = (percent(count / found.networks) for count in (found.unsound, found.passed))
            rows.append((RUNG[key].name, str(RUNG[key].hidden), failed, *marks, passed))
        return Table(title, columns, tuple(rows))

    def _traps(self) -> Iterator[Part]:
        humble, taught = self.ladder.standing("notebook"), self.ladder.standing("doubts")
        if "gray" in humble.means:
            yield Text(
                f"A trap: humble because ignorant. After the notebook's hundred epochs |H − V| on gray is {humble.means['gray']:.3f} "
                f"on average, and {percent(humble.unsound / humble.networks)} of these networks fail a clean line: of the four, the right "
                f"answer of the worst is ahead by {humble.means['margin']:.3f} on average. To be unsure of gray proves something only "
                "beside that."
            )
        if "gray" in taught.means:
            yield Text(
                f"Another: memorizing doubt. Taught the 17 clean pictures, doubt among them, |H − V| on gray is {taught.means['gray']:.3f}, "
                f"and the accuracy on noisy lines is {taught.means['accuracy']:.3f}, where {self.ladder.exam.bayes_scores.accuracy.value:.3f} is possible."
            )

    def _side_by_side(self) -> Iterator[Part]:
        stress = pictures.stress()
        for name, network in (("memorizer", self.memorizer), ("learner", self.learner)):
            yield answers_table(f"The stress test: the {name}", network, pictures.lines(), stress)
        yield Figure(
            "maps",
            "What is answered to every contrast: memorizer, learner, and the best possible answer.",
            self._maps,
        )
        for name, network in (("memorizer", self.memorizer), ("learner", self.learner)):
            yield Text(f"The {name}'s probability of horizontal: {self._calibration(network)}")
        yield Figure("reliability", "What they say, and how often it is true.", self._reliability)
        for name, network in (("memorizer", self.memorizer), ("learner", self.learner)):
            found = self._abstaining(network)
            yield replace(found, sentence=f"The {name}. {found.sentence}")
        yield self._walk_round()

    def _calibration(self, network: Network) -> str:
        """Say how far off a network's words are, as they come and at the temperature that suits the validation pictures."""
        shown, horizontal = self.test
        said = probability(network(shown))
        warmth = temperature(probability(network(self.validation[0])), self.validation[1])
        warmed = scaled(said, warmth)
        before, after = (float(reliability(p, horizontal).ece) for p in (said, warmed))
        return (
            f"Brier score {brier(said, horizontal):.4f}, expected calibration error {before:.3f} on {len(shown):,} fresh pictures; "
            f"with its log-odds divided by {float(warmth):.2f}, the temperature that suits {len(self.validation[0]):,} validation "
            f"pictures best, {brier(warmed, horizontal):.4f} and {after:.3f}."
        )

    def _maps(self) -> object:
        from matplotlib.figure import Figure as Canvas

        drawn = Canvas(figsize=(12, 4.3), layout="constrained")
        world = self.ladder.exam.world
        sides: tuple[tuple[str, symmetry.Predictor], ...] = (
            ("the memorizer", self.memorizer), ("the learner", self.learner), ("the best possible", lambda x: posterior(world, x)),
        )  # fmt: skip
        for ax, (title, answers) in zip(drawn.subplots(1, 3), sides, strict=True):
            plots.answer_map(answers, title=title, scale=title == sides[-1][0], ax=ax)
        return drawn

    def _reliability(self) -> object:
        from matplotlib.figure import Figure as Canvas

        drawn, (shown, horizontal) = Canvas(figsize=(9, 4.6), layout="constrained"), self.test
        for ax, network, title in zip(
            drawn.subplots(1, 2),
            (self.memorizer, self.learner),
            ("the memorizer", "the learner"),
            strict=True,
        ):
            plots.reliability(reliability(probability(network(shown)), horizontal), title=title, ax=ax)
        return drawn

    def _abstaining(self, network: Network) -> Verdict:
        """Say below which confidence to answer nothing, to be wrong in a twentieth at most, and what that does."""
        chosen = classification.score(network, self.validation[0], part="validation")
        return classification.abstain(chosen, classification.score(network, self.test[0], part="fresh"))

    def _walk_round(self) -> Verdict:
        """Say how a memorizer does that is shown all eight views and gives the mean answer."""
        shown = self.ladder.exam.world.examples(2000, seed=self.seed + 2).inputs
        fair = symmetry.symmetrize(self.memorizer)(shown)
        rule = optimal_class(shown)
        decided = rule != 0
        same = np.sign(fair[:, 0] - fair[:, 1])[decided] == rule[decided]
        return verdicts.share(same, "pictures that are no tie get the best possible verdict from the memorizer, once it walks round them "
                             "and gives the mean answer of its eight views")  # fmt: skip

    def _exam(self) -> Iterator[Part]:
        for key in TRAINED:
            found = self.ladder.standing(key)
            yield counted(
                found.passed,
                found.networks,
                f"networks with {RUNG[key].hidden} hidden nodes pass the whole exam",
            )
        few = self.ladder.standing(TRAINED[0])
        hardest = int(np.argmin(few.parts))
        yield counted(
            few.parts[hardest],
            few.networks,
            f"networks with {RUNG[few.key].hidden} hidden nodes pass part {hardest + 1}, {PARTS[hardest]}: no part is harder for them",
        )
        yield self._parts()
        standings = [self.ladder.standing(key) for key in TRAINED]
        passing = [RUNG[found.key].hidden for found in standings if found.passed > found.networks / 2]
        if passing:
            yield Text(
                f"The smallest network of these that passes more often than not has {min(passing)} hidden nodes."
            )

    def _parts(self) -> Table:
        standings = [self.ladder.standing(key) for key in ("memorizer", *TRAINED)]
        rows = tuple(
            (name, *(percent(found.parts[k] / found.networks) for found in standings))
            for k, name in enumerate(PARTS)
        )
        columns = ("part", "memorizer", *(f"{RUNG[key].hidden} nodes" for key in TRAINED))
        return Table("Each part of the exam", columns, rows)


def _one(key: str, seed: int) -> Network:
    rung = RUNG[key]
    run = train(
        Network.initial(rung.architecture, seed=seed), rung.pictures(), replace(rung.recipe, seed=seed)
    )
    return run.final
