"""The responses to mistakes in requests."""

from collections.abc import Mapping, Sequence
from typing import Any

from tinynet.errors import TinyNetError

NOT_JSON = "the body of the request is not JSON. Send a JSON object."
# The JSON values that a field takes, by the first word of pydantic's error type.
EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "string": "text",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "dict": "an object",
    "dataclass": "an object",
}


def failure(error: TinyNetError) -> dict[str, Any]:
    """Return the response to a mistake in a request.

    The page puts its labels into the template, where NUL characters enclose each parameter. `error` is the sentence with Python's parameters.
    """
    return {"error": str(error), "template": error.template, "parameters": list(error.parameters)}


def validation_failure(errors: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the response to the first of pydantic's validation errors.

    If a TinyNetError caused it, the response is that error's.
    """
    first = errors[0]
    if first["type"] == "json_invalid":
        return failure(TinyNetError(NOT_JSON))
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, TinyNetError):
        return failure(cause)
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] in ("missing", "missing_argument") and not where:
        return failure(TinyNetError("the request has no body. Send a JSON object."))
    if first["type"] in ("missing", "missing_argument"):
        return failure(TinyNetError(f"the request has no field {where!r}. Add the field."))
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return failure(
            TinyNetError(f"the request has a field {where!r}, which is unknown. Remove the field.")
        )
    place = f"the field {where!r} of the request" if where else "the request"
    expected = EXPECTED.get(first["type"].split("_")[0], "another value")
    return failure(TinyNetError(f"{place} is invalid. It must be {expected}."))
