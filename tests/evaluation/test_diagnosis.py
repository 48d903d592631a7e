import numpy as np
import pytest

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.evaluation.baseline import constant_loss
from tinynet.evaluation.comparison import compare
from tinynet.evaluation.diagnosis import diagnose, path_of_epoch

LINES = tn.pictures.lines()


def run(seed=0, *, examples=LINES, init="pytorch", hidden="sigmoid", output="sigmoid", **recipe):
    network = tn.Network.initial(seed=seed, init=init, hidden=hidden, output=output)
    return tn.train(network, examples, tn.Recipe(**recipe))


def kinds(one):
    return [finding.kind for finding in diagnose(one)]


def test_the_notebooks_recipe_stays_on_the_plateau():
    finding = diagnose(run())[0]
    assert finding.kind == "plateau"
    assert finding.evidence["constant_loss"] == 0.25
    assert f"path of length {finding.evidence['path']:.4f}" in finding.sentence
    assert finding.evidence["moved"] < 0.05 * finding.evidence["path"]


def test_a_long_run_learns():
    one = run(epochs=10_000)
    assert "learned" in kinds(one)
    assert "plateau" not in kinds(one)


def test_nodes_that_start_with_zeros_stay_equal():
    assert kinds(run(init="zeros")) == ["symmetric initialization", "plateau", "one answer"]


def test_divergence_and_dead_relus_are_detected():
    assert kinds(run(hidden="identity", output="identity", learning_rate=50.0))[0] == "divergence"
    network = tn.Network.initial(seed=0, hidden="relu")
    dead = network.with_parameters(np.where(np.arange(23) < 15, -1.0, network.parameters))
    finding = next(f for f in diagnose(tn.train(dead, LINES, tn.Recipe())) if f.kind == "dead relu")
    assert finding.evidence == {"layer": 1, "dead": 3}


def test_saturation_is_detected():
    network = tn.Network.initial(seed=0)
    stuck = tn.train(network.with_parameters(network.parameters * 100), LINES, tn.Recipe(epochs=1))
    assert "saturation" in kinds(stuck)


def test_one_answer_for_all_rows_is_said():
    sorted_rows = tn.Examples.from_table(
        {"x": np.arange(200.0), "label": ["a"] * 100 + ["b"] * 100}, label="label"
    )
    architecture, recipe = tn.defaults(sorted_rows, order="fixed", schedule="constant", epochs=1)
    stuck = tn.train(tn.Network.initial(architecture, seed=0), sorted_rows, recipe)
    finding = next(f for f in diagnose(stuck) if f.kind == "one answer")
    assert finding.sentence == (
        "The network gives the same answer to all 200 rows: b. 50.0 % of the rows are classified correctly."
    )
    assert finding.evidence == {"accuracy": 0.5}
    assert "one answer" not in kinds(tn.train(tn.Network.initial(architecture, seed=0), sorted_rows))


def test_one_number_for_all_rows_is_said():
    numbers = tn.Examples.from_table({"x": np.arange(50.0), "y": np.arange(50.0)}, targets="y")
    network = tn.Network.initial((1, 3, 1), seed=0, output="identity", init="zeros")
    stuck = tn.train(network, numbers, tn.Recipe(learning_rate=1e-9, epochs=1))
    assert "one answer" in kinds(stuck)
    assert "one answer" not in kinds(
        tn.train(tn.Network.initial((1, 3, 1), seed=0, output="identity"), numbers)
    )


def test_contradictory_labels_are_named():
    twice = tn.Examples(LINES.inputs[[0, 0]], np.array([[1.0, 0.0], [0.0, 1.0]]), ("this", "that"), (2, 2))
    finding = diagnose(run(examples=twice))[0]
    assert finding.kind == "contradicting labels"
    assert "'this' and 'that'" in finding.sentence


def test_an_interrupted_descent_is_still_falling():
    one = run(learning_rate=1.0, epochs=400)
    half = next(e for e in range(400) if one.loss_per_epoch[e] < 0.2)
    assert "still falling" in kinds(run(learning_rate=1.0, epochs=half))


