"""The errors of the command line: they name what was typed, and their advice is possible."""

import json
import re
import shlex

import pytest

import tinynet as tn
from run_cli import tinynet
from tinynet import cli
from tinynet.cli.mistakes import Names, option_of
from tinynet.errors import TinyNetError, advice
from tinynet.plugins import MissingPackageError

WINE = "alcohol,acid,kind\n" + "".join(
    f"{10 + k % 5}.5,{k % 7},{word}\n" for k, word in enumerate("abc" * 12)
)
HOUSE = "area,price\n" + "".join(f"{50 + k},{1000 * k}\n" for k in range(120))
NUMBERS = "from 1 to 1,000"
MISTAKES = {  # command: the whole error
    "trian": "there is no command 'trian'. Did you mean 'train'?",
    "--speed 3": "tinynet has no option --speed. To see the options, use tinynet --help.",
    "train --hiden 3": "tinynet train has no option --hiden. Did you mean --hidden?",
    "discover --part look": "tinynet discover has no option --part. Use --chapter.",
    "export run.safetensors --called a": "tinynet export has no option --called. Use --names.",
    "explain --form latex": "tinynet explain has no option --form. Use --format.",
    "sweep --value=loss": "tinynet sweep has no option --value. Use --metric.",
    "sweep --limit 3": "tinynet sweep has no option --limit. Use --max-networks.",
    "train --start zeros": "tinynet train has no option --start. Use --init.",
    "worksheet --picture top": "tinynet worksheet has no option --picture. Use --example.",
    "sweep --picture top": "tinynet sweep has no option --picture. Use --probe.",
    "train --part 1": "tinynet train has no option --part. Did you mean --target?",
    "train --out ''": "--out is empty. It must be a path.",
    "train --figure=": "--figure is empty. It must be a path.",
    "train ''": "DATA is empty. It must be a path.",
    "export run.safetensors --out a.html --out ''": "--out is empty. It must be a path.",
    "export a.safetensors '' --out a.html": "RECORDING is empty. It must be a path.",
    "worksheet --out ''": "--out is empty. It must be a path.",
    "sweep --recipes '' --dry-run": "--recipes is empty. It must be a path.",
    "predict": "missing argument 'RECORDING'. To see the options, use tinynet predict --help.",
    "train --rate": "option '--rate' requires an argument. To see the options, use tinynet train --help.",
    "train --learning-rate -1": "--learning-rate is -1. It must be a number above 0 and at most 1,000,000.",
    "train --learning-rate=fast": "--learning-rate is 'fast'. It must be a number.",
    "train --batch-size 0": "--batch-size is 0. It must be a whole number from 1 to 1,000,000.",
    "sweep --workers -1 --dry-run": "--workers is -1. It must be a whole number of at least 1.",
    "sweep --workers 0 --dry-run": "--workers is 0. It must be a whole number of at least 1.",
    "sweep --max-networks 0 --dry-run": "--max-networks is 0. It must be a whole number of at least 1.",
    "sweep --scheduler here --dry-run": "--scheduler is 'here'. It must be an address such as tcp://10.0.0.1:8786.",
    "sweep --minutes 0 --dry-run": "--minutes is 0. It must be a number above 0.",
    "discover --chapter look --networks 0": "--networks is 0. It must be a whole number from 1 to 100,000,000.",
    "train --patience 5": "--patience needs a validation set. The validation set would have 0 of 2 examples of class "
    "'vertical', and each part must have at least one. Add examples. To train without a validation set, remove --patience.",
    "population --patience 5": "--patience is not used. This command has no validation set. Remove --patience.",
    "sweep --patience 5 --dry-run": "--patience is 5. A sweep has no validation examples. Use --patience 0.",
    "sweep --patience 0,5": "--patience is 5. A sweep has no validation examples. Use --patience 0.",
    "nudge --loss cross_entropy": "--loss is 'cross_entropy' and the output is 'sigmoid'. The loss 'cross_entropy' needs "
    "outputs that sum to 1. Choose another loss.",
    "train --loss bce --output tanh": "--loss is 'bce' and --output is 'tanh'. The loss 'bce' needs outputs between 0 and "
    "1. Use --output sigmoid.",
    "sweep --loss mse,cross_entropy --dry-run": "the trial learning_rate 0.1, epochs 100, loss cross_entropy, hidden 3 is "
    "invalid: --loss is 'cross_entropy' and --output is 'sigmoid'. The loss 'cross_entropy' needs outputs that sum to 1. "
    "Use --output softmax.",
    "sweep wine.csv --label kind --augment true": "the trial learning_rate 0.1, epochs 100, loss cross_entropy, "
    "order shuffled, schedule cosine, augment true, hidden 5, output softmax is "
    "invalid: --augment is on and the examples are rows of a table with 3 classes. Augmentation needs square pictures with "
    "the two classes horizontal and vertical. Remove --augment.",
    "train --optimizer adam --nesterov": "--nesterov is on and --optimizer is 'adam'. Only 'sgd' has Nesterov momentum. "
    "Remove --nesterov.",
    "sweep house.csv --label price": "house.csv, column 'price': there are 120 different labels. There must be at most 100. "
    "If the column holds numbers to predict, use --target price.",
    "train house.csv --label price": "house.csv, column 'price': there are 120 different labels. There must be at most 100. "
    "If the column holds numbers to predict, use --target price.",
    "sweep house.csv --dry-run": "--label is not given. It must be the column of house.csv with the class of each row. "
    "Choose one of 'area', 'price'. For numbers to predict, use --target.",
    "sweep --probes wine.csv --dry-run": "--probes is wine.csv, which has 5 input columns. It must have 4, one for each "
    "pixel.",
    "sweep --probes house.csv --dry-run": "--probes is house.csv, which has 2 input columns. It must have 4, one for each "
    "pixel.",
    "sweep --probes pixels.csv --dry-run": "pixels.csv, line 2, column 'b': 5 is outside 0 to 1. A pixel must be from 0 to 1.",
    "sweep wine.csv --label kind --probes house.csv": "house.csv has no column 'alcohol'. Its columns are 'area', 'price'.",
    "sweep --recipes wine.csv": None,
    "sweep --x epochs --y epochs --figure a.png": "--x and --y are both 'epochs'. Choose two different axes.",
    "worksheet --students 0": f"--students is 0. It must be a whole number {NUMBERS}.",
    "worksheet --students -1": f"--students is -1. It must be a whole number {NUMBERS}.",
    "worksheet --students 99999999": f"--students is 99,999,999. It must be a whole number {NUMBERS}.",
    "worksheet --first-seed 4294967295 --students 3": "--first-seed is 4,294,967,295 and --students is 3. The last seed "
    "would be 4,294,967,297. It must be at most 4,294,967,295.",
    "worksheet --hidden 9x9x9": "--hidden is 9x9x9, which makes 245 parameters. A worksheet allows 120 parameters. Use fewer "
    "nodes.",
    "train --hidden 4096x4096": "--hidden is 4096x4096, which makes 16,809,986 parameters. At most 1,000,000 are allowed. Use "
    "smaller layers.",
    "train --hidden 4,4": "--hidden is '4,4'. It must be one network. A comma separates the networks of a sweep. Use 4x4 for "
    "layers.",
    "train --hidden 1x1x1x1x1x1x1x1x1x1x1": "--hidden is '1x1x1x1x1x1x1x1x1x1x1'. It must be at most 10 layers.",
    "sweep --recipes trials.json": "recipe 1 of 1: --rate is -1. It must be a number above 0 and at most 1,000,000.",
    "train --figure none/a.png": "--figure is none/a.png. The folder 'none' does not exist. Create it first.",
    "worksheet --example 1,1,0,9": "--example is '1,1,0,9'. Each number must be from 0 to 1.",
    "nudge --picture nan,1,1,1": "--picture is 'nan,1,1,1'. It must be numbers, such as 1,0.",
    "worksheet --target 2,0": "--target is '2,0'. Each number must be from 0 to 1.",
    "export run.safetensors --step 3 --out f.gif": "--step is 3, which a film of the training (.gif) does not use. Its options "
    "are --frames, --fps, --example.",
    "export run.safetensors --cell foo --out f.tex": "--cell is 'foo'. It must be one of the 124 cells of the sheet. A cell is, "
    "for example, 'loss'.",
    "nudge --cell layer1.wait[0,2]": None,
    "explain run.safetensors los": None,
    "explain run.safetensors loss --step -99999": "--step is -99,999. It must be a whole number from -12 to 11.",
    "export run.safetensors --example nope --out f.gif": "--example is 'nope'. It must be one of 'top', 'bottom', 'left', "
    "'right'.",
    "export run.safetensors --step 3 --epoch 2 --out f.xlsx": "--step is 3 and --epoch is 2. Give only one of the two.",
    "export run.safetensors --out no/f.gif": "--out is no/f.gif. The folder 'no' does not exist. Create it first.",
    "train wine.csv --label kin": "--label is 'kin'. wine.csv has no column 'kin'. Did you mean 'kind'?",
    "train house.csv --target pric": "--target is 'pric'. house.csv has no column 'pric'. Did you mean 'price'?",
    "train wine.csv --label kind --ignore foo": "--ignore is 'foo'. wine.csv has no column 'foo'. Its columns are 'alcohol', "
    "'acid', 'kind'.",
    "train --label kind": "--label is not used. No table was given. Give a table, such as table.csv, or remove --label.",
    "predict run.safetensors wine.csv": "these examples are pictures. New rows need the examples of a table. Train "
    "on a table first.",
    "explain none.safetensors loss": "cannot read none.safetensors: No such file or directory. Check the path.",
    "train none.csv": "cannot read none.csv: No such file or directory. Check the path.",
    "train --epochs 1.5": "--epochs is '1.5'. It must be a whole number.",
    "train --epochs=x": "--epochs is 'x'. It must be a whole number.",
    "train --learning-rate fast": "--learning-rate is 'fast'. It must be a number.",
    "train --rate 0": "--rate is 0. It must be a number above 0 and at most 1,000,000.",
    "train --rate 1e9": "--rate is 1,000,000,000. It must be a number above 0 and at most 1,000,000.",
}  # fmt: skip
BEGINNINGS = {
    "sweep --recipes wine.csv": "--recipes is wine.csv, which is not JSON (",
    "nudge --cell layer1.wait[0,2]": "--cell is 'layer1.wait[0,2]'. It must be one of the 124 cells of the sheet. Did you mean '",
    "explain run.safetensors los": "CELL is 'los'. It must be one of the 124 cells of the sheet. Did you mean 'loss",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mistakes")
    (folder / "wine.csv").write_text(WINE)
    (folder / "house.csv").write_text(HOUSE)
    (folder / "trials.json").write_text('[{"learning_rate": -1}]')
    (folder / "pixels.csv").write_text("a,b,c,d\n0,5,1,1\n")
    run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=3))
    run.save(folder / "run.safetensors")
    return folder


