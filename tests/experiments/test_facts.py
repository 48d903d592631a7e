"""Measure known results about the 2x2 pictures again on many seeds."""

import numpy as np
import pytest

import tinynet as tn
from tinynet import rng
from tinynet.evaluation import bayes, symmetry
from tinynet.evaluation.exam import Exam
from tinynet.experiments.cohort import Cohort, TrainingJob
from tinynet.experiments.ladder import RUNG, Ladder
from tinynet.model.losses import mean_losses

LINES = tn.pictures.lines()


def epochs_until(recipe, networks=1024, below=0.125):
    """Return the epochs until each loss is below a limit, checked every 2 %. -> (networks,), inf for never"""
    training = TrainingJob.of(tn.Architecture(), recipe, LINES)
    cohort, found, epoch = Cohort(training, np.arange(networks)), np.full(networks, np.inf), 10
    mse = tn.Recipe()
    while epoch < recipe.epochs and np.isinf(found).mean() > 0.4:
        cohort.advance(epoch)
        losses = mean_losses(mse, cohort.outputs(LINES.inputs).astype(float), LINES)
        found[np.isinf(found) & (losses < below)] = epoch
        epoch = max(epoch + 1, int(1.02 * epoch))
    return found


@pytest.mark.parametrize(("loss", "product"), [("mse", 281), ("bce", 141)])
@pytest.mark.parametrize(("rate", "within"), [(0.05, 0.05), (0.1, 0.06), (0.3, 0.12)])
def test_the_epochs_to_learn_are_inversely_proportional_to_the_rate(loss, product, rate, within):
    """Test small rates; at a rate of 0.3 learning takes 10 % longer."""
    found = epochs_until(tn.Recipe(learning_rate=rate, loss=loss, epochs=9000))
    assert np.median(found) * rate == pytest.approx(product, rel=within)


# order of the pictures: mean H - V on gray after 100 epochs at 0.1, and the share that predicts horizontal
ORDERS = {
    ("top", "bottom", "left", "right"): (-0.0111, 0.00),
    ("top", "left", "bottom", "right"): (-0.0056, 0.03),
    ("top", "left", "right", "bottom"): (0.0, 0.50),
    ("left", "top", "bottom", "right"): (-0.0001, 0.48),
    ("left", "top", "right", "bottom"): (0.0055, 0.97),
    ("left", "right", "top", "bottom"): (0.0111, 1.00),
}


@pytest.mark.parametrize(("order", "expected"), ORDERS.items(), ids=lambda x: str(x)[:20])
def test_the_order_of_the_pictures_decides_the_prediction_for_gray(order, expected):
    trained = tn.population(networks=2048, examples=LINES.reordered(order))
    margin = trained.margins(tn.pictures.stress()["gray"])[:, 0]
    assert margin.mean() == pytest.approx(expected[0], abs=0.0004)
    assert (margin > 0).mean() == pytest.approx(expected[1], abs=0.04)


# rung: fails a clean line (%), accuracy, |H - V| on gray, Brier ratio, AUROC; tolerances of a few percent
LADDER = {
    "long": (0.6, 0.78, 0.89, 1.77, 0.44),
    "memorizer": (0.4, 0.79, 0.98, 1.95, 0.44),
    "noise": (0.2, 0.87, 0.97, 1.71, 0.52),
    "contrast": (
        2.9,
        0.92,
        0.78,
        1.40,
        0.75,
    ),  # known: 1.25 and .80; a rate of 0.3 gives 1.31 and .79
    "doubt": (0.5, 0.92, 0.22, 1.076, 0.83),
    "schedule": (1.0, 0.93, 0.19, 1.058, 0.85),
    "four": (0.0, 0.943, 0.03, 1.032, 0.87),
    "learner": (0.0, 0.943, 0.01, 1.032, 0.87),
}


@pytest.fixture(scope="module")
def ladder():
    return Ladder(512, exam=Exam(count=4000))


@pytest.mark.slow
@pytest.mark.parametrize("key", LADDER)
def test_the_ladder_has_the_known_results(ladder, key):
    """Compare medians; a few networks of three nodes are outliers."""
    fails, accuracy, gray, ratio, auroc = LADDER[key]
    found = ladder.standing(key)
    assert 100 * found.n_failing_clean_lines / found.networks == pytest.approx(fails, abs=2.5)
    assert found.medians["accuracy"] == pytest.approx(accuracy, abs=0.02)
    assert found.means["gray"] == pytest.approx(gray, abs=0.07)
    assert found.medians["brier_ratio"] == pytest.approx(ratio, rel=0.06)
    assert found.medians["auroc"] == pytest.approx(auroc, abs=0.06)


@pytest.mark.slow
def test_the_notebooks_recipes_never_pass(ladder):
    for key in ("notebook", "high_rate", "long", "memorizer"):
        assert ladder.standing(key).passed == 0


