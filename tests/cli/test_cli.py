import inspect
import json
import re
import signal
from contextlib import contextmanager
from functools import partial

import pytest

import tinynet as tn
from run_cli import tinynet
from tinynet.cli import terminal


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run.safetensors"
    assert tinynet("train", "--rate", "5", "--epochs", "300", "--out", path).returncode == 0
    return path


def test_every_command_has_help():
    listing = tinynet("--help").stdout
    for command in ("discover", "nudge", "train", "explain", "stress", "population", "doctor"):
        assert command in listing
        assert "--json" in tinynet(command, "--help").stdout


def test_nudge_prints_the_ledger():
    done = tinynet("nudge", "--seed", "4", "--picture", "left", "--cell", "layer1.bias[2]")
    moment = tn.nudge(tn.Network.initial(seed=4), tn.pictures.lines()["left"])
    for row in moment.ledger():
        line = next(line for line in done.stdout.splitlines() if f" {row.name} " in f" {line}")
        shown = [float(text.replace("−", "-")) for text in line.split()[1:]]
        assert shown == pytest.approx(row[1:], abs=5e-7)
    assert str(moment.explain("layer1.bias[2]")) in done.stdout


def test_explain_and_stress_open_a_saved_recording(recording):
    run = tn.load(recording)
    assert (run.recipe.learning_rate, run.epochs) == (5.0, 300)
    explained = tinynet("explain", recording, "layer1.weight[0,2]", "--step", "137")
    assert explained.stdout.strip() == str(run[137].explain("layer1.weight[0,2]"))
    assert tinynet("explain", recording, "loss", "--format", "latex").stdout.startswith("\\begin{aligned}")
    assert "gray" in tinynet("stress", recording).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["nudge"],
        ["train", "--epochs", "3"],
        ["population", "--networks", "64"],
        ["doctor"],
        ["discover", "--chapter", "nudge", "--networks", "8"],
    ],
)
def test_json_output_is_one_document(arguments, tmp_path):
    done = tinynet(*arguments, "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["command"] == arguments[0]
    assert done.stderr == ""
    assert not list(tmp_path.iterdir())


def test_explain_and_stress_have_json_output(recording):
    assert json.loads(tinynet("explain", recording, "loss", "--json").stdout)["explanation"]["name"] == "loss"
    stressed = json.loads(tinynet("stress", recording, "--json").stdout)
    assert f"change by up to {stressed['asymmetry']:.4f}." in tinynet("stress", recording).stdout
    assert [found["name"] for found in stressed["predictions"]["stress"]] == list(tn.pictures.stress().names)


def strings(document):
    """Return every string of a JSON document."""
    if isinstance(document, dict | list):
        inner = document.values() if isinstance(document, dict) else document
        return {word for value in inner for word in strings(value)}
    return {document} if isinstance(document, str) else set()


WRITERS = [
    ["discover", "--chapter", "inside", "--networks", "8", "--out", "made"],
    ["train", "--epochs", "3", "--out", "run.safetensors", "--figure", "loss.png"],
    ["predict", "RECORDING", "rows.csv", "--out", "answers.csv"],
    ["population", "--networks", "64", "--out", "gray.svg"],
    [
        "sweep",
        "--networks",
        "64",
        "--epochs",
        "3",
        "--rate",
        "0.1,1",
        "--out",
        "kept",
        "--figure",
        "map.png",
    ],
    ["export", "RECORDING", "--out", "run.json", "--out", "network.py"],
    ["worksheet", "--format", "html", "--out", "papers"],
]


def test_every_command_that_writes_is_run_with_json():
    from tinynet.cli import app

    commands = [command.callback for command in app.registered_commands]
    files = {"out", "figure", "save"}
    writers = {one.__name__ for one in commands if files & inspect.signature(one).parameters.keys()}
    assert writers == {arguments[0] for arguments in WRITERS} | {"runbook"}  # it has a separate test


@pytest.mark.parametrize("arguments", WRITERS, ids=lambda arguments: arguments[0])
def test_with_json_every_file_is_written_and_listed(arguments, tmp_path):
    (tmp_path / "rows.csv").write_text("x,y,label\n0,0,same\n1,1,same\n0,1,other\n1,0,other\n")
    if "RECORDING" in arguments:
        tinynet("train", "rows.csv", "--epochs", "3", "--out", "in.safetensors", cwd=tmp_path)
        arguments = [word.replace("RECORDING", "in.safetensors") for word in arguments]
    before = set(tmp_path.iterdir())
    done = tinynet(*arguments, "--json", cwd=tmp_path)
    words = strings(json.loads(done.stdout))
    files = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert files
    for path in files:
        place = path.relative_to(tmp_path)
        assert words & {str(place), *map(str, place.parents)} - {"."}, place


def test_discover_writes_the_same_files_with_json(tmp_path):
    arguments = ["discover", "--chapter", "stress", "--networks", "8", "--out", "made"]
    document = json.loads(tinynet(*arguments, "--json", cwd=tmp_path).stdout)
    written = {path: (tmp_path / path).read_bytes() for path in document["files"]}
    assert "made/report.html" in written
    assert not document["interrupted"]
    tinynet(*arguments, cwd=tmp_path)
    assert written == {path: (tmp_path / path).read_bytes() for path in document["files"]}


def test_explain_with_json_contains_the_requested_format(recording):
    arguments = ["explain", recording, "loss", "--format", "latex"]
    found = json.loads(tinynet(*arguments, "--json").stdout)
    assert found["text"] == tinynet(*arguments).stdout.rstrip("\n")
    assert found["format"] == "latex"


def test_a_repeated_nudge_shows_each_loss():
    network, top = tn.Network.initial(seed=4), tn.pictures.lines()["top"]
    losses = []
    for _ in range(7):
        moment = tn.nudge(network, top)
        losses.append(moment.loss)
        network = moment.after
    found = json.loads(tinynet("nudge", "--seed", "4", "--repeat", "6", "--json").stdout)
    assert found["losses"] == losses
    assert [found["loss"], found["loss_after"]] == losses[-2:]
    printed = tinynet("nudge", "--seed", "4", "--repeat", "6").stdout
    assert re.findall(r"^ (\d) +(0\.\d{6})", printed, re.M) == [
        (str(k), f"{x:.6f}") for k, x in enumerate(losses)
    ]
    assert "The loss falls every time." in printed
    assert "The loss does not fall every time." in tinynet("nudge", "--rate", "1000", "--repeat", "3").stdout


@pytest.mark.parametrize(
    ("epochs", "shown"),
    [(7, range(8)), (100, range(0, 101, 10)), (1001, [*range(0, 1001, 110), 1001])],
)
def test_train_prints_the_training_loss_every_ten_epochs_or_ten_times(epochs, shown):
    run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=epochs))
    printed = tinynet("train", "--epochs", epochs).stdout
    rows = re.findall(r"^ ([\d,]+) +(0\.\d{4}) *$", printed, re.M)
    assert rows == [(f"{epochs:,}", f"{run.training_loss(4 * epochs):.4f}") for epochs in shown]
    assert f"The training loss went from {rows[0][1]} to {rows[-1][1]} in {4 * epochs:,} steps." in printed
    assert f"{run.loss_per_epoch[-1]:.4f}" not in printed or rows[-1][1] == f"{run.loss_per_epoch[-1]:.4f}"