@pytest.mark.parametrize("command", MISTAKES)
def test_a_mistake_names_the_option_and_what_to_do(command, folder):
    before = sorted(folder.iterdir())
    done = tinynet(*shlex.split(command), cwd=folder)
    assert done.returncode == 2
    expected = MISTAKES[command]
    if expected is None:
        assert done.stderr.startswith(f"tinynet: {BEGINNINGS[command]}")
    else:
        assert done.stderr == f"tinynet: {expected}\n"
    assert sorted(folder.iterdir()) == before


def test_a_map_of_one_probe_asks_for_a_row(folder):
    done = tinynet(
        "sweep", "wine.csv", "--label", "kind", "--metric", "unsure", "--figure", "x.png", cwd=folder
    )
    assert done.stderr.startswith("tinynet: --probe is not given. It must be one of 'row 1', 'row 2'")
    assert done.stderr.endswith("'row 24' and ….\n")


def test_an_unknown_extension_is_answered_by_a_short_list(folder):
    done = tinynet("export", "run.safetensors", "--out", "f.foo", cwd=folder)
    assert done.stderr.startswith("tinynet: --out is f.foo. Its extension must be one of '.html', '.xlsx', ")
    assert len(done.stderr) < 200


def test_the_probes_of_a_table_have_its_columns_scaling_and_classes(folder, tmp_path):
    (tmp_path / "probes.csv").write_text("acid,note,alcohol\n3,7,12.5\n")
    done = tinynet(
        *("sweep", folder / "wine.csv", "--label", "kind", "--probes", tmp_path / "probes.csv"),
        *("--networks", "64", "--epochs", "2", "--out", tmp_path / "out"),
    )
    assert done.returncode == 0, done.stderr
    probes = json.loads((tmp_path / "out" / "sweep.json").read_text())["probes"]
    assert probes["target_names"] == ["a", "b", "c"]
    assert probes["scaling"]["columns"] == ["alcohol", "acid"]
    assert probes["inputs"] == [[0.5, 0.5]]


