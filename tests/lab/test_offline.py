"""Test the file of the offline page: its content, its size and its errors."""

import base64
import json
import re
import zlib
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

import tinynet as tn
from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.lab.api import requests, sheets
from tinynet.lab.page import offline, payload
from tinynet.story import learner
from watched_recordings import recordings

ROOT = Path(__file__).parents[2]
LINES = tn.pictures.lines()
RUN = tn.train(tn.Network.initial(seed=0), LINES)
HIGH_RATE = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(learning_rate=5.0))
SECTION = re.compile(r'<script type="application/octet-stream" id="tinynet-data">([A-Za-z0-9+/=]*)</script>')


def unpacked(text):
    """Return the JSON document of a page, and a function that returns the bytes of a range."""
    whole = zlib.decompress(base64.b64decode(SECTION.search(text)[1]))
    first = 4 + int.from_bytes(whole[:4], "little")
    return json.loads(whole[4:first]), lambda at: whole[first + at[0] : first + at[1]]


def digits():
    found = load_digits()
    return tn.Examples(
        found.data / 16, np.eye(10)[found.target], tuple(f"digit {k}" for k in range(len(found.data))), (8, 8), tuple("0123456789")
    )  # fmt: skip


def trained(sizes=(4, 3, 2), examples=LINES, output="sigmoid", **recipe):
    return tn.train(tn.Network.initial(sizes, seed=0, output=output), examples, tn.Recipe(**recipe))


# --- content --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "seeds"),
    [
        (lambda: RUN, 1024),
        (lambda: trained((4, 8, 2)), 1024),
        (lambda: trained(epochs=10_000), 1024),
        (learner.shipped, 1024),
        (lambda: trained((4, 3, 2), World(noise=0.2), batch_size=10, epochs=50), 1024),
        (lambda: trained((9, 8, 4, 2), tn.pictures.lines(3), epochs=300), 512),
        (lambda: trained((64, 16, 10), digits(), "softmax", loss="cross_entropy", epochs=2), 32),
    ],
    ids=["default", "4-8-2", "10,000 epochs", "a learner", "a world", "3x3", "digits"],
)  # fmt: skip
def test_a_page_has_initial_parameters_of_many_seeds_in_less_than_a_megabyte(make, seeds):
    run = make()
    text = offline.page(run)
    assert len(text.encode()) < 1_000_000
    document, part = unpacked(text)
    [table] = document["initial_parameters"]
    assert table["count"] >= seeds
    rows = np.frombuffer(part(table["at"]), "<f4").reshape(table["count"], -1)
    for seed in (0, table["count"] - 1):
        assert np.array_equal(rows[seed], tn.Network.initial(run.network.architecture, seed=seed).parameters)


def test_equal_recordings_give_equal_bytes():
    assert offline.page(RUN, HIGH_RATE) == offline.page(RUN, HIGH_RATE)


def test_every_stored_sheet_equals_the_sheet_of_the_server():
    [stored] = unpacked(offline.page(RUN))[0]["sheets"]
    assert len(stored["forms"]) == 2 * 2 * 4 * 4  # losses, decay, optimizers, batches
    for form in stored["forms"][::5]:
        request = requests.SheetRequest(RUN.network.architecture, tn.Recipe(**form["recipe"]), form["batch"])
        expected = sheets.sheet(request)
        cells = [stored["cells"][place] for place in np.cumsum(form["cells"])]
        assert cells == json.loads(json.dumps(expected["sheet"]["cells"]))
        assert {name: stored["symbols"][name] for name in expected["symbols"]} == expected["symbols"]
        assert (form["settings"], form["state"]) == (expected["settings"], expected["state"])
    assert stored["parameters"] == expected["parameters"]


def test_a_short_recording_is_stored_unchanged():
    document, part = unpacked(RUN.to_html())
    assert part(document["recordings"][0]["at"]) == RUN.to_bytes()


@pytest.mark.parametrize("recipe", [{"epochs": 3000}, {"epochs": 2500, "optimizer": "adam", "batch_size": 3}])
def test_a_long_recording_is_stored_with_fewer_steps_and_replays_bit_for_bit(recipe):
    run = trained(**recipe)
    document, part = unpacked(run.to_html())
    thin = tn.Recording.from_bytes(part(document["recordings"][0]["at"]))
    assert thin.stride > run.stride
    assert thin.identity == run.identity
    assert len(thin) == len(run)
    for step in (0, 1, 1234, len(run) - 1):
        assert thin[step].values == run[step].values
    assert np.array_equal(thin.loss_per_epoch, run.loss_per_epoch)


