"""What the page asks of a notebook's kernel: the server's answers, by messages instead of HTTP."""

import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from tinynet import wire, wire_learner, wire_seeds, wire_table
from tinynet.errors import TinyNetError
from tinynet.wire import Progress

WORKERS = 2  # answers that are worked out at the same time
BEAT = 0.1  # seconds between two messages of progress

Tell = Callable[[dict[str, Any], list[bytes]], None]


class Question(NamedTuple):
    """What may be asked: the record of the request, and the answer to it."""

    record: Any
    answer: Callable[[Any, Progress], Any]


QUESTIONS = {
    "about": Question(None, lambda _, __: wire.about()),
    "pictures": Question(int, lambda grid, _: wire.picture_sets(grid)),
    "sheet": Question(wire.SheetRequest, lambda asked, _: wire.sheet(asked)),
    "starts": Question(wire.StartsRequest, lambda asked, _: wire.starts(asked)),
    "recording": Question(wire.Experiment, lambda asked, _: wire.recording(asked).to_bytes()),
    "check": Question(wire.Experiment, lambda asked, _: wire.ask_torch(asked)),
    "columns": Question(wire_table.TableText, lambda asked, _: wire_table.columns(asked)),
    "table": Question(wire_table.TableRequest, lambda asked, _: wire_table.table(asked)),
    "population": Question(wire_seeds.PopulationRequest, wire_seeds.ask_seeds),
    "story": Question(wire.StoryRequest, lambda asked, _: wire.chapter(asked)),
    "learner": Question(None, lambda _, __: wire_learner.learner()),
    "rung": Question(wire_learner.RungRequest, wire_learner.rung),
    "bayes": Question(wire_learner.BayesRequest, lambda asked, _: wire_learner.bayes(asked)),
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
            except wire.AbandonedError:
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
                raise wire.AbandonedError
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
        return wire.misfit(error.errors())
    if isinstance(error, TinyNetError | ImportError):
        return str(error)
    return f"the laboratory failed: {type(error).__name__}: {error}"
