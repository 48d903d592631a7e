"""Jobs on worker threads. Equal requests share one job."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor

from tinynet.lab.api.requests import Progress
from tinynet.lab.http.answers import Answer
from tinynet.numerics.cancellation import AbandonedError, cancelled_by, check_cancelled

RUNNING = 2  # long jobs that run at the same time
MAX_WAITING = 200  # jobs in a queue
MAX_STORED = 64 * 2**20  # bytes of stored answers
RETRY_AFTER = 5  # seconds

Compute = Callable[[Progress], Answer]


class BusyError(Exception):
    """The queue is full."""


class Job:
    """One computation, for one or more clients.

    done, total : the progress of the computation.
    clients : the number of clients that wait for the answer.
    """

    def __init__(self) -> None:
        self.done, self.total, self.clients = 0, 0, 0
        self.started = False
        self.cancelled = threading.Event()
        self.future: Future[Answer | None] = Future()

    def progress(self, done: int, total: int) -> None:
        """Store the progress of the computation."""
        self.done, self.total = done, total

    def run(self, compute: Compute) -> Answer | None:
        """Return the answer, or None if the job is cancelled."""
        self.started = True
        with cancelled_by(self.cancelled):
            try:
                check_cancelled()
                return compute(self.progress)
            except AbandonedError:
                return None


class Workers:
    """Worker threads with a queue.

    running, waiting : the largest numbers of jobs that run, and that wait.
    stored : bytes of the answers that are kept for equal requests.
    """

    def __init__(self, running: int = RUNNING, waiting: int = MAX_WAITING, stored: int = MAX_STORED) -> None:
        self._pool = ThreadPoolExecutor(running, thread_name_prefix="tinynet-job")
        self._most, self._stored = running + waiting, stored
        self._lock = threading.Lock()
        self._jobs: dict[Hashable, Job] = {}  # unfinished, in order of arrival
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()  # finished, the oldest first
        self.computed = 0  # jobs that were started

    def join(self, key: Hashable, compute: Compute) -> Job:
        """Return the job of a request.

        An equal request joins the unfinished job or receives the stored answer. Otherwise a new job starts as soon as a
        worker is free. Every call needs a later call of `leave`.

        key : equal for equal requests.

        Raises BusyError if the queue is full.
        """
        with self._lock:
            job = self._jobs.get(key)
            if job is None and key in self._answers:
                job = Job()
                job.future.set_result(self._answers[key])
                self._answers.move_to_end(key)
            elif job is None:
                if len(self._jobs) >= self._most:
                    raise BusyError
                job = self._jobs[key] = Job()
                job.future = self._pool.submit(self._run, key, job, compute)
            job.clients += 1
            return job

    def leave(self, key: Hashable, job: Job) -> None:
        """Remove a client from a job. A job without clients is cancelled."""
        with self._lock:
            job.clients -= 1
            if job.clients or self._jobs.get(key) is not job:
                return
            del self._jobs[key]  # a later request starts a new job
        job.cancelled.set()
        job.future.cancel()

    def position(self, job: Job) -> int:
        """Return the place of a job in the queue, from 1 on, or 0 if the job does not wait."""
        if job.started or job.future.done():
            return 0
        with self._lock:
            waiting = [each for each in self._jobs.values() if not each.started]
        return waiting.index(job) + 1 if job in waiting else 0

    def _run(self, key: Hashable, job: Job, compute: Compute) -> Answer | None:
        self.computed += 1
        answer = job.run(compute)
        with self._lock:
            if self._jobs.get(key) is job:
                del self._jobs[key]
                if answer is not None and answer.status == 200:
                    self._store(key, answer)
        return answer

    def _store(self, key: Hashable, answer: Answer) -> None:
        self._answers[key] = answer
        while sum(len(each.content) for each in self._answers.values()) > self._stored:
            self._answers.popitem(last=False)

    def close(self) -> None:
        """Cancel all jobs, and wait until they have stopped: a job cannot run while Python ends."""
        with self._lock:
            for job in self._jobs.values():
                job.cancelled.set()
        self._pool.shutdown(cancel_futures=True)
