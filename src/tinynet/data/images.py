"""Image folders with one subfolder per class.

Every image is shrunk to a few gray pixels.
"""

import io
import os
import warnings
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinynet import files
from tinynet.data.tables import MAX_CLASSES
from tinynet.errors import TinyNetError
from tinynet.validation import check_int, check_path, check_text, kind_of

EXTENSIONS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")  # Pillow's other decoders are not used
MAX_SIZE = 64
MAX_PIXELS = 2**26  # of an image file, about 67 megapixels
LAYOUT = "An image folder must have one subfolder for each class, such as cats/ and dogs/, with images in it"


class Images(NamedTuple):
    """Gray pictures with their classes.

    The fields are the first fields of `Examples`, in the same order.
    """

    inputs: np.ndarray
    targets: np.ndarray
    names: tuple[str, ...]
    shape: tuple[int, int]
    target_names: tuple[str, ...]


def read(folder: str | PathLike[str], size: int = 8) -> Images:
    """Read a folder of images as small gray pictures.

    A picture has size x size pixels. The folder has one subfolder per class.

    The inputs are (pictures, size * size): 0 is black and 1 is white. Each pixel is the mean of its area. Transparent
    areas count as white. The classes are the names of the subfolders. A picture is named by its path.

    Raises TinyNetError for another layout, for a link that leaves the folder, and with the path of an image that cannot
    be read or has more than MAX_PIXELS pixels.
    """
    size = check_int("size", size, 1, MAX_SIZE)
    root = check_path("folder", folder)
    classes = _classes(root)
    labeled = [(path, k) for k, name in enumerate(classes) for path in _image_paths(root / name)]
    names = tuple(path.relative_to(root).as_posix() for path, _ in labeled)
    for name, (path, _) in zip(names, labeled, strict=True):
        check_text("the name of an image", name)
        _check_inside(root, path)
    inputs = np.array([_gray_pixels(path, size).ravel() for path, _ in labeled])  # (pictures, size * size)
    return Images(inputs, np.eye(len(classes))[[k for _, k in labeled]], names, (size, size), classes)


def _classes(root: Path) -> tuple[str, ...]:
    """Return the names of the subfolders in alphabetical order."""
    if (kind := kind_of(root)) != "a folder":
        problem = "does not exist" if kind == "missing" else f"is {kind}, and not a folder"
        raise TinyNetError(f"{root} {problem}. {LAYOUT}.")
    subfolders = [path for path in _content(root) if path.is_dir()]
    for path in subfolders:
        _check_inside(root, path)
    classes = tuple(path.name for path in subfolders)
    if len(classes) < 2:
        content = f"only the subfolder {classes[0]!r}" if classes else "no subfolders"
        raise TinyNetError(f"{root} has {content}. {LAYOUT}, and at least two classes.")
    if len(classes) > MAX_CLASSES:
        raise TinyNetError(
            f"{root} has {len(classes):,} subfolders. There must be at most {MAX_CLASSES} classes."
        )
    return classes


def _image_paths(folder: Path) -> list[Path]:
    paths = [path for path in _content(folder) if path.suffix.lower() in EXTENSIONS]
    if not paths:
        raise TinyNetError(
            f"{folder} has no images ({', '.join(EXTENSIONS)}). Add some, or remove the subfolder."
        )
    return paths


def _content(folder: Path) -> list[Path]:
    """Return the paths in a folder in alphabetical order, without hidden files."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise TinyNetError(f"cannot read the folder {folder}: {error.strerror}. Check the folder.") from error


def _check_inside(root: Path, path: Path) -> None:
    """Raise a TinyNetError for a link that leaves the folder."""
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        raise TinyNetError(
            f"{path} is a link that leaves the folder {root}. Replace the link by a copy, or remove the link."
        )


def _gray_pixels(path: Path, size: int) -> np.ndarray:
    """Return an image in gray. -> (size, size) in [0, 1]

    Each pixel is the mean of its area.
    """
    data = files.read(path, "image")
    try:
        gray, white = _decoded(data)
    except Exception as error:  # Pillow's decoders raise many kinds of errors for a damaged file
        reason = str(error) or type(error).__name__
        if "BytesIO" in reason:  # the message of Pillow names the stream
            reason = f"its content is none of {', '.join(FORMATS)}"
        raise TinyNetError(f"cannot read the image {path} ({reason}). Save it again or remove it.") from error
    (rows, heights), (columns, widths) = (_parts_of_side(length, size) for length in gray.shape)
    sums = np.add.reduceat(np.add.reduceat(gray, rows, axis=0, dtype=np.int64), columns, axis=1)
    return np.asarray(sums / (white * heights[:, None] * widths))


def _parts_of_side(length: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first pixels and lengths of a side's parts.

    A side of `length` pixels is divided into `size` parts.

    A pixel belongs to the part that contains its middle. With fewer pixels than parts, each part is its nearest pixel.
    """
    k = np.arange(size)
    starts = (2 * k * length + size) // (2 * size) if length >= size else (2 * k + 1) * length // (2 * size)
    return starts, np.maximum(np.diff(starts, append=length), 1)


def _decoded(data: bytes) -> tuple[np.ndarray, int]:
    """Return the first image of a file, as `_gray` returns it.

    The size and the mode are checked before the image is decoded.
    """
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's warnings about large images and damaged metadata
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise ValueError(f"it has {width:,} x {height:,} pixels and must have at most {MAX_PIXELS:,}")
            if image.mode == "F":
                raise ValueError("the range of its brightness is not known")
            return _gray(image)


def _gray(image: Any) -> tuple[np.ndarray, int]:
    """Return an image in gray (height, width).

    The second result is the value of white. The EXIF orientation is applied, and transparent areas are put on
    white.
    """
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(image)
    if upright.mode in ("I", "I;16", "I;16B", "I;16L", "I;16N"):  # 16 bits
        return np.clip(np.asarray(upright), 0, 65535), 65535
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright)
    return np.asarray(upright.convert("L")), 255
