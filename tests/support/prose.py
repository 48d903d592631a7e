"""Split text into sentences, and find sentences that are hard to read."""

import re

from tinynet.evaluation.verdicts import Verdict
from tinynet.story.content import Figure, Links, Table, Text

MAX_WORDS = 25
HARD_BEGINNINGS = re.compile(r"(?:What|Of|Where|That which)\b(?!.*\?$)")


def sentences(text):
    """Return the sentences. A sentence ends with . ! or ? and a space; a colon or semicolon does not end it."""
    return [found for found in re.split(r"(?<=[.!?])\s+|(?<=[.!?][”\"])\s+", text.strip()) if found]


def hard(text):
    """Return the sentences that are long, have two intervals, or have a hard beginning.

    A brace is a missing value.

    Everything between spaces is a word: "95 % interval 0 % to 0.4 %" has eight.
    """
    return [
        found
        for found in sentences(text)
        if len(found.split()) > MAX_WORDS
        or found.count("interval") > 1
        or HARD_BEGINNINGS.match(found)
        or "{" in found
    ]


def texts(part):
    """Yield every text of a part. The lines after the first are formulas, and not prose."""
    if isinstance(part, Text):
        yield part.text.split("\n")[0]
    elif isinstance(part, Verdict):
        yield part.sentence
    elif isinstance(part, Figure):
        yield part.caption
    elif isinstance(part, Links):
        yield from (part.title, *(link.text for link in part.links))
    else:
        assert isinstance(part, Table)
        yield from (part.title, *part.columns, *(cell for row in part.rows for cell in row))


def hard_sentences(parts):
    """Return the hard sentences of some parts."""
    return [found for part in parts for text in texts(part) for found in hard(text)]
