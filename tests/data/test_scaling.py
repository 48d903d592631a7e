import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinynet.data.scaling import Scaling
from tinynet.errors import TinyNetError

TWO = Scaling(("width", "height"), (10, 1), (20, 3))


@given(
    values=st.lists(
        st.tuples(*[st.floats(-1e150, 1e150, allow_subnormal=False)] * 2), min_size=1, max_size=20
    )
)
def test_a_scaled_column_has_the_range_0_to_1_or_is_constant(values):
    table = np.array(values)
    found = Scaling.of(("a", "b"), table)(table)
    for column, own in zip(found.T, table.T, strict=True):
        assert column.min() == 0
        assert column.max() == (own.max() > own.min())
        assert (np.diff(column[own.argsort()]) >= 0).all()


def test_new_values_are_scaled_without_clipping():
    assert TWO([12.5, 9.0]).tolist() == [0.25, 4.0]
    assert TWO([[0.0, 1.5]]).tolist() == [[-1.0, 0.25]]
    found = TWO.outside(np.array([[10.0, 3.0], [9.0, 4.0], [np.nan, 2.0]]))
    assert found.tolist() == [[False, False], [True, True], [False, False]]


def test_missing_values_are_filled_in_with_the_mean():
    table = np.array([[1.0, np.nan], [np.nan, np.nan], [4.0, np.nan]])
    scaling = Scaling.of(("a", "b"), table, fills=True)
    assert (scaling.low, scaling.high, scaling.fill) == ((1.0, 0.0), (4.0, 0.0), (2.5, 0.0))
    assert scaling(table).tolist() == [[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]]
    assert Scaling.from_json(json.loads(json.dumps(scaling.to_json()))) == scaling
    with pytest.raises(TinyNetError, match="fill is .* one finite number for each of the 2 columns"):
        Scaling(("a", "b"), (0, 0), (1, 1), (np.nan, 1))


def test_a_json_round_trip_keeps_the_scaling():
    assert Scaling.from_json(json.loads(json.dumps(TWO.to_json()))) == TWO


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: TWO([1.0]),
            r"shape \(1,\). A row must have one number for each of the 2 columns width, height",
        ),
        (lambda: TWO(["a", "b"]), "not numbers .*. A row must have one number for each of the 2 columns"),
        (lambda: TWO([np.nan, 1.0]), "contain a number that is not finite"),
        (lambda: Scaling(("a",), (0,), (1, 2)), "1 column, 1 low value and 2 high values"),
        (
            lambda: Scaling(("a",), (2,), (1,)),
            "column 'a' goes from 2 to 1. The range must be finite and not negative",
        ),
        (lambda: Scaling(("a",), (-1e308,), (1e308,)), "The range must be finite"),
    ],
)
def test_invalid_scalings_and_values_are_refused(make, message):
    with pytest.raises(TinyNetError, match=message):
        make()


def test_a_negative_zero_becomes_zero():
    scaling = Scaling.of(["x"], np.array([[0.0], [-0.0], [1.0]]))
    assert str(scaling.low) == "(0.0,)"
    assert str(scaling([[-0.0]]).tolist()) == "[[0.0]]"
