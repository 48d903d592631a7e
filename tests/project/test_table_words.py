"""Check that outputs about the rows of a table contain no word for pictures."""

import io
import json
import re
import zipfile

import numpy as np
import pytest
from matplotlib.text import Text

import tinynet as tn
from run_cli import tinynet
from tinynet.exports.figures import figures

PICTURE_WORDS = re.compile(
    r"pictures?|pixels?|brightness|gray|horizontal(?! axis)|vertical(?! axis)|(top|bottom)-(left|right)|\blines?\b",
    re.IGNORECASE,
)
DATA = {"classes": ("kind", "--label"), "numbers": ("price", "--target")}


def picture_words(text):
    return [text[max(0, match.start() - 60) : match.end() + 60] for match in PICTURE_WORDS.finditer(text)]


@pytest.fixture(scope="module", params=DATA)
def table(request, tmp_path_factory):
    """Return a folder with `rows.csv` and its recording, the options, and the printed text."""
    folder, draw = tmp_path_factory.mktemp("rows"), np.random.default_rng(5)
    name, option = DATA[request.param]
    rows = [f"width,height,depth,mass,{name}"]
    for k in range(40):
        values = draw.normal(2 + k % 2, 1, 4).round(2).tolist()
        rows.append(",".join(map(str, [*values, "ab"[k % 2] if name == "kind" else round(sum(values), 2)])))
    (folder / "rows.csv").write_text("\n".join(rows) + "\n")
    options = ["train", "rows.csv", option, name, "--hidden", "3", "--epochs", "20", "--held-out", "0.25"]
    trained = tinynet(*options, "--out", "rows.safetensors", "--figure", "loss.svg", cwd=folder)
    assert trained.returncode == 0, trained.stderr
    return folder, options, trained.stdout


COMMANDS = {
    "explain": ("explain", "rows.safetensors", "layer1.weight[0,1]"),
    "stress": ("stress", "rows.safetensors"),
    "predict": ("predict", "rows.safetensors", "rows.csv"),
}


def test_training_on_a_table_prints_no_picture_words(table):
    folder, options, printed = table
    again = tinynet(*options, "--json", cwd=folder)
    assert again.returncode == 0
    assert not picture_words(printed + again.stdout + (folder / "loss.svg").read_text())


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "JSON"])
@pytest.mark.parametrize("command", COMMANDS)
def test_commands_about_a_table_print_no_picture_words(table, command, as_json):
    answer = tinynet(*COMMANDS[command], *(["--json"] if as_json else []), cwd=table[0])
    assert not picture_words(answer.stdout + answer.stderr)


@pytest.mark.parametrize("name", ["book.xlsx", "cell.tex", "code.py", "code.js", "code.h"])
def test_exports_of_a_table_have_no_picture_words(table, name):
    folder = table[0]
    answer = tinynet("export", "rows.safetensors", "--out", name, cwd=folder)
    assert answer.returncode == 0, answer.stderr
    assert not picture_words(answer.stdout + readable(folder / name))


def readable(path):
    """Return the text of a file, or the sheets and the strings of a workbook."""
    if path.suffix != ".xlsx":
        return path.read_text()
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as book:
        parts = [name for name in book.namelist() if re.search(r"sharedStrings|worksheets/sheet", name)]
        return re.sub("<[^>]*>", " ", " ".join(book.read(name).decode() for name in parts))


def test_reprs_and_verdicts_of_a_table_have_no_picture_words(table):
    recording = tn.load(table[0] / "rows.safetensors")
    examples = recording.batch(0)
    texts = [repr(recording), repr(examples), str(recording[0]), *map(str, tn.diagnose(recording))]
    population = tn.population(
        recording.recipe, 40, examples=recording.examples, architecture=recording.network.architecture
    )
    texts += [repr(population), *map(str, population.verdicts())]
    assert not picture_words("\n".join(texts))
    assert not picture_words(json.dumps([verdict.to_json() for verdict in population.verdicts()]))


def test_figures_of_a_table_have_no_picture_words(table):
    drawings = figures(tn.load(table[0] / "rows.safetensors"))
    assert {"network", "loss", "hidden", "outputs", "examples"} <= set(drawings)
    for draw in drawings.values():
        drawn = draw()
        texts = getattr(drawn, "figure", drawn).findobj(Text)
        assert not picture_words("\n".join(text.get_text() for text in texts))


def test_a_regression_has_no_correct_predictions():
    rows = tn.Examples.from_table({"width": [1, 3, 2], "price": [5, 7, 6]}, targets="price")
    network = tn.Architecture((1, 2, 1))
    sentences = [
        str(verdict) for verdict in tn.population(networks=3, examples=rows, architecture=network).verdicts()
    ]
    assert len(sentences) == 2
    assert "median training loss" in sentences[0]
    assert "median R² of price" in sentences[1]


def test_one_example_is_called_a_row_or_a_picture():
    rows = tn.Examples.from_table({"width": [1, 3], "kind": ["a", "b"]}, label="kind")
    assert (repr(rows[0]), repr(rows)) == (
        "<1 row, 1 input each, for a, b>",
        "<2 rows, 1 input each, for a, b>",
    )
    assert repr(tn.pictures.lines()[0]).startswith("<1 picture of 2x2, 4 inputs each")
