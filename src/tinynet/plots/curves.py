"""Curves over the epochs of one or several trainings."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tinynet.errors import TinyNetError
from tinynet.plots.canvas import (
    DASHES,
    FAINT,
    INK,
    LARGE,
    MOVEMENT,
    MUTED,
    NORMAL,
    PALETTE,
    SMALL,
    canvas,
    style_axes,
    write,
)
from tinynet.signatures import check_arguments
from tinynet.validation import check_int, check_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tinynet.training.recording import Recording

LOGARITHMIC_FROM = 10  # ratio of the longest training to the shortest, for a logarithmic axis


@check_arguments
def loss_curve(
    run: "Recording | Mapping[str, Recording]",
    *,
    ax: "Axes | None" = None,
    constant: float | None = None,
    constant_label: str = "the best constant output",
) -> "Axes":
    """Draw the mean loss while training, by epoch.

    run : a recording, or several recordings by label, as in `comparison`.
    constant : the loss of the best constant output, as a dashed line.

    >>> import tinynet as tn
    >>> run = tn.train(tn.Network.initial(seed=0), tn.pictures.lines(), tn.Recipe(epochs=5))
    >>> loss_curve(run, constant=0.25).get_xlabel()
    'epoch'
    """
    if isinstance(run, Mapping):
        return comparison(run, ax=ax, constant=constant, constant_label=constant_label)
    ax = ax or canvas(7, 3.6)
    _frame(ax, _title("Loss", run))
    ax.set_ylabel("mean loss while training", fontsize=NORMAL)
    _line(ax, run.loss_per_epoch, color=INK, label="loss", linestyle="-")
    _dashed(ax, constant, constant_label)
    _from_zero(ax)
    _stop(ax, run)
    if constant is not None:
        ax.legend(fontsize=SMALL, frameon=False)
    return ax


@check_arguments
def convergence(run: "Recording", *, ax: "Axes | None" = None) -> "Axes":
    """Draw the loss and the movement of every epoch.

    The left axis shows the loss, the right axis the movement of the first layer's weights. The right axis is `ax.figure.axes[-1]`.
    """
    ax = ax or canvas(7.4, 3.8)
    _frame(ax, _title("Loss and movement", run))
    ax.set_ylabel("mean loss while training (solid)", fontsize=NORMAL, color=INK)
    _line(ax, run.loss_per_epoch, color=INK, label="loss", linestyle="-")
    _from_zero(ax)
    right = ax.twinx()
    style_axes(right)
    right.spines["right"].set(visible=True, color=MOVEMENT)
    right.tick_params(axis="y", color=MOVEMENT, labelcolor=MOVEMENT)
    right.set_ylabel("movement of the first layer (dashed)", fontsize=NORMAL, color=MOVEMENT)
    _line(right, run.movement_per_epoch, color=MOVEMENT, label="movement", linestyle="--")
    _from_zero(right)
    _stop(ax, run)
    return ax


@check_arguments
def comparison(
    runs: "Mapping[str, Recording]",
    *,
    ax: "Axes | None" = None,
    constant: float | None = None,
    constant_label: str = "the best constant output",
) -> "Axes":
    """Draw the loss curves of several trainings.

    The axis of epochs is logarithmic if one training is at least ten times as long as another.

    Raises TinyNetError if there are no recordings.
    """
    if not runs:
        raise TinyNetError("is empty. Give a dict of labels and recordings.", parameter="runs")
    ax = ax or canvas(7.4, 3.8)
    _frame(ax, "Loss of each training")
    ax.set_ylabel("mean loss while training", fontsize=NORMAL)
    for k, (label, run) in enumerate(runs.items()):
        color, style = PALETTE[k % len(PALETTE)], DASHES[(k + k // len(PALETTE)) % len(DASHES)]
        _line(ax, run.loss_per_epoch, color=color, label=label, linestyle=style)
    _dashed(ax, constant, constant_label)
    _from_zero(ax)
    epochs = [max(1, len(run.loss_per_epoch)) for run in runs.values()]
    if max(epochs) >= LOGARITHMIC_FROM * min(epochs):
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter("{x:,.0f}")
        ax.set_xlabel("epoch (logarithmic)", fontsize=NORMAL)
    ax.legend(fontsize=SMALL, frameon=False)
    return ax


@check_arguments
def learning_curves(
    curves: "Mapping[str, Sequence[float]]", best_epoch: int | None = None, *, ax: "Axes | None" = None
) -> "Axes":
    """Draw the loss on each part of the examples.

    curves : from `tinynet.evaluation.classification.learning_curves`.
    best_epoch : the epoch to mark, if any.

    >>> learning_curves({"epoch": [0, 5], "training": [0.3, 0.1], "held-out": [0.3, 0.2]}).get_xlabel()
    'epochs done'
    """
    if "epoch" not in curves:
        raise TinyNetError("has no list 'epoch'. Add the epochs of the losses.", parameter="curves")
    for name in curves:
        if len(curves[check_text("curves", name)]) != len(curves["epoch"]):
            raise TinyNetError(f"has another length for {name!r} than for 'epoch'.", parameter="curves")
    ax = ax or canvas(7.4, 3.8)
    _frame(ax, "Loss on each part of the examples")
    ax.set(xlabel="epochs done", ylabel="loss")
    epochs = curves["epoch"]
    for k, name in enumerate(name for name in curves if name != "epoch"):
        ax.plot(
            epochs, curves[name], color=PALETTE[k], linestyle=DASHES[k], linewidth=2, label=f"{name} loss"
        )
    if best_epoch is not None:
        check_int("best_epoch", best_epoch, 0, 2**53)
        ax.axvline(best_epoch, color=MUTED, linestyle=":", linewidth=1.2, label=f"best epoch: {best_epoch:,}")
    _from_zero(ax)
    ax.legend(fontsize=SMALL, frameon=False)
    return ax


def _title(what: str, run: "Recording") -> str:
    recipe = run.recipe
    return f"{what}: {run.network.origin}, learning rate {recipe.learning_rate:g}, {recipe.order} order"


def _frame(ax: "Axes", title: str) -> None:
    style_axes(ax)
    ax.set_title(title, fontsize=LARGE, loc="left", color=INK)
    ax.set_xlabel("epoch", fontsize=NORMAL)
    ax.locator_params(axis="x", integer=True)
    ax.margins(x=0.02)
    ax.grid(axis="y", color=FAINT, linewidth=0.5, alpha=0.6)


def _line(ax: "Axes", values: np.ndarray, *, color: str, label: str, linestyle: str) -> None:
    epochs = np.arange(1, len(values) + 1)  # (epochs,) counted from 1
    marker = "o" if len(values) == 1 else ""
    ax.plot(epochs, values, color=color, label=label, linestyle=linestyle, linewidth=2, marker=marker)


def _dashed(ax: "Axes", constant: float | None, label: str) -> None:
    if constant is not None:
        text = f"{label}: {constant:.3g}"
        ax.axhline(constant, color=MUTED, linestyle=(0, (2, 2)), linewidth=1.2, label=text)


def _from_zero(ax: "Axes") -> None:
    """Start the axis at zero: a flat curve looks flat."""
    ax.set_ylim(bottom=0, top=max(1.08 * ax.dataLim.ymax, 1e-12) if np.isfinite(ax.dataLim.ymax) else 1)


def _stop(ax: "Axes", run: "Recording") -> None:
    if run.stopped is not None:
        epoch = 1 + run.stopped.step / run.steps_per_epoch
        ax.axvline(epoch, color=MUTED, linestyle=":", linewidth=1.2)
        note, frame = f"stopped at step {run.stopped.step:,}", ("data", "axes fraction")
        look = {"xycoords": frame, "rotation": 90, "ha": "right", "va": "bottom", "color": MUTED}
        write(ax, note, (epoch, 0.03), shift=(-3, 0), **look)
