"""The page in a real browser: by clicks and by keys, its numbers against Python's."""

import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import expect

import laboratory
import tinynet as tn
from tinynet.core import notation
from tinynet.evaluation import predictions
from tinynet.evaluation.verdicts import Verdict
from tinynet.lab.http import app
from tinynet.story import journey as story
from tinynet.story import quiz
from tinynet.story.content import Links, Table, Text
from tinynet.story.runs import Journey
from tinynet.training import train as training

LINES = tn.pictures.lines()
RUN = tn.train(tn.Network.initial(seed=0), LINES)


def number(text):
    return float(text.replace("−", "-").replace("+", "").replace("%", "").strip())


def to_end(page):
    page.keyboard.press("End")
    expect(page.get_by_role("heading", name=re.compile("^Timeline"))).to_contain_text(
        re.compile(r"step ([\d,]+) of \1 ")
    )


def settled(page):
    """Wait until the lower panels show what the upper ones do."""
    page.locator(".lab[aria-busy=false]").wait_for()


def ledger(page):
    """Return the ledger's rows: the four numbers as they are shown."""
    settled(page)
    return [
        row.split("\t")[1:]
        for row in page.locator(".at-ledger tbody").inner_text().split("\n")
        if "\t" in row
    ]


def saved(page, button):
    with page.expect_download() as waiting:
        button.click()
    return waiting.value


def ledger_csv(page):
    settled(page)
    path = saved(page, page.locator(".at-ledger").get_by_role("button", name="CSV")).path()
    return list(csv.DictReader(io.StringIO(path.read_text())))


def same_as(page, moment):
    """Assert that the ledger's file holds the numbers of this moment, to the last bit."""
    rows = ledger_csv(page)
    assert [row["parameter"] for row in rows] == list(moment.network.architecture.parameter_names)
    for row, ours in zip(rows, moment.ledger(), strict=True):
        for key in ("before", "gradient", "change", "after"):
            assert float(row[key]) == getattr(ours, key)


# --- numbers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [0, 1, 137, 399])
def test_every_number_on_the_screen_is_pythons_to_the_digits_shown(open_page, step):
    page, moment = open_page(), RUN[step]
    page.get_by_role("slider", name="Step").fill(str(step))
    expect(page.get_by_role("heading", name=re.compile("^Timeline"))).to_contain_text(f"step {step} of 400")
    for shown, row in zip(ledger(page), moment.ledger(), strict=True):
        digits = (f"{row.before:.4f}", f"{row.gradient:+.5f}", f"{row.change:+.5f}", f"{row.after:.4f}")
        assert [number(text) for text in shown] == [float(text) for text in digits]
    for name, format_of in [("z", "{:+.2f}"), ("a", "{:.3f}")]:
        for cell, value in moment.values.items():
            if re.fullmatch(rf"layer\d\.{name}\[\d\]", cell):
                text = page.locator(f'[data-cell="{cell}"] text').text_content()
                assert number(text.removeprefix("z").strip()) == float(format_of.format(value))
    same_as(page, moment)


def test_an_opened_number_shows_its_formula_its_numbers_and_its_factors(open_page):
    page = open_page()
    page.locator('[data-cell="layer1.weight[0,2]"]').click()
    opened = page.locator('[data-opened="layer1.weight[0,2].after"]')
    expect(opened).to_contain_text("-0.41152".replace("-", "−"))
    opened.get_by_role("button", name=re.compile("change of the weight")).click()
    change = page.locator('[data-opened="layer1.weight[0,2].change"]')
    change.get_by_role("button", name=re.compile("slope of the loss by the weight")).click()
    gradient = page.locator('[data-opened="layer1.weight[0,2].gradient"]')
    delta = RUN[0].values["layer1.delta[0]"]
    expect(gradient).to_contain_text(notation.number(delta))
    assert gradient.locator("math").count() >= 3


def test_stops_reveal_the_nudge_part_by_part(open_page):
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
    expect(page.get_by_role("heading", name=re.compile("^Timeline"))).to_contain_text("step 1 of 400")


