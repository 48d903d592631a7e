"""Test the server against its OpenAPI description."""

import os
import re
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

import laboratory
from tinynet.lab.api import chapters, population, sheets
from tinynet.lab.http.routes import ROUTES

EXAMPLES = int(os.environ.get("TINYNET_OPENAPI_EXAMPLES", "6"))  # requests for each operation
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
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy(generation_mode=mode))
    def check(case):
        response = case.call_and_validate(checks=checks, timeout=120)
        statuses[response.status_code] += 1
        assert "the laboratory failed" not in response.text
        if mode is GenerationMode.POSITIVE:
            assert_right_form(response)

    check()
    record_property("statuses", dict(statuses))
    print(name, mode.value, dict(statuses))


def test_every_request_is_described(described):
    paths = {operation.ok().path for operation in described.get_all_operations()}
    assert paths == {f"/api/{name}" for name in [*ROUTES, "pictures/{grid}"]}
