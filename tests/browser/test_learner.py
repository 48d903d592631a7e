"""Test the learner chapter, and trainings on pictures of a world, in a real browser."""

import re
from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import expect

import laboratory
import tinynet as tn
from page_actions import (
    assert_ledger_equals,
    cut_off,
    download,
    fragment,
    go_to_end,
    number,
    shown_pixels,
    wait_until_settled,
)
from tinynet import rng
from tinynet.data.world import World
from tinynet.evaluation import predictions
from tinynet.evaluation.bayes import posterior
from tinynet.evaluation.calibration import probability, reliability
from tinynet.evaluation.exam import Exam
from tinynet.experiments.ladder import RUNG, RUNGS, Ladder
from tinynet.lab.api import learner
from tinynet.story.chapters import confidence
from tinynet.story.rung_effects import sentence

GRAY = {"input": [0.5] * 4, "target": [0.5, 0.5]}
LEARNER = fragment({"chapter": "learner", "custom": GRAY})
WORLD = World(noise=0.15, doubt=0.6, labels="coin")
SOURCES = ("memorizer", "learner", "Bayes-optimal")


def outputs_of(picture):
    """Return the outputs of both networks and the Bayes-optimal outputs. -> name: (H, V)"""
    inputs = np.array([picture])
    found = {key: learner.network_of(key)(inputs)[0] for key in SOURCES[:2]}
    return found | {SOURCES[2]: posterior(World(), inputs)[0]}


def assert_outputs(page, picture):
    """Assert that the page shows Python's outputs and words for this picture."""
    for name, outputs in outputs_of(picture).items():
        card = page.locator(f'[data-who="{name}"]')
        expect(card.locator(".value").first).to_have_text(f"{100 * outputs[0]:.1f} %")
        expect(card.locator(".value").nth(1)).to_have_text(f"{100 * outputs[1]:.1f} %")
        gap = outputs[0] - outputs[1]
        expect(card.locator(".margin")).to_have_text(f"margin {abs(gap):.3f}")
        answer = "horizontal" if gap > 0 else "vertical"
        words = answer if abs(gap) >= predictions.UNSURE else f"{answer} (unsure)" if gap else "undecided"
        expect(card.locator(".pill")).to_have_text(words)


def pixels(page):
    return [float(box.input_value()) for box in page.locator(".learner .pixel input").all()]


def test_the_outputs_for_a_dragged_pixel_equal_python(open_page):
    page = open_page(LEARNER)
    assert_outputs(page, [0.5] * 4)
    box = page.locator(".learner .pixel").first.bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 8, box["y"] + 8 - 64, steps=5)
    page.mouse.up()
    assert pixels(page) == [0.9, 0.5, 0.5, 0.5]
    assert_outputs(page, [0.9, 0.5, 0.5, 0.5])
    page.get_by_role("group", name="Example pictures").get_by_role("button", name="Faint line").click()
    assert_outputs(page, [0.6, 0.6, 0.4, 0.4])
    assert shown_pixels(page) == ["0.6", "0.6", "0.4", "0.4"]  # the panel below shows the picture too
    page.get_by_role("button", name="Draw picture").click()
    drawn = World().examples(1, seed=0)
    assert pixels(page) == [round(value, 4) for value in drawn.inputs[0].tolist()]
    assert_outputs(page, drawn.inputs[0])
    expect(page.locator(".learner")).to_contain_text(f"Drawn: {drawn.names[0].removesuffix(' 0')}.")


def test_the_networks_compute_their_outputs_without_the_server(open_page):
    page = open_page(LEARNER, allowed=("ERR_FAILED",))
    assert_outputs(page, [0.5] * 4)
    page.route("**/api/bayes", lambda route: route.abort())
    page.locator(".learner").get_by_role("spinbutton", name="top-left").fill("0.9")
    page.locator(".learner").get_by_role("spinbutton", name="top-right").fill("0.7")
    page.keyboard.press("Enter")
    outputs = learner.network_of("memorizer")(np.array([0.9, 0.7, 0.5, 0.5]))
    expect(page.locator('[data-who="memorizer"] .value').first).to_have_text(f"{100 * outputs[0]:.1f} %")
    expect(page.locator('[data-who="Bayes-optimal"] .pill')).to_have_text("horizontal")


