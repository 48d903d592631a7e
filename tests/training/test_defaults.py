"""Test the default network and recipe, and that every way of training uses them."""

import json
from dataclasses import replace

import numpy as np
import pytest

import tinynet as tn
from run_cli import tinynet
from sorted_data import as_columns, as_csv, heights_and_weights, write_pictures
from tinynet.errors import TinyNetError
from tinynet.experiments.trials import as_trials
from tinynet.lab.api import table as page
from tinynet.recipe import Recipe
from tinynet.training.defaults import default_recipe

LINES = tn.pictures.lines()
LEARNED = 0.89  # of the held-out rows; a network that gives one answer has 0.5


def numbers(outputs):
    rng = np.random.default_rng(0)
    return tn.Examples.from_table(
        {"x": rng.random(9), **{f"y{k}": 50 * rng.random(9) for k in range(outputs)}},
        targets=[f"y{k}" for k in range(outputs)],
    )


def classes(count):
    return tn.Examples.from_table(
        {"x": range(2 * count), "label": [f"c{k % count}" for k in range(2 * count)]}
    )


def free(targets, shape=None):
    count, width = np.shape(targets)
    return tn.Examples(
        np.eye(count), targets, tuple(map(str, range(count))), shape, tuple(f"t{k}" for k in range(width))
    )


@pytest.mark.parametrize(
    ("examples", "output", "loss"),
    [
        (classes(2), "softmax", "cross_entropy"),
        (classes(100), "softmax", "cross_entropy"),
        (numbers(1), "identity", "mse"),
        (numbers(3), "identity", "mse"),
        (free([[0.0], [1.0]]), "sigmoid", "bce"),
        (free([[0.0, 0.0], [1.0, 1.0]]), "sigmoid", "bce"),
        (tn.pictures.lines(3), "softmax", "cross_entropy"),
    ],
)
def test_the_targets_decide_output_and_loss(examples, output, loss):
    architecture, recipe = tn.defaults(examples)
    assert architecture.sizes == (examples.inputs.shape[1], 5, len(examples.target_names))
    assert (architecture.output, recipe.loss) == (output, loss)
    assert (recipe.order, recipe.schedule) == ("shuffled", "cosine")
    assert recipe == default_recipe(examples, architecture)
    assert tn.train(tn.Network.initial(architecture), examples).recipe == recipe


@pytest.mark.parametrize("examples", [LINES, LINES["top"], LINES.reversed(), tn.World(), tn.pictures.fuzzy()])
def test_the_lines_keep_the_settings_of_the_notebook(examples):
    architecture, recipe = tn.defaults(examples)
    assert (architecture, recipe) == (tn.Architecture(), Recipe())
    assert default_recipe(examples, tn.Architecture(output="softmax")) == Recipe()


def test_sorted_pictures_of_two_by_two_pixels_are_shuffled():
    many = tn.pictures.fuzzy_lines(40)
    assert tn.defaults(many).recipe.order == "shuffled"


@pytest.mark.parametrize(
    ("given", "output", "loss"),
    [
        ({"output": "sigmoid"}, "sigmoid", "bce"),
        ({"output": "tanh"}, "tanh", "mse"),
        ({"loss": "bce"}, "sigmoid", "bce"),
        ({"loss": "cross_entropy"}, "softmax", "cross_entropy"),
        ({"loss": "mse"}, "softmax", "mse"),
        ({"output": "sigmoid", "loss": "mse"}, "sigmoid", "mse"),
    ],
)
def test_a_given_output_decides_the_loss_and_a_given_loss_the_output(given, output, loss):
    architecture, recipe = tn.defaults(classes(3), **given)
    assert (architecture.output, recipe.loss) == (output, loss)


def test_numbers_to_predict_keep_their_loss_with_any_output():
    assert tn.defaults(numbers(2), output="sigmoid").recipe.loss == "mse"
    assert tn.defaults(free([[0.0, 0.0], [1.0, 1.0]]), output="softmax").recipe.loss == "mse"


@pytest.mark.parametrize(
    ("rows", "batch", "epochs"), [(2, 1, 100), (500, 1, 40), (100_000, 1, 5), (100_000, 100, 20)]
)
def test_the_epochs_give_about_20000_steps(rows, batch, epochs):
    examples = tn.Examples(
        np.zeros((rows, 1)), np.ones((rows, 1)), tuple(map(str, range(rows))), target_names=("y",)
    )
    assert tn.defaults(examples, batch_size=batch).recipe.epochs == epochs
    assert tn.defaults(examples, batch_size=batch, epochs=7).recipe.epochs == 7


