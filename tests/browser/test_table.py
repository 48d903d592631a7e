"""Drop a table on the page, train on it, and score the held-out rows."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from pydantic import TypeAdapter
from sklearn.datasets import load_diabetes, load_digits, load_iris

import tinynet as tn
from laboratory import AXE
from page_actions import drop_file
from tinynet.core import notation
from tinynet.data import splits, tables
from tinynet.errors import TinyNetError
from tinynet.lab.api import population
from tinynet.lab.api import table as wire_table
from tinynet.model import losses
from tinynet.training import identity


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder, iris = tmp_path_factory.mktemp("tables"), load_iris(as_frame=True)
    iris.data.assign(species=iris.target_names[iris.target]).to_csv(folder / "iris.csv", index=False)
    load_digits(as_frame=True).frame.to_csv(folder / "digits.csv", index=False)
    (folder / "stray.csv").write_text("x,y,label\n1,0,a\nred,1,b\n3,2,a\n4,4,b\n5,3,a\n6,2,b\n")
    (folder / "twice.csv").write_text("x,x,label\n1,2,a\n")
    (folder / "latin.csv").write_bytes(b"x,label\n1,a\n2,caf\xe9\n")
    (folder / "large.csv").write_text("x,label\n" + "0.123456789,a\n" * 70_000)
    return folder


@pytest.fixture(scope="module")
def iris(folder):
    """Train in Python as the page proposes for iris; return the training and the held-out rows."""
    text = (folder / "iris.csv").read_text()
    found = wire_table.table(wire_table.TableRequest("iris.csv", text, label="species"))
    examples, held_out = (tn.Examples.from_json(found[name]) for name in ("examples", "held_out"))
    architecture = tn.Architecture.from_json(found["architecture"])
    return tn.train(
        tn.Network.initial(architecture, seed=0), examples, tn.Recipe.from_json(found["recipe"])
    ), held_out


def choose(page, path):
    page.get_by_label("Open a recording or a table").set_input_files(path)


def train(page):
    page.locator(".at-table").get_by_role("button", name="Train", exact=True).click()
    page.locator(".at-table").wait_for(state="detached")
    page.locator(".at-timeline", has_text="Training …").wait_for(state="detached")
    return page.locator(".at-timeline")


def test_a_dropped_table_is_trained_and_scored(open_page, folder, iris):
    run, held_out = iris
    page = open_page()
    drop_file(page, "iris.csv", (folder / "iris.csv").read_text())
    panel = page.locator(".at-table")
    expect(panel).to_contain_text("iris.csv · 150 rows")
    expect(panel.get_by_role("row", name=re.compile("sepal length"))).to_contain_text(
        "numbers from 4.3 to 7.9"
    )
    expect(panel.get_by_label("Label")).to_have_value("species")
    timeline = train(page)
    right = tn.score(run.final, held_out).count
    expect(timeline).to_contain_text(
        f"Correct: {tn.score(run.final, run.examples).count} of 105 training rows"
    )
    expect(timeline).to_contain_text(f"{right} of 45 held-out rows")
    mean = losses.mean_losses(run.recipe, run.final(held_out)[None], held_out)[0]
    expect(timeline).to_contain_text(f"Held-out loss at this step: {mean:.4f}")
    expect(timeline).to_contain_text(f"at the end: {run.training_loss():.4f}")


def test_the_timeline_shows_the_training_loss_and_the_held_out_loss(open_page, folder, iris):
    run, held_out = iris
    page = open_page()
    choose(page, folder / "iris.csv")
    timeline = train(page)
    expect(timeline.locator(".legend")).to_contain_text("Held-out loss (45 rows)")
    drawing = timeline.get_by_role("img")
    expect(drawing).to_have_attribute(
        "aria-label", re.compile(r"ends at 0\.\d+, its held-out loss at 0\.\d+")
    )
    curve = drawing.locator("path.held-out")
    expect(curve).to_be_visible()
    points = np.array(
        [[float(x) for x in p.split()] for p in re.findall(r"[ML]([\d. ]+)", curve.get_attribute("d"))]
    )
    assert len(points) == run.epochs
    expected = [
        losses.mean_losses(run.recipe, network(held_out)[None], held_out)[0]
        for epoch in range(1, run.epochs + 1)
        for network in [run.network.with_parameters(run.state_before(epoch * run.steps_per_epoch)[0])]
    ]
    assert np.corrcoef(points[:, 1], expected)[0, 1] < -0.9999  # y grows downwards


def test_a_link_restores_the_training_of_a_table(open_page, folder):
    page = open_page()
    choose(page, folder / "iris.csv")
    text = train(page).locator("p.soft").last.inner_text()
    page.wait_for_url(re.compile("#1\\."))
    again = open_page(page.url.split("/")[-1])
    expect(again.locator(".at-timeline")).to_contain_text(text)
    expect(again.get_by_label("petal width (cm)", exact=True)).to_be_visible()


def test_rows_are_shown_and_edited_in_original_units(open_page, folder, iris):
    run, _ = iris
    page = open_page()
    choose(page, folder / "iris.csv")
    train(page)
    page.get_by_label("Other rows").select_option(label="row 1")
    expect(page.get_by_role("heading", name=re.compile("^Row"))).to_contain_text("row 1")
    own = page.locator(".at-picture")
    assert own.get_by_label("sepal length (cm)").input_value() == "5.1"
    own.get_by_label("petal length (cm)").fill("5")
    own.get_by_label("petal length (cm)").press("Enter")
    outputs = run.final(run.examples.scaled([5.1, 3.5, 5, 0.2]))
    expect(own).to_contain_text(f"{100 * outputs[1]:.1f} %")
    expect(page.locator(".at-arithmetic")).to_contain_text("weight from sepal length (cm) to hidden node 0")


def test_columns_and_the_held_out_fraction_can_be_changed(open_page, folder):
    page = open_page()
    choose(page, folder / "iris.csv")
    panel = page.locator(".at-table")
    panel.get_by_label("Use sepal width (cm) as input").uncheck()
    panel.get_by_label("Hidden nodes").fill("3")
    panel.get_by_label("Held-out fraction").fill("0")
    timeline = train(page)
    expect(timeline).to_contain_text("of 150 training rows")
    expect(timeline).not_to_contain_text("eld-out")
    expect(page.get_by_role("heading", name=re.compile("^Network"))).to_contain_text("3-3-3")


def test_a_training_on_a_table_is_saved_unchanged(open_page, folder, iris, tmp_path):
    run, _ = iris
    page = open_page()
    choose(page, folder / "iris.csv")
    train(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save").click()
    waiting.value.save_as(tmp_path / "run.safetensors")
    again = tn.load(tmp_path / "run.safetensors")
    assert again.identity == run.identity
    assert again.examples.scaling == run.examples.scaling


def test_a_large_table_has_no_link(open_page, folder):
    page = open_page()
    choose(page, folder / "digits.csv")
    expect(page.locator(".at-table").get_by_label("Label")).to_have_value("target")
    expect(train(page)).to_contain_text("of 539 held-out rows")
    assert "#" not in page.url
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_text("The training has too many examples for a link")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("twice.csv", "twice.csv, line 1: two columns are named 'x'. Column names must differ."),
        (
            "large.csv",
            "large.csv has 981 kB. It must have at most 900 kB. Train larger tables with: tinynet train large.csv",
        ),
    ],
)
def test_an_invalid_table_has_a_message(open_page, folder, name, sentence):
    page = open_page(allowed=("400",))
    choose(page, folder / name)
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(page.locator(".at-table")).to_have_count(0)


def test_the_dialect_of_a_table_is_shown_and_can_be_changed(open_page, folder):
    (folder / "bare.csv").write_bytes("5,5;süß\n7,25;sauer\n6,5;süß\n8;sauer\n".encode("cp1252"))
    page = open_page(allowed=("400",))
    choose(page, folder / "bare.csv")
    panel = page.locator(".at-table")
    expect(panel).to_contain_text(
        "bare.csv: 4 rows (semicolons, decimal comma, no column names). The file is not UTF-8. It is read as "
        "Windows-1252, such as 'süß'."
    )
    expect(panel.get_by_role("row", name=re.compile("^column 2"))).to_contain_text("2 categories: süß, sauer")
    expect(panel.get_by_role("row", name=re.compile("^column 1"))).to_contain_text("numbers from 5.5 to 8")
    panel.get_by_label("First line has column names").check()
    expect(panel.get_by_role("row", name=re.compile("^5,5"))).to_contain_text("numbers from 6.5 to 8")


def test_categories_and_missing_cells_train_on_the_page(open_page, folder):
    rows = "".join(f"{'mf'[k % 2]},{'' if k % 5 == 0 else k},{['no', 'yes'][k % 2]}\n" for k in range(40))
    (folder / "people.csv").write_text(f"sex,age,label\n{rows}")
    page = open_page(allowed=("400",))
    choose(page, folder / "people.csv")
    panel = page.locator(".at-table")
    expect(panel.get_by_role("row", name=re.compile("^age"))).to_contain_text("8 missing")
    panel.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(
        "people.csv, line 2, column 'age': the cell is empty. 8 of the 40 cells of the column are missing."
    )
    panel.get_by_label("Missing cells").select_option("flag")
    expect(train(page)).to_contain_text("12 of 12 held-out rows")
    sex = page.locator(".at-picture").get_by_role("combobox", name=re.compile("^sex"))
    sex.select_option(label="f")
    heading = page.get_by_role("heading", name=re.compile("^Row"))
    expect(heading).to_contain_text("row 26")  # a training row with these cells
    age = page.locator(".at-picture").get_by_label("age", exact=True)
    age.fill("12.5")
    age.press("Enter")
    expect(heading).to_contain_text("custom")


def test_a_column_with_a_word_among_numbers_is_not_used(open_page, folder):
    page = open_page(allowed=("400",))
    choose(page, folder / "stray.csv")
    expect(page.get_by_role("row", name=re.compile("^x"))).to_contain_text(
        "numbers from 1 to 6; not a number: red"
    )
    expect(page.get_by_role("row", name=re.compile("^x"))).to_contain_text("not used (words among numbers)")
    expect(train(page)).to_contain_text("of 2 held-out rows")
    expect(page.get_by_role("alert")).to_be_empty()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation(open_page, folder, theme):
    page = open_page(color_scheme=theme, bypass_csp=True)
    choose(page, folder / "iris.csv")
    page.locator(".at-table").wait_for()
    page.add_script_tag(path=AXE)
    assert page.evaluate("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))") == []
    train(page)
    assert page.evaluate("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))") == []


def test_the_panel_fits_a_phone(open_page, folder):
    page = open_page(viewport={"width": 390, "height": 800})
    choose(page, folder / "iris.csv")
    page.locator(".at-table").wait_for()
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        if page.locator(".at-table").count():
            train(page)


def test_the_page_and_the_command_line_split_a_table_equally(folder, iris):
    run, held_out = iris
    parts = splits.split_dataset(tables.read(folder / "iris.csv", label="species"), held_out=0.3, scale=True)
    assert (parts.training, parts.held_out) == (run.examples, held_out)


def test_a_recording_with_many_examples_opens(open_page, iris, tmp_path, monkeypatch):
    run, _ = iris
    monkeypatch.setattr(identity, "MAX_DESCRIBED", 100)
    run.save(tmp_path / "run.safetensors")
    page = open_page()
    choose(page, tmp_path / "run.safetensors")
    expect(page.locator(".at-timeline")).to_contain_text(
        f"Training loss at this step: {run.training_loss():.4f}, at the end: {run.training_loss():.4f}."
    )
    expect(page.get_by_label("petal width (cm)", exact=True)).to_be_visible()
    expect(page.get_by_role("alert")).to_be_empty()


def test_a_recording_with_too_many_examples_is_refused(open_page, tmp_path, monkeypatch):
    monkeypatch.setattr(identity, "MAX_DESCRIBED", 100)
    many = tn.Examples.from_table((np.arange(20_001)[:, None], np.arange(20_001) % 2))
    run = tn.train(tn.Network.initial((1, 1, 2), seed=0), many, tn.Recipe(epochs=1, batch_size=20_001))
    run.save(tmp_path / "many.safetensors")
    page = open_page()
    choose(page, tmp_path / "many.safetensors")
    expect(page.get_by_role("alert")).to_contain_text(
        "many.safetensors has 20,001 examples. It must have at most 20,000 to open in the page."
    )


def errors(network, examples):
    score = tn.score(network, examples)
    r2, mae, rmse = (notation.number(float(x[0])) for x in (score.r2, score.mae, score.rmse))
    return f"R² {r2}, MAE {mae}, RMSE {rmse}"


def test_an_opened_regression_has_original_units(open_page, tmp_path):
    some = tn.Examples.from_table(load_diabetes(as_frame=True).frame, targets="target")[:40]
    network = tn.Network.initial((10, 3, 1), seed=0, output="identity")
    run = tn.train(network, some, tn.Recipe(epochs=20))
    run.save(tmp_path / "run.safetensors")
    page = open_page()
    choose(page, tmp_path / "run.safetensors")
    timeline = page.locator(".at-timeline")
    expect(timeline).to_contain_text("step 800 of 800")
    expect(timeline).to_contain_text(f"On 40 training rows: {errors(run.final, some)} for target.")
    expect(timeline).not_to_contain_text("Correct:")
    prediction = notation.number(float(some.unscaled(run.final(some[:1]))[0, 0]))
    expect(page.locator(".at-picture")).to_contain_text(
        f"target: prediction {prediction}, target {load_diabetes().target[0]:g}."
    )


def test_a_dropped_table_is_trained_as_a_regression(open_page, folder):
    load_diabetes(as_frame=True).frame.to_csv(folder / "diabetes.csv", index=False)
    page = open_page()
    choose(page, folder / "diabetes.csv")
    panel = page.locator(".at-table")
    panel.get_by_label("Label").select_option("target")
    expect(panel.get_by_role("row", name=re.compile("^target"))).to_contain_text("target")
    panel.get_by_label("Hidden nodes").fill("3")
    timeline = train(page)
    text = (folder / "diabetes.csv").read_text()
    request = wire_table.TableRequest("diabetes.csv", text, label="target", predict=True, hidden_nodes=3)
    found = wire_table.table(request)
    examples, held_out = (tn.Examples.from_json(found[name]) for name in ("examples", "held_out"))
    recipe = tn.Recipe.from_json(found["recipe"])
    run = tn.train(
        tn.Network.initial(tn.Architecture.from_json(found["architecture"]), seed=0), examples, recipe
    )
    seen, unseen = (errors(run.final, part) for part in (examples, held_out))
    expect(timeline).to_contain_text(
        f"training rows: {seen} for target. On 133 held-out rows: {unseen} for target."
    )
    mean = losses.mean_losses(run.recipe, run.final(held_out)[None], held_out)[0]
    expect(timeline).to_contain_text(f"Held-out loss at this step: {mean:.4f}")
    expect(page.locator(".at-picture")).to_contain_text("target: prediction ")
    expect(page.locator(".at-many-seeds")).to_contain_text(
        "This comparison needs a classifier with known targets. The current network predicts numbers."
    )


def test_a_population_of_a_regression_is_refused():
    some = tn.Examples.from_table({"x": [1.0, 2.0, 4.0], "price": [10.0, 20.0, 50.0]}, targets="price")
    body = {
        "architecture": {"sizes": [1, 1, 1], "output": "identity"},
        "recipe": {"epochs": 1},
        "examples": some.to_json(),
        "inputs": [0.5],
        "networks": 10,
    }
    request = TypeAdapter(population.PopulationRequest).validate_python(body)
    with pytest.raises(
        TinyNetError, match="this comparison needs a classifier. These examples have numbers to predict"
    ):
        population.train_population(request, lambda done, total: None)
