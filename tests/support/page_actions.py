"""Read and operate the page in a browser."""

import base64
import csv
import io
import json
import re

from playwright.sync_api import expect

TIMELINE = re.compile("^Timeline")


def number(text):
    return float(text.replace("−", "-").replace("+", "").replace("%", "").strip())


def go_to_end(page):
    page.keyboard.press("End")
    expect(page.get_by_role("heading", name=TIMELINE)).to_contain_text(re.compile(r"step ([\d,]+) of \1 "))


def wait_until_settled(page):
    """Wait until the lower panels show the current step."""
    page.locator(".lab[aria-busy=false]").wait_for()


def ledger_rows(page):
    """Return the four shown numbers of each row of the ledger."""
    wait_until_settled(page)
    return [
        row.split("\t")[1:]
        for row in page.locator(".at-ledger tbody").inner_text().split("\n")
        if "\t" in row
    ]


def download(page, button):
    with page.expect_download() as waiting:
        button.click()
    return waiting.value


def ledger_csv(page):
    wait_until_settled(page)
    path = download(page, page.locator(".at-ledger").get_by_role("button", name="CSV")).path()
    return list(csv.DictReader(io.StringIO(path.read_text())))


def assert_ledger_equals(page, moment):
    """Assert that the exported ledger equals this step, to the last bit."""
    rows = ledger_csv(page)
    assert [row["parameter"] for row in rows] == list(moment.network.architecture.parameter_names)
    for row, expected in zip(rows, moment.ledger(), strict=True):
        for key in ("before", "gradient", "change", "after"):
            assert float(row[key]) == getattr(expected, key)


def cut_off(page, elements="button, input:not(.unseen), select, td, p, h1, h2"):
    """Return the visible elements that reach beyond the sides of the page."""
    return page.evaluate(
        """elements => [...document.querySelectorAll(elements)]
        .filter(e => e.checkVisibility() && !e.closest(".scroll"))
        .filter(e => { const box = e.getBoundingClientRect(); return box.left < -0.5 || box.right > innerWidth + 0.5; })
        .map(e => e.outerHTML.slice(0, 120))""",
        elements,
    )


def shown_pixels(page):
    return [pixel.input_value() for pixel in page.locator(".at-picture .pixel input").all()]


def format_pixels(picture):
    return [f"{value:.4f}".rstrip("0").rstrip(".") for value in picture]


def fragment(state):
    """Return the address fragment of a state."""
    return "#1." + base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")


def go_to_step(page, step):
    page.get_by_role("slider", name="Step").fill(str(step))


def training_rows(page):
    return page.locator(".at-timeline tbody tr")


def drop_file(page, name, text):
    transfer = page.evaluate_handle(
        "([name, text]) => { const d = new DataTransfer(); d.items.add(new File([text], name)); return d; }",
        [name, text],
    )
    page.dispatch_event(".lab", "drop", {"dataTransfer": transfer})
