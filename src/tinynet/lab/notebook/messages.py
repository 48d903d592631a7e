"""Requests of the page that arrive as widget messages.

The responses are those of the server.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from tinynet.errors import TinyNetError
from tinynet.lab.api import chapters, failures, population, requests, sheets, torch_check
from tinynet.lab.api import learner as learner_api
from tinynet.lab.api import table as table_api
from tinynet.lab.api.requests import Progress
from tinynet.numerics.cancellation import AbandonedError, cancelled_by, check_cancelled
from tinynet.validation import check_choice

WORKERS = 2  # requests that run at the same time
PROGRESS_INTERVAL = 0.1  # seconds between two messages of progress

Send = Callable[[dict[str, Any], list[bytes]], None]


class Route(NamedTuple):
    """A request of the page: its record, and its function.

    The function returns the result.
    """

    record: Any
    result: Callable[[Any, Progress], Any]


ROUTES = {
    "about": Route(None, lambda _, __: chapters.about()),
    "pictures": Route(int, lambda grid, _: sheets.picture_sets(grid)),
    "sheet": Route(requests.SheetRequest, lambda request, _: sheets.sheet(request)),
    "initial_parameters": Route(
        requests.InitialParametersRequest, lambda request, _: sheets.initial_parameters(request)
    ),
    "recording": Route(requests.Experiment, lambda request, _: sheets.recording(request).to_bytes()),
    "check": Route(requests.Experiment, lambda request, _: torch_check.torch_step(request)),
    "columns": Route(table_api.TableText, lambda request, _: table_api.columns(request)),
    "table": Route(table_api.TableRequest, lambda request, _: table_api.table(request)),
    "population": Route(population.PopulationRequest, population.train_population),
    "story": Route(chapters.StoryRequest, lambda request, _: chapters.chapter(request)),
    "learner": Route(None, lambda _, __: learner_api.learner()),
    "rung": Route(learner_api.RungRequest, learner_api.rung),
    "bayes": Route(learner_api.BayesRequest, lambda request, _: learner_api.bayes(request)),
}


class MessageHandler:
    """A handler of the messages of a page.

    The handler works in threads, so that cells of the notebook can run meanwhile.

    A request is `{"id", "request", "body"}`: a key of `ROUTES` and its record. The handler sends `{"id", "done", "total"}`
    at once and while the job runs. It ends with `{"id", "result"}`, where bytes are sent as a buffer, or with
    `{"id", "error"}`. The message `{"id", "cancel": True}` cancels the job.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._cancelled: dict[str, threading.Event] = {}
        self._free = threading.Semaphore(WORKERS)

    def handle(self, message: Any) -> None:
        """Handle one message.

        Other messages than requests are ignored.
        """
        if not isinstance(message, dict) or not isinstance(message.get("id"), str):
            return
        key = message["id"]
        if message.get("cancel"):
            running = self._cancelled.get(key)
            if running is not None:
                running.set()
        elif "request" in message:
            self._cancelled[key] = threading.Event()
            self._send({"id": key, "done": 0, "total": 0}, [])  # the page sees that the kernel runs
            threading.Thread(target=self._work, args=(message,), daemon=True).start()

    def _work(self, message: dict[str, Any]) -> None:
        key = message["id"]
        with self._free:
            try:
                with cancelled_by(self._cancelled[key]):
                    check_cancelled()
                    result = result_of(message["request"], message.get("body"), self._progress(key))
            except AbandonedError:
                return
            except Exception as error:
                self._send({"id": key, **failure(error)}, [])
            else:
                if isinstance(result, bytes):
                    self._send({"id": key, "result": None}, [result])
                else:
                    self._send({"id": key, "result": result}, [])
            finally:
                del self._cancelled[key]

    def _progress(self, key: str) -> Progress:
        last = time.monotonic()

        def progress(done: int, total: int) -> None:
            nonlocal last
            if time.monotonic() - last > PROGRESS_INTERVAL:
                last = time.monotonic()
                self._send({"id": key, "done": done, "total": total}, [])

        return progress


def result_of(name: str, body: Any, progress: Progress) -> Any:
    """Return the result of one request, as the server would.

    >>> result_of("pictures", 2, lambda done, total: None)["sets"]["lines"]["names"]
    ['top', 'bottom', 'left', 'right']
    """
    route = ROUTES[check_choice("request", name, ROUTES)]
    request = TypeAdapter(route.record).validate_python(body)
    return route.result(request, progress)


def failure(error: Exception) -> dict[str, Any]:
    """Return the response to an error, as the server does."""
    if isinstance(error, ValidationError):
        return failures.validation_failure(error.errors())
    if isinstance(error, TinyNetError):
        return failures.failure(error)
    if isinstance(error, ImportError):
        return {"error": str(error)}
    return {"error": f"the laboratory failed: {type(error).__name__}: {error}"}
