"""Train on tables and images at the command line; compare scores with scikit-learn."""

import json
import re

import numpy as np
import pytest
import sklearn.metrics
from PIL import Image
from sklearn.datasets import load_diabetes, load_digits, load_iris

import tinynet as tn
from run_cli import tinynet
from tinynet.cli import terminal
from tinynet.core import notation
from tinynet.data import probes, splits, tables
from tinynet.recipe import help_texts
from tinynet.story.content import Table

IRIS = [
    "train",
    "iris.csv",
    "--label",
    "species",
    "--hidden",
    "5",
    "--output",
    "softmax",
    "--loss",
    "cross_entropy",
    "--rate",
    "0.1",
    "--momentum",
    "0.9",
    "--order",
    "shuffled",
    "--batch",
    "8",
    "--epochs",
    "200",
    "--held-out",
    "0.3",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder, iris = tmp_path_factory.mktemp("tables"), load_iris(as_frame=True)
    flowers = iris.data.assign(species=iris.target_names[iris.target])
    flowers.to_csv(folder / "iris.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def reports(folder):
    """Return the printed text and the JSON document of one training."""
    files = ["--patience", "30", "--out", "iris.safetensors", "--figure", "iris.png", "--overwrite"]
    printed, written = (tinynet(*IRIS, *files, *more, cwd=folder) for more in ([], ["--json"]))
    assert (printed.returncode, printed.stderr, written.stderr) == (0, "", "")
    return printed.stdout, json.loads(written.stdout)


def test_the_scores_equal_scikit_learn(reports):
    _, found = reports
    score, answers = found["scores"]["held-out"], found["held_out_predictions"]
    outputs = np.array([answer["outputs"] for answer in answers])
    iris = load_iris()
    rows = [int(answer["name"].removeprefix("row ")) - 1 for answer in answers]
    labels = iris.target[rows]  # setosa, versicolor, virginica: in alphabetical order
    assert np.bincount(labels).tolist() == [15, 15, 15]
    assert score["accuracy"] == sklearn.metrics.accuracy_score(labels, outputs.argmax(axis=1)) >= 0.93
    assert score["loss"] == pytest.approx(sklearn.metrics.log_loss(labels, outputs))
    brier = sklearn.metrics.brier_score_loss(labels, outputs, labels=[0, 1, 2], scale_by_half=False)
    assert score["brier"] == pytest.approx(brier / 3)
    right = outputs.argmax(axis=1) == labels
    answered = outputs.max(axis=1) >= found["abstention"]["numbers"]["threshold"]
    assert (found["abstention"]["count"], found["abstention"]["n"]) == (
        (answered & ~right).sum(),
        answered.sum(),
    )


def test_held_out_examples_are_used_only_for_the_score(folder, reports):
    _, found = reports
    run, parts = (
        tn.load(folder / "iris.safetensors"),
        {name: set(rows) for name, rows in found["parts"].items()},
    )
    assert (run.examples.names, run.validation.names) == tuple(
        tuple(found["parts"][name]) for name in ("training", "validation")
    )
    assert [len(part) for part in parts.values()] == [79, 26, 45]
    assert len(set.union(*parts.values())) == 150
    assert found["best_epoch"] == run.validation_per_epoch.argmin() + 1
    assert found["curves"]["epoch"][-1] == run.epochs
    assert found["scaling"] == run.examples.scaling.to_json()
    others = tables.read(folder / "iris.csv", label="species")
    again = splits.split_dataset(others, held_out=0.3, validate=True, scale=True)
    assert run.best(again.held_out).tolist() == [
        answer["outputs"] for answer in found["held_out_predictions"]
    ]


def test_the_terminal_prints_the_numbers_of_json(folder, reports):
    printed, found = reports
    text, score = " ".join(printed.split()), found["scores"]["held-out"]
    assert f"held-out {score['correct']}/45" in text
    assert f"{score['loss']:.4f} {score['brier']:.4f} {score['ece']:.4f}" in text
    assert "150 examples: 79 for training (52.7 %), 26 for validation (17.3 %), 45 held out (30.0 %)" in text
    assert found["abstention"]["sentence"] in text
    assert sum(row["count"] for row in score["reliability"]) == 45
    for row in score["reliability"]:
        assert f"{row['from']:.1f} – {row['to']:.1f} {row['count']}" in text
    assert (folder / "iris.png").read_bytes().startswith(b"\x89PNG")


def test_without_patience_the_threshold_is_chosen_on_the_training_part(folder):
    found = json.loads(tinynet(*IRIS, "--epochs", "20", "--json", cwd=folder).stdout)
    assert {name: len(rows) for name, rows in found["parts"].items()} == {"training": 105, "held-out": 45}
    assert "chosen on the 105 training examples" in found["abstention"]["sentence"]
    assert found["best_epoch"] is None


def test_other_commands_open_the_recording_of_a_table(folder, reports):
    explained = tinynet("explain", "iris.safetensors", "example0.layer2.a[2]", "--step", "-1", cwd=folder)
    run = tn.load(folder / "iris.safetensors")
    assert explained.stdout.strip() == str(run[-1].explain("example0.layer2.a[2]"))
    stressed = json.loads(tinynet("stress", "iris.safetensors", "--json", cwd=folder).stdout)
    (halfway,) = stressed["predictions"].values()
    assert halfway[0]["name"] == "setosa – versicolor"
    assert halfway[0]["outputs"] == run.best(probes.class_midpoints(run.examples))[0].tolist()
    assert "setosa – virginica" in tinynet("stress", "iris.safetensors", cwd=folder).stdout
    moment = tn.nudge(run.best, run.examples[:2], run.recipe)
    assert moment.values["example1.layer2.a[0]"] == pytest.approx(run.best(run.examples)[1, 0])


def test_every_field_of_a_recipe_is_an_option():
    for command in ("train", "population"):
        helped = re.sub(r"\s+", " ", tinynet(command, "--help").stdout)
        for name, text in help_texts().items():
            if name not in ("seed", "gradients"):
                assert f"--{name.replace('_', '-')} " in helped
                assert text in helped


def test_help_lists_only_accepted_values():
    for command in ("train", "population", "sweep"):
        helped = tinynet(command, "--help").stdout
        assert "external" not in helped
        assert "--gradients" not in helped


def test_options_set_the_fields_of_the_recipe():
    given = {
        "schedule": "hold_then_decay",
        "hold_fraction": 0.5,
        "final_fraction": 0.1,
        "label_smoothing": 0.1,
        "noise": 0.2,
        "augment": True,
    }
    options = [
        part
        for name, value in given.items()
        for part in (f"--{name.replace('_', '-')}", *([] if value is True else [str(value)]))
    ]
    for command in (["train"], ["population", "--networks", "64"]):
        recipe = json.loads(tinynet(*command, *options, "--epochs", "2", "--json").stdout)["recipe"]
        assert recipe == tn.Recipe(epochs=2, **given).to_json()


def test_the_built_in_lines_can_be_held_out(tmp_path):
    done = tinynet("train", "--held-out", "0.5", "--epochs", "3", "--figure", tmp_path / "a.svg")
    assert "4 examples: 2 for training (50.0 %), 2 held out (50.0 %), stratified by class.\n" in done.stdout
    assert "held-out" in (tmp_path / "a.svg").read_text()
    assert tinynet("train", "--epochs", "3", "--figure", tmp_path / "b.svg").returncode == 0
    assert "held-out" not in (tmp_path / "b.svg").read_text()


def test_a_sweep_accepts_a_table(folder):
    columns = (folder / "iris.csv").read_text().splitlines()[0].replace("species", "name")
    (folder / "ask.csv").write_text(f"{columns}\n0,0,0,0,small\n9,9,9,9,large\n")
    table = ["iris.csv", "--label", "species", "--probes", "ask.csv"]
    recipe = ["--output", "softmax", "--loss", "cross_entropy", "--epochs", "20", "--networks", "64"]
    done = tinynet("sweep", *table, *recipe, "--json", cwd=folder)
    (trial,) = json.loads(done.stdout)["trials"]
    assert set(trial["probes"]) == {"small", "large"}  # scaled as the table: 9 is the maximum


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["iris.csv"],
            "--label is not given. It must be the column of iris.csv with the class of each row. Choose one of 'sepal "
            "length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)', 'species'. For numbers to",
        ),
        (
            ["iris.csv", "--label", "kind"],
            "tinynet: --label is 'kind'. iris.csv has no column 'kind'. Its columns are 'sepal length",
        ),
        (["iris.csv", "--label", "specis"], "has no column 'specis'. Did you mean 'species'?"),
        (["none.csv"], "cannot read none.csv: No such file"),
        ([".", "--label", "species"], "--label is not used. . is a folder of images."),
        (["."], ". has no subfolders. An image folder must have one subfolder for each class"),
        (["iris.csv", "--size", "4"], "--size is not used. Give a folder of images"),
        (
            ["iris.csv", "--label", "species", "--no-scale"],
            "line 2, column 'sepal length (cm)': 5.1 is outside 0 to 1",
        ),
        (["--label", "species"], "--label is not used. No table was given."),
        (["--held-out", "1"], "tinynet: --held-out is 1. "),
        (
            ["--held-out", "0.1"],
            "--held-out is 0.1 and would hold out 0 of 2 examples of class 'horizontal'",
        ),
        (
            ["--patience", "5"],
            "--patience needs a validation set. The validation set would have 0 of 2 examples of class 'vertical'",
        ),
        (["--figure", "a.gif"], "--figure is a.gif. Its extension must be one of '.png', '.svg', '.pdf'"),
        (["--schedule", "steep"], "tinynet: --schedule is 'steep'"),
    ],
)
def test_an_error_is_one_line_with_exit_code_2(folder, arguments, message):
    done = tinynet("train", *arguments, cwd=folder)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert message in done.stderr


