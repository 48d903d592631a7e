"""TinyNetClassifier beside scikit-learn's MLPClassifier, with equal hidden layers and splits."""

import math
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import tinynet as tn
from harness import Result, Scale, format_number, log, one_core

HIDDEN, HELD_OUT = (32,), 0.25
FIRST_SEED = 1000  # the defaults of TinyNetClassifier were chosen on the splits of the seeds 0 to 39


class Scores(NamedTuple):
    """The held-out accuracy and the seconds of `fit`, by split."""

    accuracy: list[float]
    seconds: list[float]


def classifiers() -> dict[str, Callable[[int], Any]]:
    """Return a function from a seed to a classifier, by name.

    TinyNet is the first.
    """
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    theirs = partial(MLPClassifier, HIDDEN)
    return {
        "TinyNetClassifier": lambda seed: tn.TinyNetClassifier(HIDDEN, random_state=seed),
        "MLPClassifier": lambda seed: theirs(random_state=seed),
        "… max_iter=2000": lambda seed: theirs(random_state=seed, max_iter=2000),
        "… after a StandardScaler": lambda seed: make_pipeline(
            StandardScaler(), theirs(random_state=seed, max_iter=2000)
        ),
    }


def tables() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return two tables of scikit-learn. -> name: (rows, columns), (rows,)"""
    from sklearn.datasets import load_digits, load_iris

    return {"iris": load_iris(return_X_y=True), "digits": load_digits(return_X_y=True)}


def score(table: tuple[np.ndarray, np.ndarray], splits: int) -> dict[str, Scores]:
    """Fit and score every classifier on each split."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import train_test_split

    makers, (X, y) = classifiers(), table
    found = {name: Scores([], []) for name in makers}
    for seed in range(FIRST_SEED, FIRST_SEED + splits):
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=HELD_OUT, stratify=y, random_state=seed
        )
        for name, make in makers.items():
            classifier, start = make(seed), time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore", ConvergenceWarning
                )  # the default max_iter is too small for iris
                classifier.fit(X_train, y_train)
            found[name].seconds.append(time.perf_counter() - start)
            found[name].accuracy.append(classifier.score(X_test, y_test))
    return found


def difference(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float]:
    """Return the mean difference over repeated splits, with its error.

    The error is the half-width of the 95 % interval.

    Splits share most of their rows, so their differences vary too little. The variance of the mean has the factor
    1/n + n_test/n_train instead of 1/n (Nadeau and Bengio 2003).

    >>> difference([0.5, 0.5, 0.7], [0.5, 0.5, 0.4])[0].__round__(6)
    0.1
    """
    from scipy.stats import t

    differences = np.subtract(ours, theirs)
    spread = differences.std(ddof=1) * math.sqrt(1 / len(differences) + HELD_OUT / (1 - HELD_OUT))
    return float(differences.mean()), float(t.ppf(0.975, len(differences) - 1) * spread)


def measure(scale: Scale) -> Result:
    """Fit all classifiers on repeated splits of both tables."""
    from threadpoolctl import threadpool_limits

    splits = 5 if scale.quick else 30
    columns = ("classifier", "accuracy ± sd", "TinyNet minus this ± 95 %", "ms per fit", "TinyNet is faster")
    result = Result(f"Classifiers with {HIDDEN[0]} hidden nodes, {splits} stratified splits", columns)
    for name, table in tables().items():
        log(f"fitting {name}")
        with one_core(), threadpool_limits(1):
            found = score(table, splits)
        ours = found["TinyNetClassifier"]
        for classifier, (accuracy, seconds) in found.items():
            gain, half_width = difference(ours.accuracy, accuracy)
            ratio = float(np.median(np.divide(seconds, ours.seconds)))  # of the ratios of each split
            milliseconds = 1e3 * float(np.median(seconds))
            result.rows.append((
                f"{name}: {classifier}", f"{100 * np.mean(accuracy):.2f} ± {100 * np.std(accuracy, ddof=1):.2f} %",
                "-" if accuracy is ours.accuracy else f"{100 * gain:+.2f} ± {100 * half_width:.2f}", format_number(milliseconds),
                "-" if accuracy is ours.accuracy else f"{format_number(ratio)} times",
            ))  # fmt: skip
            result.numbers[f"{name}: {classifier}"] = {
                "accuracy": accuracy, "difference": gain, "difference_95_percent": half_width, "milliseconds": milliseconds,
                "tinynet_is_times_faster": ratio, "first_milliseconds": 1e3 * seconds[0],
            }  # fmt: skip
        first = 1e3 * ours.seconds[0]
        result.notes.append(
            f"{name}: TinyNet's first fit took {format_number(first)} ms, including compilation."
        )
    return result
