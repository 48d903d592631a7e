from dataclasses import fields, replace

import numpy as np
import pytest

import prose
import tinynet as tn
from tinynet import rng
from tinynet.data import pictures
from tinynet.errors import TinyNetError
from tinynet.evaluation import bayes, bayes_bounds, exam
from tinynet.evaluation.calibration import auroc, brier, over_outputs
from tinynet.evaluation.exam import Exam, ExamResult
from tinynet.evaluation.requirements import MEASURES, REQUIREMENTS
from tinynet.evaluation.symmetry import agreement, symmetrize

EXAM = Exam(count=3000)


def bayes_optimal(inputs):
    return bayes.posterior(tn.World(), inputs)


def table(result):
    return np.stack([getattr(result, f.name) for f in fields(result)])


@pytest.fixture(scope="module")
def memorizers():
    return tn.population(tn.Recipe(learning_rate=1.0, epochs=4000), networks=64)


def test_the_exam_has_gray_and_twelve_other_ambiguous_pictures():
    binary = pictures.binary()
    lines = {tuple(x) for x in pictures.lines().inputs.tolist()}
    expected = {tuple(x) for x in binary.inputs.tolist()} - lines | {(0.5,) * 4}
    assert EXAM.ambiguous[0].tolist() == [0.5] * 4
    assert {tuple(x) for x in EXAM.ambiguous.tolist()} == expected
    assert len(EXAM.ambiguous) == 13


def test_the_bayes_optimal_prediction_passes_the_exam():
    result = EXAM.evaluate(bayes_optimal)
    assert result.passed.tolist() == [True]
    assert result.brier_ratio == pytest.approx([1])
    assert result.accuracy == pytest.approx([EXAM.bayes_scores.accuracy.value], abs=1e-3)
    assert result.auroc == pytest.approx([EXAM.bayes_scores.auroc.value])
    assert result.worst_ambiguous == [0]


def test_three_relu_nodes_can_pass_the_exam():
    """Build |r| - |c| = 2 relu(r) - 2 relu(c) - (r - c); r - c + 1 is never below 0."""
    r, c = np.array([1, 1, -1, -1]) / 2, np.array([1, -1, 1, -1]) / 2
    out = 7 * np.array([1, -1, -0.5])
    numbers = [r, c, r - c, [0, 0, 1], out, -out, [3.5, -3.5]]
    start = tn.Network.initial(tn.Architecture((4, 3, 2), hidden="relu"), seed=0)
    result = Exam().evaluate(start.with_parameters(np.concatenate(numbers)))
    assert result.passed.tolist() == [True]
    assert result.agreement > 0.999


def test_the_validation_stream_has_other_pictures():
    other = replace(EXAM, stream=rng.VALIDATION)
    assert (
        other.bayes_scores.brier.value
        == bayes_bounds.bayes_scores(tn.World(), count=3000, stream=rng.VALIDATION).brier.value
    )
    assert other.bayes_scores != EXAM.bayes_scores
    assert other.evaluate(bayes_optimal).brier_ratio == pytest.approx([1])
    with pytest.raises(TinyNetError, match="stream is 5. It must be rng.VALIDATION or rng.TEST"):
        replace(EXAM, stream=5)


def test_every_measure_agrees_with_its_definition(memorizers):
    """Compute each measure of one network from its definition."""
    network = memorizers.network(3)
    inputs, _, rows = tn.World().draw(np.arange(3000), seed=0)
    targets = tn.World().patterns.targets[rows]
    outputs, lines = network(inputs), rows < 4
    clean, gaps = network(pictures.lines()), outputs[:, 0] - outputs[:, 1]
    margins = (clean[:, 0] - clean[:, 1]) * [1, 1, -1, -1]
    ambiguous = np.abs(np.diff(network(EXAM.ambiguous)))
    expected = [
        margins.min(),
        (np.sign(gaps) == targets[:, 0] - targets[:, 1])[lines].mean(),
        ambiguous[0, 0],
        ambiguous.max(),
        over_outputs(brier, outputs, targets) / bayes_bounds.bayes_scores(tn.World(), count=3000).brier.value,
        auroc(np.abs(gaps), lines),
        agreement(network, inputs[lines]).mean(),
    ]
    assert table(EXAM.evaluate(network))[:, 0] == pytest.approx(expected)


def test_a_memorizer_meets_only_the_first_requirement(memorizers):
    result = memorizers.take_exam(EXAM)
    assert result.met.sum(axis=0)[0] > 55
    assert result.met.sum(axis=0)[1:].tolist() == [0, 0, 0, 0, 0]


def test_a_symmetrized_memorizer_has_the_accuracy_of_bayes(memorizers):
    result = EXAM.evaluate(symmetrize(memorizers.network(3)))
    assert result.accuracy == pytest.approx(EXAM.evaluate(bayes_optimal).accuracy, abs=1e-3)
    assert result.worst_ambiguous == pytest.approx([0], abs=1e-12)
    assert result.agreement > 0.99


def test_a_network_that_is_always_unsure_fails():
    result = EXAM.evaluate(lambda x: np.full((len(x), 2), 0.5))
    assert result.met.tolist() == [[False, False, True, False, False, False]]
    neither = EXAM.evaluate(lambda x: np.zeros((len(x), 2)))
    assert neither.brier_ratio[0] > 2  # a confident "neither" has a poor score


