import csv
import io

import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_linnerud,
    load_wine,
)

import tinynet as tn
from tinynet.data.headers import looks_like_data
from tinynet.errors import TinyNetError

read = tn.Examples.from_table
LOADERS = [load_breast_cancer, load_diabetes, load_digits, load_iris, load_linnerud, load_wine]
SMALL = {  # tables in the forms of usual data sets
    "titanic": "survived,pclass,sex,age\n0,3,male,22\n1,1,female,38\n1,3,female,26\n",
    "penguins": "species,island,bill\nAdelie,Biscoe,39.1\nGentoo,Biscoe,46.1\n",
    "votes": "party,v1,v2\nr,n,y\nd,y,n\nd,n,y\n",
    "years": "country,1990,1991,1992\nA,5,6,7\nB,3,2,8\n",
    "index": "0,1,2\n5,6,7\n3,2,8\n",
    "flags": "a,b\n1,0\n0,1\n",
    "one column": "height\n1.5\n1.7\n",
    "words": "word,label\nred,a\nblue,b\n",
    "row names": ",142.24,144.78\n9.4,0,1\n9.5,3,0\n",
    "holes": "x,y\n,1\n3,\n",
}
BARE = {  # tables without column names
    "pima": "6,148,72,35,0,33.6,0.627,50,1\n1,85,66,29,0,26.6,0.351,31,0\n8,183,64,0,0,23.3,0.672,32,1\n",
    "iris": "5.1,3.5,1.4,0.2,setosa\n4.9,3.0,1.4,0.2,setosa\n6.3,3.3,6.0,2.5,virginica\n",
    "mushrooms": "p,x,s,n\ne,x,s,y\ne,b,s,w\np,x,y,w\n",
    "adult": "39,State-gov,77516,Bachelors\n50,Private,83311,Bachelors\n38,State-gov,215646,HS-grad\n",
    "money": '"$1,200",3\n"$1,300",4\n"$1,100",2\n',
    "comma": "1,5;2\n1,7;3\n1,9;5\n",
    "missing": "2,?,4\n3,5,6\n8,1,1\n",
    "repeated": "0,0,1\n5,0,3\n2,1,4\n",
}


def rows(text):
    return list(csv.reader(io.StringIO(text), delimiter=";" if ";" in text else ","))


@pytest.mark.parametrize("load", LOADERS)
def test_the_names_of_real_tables_are_names_and_their_rows_are_data(load):
    frame = load(as_frame=True).frame
    first, *others = rows(frame.to_csv(index=False))
    assert not looks_like_data(first, others)
    assert looks_like_data(others[0], others[1:])


@pytest.mark.parametrize("name", SMALL)
def test_names_are_names(name):
    first, *others = rows(SMALL[name])
    assert not looks_like_data(first, others)


@pytest.mark.parametrize("name", BARE)
def test_data_are_data(name, tmp_path):
    path = tmp_path / "bare.csv"
    path.write_text(BARE[name])
    with pytest.raises(
        TinyNetError,
        match="bare.csv, line 1: .*(looks like data, not like column names|two columns are named).*set header to False",
    ):
        read(path)
    found = read(path, header=False, missing="mean")
    assert len(found) == len(rows(BARE[name]))
    assert "no column names" in found.notes[0]
    assert found.columns[0].startswith("column 1")


def test_a_first_line_of_data_can_be_names(tmp_path):
    (tmp_path / "a.csv").write_text("5,3\n1,2\n2,9\n")
    assert read(tmp_path / "a.csv", header=True).columns == ("5", "3")


def test_a_table_in_memory_has_no_header():
    assert len(read(io.StringIO("a,label\n1,x\n2,y\n"))) == 2
    assert len(read({"a": [1, 2], "label": ["x", "y"]})) == 2
