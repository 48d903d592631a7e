"""Worker threads for long jobs, with a short queue."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

WORKERS, WAITING = 2, 4  # jobs that run, and jobs that wait
RETRY_AFTER = 5  # seconds


class BusyError(Exception):
    """All workers are busy, and the queue is full."""


class Workers:
    """A few threads for long jobs, with a short queue."""

    def __init__(self, running: int = WORKERS, waiting: int = WAITING) -> None:
        self._pool = ThreadPoolExecutor(running, thread_name_prefix="tinynet-job")
        self._free = threading.Semaphore(running + waiting)

    def submit(self, job: Callable[[], Any]) -> "Future[Any]":
        """Run a job as soon as a worker is free.

        Raises BusyError if the queue is full.
        """
        if not self._free.acquire(blocking=False):
            raise BusyError
        future = self._pool.submit(job)
        future.add_done_callback(lambda _: self._free.release())
        return future

    def close(self) -> None:
        """Cancel the waiting jobs."""
        self._pool.shutdown(wait=False, cancel_futures=True)
