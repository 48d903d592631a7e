"""Test films of trainings and figures of recordings."""

import shutil
import stat
import subprocess
from itertools import combinations, pairwise

import numpy as np
import pytest
from PIL import Image

import tinynet as tn
from tinynet.exports import figures, film

LINES = tn.pictures.lines()


@pytest.fixture(scope="module")
def run():
    return tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(5.0, 20))


@pytest.fixture
def low_resolution(monkeypatch):
    monkeypatch.setattr(film, "DPI", 30)


@pytest.mark.slow
def test_a_gif_shows_the_whole_training(run, tmp_path, low_resolution):
    seen = []
    film.film(
        run, tmp_path / "film.gif", frames=4, fps=10, progress=lambda done, total: seen.append((done, total))
    )
    with Image.open(tmp_path / "film.gif") as gif:
        assert (gif.n_frames, gif.info["loop"]) == (4, 0)
        assert gif.size == (336, 188)
        frames, times = [], []
        for k in range(4):
            gif.seek(k)
            times.append(gif.info["duration"])
            frames.append(np.asarray(gif.convert("RGB"), int))
    assert times == [100, 100, 100, 1500]
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    changed = [np.abs(a - b).max() for a, b in pairwise(frames)]
    assert min(changed) > 50
    again = tmp_path / "again.gif"
    film.film(run, again, frames=4, fps=10)
    assert again.read_bytes() == (tmp_path / "film.gif").read_bytes()


def test_a_frame_has_the_numbers_of_the_network(run):
    network = run[41].network
    figure = film.draw(run, 41, "left")
    texts = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert tn.plots.canvas.signed(network.layers[0].weight[0, 2]) in texts
    assert f"{network(LINES['left'])[0, 1]:.2f}" in texts
    assert figure.texts[0].get_text() == "seed 0: after 41 of 80 steps, epoch 10"
    curve = figure.axes[-1].lines[1].get_ydata()
    assert np.array_equal(curve, run.loss_per_epoch[:10])
    widths = [film.draw(run, step).axes[0].collections[0].get_linewidths() for step in (0, run.steps)]
    assert max(widths[0]) < max(widths[1])  # one scale for the whole film


def test_frames_of_long_trainings_are_recorded_steps():
    run = tn.train(tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=50), kept=20)
    assert run.stride == 10
    assert film.frame_steps(run, 6) == [0, 40, 80, 120, 160, 200]
    assert film.frame_steps(run, 7) == [0, 30, 60, 100, 130, 160, 200]
    assert film.frame_steps(run, 1000) == list(range(0, 201, 10))


def test_an_mp4_is_played_by_ffmpeg(run, tmp_path, low_resolution):
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    film.film(run, tmp_path / "film.mp4", frames=3, fps=10)
    ask = "ffprobe -v error -count_frames -show_entries stream=codec_name,width,height,nb_read_frames -of csv=p=0"
    output = subprocess.run(
        [*ask.split(), tmp_path / "film.mp4"], capture_output=True, text=True, check=True
    ).stdout
    assert output.strip() == "h264,336,188,18"  # three frames, and fifteen copies of the last


@pytest.mark.parametrize("name", ["film.gif", "film.mp4"])
def test_an_interrupt_leaves_no_partial_file(run, tmp_path, name, low_resolution):
    if name.endswith("mp4") and shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")

    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        film.film(run, tmp_path / name, frames=4, progress=stop)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / name).write_bytes(b"the film before")
    with pytest.raises(KeyboardInterrupt):
        film.film(run, tmp_path / name, frames=4, progress=stop)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"the film before"]


def test_invalid_options_of_a_film_are_refused(run, tmp_path, monkeypatch):
    for name, options, message in (
        ("film.avi", {}, "the extension of the film is '.avi'. It must be one of '.gif', '.mp4'"),
        ("no/film.gif", {}, r"path is .*no/film\.gif. The folder '.*no' does not exist. Create it first"),
        ("film.gif", {"frames": 1}, "frames is 1. It must be a whole number from 2 to 2,000"),
        ("film.gif", {"fps": 0.5}, "fps is 0.5. It must be a whole number from 1 to 60"),
        ("film.gif", {"example": "middle"}, "example is 'middle'. It must be one of 'top', 'bottom'"),
    ):
        with pytest.raises(tn.TinyNetError, match=message):
            film.film(run, tmp_path / name, **options)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        tn.TinyNetError,
        match="a film as .mp4 needs the program ffmpeg, which is not installed. Install it, or save a .gif",
    ):
        film.film(run, tmp_path / "film.mp4")


