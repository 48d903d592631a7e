"""Test that errors name their option and that every option is documented."""

import re
from pathlib import Path

import pytest

import documents
import tinynet as tn
from run_cli import tinynet
from tinynet.cli import app
from tinynet.cli.mistakes import COMMAND_PARAMETERS
from tinynet.cli.options import options_of, recipe_defaults
from tinynet.errors import TinyNetError, named
from tinynet.recipe import help_texts

# wrong values of the options of a recipe
RECIPE = {
    "--rate": "0",
    "--epochs": "0",
    "--loss": "hinge",
    "--order": "sorted",
    "--batch": "0",
    "--optimizer": "lion",
    "--momentum": "1",
    "--nesterov": None,  # the momentum is 0
    "--beta1": "1",
    "--beta2": "1",
    "--epsilon": "0",
    "--weight-decay": "-1",
    "--noise": "-1",
    "--schedule": "steep",
    "--hold-fraction": "1",
    "--final-fraction": "0",
    "--label-smoothing": "1",
    "--patience": "-1",
    "--hidden": "x",
    "--activation": "step",
    "--output": "step",
    "--init": "ones",
}
DIALECT = {"--delimiter": "ab", "--decimal": "x", "--encoding": "morse"}
MAP = ["--figure", "map.png"]
WRONG = {  # command: the arguments, and a wrong value of each option
    "discover": (["--chapter", "stress"], {"--networks": "0", "--chapter": "middle", "--seed": "-1", "--rate": "0", "--epochs": "0", "--hidden": "x", "--out": "file/a"}),
    "nudge": ([], {"--picture": "middle", "--seed": "-1", "--rate": "0", "--loss": "hinge", "--hidden": "x", "--repeat": "0"}),
    "train": ([], RECIPE | {
        "--seed": "-1", "--out": "none/a.safetensors", "--held-out": "1", "--size": "4", "--label": "a", "--target": "a",
        "--ignore": "a", "--no-scale": None, "--category": "a", "--missing": "guess", "--kept": "0",
    } | DIALECT),
    "explain": (["run.safetensors", "loss"], {"--depth": "-1", "--format": "word"}),
    "predict": (["run.safetensors", "table.csv"], {"--out": "a.txt", **DIALECT}),
    "population": ([], RECIPE | {
        "--networks": "0", "--first-seed": "-1", "--label": "a", "--ignore": "a", "--no-scale": None, "--target": "a",
        "--size": "4", "--category": "a", "--missing": "guess",
    } | DIALECT),
    "sweep": (MAP, RECIPE | {
        "--augment": "maybe", "--nesterov": "maybe", "--networks": "0", "--first-seed": "-1", "--metric": "joy",
        "--probe": "cat", "--x": "speed", "--y": "speed", "--workers": "0", "--scheduler": "here", "--max-networks": "0",
        "--minutes": "0", "--label": "a", "--ignore": "a", "--no-scale": None, "--target": "a", "--size": "4",
        "--category": "a", "--missing": "guess",
    } | DIALECT),
    "runbook": ([], {"--networks": "0", "--first-seed": "-1", "--out": "file/a", "--save": "a.json"}),
    "export": (["run.safetensors"], {
        "--frames": "0", "--fps": "0", "--figure": "mood", "--dtype": "int8", "--name": "1", "--depth": "-1",
        "--epoch": "9", "--title": "a", "--names": "a", "--example": "a", "--out": "run.safetensors",
    }),
    "worksheet": ([], {
        "--first-seed": "-1", "--seeds": "x", "--example": "middle", "--target": "x", "--decimals": "0", "--rate": "0",
        "--loss": "hinge", "--hidden": "x", "--activation": "step", "--output": "step", "--format": "docx", "--out": "file/a",
    }),
    "lab": (["--no-browser"], {"--port": "-1"}),
}  # fmt: skip
# the errors of these options name a file, a column, a cell, a step or a host
NAMED_OTHERWISE = {
    "predict": {"--header/--no-header"},
    "nudge": {"--cell"},
    "train": {"--figure", "--augment", "--header/--no-header"},
    "explain": {"--step"},
    "population": {"--out", "--augment", "--header/--no-header"},
    "sweep": {"--recipes", "--probes", "--out", "--figure", "--dry-run", "--header/--no-header"},
    "runbook": {"--quick"},
    "export": {"--step", "--cell"},
    "worksheet": {"--students"},
    "lab": {"--host", "--browser", "--token"},
}
ENDINGS = {"--frames": ".gif", "--fps": ".gif", "--figure": ".svg", "--dtype": ".h", "--name": ".h", "--depth": ".tex",
           "--epoch": ".h", "--title": ".h", "--names": ".h", "--example": ".h"}  # fmt: skip
CASES = [(command, option) for command, (_, wrong) in WRONG.items() for option in wrong]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("options")
    table = "x,y,label\n0,0,same\n1,1,same\n0,1,other\n1,0,other\n"
    (folder / "table.csv").write_text(table)
    (folder / "file").write_text("")
    examples = tn.Examples.from_table(folder / "table.csv", label="label")
    run = tn.train(tn.Network.initial((2, 3, 2), seed=0), examples, tn.Recipe(epochs=3))
    run.save(folder / "run.safetensors")
    return folder


