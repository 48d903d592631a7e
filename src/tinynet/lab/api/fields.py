"""The types of the fields of requests, with the limits that the OpenAPI description shows."""

from collections.abc import Callable, Iterable
from dataclasses import Field, dataclass, fields
from functools import partial
from typing import Annotated, Any, get_args, get_type_hints

from pydantic import (
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    WithJsonSchema,
)
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

from tinynet.core.activations import ACTIVATIONS, OUTPUTS
from tinynet.core.architecture import INITS, MAX_LAYERS, MAX_NODES, Architecture
from tinynet.data.pictures import MAX_GRID
from tinynet.data.world import LABELS, World
from tinynet.recipe import Recipe
from tinynet.validation import MAX_SEED, check_choice, check_fields, check_int, check_number

JsonSchema = dict[str, Any]


def _integral(value: Any) -> Any:
    """Return JSON with 3 for 3.0. In JSON, both are the same number."""
    if isinstance(value, dict):
        return {name: _integral(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_integral(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


Text = Annotated[str, Strict()]
Whole = Annotated[int, Strict(), BeforeValidator(_integral)]
Number = Annotated[float, Strict()]
Switch = Annotated[bool, Strict()]


class StrictRequest:
    """A record that rejects unknown fields."""

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Rule:
    """A check of a field, and its part of the JSON schema."""

    check: Callable[[Any], Any]
    schema: JsonSchema

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Add the check to the validation."""
        return no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        """Add the rule to the schema."""
        return handler(core) | self.schema


def limits(name: str, low: int, high: int) -> Rule:
    """Return the rule of a whole number from `low` to `high`."""
    return Rule(lambda value: check_int(name, value, low, high), {"minimum": low, "maximum": high})


def fraction(name: str) -> Rule:
    """Return the rule of a number from 0, and below 1."""
    return Rule(
        lambda value: check_number(name, value, 0, 1, inclusive="left"), {"minimum": 0, "exclusiveMaximum": 1}
    )


def one_of(name: str, choices: Iterable[str]) -> Rule:
    """Return the rule of allowed words."""
    allowed = list(choices)
    return Rule(lambda value: check_choice(name, value, allowed), {"enum": allowed})


Seed = Annotated[Whole, limits("seed", 0, MAX_SEED)]
FirstSeed = Annotated[Whole, limits("first_seed", 0, MAX_SEED)]


def _record(kind: str, record: type) -> BeforeValidator:
    """Return the reader of a record of the library.

    Only files may use the names of earlier versions.
    """
    known = [each.name for each in fields(record)]

    def read(data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        check_fields(kind, data, known)
        return record(**_integral(data))

    return BeforeValidator(read)


def _schema(record: type, description: str, **properties: JsonSchema) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "type": "object",
            "title": record.__name__,
            "description": description,
            "additionalProperties": False,
            "properties": properties,
        }
    )


def _recipe_field(field: "Field[Any]", kind: Any) -> JsonSchema:
    """Return the schema of a field of a recipe, from its check."""
    check = field.metadata["check"]
    found: JsonSchema = {"default": field.default, "description": field.metadata["help"]}
    if not isinstance(check, partial):
        return found | (
            {"type": "boolean"} if kind is bool else {"type": "string", "enum": list(get_args(kind))}
        )
    low, high = check.keywords["low"], check.keywords["high"]
    if check.func is check_int:
        return found | {"type": "integer", "minimum": low, "maximum": high}
    assert check.func is check_number
    inclusive = check.keywords["inclusive"]
    lowest = "minimum" if inclusive in ("both", "left") else "exclusiveMinimum"
    highest = "maximum" if inclusive in ("both", "right") else "exclusiveMaximum"
    return found | {"type": "number", lowest: low, highest: high}


def _words(default: str, words: Iterable[str]) -> JsonSchema:
    return {"type": "string", "enum": list(words), "default": default}


def _levels(default: tuple[float, float]) -> JsonSchema:
    level = {"type": "number", "minimum": 0, "maximum": 1}
    return {"type": "array", "items": level, "minItems": 2, "maxItems": 2, "default": list(default)}


_SIZES = {
    "type": "array",
    "items": {"type": "integer", "minimum": 1, "maximum": MAX_NODES},
    "minItems": 2,
    "maxItems": MAX_LAYERS,
    "default": list(Architecture().sizes),
}
ArchitectureJson = Annotated[
    Architecture,
    _record("a network", Architecture),
    _schema(
        Architecture,
        "Layer sizes, activations and initialization. The page shows networks of up to 2,000 parameters.",
        sizes=_SIZES,
        hidden=_words("sigmoid", ACTIVATIONS),
        output=_words("sigmoid", OUTPUTS),
        init=_words("pytorch", INITS),
    ),
]
RecipeJson = Annotated[
    Recipe,
    _record("a recipe", Recipe),
    _schema(
        Recipe,
        "The hyperparameters of one training. Some values need other values, such as Nesterov a momentum.",
        **{each.name: _recipe_field(each, get_type_hints(Recipe)[each.name]) for each in fields(Recipe)},
    ),
]
WorldJson = Annotated[
    World,
    _record("a world", World),
    _schema(
        World,
        "A distribution of pictures. Dark levels must not exceed bright levels.",
        noise={"type": "number", "minimum": 0, "maximum": 10, "default": World.noise},
        doubt={"type": "number", "minimum": 0, "maximum": 1, "default": World.doubt},
        bright=_levels(World.bright),
        dark=_levels(World.dark),
        flat=_levels(World.flat),
        labels=_words(World.labels, LABELS),
        n={"type": "integer", "minimum": 2, "maximum": MAX_GRID, "default": World.n},
    ),
]
