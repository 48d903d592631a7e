"""The best possible answer: what a picture of a world says of itself, exactly, and the scores nobody can beat.

A pixel of level l is seen as clip(l + noise * normal, 0, 1): a normal density inside (0, 1), the tail's mass at 0
and at 1. A pattern's likelihood is the product of two groups, bright pixels and dark ones, each averaged over
its unknown level by Gauss-Legendre quadrature. A doubtful picture counts half for each answer, whether its target is
soft or a coin. The normal of `draws.normal`, within 2e-4 of the true one, is taken as the true one.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tinynet.data.world import World
from tinynet.errors import TinyNetError
from tinynet.numerics import arrays

MAX_TERMS = 4_000_000  # of the sums computed at once: 32 MB
NEWTON_STEPS = 8
FRACTION_TERMS, SERIES_TERMS = 100, 30  # of the normal distribution's tail, enough at 2 standard deviations
ROOT_2_PI = 2.5066282746310002


def posterior(world: World, inputs: Any, *, finer: int = 1) -> np.ndarray:
    """Return the best answers to pictures (m, pixels): P(horizontal), P(vertical), adding up to 1. -> (m, 2)

    finer : so many times the usual number of quadrature nodes, which leaves an error below 1e-12 in an answer to a
        picture of the world.

    Raises TinyNetError for pictures that do not fit the world, and for a world without noise.

    >>> posterior(World(), [[0.9, 0.9, 0.1, 0.1], [0.5, 0.5, 0.5, 0.5]]).round(4).tolist()
    [[0.9979, 0.0021], [0.5, 0.5]]
    """
    masses = _masses(world, inputs, finer)
    halves = masses[:, :2] + masses[:, 2:] / 2
    return np.asarray(halves / (halves[:, :1] + halves[:, 1:]))


def doubtful(world: World, inputs: Any) -> np.ndarray:
    """Return the probability that each picture (m, pixels) is a doubtful one. -> (m,)

    >>> doubtful(World(), [[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]]).round(3).tolist()
    [0.9..., 0.0...]
    """
    masses = _masses(world, inputs, 1)
    return np.asarray(masses[:, 2] / arrays.total(masses))


def verdict(inputs: Any) -> np.ndarray:
    """Return 1 where the best answer to a 2x2 picture (m, 4) is horizontal, -1 vertical, 0 where it is a tie. -> (m,)

    Horizontal iff (top-left - bottom-right) * (top-right - bottom-left) > 0, whatever the noise and the levels:
    with t_i = L(x_i | bright) / L(x_i | dark), which grows with x_i, P(H) - P(V) is proportional to
    (t_TL - t_BR) * (t_TR - t_BL), whose sign averaging over the levels keeps.

    >>> verdict([[0.9, 0.6, 0.1, 0.3], [1, 0, 0, 0]]).tolist()
    [1, 0]
    """
    x = _pictures(inputs, 4)
    return np.sign((x[:, 0] - x[:, 3]) * (x[:, 1] - x[:, 2])).astype(int)


def closed_form(inputs: Any, *, bright: float, dark: float, noise: float) -> np.ndarray:
    """Return log P(horizontal) / P(vertical) of 2x2 lines whose levels are known and whose pixels are not clipped.

    log cosh(k r) - log cosh(k c), r and c the contrasts of rows and columns, k = (bright - dark) / noise**2. -> (m,)

    >>> closed_form([[0.8, 0.7, 0.2, 0.3]], bright=0.8, dark=0.2, noise=0.2).round(3).tolist()
    [6.807]
    """
    if noise <= 0:
        raise TinyNetError(f"noise is {noise!r}; the closed form needs noise above 0")
    tl, tr, bl, br = _pictures(inputs, 4).T
    k = (bright - dark) / (noise * noise)
    r, c = k * (tl + tr - bl - br) / 2, k * (tl + bl - tr - br) / 2
    rows, columns = (np.abs(x) + arrays.log(1 + arrays.exp(-2 * np.abs(x))) for x in (r, c))  # of 2 cosh
    return np.asarray(rows - columns)


def _pictures(inputs: Any, pixels: int) -> np.ndarray:
    x = np.asarray(inputs, float)
    if x.ndim != 2 or x.shape[1] != pixels:
        raise TinyNetError(f"inputs has shape {x.shape}; this world's pictures need (pictures, {pixels})")
    if not ((x >= 0) & (x <= 1)).all():
        raise TinyNetError("inputs has pixels outside 0 to 1; a picture of this world is clipped there")
    return x


@dataclass(frozen=True, eq=False)
class _Levels:
    """The nodes of the quadrature over one group's unknown level."""

    levels: np.ndarray  # (nodes,)
    log_weights: np.ndarray  # (nodes,), of a mean
    at_0: np.ndarray  # (nodes,) log mass of a pixel seen as 0
    at_1: np.ndarray
    noise: float

    @classmethod
    def of(cls, ends: tuple[float, float], noise: float, pixels: int, finer: int) -> "_Levels":
        """Return enough nodes for the sharpest peak that `pixels` pixels can make."""
        low, high = ends
        sharpness = (high - low) * math.sqrt(pixels) / noise
        nodes, weights = _quadrature(finer * (16 + math.ceil(1.5 * sharpness)) if high > low else 1)
        levels = low + (high - low) * (nodes + 1) / 2
        at_0, at_1 = (_log_tail(far / noise) for far in (levels, 1 - levels))
        return cls(levels, arrays.log(weights / 2), at_0, at_1, noise)

    def log_pixels(self, x: np.ndarray) -> np.ndarray:
        """Return the log likelihood of pixels (m, pixels) at every level, but for factors of x alone.

        -> (m, nodes, pixels)
        """
        inside = -(((x[:, None] - self.levels[:, None]) / self.noise) ** 2) / 2
        seen = np.where(x[:, None] >= 1, self.at_1[:, None], inside)
        return np.where(x[:, None] <= 0, self.at_0[:, None], seen)

    def log_mean(self, log_products: np.ndarray) -> np.ndarray:
        """Return the log of the mean over the levels. (m, nodes, patterns) -> (m, patterns)"""
        terms = log_products + self.log_weights[:, None]
        peak = terms.max(axis=1, keepdims=True)
        with np.errstate(under="ignore"):
            return np.asarray(peak[:, 0] + arrays.log(arrays.total(arrays.exp(terms - peak), 1)))


