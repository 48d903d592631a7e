import codecs
import csv
import io
import os
import signal
import sys
import threading

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinynet as tn
from tinynet.data.dialects import Dialect, sniffed
from tinynet.data.readers import opened
from tinynet.data.written_numbers import plain_number, written_number
from tinynet.errors import TinyNetError

read = tn.Examples.from_table


def units(examples):
    """Return the inputs in the units of the table."""
    return examples.scaling.inverse(examples.inputs).round(9).tolist()


@pytest.fixture
def table(tmp_path):
    def write(content):
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


ROWS = [["1.5", "2", "a"], ["2.5", "4", "b"], ["3.5", "3", "a"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_delimiters_line_ends_and_quotes_are_found(table, delimiter, end, quoting):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(
        [["x", "y", "label"], *ROWS]
    )
    some = read(table(text.getvalue()))
    assert units(some) == [[1.5, 2], [2.5, 4], [3.5, 3]]
    assert some.target_names == ("a", "b")


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("utf-32-le", "UTF-32"),
        ("utf-32-be", "UTF-32"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_encodings_are_found(table, encoding, word):
    some = read(table("größe,label\n1,süß\n2,café\n".encode(encoding)))
    assert (some.columns, some.target_names) == (("größe",), ("café", "süß"))
    assert f", {word}, " in some.notes[0]


def test_an_encoding_can_be_given(table):
    path = table("größe,label\n1,süß\n2,café\n".encode("cp437"))
    assert read(path, encoding="cp437").target_names == ("café", "süß")
    with pytest.raises(TinyNetError, match="encoding is 'morse'. It must be an encoding of Python"):
        read(path, encoding="morse")


def test_a_file_that_is_no_text_is_refused(table):
    with pytest.raises(
        TinyNetError, match="is not text in UTF-8, UTF-16 or Windows-1252: line 1 has the byte 0x81"
    ):
        read(table(codecs.BOM_UTF8 + bytes(range(128, 256))))


def test_one_wrong_byte_in_utf_8_is_named(table):
    path = table("größe,label\n1,süß\n2,süß\n".encode() + b"3,caf\xe9\n")
    with pytest.raises(TinyNetError) as caught:
        read(path)
    assert str(caught.value) == (
        f"{path}, line 4: the byte 0xe9 is not UTF-8, and the rest of the file is. Correct the line. "
        "If the table has another encoding, such as cp1252, set encoding to 'cp1252'."
    )
    assert read(path, encoding="cp1252").target_names == ("café", "sÃ¼ÃŸ")


def test_a_wrong_byte_far_from_the_beginning_is_named(table):
    rows = "".join(f"{k},süß,{'ab'[k % 2]}\n" for k in range(120_000))
    path = table(f"x,word,label\n{rows}".encode() + b"1,caf\xe9,a\n")
    with pytest.raises(TinyNetError, match="line 120002: the byte 0xe9 is not UTF-8, and the rest"):
        read(path)


@pytest.mark.parametrize(
    ("encoding", "text", "line"),
    [
        ("shift-jis", "x,名前,label\n1,ひらがな,a\n2,かたかな,b\n", 2),
        ("shift-jis", "x,label\n1,アイ\n2,ウエ\n", 2),
        ("cp1251", "x,label\n1,yes\n2,Привет\n", 3),
        ("cp1253", "x,label\n1,ναι\n2,όχι\n", 2),
        ("gb2312", "x,label\n1,北京\n2,上海\n", 2),
    ],
)
def test_text_in_other_encodings_is_not_read_as_windows_1252(table, encoding, text, line):
    path = table(text.encode(encoding))
    with pytest.raises(TinyNetError) as caught:
        read(path)
    assert str(caught.value) == (
        f"{path} is not text in UTF-8 or UTF-16, and line {line} does not look like Windows-1252. Save the table as CSV in "
        "UTF-8. If the table has another encoding, such as shift_jis or cp1252, set encoding to 'shift_jis'."
    )
    assert len(read(path, encoding=encoding)) == 2


def test_windows_1252_is_announced_with_a_word(table):
    path = table("x,label\n1,yes\n2,très bien\n".encode("cp1252"))
    assert read(path).notes[1] == (
        f"{path} is not UTF-8. It is read as Windows-1252, such as 'très' in line 3."
    )
    assert len(read(path, encoding="cp1252").notes) == 1
    path = table(
        "x;label\n1,5;yes\n2,5;très bien\n".encode("cp1252")
    )  # read twice, because of the decimal comma
    assert read(path).notes[1].endswith("such as 'très' in line 3.")


def test_the_first_line_of_excel_gives_the_delimiter(table):
    for first in ("sep=|", '"sep=|"', "\ufeffSEP=|\r"):
        some = read(table(f"{first}\nx, y|label\n1|a\n2|b\n"))
        assert (units(some), some.columns) == ([[1], [2]], ("x, y",))
    with pytest.raises(TinyNetError, match="line 4, column 'x': 'red' is not a number"):
        read(table("sep=;\nx;label\n1;a\nred;b\n"))
    assert read(table("sep=\t\nx\tlabel\n1\ta\n2\tb\n")).columns == ("x",)


@pytest.mark.parametrize(
    "text",
    [
        "Sales of 2024\n\nx,y,label\n1,2,a\n2,3,b\n",
        "Sales of 2024,,\n,,\nx,y,label\n1,2,a\n2,3,b\n",
        '"Sales, 2024"\nby me\nx,y,label\n1,2,a\n2,3,b\n3,3,b\n',
    ],
)
def test_a_title_above_the_column_names_is_refused(table, text):
    path = table(text)
    with pytest.raises(TinyNetError) as caught:
        read(path)
    assert str(caught.value) == (
        f"{path}, line 1: the line has 1 cell, and most lines below have more. If the line is a title, delete each line "
        "above the column names. Otherwise name each column."
    )


def test_a_comment_may_have_as_many_cells_as_the_table(table):
    some = read(table("# by me, on Monday, ok\n# or, on, Tuesday\nx,y,label\n1,2,a\n2,3,b\n"))
    assert (units(some), some.columns) == ([[1, 2], [2, 3]], ("x", "y"))
    for text in ("#x,y,label\n1,2,a\n2,3,b\n3,4,a\n", "# x,y,label\n1,2,a\n2,3,b\n3,4,a\n"):
        assert read(table(text)).columns == (text.partition(",")[0], "y")
    with pytest.raises(TinyNetError) as caught:
        read(table("x,y,label\nred,2,a\n# is, this, good?\nred,3,b\n"))
    assert str(caught.value).endswith(
        "line 3: the row begins like a comment and has a cell for each column. Delete a comment. Remove # from a row of data."
    )
    codes = "".join(f"# {k % 3},{k},{'ab'[k % 2]}\n" for k in range(9))
    assert read(table(f"code,y,label\n{codes}")).columns == ("code = # 0", "code = # 1", "code = # 2", "y")


def test_a_blank_line_between_the_rows_of_one_column_is_an_empty_cell(table):
    some = read(table("x,label\n1,a\n2,b\n3,a\n"), missing="mean")
    new = some.read_like(table("\nx\n1\n\n \n3\n\n\n"))
    assert (new.names, new.inputs[:, 0].tolist()) == (("row 1", "row 2", "row 3", "row 4"), [0, 0.5, 0.5, 1])
    with pytest.raises(
        TinyNetError, match="line 3, column 'x': the cell is empty. Fill in the cell or remove"
    ):
        read(table("x,label\n1,a\n2,b\n")).read_like(table("x\n1\n\n3\n"))
    assert len(some.read_like(table('x\n1\n""\n'))) == 2  # the quotes are a cell


@pytest.mark.parametrize(
    "rows", ['"a \\"b\\"",1\n"c",2\n', '"5\\"",1\n"6\\"",2\n', '1,"so \\"he\\", she"\n2,"b"\n']
)
def test_quotes_after_a_backslash_are_refused(table, rows):
    with pytest.raises(
        TinyNetError, match='the line is not valid CSV .*Write "" for a quote inside quotes, not \\\\".$'
    ):
        read(table(f"x,label\n{rows}"))


NUMBERS = [
    ("x;label\n1,5;a\n2,25;b\n", [1.5, 2.25], ","),
    ("x;label\n1.200,5;a\n2.000;b\n", [1200.5, 2000], ","),
    ("x;label\n1,200;a\n2,300;b\n", [1.2, 2.3], ","),  # semicolons: a decimal comma
    ('x,label\n"1,200",a\n"2,300",b\n', [1200, 2300], "."),  # commas: thousands
    ('x,label\n"1,5",a\n2,b\n', [1.5, 2], ","),
    ('x,label\n"$1,200.50",a\n"$300",b\n', [1200.5, 300], "."),
    ("x,label\n12 %,a\n5%,b\n", [12, 5], "."),
    ("x,label\n1 200,a\n2\xa0300,b\n", [1200, 2300], "."),
    ("x,label\n\u22121.5,a\n2,b\n", [-1.5, 2], "."),
    ("x;label\n€ 1.234,5;a\n€ 2;b\n", [1234.5, 2], ","),
    ("x,label\n1e3,a\n-.5,b\n", [1000, -0.5], "."),
    ("x,label\nTrue,a\nfalse,b\n", [1, 0], "."),
]


@pytest.mark.parametrize(("text", "values", "decimal"), NUMBERS)
def test_written_numbers_are_read(table, text, values, decimal):
    some = read(table(text))
    assert units(some) == [[value] for value in values]
    assert f"decimal {'comma' if decimal == ',' else 'point'}" in some.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        "x,label\n1_2,a\n3,b\n",
        "x,label\n12%,a\n0.5,b\n",  # a percentage beside a number
        "x,label\n$5,a\n€6,b\n",  # two currencies
        'x,label\n"1,2,3",a\n4,b\n',
        "x,label\n٣,a\n4,b\n",
        "x,label\ninfinity,a\n4,b\n",
    ],
)
def test_other_notations_are_refused(table, text):
    with pytest.raises(TinyNetError, match="line 2, column 'x': .* is not (a number|finite)"):
        read(table(text))


def test_the_decimal_character_can_be_given(table):
    path = table('x,label\n"1,200",a\n"2,300",b\n')
    assert units(read(path, decimal=",")) == [[1.2], [2.3]]
    with pytest.raises(TinyNetError, match="decimal is 'x'"):
        read(path, decimal="x")


def test_a_point_beside_a_decimal_comma_is_a_mistake(table):
    with pytest.raises(TinyNetError, match="line 3, column 'x': '2,5' is not a number"):
        read(table('x,label\n1.5,a\n"2,5",b\n3.25,a\n'))


@given(
    st.lists(st.tuples(st.floats(-1e12, 1e12), st.sampled_from("ab")), min_size=2, max_size=9),
    st.sampled_from([",", "."]),
)
@settings(deadline=None, max_examples=40)
def test_a_number_is_the_same_in_each_notation(rows, decimal):
    for value, _ in rows:
        thousands = "." if decimal == "," else ","
        plain = f"{value:.3f}"
        text = f"{value:,.3f}".translate(str.maketrans({",": thousands, ".": decimal}))
        assert written_number(text, decimal).value == float(plain)
        assert plain_number(plain) == float(plain)


@pytest.mark.parametrize("text", ["x y label\n1 2 a\n2 3 b\n", "x    y label\n 1    2 a \n 2 3.0 b\n"])
def test_columns_may_be_separated_by_spaces(table, text):
    some = read(table(text))
    assert (units(some), some.columns) == ([[1, 2], [2, 3]], ("x", "y"))
    assert "(spaces, " in some.notes[0]


def test_words_in_one_column_are_not_separated(table):
    with opened(table("review\nvery good\nnot bad\n")) as source:
        assert source.columns == ["review"]


COMMENTED = [
    "# exported on Monday; by me\n# second line\nx,y,label\n1,2,a\n2,3,b\n",
    "x,y,label\n1,2,a\n# a note\n2,3,b\n",
    "\n\nx,y,label\n1,2,a\n\n,,\n2,3,b\n\n",
    'x, y, "label"\n1, 2, "a"\n2, 3, "b"\n',
    "x,y,label,\n1,2,a,\n2,3,b,\n",
    "x,y,label\n1,2,a,,\n2,3,b\n",
    ",x,y,label\n0,1,2,a\n1,2,3,b\n",
]


@pytest.mark.parametrize("text", COMMENTED)
def test_comments_blank_rows_and_empty_columns_are_skipped(table, text):
    some = read(table(text))
    assert (units(some), some.columns) == ([[1, 2], [2, 3]], ("x", "y"))


def test_a_column_may_be_named_with_a_number_sign(table):
    assert read(table("#,hp,label\n7,45,a\n9,60,b\n3,50,a\n")).columns == ("#", "hp")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"delimiter": "ab"}, "delimiter is 'ab'. It must be one character"),
        ({"delimiter": ""}, "delimiter is ''. It must be one character"),
        ({"header": "yes"}, "header is 'yes'"),
    ],
)
def test_invalid_dialects_are_refused(settings, message):
    with pytest.raises(TinyNetError, match=message):
        Dialect(**settings)


