"""The dialect of a CSV file: encoding, delimiter, quotes and decimal point.

DuckDB finds the delimiter and the quotes of a sample of the file.
"""

import codecs
import os
import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from tinynet.data.missing import is_missing_word
from tinynet.data.written_numbers import DECIMALS, Decimal, plain_number
from tinynet.errors import TinyNetError, advice
from tinynet.validation import check_bool, check_choice, shown

SAMPLE = 200_000  # characters that DuckDB reads to find the delimiter
BLOCK = 1 << 20  # bytes that are decoded at a time to find the encoding
FALLBACK = "cp1252"  # Windows-1252, the usual encoding of text that is not Unicode
# Bytes that are rare in Windows-1252: the mark of UTF-8, and what is usual in Japanese, Cyrillic, Greek and Chinese.
FOREIGN = re.compile(
    rb"\A\xef\xbb\xbf|\x83[\x40-\xff]|[\x82\x86-\x89][\x80-\xff]|[\xc0-\xff]{3}|[\xa1-\xff]{4}"
)
WORD = re.compile(r"[^\s,;|\"]*[^\x00-\x7f][^\s,;|\"]*")
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "spaces", ":": "colons"}
ENCODINGS = {"utf-8-sig": "UTF-8", FALLBACK: "Windows-1252"}
ENCODINGS |= {f"utf-{bits}{end}": f"UTF-{bits}" for bits in (16, 32) for end in ("", "-le", "-be")}
BYTE_ORDER_MARKS = {  # the marks of UTF-32 come first, because they begin with those of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
NO_TEXT = {b"PK\x03\x04": "an Excel workbook or a ZIP file", b"\x1f\x8b": "a gzip file"}
COMMENT = "#"
SEPARATOR_LINE = re.compile(
    r'\ufeff?"?sep=([^"\r\n])"?[ ,;\t]*(?:[\r\n]+|\Z)', re.IGNORECASE
)  # Excel's first line


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
            *([ENCODINGS.get(self.encoding, self.encoding)] if self.encoding is not None else []),
            "no column names" if self.header is False else "column names in the first row",
        ]
        return ", ".join(words)


def found_encoding(path: Path, file: BinaryIO) -> tuple[str, str]:
    """Return the encoding of a file, and a note about it or "".

    The encoding is UTF-8, UTF-16, UTF-32 or Windows-1252. The whole file is decoded. The file is at its beginning
    afterwards.

    Raises TinyNetError for a file that is not text, and for a file of which most is UTF-8.
    """
    start = file.read(4)
    file.seek(0)
    for mark, what in NO_TEXT.items():
        if start.startswith(mark):
            raise TinyNetError(f"{path} is {what}. Save the table as CSV in UTF-8.")
    encoding = _unicode_of(start)
    if encoding is not None:
        return encoding, ""
    bad = undecodable(file, "utf-8-sig")
    if bad is None:
        return "utf-8-sig", ""
    if _is_mostly_utf8(file):
        raise TinyNetError(
            f"{path}, line {bad.line}: the byte {bad.byte:#04x} is not UTF-8, and the rest of the file is. Correct the "
            "line. "
            + advice("encoding", FALLBACK, condition="If the table has another encoding, such as cp1252")
        )
    bad = undecodable(file, FALLBACK)
    if bad is not None:
        raise TinyNetError(
            f"{path} is not text in UTF-8, UTF-16 or Windows-1252: line {bad.line} has the byte {bad.byte:#04x}. "
            "Save the table as CSV in UTF-8. "
            + advice("encoding", "cp437", condition="If the table has another encoding, such as cp437")
        )
    line = _foreign_line(file)
    if line is not None:
        raise TinyNetError(
            f"{path} is not text in UTF-8 or UTF-16, and line {line} does not look like Windows-1252. Save the table as CSV "
            "in UTF-8. "
            + advice(
                "encoding",
                "shift_jis",
                condition="If the table has another encoding, such as shift_jis or cp1252",
            )
        )
    return FALLBACK, f"{path} is not UTF-8. It is read as Windows-1252, {_sample(file)}."


class BadByte(NamedTuple):
    """A byte that an encoding does not have, and the number of its line."""

    line: int
    byte: int


