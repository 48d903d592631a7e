"""Built-in pictures: lines, noisy lines, pictures without a right class."""

from itertools import product

import numpy as np

from tinynet import rng
from tinynet.data.examples import PIXELS as PIXELS
from tinynet.data.examples import Examples as Examples
from tinynet.signatures import check_arguments
from tinynet.validation import check_int, check_number, check_seed

MAX_GRID = 8
MAX_COUNT = 10_000_000  # fuzzy lines
MAX_SIDE = 1024  # pixels per side of a picture with views


def lines(n: int = 2) -> Examples:
    """Return the lines of an n x n picture.

    Every row comes first, then every column.

    n : Pixels per side, 2 to 8.

    >>> lines().names
    ('top', 'bottom', 'left', 'right')
    """
    n = check_int("n", n, 2, MAX_GRID)
    grids = np.zeros((2 * n, n, n))  # (pictures, rows, columns)
    for k in range(n):
        grids[k, k, :] = 1.0
        grids[n + k, :, k] = 1.0
    names = (
        ["top", "bottom", "left", "right"]
        if n == 2
        else [f"{s} {k}" for s in ("row", "column") for k in range(n)]
    )
    targets = np.repeat([[1.0, 0.0], [0.0, 1.0]], n, axis=0)
    return Examples(grids.reshape(2 * n, n * n), targets, tuple(names), (n, n))


def views(n: int = 2) -> np.ndarray:
    """Return the eight views of a picture. -> (8, n * n)

    The picture has n x n pixels. A view is a flip, a rotation, or both. Pixel i of view g is pixel `views(n)[g,
    i]` of the picture. View 0 is the picture itself. Odd views are transposed. Bit 1 of g flips up and down, bit
    2 flips left and right.

    >>> views()[:, 0].tolist()
    [0, 0, 2, 1, 1, 2, 3, 3]
    """
    n = check_int("n", n, 1, MAX_SIDE)
    grid = np.arange(n * n).reshape(n, n)
    pixels = []
    for g in range(8):
        view = grid.T if g & 1 else grid
        view = view[::-1] if g & 2 else view
        pixels.append((view[:, ::-1] if g & 4 else view).ravel())
    return np.array(pixels)


def fuzzy() -> Examples:
    """Return the fuzzy line of the notebook.

    The top row is almost bright, and the bottom row is almost dark.

    >>> fuzzy().inputs.tolist()
    [[0.8888, 0.9, 0.1112, 0.1]]
    """
    return Examples(np.array([[0.8888, 0.9, 0.1112, 0.1]]), np.array([[1.0, 0.0]]), ("fuzzy top",), (2, 2))


@check_arguments(apart_from=("count", "brightness", "darkness", "noise"))
def fuzzy_lines(
    count: int, *, brightness: float = 0.9, darkness: float = 0.1, noise: float = 0.05, seed: int = 0
) -> Examples:
    """Return noisy 2x2 lines: top, bottom, left, right in turn.

    count : Number of pictures.
    brightness, darkness : Level of the bright and of the dark pixels.
    noise : Standard deviation of the normal noise on each pixel. The pixels are clipped to [0, 1].

    >>> fuzzy_lines(6, seed=1).names[4:]
    ('fuzzy top 1', 'fuzzy bottom 1')
    """
    count = check_int("count", count, 1, MAX_COUNT)
    for name, value in (("brightness", brightness), ("darkness", darkness), ("noise", noise)):
        check_number(name, value, 0, 1)
    clean = lines()
    line = np.arange(count) % 4
    levels = darkness + (brightness - darkness) * clean.inputs[line]  # (count, 4)
    inputs = rng.noisy(levels, noise, seed=check_seed(seed), presentations=np.arange(count), stream=rng.TEST)
    names = tuple(f"fuzzy {clean.names[k]} {n // 4}" for n, k in enumerate(line))
    assert clean.targets is not None
    return Examples(inputs, clean.targets[line], names, (2, 2))


def stress() -> Examples:
    """Return the stress pictures of the notebook.

    The pictures are a single pixel, gray and both diagonals. No class is right for these pictures, so they have
    no targets.

    >>> stress()["gray"].inputs.tolist()
    [[0.5, 0.5, 0.5, 0.5]]
    """
    inputs = [[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.5, 0.5], [0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0]]
    return Examples(np.array(inputs), None, ("single pixel", "gray", "diagonal /", "diagonal \\"), (2, 2))


def binary() -> Examples:
    """Return all 16 black-and-white 2x2 pictures, without targets.

    >>> binary().names[:4], len(binary())
    (('black', 'bottom-right', 'bottom-left', 'bottom'), 16)
    """
    inputs = np.array(list(product([0.0, 1.0], repeat=4)))  # (16, 4)
    return Examples(inputs, None, tuple(map(_binary_name, inputs)), (2, 2))


def _binary_name(picture: np.ndarray) -> str:
    lines_and_diagonals = {
        (1, 1, 0, 0): "top",
        (0, 0, 1, 1): "bottom",
        (1, 0, 1, 0): "left",
        (0, 1, 0, 1): "right",
        (0, 1, 1, 0): "diagonal /",
        (1, 0, 0, 1): "diagonal \\",
    }
    n_bright = int(picture.sum())
    if n_bright in (0, 4):
        return "white" if n_bright else "black"
    if n_bright == 2:
        return lines_and_diagonals[tuple(picture.astype(int))]
    different = PIXELS[int(np.flatnonzero(picture == (1.0 if n_bright == 1 else 0.0))[0])]
    return different if n_bright == 1 else f"all but {different}"


def lattice(levels: int = 5) -> Examples:
    """Return every 2x2 picture with pixels on a few levels.

    levels : Number of levels from 0 to 1, 2 to 17. The pictures have no targets.

    >>> len(lattice(3)), lattice(3).names[1]
    (81, '0 0 0 0.5')
    """
    levels = check_int("levels", levels, 2, 17)
    inputs = np.array(list(product(np.linspace(0.0, 1.0, levels), repeat=4)))  # (levels**4, 4)
    names = tuple(" ".join(f"{value:g}" for value in row) for row in inputs)
    return Examples(inputs, None, names, (2, 2))


def canonical() -> Examples:
    """Return 17 clean pictures.

    The pictures are the four lines, gray, and the 12 other black-and-white pictures.

    The targets of pictures that are not lines are 0.5 for both classes.

    >>> canonical().targets.sum(axis=0).tolist()
    [8.5, 8.5]
    """
    clean, every = lines(), binary()
    others = [k for k, name in enumerate(every.names) if name not in clean.names]
    inputs = np.concatenate([clean.inputs, np.full((1, 4), 0.5), every.inputs[others]])
    assert clean.targets is not None
    targets = np.concatenate([clean.targets, np.full((len(inputs) - len(clean), 2), 0.5)])
    names = (*clean.names, "gray", *(every.names[k] for k in others))
    return Examples(inputs, targets, names, (2, 2))
