"""Answers as bytes, so that several clients can receive one answer."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fastapi.responses import Response

from tinynet.errors import TinyNetError
from tinynet.lab.api import failures
from tinynet.numerics.cancellation import AbandonedError

JSON = "application/json"
MAX_ECHO = 80  # characters of a request in an error
NOT_FINITE = "the result has numbers that are infinite or not a number. Use smaller parameters or a lower learning rate."


def encoded(document: Any) -> bytes:
    """Return a document as JSON.

    A text from a request may contain half of a surrogate pair, which UTF-8 does not have. It is written as an escape.

    >>> encoded({"error": "h\\u00f6he \\ud800"})
    b'{"error":"h\\xc3\\xb6he \\\\ud800"}'
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


class Answer(NamedTuple):
    """The status, the content and the headers of a response."""

    status: int
    content: bytes
    media_type: str = JSON
    headers: Mapping[str, str] = {}

    def response(self) -> Response:
        """Return the answer as a response."""
        return Response(self.content, self.status, dict(self.headers), self.media_type)

    def line(self) -> bytes:
        """Return the answer as the last line of a stream."""
        return (b'{"result":%b}\n' if self.status == 200 else b"%b\n") % self.content


def shortened(text: str) -> str:
    """Return a text of a request as an error shows it. A long text is shortened.

    >>> shortened("/api/sheet"), len(shortened("/" * 1000))
    ('/api/sheet', 81)
    """
    return text if len(text) <= MAX_ECHO else f"{text[:MAX_ECHO]}…"


def error_response(status: int, message: str, **headers: str) -> Response:
    """Return a JSON response with an error message."""
    return Answer(status, encoded({"error": message}), headers=headers).response()


def _document(document: Any) -> Answer:
    try:
        return Answer(200, encoded(document))
    except ValueError:  # JSON has no infinity and no NaN
        return Answer(400, encoded({"error": NOT_FINITE}))


def answer(compute: Callable[[], Any]) -> Answer:
    """Compute an answer.

    compute : returns an Answer, or a document that becomes JSON.

    Raises AbandonedError, and no other error.
    """
    try:
        found = compute()
        return found if isinstance(found, Answer) else _document(found)
    except TinyNetError as error:
        return Answer(400, encoded(failures.failure(error)))
    except ImportError as error:
        return Answer(501, encoded({"error": str(error)}))
    except AbandonedError:
        raise
    except Exception as error:
        logging.getLogger(__name__).exception("the laboratory failed")
        return Answer(500, encoded({"error": f"the laboratory failed: {type(error).__name__}: {error}"}))
