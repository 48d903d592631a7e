"""Test files, links and invalid input of the page in a real browser."""

import re

import pytest
from playwright.sync_api import expect

import laboratory
import tinynet as tn
from page_actions import assert_ledger_equals, download, fragment, go_to_end, wait_until_settled

LINES = tn.pictures.lines()
RUN = tn.train(tn.Network.initial(seed=0), LINES)


def test_a_saved_training_is_opened_unchanged(open_page, tmp_path):
    page = open_page(fragment({"seed": 4, "recipe": {"learning_rate": 2, "epochs": 20}}))
    path = tmp_path / "run.safetensors"
    download(page, page.get_by_role("button", name="Save")).save_as(path)
    recipe = tn.Recipe(learning_rate=2.0, epochs=20, seed=4)
    assert path.read_bytes() == tn.train(tn.Network.initial(seed=4), LINES, recipe).to_bytes()
    other = open_page()
    other.get_by_label("Open a recording").set_input_files(path)
    expect(other.get_by_label("Learning rate")).to_have_value("2")
    other.keyboard.press("Home")
    assert_ledger_equals(other, tn.load(path)[0])
    go_to_end(other)
    other.keyboard.press("ArrowLeft")
    assert_ledger_equals(other, tn.load(path)[-1])


@pytest.mark.parametrize("damage", ["truncated", "flipped", "foreign", "newer"])
def test_an_unreadable_file_shows_a_message(open_page, tmp_path, damage):
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


def test_a_shared_address_restores_the_page(open_page):
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
    wait_until_settled(page)
    other = open_page(page.url.split("/")[-1])
    expect(other.locator(".at-timeline tbody tr")).to_have_count(2)
    expect(other.locator(".at-timeline")).to_contain_text("step 200 of 401")
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
def test_an_invalid_address_shows_a_message_and_the_default_training(open_page, where, words):
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
def test_an_invalid_recipe_shows_a_message_and_keeps_the_run(open_page, field, value, words):
    page = open_page(allowed=("400",))
    page.locator("details").evaluate_all("all => all.forEach(details => (details.open = true))")
    page.get_by_label(field).fill(value)
    page.get_by_role("button", name="Branch at step 0").click()
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.locator(".at-timeline")).to_contain_text("step 0 of 400")


def test_a_diverging_training_shows_a_message(open_page):
    state = {
        "architecture": {"sizes": [4, 3, 2], "hidden": "identity", "output": "identity"},
        "recipe": {"learning_rate": 50},
    }
    page = open_page(fragment(state))
    expect(page.get_by_role("alert")).to_contain_text("The training stopped")


def test_the_page_trains_without_the_server(browser):
    with laboratory.running_server() as address:
        page = browser.new_page()
        page.goto(address)
        page.locator(".lab").wait_for()
    page.get_by_role("button", name="Measure", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("server does not respond")
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
