"""The eight symmetries of a square picture: what a fair network says alike of all of them."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinynet.data import pictures
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.model.network import Network
from tinynet.numerics import arrays

Answers = Callable[
    [np.ndarray], np.ndarray
]  # (pictures, pixels) -> (pictures, 2), or (networks, pictures, 2)

SWAPS = np.arange(8) % 2 == 1  # which of `pictures.views` swap rows and columns
QUARTER_TURN = 3  # the view that is the picture turned to the left


def views(inputs: Any) -> np.ndarray:
    """Return pictures (m, n*n) from all eight sides, the first as they are. -> (8, m, n*n)

    >>> views([[1, 1, 0, 0]])[:, 0].tolist()[:2]
    [[1, 1, 0, 0], [1, 0, 1, 0]]
    """
    x = np.asarray(inputs)
    n = math.isqrt(x.shape[-1])
    if x.ndim != 2 or n * n != x.shape[1]:
        raise TinyNetError(f"inputs has shape {x.shape}; views need square pictures, (pictures, n*n)")
    return x[:, pictures.views(n)].transpose(1, 0, 2)


def seen(answers: Answers, inputs: Any) -> np.ndarray:
    """Return the answers to all eight views, H and V swapped back where the view swaps them. -> (8, ..., m, 2)"""
    found = []
    for view, swapped in zip(views(inputs), SWAPS, strict=True):
        outputs = np.asarray(answers(view))
        if outputs.shape[-1] != 2:
            raise TinyNetError(f"there are {outputs.shape[-1]} outputs; H and V can be swapped only of two")
        found.append(outputs[..., ::-1] if swapped else outputs)
    return np.stack(found)


def symmetrize(answers: Answers) -> Answers:
    """Return one who walks round a picture: the mean of the answers to its eight views.

    >>> fair = symmetrize(Network.initial(seed=0))
    >>> h, v = fair(np.array([[0.5, 0.5, 0.5, 0.5]]))[0]
    >>> bool(abs(h - v) < 1e-15)
    True
    """
    return lambda inputs: arrays.mean(seen(answers, inputs), 0)


def ensemble(*members: Answers) -> Answers:
    """Return one who asks several networks and says the mean of their answers.

    >>> both = ensemble(Network.initial(seed=0), Network.initial(seed=1))
    >>> both(np.zeros((3, 4))).shape
    (3, 2)
    """
    if not members:
        raise TinyNetError("an ensemble has no members; give it at least one network")
    return lambda inputs: arrays.mean([member(inputs) for member in members], 0)


def agreement(answers: Answers, inputs: Any) -> np.ndarray:
    """Return whether all eight views of a picture get the same verdict; a tie is none. -> (..., m) bool"""
    outputs = seen(answers, inputs)
    signs = np.sign(outputs[..., 0] - outputs[..., 1])  # (8, ..., m)
    return np.asarray((signs[0] != 0) & (signs == signs[0]).all(axis=0))


def turned(examples: Examples) -> Examples:
    """Return the pictures turned by 90 degrees, with their targets swapped: rows become columns.

    >>> import tinynet as tn
    >>> turned(tn.pictures.lines())["top"].inputs.tolist()
    [[1.0, 0.0, 1.0, 0.0]]
    """
    shape = examples.shape
    if shape is None or shape[0] != shape[1] or len(examples.target_names) != 2:
        raise TinyNetError(
            f"only square pictures with two answers can be turned and swapped; these have shape {shape}"
        )
    targets = None if examples.targets is None else examples.targets[:, ::-1]
    return Examples(
        views(examples.inputs)[QUARTER_TURN], targets, examples.names, shape, examples.target_names
    )


def asymmetry(network: Network, examples: Examples) -> float:
    """Return how far the network is from treating rows and columns alike.

    The largest difference, over the pictures, between an answer and the swapped answer to the picture turned
    by 90 degrees; 0 for a network that is exactly fair.
    """
    return float(np.abs(network(examples) - network(turned(examples))[:, ::-1]).max())