def test_a_given_delimiter_is_not_sniffed():
    assert sniffed(Dialect("|"), "a,b\n1,2\n").delimiter == "|"
    with opened(io.StringIO("a,b|c\n1,2|3\n"), Dialect("|")) as source:
        assert source.columns == ["a,b", "c"]


def test_what_was_understood_is_one_sentence(table):
    path = table("x;label\n1,5;a\n2,5;b\n".encode("cp1252"))
    assert read(path).notes == (
        f"{path}: 2 rows (semicolons, decimal comma, UTF-8, column names in the first row).",
    )


def test_wide_tables_with_repeated_names_are_refused_at_once(table):
    names = [f"x{k}" for k in range(40_000)]
    path = table(",".join([*names, "x39999"]) + "\n" + ",".join(["1"] * 40_001) + "\n")
    with pytest.raises(TinyNetError, match="two columns are named 'x39999'"):
        read(path)
    assert len(names) == np.unique(names).size


def test_a_long_table_with_quotes_and_apostrophes_is_read(table):
    rows = "".join(f'"it\'s {k}","{k / 2}","{"ab"[k % 2]}"\n' for k in range(20_000))
    some = read(table(f'"name","x","label"\n{rows}'))
    assert (some.columns, some.target_names, len(some)) == (("x",), ("a", "b"), 20_000)