def test_forth_and_back_gives_identical_numbers(open_page):
    page = open_page()
    page.get_by_role("slider", name="Step").fill("137")
    settled(page)
    before = page.locator(".lab").inner_text()
    for key in ("ArrowRight", "PageDown", "End", "Home"):
        page.keyboard.press(key)
    page.get_by_role("slider", name="Step").fill("138")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name=re.compile("^Timeline"))).to_contain_text("step 137 of 400")
    settled(page)
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
def test_other_recipes_and_sizes_train_to_pythons_numbers(open_page, settings):
    page = open_page(fragment({"seed": 3, **settings}))
    to_end(page)
    page.keyboard.press("ArrowLeft")
    seed = settings.get("seed", 3)
    architecture = tn.Architecture(**settings.get("architecture", {}))
    run = tn.train(
        tn.Network.initial(architecture, seed=seed), tn.pictures.lines(settings.get("grid", 2)),
        tn.Recipe(**settings["recipe"], seed=seed),
    )  # fmt: skip
    same_as(page, run[-1])


def test_a_branch_is_pythons_training_from_that_moment(open_page):
    page = open_page()
    page.get_by_role("slider", name="Step").fill("100")
    page.get_by_label("Learning rate").fill("5")
    page.get_by_role("button", name="Branch at step 100").click()
    expect(page.locator(".at-timeline tbody tr")).to_have_count(2)
    to_end(page)
    page.keyboard.press("ArrowLeft")
    branch = tn.train(RUN[100].network, LINES, tn.Recipe(learning_rate=5.0, epochs=75))
    same_as(page, branch[-1])
    expect(page.locator(".at-timeline tbody tr").nth(1)).to_contain_text(f"{branch.loss_per_epoch[-1]:.4f}")
    page.keyboard.press("Home")
    same_as(page, RUN[0])


def shown_pixels(page):
    return [pixel.input_value() for pixel in page.locator(".at-picture .pixel input").all()]


def as_shown(picture):
    return [f"{value:.4f}".rstrip("0").rstrip(".") for value in picture]


@pytest.mark.torch
def test_a_training_with_noise_shows_what_python_showed(open_page, tmp_path):
    page = open_page(fragment({"seed": 5}))
    page.get_by_text("More settings").click()
    page.get_by_label("Noise").fill("0.2")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".at-picture")).to_contain_text("the picture of step 0, with noise")
    run = tn.train(tn.Network.initial(seed=5), LINES, tn.Recipe(noise=0.2, seed=5))
    for step in (0, 1, 137, 399):
        page.get_by_role("slider", name="Step").fill(str(step))
        expect(page.locator(".at-picture")).to_contain_text(f"the picture of step {step}, with noise")
        assert shown_pixels(page) == as_shown(run[step].batch.inputs[0])
        for i, value in enumerate(run[step].batch.inputs[0]):
            assert number(page.locator(f'[data-cell="pixel[{i}]"] text').text_content()) == round(value, 2)
        same_as(page, run[step])
    page.get_by_role("button", name="Check with PyTorch").click()
    expect(page.locator(".at-arithmetic")).to_contain_text("agrees. The loss and 23")
    page.get_by_role("button", name="Share").click()
    path = tmp_path / "noisy.safetensors"
    saved(page, page.get_by_role("button", name="Save")).save_as(path)
    assert path.read_bytes() == run.to_bytes()
    again = open_page(page.url.split("/")[-1])
    assert shown_pixels(again) == shown_pixels(page)
    other = open_page()
    other.get_by_label("Open a recording").set_input_files(path)
    expect(other.locator(".at-timeline")).to_contain_text("step 400 of 400")
    other.keyboard.press("ArrowLeft")
    assert shown_pixels(other) == shown_pixels(page)
    expect(other.get_by_role("alert")).to_have_text("")  # nothing differs


def test_a_branch_with_noise_in_batches_is_pythons(open_page):
    page = open_page(fragment({"recipe": {"batch_size": 3, "order": "shuffled"}}))
    page.get_by_role("slider", name="Step").fill("20")
    page.get_by_text("More settings").click()
    page.get_by_label("Noise").fill("0.123")
    page.get_by_role("button", name="Branch at step 20").click()
    expect(page.locator(".at-timeline tbody tr").nth(1)).to_contain_text("from step 20: noise 0.123")
    start = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(batch_size=3, order="shuffled"))[20].network
    branch = tn.train(start, LINES, tn.Recipe(batch_size=3, order="shuffled", noise=0.123, epochs=90))
    assert shown_pixels(page) == as_shown(branch[0].batch.inputs[0])
    to_end(page)
    page.keyboard.press("ArrowLeft")
    same_as(page, branch[-1])
    page.get_by_role("spinbutton", name="Brightness of the top-left pixel").fill("0.25")
    page.keyboard.press("Enter")
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
    same_as(page, tn.nudge(network, LINES[0]))