def test_a_training_that_diverges_is_not_scored(folder):
    done = tinynet(*IRIS[:6], "--output", "identity", "--activation", "identity", "--rate", "90", "--held-out", "0.3",
                   cwd=folder)  # fmt: skip
    assert done.returncode == 1
    assert "held-out" not in done.stdout
    assert "Try a learning rate below 90" in done.stderr


def test_regression_scores_are_in_the_units_of_the_table(folder):
    load_diabetes(as_frame=True).frame.to_csv(folder / "diabetes.csv", index=False)
    numbers = ["train", "diabetes.csv", "--target", "target", "--output", "identity", "--order", "shuffled",
               "--hidden", "4", "--epochs", "30", "--held-out", "0.3", "--patience", "10"]  # fmt: skip
    printed = tinynet(*numbers, "--out", "diabetes.safetensors", "--figure", "diabetes.png", cwd=folder)
    assert (printed.returncode, printed.stderr) == (0, "")
    found = json.loads(tinynet(*numbers, "--json", cwd=folder).stdout)
    held_out, run = found["scores"]["held-out"]["targets"]["target"], tn.load(folder / "diabetes.safetensors")
    error = f"The mean absolute error (MAE) is {notation.number(held_out['mae'])}. "
    assert "R² of target on " in printed.stdout
    assert error in printed.stdout
    names = [answer["name"] for answer in found["held_out_predictions"]]
    targets = load_diabetes().target[[int(name.split()[1]) - 1 for name in names]]
    predicted = np.array([answer["values"][0] for answer in found["held_out_predictions"]])
    assert held_out["mae"] == pytest.approx(sklearn.metrics.mean_absolute_error(targets, predicted))
    assert held_out["r2"] == pytest.approx(sklearn.metrics.r2_score(targets, predicted))
    assert found["target_scaling"] == run.examples.target_scaling.to_json()
    assert (
        "Midpoints between classes need a class"
        in tinynet("stress", "diabetes.safetensors", cwd=folder).stderr
    )


