"""What the page asks of a notebook's kernel: the server's answers, by messages instead of HTTP."""

import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from tinynet.errors import TinyNetError
from tinynet.lab.api import chapters, population, requests, sheets, torch_check
from tinynet.lab.api import learner as learner_api
from tinynet.lab.api import table as table_api
from tinynet.lab.api.requests import Progress

WORKERS = 2  # answers that are worked out at the same time
BEAT = 0.1  # seconds between two messages of progress

Tell = Callable[[dict[str, Any], list[bytes]], None]


class Question(NamedTuple):
    """What may be asked: the record of the request, and the answer to it."""

    record: Any
    answer: Callable[[Any, Progress], Any]


QUESTIONS = {
    "about": Question(None, lambda _, __: chapters.about()),
    "pictures": Question(int, lambda grid, _: sheets.picture_sets(grid)),
    "sheet": Question(requests.SheetRequest, lambda asked, _: sheets.sheet(asked)),
    "starts": Question(requests.StartsRequest, lambda asked, _: sheets.starts(asked)),
    "recording": Question(requests.Experiment, lambda asked, _: sheets.recording(asked).to_bytes()),
    "check": Question(requests.Experiment, lambda asked, _: torch_check.ask_torch(asked)),
    "columns": Question(table_api.TableText, lambda asked, _: table_api.columns(asked)),
    "table": Question(table_api.TableRequest, lambda asked, _: table_api.table(asked)),
    "population": Question(population.PopulationRequest, population.ask_seeds),
    "story": Question(chapters.StoryRequest, lambda asked, _: chapters.chapter(asked)),
    "learner": Question(None, lambda _, __: learner_api.learner()),
    "rung": Question(learner_api.RungRequest, learner_api.rung),
    "bayes": Question(learner_api.BayesRequest, lambda asked, _: learner_api.bayes(asked)),
}


class Answering:
    """Hears a page's messages and tells it the answers, from threads, so that the notebook's cells run on.

    {"id", "ask": a name in `QUESTIONS`, "about": its request} is answered by {"id", "done", "total"} at once and as the
    work goes on, and at last by {"id", "result"} (bytes come as a buffer) or {"id", "error": a sentence}.
    {"id", "cancel": True} ends it.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._left: dict[str, threading.Event] = {}
        self._free = threading.Semaphore(WORKERS)

    def hear(self, message: Any) -> None:
        """Take one message of the page; what is not meant for us is left alone."""
        if not isinstance(message, dict) or not isinstance(message.get("id"), str):
            return
        asked = message["id"]
        if message.get("cancel"):
            self._left.get(asked, threading.Event()).set()
        elif "ask" in message:
            self._left[asked] = threading.Event()
            self._tell({"id": asked, "done": 0, "total": 0}, [])  # so that the page knows it is heard
            threading.Thread(target=self._work, args=(message,), daemon=True).start()

    def _work(self, message: dict[str, Any]) -> None:
        asked = message["id"]
        with self._free:
            try:
                progress = self._progress(asked)
                progress(0, 0)
                result = answer(message["ask"], message.get("about"), progress)
            except requests.AbandonedError:
                return
            except Exception as error:
                self._tell({"id": asked, "error": sentence(error)}, [])
            else:
                if isinstance(result, bytes):
                    self._tell({"id": asked, "result": None}, [result])
                else:
                    self._tell({"id": asked, "result": result}, [])
            finally:
                del self._left[asked]

    def _progress(self, asked: str) -> Progress:
        last = time.monotonic()

        def progress(done: int, total: int) -> None:
            nonlocal last
            if self._left[asked].is_set():
                raise requests.AbandonedError
            if time.monotonic() - last > BEAT:
                last = time.monotonic()
                self._tell({"id": asked, "done": done, "total": total}, [])

        return progress


def answer(name: str, about: Any, progress: Progress) -> Any:
    """Answer one question, as the server would.

    >>> answer("pictures", 2, lambda done, total: None)["sets"]["lines"]["names"]
    ['top', 'bottom', 'left', 'right']
    """
    if name not in QUESTIONS:
        raise TinyNetError(f"the page asked for {name!r}; it may ask for {', '.join(QUESTIONS)}")
    question = QUESTIONS[name]
    asked = TypeAdapter(question.record).validate_python(about)
    return question.answer(asked, progress)


def sentence(error: Exception) -> str:
    """Say what went wrong, as the server does."""
    if isinstance(error, ValidationError):
        return requests.misfit(error.errors())
    if isinstance(error, TinyNetError | ImportError):
        return str(error)
    return f"the laboratory failed: {type(error).__name__}: {error}"
