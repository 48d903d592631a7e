"""What each nudge of a training shows: which pictures, in which view, with which noise, and what should come out."""

import numpy as np

from tinynet import draws
from tinynet.pictures import Examples, views
from tinynet.recipe import Recipe


def shown_at(recipe: Recipe, examples: int, first: int, last: int) -> np.ndarray:
    """Return which pictures the steps `first` to `last` show; -1 in a short batch. -> (steps, batch)"""
    batch, per_epoch = recipe.batch_size, -(-examples // recipe.batch_size)
    epochs = range(first // per_epoch, -(-last // per_epoch))
    order = np.tile(np.arange(examples), (len(epochs), 1))
    if recipe.order == "shuffled":
        order = draws.orders(examples, seed=recipe.seed, epochs=epochs)
    padded = np.full((len(epochs), per_epoch * batch), -1)
    padded[:, :examples] = order
    begun = epochs.start * per_epoch
    return padded.reshape(-1, batch)[first - begun : last - begun]


def seen_at(
    recipe: Recipe, examples: Examples, first: int, shown: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pictures that the steps from `first` on show, as they are seen, and their targets.

    shown (steps, batch), of `shown_at`. -> (steps * batch, pixels), (steps * batch, outputs)
    """
    chosen, showings = shown.ravel(), _showings(recipe, len(examples), first, len(shown))
    inputs, targets = examples.inputs[chosen], smoothed(recipe, examples)[chosen]
    if recipe.augment:
        inputs, targets = _viewed(recipe, inputs, targets, showings)
    if recipe.noise:
        inputs = draws.noisy(inputs, recipe.noise, seed=recipe.seed, presentations=showings)
    return inputs, targets


def is_plain(recipe: Recipe) -> bool:
    """Whether every showing of a picture is the picture itself."""
    return not (recipe.noise or recipe.augment)


def smoothed(recipe: Recipe, examples: Examples) -> np.ndarray:
    """Return the targets that a recipe teaches: with label smoothing, a share of each spread over all outputs.

    -> (pictures, outputs)
    """
    assert examples.targets is not None
    share = recipe.label_smoothing
    if not share:
        return examples.targets
    return (1.0 - share) * examples.targets + share / examples.targets.shape[1]


def _showings(recipe: Recipe, examples: int, first: int, steps: int) -> np.ndarray:
    """Return which showing of the training each place of each batch is, counted from 0. -> (steps * batch,)"""
    batch, per_epoch = recipe.batch_size, -(-examples // recipe.batch_size)
    epoch, place = np.divmod(np.arange(first, first + steps), per_epoch)  # (steps,)
    return ((epoch * examples + place * batch)[:, None] + np.arange(batch)).ravel()


def _viewed(
    recipe: Recipe, inputs: np.ndarray, targets: np.ndarray, showings: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.asarray(showings, np.uint64) & 0xFFFFFFFF
    view = (draws.word(draws.VIEWS, recipe.seed, numbers) >> 29).astype(np.int64)  # (n,) 0 to 7
    size = round(inputs.shape[1] ** 0.5)
    turned = np.take_along_axis(inputs, views(size)[view], axis=1)
    return turned, np.where(view[:, None] & 1, targets[:, ::-1], targets)
