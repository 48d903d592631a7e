"""Whether outputs are right, for many networks at once."""

import numpy as np


def right(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return whether the target's largest output is the strictly largest. (n, m, outputs) -> (n, m)"""
    if outputs.shape[-1] == 1:
        return np.asarray((outputs[..., 0] > 0.5) == (targets[:, 0] > 0.5)) & (outputs[..., 0] != 0.5)
    wanted = targets.argmax(axis=1)  # (m,)
    chosen = outputs[:, np.arange(len(wanted)), wanted]  # (n, m)
    found = np.ones(chosen.shape, bool)
    for j in range(outputs.shape[-1]):
        found &= (wanted == j) | (outputs[..., j] < chosen)  # NaN is not right
    return found


def tied(targets: np.ndarray) -> np.ndarray:
    """Return which targets (m, outputs) have no largest. -> (m,)"""
    if targets.shape[1] == 1:
        return np.asarray(targets[:, 0] == 0.5)
    second, first = np.sort(targets, axis=1)[:, -2:].T
    return np.asarray(first == second)
