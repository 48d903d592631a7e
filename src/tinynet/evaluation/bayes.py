"""The Bayes-optimal prediction for a picture of a world.

The prediction is computed from the exact likelihood.

A pixel of level l is observed as clip(l + noise * normal, 0, 1). Its distribution is a normal density inside (0,
1), with the mass of the tails at 0 and 1. The likelihood of a pattern is the product of two groups, the bright
pixels and the dark pixels. Each group is averaged over its unknown level by Gauss-Legendre quadrature. An
ambiguous picture counts half for each class, for soft targets and for coin targets. The random numbers of
`rng.normal` deviate from a normal distribution by less than 2e-4. The likelihood ignores this deviation.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.numerics import arrays
from tinynet.numerics.cancellation import check_cancelled
from tinynet.signatures import check_arguments
from tinynet.validation import check_int, check_numbers

MAX_FINER = 1000
MAX_NODES = 20_000  # nodes of a quadrature; their number grows as the noise gets smaller
MAX_TERMS = 4_000_000  # terms of the sums computed at once, 32 MB
NEWTON_STEPS = 8
FRACTION_TERMS, SERIES_TERMS = (
    100,
    30,
)  # coefficients for the tail of the normal distribution; accurate at 2 standard deviations
ROOT_2_PI = 2.5066282746310002


@check_arguments
def posterior(world: World, inputs: Any, *, finer: int = 1) -> np.ndarray:
    """Return P(horizontal) and P(vertical) of pictures. (m, pixels) -> (m, 2)

    The rows sum to 1.

    finer : int. Multiplies the number of quadrature nodes. With 1 the error is below 1e-12 for pictures of the world.

    Raises TinyNetError for pictures that do not fit the world, and for a world without noise.

    >>> posterior(World(), [[0.9, 0.9, 0.1, 0.1], [0.5, 0.5, 0.5, 0.5]]).round(4).tolist()
    [[0.9979, 0.0021], [0.5, 0.5]]
    """
    masses = _masses(world, inputs, check_int("finer", finer, 1, MAX_FINER))
    halves = masses[:, :2] + masses[:, 2:] / 2
    return np.asarray(halves / (halves[:, :1] + halves[:, 1:]))


def ambiguous(world: World, inputs: Any) -> np.ndarray:
    """Return the probability that a picture is ambiguous. (m, pixels) -> (m,)

    >>> ambiguous(World(), [[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]]).round(3).tolist()
    [0.9..., 0.0...]
    """
    masses = _masses(world, inputs, 1)
    return np.asarray(masses[:, 2] / arrays.total(masses))


def optimal_class(inputs: Any) -> np.ndarray:
    """Return the Bayes-optimal class of 2x2 pictures. (m, 4) -> (m,)

    The class is 1 for horizontal, -1 for vertical, and 0 for a tie.

    The class is horizontal if (top-left - bottom-right) * (top-right - bottom-left) > 0, for every noise and every level.
    Proof: let t_i = L(x_i | bright) / L(x_i | dark), which increases with x_i. Then P(H) - P(V) is proportional to
    (t_TL - t_BR) * (t_TR - t_BL). Averaging over the levels keeps the sign.

    >>> optimal_class([[0.9, 0.6, 0.1, 0.3], [1, 0, 0, 0]]).tolist()
    [1, 0]
    """
    x = _pictures(inputs, 4)
    return np.sign((x[:, 0] - x[:, 3]) * (x[:, 1] - x[:, 2])).astype(int)


def closed_form(inputs: Any, *, bright: float, dark: float, noise: float) -> np.ndarray:
    """Return log P(horizontal) / P(vertical). (m, 4) -> (m,)

    The pictures are 2x2 lines with known levels.

    The pixels must not be clipped. The value is log cosh(k r) - log cosh(k c), with the contrasts r and c of rows and columns
    and k = (bright - dark) / noise**2.

    Raises TinyNetError for noise 0.

    >>> closed_form([[0.8, 0.7, 0.2, 0.3]], bright=0.8, dark=0.2, noise=0.2).round(3).tolist()
    [6.807]
    """
    if noise <= 0:
        raise TinyNetError(f"is {noise!r}. It must be above 0.", parameter="noise")
    tl, tr, bl, br = _pictures(inputs, 4).T
    k = (bright - dark) / (noise * noise)
    r, c = k * (tl + tr - bl - br) / 2, k * (tl + bl - tr - br) / 2
    rows, columns = (np.abs(x) + arrays.log(1 + arrays.exp(-2 * np.abs(x))) for x in (r, c))  # log(2 cosh x)
    return np.asarray(rows - columns)


def _pictures(inputs: Any, pixels: int) -> np.ndarray:
    x = check_numbers("inputs", inputs)
    if x.ndim != 2 or x.shape[1] != pixels:
        raise TinyNetError(f"inputs has shape {x.shape}. It must be (pictures, {pixels:,}) for this world.")
    if not ((x >= 0) & (x <= 1)).all():
        raise TinyNetError(
            "inputs has pixels outside 0 to 1. They must be from 0 to 1, as the world clips them."
        )
    return x


@dataclass(frozen=True, eq=False)
class _Levels:
    """Quadrature nodes for the unknown level of some pixels.

    The pixels are one group of a pattern: bright or dark.
    """

    levels: np.ndarray  # (nodes,)
    log_weights: np.ndarray  # (nodes,); the weights sum to 1
    at_0: np.ndarray  # (nodes,); log probability that a pixel is clipped to 0
    at_1: np.ndarray  # (nodes,); log probability that a pixel is clipped to 1
    noise: float

    @classmethod
    def of(cls, ends: tuple[float, float], noise: float, pixels: int, finer: int) -> "_Levels":
        """Return enough nodes for the sharpest peak of `pixels` pixels."""
        low, high = ends
        sharpness = (high - low) * math.sqrt(pixels) / noise
        if sharpness > MAX_NODES / 2:
            raise TinyNetError(
                f"the world's noise is {noise:g}. It must be at least {sharpness * noise * 2 / MAX_NODES:.2g} to compute the "
                "Bayes-optimal prediction."
            )
        nodes, weights = _quadrature(finer * (16 + math.ceil(1.5 * sharpness)) if high > low else 1)
        levels = low + (high - low) * (nodes + 1) / 2
        at_0, at_1 = (_log_tail(far / noise) for far in (levels, 1 - levels))
        return cls(levels, arrays.log(weights / 2), at_0, at_1, noise)

    def log_pixels(self, x: np.ndarray) -> np.ndarray:
        """Return the log likelihood at every level. (m, pixels) -> (m, nodes, pixels)

        Factors that depend only on x are left out, since they are equal for all hypotheses.
        """
        inside = -(((x[:, None] - self.levels[:, None]) / self.noise) ** 2) / 2
        seen = np.where(x[:, None] >= 1, self.at_1[:, None], inside)
        return np.where(x[:, None] <= 0, self.at_0[:, None], seen)

    def log_mean(self, log_products: np.ndarray) -> np.ndarray:
        """Return the log mean over levels. (m, nodes, patterns) -> (m, patterns)"""
        terms = log_products + self.log_weights[:, None]
        peak = terms.max(axis=1, keepdims=True)
        with np.errstate(under="ignore"):
            return np.asarray(peak[:, 0] + arrays.log(arrays.total(arrays.exp(terms - peak), 1)))


@lru_cache(maxsize=64)
def _quadrature(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return Gauss-Legendre nodes and weights. -> (count,), (count,)

    The interval is [-1, 1]. The errors are below 1e-15.

    The nodes are the zeros of a Legendre polynomial, found by Newton's method (Press et al. 2007, 4.6).
    """
    k = np.arange(count)
    x = -arrays.cos_pi((k + 0.75) / (count + 0.5))
    for _ in range(NEWTON_STEPS):
        before, here = np.ones(count), x
        for j in range(2, count + 1):
            check_cancelled()
            before, here = here, ((2 * j - 1) * x * here - (j - 1) * before) / j
        slope = count * (before - x * here) / ((1 - x) * (1 + x))
        x = x - here / slope
    x = (x - x[::-1]) / 2  # symmetric to the last bit
    weights = 2 / ((1 - x) * (1 + x) * slope * slope)
    return x, (weights + weights[::-1]) / 2


