"""The offline page in a real browser: opened from disk, with the network off, its numbers against Python's and PyTorch's."""

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
    cut_off,
    ledger_csv,
    number,
    same_as,
    saved,
    scrub,
    settled,
    to_end,
    trainings,
)
from tinynet.data.world import World
from tinynet.story import learner

LINES = tn.pictures.lines()
RUN = tn.train(tn.Network.initial(seed=0), LINES)
HIGH_RATE = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(learning_rate=5.0))
WIDE = tn.train(tn.Network.initial((4, 8, 2), seed=3), LINES, tn.Recipe(learning_rate=5.0, epochs=200))


def advanced(page):
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
    ids=["the notebook's", "4-8-2", "noise in batches", "a world", "3x3"],
)  # fmt: skip
def test_every_nudge_is_pythons(open_file, run):
    page = open_file(run)
    for step in (0, 137, len(run) - 1):
        scrub(page, step)
        expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text(f"step {step} of {len(run)}")
        same_as(page, run[step])
    to_end(page)
    expect(page.get_by_role("alert")).to_have_text("")  # its last numbers are the recording's


def test_a_number_opens_into_its_formula_and_its_factors(open_file):
    page = open_file(RUN)
    page.locator('[data-cell="layer1.weight[0,2]"]').click()
    opened = page.locator('[data-opened="layer1.weight[0,2].after"]')
    opened.get_by_role("button", name=re.compile("change of the weight")).click()
    expect(page.locator('[data-opened="layer1.weight[0,2].change"]')).to_contain_text(
        "gradient of the weight"
    )
    assert opened.locator("math").count() >= 3
    expect(page.get_by_role("button", name="Check with PyTorch")).to_have_count(0)


def test_what_came_along_is_never_lost(open_file):
    page = open_file(RUN)
    to_end(page)
    page.get_by_role("button", name="Branch here").click()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text(
        f"of {len(RUN)}"
    )  # and not the branch's one epoch
    page.get_by_label("Learning rate").fill("5")
    page.get_by_role("button", name="Train", exact=True).click()
    settled(page)
    page.get_by_role("button", name="Start over").click()
    scrub(page, 137)
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text(f"step 137 of {len(RUN)}")
    same_as(page, RUN[137])


def test_a_dragged_pixel_changes_the_answer(open_file):
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


def test_an_edited_weight_begins_a_branch_and_takes_a_nudge(open_file):
    page = open_file(RUN)
    page.locator('[data-cell="layer2.weight[0,1]"]').dblclick()
    page.get_by_label(re.compile("New value of the weight")).fill("2.5")
    page.keyboard.press("Enter")
    expect(page.locator('[data-cell="layer2.weight[0,1]"]')).to_contain_text("+2.50")
    network = tn.Network.initial(seed=0).with_parameter("layer2.weight[0,1]", 2.5)
    same_as(page, tn.nudge(network, LINES[0]))
    page.get_by_role("button", name="Next step").click()
    same_as(page, tn.train(network, LINES)[1])


def test_it_trains_on_from_any_step_with_another_recipe(open_file):
    page = open_file(RUN)
    scrub(page, 80)
    advanced(page)
    page.get_by_label(re.compile("^Optimizer")).select_option("adam")
    page.get_by_label("Batch size", exact=True).fill("3")
    page.get_by_role("button", name="Branch at step 80").click()
    expect(trainings(page)).to_have_count(2)
    to_end(page)
    page.keyboard.press("ArrowLeft")
    recipe = tn.Recipe(optimizer="adam", batch_size=3, epochs=80)
    same_as(page, tn.train(RUN[80].network, LINES, recipe)[-1])


def test_another_seed_starts_with_pytorchs_numbers(open_file):
    page = open_file(RUN)
    page.get_by_label("Seed", exact=True).fill("1023")
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator('[data-cell="layer1.weight[0,0]"]').click()
    settled(page)
    torch.manual_seed(1023)
    layers = torch.nn.Linear(4, 3), torch.nn.Linear(3, 2)
    ours = [float(row["before"]) for row in ledger_csv(page)]
    wanted = [
        part.detach().double().numpy().ravel() for layer in layers for part in (layer.weight, layer.bias)
    ]
    assert ours == np.concatenate(wanted).tolist()
    page.get_by_role("button", name="Next seed").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "This file has the initial parameters of seeds 0 to 1,023 only. More choices need Python."
    )
    expect(page.get_by_role("heading", name=TIMELINE)).to_be_visible()


