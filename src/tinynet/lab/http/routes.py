"""The requests of the page, and their documented answers."""

from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import BaseModel

from tinynet.lab.api import chapters, learner, population, requests, sheets, table, torch_check
from tinynet.lab.api.requests import Progress
from tinynet.lab.http.answers import JSON, Answer

BINARY, LINES = "application/octet-stream", "application/x-ndjson"


class ErrorJson(BaseModel):
    """An error as a sentence.

    The page puts its labels into the template, where NUL characters enclose each parameter.
    """

    error: str
    template: str | None = None
    parameters: list[str] = []


class Route(NamedTuple):
    """A request of the page.

    record : the type of the body, or None for a GET request without a body.
    compute : returns the document of the answer.
    media_type : `LINES` if the answer is lines of JSON: the progress, and at the end the result or the error.
    statuses : further statuses of the answer.
    """

    summary: str
    record: Any
    compute: Callable[[Any, Progress], Any]
    media_type: str = JSON
    statuses: tuple[int, ...] = ()


def _recording(request: requests.Experiment, _: Progress) -> Answer:
    run = sheets.recording(request)
    headers = {
        "ETag": f'"{run.identity}"',
        "Content-Disposition": 'attachment; filename="run.safetensors"',
    }
    return Answer(200, run.to_bytes(), BINARY, headers)


ROUTES = {
    "about": Route("Version, limits, chapters", None, lambda _, __: chapters.about()),
    "learner": Route(
        "A memorizer and a learner with their exam results, and the rungs of the ladder",
        None,
        lambda _, __: learner.learner(),
    ),
    "sheet": Route(
        "The cells of a step and their formulas",
        requests.SheetRequest,
        lambda request, _: sheets.sheet(request),
    ),
    "initial_parameters": Route(
        "The initial parameters of seeds, equal to PyTorch's",
        requests.InitialParametersRequest,
        lambda request, _: sheets.initial_parameters(request),
    ),
    "check": Route(
        "One step, computed by PyTorch",
        requests.Experiment,
        lambda request, _: torch_check.torch_step(request),
        statuses=(501,),
    ),
    "bayes": Route(
        "The Bayes-optimal outputs for pictures",
        learner.BayesRequest,
        lambda request, _: learner.bayes(request),
    ),
    "columns": Route(
        "A summary of the columns of a CSV table", table.TableText, lambda request, _: table.columns(request)
    ),
    "table": Route(
        "A CSV table as training examples and held-out examples",
        table.TableRequest,
        lambda request, _: table.table(request),
    ),
    "recording": Route(
        "A recording of a training, as safetensors", requests.Experiment, _recording, media_type=BINARY
    ),
    "population": Route(
        "Many seeds: lines of JSON with the progress, then the result",
        population.PopulationRequest,
        population.train_population,
        media_type=LINES,
    ),
    "story": Route(
        "A chapter of the journey: lines of JSON as for a population",
        chapters.StoryRequest,
        lambda request, _: chapters.chapter(request),
        media_type=LINES,
    ),
    "rung": Route(
        "A rung of the ladder: lines of JSON as for a population",
        learner.RungRequest,
        learner.rung,
        media_type=LINES,
    ),
}
STATUSES = {
    400: "The request is invalid.",
    401: "The request has no valid token.",
    403: "The request is for another host, or comes from another web page.",
    404: "The laboratory has no such path.",
    405: "The path has no such method. The header Allow has its methods.",
    408: "The request did not arrive in time.",
    413: "The request is too large.",
    500: "The laboratory failed.",
    501: "The answer needs a package that is not installed.",
    503: "Too many jobs are waiting. Try again after the seconds in the header Retry-After.",
}


def responses(route: Route) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of the answers of a request."""
    if route.media_type == JSON:
        schema: dict[str, Any] = {"type": "object"}
    else:
        schema = {"type": "string"} | ({"format": "binary"} if route.media_type == BINARY else {})
    found: dict[int | str, dict[str, Any]] = {200: {"content": {route.media_type: {"schema": schema}}}}
    for status, text in STATUSES.items():
        if status != 501 or status in route.statuses:
            found[status] = {"description": text, "model": ErrorJson}
    return found