def test_a_silenced_node_and_a_frozen_weight(open_page):
    page = open_page()
    page.locator('[data-cell="layer1.a[1]"]').click()
    page.get_by_label("Switch off this node").check()
    network = tn.Network.initial(seed=0)
    for j in range(2):
        network = network.with_parameter(f"layer2.weight[{j},1]", 0.0)
    expect(page.locator('[data-cell="layer2.a[0]"]')).to_contain_text(f"{network(LINES[0])[0, 0]:.3f}")
    expect(page.locator(".what-if")).to_contain_text("values change")
    page.get_by_role("button", name="Undo").click()
    page.locator('[data-cell="layer1.weight[0,1]"]').click()
    page.get_by_label("Frozen").check()
    page.get_by_role("button", name="Branch with changes").click()
    to_end(page)
    expect(page.locator('[data-cell="layer1.weight[0,1]"]')).to_contain_text("+0.27")
    frozen = next(row for row in ledger_csv(page) if row["parameter"] == "layer1.weight[0,1]")
    assert float(frozen["before"]) == RUN[0].network.named()["layer1.weight[0,1]"]
    assert float(frozen["change"]) == 0


def test_a_dragged_pixel_changes_the_answer(open_page):
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


def test_verdicts_of_the_sets_are_pythons(open_page):
    page = open_page()
    to_end(page)
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
def test_pytorch_agrees(open_page):
    page = open_page()
    page.get_by_role("button", name="Check with PyTorch").click()
    expect(page.locator(".at-arithmetic")).to_contain_text(
        re.compile(r"PyTorch [\d.]+.* agrees. The loss and 23 gradients")
    )


# --- seeds, chapters, files, addresses ---------------------------------------------------------------------------


@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_a_question_to_many_seeds_and_a_member_opened(open_page, noise):
    recipe = tn.Recipe(learning_rate=5.0, noise=noise)
    page = open_page(fragment({"recipe": {"learning_rate": 5, "noise": noise}}))
    page.get_by_label("Number of seeds").select_option("1000")
    page.get_by_role("button", name="Measure", exact=True).click()
    crowd = tn.population(recipe, networks=1000)
    expect(page.locator("[data-verdict]")).to_have_text(
        str(crowd.share(crowd.all_right, "get all 4 pictures right"))
    )
    page.get_by_label("Question").select_option("lean")
    gaps = crowd.margins(tn.train(tn.Network.initial(seed=0), LINES, recipe).batch(0))[:, 0]
    expect(page.locator(".at-many-seeds")).to_contain_text(
        "Picture: top with the noise of step 0." if noise else "Picture: top."
    )
    expect(page.locator("[data-verdict]")).to_have_text(
        str(crowd.share(gaps > 0, "predict horizontal for this picture"))
    )
    page.locator(".at-many-seeds svg [role=button]").last.click()
    member = page.locator(".at-many-seeds .link").first
    seed = int(member.inner_text())
    member.click()
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value(str(seed))
    run = tn.train(tn.Network.initial(seed=seed), LINES, replace(recipe, seed=seed))
    expect(page.locator(".at-timeline")).to_contain_text(
        f"Last epoch: average loss {run.loss_per_epoch[-1]:.4f}"
    )
    assert gaps[seed] > 0