@lru_cache(maxsize=64)
def _quadrature(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights of Gauss and Legendre on [-1, 1], each within 1e-15. -> (count,), (count,)

    The nodes are the zeros of a Legendre polynomial, by Newton's steps from a guess (Press et al. 2007, 4.6).
    """
    k = np.arange(count)
    x = -arrays.cos_pi((k + 0.75) / (count + 0.5))
    for _ in range(NEWTON_STEPS):
        before, here = np.ones(count), x
        for j in range(2, count + 1):
            before, here = here, ((2 * j - 1) * x * here - (j - 1) * before) / j
        slope = count * (before - x * here) / ((1 - x) * (1 + x))
        x = x - here / slope
    x = (x - x[::-1]) / 2  # symmetric to the last bit
    weights = 2 / ((1 - x) * (1 + x) * slope * slope)
    return x, (weights + weights[::-1]) / 2


def _log_tail(z: np.ndarray) -> np.ndarray:
    """Return the log of the normal distribution's mass beyond z >= 0; relative error below 6e-15. (m,) -> (m,)

    The mass is the density times Mills's ratio: below 2 by a series, above by a continued fraction (Laplace 1805).
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
    """Every different pattern of a world, once, with its probability; the flat one apart."""

    masks: np.ndarray  # (patterns, pixels)
    log_prior: np.ndarray  # (patterns + 1,), flat last
    answers: np.ndarray  # (patterns + 1,) 0 horizontal, 1 vertical, 2 doubtful


@lru_cache(maxsize=32)
def _hypotheses(world: World) -> _Hypotheses:
    table = world.patterns
    rows = np.arange(len(table.masks))
    prior = np.where(
        rows < table.lines, (1 - world.doubt) / table.lines, world.doubt / (len(rows) - table.lines)
    )
    first = np.array([table.names.index(name) for name in table.names])  # the same for equal patterns
    different, whose = np.unique(first, return_inverse=True)  # "flat" is last
    total = np.bincount(whose, prior)
    answers = np.select([table.targets[:, 0] == 1, table.targets[:, 1] == 1], [0, 1], 2)[different]
    return _Hypotheses(table.masks[different[:-1]], arrays.log(total), answers)


@lru_cache(maxsize=32)
def _groups(world: World, finer: int) -> tuple[_Levels, _Levels, _Levels]:
    bright, dark, flat = (
        _Levels.of(ends, world.noise, world.n**2, finer) for ends in (world.bright, world.dark, world.flat)
    )
    return bright, dark, flat


def _masses(world: World, inputs: Any, finer: int) -> np.ndarray:
    """Return what speaks for horizontal, vertical and doubtful, up to a factor of each picture. -> (m, 3)"""
    x = _pictures(inputs, world.n**2)
    if world.noise == 0:
        raise TinyNetError("this world's noise is 0; the best answer needs noise above 0")
    groups, kinds = _groups(world, finer), _hypotheses(world)
    size = max(1, MAX_TERMS // (max(len(g.levels) for g in groups) * (len(kinds.masks) + world.n**2)))
    found = np.empty((len(x), 3))
    for first in range(0, len(x), size):
        some = slice(first, first + size)
        log_joint = _log_likelihoods(groups, kinds, x[some]) + kinds.log_prior
        joint = arrays.exp(log_joint - log_joint.max(axis=1, keepdims=True))
        found[some] = arrays.weighted_sums(joint, np.eye(3)[:, kinds.answers])
    return found


def _log_likelihoods(
    groups: tuple[_Levels, _Levels, _Levels], kinds: _Hypotheses, x: np.ndarray
) -> np.ndarray:
    """Return the log likelihood of pictures (m, pixels) under every pattern, the flat one last."""
    bright, dark, flat = groups
    lit = bright.log_mean(arrays.weighted_sums(bright.log_pixels(x), kinds.masks))
    unlit = dark.log_mean(arrays.weighted_sums(dark.log_pixels(x), 1 - kinds.masks))
    even = flat.log_mean(arrays.total(flat.log_pixels(x))[..., None])
    return np.concatenate([lit + unlit, even], axis=1)  # (m, patterns + 1)
