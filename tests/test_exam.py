from dataclasses import fields, replace

import numpy as np
import pytest

import tinynet as tn
from tinynet import rng
from tinynet.data import pictures
from tinynet.errors import TinyNetError
from tinynet.evaluation import bayes, bayes_bounds, exam
from tinynet.evaluation.calibration import auroc, brier, over_outputs
from tinynet.evaluation.exam import Exam, ExamResult
from tinynet.evaluation.symmetry import agreement, symmetrize

EXAM = Exam(count=3000)


def best(inputs):
    return bayes.posterior(tn.World(), inputs)


def table(marks):
    return np.stack([getattr(marks, f.name) for f in fields(marks)])


@pytest.fixture(scope="module")
def memorizers():
    return tn.population(tn.Recipe(learning_rate=1.0, epochs=4000), networks=64)


def test_the_canonical_doubts_are_gray_and_the_twelve_that_are_no_lines():
    binary = pictures.binary()
    lines = {tuple(x) for x in pictures.lines().inputs.tolist()}
    expected = {tuple(x) for x in binary.inputs.tolist()} - lines | {(0.5,) * 4}
    assert EXAM.doubts[0].tolist() == [0.5] * 4
    assert {tuple(x) for x in EXAM.doubts.tolist()} == expected
    assert len(EXAM.doubts) == 13


def test_the_best_possible_answer_passes():
    marks = EXAM.sit(best)
    assert marks.passed.tolist() == [True]
    assert marks.brier_ratio == pytest.approx([1])
    assert marks.accuracy == pytest.approx([EXAM.bayes_scores.accuracy.value], abs=1e-3)
    assert marks.auroc == pytest.approx([EXAM.bayes_scores.auroc.value])
    assert marks.worst_doubt == [0]


def test_three_rectified_nodes_are_enough():
    """|r| - |c| = 2 relu(r) - 2 relu(c) - (r - c), whose sign is the best verdict; r - c + 1 is never below 0."""
    r, c = np.array([1, 1, -1, -1]) / 2, np.array([1, -1, 1, -1]) / 2
    out = 7 * np.array([1, -1, -0.5])
    numbers = [r, c, r - c, [0, 0, 1], out, -out, [3.5, -3.5]]
    start = tn.Network.initial(tn.Architecture((4, 3, 2), hidden="relu"), seed=0)
    marks = Exam().sit(start.with_parameters(np.concatenate(numbers)))
    assert marks.passed.tolist() == [True]
    assert marks.agreement > 0.999


def test_pictures_to_choose_by_are_others():
    other = replace(EXAM, stream=rng.VALIDATION)
    assert (
        other.bayes_scores.brier.value
        == bayes_bounds.bayes_scores(tn.World(), count=3000, stream=rng.VALIDATION).brier.value
    )
    assert other.bayes_scores != EXAM.bayes_scores
    assert other.sit(best).brier_ratio == pytest.approx([1])
    with pytest.raises(TinyNetError, match="stream is .*; an exam is drawn from draws.VALIDATION or TEST"):
        replace(EXAM, stream=5)


def test_the_marks_are_what_they_are_called(memorizers):
    """Each measure again, of one network, from its definition."""
    network = memorizers.network(3)
    inputs, _, rows = tn.World().draw(np.arange(3000), seed=0)
    targets = tn.World().patterns.targets[rows]
    outputs, lines = network(inputs), rows < 4
    clean, gaps = network(pictures.lines()), outputs[:, 0] - outputs[:, 1]
    margins = (clean[:, 0] - clean[:, 1]) * [1, 1, -1, -1]
    doubts = np.abs(np.diff(network(EXAM.doubts)))
    expected = [
        margins.min(),
        (np.sign(gaps) == targets[:, 0] - targets[:, 1])[lines].mean(),
        doubts[0, 0],
        doubts.max(),
        over_outputs(brier, outputs, targets) / bayes_bounds.bayes_scores(tn.World(), count=3000).brier.value,
        auroc(np.abs(gaps), lines),
        agreement(network, inputs[lines]).mean(),
    ]
    assert table(EXAM.sit(network))[:, 0] == pytest.approx(expected)


def test_a_memorizer_fails_all_but_what_it_memorized(memorizers):
    marks = memorizers.take_exam(EXAM)
    assert marks.parts.sum(axis=0)[0] > 55
    assert marks.parts.sum(axis=0)[1:].tolist() == [0, 0, 0, 0, 0]