def test_a_training_with_early_stopping_is_stored():
    run = tn.train(
        tn.Network.initial(seed=0), LINES, tn.Recipe(learning_rate=5.0, epochs=4000, patience=3), validation=LINES
    )  # fmt: skip
    document, part = unpacked(run.to_html())
    thin = tn.Recording.from_bytes(part(document["recordings"][0]["at"]))
    assert (len(thin), thin.best_epoch) == (len(run), run.best_epoch)


# --- names, titles, safety -------------------------------------------------------------------------------------


def test_default_names_list_the_settings_that_differ():
    seventh = tn.train(tn.Network.initial((4, 5, 2), seed=7), LINES, tn.Recipe(epochs=10))
    found = list(payload.distinguishing_names((RUN, HIGH_RATE)))
    assert found == ["learning rate 0.1", "learning rate 5"]
    assert list(payload.distinguishing_names((RUN, seventh))) == [
        "4-3-2, seed 0, epochs 100",
        "4-5-2, seed 7, epochs 10",
    ]
    assert list(payload.distinguishing_names((RUN, RUN))) == ["run 1", "run 2"]
    assert list(payload.distinguishing_names((RUN,))) == [None]


def test_names_and_titles_are_escaped():
    evil = "</script><script>alert(1)</script>"
    text = offline.page(RUN, HIGH_RATE, names=[evil, "fast"], title=f"{evil} & co")
    assert "alert(1)</script>" not in text
    document, _ = unpacked(text)
    assert [one["name"] for one in document["recordings"]] == [evil, "fast"]
    assert document["title"] == f"{evil} & co"
    assert "<title>&lt;/script&gt;" in text


def test_the_security_policy_allows_only_the_script_of_the_page():
    text = RUN.to_html()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
    code = text.split('<script type="module">')[1].split("</script>")[0]
    assert f"script-src 'sha256-{base64.b64encode(sha256(code.encode()).digest()).decode()}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "connect-src" not in policy
    assert "http" not in policy


def test_to_html_writes_the_page_to_a_path(tmp_path):
    text = RUN.to_html(tmp_path / "run.html", HIGH_RATE, title="Two rates")
    assert (tmp_path / "run.html").read_text(encoding="utf-8") == text
    assert len(unpacked(text)[0]["recordings"]) == 2


