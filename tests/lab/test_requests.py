"""The requests of the page."""

import dataclasses
import typing

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
