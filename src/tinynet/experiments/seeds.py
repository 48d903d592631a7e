"""Ranges of seeds, and their networks trained on threads."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue

import numpy as np

from tinynet.data.examples import Examples
from tinynet.errors import TinyNetError, named
from tinynet.experiments.cohort import TrainingJob
from tinynet.numerics.cancellation import POLL_SECONDS, check_cancelled
from tinynet.numerics.integers import ceil_div
from tinynet.numerics.llvm import lane_count
from tinynet.validation import MAX_SEED, check_int, check_seed

MAX_NETWORKS = 100_000_000
Progress = Callable[[int, int], None]  # (networks that are done, networks in all)


def seed_range(first_seed: int, networks: int, *, name: str = "networks", most: int = MAX_NETWORKS) -> range:
    """Return the seeds of `networks` networks, from `first_seed` on.

    name, most : the name of `networks` in errors, and its largest value.

    Raises TinyNetError for too many networks and for seeds out of range.
    """
    networks = check_int(name, networks, 1, most)
    first_seed = check_seed(first_seed, "first_seed")
    if first_seed + networks > MAX_SEED + 1:
        raise TinyNetError(
            f"is {first_seed:,} and {named(name)} is {networks:,}. The last seed would be "
            f"{first_seed + networks - 1:,}. It must be at most {MAX_SEED:,}.",
            parameter="first_seed",
        )
    return range(first_seed, first_seed + networks)


class SeedTraining:
    """The training of a range of seeds on all cores.

    parameters : (networks, P) float32; the rows of networks that are not done are undefined.
    interrupted : whether Ctrl-C ended the training early.
    """

    def __init__(self, job: TrainingJob, seeds: range, validation: Examples | None) -> None:
        self.job, self.validation = job, validation
        self.seeds = np.arange(seeds.start, seeds.stop)
        self.parameters = np.empty((len(seeds), job.architecture.parameter_count), np.float32)
        self.interrupted = False
        per_core = ceil_div(len(seeds), os.cpu_count() or 1)
        self._size = min(job.networks_per_task, max(lane_count(), per_core))
        self._tasks = [slice(first, first + self._size) for first in range(0, len(seeds), self._size)]
        self._done = np.zeros(len(self._tasks), bool)
        self._cancelled = threading.Event()

    @property
    def done(self) -> np.ndarray:
        """(networks,) bool: which networks are trained."""
        return np.repeat(self._done, self._size)[: len(self.seeds)]

    def run(self, progress: Progress | None = None) -> None:
        """Train all networks, until Ctrl-C is pressed."""
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            finished: SimpleQueue[Future[int]] = SimpleQueue()
            for number in range(len(self._tasks)):
                pool.submit(self._train, number).add_done_callback(finished.put)
            try:
                count = 0
                for _ in self._tasks:
                    count += _next(finished).result()
                    if progress is not None:
                        progress(count, len(self.seeds))
            except BaseException as error:
                self._cancelled.set()
                pool.shutdown(cancel_futures=True)
                if not isinstance(error, KeyboardInterrupt):
                    raise
                self.interrupted = True

    def _train(self, number: int) -> int:
        """Train the networks of one task.

        Returns the number of networks.

        The number is 0 if the training was cancelled.
        """
        task = self._tasks[number]
        seeds = self.seeds[task]
        trained = self.job.run(seeds, self._cancelled, self.validation)
        if trained is None:
            return 0
        self.parameters[task], self._done[number] = trained, True
        return len(seeds)


def _next(finished: "SimpleQueue[Future[int]]") -> "Future[int]":
    """Return the next finished task."""
    while True:
        check_cancelled()
        try:
            return finished.get(timeout=POLL_SECONDS)
        except Empty:
            continue
