"""Changed bodies of every POST request: a mistake must never be a failure of the laboratory."""

import asyncio
import copy
import json
import math

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinynet as tn
from tinynet.lab.http.app import close, create_app

NETWORK = {"sizes": [4, 3, 2], "hidden": "sigmoid", "output": "sigmoid", "init": "pytorch"}
RECIPE = tn.Recipe(epochs=1).to_json()
WORLD = tn.World().to_json()
SCALING = {"columns": ["a", "b"], "low": [0.0, 0.0], "high": [1.0, 2.0]}
EXAMPLES = {
    "inputs": [[0.0, 1.0, 0.5, 0.25], [1.0, 0.0, 0.5, 0.75]],
    "targets": [[1.0, 0.0], [0.0, 1.0]],
    "names": ["one", "two"],
    "shape": [2, 2],
    "target_names": ["horizontal", "vertical"],
    "scaling": {"columns": list("abcd"), "low": [0.0] * 4, "high": [1.0] * 4},
    "target_scaling": SCALING,
    "unbounded": True,
}
EXPERIMENT = {"architecture": NETWORK, "recipe": RECIPE, "examples": EXAMPLES, "seed": 0}
CSV = "a,b,label\n1,2,x\n2,3,y\n3,1,x\n4,2,y\n5,2,x\n6,1,y\n7,2,x\n8,3,y\n"
BODIES = {
    "sheet": {"architecture": NETWORK, "recipe": RECIPE, "batch": 2},
    "initial_parameters": {"architecture": NETWORK, "first_seed": 3, "count": 2},
    "check": EXPERIMENT | {"origin": "here"},
    "recording": EXPERIMENT | {"parameters": [0.1] * 23, "origin": "here"},
    "bayes": {"pictures": [[0.1, 0.2, 0.3, 0.4]], "world": WORLD},
    "columns": {"name": "a.csv", "text": CSV},
    "table": {"name": "a.csv", "text": CSV, "label": "label", "ignore": ["b"], "hidden_nodes": 2, "held_out": 0.25, "seed": 0,
              "predict": False},
    "population": {"architecture": NETWORK, "recipe": RECIPE, "examples": EXAMPLES, "inputs": [0.5] * 4, "networks": 2,
                   "first_seed": 0, "world": WORLD},
    "story": {"chapter": "look", "seed": 0, "networks": 1, "recipe": RECIPE, "architecture": NETWORK},
    "rung": {"key": "notebook", "networks": 1},
}  # fmt: skip
ROUTES = [pytest.param(name, marks=pytest.mark.torch) if name == "check" else name for name in BODIES]
EXAMPLES_OF = {"story": 25}  # bodies that are tried; a chapter that is still valid takes a second
OTHERS = [
    None, True, "", "x", "\ud800", "\0", -1, 0, 0.5, -0.0, 1e308, math.inf, math.nan, 2**32, 10**30, 10**400, [], {}, [None],
    [[1], [1, 2]], [[[]]], {"x": 1}, "a,b\n1", [math.nan, 1],
]  # fmt: skip


def places(value, so_far=()):
    """Yield the keys and indices that lead to each value in a document."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield (*so_far, key)
        yield from places(child, (*so_far, key))


@st.composite
def changed(draw, body):
    """Draw a body with one or two changes."""
    body = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, 2))):
        found = list(places(body))
        if not found:
            break
        *path, last = draw(st.sampled_from(found))
        parent = body
        for key in path:
            parent = parent[key]
        kind = draw(st.sampled_from(["replace", "replace", "drop", "repeat"]))
        if kind == "drop":
            del parent[last]
        elif kind == "repeat" and isinstance(parent, list):
            parent.append(parent[last])
        else:
            parent[last] = copy.deepcopy(draw(st.sampled_from(OTHERS)))
    return body


def strict(text):
    """Read JSON that has no NaN and no infinity."""
    return json.loads(text, parse_constant=pytest.fail)


@pytest.fixture(scope="module")
def post():
    app = create_app()
    with asyncio.Runner() as runner:
        found = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", timeout=600
        )
        headers = {"Content-Type": "application/json"}
        yield lambda route, content: runner.run(found.post(f"/api/{route}", content=content, headers=headers))
        runner.run(found.aclose())
    close(app)


@pytest.mark.parametrize("route", ROUTES)
def test_an_unchanged_body_is_valid(post, route):
    response = post(route, json.dumps(BODIES[route]))
    assert response.status_code == 200
    assert '"error"' not in response.text


@pytest.mark.parametrize("route", ROUTES)
def test_a_changed_body_never_fails(post, route):
    statuses = set()

    @settings(max_examples=EXAMPLES_OF.get(route, 80), database=None, derandomize=True)
    @given(changed(BODIES[route]))
    def check(body):
        response = post(route, json.dumps(body))
        statuses.add(response.status_code)
        if response.status_code == 400:
            assert response.json()["error"]
        else:
            assert response.status_code in (200, 501)
            assert "the laboratory failed" not in response.text
        if route != "recording":
            [strict(line) for line in response.text.splitlines()]

    check()
    assert {200, 400} <= statuses
