"""Open a page in Chromium, Firefox and WebKit without a window.

Playwright drives Chromium. The Firefox and WebKit of a Linux distribution start with the address and an empty
profile. The page itself sends back its results.
"""

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

QUIET = {  # Firefox sends no request to another host
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.topsites.contile.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.prefetch-next": False,
    "services.settings.server": "data:,#",
    "toolkit.telemetry.enabled": False,
}


class MissingError(Exception):
    """The browser is not installed; the message names its package."""


@contextmanager
def chromium(address, _):
    """Open Chromium; yield its version."""
    from playwright.sync_api import sync_playwright

    import laboratory

    with sync_playwright() as playwright:
        try:
            browser = laboratory.launch(playwright)
        except RuntimeError as error:
            raise MissingError(str(error)) from error
        browser.new_page().goto(address)
        yield browser.version
        browser.close()


@contextmanager
def firefox(address, folder):
    """Open Firefox; yield its version."""
    program = shutil.which("firefox-esr")
    if program is None:
        raise MissingError("Firefox is not installed (Debian: apt-get install firefox-esr)")
    prefs = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in QUIET.items()]
    (folder / "user.js").write_text("\n".join(prefs))
    with started([program, "--headless", "--no-remote", "--profile", folder, address], {"HOME": str(folder)}):
        yield subprocess.check_output([program, "--version"], text=True).split()[-1]


@contextmanager
def webkit(address, folder):
    """Open WebKit's MiniBrowser on a Broadway display; yield its version."""
    programs, display = (
        sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")),
        shutil.which("broadwayd"),
    )
    if not programs or display is None:
        raise MissingError("WebKit is not installed (Debian: apt-get install webkit2gtk-driver libgtk-3-bin)")
    own = {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "GDK_BACKEND": "broadway",
        "BROADWAY_DISPLAY": ":1",
    }
    with started([display, "--unixsocket", folder / "http", ":1"], own) as output:
        assert output.readline().startswith("Listening")
        with started([programs[-1], "--private", address], own):
            version = [programs[-1], "--version"]
            yield subprocess.check_output(
                version, text=True, stderr=subprocess.DEVNULL, env=os.environ | own
            ).split()[-1]


OPEN = {"Chromium": chromium, "Firefox": firefox, "WebKit": webkit}


@contextmanager
def started(command, environment):
    """Run a program until the end of the block; yield its output."""
    process = subprocess.Popen(
        command,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process.stdout
    finally:
        process.terminate()
        process.communicate(timeout=60)


def summary_lines(stats):
    """Yield a line of pytest's summary for each browser."""
    for outcome in ("passed", "failed", "skipped"):
        for report in stats.get(outcome, []):
            if "test_engines.py" in report.nodeid:
                name = dict(report.user_properties).get("browser", report.nodeid.split("[")[-1][:-1])
                reason = f" ({report.longrepr[2].removeprefix('Skipped: ')})" if outcome == "skipped" else ""
                yield f"the golden numbers in {name}: {'the same bits' if outcome == 'passed' else outcome}{reason}"
