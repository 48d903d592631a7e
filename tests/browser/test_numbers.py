"""Compare the numbers of the page in a real browser with Python: the shown digits, and every bit."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

import tinynet as tn
from page_actions import (
    TIMELINE,
    assert_ledger_equals,
    download,
    format_pixels,
    fragment,
    go_to_end,
    ledger_csv,
    ledger_rows,
    number,
    shown_pixels,
    wait_until_settled,
)
from tinynet.core import notation
from tinynet.evaluation import predictions

LINES = tn.pictures.lines()
RUN = tn.train(tn.Network.initial(seed=0), LINES)


@pytest.mark.parametrize("step", [0, 1, 137, 399])
def test_every_shown_number_equals_python(open_page, step):
    page, moment = open_page(), RUN[step]
    page.get_by_role("slider", name="Step").fill(str(step))
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text(f"step {step} of 400")
    for shown, row in zip(ledger_rows(page), moment.ledger(), strict=True):
        digits = (f"{row.before:.4f}", f"{row.gradient:+.5f}", f"{row.change:+.5f}", f"{row.after:.4f}")
        assert [number(text) for text in shown] == [float(text) for text in digits]
    for name, format_of in [("z", "{:+.2f}"), ("a", "{:.3f}")]:
        for cell, value in moment.values.items():
            if re.fullmatch(rf"layer\d\.{name}\[\d\]", cell):
                text = page.locator(f'[data-cell="{cell}"] text').text_content()
                assert number(text.removeprefix("z").strip()) == float(format_of.format(value))
    assert_ledger_equals(page, moment)


def test_an_opened_cell_shows_its_formula_and_factors(open_page):
    page = open_page()
    page.locator('[data-cell="layer1.weight[0,2]"]').click()
    opened = page.locator('[data-opened="layer1.weight[0,2].after"]')
    expect(opened).to_contain_text("-0.41152".replace("-", "−"))
    opened.get_by_role("button", name=re.compile("change of the weight")).click()
    change = page.locator('[data-opened="layer1.weight[0,2].change"]')
    change.get_by_role("button", name=re.compile("gradient of the weight")).click()
    gradient = page.locator('[data-opened="layer1.weight[0,2].gradient"]')
    delta = RUN[0].values["layer1.delta[0]"]
    expect(gradient).to_contain_text(notation.number(delta))
    assert gradient.locator("math").count() >= 3


def test_phases_show_the_step_in_parts(open_page):
    page = open_page()
    answer = page.locator('[data-cell="layer2.a[0]"]')
    page.get_by_role("button", name="Input", exact=True).click()
    expect(answer).to_contain_text("·")
    expect(page.locator(".at-ledger")).to_contain_text("The gradients appear in the Backward phase")
    page.keyboard.press(".")
    expect(answer).to_contain_text("0.678")
    for _ in range(3):
        page.keyboard.press(".")
    expect(page.locator(".at-ledger")).to_contain_text("holds for 23 of 23 parameters, to the last bit")
    page.keyboard.press(".")
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text("step 1 of 400")


def test_moving_forward_and_back_gives_identical_numbers(open_page):
    page = open_page()
    page.get_by_role("slider", name="Step").fill("137")
    wait_until_settled(page)
    before = page.locator(".lab").inner_text()
    for key in ("ArrowRight", "PageDown", "End", "Home"):
        page.keyboard.press(key)
    page.get_by_role("slider", name="Step").fill("138")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text("step 137 of 400")
    wait_until_settled(page)
    assert page.locator(".lab").inner_text() == before


@pytest.mark.parametrize(
    "settings",
    [
        {"recipe": {"batch_size": 3, "order": "shuffled", "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}},
        {"recipe": {"optimizer": "adam", "learning_rate": 0.01, "loss": "bce", "epochs": 30}},
        {"recipe": {"loss": "cross_entropy", "batch_size": 4}, "architecture": {"sizes": [4, 5, 3, 2], "hidden": "tanh", "output": "softmax"}},
        {"architecture": {"sizes": [9, 4, 2], "hidden": "relu", "init": "he"}, "grid": 3, "seed": 12, "recipe": {"order": "shuffled"}},
    ],
    ids=["a batch", "adam", "softmax", "3x3"],
)  # fmt: skip
def test_trainings_of_other_recipes_and_sizes_equal_python(open_page, settings):
    page = open_page(fragment({"seed": 3, **settings}))
    go_to_end(page)
    page.keyboard.press("ArrowLeft")
    seed = settings.get("seed", 3)
    architecture = tn.Architecture(**settings.get("architecture", {}))
    run = tn.train(
        tn.Network.initial(architecture, seed=seed), tn.pictures.lines(settings.get("grid", 2)),
        tn.Recipe(**settings["recipe"], seed=seed),
    )  # fmt: skip
    assert_ledger_equals(page, run[-1])


def test_a_branch_equals_a_training_in_python(open_page):
    page = open_page()
    page.get_by_role("slider", name="Step").fill("100")
    page.get_by_label("Learning rate").fill("5")
    page.get_by_role("button", name="Branch at step 100").click()
    expect(page.locator(".at-timeline tbody tr")).to_have_count(2)
    go_to_end(page)
    page.keyboard.press("ArrowLeft")
    branch = tn.train(RUN[100].network, LINES, tn.Recipe(learning_rate=5.0, epochs=75))
    assert_ledger_equals(page, branch[-1])
    expect(page.locator(".at-timeline tbody tr").nth(1)).to_contain_text(f"{branch.training_loss():.4f}")
    page.keyboard.press("Home")
    assert_ledger_equals(page, RUN[0])


@pytest.mark.torch
def test_pictures_and_steps_with_noise_equal_python(open_page, tmp_path):
    page = open_page(fragment({"seed": 5}))
    page.get_by_text("More settings").click()
    page.get_by_label("Noise").fill("0.2")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".at-picture")).to_contain_text("the picture of step 0, with noise")
    run = tn.train(tn.Network.initial(seed=5), LINES, tn.Recipe(noise=0.2, seed=5))
    for step in (0, 1, 137, 399):
        page.get_by_role("slider", name="Step").fill(str(step))
        expect(page.locator(".at-picture")).to_contain_text(f"the picture of step {step}, with noise")
        assert shown_pixels(page) == format_pixels(run[step].batch.inputs[0])
        for i, value in enumerate(run[step].batch.inputs[0]):
            assert number(page.locator(f'[data-cell="input[{i}]"] text').text_content()) == round(value, 2)
        assert_ledger_equals(page, run[step])
    page.get_by_role("button", name="Check with PyTorch").click()
    expect(page.locator(".at-arithmetic")).to_contain_text("agrees. The loss and 23")
    page.get_by_role("button", name="Share").click()
    path = tmp_path / "noisy.safetensors"
    download(page, page.get_by_role("button", name="Save")).save_as(path)
    assert path.read_bytes() == run.to_bytes()
    again = open_page(page.url.split("/")[-1])
    assert shown_pixels(again) == shown_pixels(page)
    other = open_page()
    other.get_by_label("Open a recording").set_input_files(path)
    expect(other.locator(".at-timeline")).to_contain_text("step 400 of 400")
    other.keyboard.press("ArrowLeft")
    assert shown_pixels(other) == shown_pixels(page)
    expect(other.get_by_role("alert")).to_have_text("")  # the replay equals the recording


def test_a_branch_with_noise_in_batches_equals_python(open_page):
    page = open_page(fragment({"recipe": {"batch_size": 3, "order": "shuffled"}}))
    page.get_by_role("slider", name="Step").fill("20")
    page.get_by_text("More settings").click()
    page.get_by_label("Noise").fill("0.123")
    page.get_by_role("button", name="Branch at step 20").click()
    expect(page.locator(".at-timeline tbody tr").nth(1)).to_contain_text("from step 20: noise 0.123")
    start = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(batch_size=3, order="shuffled"))[20].network
    branch = tn.train(start, LINES, tn.Recipe(batch_size=3, order="shuffled", noise=0.123, epochs=90))
    assert shown_pixels(page) == format_pixels(branch[0].batch.inputs[0])
    go_to_end(page)
    page.keyboard.press("ArrowLeft")
    assert_ledger_equals(page, branch[-1])
    page.get_by_role("spinbutton", name="Brightness of the top-left pixel").fill("0.25")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Train on this picture")).to_be_disabled()  # it has no target yet
    page.get_by_label("Target").select_option("horizontal")
    page.get_by_role("button", name="Train on this picture").click()
    expect(page.locator(".at-timeline tbody tr").nth(2)).to_contain_text("one example")
    expect(page.locator(".at-picture")).to_contain_text("with noise")


def test_an_edited_weight_begins_a_branch(open_page):
    page = open_page()
    weight = page.locator('[data-cell="layer2.weight[0,1]"]')
    weight.dblclick()
    page.get_by_label(re.compile("New value of the weight")).fill("2.5")
    page.keyboard.press("Enter")
    expect(weight).to_contain_text("+2.50")
    network = tn.Network.initial(seed=0).with_parameter("layer2.weight[0,1]", 2.5)
    assert_ledger_equals(page, tn.nudge(network, LINES[0]))


def test_a_silenced_node_changes_the_outputs_and_a_frozen_weight_stays_constant(open_page):
    page = open_page()
    page.locator('[data-cell="layer1.a[1]"]').click()
    page.get_by_label("Switch off this node").check()
    network = tn.Network.initial(seed=0)
    for j in range(2):
        network = network.with_parameter(f"layer2.weight[{j},1]", 0.0)
    expect(page.locator('[data-cell="layer2.a[0]"]')).to_contain_text(f"{network(LINES[0])[0, 0]:.3f}")
    expect(page.locator(".what-if")).to_contain_text("Changed values")
    page.get_by_role("button", name="Undo").click()
    page.locator('[data-cell="layer1.weight[0,1]"]').click()
    page.get_by_label("Frozen").check()
    page.get_by_role("button", name="Branch with changes").click()
    go_to_end(page)
    expect(page.locator('[data-cell="layer1.weight[0,1]"]')).to_contain_text("+0.27")
    frozen = next(row for row in ledger_csv(page) if row["parameter"] == "layer1.weight[0,1]")
    assert float(frozen["before"]) == RUN[0].network.named()["layer1.weight[0,1]"]
    assert float(frozen["change"]) == 0


def test_a_dragged_pixel_changes_the_outputs(open_page):
    page = open_page()
    page.get_by_role("spinbutton", name="Brightness of the top-left pixel").fill("0.25")
    page.keyboard.press("Enter")
    answer = tn.Network.initial(seed=0)(np.array([0.25, 1, 0, 0]))
    expect(page.locator(".at-picture dd.value").first).to_have_text(f"{100 * answer[0]:.1f} %")
    box = page.locator(".at-picture .pixel").first.bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 8, box["y"] + 8 - 80)
    page.mouse.up()
    assert float(
        page.get_by_role("spinbutton", name="Brightness of the top-left pixel").input_value()
    ) == pytest.approx(0.75)
    page.get_by_role("button", name="Show training picture").click()
    expect(page.locator(".at-picture dd.value").first).to_have_text("67.8 %")


def test_predictions_for_all_data_sets_equal_python(open_page):
    page = open_page()
    go_to_end(page)
    page.get_by_role("button", name="Tables").click()
    for examples in (LINES, tn.pictures.fuzzy(), tn.pictures.stress()):
        for answer in predictions.predictions(RUN.final, examples):
            row = (
                page.locator(".at-world tr")
                .filter(has=page.get_by_role("button", name=answer.name, exact=True))
                .first
            )
            expect(row).to_contain_text(answer.words())
            expect(row).to_contain_text(f"{100 * answer.outputs[0]:.1f} %")
    page.get_by_role("button", name="Gray lattice").click()
    outputs = RUN.final(tn.pictures.lattice(5).inputs)
    unsure = int((np.abs(outputs[:, 0] - outputs[:, 1]) < predictions.UNSURE).sum())
    expect(page.locator(".at-world")).to_contain_text(f"{unsure} unsure")


@pytest.mark.torch
def test_the_check_with_pytorch_agrees(open_page):
    page = open_page()
    page.get_by_role("button", name="Check with PyTorch").click()
    expect(page.locator(".at-arithmetic")).to_contain_text(
        re.compile(r"PyTorch [\d.]+.* agrees. The loss and 23 gradients")
    )