def test_maps_and_sliders_set_the_picture(open_page):
    page = open_page(LEARNER)
    for name in SOURCES:
        expect(page.locator(f'[data-map="{name}"]')).to_have_attribute(
            "aria-label", re.compile(r"\d+ % horizontal")
        )
    area = page.locator('[data-map="learner"]')
    box = area.bounding_box()
    at = {"x": box["width"] / 2, "y": box["height"] / 2 * (1 - 0.5 / 1.16)}  # half way to the top line
    area.click(position=at)
    assert pixels(page) == pytest.approx([0.75, 0.75, 0.25, 0.25], abs=0.011)
    assert_outputs(page, pixels(page))
    area.click(position={"x": 3, "y": 3})  # outside the map
    assert pixels(page) == pytest.approx([0.75, 0.75, 0.25, 0.25], abs=0.011)
    page.get_by_role("slider", name=re.compile("contrast of the columns")).fill("0.8")
    assert pixels(page) == pytest.approx([1.0, 0.2, 0.8, 0.0])
    assert_outputs(page, pixels(page))
    page.locator(".learner").get_by_role("spinbutton", name="top-right").fill("0.6")
    page.keyboard.press("Enter")
    expect(page.locator(".learner")).to_contain_text("The current picture is not on the map")


def test_the_colors_of_the_maps_show_the_predicted_class(open_page):
    page = open_page(LEARNER)
    for name, places in {"memorizer": [(0.5, 0.2), (0.5, 0.5)], "learner": [(0.2, 0.5), (0.5, 0.8)]}.items():
        expect(page.locator(f'[data-map="{name}"]')).to_have_attribute("aria-label", re.compile("%"))
        for across, down in places:
            red, _, blue, alpha = page.locator(f'[data-map="{name}"] canvas').evaluate(
                """(canvas, [x, y]) => [...canvas.getContext("2d").getImageData(
                x * canvas.width, y * canvas.height, 1, 1).data]""",
                [across, down],
            )
            rows, columns = 1 - 2 * down, 1 - 2 * across
            gap = learner.network_of(name)(
                0.5 + np.array([rows + columns, rows - columns, columns - rows, -rows - columns]) / 2
            )
            assert alpha == 255
            assert (red > blue) == (gap[0] > gap[1])


def test_results_of_a_rung_selected_by_keys_equal_python(open_page):
    page = open_page(LEARNER)
    page.get_by_label("Seeds per rung").select_option("64")
    ladder = Ladder(64, exam=Exam(count=confidence.EXAM_PICTURES))
    chart = page.get_by_role("slider", name="Ladder rung")
    chart.focus()
    for key in ("notebook", "high_rate"):
        found = ladder.standing(key)
        expect(page.locator("[data-sentence]")).to_have_text(sentence(ladder, key))
        shown = page.locator("[data-ladder] dd").all_inner_texts()
        assert number(shown[0]) == round(100 * found.n_failing_clean_lines / 64, 1)
        means = [found.means[name] for name in ("accuracy", "gray", "brier_ratio", "auroc")]
        assert shown[1:] == [*(f"{value:.3f}" for value in means), f"{found.passed}/64"]
        page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    expect(chart).to_have_attribute("aria-valuenow", str(len(RUNGS)))
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-ladder] h4")).to_contain_text(f"{len(RUNGS) - 1} of {len(RUNGS)} · four")
    page.get_by_role("button", name="◀ Previous").click()
    expect(page.locator("[data-ladder] h4")).to_contain_text("falling rate")
    expect(page.locator(".at-timeline")).to_contain_text("step 0 of 400")  # the keys moved the chart only
    page.get_by_role("button", name="Share").click()
    other = open_page(page.url.split("/")[-1])
    expect(other.locator("[data-ladder] h4")).to_contain_text("falling rate")


