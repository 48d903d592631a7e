"""Test optional packages and late-bound methods."""

import inspect

import pytest

import tinynet as tn
from tinynet.model.display import InNotebook
from tinynet.plugins import LATE_BOUND, late_bound

CLASSES = {"Recording": tn.Recording, "InNotebook": InNotebook}


@pytest.mark.parametrize("method", LATE_BOUND)
def test_every_late_bound_method_resolves(method):
    """Check that each row names an existing method and a callable."""
    if method == "InNotebook.widget":
        pytest.importorskip("anywidget")
    assert callable(late_bound(method))
    owner, _, name = method.partition(",")[0].partition(".")
    assert f'late_bound("{method}")' in inspect.getsource(getattr(CLASSES[owner], name))
