"""A real server and a real browser for the tests of the page."""

import shutil
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from tinynet.lab.http import app as server
from tinynet.lab.http import serve

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 120_000  # milliseconds that the page has for anything: a busy machine fails no test
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def running(port=0):
    """Serve the laboratory in a thread; yield its address."""
    listening = serve.free_port("127.0.0.1", port)
    app = server.create_app()
    served = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=served.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not served.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        served.should_exit = True
        thread.join()
        app.state.workers.close()
        listening.close()


def rested(page):
    """Wait, by the page's own timers, until the page did what it does a moment later, such as writing its address."""
    page.evaluate(
        "async () => { for (let k = 0; k < 6; k++) await new Promise((go) => setTimeout(go, 100)); }"
    )


def browser_path():
    """Return the machine's Chromium or Chrome; None takes Playwright's own."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def launch(playwright):
    """Start the browser, or say what to install."""
    try:
        return playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
    except Exception as error:
        raise RuntimeError(
            "no Chromium was found for the tests of the page; install one (Debian: apt-get install chromium), "
            "or let Playwright download its own: .venv/bin/playwright install chromium"
        ) from error
