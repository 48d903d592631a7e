"""The epochs of a watched training.

The functions find their length, order, losses and movements.

All functions take the batches (steps, batch): the index of each row in the examples, and -1 where a batch is
short.
"""

import numpy as np

from tinynet.numerics import arrays

MIN_EPOCHS = 3  # repetitions that are needed if an example occurs twice in an epoch; two may be chance


def find_steps_per_epoch(batches: np.ndarray, examples: int) -> int:
    """Return the number of steps per epoch.

    An epoch is the smallest number of steps that repeatedly show every example equally often. Without such a
    number, an epoch is 1 step. If an example occurs twice in an epoch, as some rows of iris do, the recording
    must contain three epochs.

    >>> find_steps_per_epoch(np.array([[0, 1], [2, -1], [2, 0], [1, -1]]), 3)
    2
    >>> find_steps_per_epoch(np.array([[0, 1], [1, 2]] * 3), 3)
    2
    """
    # random numbers for the examples: equal sums mean equal multisets of examples, up to a probability of 2**-63
    hashes = np.append(np.random.default_rng(0).integers(2**63, size=examples), 0)
    sums = hashes[batches].sum(axis=1).cumsum()  # (steps,) modulo 2**64
    counts = (batches >= 0).sum(axis=1).cumsum()
    for steps in range(int(np.searchsorted(counts, examples)) + 1, len(batches) + 1):
        ends = sums[steps - 1 :: steps]
        if len(ends) < MIN_EPOCHS and counts[steps - 1] > examples:
            continue
        if (ends == ends[0] * np.arange(1, len(ends) + 1)).all():
            first, rest = (
                _occurrences(part, examples) for part in (batches[:steps], batches[len(ends) * steps :])
            )
            if first.min() > 0 and (rest <= first).all():
                return steps
    return 1


def _occurrences(batches: np.ndarray, examples: int) -> np.ndarray:
    """Return how often each example occurs. -> (examples,)"""
    return np.bincount(batches[batches >= 0], minlength=examples)


def same_order(batches: np.ndarray, per_epoch: int) -> bool:
    """Return whether all epochs have the same order.

    The last epoch may be incomplete.
    """
    epochs = [batches[first : first + per_epoch] for first in range(0, len(batches), per_epoch)]
    orders = [epoch[epoch >= 0] for epoch in epochs]
    return all(np.array_equal(order, orders[0][: len(order)]) for order in orders)


def epoch_losses(losses: np.ndarray, batches: np.ndarray, per_epoch: int) -> np.ndarray:
    """Return the mean loss of each complete epoch.

    (steps,), (steps, batch) -> (epochs,). The mean is over the examples.
    """
    sizes, epochs = (batches >= 0).sum(axis=1), len(losses) // per_epoch
    shape = (epochs, per_epoch)
    weighted, all_sizes = (array[: epochs * per_epoch].reshape(shape) for array in (losses * sizes, sizes))
    return np.asarray(arrays.total(weighted) / all_sizes.sum(axis=1))


def epoch_movements(weights: np.ndarray, per_epoch: int) -> np.ndarray:
    """Return the norm of each epoch's weight change.

    (steps + 1, W) -> (epochs,). Only complete epochs count.
    """
    return arrays.norm(np.diff(weights[::per_epoch], axis=0))
