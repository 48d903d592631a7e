"""The laboratory's HTTP side: routes, limits and safety around what `wire` answers. It keeps nothing on disk."""

import asyncio
import json
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Annotated, Any

from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles

from tinynet.errors import TinyNetError
from tinynet.lab.api import chapters, requests, sheets, torch_check
from tinynet.lab.api import learner as learner_api
from tinynet.lab.api import population as population_api
from tinynet.lab.api import table as table_api
from tinynet.lab.http.jobs import RETRY_AFTER, WAITING, WORKERS, BusyError, Workers
from tinynet.lab.http.middleware import Guard, refusal

PAGE = Path(__file__).parents[2] / "page"
BUILD = "the page is not built; `npm --prefix web ci && npm --prefix web run build` in a checkout builds it"
BEAT = 0.1  # seconds between two lines of progress
PORTS = 20  # that are tried, from the one that was asked for
LAST_PORT = 65_535


def create_app(host: str = "127.0.0.1") -> FastAPI:
    """Return the laboratory's application, for requests to this host.

    >>> create_app().openapi()["info"]["title"]
    "TinyNet's laboratory"
    """
    from tinynet.version import __version__

    app = FastAPI(
        title="TinyNet's laboratory", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        description="Sheets, recordings, populations and chapters for the page. Errors are {\"error\": sentence}.",
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
    async def mistake(_: Request, error: TinyNetError) -> JSONResponse:
        return refusal(400, str(error))

    @app.exception_handler(RequestValidationError)
    async def misfit(_: Request, error: RequestValidationError) -> JSONResponse:
        found = [{**first, "loc": first["loc"][1:]} for first in error.errors()]  # without the word "body"
        return refusal(400, requests.misfit(found))

    @app.exception_handler(ImportError)
    async def missing(_: Request, error: ImportError) -> JSONResponse:
        return refusal(501, str(error))

    @app.exception_handler(BusyError)
    async def busy(_: Request, __: BusyError) -> JSONResponse:
        message = f"{WORKERS + WAITING} long jobs are running or waiting; try again in {RETRY_AFTER} seconds"
        return refusal(429, message, **{"Retry-After": str(RETRY_AFTER)})


def _add_routes(app: FastAPI) -> None:
    @app.get("/api/about", summary="Version, limits, chapters")
    def about() -> dict[str, Any]:
        return chapters.about()

    @app.get("/api/pictures/{grid}", summary="The sets of pictures of a grid")
    def picture_sets(grid: int) -> dict[str, Any]:
        return sheets.picture_sets(grid)

    @app.post("/api/sheet", summary="The cells of a nudge and their formulas")
    def sheet(asked: Annotated[requests.SheetRequest, Body()]) -> Response:
        return _json(sheets.sheet(asked))

    @app.post("/api/starts", summary="The random starts of seeds: PyTorch's numbers")
    def starts(asked: Annotated[requests.StartsRequest, Body()]) -> dict[str, Any]:
        return sheets.starts(asked)

    @app.post("/api/check", summary="The same nudge by PyTorch's autograd")
    def check(asked: Annotated[requests.Experiment, Body()]) -> dict[str, Any]:
        return torch_check.ask_torch(asked)

    @app.get("/api/learner", summary="A memorizer and a learner, their marks, and the rungs between them")
    def learner() -> Response:
        return _json(learner_api.learner())

    @app.post("/api/bayes", summary="The best possible answers to pictures")
    def bayes(asked: Annotated[learner_api.BayesRequest, Body()]) -> Response:
        return _json(learner_api.bayes(asked))

    @app.post("/api/columns", summary="What the columns of a CSV table hold")
    def columns(asked: Annotated[table_api.TableText, Body()]) -> Response:
        return _json(table_api.columns(asked))

    @app.post("/api/table", summary="A CSV table as examples to train on and examples held out")
    def table(asked: Annotated[table_api.TableRequest, Body()]) -> Response:
        return _json(table_api.table(asked))

    @app.post("/api/recording", summary="A training, recorded, as safetensors bytes", response_class=Response)
    def recording(asked: Annotated[requests.Experiment, Body()]) -> Response:
        run = sheets.recording(asked)
        headers = {
            "ETag": f'"{run.identity}"',
            "Content-Disposition": 'attachment; filename="run.safetensors"',
        }
        return Response(run.to_bytes(), media_type="application/octet-stream", headers=headers)


def _json(document: Any) -> Response:
    """Answer with JSON as it is: a sheet has thousands of lists, and checking each of them again is slow."""
    return Response(
        json.dumps(document, ensure_ascii=False, separators=(",", ":")), media_type="application/json"
    )


def _add_jobs(app: FastAPI) -> None:
    @app.post(
        "/api/population",
        summary="A question to many seeds; a line of JSON for progress, the last the result",
    )
    async def population(asked: Annotated[population_api.PopulationRequest, Body()]) -> StreamingResponse:
        return _stream(app, lambda progress: population_api.ask_seeds(asked, progress))

    @app.post("/api/story", summary="A chapter of the journey; lines of JSON as for a population")
    async def story(asked: Annotated[chapters.StoryRequest, Body()]) -> StreamingResponse:
        return _stream(app, lambda _: chapters.chapter(asked))

    @app.post("/api/rung", summary="A rung of the ladder, measured; lines of JSON as for a population")
    async def rung(asked: Annotated[learner_api.RungRequest, Body()]) -> StreamingResponse:
        return _stream(app, lambda progress: learner_api.rung(asked, progress))


def _stream(app: FastAPI, job: Callable[[Callable[[int, int], None]], Any]) -> StreamingResponse:
    """Answer with lines of JSON: progress until the job is done, then its result or its error."""
    cancelled, state = threading.Event(), {"done": 0, "total": 0}

    def progress(done: int, total: int) -> None:
        if cancelled.is_set():
            raise requests.AbandonedError
        state.update(done=done, total=total)

    def run() -> Any:
        try:
            return None if cancelled.is_set() else job(progress)
        except requests.AbandonedError:  # and nobody is there to be told
            return None

    future = app.state.workers.submit(run)

    async def lines() -> AsyncIterator[str]:
        try:
            while not future.done():
                yield json.dumps(state) + "\n"
                await asyncio.wait([asyncio.wrap_future(future)], timeout=BEAT)
            yield json.dumps(_outcome(future)) + "\n"
        finally:  # also where the reader has gone
            cancelled.set()

    return StreamingResponse(lines(), media_type="application/x-ndjson")


def _outcome(future: "Future[Any]") -> dict[str, Any]:
    error = future.exception()
    if error is None:
        return {"result": future.result()}
    if isinstance(error, TinyNetError):
        return {"error": str(error)}
    return {"error": f"the laboratory failed: {type(error).__name__}: {error}"}


def _add_page(app: FastAPI) -> None:
    if (PAGE / "index.html").is_file():
        app.mount("/", StaticFiles(directory=PAGE, html=True), name="page")
        return

    @app.get("/", include_in_schema=False)
    def not_built() -> HTMLResponse:
        return HTMLResponse(f"<!doctype html><title>TinyNet</title><p>TinyNet: {BUILD}</p>", 503)


def free_port(host: str, port: int) -> socket.socket:
    """Return a listening socket at this port, or at the next free one.

    Raises TinyNetError where the host is none of this machine's, or no port is free.
    """
    if not 0 <= port <= LAST_PORT:
        raise TinyNetError(f"port is {port}; it must be a number from 0, for any free one, to {LAST_PORT}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, min(port + PORTS, LAST_PORT + 1) if port else 1):
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, candidate))
            found.listen(128)
        except OSError as error:
            found.close()
            if error.errno not in (98, 48, 10048, 13):  # in use (Linux, macOS, Windows), or not ours
                raise TinyNetError(
                    f"cannot listen at {host}: {error.strerror}; try --host 127.0.0.1"
                ) from error
            continue
        return found
    raise TinyNetError(
        f"the ports {port} to {port + PORTS - 1} at {host} are all in use; choose another with --port"
    )


def serve(host: str, port: int, *, browser: bool, say: Callable[[str], None]) -> None:
    """Serve the laboratory until Ctrl-C; `say` is told the address."""
    import uvicorn

    listening = free_port(host, port)
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{listening.getsockname()[1]}/"
    app = create_app(host)
    say(f"TinyNet's laboratory: {address}   (Ctrl-C ends it)")
    if not (PAGE / "index.html").is_file():
        say(f"But {BUILD}.")
    if browser and _has_display():
        threading.Timer(0.5, webbrowser.open, [address]).start()
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:  # is how it is meant to end
        pass
    finally:
        app.state.workers.close()
        listening.close()


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
