"""Compare the offline page in a real browser, without a network connection, with Python and PyTorch."""

import html
import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

import laboratory
import tinynet as tn
from page_actions import (
    TIMELINE,
    assert_ledger_equals,
    cut_off,
    download,
    go_to_end,
    go_to_step,
    ledger_csv,
    number,
    training_rows,
    wait_until_settled,
)
from tinynet.data.world import World
from tinynet.story import learner

LINES = tn.pictures.lines()
RUN = tn.train(tn.Network.initial(seed=0), LINES)
HIGH_RATE = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(learning_rate=5.0))
WIDE = tn.train(tn.Network.initial((4, 8, 2), seed=3), LINES, tn.Recipe(learning_rate=5.0, epochs=200))


def open_more_settings(page):
    page.get_by_text("More settings").click()


# --- one recording ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "run",
    [
        RUN,
        WIDE,
        tn.train(tn.Network.initial(seed=1), LINES, tn.Recipe(batch_size=3, order="shuffled", momentum=0.9, noise=0.1, seed=1)),
        tn.train(tn.Network.initial(seed=2), World(noise=0.2), tn.Recipe(optimizer="adam", learning_rate=0.01, epochs=4, seed=5)),
        tn.train(tn.Network.initial((9, 4, 2), seed=1, hidden="relu", output="softmax"), tn.pictures.lines(3), tn.Recipe(loss="cross_entropy")),
    ],
    ids=["default", "4-8-2", "noise in batches", "a world", "3x3"],
)  # fmt: skip
def test_every_step_equals_python(open_file, run):
    page = open_file(run)
    for step in (0, 137, len(run) - 1):
        go_to_step(page, step)
        expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text(f"step {step} of {len(run)}")
        assert_ledger_equals(page, run[step])
    go_to_end(page)
    expect(page.get_by_role("alert")).to_have_text("")  # the replay ends with the recorded parameters


def test_an_opened_cell_shows_its_formula_and_factors(open_file):
    page = open_file(RUN)
    page.locator('[data-cell="layer1.weight[0,2]"]').click()
    opened = page.locator('[data-opened="layer1.weight[0,2].after"]')
    opened.get_by_role("button", name=re.compile("change of the weight")).click()
    expect(page.locator('[data-opened="layer1.weight[0,2].change"]')).to_contain_text(
        "gradient of the weight"
    )
    assert opened.locator("math").count() >= 3
    expect(page.get_by_role("button", name="Check with PyTorch")).to_have_count(0)


def test_recorded_steps_are_kept(open_file):
    page = open_file(RUN)
    go_to_end(page)
    page.get_by_role("button", name="Branch here").click()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text(
        f"of {len(RUN)}"
    )  # not the one epoch of the branch
    page.get_by_label("Learning rate").fill("5")
    page.get_by_role("button", name="Train", exact=True).click()
    wait_until_settled(page)
    page.get_by_role("button", name="Start over").click()
    go_to_step(page, 137)
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text(f"step 137 of {len(RUN)}")
    assert_ledger_equals(page, RUN[137])


def test_a_dragged_pixel_changes_the_outputs(open_file):
    page = open_file(RUN)
    pixel = page.locator(".pixel").first.bounding_box()
    page.mouse.move(pixel["x"] + 20, pixel["y"] + 20)
    page.mouse.down()
    page.mouse.move(pixel["x"] + 20, pixel["y"] + 20 + 120, steps=4)
    page.mouse.up()
    brightness = float(page.get_by_role("spinbutton", name="Brightness of the top-left pixel").input_value())
    assert brightness == pytest.approx(0.25, abs=0.02)
    shown = page.locator('[data-cell="layer2.a[0]"] text')
    expect(shown).to_have_text(f"{RUN.initial([brightness, 1, 0, 0])[0]:.3f}")