@pytest.mark.parametrize("header", ["", "Höhe, m;Breite, m;art\n"])
def test_commas_in_each_row_do_not_separate_if_semicolons_do(table, header):
    rows = "".join(f"{k},5;{k},25;{'ab'[k % 2]}\n" for k in range(300))
    some = read(table(header + rows), header=bool(header), label="art" if header else "column 3")
    assert units(some)[1] == [1.5, 1.25]


def test_new_rows_have_the_decimal_comma_of_the_training(table, tmp_path):
    some = read(table("x;label\n1.200,5;a\n2.000;b\n"))
    (tmp_path / "new.csv").write_text("x\n1.200\n")
    assert some.scaling.inverse(some.read_like(tmp_path / "new.csv").inputs).tolist() == [[1200.0]]
    assert tn.Examples.from_json(some.to_json()) == some


def test_a_text_with_commas_does_not_change_the_decimal_point(table):
    rows = "".join(f'"{k % 3},2",{k + 0.5:.3f},{"ab"[k % 2]}\n' for k in range(30))
    some = read(table(f"pair,len,label\n{rows}"))
    assert some.columns == ("pair = 0,2", "pair = 1,2", "pair = 2,2", "len")
    assert some.scaling.high[-1] == 29.5


class Slow:
    """A connection to DuckDB that gets a signal during its query. The query lasts longer."""

    def __init__(self, number):
        self.number, self.connection = number, connect()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.connection.close()

    def execute(self, query, arguments):
        threading.Timer(0.1, os.kill, [os.getpid(), self.number]).start()
        self.connection.execute("SELECT count(*) FROM range(12000) a, range(12000) b WHERE a.range < b.range")
        return self.connection.execute(query, arguments)


