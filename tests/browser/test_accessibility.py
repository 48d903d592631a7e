"""Test the page with the keyboard, on a small screen, in both themes and with axe."""

import re

import pytest
from playwright.sync_api import expect

import laboratory
import tinynet as tn
from page_actions import cut_off, download, fragment, wait_until_settled
from tinynet.lab.http import app

LINES = tn.pictures.lines()
RUN = tn.train(tn.Network.initial(seed=0), LINES)


def test_a_journey_works_with_the_keyboard_alone(open_page):
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
    wait_until_settled(page)
    page.evaluate(laboratory.AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
    assert [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found] == []


def test_a_refused_value_is_marked_in_its_field(open_page):
    page = open_page(allowed=("400",))
    rate = page.get_by_label("Learning rate")
    rate.fill("-1")
    rate.press("Enter")
    expect(rate).to_have_attribute("aria-invalid", "true")
    expect(rate).to_have_accessible_description(
        "Learning rate is -1. It must be above 0 and at most 1,000,000."
    )
    expect(rate).to_be_focused()
    page.evaluate(laboratory.AXE.read_text())
    assert page.evaluate("axe.run('.at-recipe').then(found => found.violations.map(({id}) => id))") == []
    rate.fill("0.5")
    expect(rate).not_to_have_attribute("aria-invalid", "true")
    page.locator("summary", has_text="More settings").click()
    nesterov = page.get_by_label("Nesterov")
    nesterov.check()
    page.locator("summary", has_text="More settings").click()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(nesterov).to_have_attribute("aria-invalid", "true")
    expect(nesterov).to_have_accessible_description(re.compile("^Nesterov is on and momentum is 0"))
    expect(nesterov).to_be_focused()
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator("[aria-invalid]")).to_have_count(0)


@pytest.mark.parametrize("where", ["", fragment({"architecture": {"sizes": [9, 8, 4, 2]}, "grid": 3})])
def test_nothing_is_cut_off_at_360_pixels(open_page, where):
    page = open_page(where, viewport={"width": 360, "height": 740}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert cut_off(page) == []


def test_reduced_motion_stops_all_animations(open_page):
    page = open_page(reduced_motion="reduce")
    page.get_by_role("button", name="▶ Play").click()
    assert page.evaluate("document.getAnimations().length") == 0
    page.get_by_role("button", name="Pause").click()


def test_play_stops_at_the_last_step(open_page):
    page = open_page()
    page.get_by_label("Speed").select_option("2500")
    page.keyboard.press(" ")
    expect(page.locator(".at-timeline")).to_contain_text("step 400 of 400")
    expect(page.get_by_role("button", name="▶ Play")).to_be_visible()


def test_figures_and_tables_are_saved_as_files(open_page):
    page = open_page()
    drawing = download(page, page.locator(".at-network").get_by_role("button", name="SVG")).path().read_text()
    assert 'paint-order="stroke"' in drawing  # without it, the outline of a bare number hides the number
    assert "<svg" in drawing
    assert "var(--" not in drawing
    picture = (
        download(page, page.locator(".at-network").get_by_role("button", name="PNG")).path().read_bytes()
    )
    assert picture.startswith(b"\x89PNG")
    wait_until_settled(page)
    world = download(page, page.locator(".at-world").get_by_role("button", name="CSV")).path().read_text()
    assert len(world.splitlines()) == 17


def test_the_page_has_at_most_200_kb_compressed():
    import gzip

    files = [path for path in app.PAGE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 436_057  # the size of TensorFlow Playground
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) <= 200_000