def test_many_networks_have_the_results_of_single_networks(memorizers, monkeypatch):
    together = table(EXAM.evaluate(memorizers.outputs))
    assert table(EXAM.evaluate(memorizers.network(5)))[:, 0] == pytest.approx(together[:, 5], abs=1e-3)
    monkeypatch.setattr(exam, "MAX_OUTPUTS", 64 * 2 * 77)  # chunks of 77 pictures
    assert table(EXAM.evaluate(memorizers.outputs)) == pytest.approx(together)
    monkeypatch.setattr("tinynet.experiments.population.NETWORKS_PER_EXAM", 10)
    assert table(memorizers.take_exam(EXAM)) == pytest.approx(
        together, abs=1e-3
    )  # the kernel computes in float32


def test_networks_with_nan_or_infinity_meet_no_requirement(memorizers):
    def predictor(inputs):
        outputs = memorizers.outputs(inputs)
        outputs[1] = np.nan
        outputs[2, 0] = np.inf
        return outputs

    result = EXAM.evaluate(predictor)
    assert np.isnan(table(result)).any(axis=0).tolist() == [False, True, True] + [False] * 61
    assert not result.met[1:3].any()
    half = np.median(np.delete(result.margin, [1, 2]))
    assert f"The median line margin is {half:.3f}. It must be at least 0.8." in result.verdicts()[0].sentence
    lost = EXAM.evaluate(lambda x: np.full((len(x), 2), np.nan))
    assert "No network has finite values." in lost.verdicts()[0].sentence


def test_exam_verdicts_contain_counts_and_medians(memorizers):
    result = ExamResult.joined([memorizers.take_exam(EXAM), EXAM.evaluate(bayes_optimal)])
    found = result.verdicts()
    assert len(result) == 65
    assert [v.count for v in found] == [*result.met.sum(axis=0).tolist(), 1]
    assert found[-1].n == 65
    assert str(found[-1]).startswith(
        "1 of 65 networks pass the whole exam (1.5 %; 95 % interval 0.3 % to 8.2 %)"
    )
    assert f"The median AUROC is {np.median(result.auroc):.3f}. It must be at least 0.85." in str(found[4])


def test_every_requirement_has_a_verdict_with_its_medians(memorizers):
    result = memorizers.take_exam(EXAM)
    for k, (requirement, verdict) in enumerate(zip(REQUIREMENTS, result.verdicts(), strict=False)):
        met = result.met[:, k].sum()
        assert verdict.sentence.startswith(
            f"{met} of 64 networks meet requirement {k + 1}, {requirement.label} ("
        )
        for measure in requirement.measures:
            median = np.median(getattr(result, measure.key))
            assert (
                f" The median {measure.label} is {median:.3f}. It must be {measure.kind} {measure.threshold:g}."
                in str(verdict)
            )
        assert not prose.hard(verdict.sentence)


def test_every_measure_of_a_result_has_one_threshold():
    assert [measure.key for measure in MEASURES] == [f.name for f in fields(ExamResult)]
    assert [requirement.text for requirement in REQUIREMENTS] == [
        "line margin ≥ 0.8",
        "line accuracy ≥ 0.93",
        "gray margin ≤ 0.1, worst margin ≤ 0.25",
        "Brier ratio ≤ 1.05",
        "AUROC ≥ 0.85",
        "agreement ≥ 0.95",
    ]


def test_a_larger_world_can_be_examined():
    world = tn.World(n=3)
    large = Exam(world, count=500)
    assert large.ambiguous.shape == (1 + 1 + 1 + 9 + 9 + 2, 9)
    result = large.evaluate(lambda x: bayes.posterior(world, x))
    assert result.passed.tolist() == [True]


def test_unsupported_exams_are_refused():
    with pytest.raises(TinyNetError, match="the world's doubt is 1. It must be above 0 and below 1"):
        Exam(tn.World(doubt=1.0))
    with pytest.raises(TinyNetError, match="count is 10. It must be a whole number from 100 to 10,000,000"):
        Exam(count=10)
    with pytest.raises(TinyNetError, match="seed is -1"):
        replace(EXAM, seed=-1)
    with pytest.raises(TinyNetError, match="It must be rng.VALIDATION or rng.TEST"):
        replace(EXAM, stream=rng.TRAINING)


def test_a_validation_exam_uses_pictures_of_the_validation_stream():
    practice = replace(EXAM, stream=rng.VALIDATION)
    requested = []
    practice.evaluate(lambda inputs: requested.append(inputs) or bayes_optimal(inputs))
    inputs, _, rows = tn.World().draw(np.arange(3000), seed=0, stream=rng.VALIDATION)
    assert any(np.array_equal(some, inputs) for some in requested)
    targets = tn.World().patterns.targets[rows, 0]
    assert practice.bayes_scores == bayes_bounds.scores_of(bayes_optimal(inputs)[:, 0], targets)
    with pytest.raises(TinyNetError, match=r"the outputs have shape \(4, 3\). It must be \(4, 2\)"):
        EXAM.evaluate(lambda x: np.zeros((len(x), 3)))
    with pytest.raises(TinyNetError, match="noise is 0"):
        _ = Exam(tn.World(noise=0)).bayes_scores
