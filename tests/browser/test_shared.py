"""Open the page of a laboratory that has a token."""

import pytest
from playwright.sync_api import expect

import laboratory
from tinynet.lab.http.app import create_app

TOKEN = "a-token-of-the-class"


@pytest.fixture(scope="module")
def shared():
    with laboratory.running_server(app=create_app("0.0.0.0", TOKEN)) as address:
        yield address


def test_the_page_works_with_the_token_and_later_with_the_cookie(open_page, shared):
    page = open_page(f"?token={TOKEN}#1.", base=shared)
    for _ in range(2):
        page.get_by_role("button", name="Measure").first.click()
        expect(page.locator("[data-verdict]").first).to_contain_text("networks")
        page.goto(shared)  # without the token
        laboratory.wait_for_timers(page)


def test_the_page_without_the_token_is_an_error(open_page, shared):
    page = open_page("", base=shared, ready=False, allowed=("401",))
    expect(page.locator("body")).to_contain_text("the request has no valid token")
