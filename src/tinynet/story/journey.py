"""The ten chapters of the journey, in order."""

from collections.abc import Callable, Iterator
from typing import Any

from tinynet.signatures import check_arguments
from tinynet.story.chapters import behavior, confidence, first_steps, training
from tinynet.story.content import Chapter, Part
from tinynet.story.runs import Journey
from tinynet.validation import check_choice

CHAPTERS: dict[str, tuple[str, Callable[[Journey], Iterator[Part]]]] = {
    "look": ("The untrained network", first_steps.look),
    "nudge": ("The first nudge", first_steps.nudge),
    "train": ("A full training", training.train),
    "converge": ("Convergence", training.converge),
    "fuzzy": ("A fuzzy line", behavior.fuzzy),
    "inside": ("Inside the hidden nodes", behavior.inside),
    "stress": ("The stress test", behavior.stress),
    "high_rate": ("A high learning rate", confidence.high_rate),
    "confidence": ("Confidence is not correctness", confidence.confidence),
    "learner": ("From memorizer to learner", confidence.learner),
}


@check_arguments
def journey(key: str | None = None, **settings: Any) -> Iterator[Chapter]:
    """Compose the chapters one by one.

    key : str or None. Compose only this chapter.
    settings : arguments of `Journey`.

    Raises TinyNetError for an unknown chapter.

    >>> [chapter.key for chapter in journey("nudge", networks=10)]
    ['nudge']
    """
    if key is not None:
        check_choice("chapter", key, CHAPTERS)
    runs = Journey(**settings)
    return (chapter(runs, name) for name in CHAPTERS if key in (None, name))


def chapter(runs: Journey, key: str) -> Chapter:
    """Compose one chapter."""
    title, compose = CHAPTERS[key]
    return Chapter(key, title, tuple(compose(runs)))
