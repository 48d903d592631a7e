"""Measure the laboratory's page in a browser, beside the intended limits.

    python benchmarks/page.py

Measures the time until the page is ready, the size of its files, and the time of a recording from the server. Also measures
the time to handle a scrub and a pixel drag, from the event to the new layout. Prints medians and 95th percentiles.
"""

import gzip
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import laboratory
import tinynet as tn
from tinynet.lab.http import app

VISITS, MOVES, REQUESTS = 10, 200, 50
PLAYGROUND = 436_057  # bytes of TensorFlow Playground's files, uncompressed

HANDLED = """async ([selector, values]) => {
  const input = document.querySelector(selector), times = [];
  for (const value of values) {
    await new Promise(requestAnimationFrame);
    const start = performance.now();
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
    await new Promise((done) => queueMicrotask(done));
    document.body.getBoundingClientRect();
    times.push(performance.now() - start);
  }
  return times;
}"""


def milliseconds(call: Callable[[], object], count: int) -> list[float]:
    """Return the milliseconds of `count` calls."""
    found = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        found.append(1e3 * (time.perf_counter() - start))
    return found


def p95(times: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(times, n=20)[-1]


def visit(page: Page, address: str) -> None:
    """Open the page and wait until every panel is visible."""
    page.goto("about:blank")
    page.goto(address)
    page.locator(".at-hidden").wait_for()


def measure(table: Table, page: Page, address: str) -> None:
    """Add the measurements and their limits to the table."""
    hosts: set[str] = set()
    page.on(
        "request",
        lambda request: hosts.add(request.url.split("/")[2]) if request.url.startswith("http") else None,
    )
    visit(page, address)
    table.add_row(
        "page ready, median",
        f"{statistics.median(milliseconds(lambda: visit(page, address), VISITS)):.0f} ms",
        "1000 ms",
    )
    scrub = page.evaluate(HANDLED, [".scrub", [(k * 37) % 400 for k in range(MOVES)]])
    table.add_row("scrub to another step, p95", f"{p95(scrub):.1f} ms", "16 ms")
    drag = page.evaluate(HANDLED, [".pixel input", [k / MOVES for k in range(MOVES)]])
    table.add_row("drag a pixel, p95", f"{p95(drag):.1f} ms", "16 ms")
    body = {"architecture": {"sizes": [4, 3, 2]}, "recipe": {}, "examples": tn.pictures.lines().to_json()}
    with httpx.Client(base_url=address) as client:
        times = milliseconds(lambda: client.post("api/recording", json=body).raise_for_status(), REQUESTS)
    table.add_row("recording of 400 steps, median", f"{statistics.median(times):.1f} ms", "10 ms")
    files = [path.read_bytes() for path in app.PAGE.rglob("*") if path.is_file()]
    table.add_row(
        "page files, compressed",
        f"{sum(len(gzip.compress(data)) for data in files):,} bytes",
        "200,000 bytes",
    )
    table.add_row("page files, uncompressed", f"{sum(map(len, files)):,} bytes", f"{PLAYGROUND:,} bytes")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.html"
        size = len(tn.train(tn.Network.initial(seed=0), tn.pictures.lines()).to_html(path).encode())
        ready = milliseconds(lambda: visit(page, path.as_uri()), VISITS)
    table.add_row("offline page ready, median", f"{statistics.median(ready):.0f} ms", "1000 ms")
    table.add_row("offline page, uncompressed", f"{size:,} bytes", "1,000,000 bytes")
    table.add_row("hosts of all requests", f"{len(hosts)}", "1")


if __name__ == "__main__":
    found = Table("measurement", "result", "limit")
    with laboratory.running_server() as where, sync_playwright() as playwright:
        browser = laboratory.launch(playwright)
        measure(found, browser.new_page(viewport={"width": 1440, "height": 900}), where)
        browser.close()
    Console().print(found)
