"""Blocks computed on threads, or by the workers of a dask cluster: the same numbers either way."""

import logging
import os
import re
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

from tinynet.errors import TinyNetError
from tinynet.experiments.aggregates import Tally
from tinynet.experiments.shards import Block, compute
from tinynet.plugins import pip_command
from tinynet.version import __version__

if TYPE_CHECKING:
    from distributed import Client

POLL = 0.5  # seconds, after which a lost cluster is noticed
TIMEOUT = 10  # seconds that a cluster has to answer, or to come back
ATTEMPTS = 10  # at a block whose workers die, each of which the cluster itself makes several times
IN_FLIGHT = 3  # blocks for each thread of a cluster
LOUD = (
    "distributed",
    "distributed.client",
    "tornado.application",
    "asyncio",
)  # loggers of what we say ourselves

Counted = Generator[tuple[Block, list[Tally]], None, None]


def on_threads(blocks: Iterator[Block], workers: int | None = None) -> Counted:
    """Compute blocks on so many threads, one a core unless said; give each with its tallies as it is done.

    Closing the iterator cancels what is under way.
    """
    workers = workers or os.cpu_count() or 1
    cancelled = Event()
    with ThreadPoolExecutor(workers) as pool:

        def submit(block: Block, attempt: int) -> "Future[Any]":
            return pool.submit(compute, block.group.text, block.first, block.last, cancelled)

        try:
            yield from _stream(blocks, 2 * workers, submit)
        finally:
            cancelled.set()
            pool.shutdown(cancel_futures=True)


def on_cluster(blocks: Iterator[Block], address: str) -> Counted:
    """Compute blocks by the workers of the dask scheduler at `address`; give each with its tallies as it is done.

    A block whose worker dies is computed again. Raises TinyNetError for a scheduler that does not answer or goes
    away, and for workers that die over and over or have another version of TinyNet.
    """
    try:
        from distributed import KilledWorker  # sets up its loggers
    except ImportError as error:
        raise ImportError(f"a cluster needs dask.distributed: {pip_command('cluster')}") from error
    with _quiet(), _client(address) as client:
        pool = client.get_executor(pure=True, retries=ATTEMPTS)
        room = max(8, IN_FLIGHT * sum(client.nthreads().values()))

        def submit(block: Block, attempt: int) -> "Future[Any]":
            return pool.submit(_on_worker, block.group.text, block.first, block.last, attempt)

        def watch() -> None:
            if client.status in ("closed", "closing"):
                raise CancelledError

        try:
            for block, (version, tallies) in _stream(blocks, room, submit, watch):
                _same_version(version)
                yield block, tallies
        except (CancelledError, RuntimeError, OSError) as error:  # the client's own errors are some of these
            why = f" ({error})" if str(error) else ""
            raise TinyNetError(f"the cluster at {address} went away{why}") from error
        except KilledWorker as error:
            raise TinyNetError(
                f"the workers of {address} died {ATTEMPTS} times over one block, perhaps of too little memory"
            ) from error
        except (ImportError, AttributeError) as error:
            raise TinyNetError(f"a worker cannot compute ({_words(error)}); {_NEEDS}") from error
        finally:
            if client.status == "running":
                pool.shutdown(wait=False)


def _stream(
    blocks: Iterator[Block],
    room: int,
    submit: Callable[[Block, int], "Future[Any]"],
    watch: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Block, Any]]:
    """Keep at most `room` blocks under way, and give each with its result as it is done."""
    pending: dict[Future[Any], tuple[Block, int]] = {}
    while True:
        while len(pending) < room and (block := next(blocks, None)) is not None:
            pending[submit(block, 1)] = block, 1
        if not pending:
            return
        done, _ = wait(pending, timeout=POLL, return_when=FIRST_COMPLETED)
        watch()
        for future in done:
            block, attempt = pending.pop(future)
            if attempt < ATTEMPTS and type(future.exception()).__name__ == "KilledWorker":
                pending[submit(block, attempt + 1)] = block, attempt + 1
            else:
                yield block, future.result()


def _on_worker(text: str, first: int, last: int, attempt: int) -> tuple[str, list[Tally] | None]:
    """Compute a block; `attempt` only gives the task another name."""
    return __version__, compute(text, first, last)


_NEEDS = f"every worker needs TinyNet {__version__}, as here"


def _same_version(version: str) -> None:
    if version != __version__:
        raise TinyNetError(f"a worker has TinyNet {version}; {_NEEDS}")


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__


@contextmanager
def _client(address: str) -> Iterator["Client"]:
    """Connect, and wait for a first worker."""
    from distributed import Client

    if not re.fullmatch(r"\w+://\S+:\d+", address):
        raise TinyNetError(
            f"is {address!r}; its address must be such as tcp://10.0.0.1:8786", parameter="scheduler"
        )
    try:
        client = Client(address, timeout=TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise TinyNetError(
            f"no scheduler answers at {address} ({_words(error)}); start one: dask scheduler"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=TIMEOUT)
        except TimeoutError as error:
            raise TinyNetError(
                f"the cluster at {address} has no workers; start one: dask worker {address}"
            ) from error
        yield client


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the loggers of what goes wrong with a cluster, which is said in our own words."""
    levels = {name: logging.getLogger(name).level for name in LOUD}
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