def test_population_prints_the_verdicts_of_the_library():
    done = tinynet("population", "--networks", "200", "--rate", "5", "--noise", "0.1")
    trained = tn.population(tn.Recipe(learning_rate=5.0, noise=0.1), networks=200)
    assert done.stdout.splitlines() == [str(verdict) for verdict in trained.verdicts()]


def test_discover_writes_one_report(tmp_path):
    done = tinynet("discover", "--chapter", "inside", "--networks", "8", "--out", tmp_path / "a" / "b")
    assert done.returncode == 0
    assert (tmp_path / "a" / "b" / "report.html").exists()
    assert "The weights of a hidden node show" in done.stdout


def test_train_accepts_a_table(tmp_path):
    (tmp_path / "own.csv").write_text("x,y,label\n0,0,same\n1,1,same\n0,1,other\n1,0,other\n")
    done = tinynet("train", tmp_path / "own.csv", "--hidden", "4", "--rate", "2", "--epochs", "4000")
    assert "The network learned: 100 % of the rows are classified correctly" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--rate", "-1"], "tinynet: --rate is -1.*must be a number above 0"),
        (["train", "--epochs", "0"], "tinynet: --epochs is 0.*must be a whole number from 1"),
        (["train", "--loss", "hinge"], "tinynet: --loss is 'hinge'.*must be one of"),
        (
            ["train", "--hidden", "1000000"],
            "tinynet: --hidden is 1,000,000. It must be a whole number from 1 to 4,096",
        ),
        (
            ["train", "--hidden", "three"],
            "tinynet: --hidden is 'three'. It must be numbers of nodes, such as 3, 4x4 for two layers, or 0 for no hidden layer.",
        ),
        (
            ["train", "--out", "missing/run.safetensors"],
            "tinynet: --out is missing/run.safetensors. The folder 'missing' does not exist. Create it first.",
        ),
        (["train", "none.csv"], "cannot read none.csv"),
        (["explain", "none.safetensors", "loss"], "cannot read none.safetensors: No such file"),
        (
            ["nudge", "--picture", "middle"],
            "tinynet: --picture is 'middle'. It must be one of 'fuzzy', 'top'",
        ),
        (
            ["nudge", "--picture", "1,0"],
            "tinynet: --picture is '1,0'. It must be one of 'fuzzy'.*or four numbers",
        ),
        (["nudge", "--cell", "layer1.wieght[0,2]"], "Did you mean"),
        (["population", "--networks", "0"], "tinynet: --networks is 0"),
        (
            ["population", "--networks", "9", "--out", "a.gif"],
            "tinynet: --out is a.gif. Its extension must be one of '.png', '.svg', '.pdf'",
        ),
        (["discover", "--chapter", "middle"], "tinynet: --chapter is 'middle'"),
        (["discover", "--chapter", "middle", "--json", "--out", "made"], "tinynet: --chapter is 'middle'"),
        (["nudge", "--repeat", "0"], "--repeat is 0. It must be a whole number from 1 to 1,000."),
        (["train", "--no-scale"], "--no-scale is not used. No table was given."),
        (
            ["train", "--hold-fraction", "0.3"],
            "--hold-fraction is not used. It must be given with --schedule hold_then_decay. Add that option or remove --hold-fraction.",
        ),
        (["train", "--schedule", "cosine", "--hold-fraction", "0.3"], "--hold-fraction is not used."),
        (["population", "--beta1", "0.5"], "--beta1 is not used. It must be given with --optimizer adam."),
        (
            ["sweep", "--final-fraction", "0.1,0.2"],
            "--final-fraction is not used. It must be given with --schedule hold_then_decay or",
        ),
        (["sweep", "--metric", "loss"], "--metric is not used. Only the map of --figure uses it."),
        (["sweep", "--x", "epochs"], "--x is not used."),
        (
            ["sweep", "--figure", "a.png", "--probe", "gray"],
            "--probe is not used. Only --metric unsure and --metric first_class use it.",
        ),
        (
            ["sweep", "--workers", "2", "--scheduler", "tcp://a:1"],
            "--workers is not used. The dask cluster of --scheduler has its own workers.",
        ),
        (
            ["worksheet", "--seeds", "1..3", "--students", "5"],
            "--students is not used. --seeds lists all seeds.",
        ),
        (["runbook", "--save", "a.safetensors", "--quick"], "--quick is not used. --save trains one learner"),
        (["runbook", "--save", "a.safetensors", "--out", "b"], "--out is not used."),
    ],
)
def test_an_error_is_one_line_with_exit_code_2(arguments, message, tmp_path):
    done = tinynet(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert re.search(message, done.stderr)
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_unknown_option_has_exit_code_2():
    done = tinynet("train", "--speed", "3")
    assert done.returncode == 2
    assert done.stderr == "tinynet: tinynet train has no option --speed. Did you mean --seed?\n"


def test_a_damaged_recording_is_refused_and_not_changed(recording, tmp_path):
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(recording.read_bytes()[:5000])
    done = tinynet("stress", cut)
    assert done.returncode == 2
    assert re.search("cut.safetensors is damaged", done.stderr)
    assert cut.stat().st_size == 5000


def test_divergence_is_reported_and_saved_with_exit_code_1(tmp_path):
    path = tmp_path / "wild.safetensors"
    done = tinynet("train", "--activation", "identity", "--output", "identity", "--rate", "50", "--out", path)
    assert done.returncode == 1
    assert tn.load(path).stopped.reason in done.stderr


def test_json_of_a_divergence_has_null_for_numbers_that_are_not_finite():
    done = tinynet("train", "--activation", "identity", "--output", "identity", "--rate", "50", "--json")
    found = json.loads(done.stdout, parse_constant=pytest.fail)
    assert done.returncode == 1
    assert found["stopped"]["reason"] in done.stderr
    assert {type(loss) for loss in found["loss_per_epoch"]} <= {float, type(None)}


@contextmanager
def ctrl_c_at(when, *_, **__):
    """Replace `terminal.progress`; raise KeyboardInterrupt after `when` updates."""
    yield lambda done, total: signal.raise_signal(signal.SIGINT) if done >= when else None


def test_ctrl_c_keeps_the_completed_steps(tmp_path, monkeypatch):
    monkeypatch.setattr(terminal, "progress", partial(ctrl_c_at, 1))
    path = tmp_path / "long.safetensors"
    done = tinynet("train", "--hidden", "64", "--epochs", "10000000", "--out", path)
    assert done.returncode == 130
    assert "interrupted after" in done.stderr
    assert 0 < len(tn.load(path)) < 40_000_000


def test_ctrl_c_in_the_journey_keeps_the_complete_chapters(tmp_path, monkeypatch):
    monkeypatch.setattr(terminal, "progress", partial(ctrl_c_at, 2))
    done = tinynet("discover", "--networks", "8", "--out", "story", cwd=tmp_path)
    assert done.returncode == 130
    assert "interrupted: 2 complete chapters" in done.stderr
    report = (tmp_path / "story" / "report.html").read_text()
    assert "The first nudge" in report
    assert "Convergence" not in report