def test_given_settings_replace_defaults():
    architecture, recipe = tn.defaults(
        classes(3), hidden=(4, 2), activation="tanh", init="he", order="fixed", learning_rate=0.5, seed=3
    )
    assert architecture == tn.Architecture((1, 4, 2, 3), "tanh", "softmax", "he")
    assert (recipe.order, recipe.learning_rate, recipe.seed) == ("fixed", 0.5, 3)
    assert tn.defaults(classes(3), hidden=0).architecture.sizes == (1, 3)
    with pytest.raises(TinyNetError, match="the examples have no targets"):
        tn.defaults(tn.pictures.stress())
    with pytest.raises(TinyNetError, match="It must be Examples or a World"):
        tn.defaults(LINES.inputs)


# --- a table sorted by its class learns as well as a shuffled table ---------------------------------------------


@pytest.mark.parametrize("count", [10_000, 2000])
def test_a_table_sorted_by_its_class_learns_in_the_library(count):
    rows, kinds = heights_and_weights(count)
    for order in (None, np.random.default_rng(0).permutation(count)):
        examples = tn.Examples.from_table(as_columns(rows, kinds, order), label="Gender")
        training, held_out = tn.split(examples, 0.3, seed=0)
        network = tn.Network.initial(tn.defaults(training).architecture, seed=0)
        found = tn.score(tn.train(network, training).best, held_out)
        assert found.count / len(found) > LEARNED


def test_the_order_fixed_overrules_and_fails():
    rows, kinds = heights_and_weights(2000)
    examples = tn.Examples.from_table(as_columns(rows, kinds), label="Gender")
    architecture, recipe = tn.defaults(examples, order="fixed")
    found = tn.score(tn.train(tn.Network.initial(architecture, seed=0), examples, recipe).best, examples)
    assert found.count / len(found) < 0.6


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sorted")
    rows, kinds = heights_and_weights(4000)
    order = np.random.default_rng(0).permutation(len(rows))
    (folder / "sorted.csv").write_text(as_csv(as_columns(rows, kinds)))
    (folder / "shuffled.csv").write_text(as_csv(as_columns(rows, kinds, order)))
    write_pictures(folder / "pictures", 300)
    return folder


def accuracy_at_the_command_line(folder, *arguments):
    done = tinynet("train", *arguments, "--held-out", "0.3", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["scores"]["held-out"]["accuracy"]


@pytest.mark.parametrize("name", ["sorted.csv", "shuffled.csv"])
def test_a_table_sorted_by_its_class_learns_at_the_command_line(folder, name):
    assert accuracy_at_the_command_line(folder, name, "--label", "Gender") > LEARNED
    if name == "sorted.csv":
        assert accuracy_at_the_command_line(folder, name, "--label", "Gender", "--order", "fixed") < 0.6


def test_a_folder_of_pictures_learns_at_the_command_line(folder):
    found = accuracy_at_the_command_line(folder, "pictures", "--hidden", "16")
    assert found > 0.8
    assert found == accuracy_at_the_command_line(folder, "pictures", "--hidden", "16", "--order", "shuffled")


@pytest.mark.parametrize("name", ["sorted.csv", "shuffled.csv"])
def test_a_table_sorted_by_its_class_learns_on_the_page(folder, name):
    found = page.table(page.TableRequest(name, (folder / name).read_text(), label="Gender"))
    examples, held_out = (tn.Examples.from_json(found[part]) for part in ("examples", "held_out"))
    architecture, recipe = tn.Architecture.from_json(found["architecture"]), Recipe.from_json(found["recipe"])
    assert (architecture, replace(recipe, seed=0)) == tn.defaults(examples)
    score = tn.score(tn.train(tn.Network.initial(architecture, seed=0), examples, recipe).best, held_out)
    assert score.count / len(score) > LEARNED


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_table_sorted_by_its_class_learns_in_a_population_and_a_sweep(shuffled):
    rows, kinds = heights_and_weights(600)
    order = np.random.default_rng(0).permutation(len(rows)) if shuffled else None
    examples = tn.Examples.from_table(as_columns(rows, kinds, order), label="Gender")
    assert np.median(tn.population(networks=64, examples=examples).accuracy) > LEARNED
    (trial,) = tn.grid(examples)
    assert (trial.architecture, trial.recipe) == tn.defaults(examples)
    (trial,) = as_trials(Recipe(loss="bce"), examples)
    assert trial.architecture.output == "sigmoid"


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_table_sorted_by_its_class_learns_in_the_classifier(shuffled):
    rows, kinds = heights_and_weights(2000)
    order = np.random.default_rng(0).permutation(len(rows)) if shuffled else np.arange(len(rows))
    test_rows, test_kinds = heights_and_weights(1000, seed=1)
    classifier = tn.TinyNetClassifier(epochs=5, random_state=0).fit(rows[order], kinds[order])
    assert classifier.score(test_rows, test_kinds) > LEARNED
