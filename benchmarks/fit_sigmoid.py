"""Fit the rational approximation of the sigmoid that the float32 kernel uses.

    sigmoid(x) = 1/2 + x * P(x**2) / Q(x**2),  P of degree 3, Q of degree 4, |x| <= 17

Weighted least squares, with the weights raised where the error is largest (Lawson 1961), so that the
result is close to the best in the largest error. Prints the coefficients, lowest power first, and the
largest error when they are evaluated in float32.

    python benchmarks/fit_sigmoid.py
"""

import numpy as np

LIMIT, NUMERATOR, DENOMINATOR = 17.0, 3, 4


def fit(points: int = 4001, rounds: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients of P and of Q (with Q(0) = 1), lowest power first."""
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
    p, q = best
    return p / LIMIT ** (2 * np.arange(len(p))), q / LIMIT ** (2 * np.arange(len(q)))


def float32_error(p: np.ndarray, q: np.ndarray) -> float:
    """Return the largest error of the approximation evaluated in float32."""
    x = np.linspace(-LIMIT, LIMIT, 2_000_001, dtype=np.float32)
    y = x * x
    top, bottom = np.float32(p[-1]), np.float32(q[-1])
    for c in p[-2::-1]:
        top = top * y + np.float32(c)
    for c in q[-2::-1]:
        bottom = bottom * y + np.float32(c)
    exact = 1 / (1 + np.exp(-x.astype(np.float64)))
    return float(np.abs(np.float32(0.5) + x * top / bottom - exact).max())


if __name__ == "__main__":
    p, q = fit()
    print("P", [float(np.float32(c)) for c in p])
    print("Q", [float(np.float32(c)) for c in q])
    print("largest error in float32", float32_error(p, q))
