"""The examples of each training step, with augmentation and noise."""

import math
from functools import lru_cache

import numpy as np

from tinynet import rng
from tinynet.data.examples import Examples
from tinynet.data.pictures import views
from tinynet.data.world import EXAMPLES_PER_EPOCH, World
from tinynet.numerics.integers import ceil_div
from tinynet.recipe import Recipe
from tinynet.rng import TRAINING

Source = Examples | World  # source of the examples of a training

# A presentation is one example in one step. Presentations are numbered from 0 over the whole training.


def examples_per_epoch(source: Source) -> int:
    """Return the number of examples in an epoch."""
    return EXAMPLES_PER_EPOCH if isinstance(source, World) else len(source)


def steps_per_epoch(recipe: Recipe, source: Source) -> int:
    """Return the number of steps in an epoch."""
    return ceil_div(examples_per_epoch(source), recipe.batch_size)


def batch_indices(recipe: Recipe, source: Source, first: int, last: int) -> np.ndarray:
    """Return example indices of a range of steps. -> (steps, batch)

    The steps are `first` to `last - 1`. Unused places of a short batch are -1. For a world, the indices are rows
    of its patterns.
    """
    count, per_epoch = examples_per_epoch(source), steps_per_epoch(recipe, source)
    epochs = range(first // per_epoch, ceil_div(last, per_epoch))
    order = np.tile(np.arange(count), (len(epochs), 1))
    if isinstance(source, World):
        presentations = epochs.start * count + np.arange(order.size)
        order = source.draw(_to_uint32(presentations), seed=recipe.seed, stream=TRAINING)[2]
    elif recipe.order == "shuffled":
        order = _orders(count, recipe.seed, epochs)
    padded = np.full((len(epochs), per_epoch * recipe.batch_size), -1)
    padded[:, :count] = order.reshape(len(epochs), count)
    first_step = epochs.start * per_epoch
    return padded.reshape(-1, recipe.batch_size)[first - first_step : last - first_step]


@lru_cache(maxsize=1)  # the steps of a long epoch are requested in several calls
def _orders(count: int, seed: int, epochs: range) -> np.ndarray:
    orders = rng.orders(count, seed=seed, epochs=epochs)
    orders.setflags(write=False)
    return orders


def batch_arrays(
    recipe: Recipe, source: Source, first: int, indices: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs and targets of steps.

    The steps begin with `first`. Augmentation and noise are included.

    indices : (steps, batch) from `batch_indices`. -> (steps * batch, inputs), (steps * batch, outputs)
    """
    presentations = _presentations(recipe, source, first, len(indices))
    if isinstance(source, World):
        inputs, targets, _ = source.draw(_to_uint32(presentations), seed=recipe.seed, stream=TRAINING)
        return inputs, smoothed(recipe, targets)
    rows = indices.ravel()
    assert source.targets is not None
    inputs, targets = source.inputs[rows], smoothed(recipe, source.targets)[rows]
    if recipe.augment:
        inputs, targets = _augmented(recipe, inputs, targets, presentations)
    if recipe.noise:
        inputs = rng.noisy(inputs, recipe.noise, seed=recipe.seed, presentations=presentations)
    return inputs, targets


def is_plain(recipe: Recipe, source: Source) -> bool:
    """Return whether every presentation of an example has equal inputs."""
    return not (recipe.noise or recipe.augment or isinstance(source, World))


def smoothed(recipe: Recipe, targets: np.ndarray) -> np.ndarray:
    """Return the targets with the label smoothing of a recipe.

    (examples, outputs) -> (examples, outputs)
    """
    smoothing = recipe.label_smoothing
    return (1.0 - smoothing) * targets + smoothing / targets.shape[1] if smoothing else targets


def _presentations(recipe: Recipe, source: Source, first: int, steps: int) -> np.ndarray:
    """Return the presentation number of each place in each batch.

    -> (steps * batch,)
    """
    batch = recipe.batch_size
    epoch, step = np.divmod(np.arange(first, first + steps), steps_per_epoch(recipe, source))  # (steps,)
    return ((epoch * examples_per_epoch(source) + step * batch)[:, None] + np.arange(batch)).ravel()


def _to_uint32(presentations: np.ndarray) -> np.ndarray:
    return presentations & 0xFFFFFFFF


def _augmented(
    recipe: Recipe, inputs: np.ndarray, targets: np.ndarray, presentations: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each picture in a random view.

    A picture has eight views. A transposed view swaps the two targets.
    """
    words = rng.word(rng.VIEWS, recipe.seed, _to_uint32(np.asarray(presentations, np.uint64)))
    view = (words >> 29).astype(np.int64)  # (n,) 0 to 7
    size = math.isqrt(inputs.shape[1])
    viewed = np.take_along_axis(inputs, views(size)[view], axis=1)
    return viewed, np.where(view[:, None] & 1, targets[:, ::-1], targets)