def test_the_measurement_of_all_rungs_can_be_cancelled(open_page):
    page = open_page(LEARNER)
    page.get_by_label("Seeds per rung").select_option("2048")
    # the page measures the selected rung after a delay; "Cancel" replaces the button during that time
    measured = page.locator("[data-ladder] .rung")
    expect(measured).to_contain_text("of 2,048 networks")
    page.get_by_role("button", name="Measure all").click()
    expect(page.locator("[data-ladder] progress")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_label("Seeds per rung").select_option("64")
    expect(measured).to_contain_text("of 64 networks")
    page.get_by_role("button", name="Measure all").click()
    page.get_by_text("Table of results").click()
    expect(page.locator("[data-ladder] tbody tr")).to_have_count(len(RUNGS))
    expect(page.get_by_role("button", name="Measure all")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_text("")


def test_reliability_and_exam_equal_python(open_page):
    page = open_page(LEARNER)
    exam = Exam()
    inputs, _, rows = World().draw(np.arange(exam.count), seed=0)
    outcomes = World().patterns.targets[rows, 0]
    page.get_by_text("Table of values", exact=True).click()
    for k, side in enumerate(SOURCES[:2]):
        network = learner.network_of(side)
        found = reliability(probability(network(inputs)), outcomes)
        filled = np.flatnonzero(found.count)
        lines = page.locator(f'[data-bins="{side}"] tbody tr')
        assert lines.count() == len(filled)
        for line, place in zip(lines.all(), filled, strict=True):
            cells = line.locator("td").all_inner_texts()
            assert cells[1] == f"{found.count[place]:,}"
            assert [number(cells[2]), number(cells[3])] == pytest.approx(
                [found.predicted[place], found.observed[place]], abs=5.1e-5
            )
        expect(page.locator(f'[data-reliability="{side}"] figcaption')).to_contain_text(f"{found.ece:.3f}")
        marks = page.locator("[data-exam] tbody tr").all()
        passed = ["✓" in row.locator("td").nth(k).inner_text() for row in marks]
        assert passed == exam.evaluate(network).met[0].tolist()


def test_the_network_of_a_rung_is_trained_in_the_panels_below(open_page):
    page = open_page(fragment({"chapter": "learner", "rung": "learner", "custom": GRAY, "seed": 2}))
    page.get_by_role("button", name="Train this network below").click()
    rung = RUNG["learner"]
    recipe = replace(rung.recipe, seed=2)
    run = tn.train(tn.Network.initial(rung.architecture, seed=2), World(), recipe)
    expect(page.locator(".at-timeline")).to_contain_text("of 100,000")
    expect(page.locator(".at-timeline")).not_to_contain_text("Training …")
    page.keyboard.press("End")
    expect(page.locator(".at-picture dd.value").first).to_have_text(
        f"{100 * run.final(np.full(4, 0.5))[0]:.1f} %"
    )
    expect(page.locator(".at-recipe")).to_contain_text(
        "Each step draws new pictures with noise 0.2 and 50 % ambiguous pictures."
    )


# --- trainings from a world ----------------------------------------------------------------------------------------


def world_run(**change):
    recipe = tn.Recipe(learning_rate=1.0, epochs=4, schedule="hold_then_decay", label_smoothing=0.05, seed=6)
    recipe = replace(recipe, **change)
    return tn.train(tn.Network.initial(seed=6), WORLD, recipe)


def open_recording(page, run, path):
    run.save(path)
    page.get_by_label("Open a recording").set_input_files(path)
    expect(page.locator(".at-timeline")).to_contain_text(f"step {len(run)} of {len(run)}")


@pytest.mark.parametrize("batch", [1, 7])
def test_pictures_and_steps_of_a_world_recording_equal_python(open_page, tmp_path, batch):
    run, page = world_run(batch_size=batch), open_page()
    open_recording(page, run, tmp_path / "world.safetensors")
    expect(page.get_by_role("alert")).to_have_text("")  # the replay equals the recording
    for step in (0, 1, len(run) // 2, len(run) - 1):
        page.get_by_role("slider", name="Step", exact=True).fill(str(step))
        names = run[step].names
        heading = ", ".join(names[:3]) + f" and {len(names) - 3} more" if len(names) > 4 else ", ".join(names)
        expect(page.locator(".at-picture h2")).to_have_text(f"Picture · {heading}", ignore_case=True)
        shown = run[step].batch.inputs[0]
        assert [float(text) for text in shown_pixels(page)] == pytest.approx(shown.tolist(), abs=5.1e-5)
        assert_ledger_equals(page, run[step])
    path = tmp_path / "again.safetensors"
    download(page, page.get_by_role("button", name="Save")).save_as(path)
    assert path.read_bytes() == run.to_bytes()


def test_the_address_and_the_saved_file_keep_the_world(open_page, tmp_path):
    run, page = world_run(), open_page()
    open_recording(page, run, tmp_path / "world.safetensors")
    page.get_by_role("button", name="Share").click()
    other = open_page(page.url.split("/")[-1])
    wait_until_settled(other)
    assert shown_pixels(other) == shown_pixels(page)
    path = tmp_path / "again.safetensors"
    download(other, other.get_by_role("button", name="Save")).save_as(path)
    again = tn.load(path)
    assert again.world == WORLD
    assert again.parameters.tobytes() == run.parameters.tobytes()


def test_a_branch_keeps_the_world_chosen_in_the_recipe(open_page):
    page = open_page(fragment({"seed": 5}))
    page.get_by_role("combobox", name="Pictures", exact=True).select_option("world")
    page.get_by_label("World noise").fill("0.3")
    page.get_by_label("Ambiguous fraction").fill("0.25")
    page.get_by_label("Epochs").fill("3")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".at-timeline")).to_contain_text("step 0 of 300")
    world = World(noise=0.3, doubt=0.25)
    run = tn.train(tn.Network.initial(seed=5), world, tn.Recipe(epochs=3, seed=5))
    assert_ledger_equals(page, run[0])
    page.get_by_role("slider", name="Step", exact=True).fill("100")
    page.get_by_label("Learning rate").fill("2")
    page.get_by_role("button", name="Branch at step 100").click()
    expect(page.locator(".at-timeline tbody tr")).to_have_count(2)
    go_to_end(page)
    page.keyboard.press("ArrowLeft")
    branch = tn.train(run[100].network, world, tn.Recipe(epochs=2, learning_rate=2.0, seed=5))
    assert_ledger_equals(page, branch[-1])
    page.get_by_role("combobox", name="Pictures", exact=True).select_option("2")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".at-timeline")).to_contain_text(
        "step 0 of 12"
    )  # the epochs of the training, not of the branch