def test_up_to_20_predicted_numbers_are_printed(tmp_path):
    (tmp_path / "line.csv").write_text("x,y,note\n0,10,a\n1,20,b\n2,30,c\n")
    shown = tinynet("train", "line.csv", "--target", "y", "--ignore", "note", "--epochs", "3", cwd=tmp_path)
    assert re.search(r"row 2 +\d+\.\d+ +20\n", re.sub(r" +$", "", shown.stdout, flags=re.M))


def test_train_accepts_a_folder_of_images(tmp_path):
    digits = load_digits()
    for k in np.flatnonzero(digits.target < 2)[:40]:
        path = tmp_path / "pictures" / f"{'zero' if digits.target[k] == 0 else 'one'}" / f"{k}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((digits.images[k] * 15.9).astype(np.uint8)).save(path)
    done = tinynet("train", "pictures", "--size", "4", "--rate", "1", "--held-out", "0.25", "--out", "run.safetensors",
                   "--json", cwd=tmp_path)  # fmt: skip
    found = json.loads(done.stdout)
    assert found["architecture"]["sizes"] == [16, 5, 2]
    assert found["scores"]["held-out"]["accuracy"] == 1
    assert tn.load(tmp_path / "run.safetensors").examples.shape == (4, 4)


def test_without_held_out_examples_the_training_examples_are_scored(folder):
    table = ["train", "iris.csv", "--label", "species"]
    printed, found = tinynet(*table, cwd=folder), json.loads(tinynet(*table, "--json", cwd=folder).stdout)
    score = found["scores"]["training"]
    assert f"{score['correct']} of 150 training predictions are correct" in printed.stdout or (
        f"{100 * score['accuracy']:.1f} % of the rows are classified correctly" in printed.stdout
    )
    assert list(found["scores"]) == ["training"]
    assert "curves" not in found
    assert f"to {found['training_loss']:.4f} in 15,000 steps." in printed.stdout
    assert found["training_loss"] == score["loss"]


