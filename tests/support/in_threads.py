"""Train and ask networks on eight threads at once, and in a fork, in a process that has compiled nothing yet.

`python in_threads.py threads` and `python in_threads.py fork` print a line if all results have the bits of one thread.
"""

import hashlib
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import tinynet as tn
from tinynet.evaluation.exam import Exam
from tinynet.numerics import arrays

THREADS = 8
LINES = tn.pictures.lines()
EXAM = Exam(count=100)
SECONDS = 30  # of a child before it counts as stuck


def trained(recipe, sizes=(4, 3, 2), source=LINES):
    run = tn.train(tn.Network.initial(sizes, seed=1), source, recipe, kept=10)
    return run.to_bytes() + np.array([run[k].loss for k in range(0, run.steps, 7)]).tobytes()


def population(recipe, source=LINES):
    found = tn.population(recipe, 100, examples=source)
    return found.parameters.tobytes() + found.take_exam(EXAM).margin.tobytes() + found.losses.tobytes()


TASKS = (
    lambda: trained(tn.Recipe(epochs=30)),
    lambda: trained(tn.Recipe(epochs=30, optimizer="adam", batch_size=3, order="shuffled")),
    lambda: trained(tn.Recipe(epochs=5), (4, 40, 22, 2)),
    lambda: trained(tn.Recipe(epochs=2), source=tn.World()),
    lambda: population(tn.Recipe(epochs=30)),
    lambda: population(tn.Recipe(epochs=30, momentum=0.9, order="shuffled", noise=0.1)),
    lambda: population(tn.Recipe(epochs=2), tn.World()),
    lambda: b"".join(f(np.linspace(0, 1, 999)).tobytes() for f in (arrays.exp, arrays.log, arrays.tanh, arrays.cos_pi)),
)  # fmt: skip


def hashed(task):
    return hashlib.sha256(task()).hexdigest()


def in_threads(tasks):
    """Return the hash of each task; all tasks begin at the same time."""
    barrier = threading.Barrier(len(tasks))

    def work(task):
        barrier.wait()
        return hashed(task)

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(work, tasks))


def threads():
    """Compare different tasks on eight threads, and each task on eight threads, with one thread."""
    assert len(TASKS) == THREADS
    mixed = in_threads(TASKS)
    alike = {k: in_threads([TASKS[k]] * THREADS) for k in (1, 5, 6)}
    serial = [hashed(task) for task in TASKS]
    assert mixed == serial
    assert all(set(found) == {serial[k]} for k, found in alike.items())
    print(f"{THREADS + THREADS * len(alike)} results on {THREADS} threads equal those of one thread")


def fork():
    """Fork while other threads compile; each child compiles and trains, too."""
    stop = threading.Event()

    def compile_again():
        size = 5
        while not stop.is_set():
            size += 1
            compile_and_train(size % 200)

    compile_and_train(1)  # Python's own locks of an import do not survive a fork
    workers = [threading.Thread(target=compile_again) for _ in range(2)]
    for worker in workers:
        worker.start()
    codes = [child(k) for k in range(6)]
    stop.set()
    for worker in workers:
        worker.join()
    assert codes == [0] * len(codes), codes
    print(f"{len(codes)} forks during a compilation ended")


def compile_and_train(hidden):
    tn.train(tn.Network.initial((4, hidden, 2)), LINES, tn.Recipe(epochs=1))


def child(k):
    """Fork, train a network that no process compiled before, and return the exit code of the child."""
    time.sleep(0.05 * k)  # another moment of the compilation
    pid = os.fork()
    if pid == 0:
        signal.alarm(SECONDS)
        compile_and_train(300 + k)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    {"threads": threads, "fork": fork}[sys.argv[1]]()
