"""What each nudge of a training shows: which pictures, in which view, with which noise, and what should come out."""

import math
from functools import lru_cache

import numpy as np

from tinynet import rng
from tinynet.data.examples import Examples
from tinynet.data.pictures import views
from tinynet.data.world import EXAMPLES_PER_EPOCH, World
from tinynet.recipe import Recipe
from tinynet.rng import TRAINING

Source = Examples | World  # where a training's pictures come from


def examples_per_epoch(source: Source) -> int:
    """Return how many pictures an epoch shows."""
    return EXAMPLES_PER_EPOCH if isinstance(source, World) else len(source)


def steps_per_epoch(recipe: Recipe, source: Source) -> int:
    """Return how many nudges an epoch has."""
    return -(-examples_per_epoch(source) // recipe.batch_size)


def batch_indices(recipe: Recipe, source: Source, first: int, last: int) -> np.ndarray:
    """Return which pictures the steps `first` to `last` show; -1 in a short batch. -> (steps, batch)

    Of a world it is the rows of its patterns.
    """
    count, per_epoch = examples_per_epoch(source), steps_per_epoch(recipe, source)
    epochs = range(first // per_epoch, -(-last // per_epoch))
    order = np.tile(np.arange(count), (len(epochs), 1))
    if isinstance(source, World):
        order = source.draw(
            _words(epochs.start * count + np.arange(order.size)), seed=recipe.seed, stream=TRAINING
        )[2]
    elif recipe.order == "shuffled":
        order = _orders(count, recipe.seed, epochs)
    padded = np.full((len(epochs), per_epoch * recipe.batch_size), -1)
    padded[:, :count] = order.reshape(len(epochs), count)
    begun = epochs.start * per_epoch
    return padded.reshape(-1, recipe.batch_size)[first - begun : last - begun]


@lru_cache(maxsize=1)  # a long epoch is asked for a part at a time
def _orders(count: int, seed: int, epochs: range) -> np.ndarray:
    found = rng.orders(count, seed=seed, epochs=epochs)
    found.setflags(write=False)
    return found


def batch_arrays(
    recipe: Recipe, source: Source, first: int, shown: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pictures that the steps from `first` on show, as they are seen, and their targets.

    shown (steps, batch), of `batch_indices`. -> (steps * batch, pixels), (steps * batch, outputs)
    """
    showings = _showings(recipe, source, first, len(shown))
    if isinstance(source, World):
        inputs, targets, _ = source.draw(_words(showings), seed=recipe.seed, stream=TRAINING)
        return inputs, smoothed(recipe, targets)
    chosen = shown.ravel()
    assert source.targets is not None
    inputs, targets = source.inputs[chosen], smoothed(recipe, source.targets)[chosen]
    if recipe.augment:
        inputs, targets = _viewed(recipe, inputs, targets, showings)
    if recipe.noise:
        inputs = rng.noisy(inputs, recipe.noise, seed=recipe.seed, presentations=showings)
    return inputs, targets


def is_plain(recipe: Recipe, source: Source) -> bool:
    """Whether every showing of a picture is the picture itself."""
    return not (recipe.noise or recipe.augment or isinstance(source, World))


def smoothed(recipe: Recipe, targets: np.ndarray) -> np.ndarray:
    """Return the targets that a recipe teaches: with label smoothing, a share of each spread over all outputs.

    targets, and what is returned: (pictures, outputs)
    """
    share = recipe.label_smoothing
    return (1.0 - share) * targets + share / targets.shape[1] if share else targets


def _showings(recipe: Recipe, source: Source, first: int, steps: int) -> np.ndarray:
    """Return which showing of the training each place of each batch is, counted from 0. -> (steps * batch,)"""
    batch = recipe.batch_size
    epoch, place = np.divmod(np.arange(first, first + steps), steps_per_epoch(recipe, source))  # (steps,)
    return ((epoch * examples_per_epoch(source) + place * batch)[:, None] + np.arange(batch)).ravel()


def _words(showings: np.ndarray) -> np.ndarray:
    return showings & 0xFFFFFFFF


def _viewed(
    recipe: Recipe, inputs: np.ndarray, targets: np.ndarray, showings: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.asarray(showings, np.uint64) & 0xFFFFFFFF
    view = (rng.word(rng.VIEWS, recipe.seed, numbers) >> 29).astype(np.int64)  # (n,) 0 to 7
    size = math.isqrt(inputs.shape[1])
    turned = np.take_along_axis(inputs, views(size)[view], axis=1)
    return turned, np.where(view[:, None] & 1, targets[:, ::-1], targets)