def test_an_edited_weight_begins_a_branch_that_can_be_trained(open_file):
    page = open_file(RUN)
    page.locator('[data-cell="layer2.weight[0,1]"]').dblclick()
    page.get_by_label(re.compile("New value of the weight")).fill("2.5")
    page.keyboard.press("Enter")
    expect(page.locator('[data-cell="layer2.weight[0,1]"]')).to_contain_text("+2.50")
    network = tn.Network.initial(seed=0).with_parameter("layer2.weight[0,1]", 2.5)
    assert_ledger_equals(page, tn.nudge(network, LINES[0]))
    page.get_by_role("button", name="Next step").click()
    assert_ledger_equals(page, tn.train(network, LINES)[1])


def test_a_branch_continues_from_a_step_with_another_recipe(open_file):
    page = open_file(RUN)
    go_to_step(page, 80)
    open_more_settings(page)
    page.get_by_label(re.compile("^Optimizer")).select_option("adam")
    page.get_by_label("Batch size", exact=True).fill("3")
    page.get_by_role("button", name="Branch at step 80").click()
    expect(training_rows(page)).to_have_count(2)
    go_to_end(page)
    page.keyboard.press("ArrowLeft")
    recipe = tn.Recipe(optimizer="adam", batch_size=3, epochs=80)
    assert_ledger_equals(page, tn.train(RUN[80].network, LINES, recipe)[-1])


def test_initial_parameters_of_another_seed_equal_pytorch(open_file):
    page = open_file(RUN)
    page.get_by_label("Seed", exact=True).fill("1023")
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator('[data-cell="layer1.weight[0,0]"]').click()
    wait_until_settled(page)
    torch.manual_seed(1023)
    layers = torch.nn.Linear(4, 3), torch.nn.Linear(3, 2)
    shown = [float(row["before"]) for row in ledger_csv(page)]
    expected = [
        part.detach().double().numpy().ravel() for layer in layers for part in (layer.weight, layer.bias)
    ]
    assert shown == np.concatenate(expected).tolist()
    page.get_by_role("button", name="Next seed").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "This file has the initial parameters of seeds 0 to 1,023 only. More choices need Python."
    )
    expect(page.get_by_role("heading", name=TIMELINE)).to_be_visible()


def test_another_recipe_restarts_the_training(open_file):
    page = open_file(RUN)
    page.get_by_label("Learning rate").fill("5")
    page.get_by_role("combobox", name="Loss", exact=True).select_option("bce")
    page.get_by_role("button", name="Train", exact=True).click()
    go_to_end(page)
    page.keyboard.press("ArrowLeft")
    assert_ledger_equals(page, tn.train(RUN.initial, LINES, tn.Recipe(learning_rate=5.0, loss="bce"))[-1])


@pytest.mark.parametrize(
    ("label", "value", "words"),
    [
        ("Hidden nodes", "5", "no formulas for a 4-5-2 network with hidden activation sigmoid and output activation sigmoid. It has formulas for a 4-3-2 network"),
        ("Loss", "cross_entropy", "no formulas for loss cross_entropy, optimizer sgd, batch size 1. It has formulas for loss mse, bce"),
        ("Learning rate", "-1", "Learning rate is -1. It must be above 0 and at most 1,000,000."),
    ],
)  # fmt: skip
def test_a_missing_sheet_or_an_invalid_value_has_a_message(open_file, label, value, words):
    page = open_file(RUN)
    role = "spinbutton" if label == "Learning rate" else "combobox"
    field = page.get_by_role(role, name=label, exact=True)
    field.select_option(value) if role == "combobox" else field.fill(value)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(words)
    page.get_by_label("Dismiss").click()
    go_to_end(page)


def test_panels_that_need_python_have_a_message_or_are_hidden(open_file):
    page = open_file(RUN)
    expect(page.locator(".at-many-seeds")).to_contain_text(
        "needs Python. Open this training in the laboratory: tinynet lab"
    )
    for name in ("Measure", "Share", "1 Look"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    expect(page.get_by_role("navigation")).to_have_count(0)


def test_a_recording_is_saved_and_opened_unchanged(open_file, tmp_path):
    page = open_file(RUN)
    path = tmp_path / "run.safetensors"
    download(page, page.get_by_role("button", name="Save")).save_as(path)
    assert path.read_bytes() == RUN.to_bytes()
    page.keyboard.press("b")
    expect(training_rows(page)).to_have_count(2)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "To save this training, start the laboratory with: tinynet lab"
    )
    path.write_bytes(HIGH_RATE.to_bytes())
    page.get_by_label("Open a recording").set_input_files(path)
    expect(page.get_by_label("Learning rate")).to_have_value("5")
    go_to_end(page)
    page.keyboard.press("ArrowLeft")
    assert_ledger_equals(page, HIGH_RATE[-1])
    download(page, page.get_by_role("button", name="Save")).save_as(path)
    assert path.read_bytes() == HIGH_RATE.to_bytes()