connect = duckdb.connect


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_a_signal_while_the_delimiter_is_found_is_not_lost(number, error, table, monkeypatch):
    """DuckDB would turn the signal into a RuntimeError."""
    path = table("x;y;label\n0;1;a\n1;0;b\n")
    monkeypatch.setattr(duckdb, "connect", lambda: Slow(number))
    previous = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with pytest.raises(error):
            read(path)
    finally:
        signal.signal(signal.SIGTERM, previous)
    monkeypatch.undo()
    assert len(read(path)) == 2


def test_a_line_that_begins_with_a_number_sign_inside_quotes_is_no_comment(table):
    rows = [
        "x;notes;city;label",
        '81;"to do:\n#1 call back; soon";Paris;a',
        "5;ok;Köln;b",
        "37;ok;Rome;a",
        "4;ok;Rome;b",
    ]
    for end in ("\n", "\r\n"):
        path = table((end.join(rows) + end).encode())
        found = tn.Examples.from_table(path, label="label", ignore=["notes"])
        assert found.scaling.columns == ("x", "city = Köln", "city = Paris", "city = Rome")


def test_a_short_row_of_words_with_a_number_sign_is_a_problem(table):
    rows = "".join(f"#{'abc'[k % 3]},{k},{'ab'[k % 2]}\n" for k in range(12))
    path = table(f"tag,x,label\n# a comment\n{rows}#c,5\n".encode())
    with pytest.raises(TinyNetError, match="line 15: the row has 2 cells and the header has 3"):
        tn.Examples.from_table(path, label="label")