def test_a_run_that_learned_nothing_is_said(tmp_path):
    (tmp_path / "sorted.csv").write_text("x,label\n" + "".join(f"{k},{'ab'[k // 100]}\n" for k in range(200)))
    run = ["train", "sorted.csv", "--order", "fixed", "--schedule", "constant", "--epochs", "1"]
    printed = tinynet(*run, cwd=tmp_path).stdout
    assert "The network gives the same answer to all 200 rows: b. 50.0 % of the rows are" in printed
    assert "100 of 200 training predictions are correct (50.0 %;" in printed
    kinds = [
        finding["kind"] for finding in json.loads(tinynet(*run, "--json", cwd=tmp_path).stdout)["findings"]
    ]
    assert "one answer" in kinds


def test_regression_without_held_out_examples_has_r2_mae_and_rmse(folder):
    load_diabetes(as_frame=True).frame.to_csv(folder / "patients.csv", index=False)
    table = ["train", "patients.csv", "--target", "target"]
    printed, found = tinynet(*table, cwd=folder), json.loads(tinynet(*table, "--json", cwd=folder).stdout)
    assert (found["architecture"]["output"], found["recipe"]["loss"]) == ("identity", "mse")
    score = {
        name: notation.number(value)
        for name, value in found["scores"]["training"]["targets"]["target"].items()
    }
    assert found["scores"]["training"]["targets"]["target"]["r2"] > 0.4
    assert (
        f"R² of target on 442 training examples is {score['r2']}. The mean absolute error (MAE) is {score['mae']}. "
        f"The root mean square error (RMSE) is {score['rmse']}." in printed.stdout
    )


def test_a_network_without_hidden_layer_is_trained(folder):
    found = json.loads(
        tinynet("train", "iris.csv", "--label", "species", "--hidden", "0", "--json", cwd=folder).stdout
    )
    assert found["architecture"]["sizes"] == [4, 3]
    assert found["scores"]["training"]["accuracy"] > 0.9
    two = json.loads(tinynet("train", "--hidden", "4x2", "--epochs", "2", "--json").stdout)
    assert two["architecture"]["sizes"] == [4, 4, 2, 2]


def test_100_classes_are_trained_and_predicted(tmp_path):
    rows = "".join(f"{k % 10},{k // 10},class{k:02}\n" for k in range(100) for _ in range(4))
    (tmp_path / "hundred.csv").write_text(f"a,b,label\n{rows}")
    (tmp_path / "new.csv").write_text("a,b\n0,0\n9,9\n")
    train = [
        "train",
        "hundred.csv",
        "--hidden",
        "16",
        "--epochs",
        "5",
        "--held-out",
        "0.25",
        "--out",
        "run.safetensors",
        "--overwrite",
    ]
    found = json.loads(tinynet(*train, "--json", cwd=tmp_path).stdout)
    assert found["architecture"]["sizes"] == [2, 16, 100]
    assert found["scores"]["held-out"]["examples"] == 100
    assert tinynet(*train, cwd=tmp_path).returncode == 0
    predicted = json.loads(tinynet("predict", "run.safetensors", "new.csv", "--json", cwd=tmp_path).stdout)
    first = predicted["predictions"][0]
    best = max((name for name in first if name.startswith("class")), key=first.get)
    printed = tinynet("predict", "run.safetensors", "new.csv", cwd=tmp_path).stdout
    assert "largest outputs" in printed
    assert f"{best} {100 * first[best]:.1f} %, " in printed
    stressed = tinynet("stress", "run.safetensors", cwd=tmp_path).stdout
    assert "… and 4,900 more. --json prints all." in stressed
    assert len(stressed) < 40_000


