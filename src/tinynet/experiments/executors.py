"""Shards, computed on threads or on a dask cluster."""

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
from tinynet.experiments.shards import Shard, compute
from tinynet.plugins import MissingPackageError, pip_command
from tinynet.version import __version__

if TYPE_CHECKING:
    from distributed import Client

POLL_SECONDS = 0.5  # seconds between two checks of the connection to the cluster
TIMEOUT_SECONDS = 10  # seconds in which the cluster must respond or reconnect
MAX_ATTEMPTS = 10  # attempts at a shard whose workers die; dask itself retries each attempt several times
SHARDS_PER_THREAD = 3  # shards that are pending on a cluster, for each of its threads
MIN_PENDING = 8
# These loggers report errors that the functions here raise as TinyNetError.
SILENCED_LOGGERS = ("distributed", "distributed.client", "tornado.application", "asyncio")

Results = Generator[tuple[Shard, list[Tally]], None, None]


def run_on_threads(shards: Iterator[Shard], workers: int | None = None) -> Results:
    """Compute shards on threads.

    Yields each shard with its tallies when it is done.

    workers : the number of threads; one for each core by default.

    Closing the generator cancels the pending shards.
    """
    workers = workers or os.cpu_count() or 1
    cancelled = Event()
    with ThreadPoolExecutor(workers) as pool:

        def submit(shard: Shard, attempt: int) -> "Future[Any]":
            return pool.submit(compute, shard.group.description, shard.first, shard.last, cancelled)

        try:
            yield from _stream(shards, 2 * workers, submit)
        finally:
            cancelled.set()
            pool.shutdown(cancel_futures=True)


def run_on_cluster(shards: Iterator[Shard], address: str) -> Results:
    """Compute shards on a dask cluster.

    Yields each shard with its tallies when it is done.

    address : the address of the dask scheduler, such as tcp://10.0.0.1:8786.

    A shard whose worker dies is computed again. Raises TinyNetError if the scheduler does not respond or
    disconnects, if workers die repeatedly, and if a worker has another version of TinyNet.
    """
    try:
        from distributed import KilledWorker  # the import sets up the loggers of dask
    except ImportError as error:
        raise MissingPackageError(f"a cluster needs dask.distributed: {pip_command('cluster')}") from error
    with _silenced_loggers(), _connect(address) as client:
        pool = client.get_executor(pure=True, retries=MAX_ATTEMPTS)
        max_pending = max(MIN_PENDING, SHARDS_PER_THREAD * sum(client.nthreads().values()))

        def submit(shard: Shard, attempt: int) -> "Future[Any]":
            return pool.submit(_on_worker, shard.group.description, shard.first, shard.last, attempt)

        def check_connection() -> None:
            if client.status in ("closed", "closing"):
                raise CancelledError

        try:
            for shard, (version, tallies) in _stream(shards, max_pending, submit, check_connection):
                _check_version(version)
                yield shard, tallies
        except TinyNetError:
            raise
        except (
            CancelledError,
            RuntimeError,
            OSError,
            ValueError,
        ) as error:  # dask's errors for a lost cluster
            reason = f": {error}" if str(error) else ""
            raise TinyNetError(f"the connection to the cluster at {address} was lost{reason}.") from error
        except KilledWorker as error:
            raise TinyNetError(
                f"workers of the cluster at {address} died {MAX_ATTEMPTS} times on one shard. "
                "Check that the workers have enough memory."
            ) from error
        except (ImportError, AttributeError) as error:
            raise TinyNetError(f"a worker cannot compute: {_message(error)}. {_install_advice()}") from error
        finally:
            if client.status == "running":
                pool.shutdown(wait=False)


def _stream(
    shards: Iterator[Shard],
    max_pending: int,
    submit: Callable[[Shard, int], "Future[Any]"],
    check_connection: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Shard, Any]]:
    """Yield each shard with its result when it is done.

    At most `max_pending` shards are pending.
    """
    pending: dict[Future[Any], tuple[Shard, int]] = {}
    while True:
        while len(pending) < max_pending and (shard := next(shards, None)) is not None:
            pending[submit(shard, 1)] = shard, 1
        if not pending:
            return
        done, _ = wait(pending, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        check_connection()
        for future in done:
            shard, attempt = pending.pop(future)
            if attempt < MAX_ATTEMPTS and type(future.exception()).__name__ == "KilledWorker":
                pending[submit(shard, attempt + 1)] = shard, attempt + 1
            else:
                yield shard, future.result()


def _on_worker(description: str, first: int, last: int, attempt: int) -> tuple[str, list[Tally] | None]:
    """Compute a shard on a worker.

    `attempt` only gives a repeated task another name. Dask would not run a failed task with an equal name again.
    """
    return __version__, compute(description, first, last)


def _check_version(version: str) -> None:
    if version != __version__:
        raise TinyNetError(f"a worker has TinyNet {version}. {_install_advice()}")


def _install_advice() -> str:
    return f"Install TinyNet {__version__} on every worker."


def _message(error: BaseException) -> str:
    return str(error) or type(error).__name__


def check_address(address: str) -> None:
    """Raise a TinyNetError unless a text is the address of a scheduler."""
    if not isinstance(address, str) or not re.fullmatch(r"\w+://\S+:\d+", address):
        raise TinyNetError(
            f"is {address!r}. It must be an address such as tcp://10.0.0.1:8786.", parameter="scheduler"
        )


@contextmanager
def _connect(address: str) -> Iterator["Client"]:
    """Connect to a scheduler, and wait for its first worker."""
    from distributed import Client

    try:
        client = Client(address, timeout=TIMEOUT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise TinyNetError(
            f"no scheduler answers at {address} ({_message(error)}). Start one with `dask scheduler`."
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=TIMEOUT_SECONDS)
        except TimeoutError as error:
            raise TinyNetError(
                f"the cluster at {address} has no workers. Start one with `dask worker {address}`."
            ) from error
        yield client


@contextmanager
def _silenced_loggers() -> Iterator[None]:
    """Silence the loggers that report a lost cluster."""
    levels = {name: logging.getLogger(name).level for name in SILENCED_LOGGERS}
    for name in SILENCED_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
