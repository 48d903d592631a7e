"""Test the requests of the page."""

import dataclasses
import typing

import pytest

import tinynet as tn
from tinynet.lab.api import requests
from tinynet.lab.notebook.messages import ROUTES


def parameters_of(record):
    """Return the names of the fields of a record, and of the records in its fields."""
    if typing.get_origin(record) is not None:
        return set().union(*map(parameters_of, typing.get_args(record)))
    if not dataclasses.is_dataclass(record):
        return set()
    hints = typing.get_type_hints(record)
    return set(hints).union(*map(parameters_of, hints.values()))


def test_the_page_has_the_names_of_all_parameters(check_golden):
    found = {"grid"}.union(
        *(parameters_of(route.record) for route in ROUTES.values())
    )  # its record is a number
    assert {"learning_rate", "sizes", "first_seed", "doubt", "target_names"} < found
    check_golden("request_parameters", sorted(found))


def test_the_error_for_a_large_sheet_has_the_largest_batch():
    request = requests.SheetRequest(tn.Architecture((40, 32, 1)), tn.Recipe(), 10)
    with pytest.raises(tn.TinyNetError) as found:
        requests.check_sheet_request(request)
    assert str(found.value) == (
        "batch is 10. With the 1,345 parameters of this network, the page shows steps with up to 5 examples. Train with smaller "
        "batches or fewer hidden nodes."
    )