def test_another_recipe_starts_again(open_file):
    page = open_file(RUN)
    page.get_by_label("Learning rate").fill("5")
    page.get_by_role("combobox", name="Loss", exact=True).select_option("bce")
    page.get_by_role("button", name="Train", exact=True).click()
    to_end(page)
    page.keyboard.press("ArrowLeft")
    same_as(page, tn.train(RUN.initial, LINES, tn.Recipe(learning_rate=5.0, loss="bce"))[-1])


@pytest.mark.parametrize(
    ("label", "value", "words"),
    [
        ("Hidden nodes", "5", "no formulas for a 4-5-2 network with hidden activation sigmoid and output activation sigmoid. It has formulas for a 4-3-2 network"),
        ("Loss", "cross_entropy", "no formulas for loss cross_entropy, optimizer sgd, batch size 1. It has formulas for loss mse, bce"),
        ("Learning rate", "-1", "Learning rate is -1. It must be above 0 and at most 1,000,000."),
    ],
)  # fmt: skip
def test_what_is_not_aboard_is_said_and_what_is(open_file, label, value, words):
    page = open_file(RUN)
    role = "spinbutton" if label == "Learning rate" else "combobox"
    field = page.get_by_role(role, name=label, exact=True)
    field.select_option(value) if role == "combobox" else field.fill(value)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(words)
    page.get_by_label("Dismiss").click()
    to_end(page)


def test_what_needs_python_is_said_in_a_sentence_or_not_there(open_file):
    page = open_file(RUN)
    expect(page.locator(".at-many-seeds")).to_contain_text(
        "needs Python. Open this training in the laboratory: tinynet lab"
    )
    for name in ("Measure", "Share", "1 Look"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    expect(page.get_by_role("navigation")).to_have_count(0)


def test_it_saves_the_bytes_that_came_along_and_opens_them(open_file, tmp_path):
    page = open_file(RUN)
    path = tmp_path / "run.safetensors"
    saved(page, page.get_by_role("button", name="Save")).save_as(path)
    assert path.read_bytes() == RUN.to_bytes()
    page.keyboard.press("b")
    expect(trainings(page)).to_have_count(2)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "To save this training, start the laboratory with: tinynet lab"
    )
    path.write_bytes(HIGH_RATE.to_bytes())
    page.get_by_label("Open a recording").set_input_files(path)
    expect(page.get_by_label("Learning rate")).to_have_value("5")
    to_end(page)
    page.keyboard.press("ArrowLeft")
    same_as(page, HIGH_RATE[-1])
    saved(page, page.get_by_role("button", name="Save")).save_as(path)
    assert path.read_bytes() == HIGH_RATE.to_bytes()


def test_a_recording_whose_numbers_do_not_follow_is_found_out(open_file):
    from dataclasses import replace

    bent = RUN.parameters.copy()
    bent[-1, 0] += 0.01
    page = open_file(replace(RUN, parameters=bent), names=["bent"])
    expect(page.get_by_role("alert")).to_contain_text(
        "The replay of bent ends with different parameters. The largest difference is 0.010."
    )


def test_a_training_that_was_stopped_early_ends_where_it_ended(open_file):
    recipe = tn.Recipe(learning_rate=5.0, epochs=900, patience=3)
    run = tn.train(tn.Network.initial(seed=0), LINES, recipe, validation=LINES)
    assert len(run) < 900 * 4
    page = open_file(run)
    to_end(page)
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text(f"of {len(run):,} ")
    page.keyboard.press("ArrowLeft")
    same_as(page, run[-1])


def test_a_learner_is_trained_again_in_the_page(open_file):
    run = learner.shipped()
    page = open_file(run)
    page.locator(".at-timeline").get_by_text("Training …").wait_for(state="detached")
    to_end(page)
    expect(page.get_by_role("alert")).to_have_text("")
    page.get_by_role("button", name="gray", exact=True).click()
    expect(page.locator('[data-cell="layer2.a[0]"] text')).to_have_text(f"{run.final([0.5] * 4)[0]:.3f}")


def test_where_one_stands_survives_a_reload(open_file):
    page = open_file(RUN)
    scrub(page, 77)
    page.get_by_role("button", name="Branch here").click()
    page.get_by_role("button", name="gray", exact=True).click()
    expect(page).to_have_url(re.compile("#1[.]"))
    laboratory.rested(page)
    assert len(page.url.split("#")[1]) < 400  # and has only what is not in the file
    page.reload()
    page.locator(".lab").wait_for()
    expect(trainings(page)).to_have_count(2)
    expect(page.get_by_role("heading", name="Picture · custom")).to_be_visible()
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text("step 0 of 324")


