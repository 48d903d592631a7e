"""Compare the page's sheets and trainings with Python in each installed browser."""

import json
import queue
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import browsers

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
PATIENCE = 120  # seconds


class Handler(SimpleHTTPRequestHandler):
    """Serve a folder and put each posted JSON document into a queue."""

    def __init__(self, *arguments, sent, **options):
        self.sent = sent
        super().__init__(*arguments, **options)

    def do_POST(self):
        self.sent.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def serving(folder):
    """Serve a folder; yield its address and the queue of posted documents."""
    sent = queue.Queue()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder, sent=sent))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", sent
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build the script that compares the page with the golden files."""
    if not (WEB / "node_modules" / "vite").is_dir():
        pytest.skip("web/node_modules is missing. Run: make setup")
    folder = tmp_path_factory.mktemp("built")
    build = ["--config", "tests/browser.config.ts", "--outDir", folder, "--emptyOutDir", "--logLevel", "warn"]
    subprocess.run(
        [sys.executable, WEB / "npm.py", "run", "build", "--", *build], check=True, capture_output=True
    )
    shutil.copytree(ROOT / "tests" / "golden", folder / "golden")
    (folder / "index.html").write_text('<!doctype html><script type="module" src="browser.js"></script>')
    return folder


@pytest.mark.browser
@pytest.mark.parametrize("name", browsers.OPEN)
def test_sheets_and_trainings_equal_python_to_the_last_bit(name, built, tmp_path, record_property):
    with serving(built) as (address, sent):
        try:
            with browsers.OPEN[name](address, tmp_path) as version:
                record_property("browser", f"{name} {version}")
                found = sent.get(timeout=PATIENCE)
        except browsers.MissingError as missing:
            pytest.skip(str(missing))
    assert "error" not in found
    assert {result["name"]: result["different"] for result in found if result["different"]} == {}
    assert {"exp", "the sheet", "words", "every cell of watched training 1"} <= {
        result["name"] for result in found
    }
    assert sum(result["count"] for result in found) > 10_000
