"""Fit the polynomial that maps a sum of four random bytes to a normal number.

Its coefficients are in src/tinynet/rng.py.

The sum of four bytes has 1,021 values of known probability. An odd polynomial of degree 9 takes each to the normal
distribution's quantile of its rank. The fit is least squares, weighted by probability, then scaled to variance 1.

    python benchmarks/fit_normal.py
"""

from statistics import NormalDist

import numpy as np

TERMS = 5


def sums() -> tuple[np.ndarray, np.ndarray]:
    """Return the possible sums and their probabilities. -> (1021,), (1021,)

    The sums are (sum of four bytes - 510) / 256.
    """
    byte = np.full(256, 1 / 256)
    two = np.convolve(byte, byte)
    return (np.arange(1021) - 510) / 256, np.convolve(two, two)


def fit() -> np.ndarray:
    """Return the coefficients of x, x**3, ... (TERMS,)"""
    x, probability = sums()
    rank = np.cumsum(probability) - probability / 2
    target = np.array([NormalDist().inv_cdf(p) for p in rank])
    powers, weight = np.stack([x ** (2 * k + 1) for k in range(TERMS)], 1), np.sqrt(probability)
    found = np.linalg.lstsq(powers * weight[:, None], target * weight, rcond=None)[0]
    return found / np.sqrt((probability * (powers @ found) ** 2).sum())


if __name__ == "__main__":
    x, probability = sums()
    coefficients = fit()
    z = sum(c * x ** (2 * k + 1) for k, c in enumerate(coefficients))
    reached = np.array([NormalDist().cdf(value) for value in z])
    print("coefficients, lowest power first", [round(float(c), 9) for c in coefficients])
    print(
        "largest error of the distribution function",
        abs(reached - np.cumsum(probability) + probability / 2).max(),
    )
    print("kurtosis", (probability * z**4).sum(), "largest", z[-1])
