"""Test the widget with a real kernel, and the static picture."""

import base64
import io
import json
import re
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import traitlets

import tinynet as tn
from tinynet.core import notation
from tinynet.errors import TinyNetError
from tinynet.lab.api import chapters, learner, requests, sheets
from tinynet.lab.notebook import display, messages, snapshot
from tinynet.lab.notebook.widget import VIEW_TYPE
from watched_recordings import recordings

LINES = tn.pictures.lines()
PLAIN = {"sizes": [4, 3, 2]}
EXPERIMENT = {"architecture": PLAIN, "recipe": {"epochs": 2}, "examples": LINES.to_json()}
POPULATION = EXPERIMENT | {"inputs": [0.5] * 4, "networks": 500}
ENDLESS = POPULATION | {"networks": 1_000_000, "recipe": {"epochs": 2000}}
RUN = """
import tinynet as tn
run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=3))
w = run.widget()
"""


@pytest.fixture(scope="module")
def run():
    return tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=3))


class Notebook:
    """Run cells in a kernel; send and receive the messages of a widget."""

    def __init__(self, client):
        self.client, self.comms = client, {}

    def cell(self, code):
        """Run a cell. Return its printed text and its outputs."""
        request, printed, outputs = self.client.execute(code), "", []
        for message in self.messages():
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "comm_open":
                self.comms[content["comm_id"]] = content["data"]["state"]
            elif kind == "stream":
                printed += content["text"]
            elif kind in ("display_data", "execute_result"):
                outputs.append(content["data"])
            elif kind == "error":
                printed += f"{content['ename']}: {content['evalue']}"
            elif kind == "status" and content["execution_state"] == "idle":
                return printed, outputs
        raise AssertionError

    def messages(self, patience=600):
        while True:
            yield self.client.get_iopub_msg(timeout=patience)

    def send(self, comm, data):
        message = self.client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        self.client.shell_channel.send(message)

    def request(self, comm, what, body=None):
        """Send a request of the page. Return (result or error, buffers, progress)."""
        self.send(comm, {"method": "custom", "content": {"id": what, "request": what, "body": body}})
        progress = []
        for message in self.messages():
            data = message["content"].get("data", {})
            if message["msg_type"] != "comm_msg" or data.get("content", {}).get("id") != what:
                continue
            content = data["content"]
            if "done" not in content:
                return content.get("result", content.get("error")), message["buffers"], progress
            progress.append((content["done"], content["total"]))
        raise AssertionError


