import numpy as np
import pytest

from tinynet.exam import Exam
from tinynet.ladder import RUNGS, Ladder
from tinynet.parts import Figure, Table
from tinynet.runbook import Runbook


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
    assert f"{book.ladder.exam.floors.brier.value:.4f}" in text
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
