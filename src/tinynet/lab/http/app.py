"""The application of the laboratory.

The application has error responses, and jobs that report their progress.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount
from starlette.types import Scope

from tinynet.data.pictures import MAX_GRID
from tinynet.lab.api import failures, sheets
from tinynet.lab.api.chapters import StoryRequest
from tinynet.lab.api.fields import limits
from tinynet.lab.http import network
from tinynet.lab.http.answers import JSON, Answer, answer, encoded, error_response, shortened
from tinynet.lab.http.jobs import RETRY_AFTER, BusyError, Compute, Job, Workers
from tinynet.lab.http.middleware import Guard
from tinynet.lab.http.routes import LINES, ROUTES, Route, responses
from tinynet.story.quiz import QUESTIONS

PAGE = Path(__file__).parents[2] / "page"
NOT_BUILT = "the page is not built. In a checkout, run `npm --prefix web ci && npm --prefix web run build`."
PROGRESS_INTERVAL = 0.1  # seconds between two lines of progress
JSON_TYPE = re.compile(r"application/([\w.-]+\+)?json\s*(;|$)", re.ASCII | re.IGNORECASE)
SHORT_JOBS = 4  # that run at the same time as long jobs
BUSY = f"too many jobs are waiting. Try again in {RETRY_AFTER} seconds."


def create_app(host: str = "127.0.0.1", token: str = "") -> FastAPI:
    """Return the application of the laboratory.

    host : the host name that requests may use, besides the local names.
    token : the token that requests must have, or an empty text.

    >>> create_app().openapi()["info"]["title"]
    "TinyNet's laboratory"
    """
    from tinynet.version import __version__

    app = FastAPI(
        title="TinyNet's laboratory", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        redirect_slashes=False,
        description="Sheets, recordings, populations and chapters for the page. Errors are {\"error\": sentence, \"parameters\": names}.",
    )  # fmt: skip
    app.state.workers, app.state.short = Workers(), Workers(SHORT_JOBS)
    _add_errors(app)
    for name, route in ROUTES.items():
        _add_route(app, name, route)
    _add_pictures(app)
    _add_page(app)
    app.add_middleware(Guard, hosts=network.allowed_hosts(host), token=token)
    _document(app)
    return app


def _document(app: FastAPI) -> None:
    """Remove the status 422 from the OpenAPI description: FastAPI adds it, and the laboratory answers 400."""
    described = app.openapi()
    for path in described["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    for name in ("HTTPValidationError", "ValidationError"):
        described["components"]["schemas"].pop(name, None)


def prepare_chapters(app: FastAPI) -> None:
    """Compute the chapters of the page's first seed before a class asks for them."""
    route = ROUTES["story"]
    for chapter in QUESTIONS:
        request = StoryRequest(chapter)
        app.state.workers.join(_key(route, request), _compute(route, request))


def close(app: FastAPI) -> None:
    """Cancel all jobs of an application."""
    app.state.workers.close()
    app.state.short.close()


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def invalid_request(request: Request, error: RequestValidationError) -> Response:
        kind = request.headers.get("content-type", "")
        if request.method == "POST" and not JSON_TYPE.match(kind):
            return error_response(400, f"the Content-Type is {shortened(kind)!r}. It must be {JSON}.")
        found = [{**first, "loc": first["loc"][1:]} for first in error.errors()]  # without the word "body"
        return Answer(400, encoded(failures.validation_failure(found))).response()

    @app.exception_handler(HTTPException)
    async def refused_request(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if error.status_code in (404, 405):
            message = f"the laboratory has no {shortened(f'{request.method} {request.url.path}')}. The requests are listed in /api/openapi.json."
            if error.status_code == 405:
                headers.setdefault("Allow", "GET, HEAD")
        else:  # FastAPI raises 400 for a body that is no text
            message = failures.NOT_JSON
        return error_response(error.status_code, message, **headers)

    @app.exception_handler(BusyError)
    async def busy(_: Request, __: BusyError) -> Response:
        return error_response(503, BUSY, **{"Retry-After": str(RETRY_AFTER)})


def _add_route(app: FastAPI, name: str, route: Route) -> None:
    respond = _stream if route.media_type == LINES else _respond

    async def get(request: Request) -> Response:
        return await respond(request, route, None)

    async def post(request: Request, body: Any) -> Response:
        return await respond(request, route, body)

    if route.record is not None:
        post.__annotations__["body"] = Annotated[route.record, Body()]
    app.add_api_route(
        f"/api/{name}", get if route.record is None else post, methods=["GET" if route.record is None else "POST"],
        name=name, summary=route.summary, response_class=Response, responses=responses(route),
    )  # fmt: skip


def _add_pictures(app: FastAPI) -> None:
    route = Route("The built-in sets of pictures", int, lambda grid, _: sheets.picture_sets(grid))

    @app.get(
        "/api/pictures/{grid}", summary=route.summary, response_class=Response, responses=responses(route)
    )
    async def pictures(request: Request, grid: Annotated[int, limits("grid", 2, MAX_GRID)]) -> Response:
        return await _respond(request, route, grid)


def _key(route: Route, body: Any) -> tuple[str, bytes]:
    """Return a key that is equal for equal requests. The text of a record has all of its values."""
    return route.summary, hashlib.sha256(repr(body).encode("utf-8", "backslashreplace")).digest()


def _compute(route: Route, body: Any) -> Compute:
    return lambda progress: answer(lambda: route.compute(body, progress))


async def _respond(request: Request, route: Route, body: Any) -> Response:
    """Compute the answer to a short request.

    If all of its clients disconnect, the job is cancelled.
    """
    workers, key = request.app.state.short, _key(route, body)
    job = workers.join(key, _compute(route, body))
    disconnected = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait(
            [asyncio.wrap_future(job.future), disconnected], return_when=asyncio.FIRST_COMPLETED
        )
        found = job.future.result() if job.future.done() else None
        return error_response(408, BUSY) if found is None else found.response()
    finally:
        disconnected.cancel()
        workers.leave(key, job)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _stream(request: Request, route: Route, body: Any) -> Response:
    """Run a long job and return lines of JSON.

    The lines are the progress, then the result or the error.

    If all of its clients disconnect, the job is cancelled.
    """
    workers, key = request.app.state.workers, _key(route, body)
    job = workers.join(key, _compute(route, body))
    return StreamingResponse(_lines(workers, key, job), media_type=LINES)


async def _lines(workers: Workers, key: Any, job: Job) -> AsyncIterator[bytes]:
    finished = asyncio.wrap_future(job.future)
    try:
        while not job.future.done():
            state = {"done": job.done, "total": job.total, "waiting": workers.position(job)}
            yield encoded(state) + b"\n"
            await asyncio.wait([finished], timeout=PROGRESS_INTERVAL)
        found = job.future.result()
        if found is not None:
            yield found.line()
    finally:  # runs if the client disconnects, too
        workers.leave(key, job)


class _PageMount(Mount):
    """The files of the page."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a path may be a file. The requests of the page, and paths with "..", are not."""
        parts = scope["path"].split("/")
        return (Match.NONE, {}) if parts[1:2] == ["api"] or ".." in parts else super().matches(scope)


def _add_page(app: FastAPI) -> None:
    if (PAGE / "index.html").is_file():
        app.router.routes.append(_PageMount("/", StaticFiles(directory=PAGE, html=True), name="page"))
        return

    @app.get("/", include_in_schema=False)
    def not_built() -> HTMLResponse:
        return HTMLResponse(f"<!doctype html><title>TinyNet</title><p>TinyNet: {NOT_BUILT}</p>", 503)
