"""Text and JSON documents on standard output, and saving without interruption."""

import json
import math
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from tinynet.data.examples import Examples
    from tinynet.model.network import Network

CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")  # characters that a terminal does not print, such as a new line


def printable(text: object) -> str:
    """Return a text whose control characters are escaped, because a terminal would follow them.

    >>> print(printable("a\x1b[31mb"))
    a\\x1b[31mb
    """
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), str(text))


def printable_lines(text: str) -> str:
    """Return a text whose control characters are escaped, except the ends of its lines."""
    return "\n".join(map(printable, text.split("\n")))


def say(text: str, *, err: bool = False) -> None:
    """Print lines, with all other control characters escaped."""
    typer.echo(printable_lines(text), err=err)


def predictions_json(network: "Network", examples: "Examples") -> list[dict[str, Any]]:
    """Return the predictions of a network, ready for JSON."""
    from tinynet.evaluation.predictions import predictions
    from tinynet.evaluation.regression import in_units

    if examples.regression:
        outputs = network(examples)  # (examples, outputs)
        rows = zip(examples.names, outputs.tolist(), in_units(examples, outputs).tolist(), strict=True)
        return [{"name": name, "outputs": scaled, "values": values} for name, scaled, values in rows]
    return [vars(found) | {"words": found.words()} for found in predictions(network, examples)]


def print_json(document: Any) -> None:
    """Print a document as JSON.

    Numbers that are not finite become null.
    """
    typer.echo(json.dumps(_finite(document), allow_nan=False, ensure_ascii=False))


def _finite(value: Any) -> Any:
    """Replace every number that is not finite by None.

    >>> _finite({"loss": [0.25, float("inf")], "step": 3})
    {'loss': [0.25, None], 'step': 3}
    """
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def finished_before_interrupts() -> Iterator[None]:
    """Delay Ctrl-C until results are saved.

    Raises KeyboardInterrupt at the end if Ctrl-C was pressed.
    """
    pressed: list[int] = []
    previous = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if pressed:
        raise KeyboardInterrupt