def test_a_replay_that_differs_from_its_recording_has_a_message(open_file):
    from dataclasses import replace

    changed = RUN.parameters.copy()
    changed[-1, 0] += 0.01
    page = open_file(replace(RUN, parameters=changed), names=["bent"])
    expect(page.get_by_role("alert")).to_contain_text(
        "The replay of bent ends with different parameters. The largest difference is 0.010."
    )


def test_an_early_stopped_training_ends_at_its_last_step(open_file):
    recipe = tn.Recipe(learning_rate=5.0, epochs=900, patience=3)
    run = tn.train(tn.Network.initial(seed=0), LINES, recipe, validation=LINES)
    assert len(run) < 900 * 4
    page = open_file(run)
    go_to_end(page)
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text(f"of {len(run):,} ")
    page.keyboard.press("ArrowLeft")
    assert_ledger_equals(page, run[-1])


def test_the_shipped_learner_is_replayed_in_the_page(open_file):
    run = learner.shipped()
    page = open_file(run)
    page.locator(".at-timeline").get_by_text("Training …").wait_for(state="detached")
    go_to_end(page)
    expect(page.get_by_role("alert")).to_have_text("")
    page.get_by_role("button", name="gray", exact=True).click()
    expect(page.locator('[data-cell="layer2.a[0]"] text')).to_have_text(f"{run.final([0.5] * 4)[0]:.3f}")


def test_a_reload_keeps_the_position(open_file):
    page = open_file(RUN)
    go_to_step(page, 77)
    page.get_by_role("button", name="Branch here").click()
    page.get_by_role("button", name="gray", exact=True).click()
    expect(page).to_have_url(re.compile("#1[.]"))
    laboratory.wait_for_timers(page)
    assert len(page.url.split("#")[1]) < 400  # the address holds only the changes to the file
    page.reload()
    page.locator(".lab").wait_for()
    expect(training_rows(page)).to_have_count(2)
    expect(page.get_by_role("heading", name="Picture · gray")).to_be_visible()
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text("step 77 of 401")


# --- several recordings ----------------------------------------------------------------------------------------


def test_several_recordings_are_compared_at_the_same_step(open_file):
    page = open_file(RUN, HIGH_RATE, WIDE, title="Which rate?")
    expect(page.get_by_role("heading", level=1)).to_have_text("Which rate?")
    assert page.title() == "Which rate?"
    names = ["4-3-2, seed 0, learning rate 0.1, epochs 100", "4-3-2, seed 0, learning rate 5, epochs 100", "4-8-2, seed 3, learning rate 5, epochs 200"]  # fmt: skip
    assert page.locator(".at-timeline tbody button[aria-pressed]").all_inner_texts() == names
    assert page.locator(".at-timeline svg path").count() == 4  # three losses and a movement
    go_to_step(page, 300)
    wait_until_settled(page)
    for name, run in zip(names, (RUN, HIGH_RATE, WIDE), strict=True):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text("step 300 of")
        assert_ledger_equals(page, run[300])
        row = (
            training_rows(page)
            .filter(has=page.get_by_role("button", name=name, exact=True))
            .locator("td")
            .all_inner_texts()
        )
        assert number(row[1]) == pytest.approx(run.training_loss(300), abs=5e-5)
        outputs = run[300].network(LINES.inputs[0])
        assert [number(text) for text in row[3:5]] == [round(100 * x, 1) for x in outputs.tolist()]