@pytest.mark.slow
@pytest.mark.parametrize(("key", "least"), [("four", 0.93), ("learner", 0.99)])
def test_learners_pass_the_exam(key, least):
    """Use 2,048 new seeds and new pictures; the median Brier score is near the optimum."""
    rung = RUNG[key]
    trained = tn.population(
        rung.recipe, 2048, first_seed=5_000_000, examples=rung.pictures(), architecture=rung.architecture
    )
    result = trained.take_exam(Exam(count=10_000, seed=7))
    assert result.passed.mean() >= least
    assert np.median(result.brier_ratio) <= 1.035


def test_every_symmetrized_memorizer_predicts_as_the_bayes_optimum():
    rung = RUNG["memorizer"]
    trained = tn.population(rung.recipe, 512)
    learned = trained.all_right
    shown = tn.World().examples(500, seed=3).inputs
    fair = symmetry.symmetrize(trained.outputs)(shown)[learned]  # (N, 500, 2)
    rule = bayes.optimal_class(shown)
    gap = fair[..., 0] - fair[..., 1]
    assert (np.sign(gap) == rule)[:, rule != 0].all()
    gray = symmetry.symmetrize(trained.outputs)(np.full((1, 4), 0.5))[learned]
    assert np.abs(gray[..., 0] - gray[..., 1]).max() < 1e-12


# pictures in the data set: accuracy on noisy lines without and with the eight views; known: .71 and .82, .93 and .94
TINY = {20: (0.74, 0.91), 50: (0.85, 0.92)}


@pytest.mark.slow
@pytest.mark.parametrize(("count", "expected"), TINY.items())
def test_augmentation_improves_tiny_data_sets(count, expected):
    """Train 32 networks of four nodes on each of eight data sets."""
    exam, found = Exam(count=4000, seed=5), []
    for augment in (False, True):
        recipe = tn.Recipe(learning_rate=1.0, epochs=100_000 // count, order="shuffled", augment=augment)
        populations = (
            tn.population(
                recipe, 32, first_seed=100 * seed, architecture=tn.Architecture((4, 4, 2)),
                examples=tn.World().examples(count, seed=seed, stream=rng.TRAINING),
            )
            for seed in range(8)
        )  # fmt: skip
        found.append([trained.take_exam(exam).accuracy.mean() for trained in populations])
    plain, viewed = np.array(found)
    assert (viewed > plain).all()
    assert (plain.mean(), viewed.mean()) == pytest.approx(expected, abs=0.03)


def test_augmentation_does_not_change_the_four_lines():
    """Check that the four lines contain all their views."""
    seen = LINES.inputs[:, tn.pictures.views()]  # (4, 8, 4)
    assert {tuple(picture) for picture in seen.reshape(-1, 4)} == {tuple(line) for line in LINES.inputs}
    plain, viewed = (
        tn.population(tn.Recipe(learning_rate=1.0, epochs=25_000, order="shuffled", augment=augment), 256)
        .take_exam(Exam(count=4000))
        .accuracy
        for augment in (False, True)
    )
    assert viewed.mean() == pytest.approx(plain.mean(), abs=0.01)


def confidence_on(trained):
    """Return the mean |H - V| on gray, on diagonals, and on pictures with one different pixel."""
    ambiguous = Exam(count=100).ambiguous
    margins, lit = np.abs(trained.margins(ambiguous)).mean(axis=0), ambiguous.sum(axis=1)
    gray = (ambiguous == 0.5).all(axis=1)
    return margins[gray].mean(), margins[(lit == 2) & ~gray].mean(), margins[np.isin(lit, (1, 3))].mean()


def test_low_confidence_generalizes_to_other_ambiguous_pictures():
    """Train six nodes on lines and flat pictures; test diagonals and single pixels."""
    world = tn.World(noise=0.0).examples(800, seed=0, stream=rng.TRAINING)
    kept = [k for k, name in enumerate(world.names) if name.split()[0] in ("flat", *LINES.names)]
    assert world.targets is not None
    shown = tn.Examples(world.inputs[kept], world.targets[kept], tuple(world.names[k] for k in kept), (2, 2))
    recipe = tn.Recipe(
        learning_rate=1.0,
        epochs=100_000 // len(kept),
        order="shuffled",
        schedule="hold_then_decay",
        noise=0.2,
    )
    trained = tn.population(recipe, 256, examples=shown, architecture=tn.Architecture((4, 6, 2)))
    assert confidence_on(trained) == pytest.approx((0.015, 0.015, 0.11), abs=0.03)
    memorizers = tn.population(RUNG["memorizer"].recipe, 256)
    assert min(confidence_on(memorizers)) > 0.5


def test_lines_of_every_contrast_alone_lower_the_confidence_on_gray(ladder):
    """Train without ambiguous pictures; the known margin on gray is 0.03."""
    rung = RUNG["untaught"]
    assert rung.pictures().doubt == 0
    assert confidence_on(ladder.train("untaught"))[0] == pytest.approx(0.04, abs=0.02)