def test_a_long_question_can_be_cancelled(open_page):
    page = open_page(fragment({"recipe": {"epochs": 2000}}))
    page.get_by_label("Number of seeds").select_option("1000000")
    page.get_by_role("button", name="Measure", exact=True).click()
    expect(page.locator(".at-many-seeds progress")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Measure", exact=True)).to_be_visible()
    page.get_by_label("Number of seeds").select_option("1000")
    page.keyboard.press("Home")


def test_a_chapter_asks_before_it_reveals_and_its_sentences_are_the_runs(open_page):
    page = open_page()
    page.get_by_role("button", name="3 Train").click()
    expect(page.get_by_role("button", name="Reveal")).to_be_disabled()
    page.get_by_role("radio", name="all four").check()
    page.get_by_role("button", name="Reveal").click()
    chapter = page.locator(".chapter")
    expect(chapter.locator(".answer")).to_contain_text("Incorrect Measured: two.")
    crowd = tn.population(networks=1000)
    expect(chapter).to_contain_text(
        str(crowd.share(crowd.all_right, "get all four pictures right after 100 epochs"))
    )
    assert chapter.locator("img").evaluate("image => image.naturalWidth") > 100
    page.get_by_role("button", name="Close chapter").click()
    expect(chapter).to_have_count(0)


@pytest.mark.parametrize("key", story.CHAPTERS)
def test_every_chapter_by_clicks_is_the_story(open_page, key):
    page = open_page()
    journey = Journey(networks=1000)
    told, asked = story.chapter(journey, key), quiz.QUESTIONS[key]
    page.get_by_role("navigation").get_by_role("button", name=key.capitalize()).click()
    chapter = page.locator(".chapter")
    expect(chapter).to_contain_text(asked.text)
    right = asked.answer(journey)
    page.get_by_role("radio", name=asked.options[right], exact=True).check()
    page.get_by_role("button", name="Reveal").click()
    expect(chapter.locator(".answer")).to_contain_text("Correct")
    shown = chapter.locator(".parts").inner_text()
    for part in told.parts:
        if isinstance(part, Text | Verdict):
            assert (part.text if isinstance(part, Text) else part.sentence).split("\n")[0] in shown
        elif isinstance(part, Table):
            expect(chapter.get_by_role("group").filter(has_text=part.title)).to_have_count(1)
        elif isinstance(part, Links):
            for link in part.links:
                assert f"{link.name}: {link.text}" in shown
            opened = [link.get_attribute("href") for link in chapter.locator(".parts a[rel~=noopener]").all()]
            assert opened == [link.address for link in part.links if link.address]
    for image in chapter.locator("img").all():
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100


def test_a_nudge_is_repeated_as_its_chapter_says(open_page):
    page = open_page()
    page.get_by_role("navigation").get_by_role("button", name="Nudge").click()
    expect(page.locator(".chapter")).to_contain_text("press “top” and then “Train on this picture”")
    page.locator(".at-picture").get_by_role("button", name="top", exact=True).click()
    page.get_by_role("button", name="Train on this picture").click()
    for moment in training.nudges(tn.Network.initial(seed=0), LINES["top"], times=4):
        expect(page.locator(".at-timeline")).to_contain_text(f"average loss {moment.loss:.4f}")
        page.get_by_role("button", name="Next step").click()


def test_save_and_open(open_page, tmp_path):
    page = open_page(fragment({"seed": 4, "recipe": {"learning_rate": 2, "epochs": 20}}))
    path = tmp_path / "run.safetensors"
    saved(page, page.get_by_role("button", name="Save")).save_as(path)
    recipe = tn.Recipe(learning_rate=2.0, epochs=20, seed=4)
    assert path.read_bytes() == tn.train(tn.Network.initial(seed=4), LINES, recipe).to_bytes()
    other = open_page()
    other.get_by_label("Open a recording").set_input_files(path)
    expect(other.get_by_label("Learning rate")).to_have_value("2")
    other.keyboard.press("Home")
    same_as(other, tn.load(path)[0])
    to_end(other)
    other.keyboard.press("ArrowLeft")
    same_as(other, tn.load(path)[-1])


@pytest.mark.parametrize("damage", ["truncated", "flipped", "foreign", "newer"])
def test_a_file_that_cannot_be_read_gives_a_message(open_page, tmp_path, damage):
    data = bytearray(RUN.to_bytes())
    if damage == "truncated":
        data = data[:5000]
    elif damage == "flipped":
        data[-9] ^= 64
    elif damage == "foreign":
        data = bytearray(b"GIF89a, not a recording at all")
    else:
        older = bytes(data)
        data = re.sub(rb'(\\"format\\": )\d', rb"\g<1>9", older)
        assert data != older
    path = tmp_path / "odd.safetensors"
    path.write_bytes(data)
    page = open_page()
    page.get_by_label("Open a recording").set_input_files(path)
    expect(page.get_by_role("alert")).to_contain_text(
        re.compile("odd.safetensors.*(damaged|not a recording|newer)")
    )
    expect(page.locator(".lab")).to_be_visible()


def fragment(state):
    """Write an address of the page by hand."""
    import base64

    return "#1." + base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")


def test_a_shared_address_restores_everything(open_page):
    page = open_page()
    page.get_by_role("slider", name="Step").fill("77")
    page.locator('[data-cell="layer1.bias[2]"]').click()
    page.get_by_label("Learning rate").fill("3")
    page.get_by_role("button", name="Branch at step 77").click()
    expect(page.locator(".at-timeline tbody tr")).to_have_count(2)
    page.get_by_role("button", name="gray", exact=True).click()
    page.get_by_role("slider", name="Step").fill("200")
    page.get_by_role("button", name="Tables").click()
    page.get_by_label("Sort by").select_option("gradient")
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("status").first).to_contain_text("The link is")
    settled(page)
    other = open_page(page.url.split("/")[-1])
    expect(other.locator(".at-timeline tbody tr")).to_have_count(2)
    expect(other.locator(".at-timeline")).to_contain_text("step 123 of 324")
    for area in ("picture", "network", "arithmetic", "timeline", "ledger", "world", "hidden"):
        expect(other.locator(f".at-{area}")).to_have_text(
            page.locator(f".at-{area}").inner_text(), use_inner_text=True
        )


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("#1.!!!!", "damaged"),
        ("#1.eyJzdGVwIjoxMD", "damaged"),
        ("#9.abc", "cannot read the address"),
        (fragment({"seed": -4}), "damaged. Its field seed"),
        (fragment({"colour": 1}), "colour"),
        (
            fragment({"recipe": {"learning_rate": -3}}),
            "Learning rate is -3. It must be above 0 and at most 1,000,000.",
        ),
        (fragment({"recipe": {"noise": "much"}}), "Noise is much. It must be at least 0 and below 10."),
        (fragment({"architecture": {"sizes": [4, 900, 2]}}), "parameters"),
        (fragment({"branches": [{"from": 0, "at": 9999}]}), "at most at step 400, the end of its run"),
    ],
)
def test_an_address_that_cannot_be_gives_a_message_and_the_plain_start(open_page, where, words):
    page = open_page(where, allowed=("400",))
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.locator(".at-timeline")).to_contain_text("step 0 of 400")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("Learning rate", "-1", "Learning rate is -1. It must be above 0 and at most 1,000,000."),
        ("Momentum", "2", "Momentum is 2. It must be at least 0 and below 1."),
        ("Noise", "10", "Noise is 10. It must be at least 0 and below 10."),
        ("Epochs", "", "Epochs is empty. It must be a whole number from 1 to 10,000,000."),
    ],
)
def test_a_mistake_in_the_recipe_is_said_and_the_run_stays(open_page, field, value, words):
    page = open_page(allowed=("400",))
    page.locator("details").evaluate_all("all => all.forEach(details => (details.open = true))")
    page.get_by_label(field).fill(value)
    page.get_by_role("button", name="Branch at step 0").click()
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.locator(".at-timeline")).to_contain_text("step 0 of 400")


