"""Test the server against its OpenAPI description."""

import copy
import os
import re
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from pydantic import TypeAdapter, ValidationError
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

import laboratory
from tinynet.lab.api import chapters, learner, population, requests, sheets, table
from tinynet.lab.http.routes import ROUTES

EXAMPLES = int(os.environ.get("TINYNET_OPENAPI_EXAMPLES", "6"))  # requests for each operation
SLOW = {"rung": 3}  # operations whose requests take seconds: the number of times that they get fewer requests
SCHEMA_ERROR = re.compile(
    "the request has no|the request has a field|the request is invalid|the field .* is invalid"
)


@pytest.fixture(scope="module")
def described():
    with pytest.MonkeyPatch.context() as patch, laboratory.running_server() as address:
        for module in (chapters, population):
            patch.setattr(module, "MAX_WORK", 10**7)
        patch.setattr(sheets, "MAX_STEPS", 10_000)
        yield schemathesis.openapi.from_url(f"{address}api/openapi.json")


def assert_right_form(response):
    """A request that the description allows is refused only for values that do not fit each other."""
    if response.status_code == 400:
        assert not SCHEMA_ERROR.search(response.json()["error"]), response.json()["error"]


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        (name, mode)
        for name in [*ROUTES, "pictures/{grid}"]
        for mode in GenerationMode
        if mode is GenerationMode.POSITIVE or name not in ("about", "learner")  # nothing in them can be wrong
    ],
    ids=lambda value: getattr(value, "value", value),
)
def test_every_answer_is_a_documented_one(described, name, mode, record_property):
    operation = described[f"/api/{name}"][
        "GET" if name in ("about", "learner", "pictures/{grid}") else "POST"
    ]
    checks = [check for check in CHECKS.get_all() if check.__name__ != "positive_data_acceptance"]
    statuses = Counter()

    @settings(
        max_examples=EXAMPLES // SLOW.get(name, 1), deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy(generation_mode=mode))
    def check(case):
        response = case.call_and_validate(checks=checks, timeout=120)
        statuses[response.status_code] += 1
        assert b"the laboratory failed" not in response.content
        if mode is GenerationMode.POSITIVE:
            assert_right_form(response)

    check()
    record_property("statuses", dict(statuses))
    print(name, mode.value, dict(statuses))


def test_every_request_is_described(described):
    paths = {operation.ok().path for operation in described.get_all_operations()}
    assert paths == {f"/api/{name}" for name in [*ROUTES, "pictures/{grid}"]}


def test_every_request_describes_the_answers_to_unknown_paths_and_methods(described):
    for path in described.raw_schema["paths"].values():
        for operation in path.values():
            found = {status: operation["responses"][status]["description"] for status in ("404", "405")}
            assert found == {
                "404": "The laboratory has no such path.",
                "405": "The path has no such method. The header Allow has its methods.",
            }


def numbers_of(schema, path=()):
    """Yield the path and the schema of each number with limits in an object."""
    for name, found in schema.get("properties", {}).items():
        if found.get("type") in ("number", "integer") and {"minimum", "exclusiveMinimum"} & set(found):
            yield (*path, name), found
        yield from numbers_of(found, (*path, name))


def edges(found):
    """Return the values at the limits of a number, and values beyond the limits."""
    step = 1 if found["type"] == "integer" else 1e-9
    low = found.get("minimum", found.get("exclusiveMinimum", 0) + step)
    high = found.get("maximum", found.get("exclusiveMaximum", 0) - step)
    return [low, high], [low - 2 * step, high + 2 * max(step, abs(high) * 1e-9), "1", True, None, [1]]


@pytest.mark.parametrize(
    "name", ["SheetRequest", "InitialParametersRequest", "StoryRequest", "RungRequest", "TableRequest"]
)
def test_the_limits_in_the_description_are_those_of_the_server(described, name):
    base = {
        "SheetRequest": {"architecture": {}, "recipe": {}},
        "InitialParametersRequest": {"architecture": {}},
        "StoryRequest": {"chapter": "look"},
        "RungRequest": {"key": "notebook"},
        "TableRequest": {"name": "a.csv", "text": "x,label\n0,a\n"},
    }[name]
    record = {
        "SheetRequest": requests.SheetRequest,
        "InitialParametersRequest": requests.InitialParametersRequest,
        "StoryRequest": chapters.StoryRequest,
        "RungRequest": learner.RungRequest,
        "TableRequest": table.TableRequest,
    }[name]
    reader = TypeAdapter(record)
    found = list(numbers_of(described.raw_schema["components"]["schemas"][name]))
    assert found
    for path, limits in found:
        inside, outside = edges(limits)
        for values, error in ((inside, False), (outside, True)):
            for value in values:
                body = copy.deepcopy(base)
                place = body
                for key in path[:-1]:
                    place = place.setdefault(key, {})
                place[path[-1]] = value
                if error:
                    with pytest.raises(ValidationError):
                        reader.validate_python(body)
                else:
                    reader.validate_python(body)
