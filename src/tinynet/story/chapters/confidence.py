"""The chapters about a high learning rate, confidence, and learners.

The last chapter goes from memorizer to learner.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from tinynet import plots
from tinynet.evaluation import comparison, diagnosis, predictions, verdicts
from tinynet.evaluation.exam import Exam
from tinynet.experiments.ladder import Ladder
from tinynet.numerics import arrays
from tinynet.story.content import Figure, Part, Text, loss_table, predictions_table
from tinynet.story.resources import RESOURCES
from tinynet.story.runbook import Runbook
from tinynet.story.runs import Journey

MAX_RUNG_NETWORKS = 256
EXAM_PICTURES = 5_000


def high_rate(j: Journey) -> Iterator[Part]:
    """Train the same network at a high learning rate."""
    run, rate = j.high_rate_run, j.high_rate_recipe.learning_rate
    yield Text(
        f"Would a higher learning rate help? Train the network from the same random numbers at a rate of {rate:g}. The training "
        f"loss goes from {run.training_loss(0):.4f} to {run.training_loss():.4f}."
    )
    yield Figure(
        "loss",
        "The mean loss while training at both learning rates.",
        lambda: plots.loss_curve(
            {f"rate {j.recipe.learning_rate:g}": j.run, f"rate {rate:g}": run}, constant=j.constant_loss
        ),
    )
    yield loss_table(run)
    yield predictions_table("Predictions for the training pictures", run.final, j.lines)
    yield predictions.correct_margins(run.final(j.lines), j.lines)
    yield predictions_table("The stress test", run.final, j.stress)
    for finding in diagnosis.diagnose(run):
        yield Text(finding.sentence)
    longer = replace(j.high_rate_recipe, epochs=10 * j.high_rate_recipe.epochs)
    for trained in (j.population(j.high_rate_recipe), j.population(longer)):
        yield trained.fraction(
            trained.all_right, f"get all four right at rate {rate:g} after {trained.recipe.epochs:,} epochs"
        )
    yield Text(
        f"Now compare both trainings of seed {j.seed}, first at a rate of {j.recipe.learning_rate:g} and then at a rate of {rate:g}."
    )
    for outcome in comparison.compare(j.run, run).outcomes:
        yield Text(f"{outcome[0].upper()}{outcome[1:]}.")


def confidence(j: Journey) -> Iterator[Part]:
    """Evaluate networks that learned the lines on gray."""
    trained, gray = j.population(j.long_recipe), j.stress["gray"]
    learned = trained.all_right
    yield Text("This chapter looks only at networks that have learned the four lines.")
    yield trained.fraction(learned, f"get all four lines right after {j.long_recipe.epochs:,} epochs")
    if not learned.any():
        yield Text("No network has learned the lines, so this chapter cannot measure their confidence.")
        return
    margins = trained.margins(gray)[learned, 0]
    yield Figure(
        "gray",
        "Horizontal minus vertical on the gray block, for the networks that learned.",
        lambda: plots.population_histogram(margins),
    )
    yield verdicts.fraction(
        np.abs(margins) >= predictions.UNSURE, "networks that learned are sure of the gray block"
    )
    larger = trained.outputs(gray)[learned, 0].max(axis=1)
    error = math.sqrt(arrays.variance(larger) / len(larger))
    mean = verdicts.mean_text(float(arrays.mean(larger)), error)
    yield Text(f"The mean of the larger of their two outputs is {mean}.")
    yield verdicts.fraction(margins > 0, "networks that learned predict horizontal for the gray block")
    yield from _other_order(j)
    low, high = verdicts.wilson(int((margins > 0).sum()), len(margins))
    chance = low <= 0.5 <= high and arrays.mean(np.abs(margins)) > predictions.UNSURE
    yield Text("A gray block lies exactly between the two classes, so no prediction for it is right.")
    if chance:
        yield Text("The seed decides the prediction like a coin flip, and the network is still sure of it.")
    yield Text(
        "Confidence is not correctness. The training pictures contain no ambiguous picture, so the network never learns to be unsure. "
        "To be unsure is not a weakness: it is right for a picture that is neither horizontal nor vertical. The learning rate and the "
        "number of epochs are hyperparameters. They change this confidence too, not only the speed of training."
    )


def _other_order(j: Journey) -> Iterator[Part]:
    """Compare the predictions for gray after training in both orders."""
    gray = j.stress["gray"]
    trained, turned = (j.population(j.long_recipe, order=order) for order in (None, j.lines.reversed()))
    both = trained.all_right & turned.all_right
    if both.any():
        same = np.sign(trained.margins(gray)[both, 0]) == np.sign(turned.margins(gray)[both, 0])
        yield Text("Now train the same seeds again, with the four lines in reverse order.")
        yield verdicts.fraction(same, "networks that learned in both orders keep their prediction for gray")


@lru_cache(maxsize=8)
def short_ladder(networks: int) -> Ladder:
    """Return the ladder with a short exam. Its measurements are the same for every seed of a journey."""
    return Ladder(networks, exam=Exam(count=EXAM_PICTURES))


def learner(j: Journey) -> Iterator[Part]:
    """Go from memorizer to learner, one change at a time."""
    ladder = short_ladder(min(j.networks, MAX_RUNG_NETWORKS))
    yield Text(
        "Can a network be right about the lines and unsure about the gray block? This chapter is the short form of the Trainer "
        "Runbook. The command tinynet runbook uses more seeds."
    )
    yield from Runbook(ladder, seed=j.seed).parts()
    yield Text(
        "The story continues in the Trainer Runbook. Run tinynet runbook, or open the notebook trainer_runbook.ipynb."
    )
    yield RESOURCES
