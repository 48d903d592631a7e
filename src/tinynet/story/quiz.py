"""What each chapter asks before it reveals: a prediction, and the answer counted from the runs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tinynet.data import pictures
from tinynet.evaluation import predictions
from tinynet.story.journey import CHAPTERS, Journey
from tinynet.story.learner import learner
from tinynet.training.train import nudge

HOW_MANY = ("none", "one", "two", "three", "all four")
YES_NO = ("yes", "no")


@dataclass(frozen=True)
class Question:
    """A question, its possible answers, and how the right one (its number) is found in the runs."""

    text: str
    options: tuple[str, ...]
    answer: Callable[[Journey], int]


def _lines_right(j: Journey) -> int:
    return round(4 * predictions.accuracy(j.run.final, j.lines))


def _moves_less(j: Journey) -> int:
    return int(not j.run.movement_per_epoch[-1] < j.run.movement_per_epoch[0])


def _unsure_of_fuzzy(j: Journey) -> int:
    return int(not predictions.predictions(j.run.final, pictures.fuzzy())[0].unsure)


def _signs_turned(j: Journey) -> int:
    first, last = (network.layers[0].weight for network in (j.network, j.run.final))
    return int(not (np.sign(first) != np.sign(last)).any())


def _sure_of_stress(j: Journey) -> int:
    return sum(not answer.unsure for answer in predictions.predictions(j.run.final, j.stress))


def _loss_falls(j: Journey) -> int:
    first = nudge(j.network, j.lines[0], j.recipe)
    return int(not nudge(first.after, j.lines[0], j.recipe).loss < first.loss)


def _learned_and_sure(j: Journey) -> int:
    crowd = j.crowd(j.long_recipe)
    if not crowd.all_right.any():
        return 3
    share = float((np.abs(crowd.margins(j.stress["gray"])[crowd.all_right, 0]) >= predictions.UNSURE).mean())
    return 0 if share < 0.25 else 1 if share < 0.75 else 2


QUESTIONS = {
    "look": Question(
        "Nothing is trained yet. How many of the four lines does this network get right by chance?",
        HOW_MANY,
        lambda j: round(4 * predictions.accuracy(j.network, j.lines)),
    ),
    "nudge": Question(
        "One nudge, by the top line. Does the loss on that line become smaller?",
        YES_NO,
        _loss_falls,
    ),
    "train": Question(
        "A hundred epochs, four hundred nudges. How many of the four lines come out right now?",
        HOW_MANY,
        _lines_right,
    ),
    "converge": Question(
        "Are the steps of the last epoch smaller than those of the first?", YES_NO, _moves_less
    ),
    "fuzzy": Question(
        "A line that is not quite black and white: is the network unsure of it?", YES_NO, _unsure_of_fuzzy
    ),
    "inside": Question(
        "Did these epochs turn round the sign of any weight of the first layer?", YES_NO, _signs_turned
    ),
    "stress": Question(
        "Four pictures that are no lines: of how many is the network sure?", HOW_MANY, _sure_of_stress
    ),
    "bold": Question(
        "The same start, at a learning rate of 5. How many of the four lines come out right?",
        HOW_MANY,
        lambda j: round(4 * predictions.accuracy(j.bold.final, j.lines)),
    ),
    "aha": Question(
        "Of the networks that do learn the lines, how many are sure of the gray block, which is neither?",
        ("few", "about half", "nearly all", "none of them learned"),
        _learned_and_sure,
    ),
    "learner": Question(
        "The learner that comes with this laboratory has seen noisy lines and doubt. Of the four pictures that are no lines, "
        "of how many is it sure?",
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
