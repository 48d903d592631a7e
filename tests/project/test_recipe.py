import pytest

from tinynet.errors import TinyNetError
from tinynet.recipe import Recipe


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("learning_rate", -0.1, "a number above 0 and at most 1,000,000"),
        ("learning_rate", float("nan"), "a number above 0"),
        ("learning_rate", "fast", "a number above 0"),
        ("epochs", 0, "a whole number from 1 to 10,000,000"),
        ("epochs", 1.5, "a whole number"),
        ("epochs", True, "a whole number"),
        ("loss", "hinge", "one of 'mse', 'bce', 'cross_entropy'"),
        ("order", "random", "one of 'fixed', 'shuffled'"),
        ("batch_size", 0, "a whole number from 1"),
        ("optimizer", "lion", "one of 'sgd', 'adam'"),
        ("momentum", 1.0, "a number of at least 0 and below 1"),
        ("beta1", -1, "a number of at least 0 and below 1"),
        ("beta2", 1, "a number of at least 0 and below 1"),
        ("epsilon", 0, "a number above 0"),
        ("weight_decay", float("inf"), "a number of at least 0"),
        ("seed", 2**32, "a whole number from 0 to 4,294,967,295"),
        ("nesterov", "yes", "True or False"),
    ],
)
def test_an_impossible_field_is_named_with_its_value_and_range(field, value, rule):
    shown = f"{value:,}" if field == "seed" else repr(value).removesuffix(".0")
    with pytest.raises(TinyNetError, match=f"^{field} is {shown}. It must be {rule}"):
        Recipe(**{field: value})


def test_incompatible_fields_are_refused():
    with pytest.raises(TinyNetError, match="Nesterov momentum needs a momentum above 0"):
        Recipe(nesterov=True)
    with pytest.raises(TinyNetError, match="Only 'sgd' has momentum"):
        Recipe(optimizer="adam", momentum=0.9)


def test_a_json_round_trip_keeps_the_recipe():
    recipe = Recipe(0.3, 7, "bce", "shuffled", 2, "adam", weight_decay=0.1, seed=4)
    assert Recipe.from_json(recipe.to_json()) == recipe
    with pytest.raises(TinyNetError, match="no field 'speed'\\. Its fields are 'learning_rate'"):
        Recipe.from_json({"speed": 1})