@pytest.fixture(scope="module")
def notebook():
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    yield Notebook(client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def comm(notebook):
    """Return the id of the widget's comm."""
    printed, outputs = notebook.cell(RUN + "w")
    assert printed == ""
    found = outputs[0][VIEW_TYPE]["model_id"]
    assert found == notebook.comms[found]["model"]
    assert f"tinynet-{found}" in outputs[1]["text/html"]  # the picture that the page hides
    return found


def test_step_and_cell_of_a_widget_are_synchronized(notebook, comm):
    state = notebook.comms[comm]
    assert (state["step"], state["cell"]) == (12, "layer1.weight[0,0]")
    notebook.cell("seen = []; w.observe(lambda change: seen.append(change.new), ['step', 'cell'])")
    notebook.send(comm, {"method": "update", "state": {"step": 7, "cell": "layer2.bias[1]"}})
    assert notebook.cell("print(w.step, w.cell, sorted(seen, key=str))") == (
        "7 layer2.bias[1] [7, 'layer2.bias[1]']\n",
        [],
    )
    notebook.client.execute("w.step = 5")
    updates = (m["content"]["data"] for m in notebook.messages() if m["msg_type"] == "comm_msg")
    assert next(data["state"] for data in updates if data["method"] == "update") == {"step": 5}


@pytest.mark.parametrize(
    ("what", "body", "expected"),
    [
        ("about", None, chapters.about),
        ("pictures", 3, lambda: sheets.picture_sets(3)),
        ("initial_parameters", {"architecture": PLAIN, "first_seed": 5, "count": 2},
         lambda: sheets.initial_parameters(requests.InitialParametersRequest(tn.Architecture(), 5, 2))),
        ("sheet", {"architecture": PLAIN, "recipe": {"loss": "bce"}},
         lambda: sheets.sheet(requests.SheetRequest(tn.Architecture(), tn.Recipe(loss="bce")))),
        ("bayes", {"pictures": [[1, 1, 0, 0]]}, lambda: learner.bayes(learner.BayesRequest([[1, 1, 0, 0]]))),
        ("story", {"chapter": "look"}, lambda: chapters.chapter(chapters.StoryRequest("look"))),
    ],
)  # fmt: skip
@pytest.mark.torch  # a chapter names the version of PyTorch
def test_the_kernel_and_the_server_return_equal_results(notebook, comm, what, body, expected):
    result, _, heard = notebook.request(comm, what, body)
    assert result == json.loads(json.dumps(expected()))
    assert heard[0] == (0, 0)  # the kernel confirms the request at once


def test_the_kernel_trains_and_sends_bytes(notebook, comm, run):
    result, (sent,), _ = notebook.request(comm, "recording", EXPERIMENT | {"recipe": run.recipe.to_json()})
    assert result is None
    assert bytes(sent) == run.to_bytes()


def test_the_kernel_runs_pytorch_and_populations(notebook, comm):
    result, _, _ = notebook.request(comm, "check", EXPERIMENT)
    assert result["cells"]["loss"] == pytest.approx(
        tn.nudge(tn.Network.initial(seed=0), LINES).loss, abs=1e-12
    )
    result, _, _ = notebook.request(comm, "population", POPULATION)
    assert result["networks"] == 500
    assert re.search("of 500 networks get all 4 pictures right", result["verdicts"]["all_right"]["sentence"])


@pytest.mark.parametrize(
    ("what", "body", "sentence"),
    [
        ("sheet", {"architecture": PLAIN, "recipe": {"rate": 1}}, "a recipe has no field 'rate'"),
        (
            "sheet",
            {"architecture": {"sizes": [4, 900, 2]}, "recipe": {}},
            "The page shows networks of up to 2,000",
        ),
        ("bayes", {"pictures": "none"}, "the field 'pictures' of the request is invalid. It must be a list."),
        ("weather", None, "request is 'weather'. It must be one of 'about', 'pictures'"),
    ],
)
def test_an_invalid_request_is_an_error_message(notebook, comm, what, body, sentence):
    assert sentence in notebook.request(comm, what, body)[0]


def test_a_long_request_does_not_block_cells_and_can_be_cancelled(notebook, comm):
    notebook.send(
        comm, {"method": "custom", "content": {"id": "long", "request": "population", "body": ENDLESS}}
    )
    for message in notebook.messages():
        content = message["content"].get("data", {}).get("content", {})
        if content.get("id") == "long" and content["done"]:
            assert content["total"] == 1_000_000
            break
    assert notebook.cell("print(run.steps)")[0] == "12\n"
    notebook.send(comm, {"method": "custom", "content": {"id": "long", "cancel": True}})
    ended = "import time\nwhile [t for t in threading.enumerate() if '_work' in t.name]: time.sleep(0.01)\nprint('left')"
    assert notebook.cell("import threading\n" + ended)[0] == "left\n"


def test_a_kernel_without_anywidget_shows_the_picture(notebook, comm):
    notebook.cell("import sys; held = sys.modules['anywidget']; sys.modules['anywidget'] = None")
    printed, (shown,) = notebook.cell("run.initial")
    notebook.cell("sys.modules['anywidget'] = held")
    assert printed == ""
    assert "<img" in shown["text/html"]
    assert 'pip install "tinynet-lab[widget]"' in shown["text/plain"]


def test_a_widget_refuses_invalid_steps_and_cells(run):
    widget = run.widget()
    with pytest.raises(tn.TinyNetError, match="step is 13. It must be a whole number from 0 to 12."):
        widget.step = 13
    with pytest.raises(tn.TinyNetError, match="cell is 'layer9.bias\\[0\\]'. It must be a cell such as"):
        widget.cell = "layer9.bias[0]"
    with pytest.raises(traitlets.TraitError, match="int"):
        widget.step = "5"
    widget.step, widget.cell = 0, "loss"
    assert (widget.step, widget.cell) == (0, "loss")


def test_the_page_can_select_a_step_of_a_longer_branch(run):
    widget = run.widget()
    widget.set_state({"step": 5_000})
    assert widget.step == 5_000


def test_a_network_is_shown_before_its_first_step():
    widget = tn.Network.initial((9, 4, 2), seed=3).widget()
    assert (widget.step, widget.recording.examples, widget.recording.recipe) == (
        0,
        tn.pictures.lines(3),
        tn.Recipe(),
    )
    gray = tn.Network.initial((5, 4, 3), output="softmax").widget().recording
    assert (gray.examples.names, gray.recipe.loss) == (("gray",), "cross_entropy")
    assert np.allclose(gray.examples.targets, 1 / 3)


@pytest.mark.slow
def test_a_network_too_large_for_the_page_is_a_picture_with_the_reason():
    large = tn.Network.initial((64, 64, 10))
    with pytest.raises(
        tn.TinyNetError, match="give 4,810 parameters. The page shows networks of up to 2,000"
    ):
        large.widget()
    bundle = display.output_of(large)._repr_mimebundle_()
    assert "The page shows networks of up to 2,000" in bundle["text/html"]
    assert len(bundle["text/html"]) < 150_000


def test_without_anywidget_the_picture_names_the_command(run, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "anywidget", None)
    with pytest.raises(
        ImportError,
        match=r'the laboratory in a notebook needs anywidget: pip install "tinynet-lab\[widget\]"',
    ):
        run.widget()
    found = run._display_()  # marimo requests this representation
    assert 'pip install "tinynet-lab[widget]"' in found._repr_mimebundle_()["text/plain"]
    assert "<img" in found._repr_html_()


def test_a_picture_needs_no_scripts_and_styles(run):
    html = snapshot.snapshot(run)["text/html"]
    assert not re.search(r"<(script|style|iframe|svg|link)|style=|javascript:", html)
    assert len(html) < 150_000
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(re.search('base64,([^"]+)', html)[1]))) as image:
        assert image.width > 800
        assert len(image.convert("L").getcolors()) > 10  # the picture is not blank
    for name, outputs in zip(LINES.names, run.final(LINES), strict=True):
        assert f"<td>{name}</td><td>{100 * outputs[0]:.1f} %</td>" in html