def _log_tail(z: np.ndarray) -> np.ndarray:
    """Return log P(normal > z) for z >= 0. (m,) -> (m,)

    The relative error is below 6e-15.

    The probability is the density times Mills's ratio: a series for z < 2, else a continued fraction (Laplace 1805).
    """
    far, near = np.maximum(z, 2.0), np.minimum(z, 2.0)
    fraction = far
    for k in range(FRACTION_TERMS, 0, -1):
        fraction = far + k / fraction
    series = term = near
    for k in range(3, 2 * SERIES_TERMS, 2):
        term = term * near * near / k
        series = series + term
    density = arrays.exp(-near * near / 2) / ROOT_2_PI
    beyond = -far * far / 2 - arrays.log(ROOT_2_PI * fraction)
    return np.where(z < 2.0, arrays.log(0.5 - density * series), beyond)


@dataclass(frozen=True, eq=False)
class _Hypotheses:
    """The distinct patterns of a world with their prior probabilities.

    The flat pattern is separate.
    """

    masks: np.ndarray  # (patterns, pixels)
    log_prior: np.ndarray  # (patterns + 1,); the flat pattern is last
    classes: np.ndarray  # (patterns + 1,); 0 horizontal, 1 vertical, 2 ambiguous


@lru_cache(maxsize=32)
def _hypotheses(world: World) -> _Hypotheses:
    table = world.patterns
    rows = np.arange(len(table.masks))
    prior = np.where(
        rows < table.lines, (1 - world.doubt) / table.lines, world.doubt / (len(rows) - table.lines)
    )
    first = np.array(
        [table.names.index(name) for name in table.names]
    )  # equal patterns get the first of their indices
    distinct, which = np.unique(first, return_inverse=True)  # "flat" is last
    total = np.bincount(which, prior)
    classes = np.select([table.targets[:, 0] == 1, table.targets[:, 1] == 1], [0, 1], 2)[distinct]
    return _Hypotheses(table.masks[distinct[:-1]], arrays.log(total), classes)


