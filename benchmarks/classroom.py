"""Measure the server with a class: 30 clients ask the same chapter at once.

    python benchmarks/classroom.py [--clients 30] [--chapter CHAPTER]

Prints the times until the chapter is complete, and how often it was computed.
"""

import argparse
import sys
import threading
import time
from pathlib import Path

import httpx
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import laboratory
from tinynet.lab.http.app import create_app
from tinynet.story.quiz import QUESTIONS

NETWORKS = 1000  # as on the page


def ask(address, chapter, ready, seconds):
    """Ask one chapter, and append the seconds."""
    with httpx.Client(base_url=address, timeout=600) as client:
        client.get("")
        ready.wait()
        began = time.perf_counter()
        response = client.post("api/story", json={"chapter": chapter, "networks": NETWORKS})
        assert '"result"' in response.text, response.text[-200:]
        seconds.append(time.perf_counter() - began)


def measure(address, chapter, clients):
    """Return the seconds of each client."""
    ready, seconds = threading.Barrier(clients), []
    threads = [threading.Thread(target=ask, args=(address, chapter, ready, seconds)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds


def main():
    """Measure every chapter, or one."""
    options = argparse.ArgumentParser()
    options.add_argument("--clients", type=int, default=30)
    options.add_argument("--chapter", choices=QUESTIONS)
    given = options.parse_args()
    app = create_app()
    with laboratory.running_server(app=app) as address:
        for chapter in [given.chapter] if given.chapter else QUESTIONS:
            before = app.state.workers.computed
            p50, p95 = np.quantile(measure(address, chapter, given.clients), [0.5, 0.95])
            computed = app.state.workers.computed - before
            print(
                f"{chapter:12} {given.clients} clients: p50 {p50:.2f} s, p95 {p95:.2f} s, computed {computed} times",
                flush=True,
            )


if __name__ == "__main__":
    main()
