"""Compare tables and watched trainings in the offline page with Python."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from sklearn.datasets import load_diabetes, load_digits, load_iris

import laboratory
import tinynet as tn
from page_actions import (
    TIMELINE,
    assert_ledger_equals,
    download,
    drop_file,
    go_to_step,
    training_rows,
    wait_until_settled,
)
from tinynet.core import notation
from watched_recordings import recordings, watched

KNOWN, EXTERNAL = recordings()


RUN = tn.train(tn.Network.initial(seed=0), tn.pictures.lines())


@pytest.fixture(scope="module")
def iris():
    table = load_iris(as_frame=True)
    flowers = tn.Examples.from_table(
        table.data.assign(species=table.target_names[table.target]), label="species"
    )
    recipe = tn.Recipe(epochs=20, loss="cross_entropy", order="shuffled", batch_size=8)
    return tn.train(tn.Network.initial((4, 12, 3), seed=0, output="softmax"), flowers, recipe)


def heading(page):
    return page.get_by_role("heading", name=TIMELINE)


@pytest.mark.parametrize("run", [KNOWN, EXTERNAL], ids=["known", "external"])
def test_every_step_of_a_watched_training_equals_pytorch(open_file, tmp_path, run):
    page = open_file(run)
    expect(page.locator(".at-timeline")).to_contain_text(f"Watched in PyTorch. {run.notes[0]}")
    for step, moment in enumerate(run):
        go_to_step(page, step)
        expect(heading(page)).to_contain_text(f"step {step} of 4")
        assert_ledger_equals(page, moment)
    path = tmp_path / "watched.safetensors"
    download(page, page.get_by_role("button", name="Save")).save_as(path)
    assert path.read_bytes() == run.to_bytes()
    expect(page.get_by_role("alert")).to_be_empty()


def test_a_watched_training_continues_only_with_formulas(open_file):
    clip = lambda net: torch.nn.utils.clip_grad_norm_(net.parameters(), 0.003)  # noqa: E731
    clipped = watched(lambda p: torch.optim.SGD(p, lr=0.5), torch.nn.MSELoss(), clip)
    assert (clipped.recipe.gradients, clipped.recipe.optimizer) == ("external", "sgd")
    page = open_file(clipped, EXTERNAL, names=["clipped", "external"])
    go_to_step(page, 2)
    page.get_by_role("button", name="Branch here").click()
    expect(training_rows(page).nth(2)).to_contain_text("from step 2 of clipped: no changes")
    recipe = replace(
        clipped.recipe,
        gradients="loss",
        schedule="constant",
        learning_rate=clipped.learning_rate(2),
        epochs=1,
    )
    go_to_step(page, 3)
    assert_ledger_equals(page, tn.train(clipped[2].network, clipped.examples, recipe)[1])
    expect(training_rows(page).nth(1)).to_contain_text("watched in PyTorch")
    page.get_by_role("button", name="external", exact=True).click()
    page.get_by_role("button", name="Branch here").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "Loss is external, and TinyNet has no formula for it. Choose another loss to continue the training."
    )


def test_values_that_the_page_cannot_compute_have_a_message(open_file):
    page = open_file(EXTERNAL)
    page.locator('[data-cell="layer1.weight[0,2]"]').click()
    page.get_by_role("button", name=re.compile("change of the weight")).click()
    expect(page.locator(".at-arithmetic")).to_contain_text(
        "Recorded from PyTorch: TinyNet has no formula for this value"
    )
    page.keyboard.press("End")
    expect(page.locator(".at-ledger")).to_contain_text(
        "PyTorch did not run this step, and TinyNet has no formula for its values"
    )
    expect(page.locator(".at-arithmetic")).to_contain_text("Unknown: PyTorch did not run this step")
    expect(page.locator("body")).not_to_contain_text("NaN")


def test_unknown_targets_give_no_correct_count_and_no_branch(open_file):
    x, net = (
        torch.tensor([[0.0, 1.0], [1.0, 0.0]]),
        torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Sigmoid()),
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    with tn.watch(net, optimizer) as watcher:
        for _ in range(3):
            optimizer.zero_grad()
            (net(x) ** 2).mean().backward()
            optimizer.step()
    run = watcher.recording
    assert run.examples.targets is None
    page = open_file(run)
    expect(page.locator(".at-timeline")).not_to_contain_text("Correct:")
    page.get_by_role("combobox", name="Loss", exact=True).select_option("mse")
    page.get_by_role("button", name="Branch at step 0").click()
    expect(page.get_by_role("alert")).to_contain_text("The targets of this PyTorch training are unknown.")


def test_a_table_is_replayed_in_original_units(open_file, iris):
    page = open_file(iris)
    go_to_step(page, 100)
    expect(heading(page)).to_contain_text(f"{', '.join(iris[100].names[:3])} and 5 more")
    assert_ledger_equals(page, iris[100])
    assert page.get_by_role("combobox", name="Hidden nodes", exact=True).input_value() == "12"
    first = page.get_by_label("sepal length (cm)", exact=True)
    value = float(iris.examples.scaling.inverse(iris[100].batch.inputs)[0, 0])
    assert float(first.input_value()) == pytest.approx(value)
    right = tn.score(iris[100].network, iris.examples).count
    expect(page.locator(".at-timeline")).to_contain_text(f"Correct: {right} of 150 training rows")


def test_custom_initial_parameters_are_kept_when_a_table_is_trained_again(open_file, iris):
    continued = tn.train(iris.final, iris.examples, tn.Recipe(epochs=2, loss="cross_entropy", batch_size=8))
    narrow = replace(iris.examples, inputs=iris.examples.inputs[:, :3], scaling=None)
    start = tn.Network.initial((3, 2, 3), seed=5, output="softmax").with_parameter("layer1.bias[0]", 3.0)
    edited = tn.train(start, narrow, tn.Recipe(epochs=2, loss="cross_entropy", batch_size=8))
    for run in (continued, edited):
        page = open_file(run)
        page.get_by_label("Epochs").fill("3")
        page.get_by_role("button", name="Train", exact=True).click()
        expect(heading(page)).to_contain_text("step 0 of 57")
        assert_ledger_equals(page, run[0])


def test_predicted_numbers_are_in_original_units(open_file):
    patients = tn.Examples.from_table(load_diabetes(as_frame=True).frame, targets="target")[:40]
    run = tn.train(tn.Network.initial((10, 3, 1), seed=0, output="identity"), patients, tn.Recipe(epochs=5))
    page = open_file(run, RUN, names=["patients", "lines"])
    go_to_step(page, 10)
    wait_until_settled(page)
    outputs = run[10].network(patients.inputs)
    first = notation.number(float(patients.unscaled(outputs)[0, 0]))
    expect(page.locator(".at-world .value").first).to_have_text(first)
    expect(page.locator(".at-world")).not_to_contain_text("%")
    shown = notation.number(float(patients.unscaled(run[10].network(run[10].batch.inputs))[0, 0]))
    expect(training_rows(page).first.locator("td").nth(3)).to_have_text(shown)


def test_a_reload_keeps_the_step_of_a_large_table(open_file):
    table = tn.Examples.from_table(load_digits(return_X_y=True))
    recipe = tn.Recipe(learning_rate=0.01, epochs=1, loss="cross_entropy", batch_size=8, optimizer="adam")
    run = tn.train(tn.Network.initial((64, 8, 10), seed=0, output="softmax"), table, recipe)
    page = open_file(run)
    go_to_step(page, 77)
    expect(page).to_have_url(re.compile("#1[.]"))
    laboratory.wait_for_timers(page)
    assert len(page.url.split("#")[1]) < 100
    page.reload()
    expect(heading(page)).to_contain_text("step 77 of 225")
    assert_ledger_equals(page, run[77])
    assert np.array_equal(run[77].batch.inputs[0], table.inputs[77 * 8])


def test_a_dropped_table_has_a_message_that_tables_need_python(open_file):
    page = open_file(RUN)
    expect(page.locator("footer")).to_contain_text("Drop a recording anywhere to open it.")
    assert page.get_by_label("Open a recording").get_attribute("accept") == ".safetensors"
    drop_file(page, "own.csv", "x,label\n1,a\n2,b\n")
    expect(page.get_by_role("alert")).to_contain_text("own.csv is a table. Tables need Python.")


def test_a_file_that_cannot_be_shown_keeps_the_open_recording(open_file, tmp_path):
    page, opened, wide = open_file(RUN), tmp_path / "opened.safetensors", tmp_path / "wide.safetensors"
    fast = tn.train(tn.Network.initial(seed=0), RUN.examples, tn.Recipe(learning_rate=5.0, epochs=9))
    fast.save(opened)
    tn.train(tn.Network.initial((4, 7, 2), seed=0), RUN.examples, tn.Recipe(epochs=9)).save(wide)
    for path in (opened, wide):
        page.get_by_label("Open a recording").set_input_files(path)
        expect(heading(page)).to_contain_text("step 36 of 36")
    expect(page.get_by_role("alert")).to_contain_text("no formulas for a 4-7-2 network")
    path = tmp_path / "saved.safetensors"
    download(page, page.get_by_role("button", name="Save")).save_as(path)
    assert path.read_bytes() == fast.to_bytes()