def test_stress_shows_that_a_training_diverged(tmp_path):
    recipe = tn.Recipe(learning_rate=1e6, epochs=200)
    network = tn.Network.initial(seed=0, hidden="relu", output="identity")
    run = tn.train(network, tn.pictures.lines(), recipe)
    assert run.stopped.cell
    run.save(tmp_path / "run.safetensors")
    done = tinynet("stress", "run.safetensors", cwd=tmp_path)
    assert f"The training diverged: {run.stopped.reason}." in done.stdout
    assert "change by up to" not in done.stdout


def test_only_a_missing_package_is_a_users_mistake(monkeypatch):
    def fail(error):
        def command():
            raise error

        return command

    monkeypatch.setattr("sys.argv", ["tinynet"])
    monkeypatch.setattr(cli, "app", fail(MissingPackageError("a film needs PIL: pip install x")))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    monkeypatch.setattr(cli, "app", fail(ImportError("cannot import name 'x'")))
    with pytest.raises(ImportError, match="cannot import name 'x'"):
        cli.main()


def test_advice_about_a_parameter_without_an_option_is_left_out():
    options = Names({"label": "--label", "augment": "--augment"})
    text = f"is 5. {advice('targets', 'a', condition='If it is a number')} {advice('label', 'a b')}"
    error = TinyNetError(text, parameter="augment")
    assert str(error) == "augment is 5. If it is a number, set targets to 'a'. Set label to 'a b'."
    assert error.template == (
        "\0augment\0 is 5. If it is a number, set \0targets\0 to 'a'. Set \0label\0 to 'a b'."
    )
    assert error.parameters == ("augment", "targets", "label")
    assert str(error.renamed(options)) == "--augment is 5. Use --label 'a b'."
    last = TinyNetError(f"is 5. {advice('targets', 'a', otherwise='Stop.')}", parameter="label_smoothing")
    assert str(last.renamed(options)) == "the label smoothing is 5. Stop."


def test_the_layers_of_an_architecture_and_of_a_trial_are_one_option():
    options = {"hidden": "--hidden", "activation": "--activation"}
    found = [option_of(name, options) for name in ("sizes[1:-1]", "sizes", "hidden[0]", "hidden")]
    assert found == ["--hidden", "--hidden", "--hidden", "--activation"]
    assert not re.search("_", Names(options).get("first_seed"))
