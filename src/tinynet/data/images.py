"""Pictures of your own: a folder for each answer, every picture shrunk to a few gray pixels."""

from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinynet.errors import TinyNetError

ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
MAX_ANSWERS, LARGEST = 10, 64
LAYOUT = "a folder of pictures has a folder for each answer, such as cats/ and dogs/, with pictures in it"


class Images(NamedTuple):
    """Pictures in gray, with the answer of each: the fields of `Examples`."""

    inputs: np.ndarray
    targets: np.ndarray
    names: tuple[str, ...]
    shape: tuple[int, int]
    answers: tuple[str, ...]


def read(folder: str | PathLike[str], size: int = 8) -> Images:
    """Return the pictures of a folder that has a folder for each answer, shrunk to size x size gray.

    inputs (pictures, size * size): 0 black to 1 white, each pixel the mean of the area it stands for. The answers are the
    folders' names; a picture's name is its path. What is transparent counts as white.

    Raises TinyNetError for folders that are not so, and names the picture that cannot be read.
    """
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= LARGEST:
        raise TinyNetError(
            f"is {size!r}; pictures are shrunk to 1 to {LARGEST} pixels a side", parameter="size"
        )
    root = Path(folder)
    answers = _answers(root)
    found = [(path, k) for k, answer in enumerate(answers) for path in _pictures(root / answer)]
    inputs = np.array([_shrunk(path, size).ravel() for path, _ in found])  # (pictures, size * size)
    names = tuple(path.relative_to(root).as_posix() for path, _ in found)
    return Images(inputs, np.eye(len(answers))[[k for _, k in found]], names, (size, size), answers)


def _answers(root: Path) -> tuple[str, ...]:
    """Return the names of the folders, in the order of the alphabet."""
    if not root.is_dir():
        raise TinyNetError(f"{root} is {'no folder' if root.exists() else 'not there'}; {LAYOUT}")
    answers = tuple(sorted(p.name for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")))
    if len(answers) < 2:
        what = f"only the folder {answers[0]!r}" if answers else "no folders"
        raise TinyNetError(f"{root} has {what} in it; {LAYOUT}, and at least two answers")
    if len(answers) > MAX_ANSWERS:
        raise TinyNetError(
            f"{root} has {len(answers)} folders in it; at most {MAX_ANSWERS} answers are told apart"
        )
    return answers


def _pictures(folder: Path) -> list[Path]:
    found = sorted(
        path for path in folder.iterdir() if path.suffix.lower() in ENDINGS and not path.name.startswith(".")
    )
    if not found:
        raise TinyNetError(
            f"{folder} has no pictures in it ({', '.join(ENDINGS)}); put some there, or remove it"
        )
    return found


def _shrunk(path: Path, size: int) -> np.ndarray:
    """Return a picture in gray, each pixel the mean of its area. -> (size, size) in [0, 1]"""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            gray, white = _gray(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise TinyNetError(
            f"cannot read the picture {path} ({error}); save it again, or remove it"
        ) from error
    (rows, heights), (columns, widths) = (_cuts(length, size) for length in gray.shape)
    sums = np.add.reduceat(np.add.reduceat(gray, rows, axis=0, dtype=np.int64), columns, axis=1)
    return np.asarray(sums / (white * heights[:, None] * widths))


def _cuts(length: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut a side of `length` pixels into `size` parts; return where each begins, and how many pixels it has.

    A pixel belongs to the part that its middle lies in. Where there are fewer pixels than parts, each has the nearest.
    """
    k = np.arange(size)
    begins = (2 * k * length + size) // (2 * size) if length >= size else (2 * k + 1) * length // (2 * size)
    return begins, np.maximum(np.diff(begins, append=length), 1)


def _gray(picture: Any) -> tuple[np.ndarray, int]:
    """Return a picture in gray (height, width) and what white is: shown as it is held, on white where it is transparent."""
    from PIL import Image, ImageOps

    held = ImageOps.exif_transpose(picture)
    if held.mode in ("I", "I;16", "I;16B", "I;16L", "I;16N"):  # 16 bits
        return np.clip(np.asarray(held, np.int64), 0, 65535), 65535
    if held.mode == "F":
        raise ValueError("its brightness has no known range")
    if held.has_transparency_data:
        held = held.convert("RGBA")
        white = Image.new("RGBA", held.size, "white")
        held = Image.alpha_composite(white, held)
    return np.asarray(held.convert("L")), 255
