"""Cancellation of a long computation by another thread."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.1  # seconds between two checks for a cancellation
_CANCELLED: ContextVar[Event | None] = ContextVar("cancelled", default=None)


class AbandonedError(Exception):
    """The computation was cancelled, because no client needs its result."""


@contextmanager
def cancelled_by(event: Event) -> Iterator[None]:
    """Make the computation of this block end soon after `event` is set.

    >>> event = Event()
    >>> with cancelled_by(event):
    ...     check_cancelled()
    ...     event.set()
    ...     check_cancelled()
    Traceback (most recent call last):
    tinynet.numerics.cancellation.AbandonedError
    """
    token = _CANCELLED.set(event)
    try:
        yield
    finally:
        _CANCELLED.reset(token)


def check_cancelled() -> None:
    """Raise AbandonedError if the computation is cancelled.

    Every loop that can take more than a second must call this function. The threads that a computation starts are not
    cancelled: the function that starts them must end them.
    """
    event = _CANCELLED.get()
    if event is not None and event.is_set():
        raise AbandonedError


def detached(compute: Callable[[], T]) -> T:
    """Return the result of a function that runs on a thread of its own.

    If the computation is cancelled, the function continues and its result is lost. This is for a call that takes seconds
    and cannot check for cancellation, such as the import of a large package.

    >>> detached(lambda: 3)
    3
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(compute())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=copy_context().run, args=(run,), daemon=True).start()
    while not future.done():
        check_cancelled()
        wait([future], POLL_SECONDS)
    return future.result()
