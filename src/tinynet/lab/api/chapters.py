"""The chapters of the story, for the page."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from tinynet.core.architecture import Architecture
from tinynet.data import pictures
from tinynet.errors import TinyNetError
from tinynet.lab.api.choices import choices
from tinynet.lab.api.fields import (
    ArchitectureJson,
    RecipeJson,
    Seed,
    StrictRequest,
    Text,
    Whole,
    limits,
    one_of,
)
from tinynet.lab.api.requests import MAX_NETWORKS, MAX_PARAMETERS, MAX_STEPS, MAX_WORK, check_training
from tinynet.recipe import Recipe
from tinynet.story import content, journey
from tinynet.story.quiz import QUESTIONS, heads
from tinynet.story.runs import Journey
from tinynet.version import __version__

MAX_CHAPTER_NETWORKS = 100_000
STEPS_PER_EPOCH = 400  # 4 lines; the longest chapter trains 100 times more epochs


@dataclass(frozen=True)
class StoryRequest(StrictRequest):
    """A chapter of the journey.

    The chapter is for one network and many seeds.
    """

    chapter: Annotated[Text, one_of("chapter", QUESTIONS)]
    seed: Seed = 0
    networks: Annotated[Whole, limits("networks", 1, MAX_CHAPTER_NETWORKS)] = 1000
    recipe: RecipeJson = field(default_factory=Recipe)
    architecture: ArchitectureJson = field(default_factory=Architecture)


def about() -> dict[str, Any]:
    """Return the version, limits, choices and chapters.

    The limits and choices are those of the page. Each chapter has its question.
    """
    limits = {"parameters": MAX_PARAMETERS, "steps": MAX_STEPS, "networks": MAX_NETWORKS}
    return {"version": __version__, "limits": limits, "choices": choices(), "chapters": heads()}


def chapter(request: StoryRequest) -> dict[str, Any]:
    """Return a chapter of the journey.

    The figures are SVG. The result also has the index of the correct option of the question.
    """
    check_training(request.architecture, request.recipe, pictures.lines())
    steps = request.recipe.epochs * STEPS_PER_EPOCH
    if request.networks * steps * request.architecture.parameter_count > MAX_WORK:
        raise TinyNetError("the chapters would take too long. Use fewer epochs or seeds.")
    one = Journey(
        seed=request.seed, networks=request.networks, recipe=request.recipe, architecture=request.architecture
    )
    found = content.chapter_json(journey.chapter(one, request.chapter))
    return found | {"answer": QUESTIONS[request.chapter].answer(one)}
