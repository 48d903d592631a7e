"""The application of the laboratory.

The application has routes, error responses, and jobs that report their progress.
"""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Annotated, Any

from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from tinynet.errors import TinyNetError
from tinynet.lab.api import chapters, failures, requests, sheets, torch_check
from tinynet.lab.api import learner as learner_api
from tinynet.lab.api import population as population_api
from tinynet.lab.api import table as table_api
from tinynet.lab.http.jobs import RETRY_AFTER, WAITING, WORKERS, BusyError, Workers
from tinynet.lab.http.middleware import Guard, error_response

PAGE = Path(__file__).parents[2] / "page"
NOT_BUILT = "the page is not built. In a checkout, run `npm --prefix web ci && npm --prefix web run build`."
PROGRESS_INTERVAL = 0.1  # seconds between two lines of progress


def create_app(host: str = "127.0.0.1") -> FastAPI:
    """Return the application of the laboratory.

    host : the host name that requests may use, besides the local names.

    >>> create_app().openapi()["info"]["title"]
    "TinyNet's laboratory"
    """
    from tinynet.version import __version__

    app = FastAPI(
        title="TinyNet's laboratory", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        description="Sheets, recordings, populations and chapters for the page. Errors are {\"error\": sentence, \"parameters\": names}.",
    )  # fmt: skip
    app.state.workers = Workers()
    _add_errors(app)
    _add_routes(app)
    _add_jobs(app)
    _add_page(app)
    local = {"127.0.0.1", "localhost", "::1", host}
    everywhere = {"*", socket.gethostname()} if host in ("0.0.0.0", "::") else set()
    app.add_middleware(Guard, hosts=frozenset(local | everywhere))
    return app


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(TinyNetError)
    async def user_mistake(_: Request, error: TinyNetError) -> JSONResponse:
        return JSONResponse(failures.failure(error), 400)

    @app.exception_handler(RequestValidationError)
    async def invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
        found = [{**first, "loc": first["loc"][1:]} for first in error.errors()]  # without the word "body"
        return JSONResponse(failures.validation_failure(found), 400)

    @app.exception_handler(HTTPException)
    async def refused_request(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code in (404, 405):
            message = f"the laboratory has no {request.method} {request.url.path}. The requests are listed in /api/openapi.json."
        else:  # FastAPI raises 400 for a body that is no text
            message = failures.NOT_JSON
        return error_response(error.status_code, message, **(error.headers or {}))

    @app.exception_handler(ImportError)
    async def missing_package(_: Request, error: ImportError) -> JSONResponse:
        return error_response(501, str(error))

    @app.exception_handler(BusyError)
    async def busy(_: Request, __: BusyError) -> JSONResponse:
        message = f"{WORKERS + WAITING} jobs are running or waiting. Try again in {RETRY_AFTER} seconds."
        return error_response(429, message, **{"Retry-After": str(RETRY_AFTER)})


def _add_routes(app: FastAPI) -> None:
    @app.get("/api/about", summary="Version, limits, chapters")
    def about() -> dict[str, Any]:
        return chapters.about()

    @app.get("/api/pictures/{grid}", summary="The built-in sets of pictures")
    def picture_sets(grid: int) -> dict[str, Any]:
        return sheets.picture_sets(grid)

    @app.post("/api/sheet", summary="The cells of a step and their formulas")
    def sheet(request: Annotated[requests.SheetRequest, Body()]) -> Response:
        return _json(sheets.sheet(request))

    @app.post("/api/initial_parameters", summary="The initial parameters of seeds, equal to PyTorch's")
    def initial_parameters(request: Annotated[requests.InitialParametersRequest, Body()]) -> dict[str, Any]:
        return sheets.initial_parameters(request)

    @app.post("/api/check", summary="One step, computed by PyTorch")
    def check(request: Annotated[requests.Experiment, Body()]) -> dict[str, Any]:
        return torch_check.torch_step(request)

    @app.get(
        "/api/learner",
        summary="A memorizer and a learner with their exam results, and the rungs of the ladder",
    )
    def learner() -> Response:
        return _json(learner_api.learner())

    @app.post("/api/bayes", summary="The Bayes-optimal outputs for pictures")
    def bayes(request: Annotated[learner_api.BayesRequest, Body()]) -> Response:
        return _json(learner_api.bayes(request))

    @app.post("/api/columns", summary="A summary of the columns of a CSV table")
    def columns(request: Annotated[table_api.TableText, Body()]) -> Response:
        return _json(table_api.columns(request))

    @app.post("/api/table", summary="A CSV table as training examples and held-out examples")
    def table(request: Annotated[table_api.TableRequest, Body()]) -> Response:
        return _json(table_api.table(request))

    @app.post("/api/recording", summary="A recording of a training, as safetensors", response_class=Response)
    def recording(request: Annotated[requests.Experiment, Body()]) -> Response:
        run = sheets.recording(request)
        headers = {
            "ETag": f'"{run.identity}"',
            "Content-Disposition": 'attachment; filename="run.safetensors"',
        }
        return Response(run.to_bytes(), media_type="application/octet-stream", headers=headers)


def _json(document: Any) -> Response:
    """Return a JSON response without validation.

    Validation is slow for a sheet with thousands of lists.
    """
    return Response(
        json.dumps(document, ensure_ascii=False, separators=(",", ":")), media_type="application/json"
    )


def _add_jobs(app: FastAPI) -> None:
    @app.post(
        "/api/population",
        summary="Many seeds: lines of JSON with the progress, then the result",
    )
    async def population(request: Annotated[population_api.PopulationRequest, Body()]) -> StreamingResponse:
        return _stream(app, lambda progress: population_api.train_population(request, progress))

    @app.post("/api/story", summary="A chapter of the journey: lines of JSON as for a population")
    async def story(request: Annotated[chapters.StoryRequest, Body()]) -> StreamingResponse:
        return _stream(app, lambda _: chapters.chapter(request))

    @app.post("/api/rung", summary="A rung of the ladder: lines of JSON as for a population")
    async def rung(request: Annotated[learner_api.RungRequest, Body()]) -> StreamingResponse:
        return _stream(app, lambda progress: learner_api.rung(request, progress))


def _stream(app: FastAPI, job: Callable[[Callable[[int, int], None]], Any]) -> StreamingResponse:
    """Run a job and return lines of JSON.

    The lines are the progress, then the result or the error.

    If the client disconnects, the job is cancelled.
    """
    cancelled, state = threading.Event(), {"done": 0, "total": 0}

    def progress(done: int, total: int) -> None:
        if cancelled.is_set():
            raise requests.AbandonedError
        state.update(done=done, total=total)

    def run() -> Any:
        try:
            return None if cancelled.is_set() else job(progress)
        except requests.AbandonedError:  # no client reads the result
            return None

    future = app.state.workers.submit(run)

    async def lines() -> AsyncIterator[str]:
        try:
            while not future.done():
                yield json.dumps(state) + "\n"
                await asyncio.wait([asyncio.wrap_future(future)], timeout=PROGRESS_INTERVAL)
            yield json.dumps(_outcome(future)) + "\n"
        finally:  # runs if the client disconnects, too
            cancelled.set()

    return StreamingResponse(lines(), media_type="application/x-ndjson")


def _outcome(future: "Future[Any]") -> dict[str, Any]:
    error = future.exception()
    if error is None:
        return {"result": future.result()}
    if isinstance(error, TinyNetError):
        return failures.failure(error)
    return {"error": f"the laboratory failed: {type(error).__name__}: {error}"}


def _add_page(app: FastAPI) -> None:
    if (PAGE / "index.html").is_file():
        app.mount("/", StaticFiles(directory=PAGE, html=True), name="page")
        return

    @app.get("/", include_in_schema=False)
    def not_built() -> HTMLResponse:
        return HTMLResponse(f"<!doctype html><title>TinyNet</title><p>TinyNet: {NOT_BUILT}</p>", 503)
