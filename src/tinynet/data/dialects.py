"""The dialect of a CSV file: encoding, delimiter, quotes and decimal point.

DuckDB finds the delimiter and the quotes of a sample of the file.
"""

import codecs
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from tinynet.data.missing import is_missing_word
from tinynet.data.written_numbers import DECIMALS, Decimal, plain_number
from tinynet.errors import TinyNetError, advice
from tinynet.validation import check_bool, check_choice

SAMPLE = 200_000  # characters that DuckDB reads to find the delimiter
BLOCK = 1 << 20  # bytes that are decoded at a time to find the encoding
FALLBACK = "cp1252"  # Windows-1252, the usual encoding of text that is not Unicode
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces", ":": "colons"}
ENCODINGS = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
ENCODINGS |= {FALLBACK: "Windows-1252"}
COMMENT = "#"


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written. None stands for: find it out.

    delimiter : The character between two cells.
    decimal : The character before the decimals: "." or ",".
    encoding : The name of an encoding that Python has, such as "utf-8" or "cp1252".
    header : Whether the first row has the column names.
    quote : The character around cells that contain the delimiter.

    Raises TinyNetError for a value that is not allowed.
    """

    delimiter: str | None = None
    decimal: Decimal | None = None
    encoding: str | None = None
    header: bool | None = None
    quote: str = '"'

    def __post_init__(self) -> None:
        if self.delimiter is not None and (
            not isinstance(self.delimiter, str) or len(self.delimiter) != 1 or self.delimiter in '\r\n"\0'
        ):
            raise TinyNetError(
                f"is {self.delimiter!r}. It must be one character, such as ; or a tab.", parameter="delimiter"
            )
        if self.decimal is not None:
            check_choice("decimal", self.decimal, DECIMALS)
        if self.header is not None:
            check_bool("header", self.header)
        if self.encoding is not None:
            try:
                "a,1".encode(self.encoding)  # also refuses codecs that are not text encodings
            except (LookupError, TypeError, ValueError):
                raise TinyNetError(
                    f"is {self.encoding!r}. It must be an encoding of Python, such as utf-8 or cp1252.",
                    parameter="encoding",
                ) from None

    def sentence(self) -> str:
        """Return the dialect in words.

        >>> Dialect(";", ",", "cp1252", True).sentence()
        'semicolons, decimal comma, Windows-1252, column names in the first row'
        """
        delimiter = self.delimiter or ","
        words = [
            NAMES.get(delimiter, repr(delimiter)),
            "decimal comma" if self.decimal == "," else "decimal point",
            ENCODINGS.get(self.encoding or "utf-8-sig", self.encoding or ""),
            "no column names" if self.header is False else "column names in the first row",
        ]
        return ", ".join(words)


def found_encoding(path: Path, file: BinaryIO) -> str:
    """Return the encoding of a file: UTF-8, UTF-16 or Windows-1252.

    The whole file is decoded. The file is at its beginning afterwards.

    Raises TinyNetError for a file that is not text.
    """
    start = file.read(4)
    file.seek(0)
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if len(start) == 4 and 0 in (start[0], start[1]):  # ASCII characters in UTF-16 have a zero byte each
        return "utf-16-be" if start[0] == 0 else "utf-16-le"
    for encoding in ("utf-8-sig", FALLBACK):
        if _decodes(file, encoding):
            return encoding
    raise TinyNetError(
        f"{path} is not text in UTF-8, UTF-16 or Windows-1252. Save the table as CSV in UTF-8. "
        + advice("encoding", "cp437", condition="If the table has another encoding, such as cp437")
    )


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while block := file.read(BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True


def sniffed(dialect: Dialect, sample: str) -> Dialect:
    """Return a dialect with the delimiter and the quotes of a sample.

    sample : The beginning of the text.
    """
    if dialect.delimiter is not None:
        return dialect
    lines = [line for line in sample.splitlines(keepends=True) if not line.startswith(COMMENT)]
    if len(sample) >= SAMPLE and len(lines) > 1:
        del lines[-1]  # the end of the sample may be inside a row
    delimiter, quote = _sniff("".join(lines)) or (",", '"')
    semicolons = {line.count(";") for line in lines if line.strip()}
    if delimiter == "," and len(semicolons) == 1 and semicolons != {0}:
        delimiter = ";"  # the commas are inside cells
    if not any(delimiter in line for line in lines) and _are_columns([line.split() for line in lines]):
        delimiter = " "
    return replace(dialect, delimiter=delimiter, quote=quote)


def _are_columns(rows: list[list[str]]) -> bool:
    """Return whether rows that are separated by spaces have equal lengths, and a column of numbers below line 1."""
    full = [row for row in rows if row]
    if len({len(row) for row in full}) != 1 or len(full[0]) < 2:
        return False
    return any(all(map(_is_number, column)) for column in zip(*full[1:], strict=True))


def _is_number(text: str) -> bool:
    """Return whether a text is a plain number or a missing number."""
    return is_missing_word(text) or plain_number(text) is not None


def _sniff(text: str) -> tuple[str, str] | None:
    """Return the delimiter and the quote that DuckDB finds, or None.

    With double quotes in the text, DuckDB gets them as the quote. Else an apostrophe in the text may become the quote.
    """
    if '"' not in text:
        return _sniffed_by_duckdb(text, "")
    found = _sniffed_by_duckdb(text, """, quote = '"'""")
    if found is None or found[0] not in text.partition("\n")[0]:  # such as a quote without its end
        found = _sniffed_by_duckdb(text, "")
    return None if found is None else (found[0], '"')


def _sniffed_by_duckdb(text: str, settings: str) -> tuple[str, str] | None:
    """Return the delimiter and the quote that DuckDB finds with these settings, or None.

    DuckDB runs in a thread of its own. In the main thread it handles the signals of the process, and Ctrl-C becomes a
    RuntimeError.
    """
    import duckdb

    query = (
        "SELECT Delimiter, Quote FROM sniff_csv(?, skip = 0, sample_size = -1, ignore_errors = true, "
        f"max_line_size = 2000000{settings})"
    )

    def sniff() -> Any:
        with _text_file(text) as path, duckdb.connect() as connection:
            return connection.execute(query, [path]).fetchone()

    with ThreadPoolExecutor(1) as thread:
        try:
            delimiter, quote = thread.submit(sniff).result()
        except duckdb.Error:
            return None
    return delimiter, quote if quote in ("'", '"') else '"'


@contextmanager
def _text_file(text: str) -> Iterator[str]:
    """Write a text to a temporary file, because DuckDB reads only files."""
    handle, path = tempfile.mkstemp(suffix=".csv")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="", errors="replace") as file:
            file.write(text)
        yield path
    finally:
        Path(path).unlink()