def test_a_training_that_diverges_says_where(open_page):
    state = {
        "architecture": {"sizes": [4, 3, 2], "hidden": "identity", "output": "identity"},
        "recipe": {"learning_rate": 50},
    }
    page = open_page(fragment(state))
    expect(page.get_by_role("alert")).to_contain_text("The training stopped")


def test_without_its_server_the_network_stays_alive(browser):
    with laboratory.running() as address:
        page = browser.new_page()
        page.goto(address)
        page.locator(".lab").wait_for()
    page.get_by_role("button", name="Measure", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("server does not answer")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".at-timeline")).to_contain_text("step 1 of 400")
    page.get_by_role("spinbutton", name="Brightness of the top-left pixel").fill("0.5")
    page.get_by_label("Learning rate").fill("2")
    page.get_by_role("button", name="Branch at step 1").click()
    expect(page.locator(".at-timeline tbody tr")).to_have_count(2)
    page.get_by_role("spinbutton", name="Seed").fill("7")
    page.get_by_role("button", name="Train", exact=True).click()
    first = tn.Network.initial(seed=7).named()["layer1.weight[0,0]"]
    expect(page.locator('[data-cell="layer1.weight[0,0]"]')).to_contain_text(f"{abs(first):.2f}")
    page.context.close()


# --- by keyboard, for everyone -----------------------------------------------------------------------------------


