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


def random_examples(seed, outputs, count=60):
    draw = np.random.default_rng(seed)
    names, answers = tuple(map(str, range(count))), tuple("abcdefghij"[:outputs])
    targets = np.eye(outputs)[draw.integers(0, outputs, count)]
    return tn.Examples(draw.random((count, 4)), targets, names, None, answers)


@given(seed=st.integers(0, 10**6), outputs=st.integers(3, 10))
def test_softmax_scores_agree_with_scikit_learn_and_torchmetrics(seed, outputs):
    examples = random_examples(seed, outputs)
    network = tn.Network.initial((4, 6, outputs), seed=seed, output="softmax", init="normal")
    probabilities, expected = network(examples), examples.targets.argmax(axis=1)
    found = classification.score(network, examples, tn.Recipe(loss="cross_entropy"))
    labels = list(range(outputs))
    assert found.count / len(found) == sklearn.metrics.accuracy_score(expected, probabilities.argmax(axis=1))
    assert found.loss == pytest.approx(sklearn.metrics.log_loss(expected, probabilities, labels=labels))
    sums = sklearn.metrics.brier_score_loss(expected, probabilities, labels=labels, scale_by_half=False)
    assert found.brier == pytest.approx(sums / outputs)
    ece = multiclass_calibration_error(
        torch.tensor(probabilities), torch.tensor(expected), outputs, n_bins=classification.BINS
    )
    assert found.reliability.ece == pytest.approx(float(ece), abs=1e-6)


@pytest.mark.parametrize("output", ["sigmoid", "tanh", "identity"])
def test_outputs_other_than_softmax_are_clipped_probabilities(output):
    """Check that outputs are clipped and not normalized: three outputs near 0 mean "neither"."""
    examples = random_examples(3, 3)
    network = tn.Network.initial((4, 3), seed=3, output=output, init="normal")
    found, outputs = classification.score(network, examples), network(examples)
    assert found.loss == pytest.approx(((outputs - examples.targets) ** 2).mean())
    inside = np.clip(outputs, 0, 1)
    assert found.brier == pytest.approx(((inside - examples.targets) ** 2).mean())
    assert found.confidences.tolist() == inside.max(axis=1).tolist()
    if output == "sigmoid":
        assert found.brier == pytest.approx(found.loss)
    dark = tn.Network.initial((4, 3), init="zeros").with_parameter("layer1.bias[0]", -2.0)
    assert classification.score(dark, examples).confidences == pytest.approx(0.5)


def test_confidences_of_two_outputs_and_of_one_output_are_defined():
    lines = tn.pictures.lines()
    network = tn.Network.initial(seed=0)
    h, v = network(lines).T
    assert classification.score(network, lines).confidences == pytest.approx((1 + abs(h - v)) / 2)
    yes = tn.Examples(lines.inputs, lines.targets[:, :1], lines.names, lines.shape, ("horizontal",))
    one = tn.Network.initial((4, 3, 1), seed=0)
    found = classification.score(one, yes)
    assert found.confidences == pytest.approx(np.maximum(one(yes), 1 - one(yes))[:, 0])
    assert found.count / 4 == predictions.accuracy(one, yes)


def test_a_target_without_a_class_is_half_right():
    examples = tn.Examples(np.zeros((2, 4)), [[0.5, 0.5], [1, 0]], ("coin", "sure"))
    network = tn.Network.initial(init="zeros").with_parameter("layer2.bias[0]", 1.0)
    found = classification.score(network, examples)
    assert found.outcomes.tolist() == [0.5, 1.0]
    assert found.count == 1
    with pytest.raises(TinyNetError, match="A score needs examples with targets"):
        classification.score(network, tn.pictures.stress())


def score_of(part, confidences, right):
    return Score(part, 0.0, 0.0, np.array(confidences), np.array(right, float))


def test_the_verdicts_compare_confidence_and_accuracy():
    sure = score_of("held-out", [0.95] * 20, [1] * 10 + [0] * 10)
    first, second = sure.verdicts()
    assert str(first) == "10 of 20 held-out predictions are correct (50.0 %; 95 % interval 29.9 % to 70.1 %)."
    assert "Mean confidence is 95.0 %, above the accuracy interval (overconfident)." in str(second)
    assert "Expected calibration error: 0.4500." in str(second)
    assert "(underconfident)" in str(score_of("held-out", [0.5] * 20, [1] * 20).verdicts()[1])
    assert "consistent with the accuracy interval" in str(
        score_of("held-out", [0.6] * 20, [1] * 10 + [0] * 10).verdicts()[1]
    )


def test_the_json_contains_only_bins_that_are_not_empty():
    found = score_of("held-out", [0.55, 0.55, 1.0], [1, 0, 1]).to_json()
    assert [(row["from"], row["count"], row["observed"]) for row in found["reliability"]] == [
        (0.5, 2, 0.5),
        (0.9, 1, 1),
    ]
    assert (found["examples"], found["correct"]) == (3, 2)


def test_the_abstention_threshold_is_chosen_on_one_part_and_evaluated_on_another():
    chosen = score_of("validation", [0.9, 0.8, 0.7, 0.6], [1, 1, 0, 0])
    evaluated = score_of("held-out", [0.95, 0.85, 0.8, 0.79], [1, 0, 1, 0])
    found = classification.abstain(chosen, evaluated)
    assert (found.count, found.n, found.numbers["threshold"], found.numbers["coverage"]) == (1, 3, 0.8, 0.75)
    assert found.numbers["error"] == pytest.approx(1 / 3)
    assert found.interval == pytest.approx(verdicts.wilson(1, 3))
    for words in (
        "Abstain below a confidence of 0.8000.",
        "chosen on the 4 validation examples for an error of at most 5 % (0 of 2 wrong).",
        "3 of 4 held-out examples get a prediction (75.0 %;",
        "1 of 3 predictions are wrong (33.3 %;",
        "This is more than the 5 % allowed.",
    ):
        assert words in found.sentence
    assert "allowed." not in classification.abstain(chosen, evaluated, 0.5).sentence


def test_abstention_reports_a_missing_threshold_and_missing_answers():
    wrong = score_of("training", [0.9], [0])
    found = classification.abstain(wrong, wrong)
    expected = "No confidence threshold gives an error of at most 5 % on the 1 training examples. The lowest error is 100 %."
    assert found.sentence == expected
    assert found.count is None
    silent = classification.abstain(score_of("training", [0.9], [1]), score_of("held-out", [0.8], [1]))
    assert "0 of 1 held-out examples get a prediction (" in silent.sentence
    assert (silent.n, silent.count) == (0, None)


def test_learning_curves_are_the_losses_after_the_epochs():
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
