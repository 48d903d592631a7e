"""The question of each chapter.

You predict, and the runs give the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tinynet.data import pictures
from tinynet.evaluation import predictions
from tinynet.story.journey import CHAPTERS
from tinynet.story.learner import learner
from tinynet.story.runs import Journey
from tinynet.training.train import nudge

HOW_MANY = ("none", "one", "two", "three", "all four")
YES_NO = ("yes", "no")


@dataclass(frozen=True)
class Question:
    """A question with its options.

    The function of a question returns the number of the correct option.
    """

    text: str
    options: tuple[str, ...]
    answer: Callable[[Journey], int]


def _lines_right(j: Journey) -> int:
    return round(4 * predictions.accuracy(j.run.final, j.lines))


def _moves_less(j: Journey) -> int:
    return int(not j.run.movement_per_epoch[-1] < j.run.movement_per_epoch[0])


def _unsure_of_fuzzy(j: Journey) -> int:
    return int(not predictions.predictions(j.run.final, pictures.fuzzy())[0].unsure)


def _sign_changed(j: Journey) -> int:
    first, last = (network.layers[0].weight for network in (j.network, j.run.final))
    return int(not (np.sign(first) != np.sign(last)).any())


def _sure_of_stress(j: Journey) -> int:
    return sum(not answer.unsure for answer in predictions.predictions(j.run.final, j.stress))


def _loss_falls(j: Journey) -> int:
    first = nudge(j.network, j.lines[0], j.recipe)
    return int(not nudge(first.after, j.lines[0], j.recipe).loss < first.loss)


def _learned_and_sure(j: Journey) -> int:
    trained = j.population(j.long_recipe)
    if not trained.all_right.any():
        return 3
    sure = float(
        (np.abs(trained.margins(j.stress["gray"])[trained.all_right, 0]) >= predictions.UNSURE).mean()
    )
    return 0 if sure < 0.25 else 1 if sure < 0.75 else 2


QUESTIONS = {
    "look": Question(
        "Nothing is trained yet. How many of the four lines does this network get right by chance?",
        HOW_MANY,
        lambda j: round(4 * predictions.accuracy(j.network, j.lines)),
    ),
    "nudge": Question(
        "One nudge trains the network on the top line. Does the loss on that line become smaller?",
        YES_NO,
        _loss_falls,
    ),
    "train": Question(
        "The network is trained on the four lines, one nudge after the other. How many of the lines does it then get right?",
        HOW_MANY,
        _lines_right,
    ),
    "converge": Question(
        "Do the weights of the first layer move less in the last epoch than in the first epoch?",
        YES_NO,
        _moves_less,
    ),
    "fuzzy": Question(
        "A fuzzy line is not exactly black and white. Is the network unsure of it?", YES_NO, _unsure_of_fuzzy
    ),
    "inside": Question(
        "Does the training change the sign of any weight in the first layer?", YES_NO, _sign_changed
    ),
    "stress": Question(
        "Four pictures are not lines. How many of these pictures is the network sure of?",
        HOW_MANY,
        _sure_of_stress,
    ),
    "high_rate": Question(
        "The same network is trained at a learning rate of 5. How many of the four lines does it then get right?",
        HOW_MANY,
        lambda j: round(4 * predictions.accuracy(j.high_rate_run.final, j.lines)),
    ),
    "confidence": Question(
        "Look at the networks that learned the lines. How many of them are sure of the gray block, which is not a line?",
        ("few", "about half", "nearly all", "no network learned"),
        _learned_and_sure,
    ),
    "learner": Question(
        "The learner was trained on noisy lines and on ambiguous pictures. How many of the four pictures that are not lines is "
        "it sure of?",
        HOW_MANY,
        lambda j: sum(not answer.unsure for answer in predictions.predictions(learner(), j.stress)),
    ),
}


def heads() -> list[dict[str, object]]:
    """Return each chapter's key, title, question and options."""
    return [
        {"key": key, "title": CHAPTERS[key][0], "question": asked.text, "options": list(asked.options)}
        for key, asked in QUESTIONS.items()
    ]
