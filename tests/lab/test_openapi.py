"""Test the server against its OpenAPI description."""

import os
import re

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

import laboratory
from tinynet.lab.http.routes import ROUTES

EXAMPLES = int(os.environ.get("TINYNET_OPENAPI_EXAMPLES", "6"))  # requests for each operation
SCHEMA_ERROR = re.compile("the request has no|the request has a field|the request is invalid|the field .* is invalid")


@pytest.fixture(scope="module")
def described():
    with laboratory.running_server() as address:
        found = schemathesis.openapi.from_url(f"{address}api/openapi.json")
        found.config.generation.update(modes=GenerationMode.all())
        yield found


schema = schemathesis.pytest.from_fixture("described")


@schemathesis.check
def a_valid_request_has_the_right_form(ctx, response, case):
    """A request that the description allows is refused only for values that do not fit each other."""
    mode = case.meta.generation.mode if case.meta else None
    if mode is GenerationMode.POSITIVE and response.status_code == 400:
        assert not SCHEMA_ERROR.search(response.json()["error"]), response.json()["error"]


@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
def test_every_answer_is_a_documented_one(case):
    checks = [check for check in CHECKS.get_all() if check.__name__ != "positive_data_acceptance"]
    response = case.call_and_validate(checks=checks, timeout=120)
    assert "the laboratory failed" not in response.text


def test_every_request_is_described(described):
    paths = {operation.ok().path for operation in described.get_all_operations()}
    assert paths == {f"/api/{name}" for name in [*ROUTES, "pictures/{grid}"]}