def test_the_picture_of_a_stopped_training_has_the_reason():
    wild = tn.train(
        tn.Network.initial(seed=0, hidden="identity", output="identity"), LINES, tn.Recipe(learning_rate=50.0)
    )
    assert " The training stopped: " in snapshot.snapshot(wild)["text/plain"]


def test_names_in_a_picture_are_escaped():
    sly = tn.Examples(LINES.inputs, LINES.targets, ("<b>", "&", "c", "d"), (2, 2), ("<script>", "v"))
    html = snapshot.snapshot(tn.train(tn.Network.initial(seed=0), sly, tn.Recipe(epochs=1)))["text/html"]
    assert "<td>&lt;b&gt;</td>" in html
    assert "<script>" not in html


def test_documentation_builders_receive_the_picture(run):
    assert run._repr_html_() == snapshot.snapshot(run)["text/html"]
    assert "4-3-2 network, seed 0: 23 parameters." in run.initial._repr_html_()


def test_ipython_shows_the_text_in_a_terminal(run):
    with pytest.raises(NotImplementedError):
        run._ipython_display_()


def test_invalid_messages_are_ignored():
    sent = []
    handler = messages.MessageHandler(lambda *message: sent.append(message))
    for message in ("hello", None, {}, {"id": 3, "request": "about"}, {"id": "x", "cancel": True}):
        handler.handle(message)
    assert sent == []


def test_an_internal_error_is_sent_to_the_page(monkeypatch):
    sent = []
    monkeypatch.setattr(chapters, "about", lambda: 1 / 0)
    messages.MessageHandler(lambda message, _: sent.append(message)).handle({"id": "a", "request": "about"})
    while len(sent) < 2:
        time.sleep(0.01)
    assert sent[1] == {"id": "a", "error": "the laboratory failed: ZeroDivisionError: division by zero"}


def test_the_code_of_the_document_runs(capsys):
    text = (Path(__file__).parents[2] / "docs" / "notebook.md").read_text()
    exec("\n".join(re.findall(r"```python\n(.*?)```", text, re.S)), {})
    assert capsys.readouterr().out == "('bottom',)\n"


@pytest.mark.torch
def test_a_pytorch_recording_opens_at_its_last_step():
    _, given = recordings()
    lab = given.widget()
    assert (lab.step, given.steps) == (3, 4)
    lab.step = 4
    assert "layer1.weight[0,0].used" in lab._cells


def test_a_recording_too_large_for_a_notebook_is_a_picture(run, monkeypatch):
    monkeypatch.setattr("tinynet.lab.notebook.widget.MAX_BYTES", 10_000)
    with pytest.raises(TinyNetError, match=r"for this recording. A notebook takes up to 10,000 bytes. Save"):
        run.widget()
    assert "This is a picture: the page needs" in display.output_of(run)._repr_html_()


def test_without_a_widget_and_a_picture_the_error_is_shown(run, monkeypatch):
    def refuse(*_, **__):
        raise TinyNetError("the recording is not available")

    monkeypatch.setattr(display, "snapshot", refuse)
    monkeypatch.setattr(type(run), "widget", refuse)
    shown = display.output_of(run)
    assert shown._repr_mimebundle_()["text/plain"] == "the recording is not available"


@pytest.mark.slow
def test_a_picture_of_a_regression_shows_numbers():
    table = {"x": [1.0, 2.0, 3.0, 4.0], "price": [100.0, 200.0, 300.0, 500.0]}
    some = tn.Examples.from_table(table, targets="price")
    trained = tn.train(tn.Network.initial((1, 2, 1), seed=0, output="identity"), some, tn.Recipe(epochs=3))
    text = snapshot.snapshot(trained)["text/plain"]
    assert "price, predicted  actual" in text
    assert "%" not in text
    prediction = notation.number(float(some.unscaled(trained.final(some.inputs))[3, 0]))
    assert re.search(rf"row 4 +{re.escape(prediction)} +500", text)
    free = replace(some, target_scaling=None, targets=np.array([[-2.0], [1.0], [3.0], [4.0]]), unbounded=True)
    assert re.search(r"row 1 +\S+ +−2\n", snapshot.snapshot(replace(trained, examples=free))["text/plain"])
