"""Cancellation of a long computation by another thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event

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