def test_a_memorizer_that_walks_round_gains_what_symmetry_gives(memorizers):
    marks = EXAM.sit(symmetrize(memorizers.network(3)))
    assert marks.accuracy == pytest.approx(EXAM.sit(best).accuracy, abs=1e-3)
    assert marks.worst_doubt == pytest.approx([0], abs=1e-12)
    assert marks.agreement > 0.99


def test_humility_alone_does_not_pass():
    marks = EXAM.sit(lambda x: np.full((len(x), 2), 0.5))
    assert marks.parts.tolist() == [[False, False, True, False, False, False]]
    neither = EXAM.sit(lambda x: np.zeros((len(x), 2)))
    assert neither.brier_ratio[0] > 2  # a confident "neither" pays


def test_many_sit_as_they_would_one_by_one(memorizers, monkeypatch):
    together = table(EXAM.sit(memorizers.outputs))
    assert table(EXAM.sit(memorizers.network(5)))[:, 0] == pytest.approx(together[:, 5], abs=1e-3)
    monkeypatch.setattr(exam, "MAX_ANSWERS", 64 * 2 * 77)  # 77 pictures at a time
    assert table(EXAM.sit(memorizers.outputs)) == pytest.approx(together)
    monkeypatch.setattr("tinynet.experiments.population.NETWORKS_PER_EXAM", 10)
    assert table(memorizers.take_exam(EXAM)) == pytest.approx(together, abs=1e-3)  # by the kernel, in float32


def test_numbers_that_are_not_finite_pass_nothing(memorizers):
    def answers(inputs):
        outputs = memorizers.outputs(inputs)
        outputs[1] = np.nan
        outputs[2, 0] = np.inf
        return outputs

    marks = EXAM.sit(answers)
    assert np.isnan(table(marks)).any(axis=0).tolist() == [False, True, True] + [False] * 61
    assert not marks.parts[1:3].any()
    half = np.median(np.delete(marks.margin, [1, 2]))
    assert f"the median margin is {half:.2f}, and 0.8 is asked" in marks.verdicts()[0].sentence
    lost = EXAM.sit(lambda x: np.full((len(x), 2), np.nan))
    assert "no network's numbers are finite" in lost.verdicts()[0].sentence


def test_verdicts_count_and_say_the_median(memorizers):
    marks = ExamResult.joined([memorizers.take_exam(EXAM), EXAM.sit(best)])
    found = marks.verdicts()
    assert len(marks) == 65
    assert [v.count for v in found] == [*marks.parts.sum(axis=0).tolist(), 1]
    assert found[-1].n == 65
    assert str(found[-1]).startswith(
        "1 of 65 networks pass the whole exam (1.5 %; 95 % interval 0.3 % to 8.2 %)"
    )
    assert f"the median AUROC is {np.median(marks.auroc):.3f}, and 0.85 is asked" in str(found[4])


def test_a_larger_world_can_be_examined():
    world = tn.World(n=3)
    asked = Exam(world, count=500)
    assert asked.doubts.shape == (1 + 1 + 1 + 9 + 9 + 2, 9)
    marks = asked.sit(lambda x: bayes.posterior(world, x))
    assert marks.passed.tolist() == [True]


def test_an_exam_says_what_it_needs():
    with pytest.raises(
        TinyNetError, match="the world's doubt is 1; an exam asks lines and doubtful pictures"
    ):
        Exam(tn.World(doubt=1.0))
    with pytest.raises(TinyNetError, match="count is 10. It must be a whole number of at least 100"):
        Exam(count=10)
    with pytest.raises(TinyNetError, match="seed is -1"):
        replace(EXAM, seed=-1)
    with pytest.raises(TinyNetError, match="an exam is drawn from draws.VALIDATION or TEST"):
        replace(EXAM, stream=rng.TRAINING)


def test_an_exam_to_practise_with_asks_other_pictures():
    practice = replace(EXAM, stream=rng.VALIDATION)
    asked = []
    practice.sit(lambda inputs: asked.append(inputs) or best(inputs))
    inputs, _, rows = tn.World().draw(np.arange(3000), seed=0, stream=rng.VALIDATION)
    assert any(np.array_equal(some, inputs) for some in asked)
    targets = tn.World().patterns.targets[rows, 0]
    assert practice.bayes_scores == bayes_bounds.of_answers(best(inputs)[:, 0], targets)
    with pytest.raises(TinyNetError, match=r"the answers have shape \(4, 3\); an exam needs \(4, 2\)"):
        EXAM.sit(lambda x: np.zeros((len(x), 3)))
    with pytest.raises(TinyNetError, match="noise is 0"):
        _ = Exam(tn.World(noise=0)).bayes_scores
