"""TinyNetClassifier beside scikit-learn's MLPClassifier: as many hidden nodes, the same splits, accuracy and time."""

import math
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import tinynet as tn
from contest import Result, Scale, one_core, plain, say

HIDDEN, HELD_OUT = (32,), 0.25
FIRST = 1000  # seed; TinyNet's defaults were chosen on other splits, those of the seeds 0 to 39


class Tried(NamedTuple):
    """What one side did, split by split: shares of held-out rows that are right, and seconds of each fit."""

    right: list[float]
    seconds: list[float]


def sides() -> dict[str, Callable[[int], Any]]:
    """Return each side by name: what makes its classifier for a seed. TinyNet is first."""
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
    """Return scikit-learn's two tables. -> name: (rows, columns), (rows,)"""
    from sklearn.datasets import load_digits, load_iris

    return {"iris": load_iris(return_X_y=True), "digits": load_digits(return_X_y=True)}


def tried(table: tuple[np.ndarray, np.ndarray], splits: int) -> dict[str, Tried]:
    """Fit and judge every side on the same splits, each split by all sides before the next one."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import train_test_split

    made, (X, y) = sides(), table
    found = {name: Tried([], []) for name in made}
    for seed in range(FIRST, FIRST + splits):
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=HELD_OUT, stratify=y, random_state=seed
        )
        for name, make in made.items():
            classifier, began = make(seed), time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # as it comes, on iris
                classifier.fit(X_train, y_train)
            found[name].seconds.append(time.perf_counter() - began)
            found[name].right.append(classifier.score(X_test, y_test))
    return found


def difference(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float]:
    """Return how much larger ours are on average, and the half-width of the 95 % interval, for repeated splits.

    Splits share most of their rows, so that their differences vary too little: the variance of the mean counts
    1/n + held out/trained on, not 1/n (Nadeau and Bengio 2003).

    >>> difference([0.5, 0.5, 0.7], [0.5, 0.5, 0.4])[0].__round__(6)
    0.1
    """
    from scipy.stats import t

    gaps = np.subtract(ours, theirs)
    spread = gaps.std(ddof=1) * math.sqrt(1 / len(gaps) + HELD_OUT / (1 - HELD_OUT))
    return float(gaps.mean()), float(t.ppf(0.975, len(gaps) - 1) * spread)


def measure(scale: Scale) -> Result:
    """Fit all sides on repeated splits of both tables."""
    from threadpoolctl import threadpool_limits

    splits = 5 if scale.quick else 30
    columns = ("what", "right ± sd", "TinyNet's lead ± 95 %", "ms a fit", "TinyNet is faster")
    result = Result(f"Classifiers with {HIDDEN[0]} hidden nodes, {splits} stratified splits", columns)
    for name, table in tables().items():
        say(f"fitting {name}")
        with one_core(), threadpool_limits(1):
            found = tried(table, splits)
        ours = found["TinyNetClassifier"]
        for side, (right, seconds) in found.items():
            lead, margin = difference(ours.right, right)
            ratio = float(np.median(np.divide(seconds, ours.seconds)))  # split by split
            milliseconds = 1e3 * float(np.median(seconds))
            result.rows.append((
                f"{name}: {side}", f"{100 * np.mean(right):.2f} ± {100 * np.std(right, ddof=1):.2f} %",
                "-" if right is ours.right else f"{100 * lead:+.2f} ± {100 * margin:.2f}", plain(milliseconds),
                "-" if right is ours.right else f"{plain(ratio)} times",
            ))  # fmt: skip
            result.numbers[f"{name}: {side}"] = {
                "right": right, "lead": lead, "lead_95_percent": margin, "milliseconds": milliseconds,
                "tinynet_is_times_faster": ratio, "first_milliseconds": 1e3 * seconds[0],
            }  # fmt: skip
        first = 1e3 * ours.seconds[0]
        result.notes.append(f"{name}: TinyNet's first fit took {plain(first)} ms, with its compiling.")
    return result
