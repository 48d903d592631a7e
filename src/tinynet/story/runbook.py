"""The Trainer Runbook: from memorizer to learner.

The results are measured on many networks.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from tinynet import plots, rng
from tinynet.data import pictures
from tinynet.evaluation import predictions, symmetry, verdicts
from tinynet.evaluation.bayes import optimal_class
from tinynet.evaluation.requirements import MEASURES, REQUIREMENTS
from tinynet.evaluation.verdicts import Verdict, percent
from tinynet.experiments.ladder import RUNG, RUNGS, Ladder
from tinynet.model.network import Network
from tinynet.story import confidence_checks, figures
from tinynet.story.content import Chapter, Figure, Part, Table, Text, predictions_table
from tinynet.story.learner import learner
from tinynet.story.rung_effects import REPORTED, sentence
from tinynet.training.train import train

TEST_PICTURES = 10_000  # pictures of the test; validation has an equal number
SYMMETRIZED_PICTURES = 2_000
COLUMNS = (
    "accuracy",
    "gray",
    "brier_ratio",
    "auroc",
)  # measures in the table of rungs, in the order of the exam
TRAINED = ("schedule", "four", "learner")  # rungs with every ingredient, by number of hidden nodes


class Runbook:
    """The ladder and two networks.

    One network is a memorizer, the other a learner.

    ladder : Ladder. A rung is measured when its result is first needed.
    seed : int. Seed of the memorizer.
    """

    def __init__(self, ladder: Ladder | None = None, *, seed: int = 0) -> None:
        self.ladder, self.seed = ladder or Ladder(), seed

    @cached_property
    def memorizer(self) -> Network:
        """A network that memorized the lines."""
        rung = RUNG["memorizer"]
        initial = Network.initial(rung.architecture, seed=self.seed)
        return train(initial, rung.pictures(), replace(rung.recipe, seed=self.seed)).final

    @cached_property
    def learner(self) -> Network:
        """The learner that comes with TinyNet."""
        return learner()

    @cached_property
    def test(self) -> tuple[pictures.Examples, np.ndarray]:
        """Test pictures, and whether each is horizontal.

        A coin decides for an ambiguous picture.
        """
        return self._drawn(rng.TEST)

    @cached_property
    def validation(self) -> tuple[pictures.Examples, np.ndarray]:
        """Validation pictures, and whether each is horizontal."""
        return self._drawn(rng.VALIDATION)

    def _drawn(self, stream: int) -> tuple[pictures.Examples, np.ndarray]:
        world = replace(self.ladder.exam.world, labels="coin")
        shown = world.examples(TEST_PICTURES, seed=self.seed + 1, stream=stream)
        assert shown.targets is not None
        return shown, shown.targets[:, 0] == 1

    def chapter(self) -> Chapter:
        """Return the runbook as one chapter."""
        return Chapter("learner", "From memorizer to learner", tuple(self.parts()))

    def parts(self) -> Iterator[Part]:
        """Yield the parts of the runbook.

        The parts are the world, the ladder, two pitfalls, memorizer and learner side by side, and the exam.
        """
        yield from self._world()
        yield from self._ladder()
        yield from self._pitfalls()
        yield from self._side_by_side()
        yield from self._exam()

    def _world(self) -> Iterator[Part]:
        world, best = self.ladder.exam.world, self.ladder.exam.bayes_scores
        yield Text(
            "A memorizer is right about its training pictures and fails on new pictures. This is called overfitting. A learner "
            "is right about noisy lines and unsure of pictures that have no right answer. This runbook turns a memorizer into a learner, with one change of the training at a time. "
            f"Each change is measured on {self.ladder.networks:,} seeds, from seed {self.ladder.first_seed:,} on."
        )
        yield Text(
            f"The networks are tested on random pictures. {percent(world.doubt)} of these pictures are ambiguous: one bright pixel, "
            "three bright pixels, a diagonal or an even gray. The other pictures are lines. The brightness varies, and every "
            f"pixel has random noise of {world.noise:g}."
        )
        yield Text(
            "The noise sets a limit for every network: the Bayes score, which is the best possible score. The accuracy on these "
            f"lines has a Bayes score of {best.accuracy.value:.3f}. The Brier score is the mean squared error of the predicted "
            f"probabilities, so lower is better. The Brier score has a Bayes score of {best.brier.value:.4f}. A network "
            "whose two outputs are always 0.5 has a Brier score of 0.25."
        )

    def _ladder(self) -> Iterator[Part]:
        yield Text(
            "The ladder compares ways to train. Each rung of the ladder changes an earlier rung a little. These measures describe "
            "the networks of a rung."
        )
        for measure in REPORTED:
            yield Text(f"{measure.meaning} {'Higher' if measure.higher_is_better else 'Lower'} is better.")
        for rung in self.ladder.steps:
            yield Text(sentence(self.ladder, rung.key))
        standings = [self.ladder.standing(rung.key) for rung in self.ladder.steps]
        yield Figure(
            "ladder",
            f"The mean measures of each rung, for {self.ladder.networks:,} seeds.",
            lambda: plots.ladder(self.ladder.steps, standings),
        )
        yield Text(
            "The next table has the means of each rung. A network fails a clean line if its right output is not the larger one. The "
            "exam is described below."
        )
        yield self._table("The ladder", [rung.key for rung in self.ladder.steps])
        experiments = [rung.key for rung in RUNGS if rung.kind == "side_experiment"]
        yield Text(
            "Some other changes are not part of the ladder. These side experiments show their effects."
        )
        for key in experiments:
            yield Text(sentence(self.ladder, key))
        yield self._table("Side experiments", experiments)

    def _table(self, title: str, keys: list[str]) -> Table:
        labels = (measure.label for measure in MEASURES if measure.key in COLUMNS)
        columns = ("rung", "nodes", "fails a clean line", *labels, "pass exam")
        rows = []
        for key in keys:
            found = self.ladder.standing(key)
            means = [f"{found.means[name]:.3f}" if name in found.means else "—" for name in COLUMNS]
            failed, passed = (
                percent(count / found.networks) for count in (found.n_failing_clean_lines, found.passed)
            )
            rows.append((RUNG[key].name, str(RUNG[key].hidden), failed, *means, passed))
        return Table(title, columns, tuple(rows))

    def _pitfalls(self) -> Iterator[Part]:
        """Yield each pitfall whose numbers show the pitfall."""
        short, taught = self.ladder.standing("notebook"), self.ladder.standing("doubts")
        failing = verdicts.fraction_of(
            short.n_failing_clean_lines, short.networks, "networks fail a clean line"
        )
        if (
            short.means.get("gray", 1.0) < predictions.UNSURE
            and 2 * short.n_failing_clean_lines > short.networks
        ):
            yield Text(
                "First pitfall: a network can be unsure because it has learned nothing. After "
                f"{RUNG['notebook'].recipe.epochs:,} epochs of the notebook's recipe, the mean gray margin is "
                f"{short.mean_text('gray')}. But {failing} The right output minus the wrong output on the worst line has the mean "
                f"{short.mean_text('margin')}. To be unsure of gray has a meaning only if the network gets the lines right."
            )
        best = self.ladder.exam.bayes_scores.accuracy.value
        if taught.means.get("gray", 1.0) < predictions.UNSURE and taught.means["accuracy"] < best:
            yield Text(
                "Second pitfall: a network can also memorize when to be unsure. Rung “17 clean pictures” trains on the lines and on "
                f"13 clean ambiguous pictures. The mean gray margin is {taught.mean_text('gray')}. But the mean line accuracy is "
                f"{taught.mean_text('accuracy')}. The Bayes score of the line accuracy is {best:.3f}."
            )

    def _side_by_side(self) -> Iterator[Part]:
        networks, stress = {"memorizer": self.memorizer, "learner": self.learner}, pictures.stress()
        yield Text(
            f"Now compare two networks: the memorizer of seed {self.seed} and the learner that comes with TinyNet."
        )
        for name, network in networks.items():
            yield predictions_table(f"The stress test: the {name}", network, pictures.lines(), stress)
        yield Figure(
            "maps",
            "Horizontal minus vertical for every contrast: the memorizer, the learner and the Bayes-optimal prediction.",
            lambda: figures.prediction_maps(networks, self.ladder.exam.world),
        )
        yield Text(confidence_checks.CALIBRATION)
        for name, network in networks.items():
            yield Text(confidence_checks.calibration(name, network, self.validation, self.test))
        yield Figure(
            "reliability",
            "The predicted probability, and how often the line was horizontal.",
            lambda: figures.reliability_diagrams(networks, self.test),
        )
        yield Text(confidence_checks.ABSTENTION)
        for name, network in networks.items():
            yield from confidence_checks.abstention(name, network, self.validation[0], self.test[0])
        yield Text(
            "The memorizer can use the symmetry of the task: a rotated line is still a line. Give the memorizer all eight "
            "rotations and reflections of a picture. The mean of its eight outputs is the prediction. Pictures for which both "
            "classes are equally likely are not counted."
        )
        yield self._symmetrized()

    def _symmetrized(self) -> Verdict:
        """Count pictures whose symmetrized prediction is Bayes-optimal."""
        shown = self.ladder.exam.world.examples(SYMMETRIZED_PICTURES, seed=self.seed + 2).inputs
        outputs = symmetry.symmetrize(self.memorizer)(shown)
        best = optimal_class(shown)
        decided = best != 0
        same = np.sign(outputs[:, 0] - outputs[:, 1])[decided] == best[decided]
        return verdicts.fraction(same, "pictures get the Bayes-optimal prediction from this mean")

    def _exam(self) -> Iterator[Part]:
        yield Text(
            f"The exam has {len(REQUIREMENTS)} requirements. A network passes the exam if it meets all of them. "
            f"{MEASURES[0].meaning}"
        )
        yield self._requirements()
        for key in TRAINED:
            found = self.ladder.standing(key)
            yield verdicts.fraction_of(
                found.passed, found.networks, f"networks with {RUNG[key].hidden} hidden nodes pass the exam"
            )
        few = self.ladder.standing(TRAINED[0])
        nodes = f"networks with {RUNG[few.key].hidden} hidden nodes"
        yield Text(f"The next counts are of the requirements that are hardest for {nodes}.")
        for k, met in enumerate(few.met):
            if met == min(few.met):
                what = f"{nodes} meet requirement {k + 1}, {REQUIREMENTS[k].label}"
                yield verdicts.fraction_of(met, few.networks, what)
        standings = [self.ladder.standing(key) for key in TRAINED]
        passing = [RUNG[found.key].hidden for found in standings if found.passed > found.networks / 2]
        if passing:
            yield Text(
                f"The smallest of these networks that passes in more than half of the cases has {min(passing)} hidden nodes."
            )

    def _requirements(self) -> Table:
        standings = [self.ladder.standing(key) for key in ("memorizer", *TRAINED)]
        rows = tuple(
            (each.label, each.text, *(percent(found.met[k] / found.networks) for found in standings))
            for k, each in enumerate(REQUIREMENTS)
        )
        columns = ("requirement", "measure", "memorizer", *(f"{RUNG[key].hidden} nodes" for key in TRAINED))
        return Table("Networks that meet each requirement", columns, rows)
