"""Test the widget in a real JupyterLab, and its picture in exports of nbconvert."""

import re

import nbformat
import pytest
from playwright.sync_api import expect

import laboratory
import notebook_server
from page_actions import TIMELINE

pytestmark = pytest.mark.notebook
RUN = """import tinynet as tn
run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(learning_rate=5.0))
w = run.widget()
w"""
SHOW = RUN.replace("w = run.widget()\nw", "run")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder, home = (tmp_path_factory.mktemp(name) for name in ("notebooks", "home"))
    notebook_server.write(
        folder / "live.ipynb", RUN, "print(w.step, w.cell)", "w.step, w.cell = 5, 'layer2.bias[1]'"
    )
    notebook_server.write(folder / "stopped.ipynb", SHOW)
    with notebook_server.jupyterlab(folder, home) as found:
        yield found


class Tab:
    """A notebook in JupyterLab."""

    def __init__(self, page):
        self.page = page
        self.cells = page.locator(".jp-Notebook .jp-CodeCell")
        self.lab = self.cells.first.locator(".tinynet")
        self.timeline = self.lab.get_by_role("heading", name=TIMELINE)
        self.picture = self.cells.first.locator("img[alt*='4-3-2 network, seed 0']")

    def run(self, cell):
        self.cells.nth(cell).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def command(self, name, **given):
        self.page.evaluate("([name, given]) => jupyterapp.commands.execute(name, given)", [name, given])

    def color(self):
        return self.lab.evaluate("element => getComputedStyle(element).backgroundColor")


@pytest.fixture(scope="module")
def opened(browser, address):
    tabs, errors = [], []

    def opened(name, run=True):
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(laboratory.PATIENCE)
        module_url = "blob:"  # widget modules are loaded from a blob; errors of JupyterLab are ignored
        page.on("pageerror", lambda error: module_url in error.stack and errors.append(error.stack))
        page.goto(address(name))
        page.get_by_text("| Idle").wait_for()
        tab = Tab(page)
        tabs.append(tab)
        if run:
            tab.run(0)
            tab.lab.locator(".lab").wait_for()
            tab.picture.wait_for(state="attached")  # the last output of the cell
        return tab

    yield opened
    for tab in tabs:
        tab.page.close()
    assert errors == []


@pytest.fixture(scope="module")
def live(opened):
    return opened("live.ipynb")


def test_a_click_sets_the_step_and_cell_in_python(live):
    expect(live.timeline).to_contain_text("step 400 of 400")
    live.lab.locator('.at-network [data-cell="layer1.weight[0,2]"]').click()
    live.timeline.click()
    live.page.keyboard.press("ArrowLeft")
    expect(live.timeline).to_contain_text("step 399 of 400")
    laboratory.wait_for_timers(live.page)
    live.run(1)
    expect(live.cells.nth(1)).to_contain_text("399 layer1.weight[0,2]")


def test_python_sets_the_step_and_cell_of_the_page(live):
    live.run(2)
    expect(live.timeline).to_contain_text("step 5 of 400")
    expect(live.lab.locator('[data-opened="layer2.bias[1]"]')).to_be_visible()


def test_the_page_handles_keys_only_while_it_has_the_focus(live):
    live.timeline.click()
    live.page.keyboard.press("b")  # creates a branch in the page, or inserts a cell in JupyterLab
    expect(live.lab.get_by_role("button", name="branch 1", exact=True)).to_be_visible()
    live.lab.get_by_label("Learning rate").press_sequentially(
        "dd"
    )  # outside the page the keys delete the cell
    expect(live.cells).to_have_count(3)
    live.page.keyboard.press("Escape")
    live.page.keyboard.press("b")
    expect(live.cells).to_have_count(4)


def test_the_page_replaces_the_picture(live):
    expect(live.picture).to_be_hidden()
    tall = live.cells.first.locator(".jp-OutputArea").first.evaluate("area => area.offsetHeight")
    page = live.cells.first.locator(".jp-OutputArea-child").first.evaluate("output => output.offsetHeight")
    assert 400 < page <= tall <= page + 4


def test_the_page_uses_the_theme_of_the_notebook(live):
    light = live.color()
    live.command("apputils:change-theme", theme="JupyterLab Dark")
    live.page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")
    expect(live.lab).to_have_css("background-color", "rgb(20, 22, 27)")
    live.command("apputils:change-theme", theme="JupyterLab Light")
    expect(live.lab).to_have_css("background-color", light)


def test_the_kernel_trains_many_seeds_for_the_page(live):
    seeds = live.lab.locator(".at-many-seeds")
    seeds.get_by_role("button", name="Measure", exact=True).click()
    expect(seeds).to_contain_text(re.compile("of 10,000 networks get all 4 pictures right"))


def test_the_page_works_without_its_kernel_and_shows_a_message(opened):
    stopped = opened("stopped.ipynb")
    stopped.command("docmanager:save")
    stopped.command("kernelmenu:shutdown")
    stopped.page.get_by_text("No Kernel", exact=True).wait_for()
    stopped.lab.get_by_role("button", name="Measure", exact=True).click()
    expect(stopped.lab.get_by_role("alert").first).to_contain_text(
        "Python does not respond. The notebook's kernel has stopped."
    )
    stopped.timeline.click()
    stopped.page.keyboard.press("Home")
    expect(stopped.timeline).to_contain_text("step 0 of 400")
    again = opened("stopped.ipynb", run=False)  # with a new kernel, which has no widget
    expect(again.picture).to_be_visible()


@pytest.fixture(scope="module")
def executed():
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code) for code in (SHOW, "run.initial")]
    )
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    return notebook


@pytest.mark.filterwarnings("default")  # nbconvert gives warnings
@pytest.mark.parametrize("state", [True, False], ids=["with widget state", "without widget state"])
def test_html_from_nbconvert_shows_pictures_and_a_table(executed, state, browser, tmp_path):
    from nbconvert import HTMLExporter

    notebook = nbformat.from_dict(executed)
    assert "widgets" in notebook.metadata
    if not state:
        del notebook.metadata["widgets"]
    (tmp_path / "notebook.html").write_text(HTMLExporter().from_notebook_node(notebook)[0])
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((tmp_path / "notebook.html").as_uri(), wait_until="domcontentloaded")
    for text in ("4-3-2 network, seed 0, after 400 steps", "4-3-2 network, seed 0: 23 parameters."):
        picture = page.locator(f"img[alt*='{text}']")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.naturalWidth") > 600
    expect(page.get_by_role("cell", name="80.7 %")).to_be_visible()
    context.close()


@pytest.mark.filterwarnings("default")
def test_markdown_from_nbconvert_contains_the_table(executed):
    from nbconvert import MarkdownExporter

    text = MarkdownExporter().from_notebook_node(executed)[0]
    assert "4-3-2 network, seed 0, after 400 steps: the training loss went from" in text
    assert "80.7 %" in text
