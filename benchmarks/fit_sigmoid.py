"""Fit the rational approximation of the sigmoid for the float32 kernels.

    sigmoid(x) = 1/2 + SCALE x (y + a)(y + b)(y + c) / ((y + d)(y + e)(y + f)(y + g)),  y = x**2, |x| <= 16

The fit is weighted least squares. The weights increase at large errors (Lawson 1961), so that the largest error is close to
the smallest possible. Both polynomials have only real roots and are written as products, whose factors can be computed
in parallel. Then the neighboring float32 numbers of each constant are tried. Prints the constants and the largest error of
float32 arithmetic.

    python benchmarks/fit_sigmoid.py
"""

import numpy as np

LIMIT, NUMERATOR, DENOMINATOR = 16.0, 3, 4


def fit(points: int = 2001, rounds: int = 200) -> np.ndarray:
    """Return the scale and the negative roots. -> (8,)

    The roots are those of the numerator, then those of the denominator.
    """
    x = LIMIT / 2 * (1 - np.cos(np.linspace(1e-3, np.pi, points)))  # (points,) denser at both ends
    y = x * x / LIMIT**2
    target = np.tanh(x / 2) / (2 * x)
    weights, bottom = np.ones(points), np.ones(points)
    best, best_error = None, np.inf
    for _ in range(rounds):
        # target * Q - P = 0, linear in the unknown coefficients; divided by the last Q it is the true error.
        columns = [y**k for k in range(NUMERATOR + 1)] + [-target * y**k for k in range(1, DENOMINATOR + 1)]
        scale = x / bottom * np.sqrt(weights)
        solution, *_ = np.linalg.lstsq(np.stack(columns, 1) * scale[:, None], target * scale, rcond=None)
        p, q = solution[: NUMERATOR + 1], np.concatenate([[1.0], solution[NUMERATOR + 1 :]])
        bottom = np.polyval(q[::-1], y)
        error = np.abs(x * (np.polyval(p[::-1], y) / bottom - target))
        if error.max() < best_error:
            best, best_error = (p, q), error.max()
        weights *= (error / error.max()) ** 0.5 + 1e-4
        weights /= weights.mean()
    p, q = (c / LIMIT ** (2 * np.arange(len(c))) for c in best)
    return np.concatenate([[p[-1] / q[-1]], *(np.sort(-np.roots(c[::-1]).real) for c in (p, q))])


def float32_error(constants: np.ndarray, points: int) -> float:
    """Return the largest error in float32, for x from 0 to 20."""
    x = np.linspace(0, 20, points, dtype=np.float32)
    exact = 1 / (1 + np.exp(-x.astype(np.float64)))
    x = np.minimum(x, np.float32(LIMIT))
    scale, a, b, c, d, e, f, g = constants.astype(np.float32)
    y = x * x
    top, bottom = x * scale * (y + a) * ((y + b) * (y + c)), (y + d) * (y + e) * ((y + f) * (y + g))
    return float(np.abs(np.float32(0.5) + top / bottom - exact).max())


def polished(constants: np.ndarray, points: int = 150_001) -> np.ndarray:
    """Return the best float32 constants near the given constants.

    Each constant is moved to a neighboring number while the error decreases.
    """
    best = constants.astype(np.float32)
    error = float32_error(best, points)
    for step in (8, 2, 1, 1, 1):
        for k in range(len(best)):
            for way in (-step, step):
                tried = best.copy()
                tried.view(np.int32)[k] += way
                if (found := float32_error(tried, points)) < error:
                    best, error = tried, found
    return best


if __name__ == "__main__":
    found = polished(fit())
    print("SCALE", float(found[0]))
    print("TOP", [float(root) for root in found[1:4]])
    print("BOTTOM", [float(root) for root in found[4:]])
    print("largest error in float32", float32_error(found, 2_000_001))