@pytest.mark.parametrize(
    ("loss", "output"), [("mse", "sigmoid"), ("bce", "sigmoid"), ("cross_entropy", "softmax")]
)
def test_no_constant_prediction_has_a_lower_loss_than_the_constant_loss(loss, output):
    recipe = tn.Recipe(loss=loss)
    least = constant_loss(LINES, recipe)
    for bias in np.linspace(-1, 1, 21):
        network = tn.Network.initial((4, 2), output=output, init="zeros").with_parameters(
            np.array([0.0] * 8 + [bias, -bias])
        )
        assert tn.nudge(network, LINES, tn.Recipe(loss=loss, batch_size=4)).loss >= least - 1e-15


@pytest.mark.parametrize("loss", ["mse", "bce", "cross_entropy"])
def test_the_constant_loss_of_equal_targets_is_0(loss):
    least = constant_loss(LINES[:2], tn.Recipe(loss=loss))
    assert str(least) == "0.0"  # not -0.0


def test_the_training_loss_is_the_loss_of_the_final_network():
    one = run(epochs=3)
    assert one.training_loss() == pytest.approx(tn.nudge(one.final, LINES).loss, abs=1e-15)


def test_the_path_is_the_sum_of_the_steps():
    one = run(epochs=3)
    lengths = np.linalg.norm(np.diff(one.parameters[4:9], axis=0), axis=1)
    assert path_of_epoch(one, 1)[0] == pytest.approx(lengths.sum())


def test_compare_reports_differences_and_outcomes():
    slow, fast = run(epochs=300), run(epochs=300, learning_rate=5.0)
    found = compare(slow, fast)
    assert found.differences == ("learning_rate is 0.1 in the first training and 5.0 in the second",)
    assert found.numbers["loss"] == slow.training_loss()
    assert "did not learn in 300 epochs" in str(found)
    assert "learned by epoch" in str(found)


def test_compare_names_the_networks_that_learned():
    def outcome(first, second):
        return compare(first, second).outcomes[1]

    slow, fast = run(epochs=300), run(epochs=300, learning_rate=5.0)
    assert outcome(slow, run(1, epochs=300)) == "neither network learned in 300 epochs"
    assert outcome(slow, run(epochs=200)) == (
        "the first network did not learn in 300 epochs, and the second network did not learn in 200 epochs"
    )
    epoch = outcome(fast, fast).removeprefix("both networks learned by epoch ")
    assert outcome(slow, fast) == (
        f"the first network did not learn in 300 epochs, and the second network learned by epoch {epoch}"
    )


def test_compare_names_the_changed_predictions():
    assert (
        compare(run(4, epochs=1), run(4, epochs=10)).outcomes[2]
        == "1 of 4 predictions differs: top, from horizontal to vertical"
    )
    assert (
        compare(run(4, epochs=1), run(4, epochs=100))
        .outcomes[2]
        .startswith("3 of 4 predictions differ: top, ")
    )
    assert compare(run(), run()).outcomes[2] == "the predictions for all 4 examples are equal"


def test_compare_reports_the_initial_network_and_the_order():
    assert compare(run(), run(1)).differences == (
        "the initial network is 'seed 0' in the first training and 'seed 1' in the second",
    )
    found = compare(run(), run(examples=LINES.reversed()))
    assert found.differences[0].startswith("the order of the examples is top, bottom")
    assert compare(run(), run()).differences == ("none, the two experiments are equal",)


def test_a_path_needs_a_complete_epoch():
    wild = tn.Network.initial(seed=0, hidden="identity", output="identity")
    run = tn.train(wild.with_parameters(wild.parameters * 1e200), tn.pictures.lines(), tn.Recipe())
    with pytest.raises(TinyNetError, match=f"the recording has {run.steps} steps and no complete epoch"):
        path_of_epoch(run)
