import json
import tracemalloc

import numpy as np
import pytest

import tinynet as tn
from tinynet import tables
from tinynet.errors import TinyNetError


@pytest.fixture
def table(tmp_path):
    def write(text):
        path = tmp_path / "table.csv"
        path.write_text(text)
        return path

    return write


def test_a_table_of_labels(table):
    path = table("name,width,height,label\nfirst,10,1,cat\nsecond,20,3,dog\nthird,15,2,cat\n")
    some = tn.read_table(path, scale=True)
    assert some.inputs.tolist() == [[0, 0], [1, 1], [0.5, 0.5]]
    assert some.answers == ("cat", "dog")
    assert some.targets.tolist() == [[1, 0], [0, 1], [1, 0]]
    assert some.names == ("first", "second", "third")


def test_the_label_may_have_any_name(table):
    path = table("species, x \nb,0.5\na,1\n b ,0\n")
    some = tn.read_table(path, label="species")
    assert some.answers == ("a", "b")
    assert some.targets.tolist() == [[0, 1], [1, 0], [0, 1]]
    assert tn.read_table(table("x,target\n0,2\n1,3\n"), label="target").answers == ("2", "3")
    assert tn.read_table(table("x,name\n0,Ann\n1,Bob\n0.5,Ann\n"), label="name").names[2] == "row 3"


def test_a_table_of_targets_and_one_without(table):
    some = tn.read_table(table("x,target_on,target_off\n0.5,0.25,0.75\n"))
    assert some.answers == ("on", "off")
    assert some.targets.tolist() == [[0.25, 0.75]]
    assert tn.read_table(table("x\n0.5\n")).targets is None


def test_a_scaled_table_takes_new_rows_and_keeps_its_scaling(table, tmp_path):
    some = tn.read_table(table("width,label\n10,a\n20,b\n"), scale=True)
    assert some.scaled([[12.5], [99.0]]).tolist() == [[0.25], [1.0]]
    assert some[1:].scaling == some.scaling
    assert tn.Examples.from_json(json.loads(json.dumps(some.to_json()))) == some
    run = tn.train(tn.Network.initial((1, 2, 2), seed=0), some, tn.Recipe(epochs=2))
    run.save(tmp_path / "run.safetensors")
    again = tn.load(tmp_path / "run.safetensors")
    assert again.examples.scaled([15.0]).tolist() == [0.5]
    assert again[1].shown.scaling == some.scaling
    assert "scaling" not in tn.pictures.lines().to_json()
    with pytest.raises(TinyNetError, match="these examples were not scaled"):
        tn.pictures.lines().scaled([1, 1, 0, 0])


ELEVEN = "x,label\n" + "".join(f"0,{k}\n" for k in range(10)) + "0,9\n0,10\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no rows"),
        ("x,label\n", "has no rows; it needs a line of column names"),
        ("x,label\n1\n", "line 2: 1 cells were found and the header has 2"),
        ("x,label\n0.1,a\nred,b\n", "line 3, column 'x': 'red' is no number.*words can only be the label"),
        ('x,label,note\n0.1,a,"0\n"\n\n0.2,b,1\n,b,1\n', "line 6, column 'x': the cell is empty; fill it in"),
        ("x,label\n0,a\n0,\n", "line 3, column 'label': the label is missing"),
        (
            "x,label\n0,a\n1,a\n",
            "column 'label': every row has the label 'a'; there is nothing to tell apart",
        ),
        (ELEVEN, "line 13, column 'label': '10' is label number 11; at most 10"),
        ("x,label\ninf,a\n", "line 2, column 'x': 'inf' is not finite"),
        ("x,label\n0,a\nnan,b\n", "line 3, column 'x': 'nan' is not finite"),
        ("x,x\n1,1\n", "line 1: two columns named 'x'"),
        (",x,label\n0,1,a\n", "line 1: column 1 has no name.*index=False"),
        ("x;y;label\n0;1;a\n", "line 1: 'x;y;label' is one column; columns are parted by commas"),
        ("x,label,target\n1,a,1\n", "a column 'label' and target columns"),
        ("name,label\nfirst,a\n", "no input columns"),
        ("x,label\n0,a\n7,b\n", "line 3, column 'x': 7 lies outside 0 to 1; scale the columns first"),
        ("x,target\n1,0\n1,2\n", "line 3, column 'target': 2 lies outside 0 to 1.*label='target'"),
        ("name,x\nA,0\nB,0\nA,1\n", "line 4, column 'name': 'A' is the name of line 2 too"),
        ("name,x\n ,0\n", "line 2, column 'name': the name is missing"),
    ],
)
def test_a_wrong_table_says_where(table, text, message):
    with pytest.raises(TinyNetError, match=message):
        tn.read_table(table(text))


def test_a_table_that_is_none(tmp_path):
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TinyNetError, match="not a CSV table in UTF-8"):
        tn.read_table(tmp_path / "bytes.csv")
    with pytest.raises(TinyNetError, match="cannot read .*No such file"):
        tn.read_table(tmp_path / "none.csv")


def test_a_column_that_is_not_there(table):
    with pytest.raises(TinyNetError, match="has no column 'kind'; its columns are x, species"):
        tn.read_table(table("x,species\n0,a\n1,b\n"), label="kind")


def test_a_long_table_is_read_in_pieces(table):
    """The text of all rows never stands in memory at once, and a mistake near the end has its line."""
    count = 3 * tables.ROWS_AT_A_TIME + 5
    numbers = np.random.default_rng(0).random(count).round(6)
    text = "x,long,label\n" + "".join(f"{x},{x:.300f},{'ba'[k % 2]}\n" for k, x in enumerate(numbers))
    path = table(text)
    tracemalloc.start()
    found = tables.read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.values[:, 0].tolist() == numbers.tolist()
    assert found.targets[:, 1].tolist() == [1.0, 0.0] * (count // 2) + [1.0] * (count % 2)
    assert peak < 1.5 * len(text)  # as lists of strings it is more than twice as much
    with pytest.raises(TinyNetError, match=f"line {count + 2}, column 'x': 'x' is no number"):
        tables.read(table(text + "x,0,a\n"))


def test_halfway_lies_between_the_means():
    lines = tn.pictures.lines()
    assert tables.halfway(lines).inputs.tolist() == [[0.5] * 4]  # gray
    some = tn.Examples([[0.0], [0.5], [1.0]], np.eye(3), ("a", "b", "c"), None, ("low", "middle", "high"))
    found = tables.halfway(some)
    assert found.names == ("low – middle", "low – high", "middle – high")
    assert found.inputs.tolist() == [[0.25], [0.5], [0.75]]
    with pytest.raises(TinyNetError, match="targets of 1 answer; halfway lies between two"):
        tables.halfway(some[:1])