def test_the_code_of_the_document_writes_two_pages(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    section = (ROOT / "docs" / "laboratory.md").read_text().split("## In one file")[1]
    exec(re.search(r"```python\n(.*?)```", section, re.S)[1], {})
    for name, count in (("slow", 1), ("both", 2)):
        document, _ = unpacked((tmp_path / f"{name}.html").read_text(encoding="utf-8"))
        assert len(document["recordings"]) == count


# --- errors ---------------------------------------------------------------------------------------------------


def test_recordings_that_do_not_fit_a_page_are_refused():
    with pytest.raises(TinyNetError, match="0 recordings were given. A page shows 1 to 8 recordings."):
        offline.page()
    with pytest.raises(TinyNetError, match="names has 1 name for 2 recordings"):
        offline.page(RUN, HIGH_RATE, names=["one"])
    with pytest.raises(
        TinyNetError,
        match="^the network has 2,802 parameters. The page shows networks of up to 2,000 parameters. Use fewer",
    ):
        offline.page(trained((4, 400, 2), epochs=1))
    many = tn.Examples(np.full((300, 4), 0.5), np.full((300, 2), 0.5), tuple(map(str, range(300))), (2, 2))
    with pytest.raises(
        TinyNetError,
        match="^the training has steps with 257 examples. .* steps with up to 256 examples. Train with a batch size of at most 256,",
    ):
        offline.page(trained((4, 3, 2), many, batch_size=257, epochs=1))


@pytest.mark.slow
def test_the_error_for_a_large_page_names_its_largest_part():
    rng = np.random.default_rng(0)
    many = tn.Examples(
        rng.random((9000, 16)), np.eye(2)[rng.integers(0, 2, 9000)], tuple(map(str, range(9000))), (4, 4)
    )
    with pytest.raises(TinyNetError, match=r"would have [\d,]+ bytes.*The largest part is the examples"):
        offline.page(tn.train(tn.Network.initial((16, 3, 2), seed=0), many, tn.Recipe(epochs=1)))
    with pytest.raises(TinyNetError, match="The largest part is the loss per epoch"):
        offline.page(trained(epochs=100_000))


@pytest.mark.torch
def test_a_pytorch_recording_includes_the_sheets_to_continue_the_training():
    known, given = recordings()
    assert [batch for _, batch in payload.required_forms(known)] == [1, 3]
    assert [(recipe.gradients, batch) for recipe, batch in payload.resume_forms(known)] == [
        ("loss", 1),
        ("loss", 3),
    ]
    assert payload.resume_forms(given) == [] == payload.resume_forms(RUN)
    clipped = replace(known, recipe=replace(known.recipe, gradients="external"))
    (sheets,) = unpacked(offline.page(clipped))[0]["sheets"]
    kinds = {(form["recipe"].get("gradients", "loss"), form["batch"]) for form in sheets["forms"]}
    assert kinds >= {("external", 1), ("external", 3), ("loss", 1), ("loss", 3)}


def longer(run, times):
    """Return a watched recording with its steps repeated."""
    rng, steps = np.random.default_rng(0), times * run.steps
    arrays = {
        name: rng.random((steps, *getattr(run, name).shape[1:])).astype(np.float32).astype(float)
        for name in ("gradients", "activations", "losses", "rates", "slopes")
    }
    edges = {
        name: rng.random((steps + 1, *getattr(run, name).shape[1:])).astype(np.float32).astype(float)
        for name in ("parameters", "state")
    }
    epochs = {
        name: np.resize(getattr(run, name), steps // run.per_epoch)
        for name in ("loss_per_epoch", "movement_per_epoch")
    }
    network = run.network.with_parameters(edges["parameters"][0], origin=run.network.origin)
    batches = np.tile(run.batches, (times, 1))
    return replace(run, network=network, steps=steps, batches=batches, **arrays, **edges, **epochs)


@pytest.mark.torch
@pytest.mark.parametrize("times", [10, 500, pytest.param(2500, marks=pytest.mark.slow)])
def test_a_longer_pytorch_loop_is_stored_with_fewer_steps(times):
    for run in recordings():
        many = longer(run, times)
        text = offline.page(many)
        assert len(text.encode()) < 1_000_000
        document, part = unpacked(text)
        thin = tn.Recording.from_bytes(part(document["recordings"][0]["at"]))
        assert (thin.stride > 1) == (times > 10)
        assert (len(thin), thin.epochs, thin.notes) == (len(many), many.epochs, many.notes)
        assert np.array_equal(thin.final.parameters, many.final.parameters)
        assert [moment.step for moment in thin] == list(range(0, len(many), thin.stride))
        for step in (0, thin.stride, len(thin.losses) // 2 * thin.stride):
            assert thin[step].pytorch == many[step].pytorch
            assert thin[step].values == many[step].values
            assert thin[step].names == many[step].names
        assert thin.agreement().of == len(many)


@pytest.mark.torch
def test_a_step_that_is_not_stored_is_refused():
    run, _ = recordings()
    thin = payload.thin_out(run, 3)
    with pytest.raises(
        TinyNetError, match="step is 2. This recording keeps one in 3 steps of a PyTorch loop. Choose 0"
    ):
        thin[2]
    assert [moment.step for moment in thin] == [0, 3]
    assert np.array_equal(thin.changes, np.diff(run.parameters, axis=0)[::3])
    again = payload.thin_out(payload.thin_out(longer(run, 10), 2), 3)
    assert again.to_bytes() == payload.thin_out(longer(run, 10), 6).to_bytes()
    assert tn.diagnose(thin) is not None


def test_without_a_built_page_the_error_has_the_build_command(monkeypatch, tmp_path):
    monkeypatch.setattr(offline, "PAGE", tmp_path)
    with pytest.raises(TinyNetError, match="npm --prefix web run build"):
        RUN.to_html()