def test_the_journey_by_keyboard_alone(open_page):
    page = open_page()

    def tab_to(locator):
        for _ in range(250):
            if locator.evaluate("element => element === document.activeElement"):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{locator} cannot be reached with Tab")

    tab_to(page.get_by_role("button", name="2 Nudge"))
    page.keyboard.press("Enter")
    tab_to(page.get_by_role("radio", name="yes"))
    page.keyboard.press("Space")
    tab_to(page.get_by_role("button", name="Reveal"))
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("Correct")
    tab_to(page.get_by_role("spinbutton", name="Brightness of the top-right pixel"))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("spinbutton", name="Brightness of the top-right pixel")).to_have_value("0.95")
    weight = page.locator('[data-cell="layer1.weight[1,3]"]')
    tab_to(weight)
    page.keyboard.press("Enter")
    expect(page.locator(".at-arithmetic")).to_contain_text(
        "weight from the bottom-right pixel to hidden node 1"
    )
    page.keyboard.press("Enter")
    page.keyboard.type("-1.5")
    page.keyboard.press("Enter")
    expect(weight).to_contain_text("−1.50")
    tab_to(page.get_by_role("slider", name="Step"))
    page.keyboard.press("ArrowRight")
    expect(page.locator(".at-timeline")).to_contain_text("step 1 of")
    tab_to(page.get_by_role("button", name="Tables"))
    page.keyboard.press("Enter")
    expect(page.locator(".at-world")).to_contain_text("Stress test")
    tab_to(page.get_by_role("button", name="Measure", exact=True))
    page.keyboard.press("Enter")
    page.locator("[data-verdict]").wait_for()
    page.keyboard.press("b")
    expect(page.locator(".at-timeline tbody tr")).to_have_count(3)
    tab_to(page.get_by_role("button", name="Save"))
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.path().stat().st_size > 1000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "where", ["", fragment({"step": 400, "chapter": "train", "branches": [{"from": 0, "at": 8}]})]
)
def test_axe_finds_no_violation(open_page, scheme, where):
    page = open_page(where, color_scheme=scheme)
    page.locator("details").evaluate_all("all => all.forEach(details => (details.open = true))")
    page.get_by_role("button", name="Measure", exact=True).click()
    page.locator("[data-verdict]").wait_for()
    settled(page)
    page.evaluate(laboratory.AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
    assert [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found] == []


@pytest.mark.parametrize("where", ["", fragment({"architecture": {"sizes": [9, 8, 4, 2]}, "grid": 3})])
def test_at_360_pixels_nothing_is_cut_off(open_page, where):
    page = open_page(where, viewport={"width": 360, "height": 740}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    cut = page.evaluate(
        """() => [...document.querySelectorAll("button, input:not(.unseen), select, td, p, h1, h2")]
        .filter(e => e.checkVisibility() && !e.closest(".scroll"))
        .filter(e => { const box = e.getBoundingClientRect(); return box.left < -0.5 || box.right > 360.5; })
        .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert cut == []


def test_reduced_motion_is_respected(open_page):
    page = open_page(reduced_motion="reduce")
    page.get_by_role("button", name="▶ Play").click()
    assert page.evaluate("document.getAnimations().length") == 0
    page.get_by_role("button", name="Pause").click()


def test_play_moves_and_pauses(open_page):
    page = open_page()
    page.get_by_label("Speed").select_option("2500")
    page.keyboard.press(" ")
    expect(page.locator(".at-timeline")).to_contain_text("step 400 of 400")
    expect(page.get_by_role("button", name="▶ Play")).to_be_visible()


def test_figures_and_tables_can_be_taken_away(open_page):
    page = open_page()
    drawing = saved(page, page.locator(".at-network").get_by_role("button", name="SVG")).path().read_text()
    assert "<svg" in drawing
    assert "var(--" not in drawing
    picture = saved(page, page.locator(".at-network").get_by_role("button", name="PNG")).path().read_bytes()
    assert picture.startswith(b"\x89PNG")
    settled(page)
    world = saved(page, page.locator(".at-world").get_by_role("button", name="CSV")).path().read_text()
    assert len(world.splitlines()) == 17


def test_the_page_is_small():
    import gzip

    files = [path for path in app.PAGE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 436_057  # TensorFlow Playground's
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) <= 200_000