def test_each_recording_has_its_own_branches_recipe_and_bytes(open_file, tmp_path):
    page = open_file(RUN, WIDE, names=["small", "wide"])
    page.get_by_role("button", name="wide", exact=True).click()
    go_to_step(page, 100)
    page.get_by_label("Learning rate").fill("1")
    page.get_by_role("button", name="Branch at step 100").click()
    expect(training_rows(page).nth(2)).to_contain_text("from step 100 of wide: learning rate 1")
    go_to_end(page)
    page.keyboard.press("ArrowLeft")
    assert_ledger_equals(
        page, tn.train(WIDE[100].network, LINES, tn.Recipe(learning_rate=1.0, epochs=175))[-1]
    )
    path = tmp_path / "wide.safetensors"
    page.get_by_role("button", name="wide", exact=True).click()
    download(page, page.get_by_role("button", name="Save")).save_as(path)
    assert tn.load(path)[300].values == WIDE[300].values
    page.get_by_role("button", name="Next seed").click()
    expect(training_rows(page).nth(1)).to_contain_text("run 2")
    expect(training_rows(page).nth(1)).to_contain_text("4-8-2, seed 4, learning rate 5, epochs 200")
    expect(training_rows(page).nth(0)).to_contain_text("small")
    wait_until_settled(page)
    assert [float(row["before"]) for row in ledger_csv(page)] == tn.Network.initial(
        (4, 8, 2), seed=4
    ).parameters.tolist()


def test_trainings_on_pictures_of_two_sizes_are_compared(open_file):
    large = tn.train(tn.Network.initial((9, 3, 2), seed=0), tn.pictures.lines(3), tn.Recipe(epochs=50))
    page = open_file(RUN, large, names=["2x2", "3x3"])
    page.get_by_role("button", name="gray", exact=True).click()
    wait_until_settled(page)
    expect(training_rows(page).nth(1)).to_contain_text("·")
    page.get_by_role("button", name="3x3", exact=True).click()
    expect(page.get_by_role("heading", name="Picture · row 0")).to_be_visible()
    go_to_step(page, 100)
    assert_ledger_equals(page, large[100])
    expect(page.get_by_role("heading", name="Training pictures")).to_be_visible()
    page.get_by_role("button", name="2x2", exact=True).click()
    expect(page.get_by_role("heading", name="All inputs")).to_be_visible()


# --- accessibility and embedding -------------------------------------------------------------------------------


def test_the_keyboard_selects_and_branches_a_recording(open_file):
    page = open_file(RUN, HIGH_RATE, names=["slow", "fast"])
    page.keyboard.press("PageDown")
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text("step 4 of 400")
    reached = set()
    for _ in range(160):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.textContent.trim()"))
        if "fast" in reached:
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="fast", exact=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("b")
    expect(training_rows(page)).to_have_count(3)
    page.keyboard.press("End")
    page.keyboard.press("Home")
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text("step 0 of 400")
    expect(page.get_by_role("button", name="fast", exact=True)).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_no_violation(open_file, scheme, width):
    page = open_file(
        RUN, WIDE, color_scheme=scheme, viewport={"width": width, "height": 850}, bypass_csp=True
    )
    page.locator("details").evaluate_all("all => all.forEach(details => (details.open = true))")
    wait_until_settled(page)
    page.evaluate(laboratory.AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
    assert [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found] == []


def test_nothing_is_cut_off_on_a_phone(open_file):
    page = open_file(RUN, WIDE, viewport={"width": 390, "height": 844}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert cut_off(page) == []


def test_the_page_works_in_a_sandbox_without_storage_or_history(browser, tmp_path):
    frame = f'<iframe sandbox="allow-scripts" style="width: 100%; height: 900px" srcdoc="{html.escape(RUN.to_html())}"></iframe>'
    outer = tmp_path / "outer.html"
    outer.write_text(f"<!doctype html><meta charset=utf-8><title>outer</title>{frame}")
    page = browser.new_page()
    page.goto(outer.as_uri())
    inside = page.frame_locator("iframe")
    inside.get_by_role("slider", name="Step").fill("137")
    expect(inside.get_by_role("heading", name=TIMELINE)).to_contain_text("step 137 of 400")
    expect(inside.get_by_role("alert")).to_have_text("")
    page.close()