# --- several ---------------------------------------------------------------------------------------------------


def test_several_are_compared_at_the_same_step(open_file):
    page = open_file(RUN, HIGH_RATE, WIDE, title="Which rate?")
    expect(page.get_by_role("heading", level=1)).to_have_text("Which rate?")
    assert page.title() == "Which rate?"
    names = ["4-3-2, seed 0, learning rate 0.1, epochs 100", "4-3-2, seed 0, learning rate 5, epochs 100", "4-8-2, seed 3, learning rate 5, epochs 200"]  # fmt: skip
    assert page.locator(".at-timeline tbody button[aria-pressed]").all_inner_texts() == names
    assert page.locator(".at-timeline svg path").count() == 4  # three losses and a movement
    scrub(page, 300)
    settled(page)
    for name, run in zip(names, (RUN, HIGH_RATE, WIDE), strict=True):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text("step 300 of")
        same_as(page, run[300])
        row = (
            trainings(page)
            .filter(has=page.get_by_role("button", name=name, exact=True))
            .locator("td")
            .all_inner_texts()
        )
        assert number(row[1]) == pytest.approx(run.loss_per_epoch[75], abs=5e-5)
        outputs = run[300].network(LINES.inputs[0])
        assert [number(text) for text in row[3:5]] == [round(100 * x, 1) for x in outputs.tolist()]


def test_each_has_branches_recipes_and_bytes_of_its_own(open_file, tmp_path):
    page = open_file(RUN, WIDE, names=["small", "wide"])
    page.get_by_role("button", name="wide", exact=True).click()
    scrub(page, 100)
    page.get_by_label("Learning rate").fill("1")
    page.get_by_role("button", name="Branch at step 100").click()
    expect(trainings(page).nth(2)).to_contain_text("from step 100 of wide: learning rate 1")
    to_end(page)
    page.keyboard.press("ArrowLeft")
    same_as(page, tn.train(WIDE[100].network, LINES, tn.Recipe(learning_rate=1.0, epochs=175))[-1])
    path = tmp_path / "wide.safetensors"
    page.get_by_role("button", name="wide", exact=True).click()
    saved(page, page.get_by_role("button", name="Save")).save_as(path)
    assert tn.load(path)[300].values == WIDE[300].values
    page.get_by_role("button", name="Next seed").click()
    expect(trainings(page).nth(1)).to_contain_text("run 2")
    expect(trainings(page).nth(1)).to_contain_text("4-8-2, seed 4, learning rate 5, epochs 200")
    expect(trainings(page).nth(0)).to_contain_text("small")
    settled(page)
    assert [float(row["before"]) for row in ledger_csv(page)] == tn.Network.initial(
        (4, 8, 2), seed=4
    ).parameters.tolist()


def test_trainings_of_other_pictures_can_be_compared(open_file):
    large = tn.train(tn.Network.initial((9, 3, 2), seed=0), tn.pictures.lines(3), tn.Recipe(epochs=50))
    page = open_file(RUN, large, names=["2x2", "3x3"])
    page.get_by_role("button", name="gray", exact=True).click()
    settled(page)
    expect(trainings(page).nth(1)).to_contain_text("·")
    page.get_by_role("button", name="3x3", exact=True).click()
    expect(page.get_by_role("heading", name="Picture · row 0")).to_be_visible()
    scrub(page, 100)
    same_as(page, large[100])
    expect(page.get_by_role("heading", name="Training pictures")).to_be_visible()
    page.get_by_role("button", name="2x2", exact=True).click()
    expect(page.get_by_role("heading", name="All inputs")).to_be_visible()


# --- everybody -------------------------------------------------------------------------------------------------


def test_the_keyboard_reaches_everything(open_file):
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
    expect(trainings(page)).to_have_count(3)
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
    settled(page)
    page.evaluate(laboratory.AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
    assert [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found] == []


def test_on_a_phone_nothing_is_cut_off(open_file):
    page = open_file(RUN, WIDE, viewport={"width": 390, "height": 844}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert cut_off(page) == []


def test_it_lives_in_a_sandbox_without_storage_or_history(browser, tmp_path):
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
