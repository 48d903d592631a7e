"""Test that a job of any kind ends soon after its client disconnects."""

import json
import socket
import time
from contextlib import closing

import pytest

import laboratory
import tinynet as tn
from tinynet.lab.http.app import create_app
from tinynet.lab.http.jobs import Workers
from tinynet.lab.http.routes import LINES, ROUTES
from tinynet.story.quiz import QUESTIONS

pytestmark = pytest.mark.slow
LIMIT = 2.0  # seconds
WIDE = {"sizes": [4, 284, 2]}
EXPERIMENT = {"architecture": WIDE, "recipe": {"epochs": 10**7}, "examples": tn.pictures.lines().to_json()}
POPULATION = EXPERIMENT | {"inputs": [0.5] * 4, "networks": 1}
SMALL = {"architecture": {"sizes": [4, 3, 2]}, "inputs": [0.5] * 4, "networks": 10**6}
MANY = {
    "inputs": [[0.1, 0.2, 0.3, 0.4]] * 10_000,
    "targets": [[1, 0]] * 10_000,
    "names": [str(k) for k in range(10_000)],
}
CSV = "a,b,label\n" + "".join(f"{k / 1000},{k % 7},{'xyz'[k % 3]}\n" for k in range(5_000))
# The requests that take the most time, of every kind.
JOBS = {
    "one wide network of 10^7 epochs": ("population", POPULATION),
    "10^6 networks": ("population", POPULATION | SMALL | {"recipe": {"epochs": 10_000}}),
    "10^6 networks in shuffled order": (
        "population",
        POPULATION | SMALL | {"recipe": {"epochs": 10_000, "order": "shuffled", "optimizer": "adam"}},
    ),
    "a world": ("population", POPULATION | {"networks": 50, "recipe": {"epochs": 10**5}, "world": {}}),
    "a rung": ("rung", {"key": "learner", "networks": 2048}),
    "a recording": ("recording", EXPERIMENT | {"recipe": {"epochs": 250_000}}),
    "a recording of large batches": (
        "recording",
        EXPERIMENT | {"recipe": {"epochs": 10_000, "batch_size": 250}, "examples": MANY},
    ),
    "PyTorch": ("check", EXPERIMENT | {"recipe": {}, "examples": MANY}),
    "Bayes": ("bayes", {"pictures": [[0.5] * 64] * 3000, "world": {"n": 8, "noise": 1e-3}}),
    "a sheet": ("sheet", {"architecture": WIDE, "recipe": {"optimizer": "adam"}, "batch": 4}),
    "initial parameters": ("initial_parameters", {"architecture": WIDE, "count": 256}),
    "columns": ("columns", {"name": "a.csv", "text": CSV}),
    "60,000 columns": (
        "columns",
        {"name": "a.csv", "text": "\n".join([",".join(f"c{k}" for k in range(60_000)), "1," * 59_999 + "1"])},
    ),
    "a table": ("table", {"name": "a.csv", "text": CSV}),
    "about": ("about", None),
    "the learner": ("learner", None),
} | {
    f"{key}, {name}": ("story", {"chapter": key} | body)
    for key in QUESTIONS
    for name, body in {
        "10^5 networks": {"networks": 100_000, "recipe": {"epochs": 1000}},
        "one wide network": {"networks": 1, "recipe": {"epochs": 100_000}, "architecture": WIDE},
    }.items()
}

LONG = [
    *list(JOBS)[:4],
    "a recording",
    *(f"{key}, one wide network" for key in ("train", "converge", "confidence")),
]


@pytest.fixture(scope="module")
def server():
    app = create_app()
    with laboratory.running_server(app=app) as address:
        yield app, address


def abandon(address, path, body, pool):
    """Send a request, and close the connection half a second after its job has started.

    Returns whether the job was still running.
    """
    host, port = address.removeprefix("http://").rstrip("/").split(":")
    content = b"" if body is None else json.dumps(body).encode()
    method = "GET" if body is None else "POST"
    head = f"{method} /api/{path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json"
    with closing(socket.create_connection((host, int(port)))) as connection:
        connection.sendall(f"{head}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
        while not pool.computed:
            time.sleep(0.01)
        time.sleep(0.5)
        free = pool.join("a free worker", lambda _: None)
        return not free.future.done()


def slowdown():
    """Return how much longer a computation takes now, because of other programs."""
    wall, cpu = time.perf_counter(), time.thread_time()
    while time.thread_time() - cpu < 0.1:
        pass
    return max(1.0, (time.perf_counter() - wall) / 0.1)


def test_the_table_has_all_requests():
    assert {path for path, _ in JOBS.values()} == set(ROUTES)


@pytest.mark.parametrize("name", JOBS)
def test_an_abandoned_job_frees_its_worker(server, name):
    app, address = server
    path, body = JOBS[name]
    pool = Workers(running=1)
    if ROUTES[path].media_type == LINES:
        app.state.workers = pool
    else:
        app.state.short = pool
    ran = abandon(address, path, body, pool)
    began = time.monotonic()
    pool.join("next", lambda _: None).future.result()
    seconds = time.monotonic() - began
    pool.close()
    assert seconds < LIMIT * slowdown()
    assert ran or name not in LONG