@lru_cache(maxsize=32)
def _groups(world: World, finer: int) -> tuple[_Levels, _Levels, _Levels]:
    bright, dark, flat = (
        _Levels.of(ends, world.noise, world.n**2, finer) for ends in (world.bright, world.dark, world.flat)
    )
    return bright, dark, flat


def _masses(world: World, inputs: Any, finer: int) -> np.ndarray:
    """Return unnormalized class probabilities. (m, pixels) -> (m, 3)

    The columns are horizontal, vertical and ambiguous.
    """
    x = _pictures(inputs, world.n**2)
    if world.noise == 0:
        raise TinyNetError(
            "the world's noise is 0. It must be above 0 to compute the Bayes-optimal prediction."
        )
    groups, hypotheses = _groups(world, finer), _hypotheses(world)
    size = max(1, MAX_TERMS // (max(len(g.levels) for g in groups) * (len(hypotheses.masks) + world.n**2)))
    masses = np.empty((len(x), 3))
    for first in range(0, len(x), size):
        check_cancelled()
        rows = slice(first, first + size)
        log_joint = _log_likelihoods(groups, hypotheses, x[rows]) + hypotheses.log_prior
        joint = arrays.exp(log_joint - log_joint.max(axis=1, keepdims=True))
        masses[rows] = arrays.weighted_sums(joint, np.eye(3)[:, hypotheses.classes])
    return masses


def _log_likelihoods(
    groups: tuple[_Levels, _Levels, _Levels], hypotheses: _Hypotheses, x: np.ndarray
) -> np.ndarray:
    """Return the log likelihood of pictures. (m, pixels) -> (m, patterns + 1)

    Each column is a pattern.
    """
    bright, dark, flat = groups
    of_bright = bright.log_mean(arrays.weighted_sums(bright.log_pixels(x), hypotheses.masks))
    of_dark = dark.log_mean(arrays.weighted_sums(dark.log_pixels(x), 1 - hypotheses.masks))
    of_flat = flat.log_mean(arrays.total(flat.log_pixels(x))[..., None])
    return np.concatenate([of_bright + of_dark, of_flat], axis=1)  # the flat pattern is last
