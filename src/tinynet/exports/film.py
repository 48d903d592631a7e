"""A training as a film: the network with its weights, its answers, and the loss as it goes."""

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet import files, plots
from tinynet.errors import TinyNetError
from tinynet.exports import figures
from tinynet.plots.bars import SHARES
from tinynet.plots.canvas import FAINT, INK, LARGE, MUTED, NORMAL, SMALL, max_abs, style_axes
from tinynet.plots.diagram import MAX_NODES

if TYPE_CHECKING:
    from PIL.Image import Image

    from tinynet.training.recording import Recording

Progress = Callable[[int, int], None]

ENDINGS = (".gif", ".mp4")
MAX_FRAMES, FASTEST = 2000, 60
WIDE, HIGH, DOTS = 11.2, 6.3, 100  # inches, and dots an inch
MAX_BARS = 11  # of the answers that are shown, for each to have a line
HOLD = 1.5  # seconds that the last frame stays
COLORS = 128  # of a GIF


def film(
    run: "Recording",
    path: str | os.PathLike[str],
    *,
    frames: int = 120,
    fps: int = 20,
    picture: int | str = 0,
    progress: Progress | None = None,
) -> None:
    """Write a training as a film, .gif or .mp4 by the ending of `path`: whole, or not at all.

    frames : how many looks at the training, evenly apart, both ends among them. fps : frames a second.
    picture : the example whose activations stand in the nodes.
    `progress(done, total)` is called after each frame.

    Raises TinyNetError for another ending, numbers out of range, an empty recording, and .mp4 without ffmpeg.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise TinyNetError(f"cannot write {path}: there is no folder {path.parent}; make it first")
    files.write(
        path, made(run, path.suffix.lower(), frames=frames, fps=fps, picture=picture, progress=progress)
    )


def made(
    run: "Recording",
    ending: str,
    *,
    frames: int = 120,
    fps: int = 20,
    picture: int | str = 0,
    progress: Progress | None = None,
) -> bytes:
    """Return what `film` writes, as `.gif` or `.mp4`."""
    _check(run, ending, frames, fps)
    steps = moments(run, frames)
    shown = _counted((_frame(run, step, picture) for step in steps), len(steps), progress)
    return _gif(shown, fps) if ending == ".gif" else _mp4(shown, fps, max(1, round(HOLD * fps)))


def moments(run: "Recording", frames: int) -> list[int]:
    """Return the steps a film looks at, from 0 to the last; of a long training, those that were kept.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=5))
    >>> moments(run, 4)
    [0, 7, 13, 20]
    """
    even = np.linspace(0, run.steps, min(frames, run.steps + 1)).round().astype(int)
    kept = np.where(even == run.steps, even, even // run.stride * run.stride)
    return sorted(set(kept.tolist()))


def _check(run: "Recording", ending: str, frames: int, fps: int) -> None:
    if ending not in ENDINGS:
        raise TinyNetError(f"the file's name ends in {ending!r}; a film is saved as {' or '.join(ENDINGS)}")
    for name, value, most in (("frames", frames, MAX_FRAMES), ("fps", fps, FASTEST)):
        least = 2 if name == "frames" else 1
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise TinyNetError(f"{name} is {value!r}; it must be a whole number from {least} to {most}")
    if not run.steps:
        raise TinyNetError("this recording has no steps, so there is nothing to see")
    if ending == ".mp4" and shutil.which("ffmpeg") is None:
        raise TinyNetError(
            "a film as .mp4 needs the program ffmpeg, which is not found; install it, or save a .gif"
        )


def _counted(frames: "Iterator[Image]", total: int, progress: Progress | None) -> "Iterator[Image]":
    for done, frame in enumerate(frames, 1):
        if progress is not None:
            progress(done, total)
        yield frame


# --- one frame ---------------------------------------------------------------------------------------------------


def draw(run: "Recording", step: int, picture: int | str = 0) -> Any:
    """Draw the frame of a film before nudge `step` (the end, at `run.steps`) and return the figure."""
    from matplotlib.figure import Figure

    network = run.network.with_parameters(run.state_before(step)[0])
    figure = Figure(**_size(run))
    beside = 0.075 if run.examples.shape == (2, 2) else 0.12  # room for the names of the inputs
    left = figure.add_axes((beside, 0.02, 0.565 - beside, 0.88))
    right, below = figure.add_axes((0.665, 0.54, 0.115, 0.27)), figure.add_axes((0.665, 0.1, 0.3, 0.27))
    title = (
        f"{run.network.origin}: after {step:,} of {run.steps:,} nudges, epoch {step // run.steps_per_epoch:,}"
    )
    figure.text(0.02, 0.95, title, fontsize=LARGE + 2, color=INK, va="center")
    plots.architecture(network, ax=left, picture=run.examples[picture], scale=_heaviest(run))
    left.set_title("", loc="left")  # the figure's own says more
    _answers(right, run, network)
    _loss(below, run, step)
    return figure


def _heaviest(run: "Recording") -> float:
    """Return the largest size of a weight in the whole training, so that all frames share one scale."""
    return max_abs(*(run.parameters[:, weight] for weight, _ in run.network.architecture.slices))


def _size(run: "Recording") -> dict[str, Any]:
    """Return inches and dots an inch: higher for a layer of many nodes, and an even number of dots, as films want it."""
    nodes = min(max(run.network.sizes), MAX_NODES + 1)
    high = max(HIGH, 0.85 * nodes + 2)
    dots = DOTS if high == HIGH else 72
    return {"figsize": (WIDE, round(high * dots / 2) * 2 / dots), "dpi": dots}


def _answers(ax: Any, run: "Recording", network: Any) -> None:
    outputs = network.sizes[-1]
    title = "Its answers" if outputs <= 4 else ""  # a larger legend takes its place
    figures.answers(network, run.examples[: max(1, MAX_BARS // outputs)], title=title, ax=ax)
    if ax.get_xlim() == SHARES:  # room for the numbers, and for the ticks
        ax.set(xlim=(0, 1.6), xticks=[0, 1])
        ax.set_xticklabels(["0 %", "100 %"])
    else:
        low, high = ax.get_xlim()
        ax.set_xlim(low, high + 0.6 * (high - low))
        ax.locator_params(axis="x", nbins=3)


def _loss(ax: Any, run: "Recording", step: int) -> None:
    """Draw the loss so far, on axes that hold all of it, and pale what is still to come."""
    losses, done = run.loss_per_epoch, step // run.steps_per_epoch
    at, title, unit = np.arange(1, len(losses) + 1), "Mean loss of the epoch", "epoch"
    if len(losses) < 2:  # too short for a curve of epochs
        losses, done = run.losses, -(-step // run.stride)
        at, title, unit = run.stride * np.arange(len(losses)), "Loss of the nudge", "nudge"
    ax.plot(at, losses, color=FAINT, linewidth=1)
    ax.plot(at[:done], losses[:done], color=INK, linewidth=2)
    ax.plot(at[:done][-1:], losses[:done][-1:], "o", color=INK, markersize=5)
    ax.set_ylim(0, 1.08 * float(losses.max(initial=1e-9)))
    style_axes(ax)
    ax.locator_params(axis="x", integer=True, nbins=5)
    ax.set_title(title, fontsize=LARGE, loc="left", color=INK)
    ax.set_xlabel(unit, fontsize=NORMAL, color=MUTED)
    ax.tick_params(labelsize=SMALL)


def _frame(run: "Recording", step: int, picture: int | str) -> "Image":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas: Any = FigureCanvasAgg(draw(run, step, picture))
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


# --- the files ---------------------------------------------------------------------------------------------------


def _gif(frames: "Iterator[Image]", fps: int) -> bytes:
    """Return frames as a GIF that goes round, the last of them held."""
    from PIL import Image

    few = [frame.quantize(COLORS, dither=Image.Dither.NONE) for frame in frames]
    times = [round(1000 / fps)] * len(few)  # milliseconds
    times[-1] = round(1000 * HOLD)
    stream = io.BytesIO()
    few[0].save(stream, "GIF", save_all=True, append_images=few[1:], duration=times, loop=0, optimize=False)
    return stream.getvalue()


def _mp4(frames: "Iterator[Image]", fps: int, hold: int) -> bytes:
    """Return frames as an MP4 (H.264) by ffmpeg, the last of them held."""
    first = next(frames)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        width, height = first.size
        reads = f"-f rawvideo -pix_fmt rgb24 -s {width}x{height} -r {fps} -i -"
        writes = "-an -c:v libx264 -pix_fmt yuv420p -movflags +faststart"
        command = ["ffmpeg", "-loglevel", "error", "-y", *reads.split(), *writes.split(), str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                _feed(process, chain([first], frames), hold)
            except BaseException:  # Ctrl-C too
                process.kill()
                raise
        return files.read(path)


def _feed(process: Any, frames: "Iterator[Image]", hold: int) -> None:
    data = b""
    try:
        for frame in frames:
            data = frame.tobytes()
            process.stdin.write(data)
        process.stdin.write(data * hold)
        process.stdin.close()
        process.stdin = None
    except BrokenPipeError:  # it has ended by itself, and says why
        pass
    said = process.communicate()[1].decode(errors="replace").strip()
    if process.returncode:
        raise TinyNetError(
            f"ffmpeg made no film: {said.splitlines()[-1] if said else 'it says nothing'}; save a .gif"
        )