def test_many_seeds_are_trained_on_a_world(open_page):
    page = open_page(fragment({"world": WORLD.to_json(), "recipe": {"learning_rate": 1, "epochs": 20}}))
    page.get_by_label("Number of seeds").select_option("1000")
    page.get_by_role("button", name="Measure", exact=True).click()
    trained = tn.population(tn.Recipe(learning_rate=1.0, epochs=20), 1000, examples=WORLD)
    found = trained.fraction(trained.all_right, "get all 4 pictures right")
    expect(page.locator("[data-verdict]")).to_have_text(str(found))


def test_an_early_stopped_training_is_opened_and_saved_unchanged(open_page, tmp_path):
    validation = WORLD.examples(50, seed=6, stream=rng.VALIDATION)
    recipe = tn.Recipe(learning_rate=5.0, epochs=200, patience=2, seed=6)
    run = tn.train(tn.Network.initial(seed=6), tn.pictures.lines(), recipe, validation=validation)
    assert len(run) < 800
    page, path = open_page(), tmp_path / "early.safetensors"
    open_recording(page, run, path)
    expect(page.get_by_role("alert")).to_have_text("")
    expect(page.locator(".at-timeline")).to_contain_text(f"stopped early, after step {len(run)} of 800")
    page.keyboard.press("ArrowLeft")
    assert_ledger_equals(page, run[-1])
    again = tmp_path / "again.safetensors"
    download(page, page.get_by_role("button", name="Save")).save_as(again)
    assert again.read_bytes() == path.read_bytes()
    page.get_by_role("button", name="Share").click()
    other = open_page(page.url.split("/")[-1])
    expect(other.locator(".at-timeline")).to_contain_text(f"of {len(run)} ")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_role("alert")).to_contain_text("Open its recording again to save it")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"world": {"noise": -1}}, "damaged. Its field world"),
        ({"world": World(n=3).to_json()}, "damaged. Its field world"),
        (
            {"world": WORLD.to_json(), "recipe": {"noise": 0.1}},
            "A world has its own order, noise and augmentation.",
        ),
        ({"ends": -1}, "damaged. Its field ends"),
    ],
)
def test_an_address_with_an_invalid_world_shows_a_message(open_page, state, words):
    page = open_page(fragment(state))
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.locator(".at-timeline")).to_contain_text("step 0 of 400")


# --- accessibility -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(open_page, scheme):
    page = open_page(LEARNER, color_scheme=scheme)
    page.get_by_label("Seeds per rung").select_option("64")
    page.locator("[data-sentence]").wait_for()
    page.locator("details").evaluate_all("all => all.forEach(details => (details.open = true))")
    assert_outputs(page, [0.5] * 4)
    wait_until_settled(page)
    page.evaluate(laboratory.AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
    assert [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found] == []


def test_nothing_is_cut_off_at_360_pixels(open_page):
    page = open_page(LEARNER, viewport={"width": 360, "height": 740}, has_touch=True)
    page.locator("[data-exam]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert cut_off(page, ".learner :is(button, input, select, p, h2, h3, svg, canvas, dd)") == []


def test_the_chapter_works_with_the_keyboard_alone(open_page):
    page = open_page(LEARNER)
    page.locator("[data-exam]").wait_for()

    def tab_to(locator):
        for _ in range(80):
            if locator.evaluate("element => element === document.activeElement"):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{locator} cannot be reached with Tab")

    tab_to(page.locator(".learner").get_by_role("spinbutton", name="top-left"))
    page.keyboard.press("ArrowUp")
    assert_outputs(page, [0.55, 0.5, 0.5, 0.5])
    tab_to(page.get_by_role("button", name="Diagonal", exact=True))
    page.keyboard.press("Enter")
    assert_outputs(page, [0, 1, 1, 0])
    tab_to(page.get_by_role("slider", name=re.compile("contrast of the rows")))
    page.keyboard.press("ArrowRight")
    assert pixels(page) == pytest.approx([0.525, 0.525, 0.475, 0.475])
    tab_to(page.get_by_role("slider", name="Ladder rung"))
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-ladder] h4")).to_contain_text(f"2 of {len(RUNGS)}")
