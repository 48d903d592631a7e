"""The chapters of the story, for the page."""

from dataclasses import dataclass, field
from typing import Any, Literal

from tinynet.core.architecture import Architecture
from tinynet.errors import TinyNetError
from tinynet.lab.api.requests import (
    MAX_NETWORKS,
    MAX_PARAMETERS,
    MAX_STEPS,
    MAX_WORK,
    ArchitectureJson,
    RecipeJson,
)
from tinynet.recipe import Recipe


@dataclass(frozen=True)
class StoryRequest:
    """One chapter of the journey."""

    chapter: Literal[
        "look", "nudge", "train", "converge", "fuzzy", "inside", "stress", "bold", "aha", "learner"
    ]
    seed: int = 0
    networks: int = 1000
    recipe: RecipeJson = field(default_factory=Recipe)
    architecture: ArchitectureJson = field(default_factory=Architecture)


def about() -> dict[str, Any]:
    """Return version, limits, and the chapters with their questions."""
    from tinynet.story.quiz import heads
    from tinynet.version import __version__

    limits = {"parameters": MAX_PARAMETERS, "steps": MAX_STEPS, "networks": MAX_NETWORKS}
    return {"version": __version__, "limits": limits, "chapters": heads()}


def chapter(asked: StoryRequest) -> dict[str, Any]:
    """Return one chapter of the journey, its figures as SVG, and the number of its question's answer."""
    from tinynet.story import content, journey
    from tinynet.story.quiz import QUESTIONS
    from tinynet.story.runs import Journey

    if asked.networks > 100_000:
        raise TinyNetError(
            f"networks is {asked.networks:,}; a chapter puts its claims to at most 100,000 seeds"
        )
    work = asked.networks * asked.recipe.epochs * 400 * asked.architecture.parameter_count
    if work > MAX_WORK:
        raise TinyNetError("these chapters would take too long; take fewer epochs or seeds")
    one = Journey(
        seed=asked.seed, networks=asked.networks, recipe=asked.recipe, architecture=asked.architecture
    )
    told = content.chapter_json(journey.chapter(one, asked.chapter))
    return told | {"answer": QUESTIONS[asked.chapter].answer(one)}
