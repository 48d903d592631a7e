"""Data whose rows or files are sorted by their class, and the same data in a random order."""

import numpy as np
from PIL import Image

CLASSES = ("Female", "Male")


def heights_and_weights(count, seed=0):
    """Return rows (count, 2) and classes (count,), sorted by class. About 92 % of the rows can be classified correctly."""
    generator = np.random.default_rng(seed)
    male = np.arange(count) < count // 2
    common, own = generator.normal(size=(2, count))
    height = np.where(male, 69.0, 63.7) + np.where(male, 2.86, 2.70) * common
    weight = np.where(male, 187.0, 135.9) + np.where(male, 19.8, 19.0) * (0.86 * common + 0.51 * own)
    return np.stack([height, weight], axis=1), male.astype(int)


def as_columns(rows, classes, order=None):
    """Return a table of rows; `order` chooses the rows."""
    order = np.arange(len(rows)) if order is None else order
    return {
        "Gender": [CLASSES[k] for k in classes[order]],
        "Height": rows[order, 0],
        "Weight": rows[order, 1],
    }


def as_csv(columns):
    """Return a table as CSV."""
    cells = zip(columns["Gender"], columns["Height"], columns["Weight"], strict=True)
    return "Gender,Height,Weight\n" + "".join(f"{g},{h:.4f},{w:.4f}\n" for g, h, w in cells)


def write_pictures(folder, count, seed=0):
    """Write `count` noisy bars of each of two classes into subfolders. The name of a file decides its place."""
    generator = np.random.default_rng(seed)
    for name, transposed in (("across", False), ("down", True)):
        (folder / name).mkdir(parents=True)
        for k in range(count):
            bar = np.zeros((8, 8))
            bar[generator.integers(8)] = 1.0
            noisy = np.clip((bar.T if transposed else bar) * 0.7 + generator.normal(0.15, 0.2, (8, 8)), 0, 1)
            Image.fromarray((255 * noisy).astype(np.uint8)).save(folder / name / f"{k:03}.png")
