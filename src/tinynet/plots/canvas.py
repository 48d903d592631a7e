"""Colors, numbers, axes and image files of all figures."""

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinynet import files, validation
from tinynet.errors import TinyNetError
from tinynet.signatures import check_arguments

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

HORIZONTAL = "#c8510b"  # orange, also for numbers above zero
VERTICAL = "#1f5fa8"  # blue, also for numbers below zero
ZERO = "#e6e6e6"  # a gray so dark that a thin line is visible on white
INK = "#20242c"
MUTED = "#5f6672"
FAINT = "#c9ccd2"
MOVEMENT = "#a3286a"
MARK = "#0a7a70"
PALETTE = (HORIZONTAL, VERTICAL, MARK, MOVEMENT, "#b58900", "#20242c", "#56a3d9", "#8a6d5a")
DASHES = ("-", "--", "-.", ":")  # lines must not differ by their color alone

SMALL, NORMAL, LARGE = 9.0, 10.0, 12.0  # points
MAX_NAME = 20  # characters
DOTS_PER_INCH = 150  # resolution of PNG files
NO_DATES: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def diverging_colormap() -> "Colormap":
    """Return the color map for signed numbers.

    Center the color map at zero. Its ends are the colors of the two classes. Blue and orange are distinct for
    every common kind of color blindness (Okabe and Ito 2008, "Color Universal Design").
    """
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("tinynet", [VERTICAL, ZERO, HORIZONTAL])


def canvas(width: float, height: float) -> "Axes":
    """Return empty axes on a new figure.

    The figure is not registered with pyplot.
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained").add_subplot()


@check_arguments
def save(drawing: "Figure | Axes", path: str | Path) -> None:
    """Write a figure as PNG, SVG or PDF.

    The file extension of `path` decides the format. Equal figures give equal bytes. Raises TinyNetError for
    another extension and for a path that cannot be written.
    """
    path = validation.check_path("path", path)
    files.write(path, render(drawing, check_path(path)))


def render(drawing: "Figure | Axes", extension: str) -> bytes:
    """Return the content of the file that `save` writes.

    extension : ".png", ".svg" or ".pdf".
    """
    import matplotlib as mpl

    stream = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "tinynet"}):
        figure_of(drawing).savefig(
            stream, format=extension[1:], dpi=DOTS_PER_INCH, metadata=NO_DATES[extension]
        )
    return stream.getvalue()


def check_path(path: Path, name: str = "path") -> str:
    """Return the file extension of a figure's path.

    Raises TinyNetError for another extension, and for a folder that does not exist.
    """
    extension = path.suffix.lower()
    if extension not in NO_DATES:
        raise TinyNetError(
            f"is {path}. Its extension must be one of {validation.listed(tuple(NO_DATES))}.", parameter=name
        )
    validation.check_folder(path, name)
    return extension


def figure_of(drawing: Any) -> "Figure":
    """Return the figure of axes, or the figure itself."""
    found: Figure = drawing if hasattr(drawing, "savefig") else drawing.get_figure(root=True)
    return found


def signed(value: float) -> str:
    """Write a number with its sign and two decimals.

    From 100 on, the number has three digits.

    >>> signed(0.256), signed(-0.4205), signed(-12345.6)
    ('+0.26', '−0.42', '−1.23e+04')
    """
    return (f"{value:+.2f}" if abs(value) < 100 else f"{value:+.3g}").replace("-", "−", 1)


def max_abs(*arrays: np.ndarray) -> float:
    """Return the largest finite absolute value.

    Returns 1 if all numbers are zero.
    """
    sizes = [abs(value) for array in arrays for value in np.ravel(array).tolist() if math.isfinite(value)]
    return max(sizes, default=0.0) or 1.0


def shortened(name: str) -> str:
    """Return a name cut to 20 characters.

    >>> shortened("left"), shortened("the third flower from the left")
    ('left', 'the third flower fr…')
    """
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"


def brightness(value: float) -> str:
    """Return the gray of a value.

    0 is black, 1 is white. Other values are clipped.
    """
    return str(min(1.0, max(0.0, float(value)))) if math.isfinite(value) else FAINT


def text_color(background: Any) -> str:
    """Return a readable text color for a background."""
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(background)
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else INK  # luma, Rec. 601


def write(
    ax: "Axes", text: str, at: tuple[float, float], *, shift: tuple[float, float] = (0, 0), **style: Any
) -> None:
    """Write text centered at a position in data coordinates.

    shift : in points. style : options of `Axes.text`.
    """
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": SMALL, "color": INK, "zorder": 5}
    ax.annotate(text, at, shift, textcoords="offset points", annotation_clip=False, **(look | style))


def style_axes(ax: "Axes") -> None:
    """Show only two spines, and make the ticks gray."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(FAINT)
    ax.tick_params(labelsize=SMALL, color=FAINT, labelcolor=INK)