def test_names_of_classes_are_printed_as_they_are_and_without_control_characters(tmp_path):
    """A terminal would follow an escape sequence, and Rich would follow square brackets."""
    rows = "".join(f"{k},{k % 3},{('[bold]p', 'q' + chr(27) + '[31mz')[k % 2]}\n" for k in range(12))
    (tmp_path / "table.csv").write_text("x,y,label\n" + rows)
    done = tinynet("train", tmp_path / "table.csv", "--epochs", "1")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    (head,) = (line for line in done.stdout.splitlines() if line.startswith(" row ") and "prediction" in line)
    assert head.split() == ["row", "[bold]p", "q\\x1b[31mz", "prediction", "correct"]


def test_a_heading_of_two_lines_is_printed_on_two_lines(capsys):
    terminal.show_table(
        Table(
            "Scores\nof a network", ("examples", "accuracy\n(95 % interval)"), (("held-out", "93 %\x1b[1m"),)
        )
    )
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert lines[:2] == ["Scores", "of a network"]
    assert lines[2:4] == ["                   accuracy", " examples   (95 % interval)"]
    assert "93 %\\x1b[1m" in lines[-1]


def test_a_large_recording_is_announced(tmp_path):
    rows = "".join(f"{k % 97},{k % 11},{'ab'[k % 2]}\n" for k in range(3000))
    (tmp_path / "t.csv").write_text(f"x,y,label\n{rows}")
    command = ["train", "t.csv", "--hidden", "60", "--epochs", "10", "--overwrite"]
    done = tinynet(*command, "--out", "run.safetensors", cwd=tmp_path)
    size = (tmp_path / "run.safetensors").stat().st_size
    assert done.stderr == "The recording will have about 160 MB. For a smaller one, use --kept 10000.\n"
    assert size == pytest.approx(160e6, rel=0.05)
    done = tinynet(*command, "--out", "run.safetensors", "--kept", "10000", cwd=tmp_path)
    assert done.stderr == ""
    run = tn.load(tmp_path / "run.safetensors")
    assert (run.stride, len(run)) == (3, 30_000)
    assert (tmp_path / "run.safetensors").stat().st_size == pytest.approx(160e6 / 3, rel=0.05)
    assert tinynet(*command[:-1], "--epochs", "1", cwd=tmp_path).stderr == ""
    refused = tinynet(*command, "--kept", "0", cwd=tmp_path)
    assert "tinynet: --kept is 0. It must be a whole number of at least 1" in refused.stderr


def test_too_many_columns_are_counted(tmp_path):
    names = ",".join(f"x{k}" for k in range(5000))
    rows = "".join(
        ",".join(f"{(k * j) % 13}" for k in range(5000)) + f",{'ab'[j % 2]}\n" for j in range(1, 5)
    )
    (tmp_path / "wide.csv").write_text(f"{names},label\n{rows}")
    for command in ("train", "population", "sweep"):
        done = tinynet(command, "wide.csv", cwd=tmp_path)
        assert re.fullmatch(
            r"tinynet: the network would have 4,\d{3} inputs. At most 4,096 are allowed. Use fewer columns or smaller pictures.\n",
            done.stderr,
        )


def test_the_decimal_character_is_quoted_in_advice(tmp_path):
    answers = ('"1,2"', "3", '"2,3"')
    rows = "".join(f'{answers[k % 3]},"{20 + k},500",{"ab"[k % 2]}\n' for k in range(60))
    (tmp_path / "survey.csv").write_text("choices,income,label\n" + rows)
    done = tinynet("train", "survey.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.endswith(
        "If decimals follow a comma, use --decimal ','. If they follow a point, use --decimal '.'.\n"
    )
    assert tinynet("train", "survey.csv", "--decimal", ",", "--epochs", "1", cwd=tmp_path).returncode == 0