@pytest.mark.parametrize(("command", "option"), CASES)
def test_an_error_names_the_option(command, option, folder):
    before, wrong = WRONG[command]
    value = wrong[option]
    arguments = [command, *before, option, *([] if value is None else [value])]
    if command == "export" and option != "--out":
        arguments += ["--out", f"a{ENDINGS[option]}"]
    if command == "sweep" and option == "--probe":
        arguments += ["--metric", "unsure"]
    done = tinynet(*arguments, cwd=folder)
    assert done.returncode == 2
    assert re.match(rf"tinynet: {option} (is|has) ", done.stderr), done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_every_option_has_a_wrong_value_or_a_reason():
    for command in app.registered_commands:
        name = command.callback.__name__
        options = set(options_of(command.callback).values()) - {"--json"}
        options -= {"--overwrite"}  # tests/cli/test_overwriting.py
        tried = set(WRONG.get(name, ([], {}))[1]) | NAMED_OTHERWISE.get(name, set())
        assert options == {option.replace("--no-scale", "--scale") for option in tried}, name


def test_every_renamed_parameter_is_an_option():
    known = {name for command in app.registered_commands for name in options_of(command.callback)}
    assert {name for names in COMMAND_PARAMETERS.values() for name in names} <= known


def test_an_error_without_a_parameter_keeps_its_text():
    assert str(TinyNetError("run.safetensors is damaged.")) == "run.safetensors is damaged."
    error = TinyNetError("is 0.", parameter="epochs")
    assert (str(error), str(error.renamed({"epochs": "--epochs"}))) == ("epochs is 0.", "--epochs is 0.")


def test_an_error_is_renamed_in_its_parameters_and_not_in_its_values():
    value, output = "output \0output\0", named("output")
    error = TinyNetError(f"is {value!r} and {output} is 5. {output} …", parameter="loss")
    names = {"loss": "--loss", "output": "--output"}
    assert str(error.renamed(names)) == f"--loss is {value!r} and --output is 5. --output …"


TABLE = "x,y,kind\n1,0,a\n2,1,b\n3,0,a\n4,1,b\n"
TABLES = {
    "own.csv": TABLE,
    "typo.csv": f"{TABLE}red,1,a\n",
    "holes.csv": f"{TABLE},1,a\n",
    "bare.csv": "5,2,3\n4,5,6\n7,1,2\n",
    "decimals.csv": "x,label\n1,0.5\n2,1.5\n",
}
RULES = {  # about several options, and the names in the message
    "train --loss bce --output softmax": (
        "--loss is 'bce' and --output is 'softmax'",
        "Use --output sigmoid.",
    ),
    "train --loss cross_entropy": ("--loss is 'cross_entropy' and --output is 'sigmoid'",),
    "train --nesterov": ("--nesterov is on and --momentum is 0", "Use --momentum 0.9."),
    "train --optimizer adam --momentum 0.5": (
        "--momentum is 0.5 and --optimizer is 'adam'",
        "Use --momentum 0.",
    ),
    "train own.csv --label kind --augment": ("--augment is on", "Remove --augment."),
    "train own.csv --label kind --target x": ("--label is 'kind' and --target is 'x'", "with --ignore"),
    "train typo.csv --label kind": ("use --ignore x.",),
    "train holes.csv --label kind": ("use --missing mean.", "use --missing drop."),
    "train bare.csv --label 3": ("use --no-header.", "use --header."),
    "train decimals.csv": ("use --target label.", "use --label label."),
    "train own.csv --label kind --held-out 0.1": ("--held-out is 0.1 and would hold out 0 of 2 examples",),
    "train own.csv --label kind --no-scale": ("use --scale.",),
    "population --networks 9 --first-seed 4294967295": ("--first-seed is 4,294,967,295 and --networks is 9",),
    "worksheet --hidden 90": ("--hidden is 90, which makes 632 parameters",),
    "worksheet --seeds 3,3": ("--seeds has a seed twice",),
}


@pytest.mark.parametrize("command", RULES)
def test_an_error_about_several_options_names_them_all(command, tmp_path):
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text)
    done = tinynet(*command.split(), cwd=tmp_path)
    assert done.returncode == 2
    for words in RULES[command]:
        assert words in done.stderr


@pytest.mark.parametrize("field", ["--schedule hold", "--loss given"])
def test_names_of_earlier_files_are_not_options(field):
    option, word = field.split()
    done = tinynet("train", option, word)
    assert (done.returncode, done.stderr[:40]) == (
        2,
        f"tinynet: {option} is {word!r}. It must be one of"[:40],
    )


def test_the_tables_of_options_in_the_docs_equal_help():
    text = documents.DOCUMENT.read_text()
    assert text == documents.updated(text), "run: make docs"


def test_every_option_is_in_the_docs():
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", documents.DOCUMENT.read_text(), re.M | re.S))
    shared = sections["The options of a recipe"]
    for command in app.registered_commands:
        name = command.callback.__name__
        for option in options_of(command.callback).values():
            assert (
                f"`{option.split('/')[0]}"
                in sections[f"tinynet {name}"] + shared + sections["Options of every command"]
            ), option


@pytest.mark.parametrize("command", [command.callback.__name__ for command in app.registered_commands])
def test_every_option_has_help(command):
    for row in documents.rows(command):
        assert row.text.endswith("."), row
        assert len(row.text) > 5, row


def test_the_axes_of_a_sweep_have_the_help_of_a_recipe():
    texts = {row.name: row.text for row in documents.rows("sweep")}
    for row in documents.rows("train"):
        if row.name in recipe_defaults():
            assert texts[row.name].startswith(help_texts()[row.name])
    assert "--nesterov LIST" in tinynet("sweep", "--help").stdout


def test_the_documents_about_commands_use_existing_options():
    """Check that every option in README.md and docs/ belongs to a command."""
    known = {
        flag
        for command in app.registered_commands
        for row in documents.rows(command.callback.__name__)
        for flag in row.flags
    }
    root = Path(__file__).parents[2]
    for path in [root / "README.md", *(root / "docs").glob("*.md")]:
        used = set(re.findall(r"`tinynet [^`]*?(--[a-z][\w-]+)", path.read_text()))
        assert used <= known | {"--help", "--version"}, path