def test_an_error_contains_the_message_of_ffmpeg(run, tmp_path, monkeypatch, low_resolution):
    fake = tmp_path / "ffmpeg"
    fake.write_text("#!/bin/sh\necho 'Unknown encoder libx264' >&2\nexit 1\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(tn.TinyNetError, match="ffmpeg failed: Unknown encoder libx264. Save a .gif instead"):
        film.film(run, tmp_path / "film.mp4", frames=2)
    assert list(tmp_path.glob("*.mp4")) == []


@pytest.mark.slow
def test_every_figure_is_drawn_for_every_kind_of_recording(run, tmp_path):
    table = tn.Examples(
        np.array([[0.0, 0.5, 1.0], [1.0, 0.2, 0.3]]), np.eye(2), ("a", "b"), None, ("no", "yes")
    )
    wild = tn.Examples(
        table.inputs * 9 - 4, np.array([[-3.0], [7.5]]), ("a", "b"), None, ("y",), unbounded=True
    )
    others = {
        "validated": tn.train(
            tn.Network.initial(seed=0), LINES, tn.Recipe(epochs=3, patience=2), validation=LINES
        ),
        "table": tn.train(tn.Network.initial((3, 2, 2), seed=0), table, tn.Recipe(epochs=1)),
        "numbers": tn.train(
            tn.Network.initial((3, 2, 1), seed=0, output="identity"), wild, tn.Recipe(0.001, 1)
        ),
        "world": tn.train(tn.Network.initial(seed=0), tn.World(), tn.Recipe(epochs=1)),
    }
    names = {kind: list(figures.figures(each)) for kind, each in others.items()}
    assert "validation" in names["validated"]
    assert not {"stress", "map", "validation"} & set(names["table"])
    for each in others.values():
        for name in figures.figures(each):
            assert tn.plots.figure_of(figures.draw(each, name)).axes
    beside = [text.get_text() for text in figures.draw(others["numbers"], "outputs").texts]
    assert {"target −3", "target 7.5"} <= set(beside)
    for ending in ("svg", "pdf", "png"):
        tn.plots.save(figures.draw(run, "map"), tmp_path / f"map.{ending}")
    with pytest.raises(
        tn.TinyNetError,
        match="figure is 'mood'. It must be one of 'network', 'initial', 'loss'",
    ):
        figures.draw(run, "mood")


def test_predicted_numbers_are_in_the_units_of_the_table():
    table = tn.Examples.from_table(
        {"width": [1.0, 2.0, 5.0], "height": [10.0, 20.0, 30.0]}, targets=["height"]
    )
    run = tn.train(tn.Network.initial((1, 1), seed=0, output="identity"), table, tn.Recipe(epochs=1))
    ax = figures.draw(run, "outputs")
    assert [bar.get_width() for bar in ax.patches] == table.unscaled(run.final(table)).ravel().tolist()
    assert [text.get_text() for text in ax.texts if "target" in text.get_text()] == [
        "target 10",
        "target 20",
        "target 30",
    ]


@pytest.mark.parametrize("answers", [("horizontal", "vertical"), ("a", "b", "c"), ("y",)])
def test_texts_of_a_frame_do_not_overlap(answers):
    rng = np.random.default_rng(0)
    outputs = len(answers)
    inputs, targets = rng.uniform(size=(20, 4)), rng.uniform(-9, 9, (20, 1))
    if outputs > 1:
        targets = np.eye(outputs)[rng.integers(outputs, size=20)]
    rows = tn.Examples(
        inputs, targets, tuple(f"row {k}" for k in range(20)), None, answers, unbounded=outputs == 1
    )
    output = "identity" if outputs == 1 else "sigmoid"
    run = tn.train(tn.Network.initial((4, 3, outputs), seed=0, output=output), rows, tn.Recipe(1e-3, 1))
    figure = film.draw(run, 0)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[1].texts if text.get_text()]
    assert len(boxes) > 8
    assert all(box.x1 <= figure.bbox.x1 for box in boxes)
    assert not any(a.shrunk(0.9, 0.6).overlaps(b.shrunk(0.9, 0.6)) for a, b in combinations(boxes, 2))
