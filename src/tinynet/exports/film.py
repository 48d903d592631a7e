"""A training as a film.

The film shows the network with its weights, its outputs, and the loss.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet import files, plots
from tinynet.errors import TinyNetError
from tinynet.exports import figures
from tinynet.exports.film_encoding import gif, mp4
from tinynet.numerics.integers import ceil_div
from tinynet.plots.bars import SHARES
from tinynet.plots.canvas import FAINT, INK, LARGE, MUTED, NORMAL, SMALL, max_abs, style_axes
from tinynet.plots.diagram import MAX_NODES
from tinynet.validation import check_folder, check_int

if TYPE_CHECKING:
    from PIL.Image import Image

    from tinynet.training.recording import Recording

Progress = Callable[[int, int], None]

EXTENSIONS = (".gif", ".mp4")
MAX_FRAMES, MAX_FPS = 2000, 60
WIDTH, HEIGHT, DPI = 11.2, 6.3, 100  # inches, inches, dots per inch
MAX_BARS = 11  # bars of one line each


def film(
    run: "Recording",
    path: str | os.PathLike[str],
    *,
    frames: int = 120,
    fps: int = 20,
    example: int | str = 0,
    progress: Progress | None = None,
) -> None:
    """Write a training as a film.

    The file is written completely or not at all.

    path : A file that ends in .gif or .mp4.
    frames : Number of frames, at equal distances from the first step to the last.
    fps : Frames per second.
    example : Name or index of the example whose activations are shown in the nodes.
    progress : Called as progress(done, total) after each frame.

    Raises TinyNetError for another extension, for numbers out of range, for an empty recording, and for .mp4 without
    ffmpeg.
    """
    path = Path(path)
    check_folder(path)
    files.write(
        path, rendered(run, path.suffix.lower(), frames=frames, fps=fps, example=example, progress=progress)
    )


def rendered(
    run: "Recording",
    extension: str,
    *,
    frames: int = 120,
    fps: int = 20,
    example: int | str = 0,
    progress: Progress | None = None,
) -> bytes:
    """Return the bytes that `film` writes."""
    _check(run, extension, frames, fps)
    steps = frame_steps(run, frames)
    images = _with_progress((_frame(run, step, example) for step in steps), len(steps), progress)
    if extension == ".gif":
        return gif(images, fps)
    return mp4(images, fps)


def frame_steps(run: "Recording", frames: int) -> list[int]:
    """Return the steps of the frames.

    The steps are from 0 to the last step. In a long training only recorded steps are used.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=5))
    >>> frame_steps(run, 4)
    [0, 7, 13, 20]
    """
    steps = np.linspace(0, run.steps, min(frames, run.steps + 1)).round().astype(int)
    recorded = np.where(steps == run.steps, steps, steps // run.stride * run.stride)
    return sorted(set(recorded.tolist()))


def _check(run: "Recording", extension: str, frames: int, fps: int) -> None:
    if extension not in EXTENSIONS:
        raise TinyNetError(
            f"the extension of the film is {extension!r}. It must be one of {', '.join(map(repr, EXTENSIONS))}."
        )
    for name, value, low, high in (("frames", frames, 2, MAX_FRAMES), ("fps", fps, 1, MAX_FPS)):
        check_int(name, value, low, high)
    if not run.steps:
        raise TinyNetError("this recording has no steps. A film needs at least one step.")
    if extension == ".mp4" and shutil.which("ffmpeg") is None:
        raise TinyNetError(
            "a film as .mp4 needs the program ffmpeg, which is not installed. Install it, or save a .gif."
        )


def _with_progress(frames: "Iterator[Image]", total: int, progress: Progress | None) -> "Iterator[Image]":
    for done, frame in enumerate(frames, 1):
        if progress is not None:
            progress(done, total)
        yield frame


# --- one frame ---------------------------------------------------------------------------------------------------


def draw(run: "Recording", step: int, example: int | str = 0) -> Any:
    """Draw the frame before a step and return the figure.

    step : `run.steps` is the end of the training.
    """
    from matplotlib.figure import Figure

    network = run.network.with_parameters(run.state_before(step)[0])
    figure = Figure(**_figure_size(run))
    margin = 0.075 if run.examples.shape == (2, 2) else 0.12  # room for the names of the inputs
    diagram = figure.add_axes((margin, 0.02, 0.565 - margin, 0.88))
    outputs, loss = figure.add_axes((0.665, 0.54, 0.115, 0.27)), figure.add_axes((0.665, 0.1, 0.3, 0.27))
    title = (
        f"{run.network.origin}: after {step:,} of {run.steps:,} steps, epoch {step // run.steps_per_epoch:,}"
    )
    figure.text(0.02, 0.95, title, fontsize=LARGE + 2, color=INK, va="center")
    plots.architecture(network, ax=diagram, example=run.examples[example], scale=_largest_weight(run))
    diagram.set_title("", loc="left")  # the title of the figure replaces it
    _draw_outputs(outputs, run, network)
    _draw_loss(loss, run, step)
    return figure


def _largest_weight(run: "Recording") -> float:
    """Return the largest absolute weight of the training.

    This weight is the common scale of all frames.
    """
    return max_abs(*(run.parameters[:, weight] for weight, _ in run.network.architecture.slices))


def _figure_size(run: "Recording") -> dict[str, Any]:
    """Return inches and dots per inch.

    The figure grows with the largest layer. Its height in dots is even, because H.264 requires that.
    """
    nodes = min(max(run.network.sizes), MAX_NODES + 1)
    height = max(HEIGHT, 0.85 * nodes + 2)
    dpi = DPI if height == HEIGHT else 72
    return {"figsize": (WIDTH, round(height * dpi / 2) * 2 / dpi), "dpi": dpi}


def _draw_outputs(ax: Any, run: "Recording", network: Any) -> None:
    count = network.sizes[-1]
    title = "Outputs" if count <= 4 else ""  # a larger legend needs the space
    figures.outputs(network, run.examples[: max(1, MAX_BARS // count)], title=title, ax=ax)
    if ax.get_xlim() == SHARES:  # make room for the numbers and the ticks
        ax.set(xlim=(0, 1.6), xticks=[0, 1])
        ax.set_xticklabels(["0 %", "100 %"])
    else:
        low, high = ax.get_xlim()
        ax.set_xlim(low, high + 0.6 * (high - low))
        ax.locator_params(axis="x", nbins=3)


def _draw_loss(ax: Any, run: "Recording", step: int) -> None:
    """Draw the loss up to a step.

    The loss of later steps is drawn in a pale color.
    """
    losses, done = run.loss_per_epoch, step // run.steps_per_epoch
    x, title, unit = np.arange(1, len(losses) + 1), "Mean loss while training", "epoch"
    if len(losses) < 2:  # one epoch makes no curve
        losses, done = run.losses, ceil_div(step, run.stride)
        x, title, unit = run.stride * np.arange(len(losses)), "Loss per step", "step"
    ax.plot(x, losses, color=FAINT, linewidth=1)
    ax.plot(x[:done], losses[:done], color=INK, linewidth=2)
    ax.plot(x[:done][-1:], losses[:done][-1:], "o", color=INK, markersize=5)
    ax.set_ylim(0, 1.08 * float(losses.max(initial=1e-9)))
    style_axes(ax)
    ax.locator_params(axis="x", integer=True, nbins=5)
    ax.set_title(title, fontsize=LARGE, loc="left", color=INK)
    ax.set_xlabel(unit, fontsize=NORMAL, color=MUTED)
    ax.tick_params(labelsize=SMALL)


def _frame(run: "Recording", step: int, example: int | str) -> "Image":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas: Any = FigureCanvasAgg(draw(run, step, example))
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())
