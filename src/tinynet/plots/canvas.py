"""What all figures share: colors, signed numbers, empty axes, and files with the same bytes each time."""

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet import files
from tinynet.errors import TinyNetError
from tinynet.validation import check_folder

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

HORIZONTAL = "#c8510b"  # orange, also for what is above zero
VERTICAL = "#1f5fa8"  # blue, also for what is below zero
ZERO = "#e6e6e6"  # a light gray that a thin line of it still shows on white
INK = "#20242c"
MUTED = "#5f6672"
FAINT = "#c9ccd2"
MOVEMENT = "#a3286a"
MARK = "#0a7a70"
PALETTE = (HORIZONTAL, VERTICAL, MARK, MOVEMENT, "#b58900", "#20242c", "#56a3d9", "#8a6d5a")
DASHES = ("-", "--", "-.", ":")  # with the palette, so that no line is told by its color alone

SMALL, NORMAL, LARGE = 9.0, 10.0, 12.0  # points
LONGEST_NAME = 20  # characters
RESOLUTION = 150  # dots an inch, of PNG files
NO_DATES: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def diverging() -> "Colormap":
    """Return the color map of signed numbers, to be centered at zero: blue below, light gray, orange above.

    It is made of the two answers' own colors. Blue against orange stays distinct for every common kind of
    color blindness (Okabe and Ito 2008, "Color Universal Design").
    """
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("tinynet", [VERTICAL, ZERO, HORIZONTAL])


def canvas(width: float, height: float) -> "Axes":
    """Return empty axes on a new figure of so many inches, unknown to pyplot."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained").add_subplot()


def save(drawing: "Figure | Axes", path: str | Path) -> None:
    """Write a figure, or the figure of these axes, as PNG, SVG or PDF, by the ending of `path`.

    Equal figures give equal bytes. Raises TinyNetError for another ending or a place that cannot be written.
    """
    path = Path(path)
    files.write(path, rendered(drawing, check_path(path)))


def rendered(drawing: "Figure | Axes", ending: str) -> bytes:
    """Return what `save` writes: a figure, or the figure of these axes, as `.png`, `.svg` or `.pdf`."""
    import matplotlib as mpl

    stream = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "tinynet"}):
        figure_of(drawing).savefig(stream, format=ending[1:], dpi=RESOLUTION, metadata=NO_DATES[ending])
    return stream.getvalue()


def check_path(path: Path) -> str:
    """Return the ending of a figure's file; TinyNetError for another ending, or a folder that is not there."""
    ending = path.suffix.lower()
    if ending not in NO_DATES:
        raise TinyNetError(f"{path.name!r} ends in {ending!r}; a figure is saved as {', '.join(NO_DATES)}")
    check_folder(path)
    return ending


def figure_of(drawing: Any) -> "Figure":
    """Return the figure that axes stand in, or the figure itself."""
    found: Figure = drawing if hasattr(drawing, "savefig") else drawing.get_figure(root=True)
    return found


def signed(value: float) -> str:
    """Write a number with its sign, a real minus, and two decimals (three digits where it is large).

    >>> signed(0.256), signed(-0.4205), signed(-12345.6)
    ('+0.26', '−0.42', '−1.23e+04')
    """
    return (f"{value:+.2f}" if abs(value) < 100 else f"{value:+.3g}").replace("-", "−", 1)


def largest(*arrays: np.ndarray) -> float:
    """Return the largest size of a finite number, for a scale centered at zero; 1 where all are zero."""
    sizes = [abs(value) for array in arrays for value in np.ravel(array).tolist() if math.isfinite(value)]
    return max(sizes, default=0.0) or 1.0


def shortened(name: str) -> str:
    """Return a name that fits beside or under what it names.

    >>> shortened("left"), shortened("the third flower from the left")
    ('left', 'the third flower fr…')
    """
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def brightness(value: float) -> str:
    """Return the gray of a pixel or an activation: 0 black, 1 white, and nothing beyond."""
    return str(min(1.0, max(0.0, float(value)))) if math.isfinite(value) else FAINT


def readable(face: Any) -> str:
    """Return the color of writing on `face`, any color of matplotlib: white on dark, ink on light."""
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(face)
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else INK  # luma, Rec. 601


def write(
    ax: "Axes", text: str, at: tuple[float, float], *, shift: tuple[float, float] = (0, 0), **style: Any
) -> None:
    """Write centered on a place in data coordinates, shifted by so many points; `style` as of `Axes.text`."""
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": SMALL, "color": INK, "zorder": 5}
    ax.annotate(text, at, shift, textcoords="offset points", annotation_clip=False, **(look | style))


def plain(ax: "Axes") -> None:
    """Leave only the left and the lower frame of the axes, and quiet ticks."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(FAINT)
    ax.tick_params(labelsize=SMALL, color=FAINT, labelcolor=INK)
