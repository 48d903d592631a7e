import numpy as np
import pytest

from tinynet.data.world import World
from tinynet.evaluation.calibration import brier, probability, scaled, temperature
from tinynet.evaluation.exam import Exam
from tinynet.experiments.ladder import RUNGS, Ladder
from tinynet.story.content import Figure, Table, Text
from tinynet.story.runbook import Runbook

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told():
    book = Runbook(Ladder(64, exam=Exam(count=1000)))
    return book, book.chapter()


def test_the_chapter_says_what_was_measured(told):
    book, chapter = told
    text = "\n".join(getattr(part, "text", getattr(part, "sentence", "")) for part in chapter.parts)
    found = book.ladder.standing("four")
    assert f"{found.passed} of 64 networks with 4 hidden nodes pass the whole exam" in text
    taught = book.ladder.standing("doubts")
    assert f"|H − V| on gray is {taught.means['gray']:.3f}, and the accuracy on noisy lines is " in text
    assert f"{book.ladder.exam.bayes_scores.brier.value:.4f}" in text
    tables = {part.title: part for part in chapter.parts if isinstance(part, Table)}
    rows = {row[0]: row for row in tables["The ladder"].rows}
    assert [rung.name for rung in RUNGS if rung.kind == "step"] == list(rows)
    assert rows["+ noise"][3] == f"{book.ladder.standing('noise').means['accuracy']:.3f}"


def test_its_figures_are_drawn(told):
    _, chapter = told
    drawn = {part.name: part.draw() for part in chapter.parts if isinstance(part, Figure)}
    assert set(drawn) == {"ladder", "maps", "reliability"}
    assert len(drawn["maps"].axes) == 4  # with the scale
    assert [text.get_text() for text in drawn["ladder"].axes[0].get_yticklabels()][-1] == "six nodes"


def test_memorizer_and_learner_are_what_they_are_called(told):
    book, _ = told
    gray = np.full((1, 4), 0.5)
    assert abs(np.diff(book.memorizer(gray))[0, 0]) > 0.8
    assert abs(np.diff(book.learner(gray))[0, 0]) < 0.1


def test_a_memorizer_that_walks_round_agrees_with_the_best_answer(told):
    verdict = told[0]._walk_round()
    assert verdict.count == verdict.n > 1500


def test_when_to_answer_is_chosen_on_other_pictures_than_it_is_judged_by(told):
    book, chapter = told
    said = [part for part in chapter.parts if getattr(part, "sentence", "").startswith("The learner. ")]
    numbers = said[0].numbers
    outputs, horizontal = book.learner(book.test[0]), book.test[1]
    answered = (1 + np.abs(outputs[:, 0] - outputs[:, 1])) / 2 >= numbers["threshold"]
    wrong = (outputs[:, 0] > outputs[:, 1]) != horizontal
    assert numbers["coverage"] == answered.mean()
    assert numbers["error"] == wrong[answered].mean() < 0.07
    assert f"below a confidence of {numbers['threshold']:.4f}. " in said[0].sentence
    a, b = ({x.tobytes() for x in some[0].inputs if 0 < x.min() < 1} for some in (book.test, book.validation))
    assert len(a) > 3000
    assert not a & b


def test_a_temperature_helps_the_memorizer_more_than_the_learner(told):
    book, _ = told
    shown, horizontal = book.test
    chosen, bought = [], []
    for network in (book.memorizer, book.learner):
        warmth = temperature(probability(network(book.validation[0])), book.validation[1])
        said = probability(network(shown))
        chosen.append(warmth)
        bought.append(brier(said, horizontal) - brier(scaled(said, warmth), horizontal))
        assert f"divided by {warmth:.2f}, the temperature" in book._calibration(network)
    assert chosen[0] > 2 > chosen[1]
    assert bought[0] > 0.05 > bought[1]


def test_a_crowd_that_fails_is_not_said_to_pass(told):
    """Whole sentences go where the numbers no longer carry them."""
    none = Ladder(4, exam=Exam(count=100, world=World(noise=0.8)))
    text = [part.text for part in Runbook(none)._exam() if isinstance(part, Text)]
    assert not text
    assert any("The smallest network" in part.text for part in told[0]._exam() if isinstance(part, Text))
