"""Test the laboratory embedded in another page, in a shadow root beside the styles of that page."""

import pytest
from playwright.sync_api import expect

import laboratory
from page_actions import TIMELINE

NOTEBOOK = """<!doctype html><html lang="en"><title>a notebook</title>
<main><h1>Another page</h1><button id="outside">a button</button><div id="guest"></div></main>"""
MOUNT = """async (width) => {
  const { mountLab, http, guest } = await import("./lab.js");
  const place = document.querySelector("#guest");
  place.style.width = `${width}px`;
  window.seen = [];
  const host = { ...guest, moved: (step, cell) => window.seen.push([step, cell]) };
  window.mounted = mountLab(place.attachShadow({ mode: "open" }), { api: http, host });
}"""


@pytest.fixture
def embedded(open_page):
    def mount(width=1200):
        page = open_page("", ready=False)
        page.route("**/notebook", lambda route: route.fulfill(body=NOTEBOOK, content_type="text/html"))
        page.goto(page.url + "notebook")
        page.evaluate(MOUNT, width)
        page.locator("#guest .lab").wait_for()
        return page

    return mount


def test_an_embedded_page_does_not_change_the_outer_page(embedded):
    page = embedded()
    plain = page.evaluate("getComputedStyle(document.querySelector('#outside')).borderRadius")
    inside = page.evaluate("getComputedStyle(guest.shadowRoot.querySelector('button.primary')).borderRadius")
    assert (plain, inside != plain) == ("0px", True)
    assert page.evaluate("location.hash + document.documentElement.dataset.theme") == "undefined"
    page.locator("#outside").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text("step 0 of 400")


def test_an_embedded_page_handles_its_own_keys_and_theme(embedded):
    page = embedded()
    page.get_by_role("heading", name=TIMELINE).click()
    page.keyboard.press("End")
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text("step 400 of 400")
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Theme").click()
    assert page.evaluate("guest.dataset.theme") == "dark"
    assert (
        page.evaluate("getComputedStyle(guest.shadowRoot.querySelector('.tinynet')).backgroundColor")
        == "rgb(20, 22, 27)"
    )


def test_step_and_cell_are_synchronized_with_the_host(embedded):
    page = embedded()
    page.evaluate("mounted.goto(137); mounted.open('layer2.bias[1]'); mounted.open('no such cell')")
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text("step 137 of 400")
    expect(page.locator('[data-opened="layer2.bias[1]"]')).to_be_visible()
    page.locator('[data-cell="layer1.weight[0,2]"]').click()
    page.get_by_role("heading", name=TIMELINE).click()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("JSON.stringify(seen.at(-1)) === '[138,\"layer1.weight[0,2]\"]'")


def test_a_narrow_embedded_page_has_one_column(embedded):
    page = embedded(width=380)
    columns = page.evaluate("getComputedStyle(guest.shadowRoot.querySelector('.lab')).gridTemplateColumns")
    assert len(columns.split()) == 1
    assert page.evaluate("guest.scrollWidth") <= 380
    page.evaluate("mounted.destroy()")
    expect(page.locator("#guest .lab")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_in_an_embedded_page(embedded, scheme):
    page = embedded()
    page.emulate_media(color_scheme=scheme)
    page.evaluate(laboratory.AXE.read_text())
    found = page.evaluate("axe.run(guest, {resultTypes: ['violations']}).then(found => found.violations)")
    assert [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found] == []
