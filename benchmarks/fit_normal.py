"""Fit the polynomial that bends a sum of four random bytes into a normal number (`tinynet.draws.BENT`).

The sum of four bytes has 1,021 values of known probability. An odd polynomial of degree 9 takes each to the normal
distribution's quantile of its place; least squares, weighted by probability, then scaled to variance 1.

    python benchmarks/fit_normal.py
"""

from statistics import NormalDist

import numpy as np

TERMS = 5


def sums() -> tuple[np.ndarray, np.ndarray]:
    """Return the values of (sum of four bytes - 510) / 256, and their probabilities. (1021,) each"""
    byte = np.full(256, 1 / 256)
    two = np.convolve(byte, byte)
    return (np.arange(1021) - 510) / 256, np.convolve(two, two)


def fit() -> np.ndarray:
    """Return the coefficients of x, x**3, ... (TERMS,)"""
    x, chance = sums()
    place = np.cumsum(chance) - chance / 2
    wanted = np.array([NormalDist().inv_cdf(p) for p in place])
    powers, weight = np.stack([x ** (2 * k + 1) for k in range(TERMS)], 1), np.sqrt(chance)
    found = np.linalg.lstsq(powers * weight[:, None], wanted * weight, rcond=None)[0]
    return found / np.sqrt((chance * (powers @ found) ** 2).sum())


if __name__ == "__main__":
    x, chance = sums()
    bent = fit()
    z = sum(c * x ** (2 * k + 1) for k, c in enumerate(bent))
    reached = np.array([NormalDist().cdf(value) for value in z])
    print("coefficients, lowest power first", [round(float(c), 9) for c in bent])
    print("largest error of the distribution function", abs(reached - np.cumsum(chance) + chance / 2).max())
    print("kurtosis", (chance * z**4).sum(), "largest", z[-1])