def test_a_comment_in_one_column_is_skipped_everywhere(table):
    numbers = "".join(f"{k}\n" for k in range(1200))
    path = table(f"label\n# first\n{numbers}# late\n#later\n1\n".encode())
    trained = tn.Examples.from_table({"label": [0.0, 1200.0], "y": list("ab")}, label="y")
    assert len(trained.read_like(path)) == 1201


@pytest.mark.parametrize(
    ("start", "what"),
    [(b"PK\x03\x04more", "an Excel workbook or a ZIP file"), (b"\x1f\x8b\x08", "a gzip file")],
)
def test_a_file_of_another_kind_is_named(table, start, what):
    with pytest.raises(TinyNetError, match=f"table.csv is {what}. Save the table as CSV in UTF-8.$"):
        tn.Examples.from_table(table(start))


def test_a_column_that_begins_like_excels_first_line_is_a_column(table):
    rows = "".join(f"{k},{'ab'[k % 2]}\n" for k in range(8))
    assert tn.Examples.from_table(table(f"sep=a,label\n{rows}".encode())).scaling.columns == ("sep=a",)
    spaced = rows.replace(",", ";")
    assert tn.Examples.from_table(table(f"sep=; \nx;label\n{spaced}".encode())).scaling.columns == ("x",)


def test_the_word_of_windows_1252_is_announced_beside_a_column_of_words_and_numbers(table):
    rows = "".join(f"{('7', 'b', 'café')[k % 3]},{k},{'ab'[k % 2]}\n" for k in range(30))
    found = tn.Examples.from_table(table(f"code,x,label\n{rows}".encode("cp1252")), label="label")
    assert any(
        "is not UTF-8. It is read as Windows-1252, such as 'café' in line 4" in note for note in found.notes
    )
