import numpy as np
import pytest
import sklearn.metrics
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.functional.classification import multiclass_calibration_error

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.evaluation import classification, predictions, verdicts
from tinynet.evaluation.classification import Score


def some(seed, outputs, count=60):
    draw = np.random.default_rng(seed)
    names, answers = tuple(map(str, range(count))), tuple("abcdefghij"[:outputs])
    targets = np.eye(outputs)[draw.integers(0, outputs, count)]
    return tn.Examples(draw.random((count, 4)), targets, names, None, answers)


@given(seed=st.integers(0, 10**6), outputs=st.integers(3, 10))
def test_softmax_is_scored_as_scikit_learn_and_torchmetrics_do(seed, outputs):
    examples = some(seed, outputs)
    network = tn.Network.initial((4, 6, outputs), seed=seed, output="softmax", init="normal")
    said, wanted = network(examples), examples.targets.argmax(axis=1)
    found = classification.score(network, examples, tn.Recipe(loss="cross_entropy"))
    labels = list(range(outputs))
    assert found.count / len(found) == sklearn.metrics.accuracy_score(wanted, said.argmax(axis=1))
    assert found.loss == pytest.approx(sklearn.metrics.log_loss(wanted, said, labels=labels))
    sums = sklearn.metrics.brier_score_loss(wanted, said, labels=labels, scale_by_half=False)
    assert found.brier == pytest.approx(sums / outputs)
    ece = multiclass_calibration_error(
        torch.tensor(said), torch.tensor(wanted), outputs, n_bins=classification.BINS
    )
    assert found.reliability.ece == pytest.approx(float(ece), abs=1e-6)


@pytest.mark.parametrize("output", ["sigmoid", "tanh", "identity"])
def test_other_outputs_are_each_the_probability_of_their_own_answer(output):
    """Kept within 0 to 1, and not made to sum to 1: three that are dark are a confident "neither"."""
    examples = some(3, 3)
    network = tn.Network.initial((4, 3), seed=3, output=output, init="normal")
    found, said = classification.score(network, examples), network(examples)
    assert found.loss == pytest.approx(((said - examples.targets) ** 2).mean())
    inside = np.clip(said, 0, 1)
    assert found.brier == pytest.approx(((inside - examples.targets) ** 2).mean())
    assert found.confidences.tolist() == inside.max(axis=1).tolist()
    if output == "sigmoid":
        assert found.brier == pytest.approx(found.loss)
    dark = tn.Network.initial((4, 3), init="zeros").with_parameter("layer1.bias[0]", -2.0)
    assert classification.score(dark, examples).confidences == pytest.approx(0.5)


def test_two_outputs_and_one():
    lines = tn.pictures.lines()
    network = tn.Network.initial(seed=0)
    h, v = network(lines).T
    assert classification.score(network, lines).confidences == pytest.approx((1 + abs(h - v)) / 2)
    yes = tn.Examples(lines.inputs, lines.targets[:, :1], lines.names, lines.shape, ("horizontal",))
    one = tn.Network.initial((4, 3, 1), seed=0)
    found = classification.score(one, yes)
    assert found.confidences == pytest.approx(np.maximum(one(yes), 1 - one(yes))[:, 0])
    assert found.count / 4 == predictions.accuracy(one, yes)


def test_a_target_without_a_largest_is_half_right():
    examples = tn.Examples(np.zeros((2, 4)), [[0.5, 0.5], [1, 0]], ("coin", "sure"))
    network = tn.Network.initial(init="zeros").with_parameter("layer2.bias[0]", 1.0)
    found = classification.score(network, examples)
    assert found.right.tolist() == [0.5, 1.0]
    assert found.count == 1
    with pytest.raises(TinyNetError, match="no targets, so no answer is right or wrong"):
        classification.score(network, tn.pictures.stress())


def made(part, confidences, right):
    return Score(part, 0.0, 0.0, np.array(confidences), np.array(right, float))


def test_the_verdicts_say_whether_confidence_fits():
    sure = made("held-out", [0.95] * 20, [1] * 10 + [0] * 10)
    first, second = sure.verdicts()
    assert str(first) == "10 of 20 held-out examples come out right (50.0 %; 95 % interval 29.9 % to 70.1 %)."
    assert "95.0 % sure on average: too sure" in str(second)
    assert "0.4500 apart" in str(second)
    assert "not sure enough" in str(made("held-out", [0.5] * 20, [1] * 20).verdicts()[1])
    assert "within the interval" in str(made("held-out", [0.6] * 20, [1] * 10 + [0] * 10).verdicts()[1])


def test_the_bins_of_json_are_those_that_hold_something():
    found = made("held-out", [0.55, 0.55, 1.0], [1, 0, 1]).to_json()
    assert [(row["from"], row["count"], row["share"]) for row in found["reliability"]] == [
        (0.5, 2, 0.5),
        (0.9, 1, 1),
    ]
    assert (found["examples"], found["right"]) == (3, 2)


def test_abstention_is_chosen_on_one_part_and_counted_on_another():
    chosen = made("validation", [0.9, 0.8, 0.7, 0.6], [1, 1, 0, 0])
    judged = made("held-out", [0.95, 0.85, 0.8, 0.79], [1, 0, 1, 0])
    found = classification.abstain(chosen, judged)
    assert (found.count, found.n, found.numbers["threshold"], found.numbers["coverage"]) == (1, 3, 0.8, 0.75)
    assert found.numbers["error"] == pytest.approx(1 / 3)
    assert found.interval == pytest.approx(verdicts.wilson(1, 3))
    for words in (
        "Below a confidence of 0.8000",
        "chosen on the 4 validation examples for at most 5 % wrong answers (0 of 2 there)",
        "3 of 4 held-out examples are answered then (75.0 %;",
        "1 of 3 answers are wrong (33.3 %;",
        "That is more than the 5 % asked for.",
    ):
        assert words in found.sentence
    assert "asked for." not in classification.abstain(chosen, judged, 0.5).sentence


def test_abstention_that_cannot_be_chosen_or_answers_nothing():
    wrong = made("training", [0.9], [0])
    found = classification.abstain(wrong, wrong)
    assert 'No confidence below which to say "I don\'t know" serves for at most 5 %' in found.sentence
    assert found.count is None
    silent = classification.abstain(made("training", [0.9], [1]), made("held-out", [0.8], [1]))
    assert "0 of 1 held-out examples are answered then" in silent.sentence
    assert (silent.n, silent.count) == (0, None)


def test_curves_are_the_losses_of_the_networks_on_the_way():
    lines = tn.pictures.lines()
    recipe = tn.Recipe(learning_rate=5.0, epochs=300, noise=0.2)
    run = tn.train(tn.Network.initial(seed=0), lines, recipe, validation=lines)
    curves = classification.learning_curves(run, {"training": lines})
    assert len(curves["epoch"]) == classification.MAX_POINTS + 1
    assert (curves["epoch"][0], curves["epoch"][-1]) == (0, 300)
    expected = [run.validation_per_epoch[epoch - 1] for epoch in curves["epoch"][1:]]
    assert curves["training"][1:] == pytest.approx(expected)
    assert curves["training"][0] == pytest.approx(((run.initial(lines) - lines.targets) ** 2).mean())
    short = tn.train(tn.Network.initial(seed=0), lines, tn.Recipe(epochs=2))
    assert classification.learning_curves(short, {})["epoch"] == [0, 1, 2]
