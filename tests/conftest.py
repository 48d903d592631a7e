import json
import sys

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("tinynet", deadline=None, max_examples=40)
settings.load_profile("tinynet")

BY_FIXTURE = ("browser", "cluster", "notebook")  # markers of the tests that use the fixture of that name


def pytest_addoption(parser):
    parser.addoption("--write-golden", action="store_true", help="write the golden files again")
    parser.addoption(
        "--guard-pages", choices=("after", "before"), help="call kernels with arrays beside guard pages"
    )


def pytest_collection_modifyitems(items):
    """Mark each test by its fixtures, and by whether its module or its doctest uses PyTorch."""
    for item in items:
        for name in set(BY_FIXTURE) & set(item.fixturenames):
            item.add_marker(name)
        if uses_torch(item):
            item.add_marker("torch")


def uses_torch(item):
    if isinstance(item, pytest.DoctestItem):
        return any("torch" in example.source for example in item.dtest.examples)
    return not {"torch", "torch_twin"}.isdisjoint(vars(item.module))


class WithoutPyTorch:
    """Wrap an import finder and hide PyTorch."""

    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        return None if name == "torch" else self.finder.find_spec(name, path, target)


@pytest.fixture(autouse=True)
def _pytorch_is_hidden_without_its_marker(request, monkeypatch):
    if request.node.get_closest_marker("torch") is None:
        monkeypatch.delitem(sys.modules, "torch", raising=False)
        monkeypatch.setattr(sys, "meta_path", [WithoutPyTorch(finder) for finder in sys.meta_path])


@pytest.fixture(autouse=True)
def _floating_point_faults_raise():
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        yield


@pytest.fixture(autouse=True, scope="session")
def _arrays_lie_beside_guard_pages(request):
    side = request.config.getoption("--guard-pages")
    if side is None:
        yield
        return
    import guard_pages

    with guard_pages.guarded(side):
        yield


@pytest.fixture
def check_golden(request):
    """Compare numbers with a golden file, to the last bit; `--write-golden` writes the file first."""
    import golden

    def check(name, numbers):
        if request.config.getoption("--write-golden"):
            golden.write(name, numbers)
        assert json.loads(json.dumps(numbers)) == golden.read(name)

    return check


@pytest.fixture(scope="module")
def address():
    import laboratory
    from tinynet.lab.http import app

    assert (app.PAGE / "index.html").is_file(), "the page is not built. Run: make setup"
    with laboratory.running_server() as url:
        yield url


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import expect, sync_playwright

    import laboratory

    expect.set_options(timeout=laboratory.PATIENCE)

    with sync_playwright() as playwright:
        launched = laboratory.launch(playwright)
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser, address):
    """Open the page; fail on a console error or a request to another host."""
    import laboratory

    contexts, errors = [], []

    def opened(where="", *, ready=True, base=address, allowed=(), **settings):
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **settings})
        context.set_default_timeout(laboratory.PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and errors.append((message.text, allowed)))
        page.on("pageerror", lambda error: errors.append((str(error), ())))
        page.on("request", lambda request: is_foreign(request.url, base) and errors.append((request.url, ())))
        page.goto(base + where)
        if ready:
            page.locator(".lab").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not [text for text, allowed in errors if not any(word in text for word in allowed)]


@pytest.fixture
def open_file(browser, tmp_path):
    """Open recordings from disk, offline; fail on a console error or a request."""
    import laboratory

    contexts, errors = [], []

    def opened(*recordings, where="", names=None, title=None, **settings):
        path = tmp_path / f"page{len(contexts)}.html"
        recordings[0].to_html(path, *recordings[1:], names=names, title=title)
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **settings})
        context.set_default_timeout(laboratory.PATIENCE)
        context.set_offline(True)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console", lambda message: message.type in ("error", "warning") and errors.append(message.text)
        )
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "request",
            lambda request: request.url.startswith(("file:", "data:", "blob:")) or errors.append(request.url),
        )
        page.goto(path.as_uri() + where)
        page.locator(".lab").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


def is_foreign(url, base):
    return not url.startswith((base, "data:", "blob:"))


def pytest_terminal_summary(terminalreporter):
    import browsers

    if terminalreporter.config.getoption("--guard-pages"):
        import guard_pages

        terminalreporter.write_line(guard_pages.summary_line())

    for line in browsers.summary_lines(terminalreporter.stats):
        terminalreporter.write_line(line)
