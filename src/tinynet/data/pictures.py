"""The inputs: lines, fuzzy lines, and pictures to stress a network with."""

from itertools import product

import numpy as np

from tinynet import rng
from tinynet.data.examples import Examples as Examples
from tinynet.validation import check_int, check_number

LARGEST_GRID = 8
PIXELS = ("top-left", "top-right", "bottom-left", "bottom-right")  # of a 2x2 picture, row by row


def lines(n: int = 2) -> Examples:
    """Return the lines of an n x n grid, n from 2 to 8: every row, then every column.

    >>> lines().names
    ('top', 'bottom', 'left', 'right')
    """
    n = check_int("n", n, 2, LARGEST_GRID)
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
    """Return the eight views of an n x n picture: pixel i of view g is pixel `views(n)[g, i]`. -> (8, n * n)

    View 0 is the picture itself. Odd views are transposed: they turn rows to columns. Bits 1 and 2 flip up and down,
    left and right.

    >>> views()[:, 0].tolist()
    [0, 0, 2, 1, 1, 2, 3, 3]
    """
    grid = np.arange(n * n).reshape(n, n)
    found = []
    for g in range(8):
        seen = grid.T if g & 1 else grid
        seen = seen[::-1] if g & 2 else seen
        found.append((seen[:, ::-1] if g & 4 else seen).ravel())
    return np.array(found)


def fuzzy() -> Examples:
    """Return the notebook's fuzzy line: the top row, not quite bright, over a row not quite dark.

    >>> fuzzy().inputs.tolist()
    [[0.8888, 0.9, 0.1112, 0.1]]
    """
    return Examples(np.array([[0.8888, 0.9, 0.1112, 0.1]]), np.array([[1.0, 0.0]]), ("fuzzy top",), (2, 2))


def fuzzy_lines(
    count: int, *, brightness: float = 0.9, darkness: float = 0.1, noise: float = 0.05, seed: int = 0
) -> Examples:
    """Return noisy 2x2 lines: top, bottom, left and right in turn, normal noise on every pixel, clipped to [0, 1].

    count : pictures. brightness, darkness : of lit and unlit pixels. noise : its standard deviation.

    >>> fuzzy_lines(6, seed=1).names[4:]
    ('fuzzy top 1', 'fuzzy bottom 1')
    """
    count = check_int("count", count, 1)
    for name, value in (("brightness", brightness), ("darkness", darkness), ("noise", noise)):
        check_number(name, value, 0, 1)
    clean = lines()
    which = np.arange(count) % 4
    levels = darkness + (brightness - darkness) * clean.inputs[which]  # (count, 4)
    drawn = rng.noisy(levels, noise, seed=seed, presentations=np.arange(count), stream=rng.TEST)
    names = tuple(f"fuzzy {clean.names[k]} {n // 4}" for n, k in enumerate(which))
    assert clean.targets is not None
    return Examples(drawn, clean.targets[which], names, (2, 2))


def stress() -> Examples:
    """Return the notebook's pictures that no line answers: a pixel, a gray block, both diagonals; no targets.

    >>> stress()["gray"].inputs.tolist()
    [[0.5, 0.5, 0.5, 0.5]]
    """
    inputs = [[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.5, 0.5], [0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0]]
    return Examples(np.array(inputs), None, ("single pixel", "gray", "diagonal /", "diagonal \\"), (2, 2))


def binary() -> Examples:
    """Return all 16 black-and-white 2x2 pictures, no targets.

    >>> binary().names[:4], len(binary())
    (('black', 'bottom-right', 'bottom-left', 'bottom'), 16)
    """
    inputs = np.array(list(product([0.0, 1.0], repeat=4)))  # (16, 4)
    return Examples(inputs, None, tuple(map(_binary_name, inputs)), (2, 2))


def _binary_name(picture: np.ndarray) -> str:
    whole = {0: "black", 4: "white"}
    known = {(1, 1, 0, 0): "top", (0, 0, 1, 1): "bottom", (1, 0, 1, 0): "left", (0, 1, 0, 1): "right"}
    known |= {(0, 1, 1, 0): "diagonal /", (1, 0, 0, 1): "diagonal \\"}
    lit = int(picture.sum())
    if lit in whole:
        return whole[lit]
    if lit == 2:
        return known[tuple(picture.astype(int))]
    odd = PIXELS[int(np.flatnonzero(picture == (1.0 if lit == 1 else 0.0))[0])]
    return odd if lit == 1 else f"all but {odd}"


def lattice(levels: int = 5) -> Examples:
    """Return every 2x2 picture whose pixels take one of `levels` brightnesses from 0 to 1; no targets.

    >>> len(lattice(3)), lattice(3).names[1]
    (81, '0 0 0 0.5')
    """
    levels = check_int("levels", levels, 2, 17)
    inputs = np.array(list(product(np.linspace(0.0, 1.0, levels), repeat=4)))  # (levels**4, 4)
    names = tuple(" ".join(f"{value:g}" for value in row) for row in inputs)
    return Examples(inputs, None, names, (2, 2))


def canonical() -> Examples:
    """Return the 17 clean pictures: the four lines, gray, and the 12 black-and-white pictures that are no lines.

    >>> canonical().targets.sum(axis=0).tolist()
    [8.5, 8.5]
    """
    clean, world = lines(), binary()
    others = [k for k, name in enumerate(world.names) if name not in clean.names]
    inputs = np.concatenate([clean.inputs, np.full((1, 4), 0.5), world.inputs[others]])
    assert clean.targets is not None
    targets = np.concatenate([clean.targets, np.full((len(inputs) - len(clean), 2), 0.5)])
    names = (*clean.names, "gray", *(world.names[k] for k in others))
    return Examples(inputs, targets, names, (2, 2))
