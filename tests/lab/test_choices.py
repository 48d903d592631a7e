"""The choices of the page."""

from dataclasses import replace

import pytest

import tinynet as tn
from tinynet.lab.api.choices import KINDS, choices


def test_every_choice_of_an_architecture_is_allowed():
    for parameter in ("hidden", "output", "init"):
        for word in choices()[parameter]:
            assert getattr(tn.Architecture((4, 3, 2), **{parameter: word}), parameter) == word


@pytest.mark.parametrize("parameter", KINDS)
def test_every_choice_of_a_recipe_is_allowed(parameter):
    words = choices()[parameter]
    assert words
    assert "external" not in words
    for word in words:
        assert getattr(replace(tn.Recipe(), **{parameter: word}), parameter) == word
