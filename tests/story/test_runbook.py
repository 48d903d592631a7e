from dataclasses import replace

import numpy as np
import pytest

import prose
from tinynet.data.world import World
from tinynet.evaluation.calibration import brier, probability, scaled, temperature
from tinynet.evaluation.exam import Exam
from tinynet.experiments.ladder import RUNGS, Ladder
from tinynet.story import confidence_checks
from tinynet.story.content import Figure, Table, Text
from tinynet.story.runbook import Runbook

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def measured():
    book = Runbook(Ladder(64, exam=Exam(count=1000)))
    return book, book.chapter()


def test_the_runbook_chapter_has_the_measured_numbers(measured):
    book, chapter = measured
    text = "\n".join(getattr(part, "text", getattr(part, "sentence", "")) for part in chapter.parts)
    found = book.ladder.standing("four")
    assert f"{found.passed} of 64 networks with 4 hidden nodes pass the exam" in text
    taught = book.ladder.standing("doubts")
    assert f"The mean gray margin is {taught.mean_text('gray')}. But the mean line accuracy is " in text
    assert f"{book.ladder.exam.bayes_scores.brier.value:.4f}" in text
    tables = {part.title: part for part in chapter.parts if isinstance(part, Table)}
    rows = {row[0]: row for row in tables["The ladder"].rows}
    assert [rung.name for rung in RUNGS if rung.kind == "step"] == list(rows)
    assert rows["+ noise"][3] == f"{book.ladder.standing('noise').means['accuracy']:.3f}"


def test_the_figures_can_be_drawn(measured):
    _, chapter = measured
    drawn = {part.name: part.draw() for part in chapter.parts if isinstance(part, Figure)}
    assert set(drawn) == {"ladder", "maps", "reliability"}
    assert len(drawn["maps"].axes) == 4  # with the scale
    assert [text.get_text() for text in drawn["ladder"].axes[0].get_yticklabels()][-1] == "six nodes"


def test_only_the_memorizer_is_confident_about_gray(measured):
    book, _ = measured
    gray = np.full((1, 4), 0.5)
    assert abs(np.diff(book.memorizer(gray))[0, 0]) > 0.8
    assert abs(np.diff(book.learner(gray))[0, 0]) < 0.1


def test_the_symmetrized_memorizer_predicts_as_the_bayes_optimum(measured):
    verdict = measured[0]._symmetrized()
    assert verdict.count == verdict.n > 1500


def test_the_abstention_threshold_is_chosen_on_validation_pictures_and_tested_on_others(measured):
    book, chapter = measured
    (found,) = [
        part
        for part in chapter.parts
        if "predictions of the learner are wrong" in getattr(part, "sentence", "")
    ]
    numbers = found.numbers
    outputs, horizontal = book.learner(book.test[0]), book.test[1]
    answered = (1 + np.abs(outputs[:, 0] - outputs[:, 1])) / 2 >= numbers["threshold"]
    wrong = (outputs[:, 0] > outputs[:, 1]) != horizontal
    assert numbers["coverage"] == answered.mean()
    assert numbers["error"] == wrong[answered].mean() < 0.07
    assert (found.count, found.n) == (wrong[answered].sum(), answered.sum())
    assert any(
        part.text.startswith(f"The learner abstains below a confidence of {numbers['threshold']:.4f}. ")
        for part in chapter.parts
        if isinstance(part, Text)
    )
    a, b = ({x.tobytes() for x in some[0].inputs if 0 < x.min() < 1} for some in (book.test, book.validation))
    assert len(a) > 3000
    assert not a & b


def test_a_temperature_helps_the_memorizer_more_than_the_learner(measured):
    book, _ = measured
    shown, horizontal = book.test
    chosen, gained = [], []
    for name, network in (("memorizer", book.memorizer), ("learner", book.learner)):
        warmth = temperature(probability(network(book.validation[0])), book.validation[1])
        predicted = probability(network(shown))
        chosen.append(warmth)
        gained.append(brier(predicted, horizontal) - brier(scaled(predicted, warmth), horizontal))
        text = confidence_checks.calibration(name, network, book.validation, book.test)
        assert f"The best temperature on 10,000 validation pictures is {warmth:.2f}." in text
    assert chosen[0] > 2 > chosen[1]
    assert gained[0] > 0.05 > gained[1]


def test_a_sentence_appears_only_if_its_numbers_hold(measured):
    none = Ladder(4, exam=Exam(count=100, world=World(noise=0.8)))
    text = " ".join(part.text for part in Runbook(none)._exam() if isinstance(part, Text))
    assert "The smallest of these networks" not in text
    assert any(
        "The smallest of these networks" in part.text
        for part in measured[0]._exam()
        if isinstance(part, Text)
    )
    assert len(list(measured[0]._pitfalls())) == 2
    for key in ("notebook", "doubts"):
        found = none.standing(key)
        none._standings[key] = replace(found, means=found.means | {"gray": 0.9})
    assert not list(Runbook(none)._pitfalls())


def test_every_sentence_of_the_runbook_is_easy_to_read(measured):
    assert not prose.hard_sentences(measured[1].parts)


def test_a_missing_abstention_threshold_is_reported(measured):
    book, _ = measured
    ignorant = book.memorizer.with_parameters(np.zeros(23))
    (part,) = confidence_checks.abstention("memorizer", ignorant, book.validation[0], book.test[0])
    assert part == Text("No threshold keeps the wrong predictions of the memorizer at 5 % or less.")