def _unicode_of(start: bytes) -> str | None:
    """Return the encoding of a file that begins with these 4 bytes, if it is UTF-16 or UTF-32.

    An ASCII character has one zero byte in UTF-16, and three in UTF-32.
    """
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return encoding
    zeros = [byte == 0 for byte in start]
    for bits in (32, 16):
        size = bits // 8
        if len(start) == 4 and zeros[:size] == [False] + [True] * (size - 1):
            return f"utf-{bits}-le"
        if len(start) == 4 and zeros[:size] == [True] * (size - 1) + [False]:
            return f"utf-{bits}-be"
    return None


def undecodable(file: BinaryIO, encoding: str) -> BadByte | None:
    """Return the first byte of a file that is not in an encoding, or None. The file is at its beginning afterwards."""
    decoder, lines = codecs.getincrementaldecoder(encoding)(), 0
    try:
        for block in _blocks(file):
            decoder.decode(block, final=not block)
            lines += _line_ends(block)
    except UnicodeDecodeError as error:
        return BadByte(lines + _line_ends(error.object[: error.start]) + 1, error.object[error.start])
    finally:
        file.seek(0)
    return None


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield the blocks of a file, and an empty block at its end. The file is at its beginning afterwards."""
    while block := file.read(BLOCK):
        yield block
    yield b""
    file.seek(0)


def _line_ends(block: bytes) -> int:
    return max(block.count(b"\n"), block.count(b"\r"))


def _is_mostly_utf8(file: BinaryIO) -> bool:
    """Return whether a file has at least as many characters beyond ASCII in UTF-8 as bytes that are not UTF-8."""
    decoder, good, bad = codecs.getincrementaldecoder("utf-8")("replace"), 0, 0
    for block in _blocks(file):
        text = decoder.decode(block, final=not block)
        wrong, ascii_only = text.count("\ufffd"), text.encode("ascii", "ignore")
        good, bad = good + len(text) - len(ascii_only) - wrong, bad + wrong
    return good >= bad


def _foreign_line(file: BinaryIO) -> int | None:
    """Return the first line with bytes that are rare in Windows-1252, or None."""
    lines = 0
    for block in _blocks(file):
        found = FOREIGN.search(block)
        if found is not None:
            file.seek(0)
            return lines + _line_ends(block[: found.start()]) + 1
        lines += _line_ends(block)
    return None


def _sample(file: BinaryIO) -> str:
    """Return the first word with a character beyond ASCII in Windows-1252, and its line."""
    bad = undecodable(file, "ascii")
    assert bad is not None
    for number, line in enumerate(re.split(rb"\r\n?|\n", file.read(BLOCK))[: bad.line], 1):
        words = WORD.findall(line.decode(FALLBACK))
        if words:
            file.seek(0)
            return f"such as {shown(words[0][:30])} in line {number}"
    file.seek(0)
    return f"such as the byte {bad.byte:#04x} in line {bad.line}"


def sniffed(dialect: Dialect, sample: str) -> Dialect:
    """Return a dialect with the delimiter and the quotes of a sample.

    sample : The beginning of the text.
    """
    if dialect.delimiter is not None:
        return dialect
    first = SEPARATOR_LINE.match(sample)
    if first is not None:
        return replace(dialect, delimiter=first[1])
    lines = _without_comments(sample.splitlines(keepends=True))
    if len(sample) >= SAMPLE and len(lines) > 1:
        del lines[-1]  # the end of the sample may be inside a row
    delimiter, quote = _sniff("".join(lines)) or (",", '"')
    semicolons = {line.count(";") for line in lines if line.strip()}
    if delimiter == "," and len(semicolons) == 1 and semicolons != {0}:
        delimiter = ";"  # the commas are inside cells
    if not any(delimiter in line for line in lines) and _are_columns([line.split() for line in lines]):
        delimiter = " "
    return replace(dialect, delimiter=delimiter, quote=quote)


def _without_comments(lines: list[str]) -> list[str]:
    """Return the lines that do not begin with #, or are inside quotes."""
    kept, quotes = [], 0
    for line in lines:
        if quotes % 2 == 0 and line.startswith(COMMENT):
            continue
        kept.append(line)
        quotes += line.count('"')
    return kept


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
