"""The eight rotations and reflections of a square picture.

A rotation or reflection that swaps rows and columns turns a horizontal line into a vertical line. Therefore the
two outputs are swapped.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tinynet.data import pictures
from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError
from tinynet.model.network import Network
from tinynet.numerics import arrays
from tinynet.signatures import check_arguments
from tinynet.validation import check_numbers

Predictor = Callable[[np.ndarray], np.ndarray]  # (m, pixels) -> (m, 2), or (networks, m, 2)

SWAPS = np.arange(8) % 2 == 1  # the rows of `pictures.views` that swap rows and columns
QUARTER_TURN = 3  # the row of `pictures.views` that rotates a picture to the left


def views(inputs: Any) -> np.ndarray:
    """Return the eight views of pictures. (m, n*n) -> (8, m, n*n)

    The views are the rotations and reflections. The original comes first.

    Raises TinyNetError for pictures that are not square.

    >>> views([[1, 1, 0, 0]])[:, 0].tolist()[:2]
    [[1, 1, 0, 0], [1, 0, 1, 0]]
    """
    x = np.asarray(inputs)
    n = math.isqrt(x.shape[-1])
    if x.ndim != 2 or n * n != x.shape[1]:
        raise TinyNetError(f"inputs has shape {x.shape}. It must be (pictures, n*n), for square pictures.")
    return x[:, pictures.views(n)].transpose(1, 0, 2)


def outputs_of_views(predictor: Predictor, inputs: Any) -> np.ndarray:
    """Return the outputs for the eight views. -> (8, ..., m, 2)

    The outputs of views that swap rows and columns are swapped back.

    Raises TinyNetError for a predictor without exactly two outputs.
    """
    found = []
    for view, swapped in zip(views(inputs), SWAPS, strict=True):
        outputs = check_numbers("the outputs", predictor(view))
        if outputs.ndim == 0 or outputs.shape[-1] != 2:
            raise TinyNetError(
                f"the number of outputs is {outputs.shape[-1] if outputs.ndim else 0:,}. It must be 2, for horizontal and vertical."
            )
        found.append(outputs[..., ::-1] if swapped else outputs)
    return np.stack(found)


@check_arguments
def symmetrize(predictor: Predictor) -> Predictor:
    """Return a predictor that averages over rotations and reflections.

    This is test-time augmentation with all symmetries of the square.

    >>> fair = symmetrize(Network.initial(seed=0))
    >>> h, v = fair(np.array([[0.5, 0.5, 0.5, 0.5]]))[0]
    >>> bool(abs(h - v) < 1e-15)
    True
    """
    return partial(_mean_of_views, predictor)  # unlike a lambda, a partial can be pickled


def _mean_of_views(predictor: Predictor, inputs: Any) -> np.ndarray:
    return arrays.mean(outputs_of_views(predictor, inputs), 0)


def ensemble(*members: Predictor) -> Predictor:
    """Return a predictor that averages the outputs of several networks.

    Raises TinyNetError without members.

    >>> both = ensemble(Network.initial(seed=0), Network.initial(seed=1))
    >>> both(np.zeros((3, 4))).shape
    (3, 2)
    """
    if not members:
        raise TinyNetError("the number of members is 0. It must be 1 or more. Pass at least one network.")
    return partial(_mean_of_members, members)


def _mean_of_members(members: tuple[Predictor, ...], inputs: Any) -> np.ndarray:
    return arrays.mean([member(inputs) for member in members], 0)


def agreement(predictor: Predictor, inputs: Any) -> np.ndarray:
    """Return whether each picture keeps its class. -> (..., m) bool

    A picture is rotated and reflected. All eight predictions must have one class. A tie has no predicted class,
    so a tie does not agree.
    """
    outputs = outputs_of_views(predictor, inputs)
    signs = np.sign(outputs[..., 0] - outputs[..., 1])  # (8, ..., m)
    return np.asarray((signs[0] != 0) & (signs == signs[0]).all(axis=0))


def turned(examples: Examples) -> Examples:
    """Rotate pictures by 90 degrees and swap their targets.

    Raises TinyNetError for examples that are not square pictures with two classes.

    >>> import tinynet as tn
    >>> turned(tn.pictures.lines())["top"].inputs.tolist()
    [[1.0, 0.0, 1.0, 0.0]]
    """
    shape = examples.shape
    if shape is None or shape[0] != shape[1] or len(examples.target_names) != 2:
        raise TinyNetError(
            f"the shape of the examples is {shape} with {len(examples.target_names):,} classes. The examples must be square "
            "pictures with two classes."
        )
    targets = None if examples.targets is None else examples.targets[:, ::-1]
    return Examples(
        views(examples.inputs)[QUARTER_TURN], targets, examples.names, shape, examples.target_names
    )


def asymmetry(network: Network, examples: Examples) -> float:
    """Return how differently the network treats rows and columns.

    The asymmetry is the largest difference between an output and the swapped output for the picture rotated by 90
    degrees. A network with exact symmetry has an asymmetry of 0.
    """

    return float(np.abs(network(examples) - network(turned(examples))[:, ::-1]).max())
