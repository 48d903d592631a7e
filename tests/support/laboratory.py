"""Start a server and a browser for the tests of the page."""

import shutil
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from tinynet.lab.http import app as server
from tinynet.lab.http import network, serve

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 120_000  # milliseconds; long, so that no test fails on a busy machine
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def running_server(port=0, app=None):
    """Serve the laboratory in a thread; yield its address."""
    listening = network.free_port("127.0.0.1", port)
    app = app or server.create_app()
    served = serve.make_server(app)
    thread = threading.Thread(target=served.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not served.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        served.should_exit = True
        thread.join()
        server.close(app)
        listening.close()


def wait_for_timers(page):
    """Wait for delayed actions of the page, such as writing its address."""
    page.evaluate(
        "async () => { for (let k = 0; k < 6; k++) await new Promise((go) => setTimeout(go, 100)); }"
    )


def browser_path():
    """Return the path of Chromium or Chrome; None selects Playwright's Chromium."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def launch(playwright):
    """Start the browser; if none is installed, the error has the command."""
    try:
        return playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
    except Exception as error:
        raise RuntimeError(
            "Chromium is not installed. Install it (Debian: apt-get install chromium), "
            "or download Playwright's Chromium: .venv/bin/playwright install chromium"
        ) from error
