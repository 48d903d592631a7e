from dataclasses import fields

import numpy as np
import pytest

import tinynet as tn
from tinynet.errors import TinyNetError
from tinynet.experiments import trials
from tinynet.experiments.trials import Trial

LINES = tn.pictures.lines()


def test_a_grid_is_the_product_of_its_axes_in_order():
    found = tn.grid(epochs=[10, 20], learning_rate=[1.0, 0.1], loss="bce")
    assert [(t.recipe.epochs, t.recipe.learning_rate) for t in found] == [
        (10, 1),
        (10, 0.1),
        (20, 1),
        (20, 0.1),
    ]
    assert {t.recipe.loss for t in found} == {"bce"}


def test_every_field_of_a_recipe_and_of_a_network_is_an_axis():
    recipe = {f.name for f in fields(tn.Recipe)} - {"seed", "gradients"}
    assert set(trials.AXES) == recipe | set(trials.ARCHITECTURE_AXES)
    assert set(trials.ARCHITECTURE_AXES.values()) == {f.name for f in fields(tn.Architecture)}


def test_hidden_layers_and_examples_determine_the_sizes():
    shapes = [t.architecture.sizes for t in tn.grid(tn.pictures.lines(3), hidden=[3, (4, 5), 0])]
    assert shapes == [(9, 3, 2), (9, 4, 5, 2), (9, 2)]
    assert [t.axes["hidden"] for t in tn.grid(hidden=[3, (4, 5), 0])] == ["3", "4x5", "0"]
    assert tn.grid(hidden=(4, 5)) == [Trial(tn.Architecture((4, 4, 5, 2)))]


def test_a_grid_accepts_numpy_numbers():
    (trial,) = tn.grid(learning_rate=np.array([0.5]), epochs=np.arange(7, 8))
    assert trial.recipe == tn.Recipe(learning_rate=0.5, epochs=7)


def test_a_trial_ignores_the_seed_of_its_recipe():
    assert Trial(recipe=tn.Recipe(seed=7)) == Trial()


def test_a_json_round_trip_keeps_the_trial():
    for trial in tn.grid(hidden=[3, (4, 4)], activation=["tanh"], optimizer="adam"):
        assert Trial.from_json(trial.to_json()) == trial


@pytest.mark.parametrize(
    ("axis", "text", "values"),
    [
        ("learning_rate", "0.1,1,5", [0.1, 1.0, 5.0]),
        ("learning_rate", "0.05..20/3", [0.05, 1.0, 20.0]),
        ("epochs", "100..30000/3, 7", [100, 1732, 30000, 7]),
        ("epochs", "1..3/9", [1, 2, 3]),
        ("hidden", "3,4x4", [3, (4, 4)]),
        ("nesterov", "true,False", [True, False]),
        ("loss", "mse,bce", ["mse", "bce"]),
        ("activation", "tanh", ["tanh"]),
    ],
)
def test_text_is_parsed_into_values_of_an_axis(axis, text, values):
    assert trials.parse_values(axis, text) == values


@pytest.mark.parametrize(
    ("axis", "text", "message"),
    [
        ("learning_rate", "fast", "learning_rate is 'fast'. It must be numbers, such as"),
        ("learning_rate", "0..20/17", "learning_rate is '0..20/17'"),
        ("learning_rate", "1..20", "learning_rate is '1..20'"),
        ("epochs", "1.5", "epochs is '1.5'. It must be whole numbers"),
        ("epochs", "", "epochs is ''"),
        ("hidden", "4x", "hidden is '4x'. It must be numbers of nodes, such as 3, or 4x4"),
        ("nesterov", "yes", "nesterov is 'yes'. It must be true or false"),
        ("speed", "1", "axis is 'speed'. It must be one of 'learning_rate', 'epochs'"),
    ],
)
def test_invalid_text_for_an_axis_is_refused(axis, text, message):
    with pytest.raises(TinyNetError, match=message):
        trials.parse_values(axis, text)


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        (
            {"rate": 1},
            "there is no axis 'rate'. The axes are 'learning_rate'.*'activation', 'output', 'init'.",
        ),
        ({"seed": 1}, "there is no axis 'seed'. The axes are 'learning_rate'"),
        ({"epochs": []}, "epochs is an empty list"),
        ({"learning_rate": [1.0, -1.0]}, "learning_rate is -1. It must be"),
        ({"hidden": ["4x4", 0.5]}, r"hidden\[0\] is 0.5. It must be a whole number"),
        ({"epochs": range(1, 1000), "learning_rate": range(1, 1000)}, "998,001 trials"),
    ],
)
def test_invalid_grids_are_refused(axes, message):
    with pytest.raises(TinyNetError, match=message):
        tn.grid(**axes)


def test_records_become_trials_and_the_invalid_record_is_named():
    found = trials.trials_from_records(
        [{"learning_rate": 2, "hidden": [4, 4], "activation": "tanh"}, {}], LINES
    )
    assert found == [*tn.grid(learning_rate=2.0, hidden=(4, 4), activation="tanh"), Trial()]
    with pytest.raises(TinyNetError, match="recipe 2 of 2: loss is 'hinge'"):
        trials.trials_from_records([{}, {"loss": "hinge"}], LINES)
    with pytest.raises(TinyNetError, match="the recipes must be a list of objects"):
        trials.trials_from_records({"learning_rate": 2}, LINES)


def test_numbers_of_varying_axes_are_sorted():
    found = trials.varying_axes(tn.grid(learning_rate=[5.0, 0.5], loss=["mse", "bce"], epochs=7))
    assert found == {"learning_rate": [0.5, 5.0], "loss": ["mse", "bce"]}


def test_recipes_become_trials_of_the_default_network():
    nine = tn.pictures.lines(3)
    recipe = tn.Recipe(epochs=7)
    assert trials.as_trials(recipe, LINES) == [Trial(recipe=recipe)]
    assert trials.as_trials([recipe, Trial()], nine) == [
        Trial(tn.Architecture((9, 5, 2), output="softmax"), recipe),
        Trial(),
    ]
    with pytest.raises(TinyNetError, match="trials has 0.1. It must be recipes, or trials"):
        trials.as_trials([0.1], LINES)
