"""Test the queue of jobs, and the jobs that equal requests share."""

import json
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

import laboratory
import tinynet as tn
from tinynet.lab.http.answers import Answer, answer
from tinynet.lab.http.app import create_app, prepare_chapters
from tinynet.lab.http.jobs import BusyError, Workers
from tinynet.numerics.cancellation import check_cancelled
from tinynet.story.quiz import QUESTIONS

ANSWER = Answer(200, b"1")
CHAPTER = {"chapter": "nudge", "networks": 10}


@contextmanager
def workers(**settings):
    found = Workers(**settings)
    try:
        yield found
    finally:
        found.close()


class Endless:
    """A computation that ends when it is cancelled or released."""

    def __init__(self):
        self.started, self.released, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, progress):
        self.started.set()
        progress(1, 2)
        try:
            while not self.released.wait(0.01):
                check_cancelled()
        finally:
            self.ended.set()
        return ANSWER


def test_equal_requests_share_one_computation():
    with workers() as pool:
        compute = Endless()
        jobs = [pool.join("key", compute) for _ in range(30)]
        compute.released.set()
        assert [job.future.result() for job in jobs] == [ANSWER] * 30
        assert pool.computed == 1


def test_a_client_that_leaves_does_not_cancel_the_job_of_the_others():
    with workers() as pool:
        compute = Endless()
        first, second = (pool.join("key", compute) for _ in range(2))
        compute.started.wait()
        pool.leave("key", first)
        time.sleep(0.05)
        assert not compute.ended.is_set()
        compute.released.set()
        assert second.future.result() == ANSWER


def test_a_job_without_clients_is_cancelled_and_a_later_request_starts_anew():
    with workers() as pool:
        compute, again = Endless(), Endless()
        job = pool.join("key", compute)
        compute.started.wait()
        pool.leave("key", job)
        assert compute.ended.wait(2)
        again.released.set()
        assert pool.join("key", again).future.result() == ANSWER
        assert pool.computed == 2


def test_a_waiting_job_without_clients_never_starts():
    with workers(running=1) as pool:
        running, waiting = Endless(), Endless()
        pool.join("running", running)
        pool.leave("waiting", pool.join("waiting", waiting))
        running.released.set()
        last = pool.join("last", lambda _: ANSWER)
        assert last.future.result() == ANSWER
        assert not waiting.started.is_set()


def test_a_waiting_job_has_a_position_and_a_running_job_has_progress():
    with workers(running=1) as pool:
        computations = [Endless() for _ in range(3)]
        jobs = [pool.join(k, compute) for k, compute in enumerate(computations)]
        computations[0].started.wait()
        assert [pool.position(job) for job in jobs] == [0, 1, 2]
        pool.leave(1, jobs[1])
        assert pool.position(jobs[2]) == 1
        assert pool.position(pool.join(2, computations[2])) == 1
        while not jobs[0].done:
            time.sleep(0.01)
        assert (jobs[0].done, jobs[0].total) == (1, 2)


def test_a_full_queue_refuses_only_new_requests():
    with workers(running=1, waiting=1) as pool:
        for key in ("a", "b"):
            pool.join(key, Endless())
        with pytest.raises(BusyError):
            pool.join("c", Endless())
        assert pool.join("b", Endless()).clients == 2


def test_answers_are_stored_up_to_a_number_of_bytes_and_errors_are_not_stored():
    with workers(stored=5) as pool:

        def ask(key, answer):
            job = pool.join(key, lambda _: answer)
            found = job.future.result()
            pool.leave(key, job)
            return found

        ask("a", Answer(200, b"aaa"))
        ask("b", Answer(200, b"bb"))
        assert ask("a", ANSWER).content == b"aaa"  # stored, and now the last one used
        ask("c", Answer(200, b"c"))
        assert ask("b", ANSWER) == ANSWER  # made room for c
        ask("wrong", Answer(400, b""))
        assert ask("wrong", ANSWER) == ANSWER


def lines_of(address, body):
    with httpx.Client(base_url=address, timeout=600) as client:
        response = client.post("api/story", json=body)
        assert response.status_code == 200
        return [json.loads(line) for line in response.text.splitlines()]


def test_a_class_of_30_is_served_by_one_computation():
    app = create_app()
    with laboratory.running_server(app=app) as address, ThreadPoolExecutor(30) as pupils:
        found = list(pupils.map(lambda _: lines_of(address, CHAPTER), range(30)))
    assert len({json.dumps(lines[-1]["result"]) for lines in found}) == 1
    assert app.state.workers.computed == 1


def test_the_chapters_of_the_first_seed_are_prepared_for_the_request_of_the_page():
    app = create_app()
    app.state.workers = pool = Workers()
    prepare_chapters(app)
    page = {"chapter": "nudge", "seed": 0, "networks": 1000, "recipe": tn.Recipe().to_json()}
    with laboratory.running_server(app=app) as address:
        assert "result" in lines_of(address, page)[-1]
    assert pool.computed <= len(QUESTIONS)


def test_the_stream_of_a_waiting_job_has_its_position():
    app = create_app()
    app.state.workers = Workers(running=1)
    compute = Endless()
    with laboratory.running_server(app=app) as address:
        app.state.workers.join("running", compute)
        compute.started.wait()
        with httpx.stream("POST", f"{address}api/story", json=CHAPTER, timeout=600) as response:
            lines = response.iter_lines()
            assert json.loads(next(lines)) == {"done": 0, "total": 0, "waiting": 1}
            compute.released.set()
            *_, last = lines
            assert "result" in json.loads(last)


@pytest.mark.parametrize(
    ("result", "status"), [({"loss": math.nan}, 400), ([-math.inf], 400), ({"name": "\ud800"}, 200)]
)
def test_a_result_that_is_no_json_is_an_error(result, status):
    found = answer(lambda: result)
    assert found.status == status
    assert ("error" in json.loads(found.content)) == (status == 400)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (tn.TinyNetError("is 0.", parameter="epochs"), 400),
        (ImportError("install it"), 501),
        (MemoryError(), 500),
    ],
)
def test_an_error_of_a_job_is_an_answer(error, status):
    def fail():
        raise error

    found = answer(fail)
    assert found.status == status
    assert json.loads(found.content)["error"]
