"""Tables in files: what is written can be read, by people, by programs and by spreadsheets, and does nothing there."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clew.entities import IpAddress
from clew.errors import PipelineError
from clew.graph.export.table_files import check_file, escape_formula, read_table, write_table
from tests.support import FEWER, HOSTILE

FRAME = pd.DataFrame(
    {
        "entity": pd.Series([IpAddress("198.51.100.7"), None], dtype=object),
        "time": pd.to_datetime(["2026-03-17T09:00Z", None], utc=True),
        "count": pd.array([5, None], dtype="Int64"),
        "share": [0.5, -2.0],
        "text": pd.Series(["NA", "-5"], dtype=object),
        "mixed": pd.Series([True, "=1+1"], dtype=object),
    }
)
PLAIN = {
    "entity": "ip:198.51.100.7",
    "time": "2026-03-17T09:00:00.000000Z",
    "count": 5,
    "share": 0.5,
    "text": "NA",
    "mixed": True,
}


def test_json_lines_keep_types(tmp_path):
    """Numbers, flags and nothing stay what they are; entities are their keys, times are UTC."""
    write_table(FRAME, tmp_path / "t.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text("utf-8").splitlines()]
    assert lines[0] == PLAIN
    assert lines[1] == {**dict.fromkeys(PLAIN), "share": -2.0, "text": "-5", "mixed": "=1+1"}
    assert read_table(tmp_path / "t.jsonl").loc[0].to_dict() == PLAIN


def test_parquet_keeps_types(tmp_path):
    """Columns of one type keep it; a column of several is text."""
    write_table(FRAME, tmp_path / "t.parquet")
    back = read_table(tmp_path / "t.parquet")
    assert back["count"].sum() == 5
    assert back["share"].tolist() == [0.5, -2.0]
    assert back["time"][0] == datetime(2026, 3, 17, 9, tzinfo=UTC)
    assert [*back["mixed"]] == ["True", "=1+1"]
    assert back["entity"][0] == PLAIN["entity"]
    assert back["entity"].isna()[1]


def test_csv_is_read_back_as_it_looks(tmp_path):
    """What is plainly a number is one, an empty cell is none, and NA is a text."""
    write_table(FRAME, tmp_path / "t.csv")
    back = read_table(tmp_path / "t.csv")
    assert back["text"].tolist() == ["NA", "-5"]
    assert back["share"].tolist() == [0.5, -2.0]
    assert back["entity"].isna().tolist() == [False, True]
    assert back["mixed"].tolist() == ["True", "'=1+1"]


@pytest.mark.parametrize(
    "cell",
    ['=HYPERLINK("https://evil.example")', "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", " =1", "\uff1d1", "-inf", "\n=1"],
)
def test_a_formula_is_text(tmp_path, cell):
    """No cell and no column name of a CSV file begins as a formula does."""
    write_table(pd.DataFrame({cell: [cell]}), tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as lines:
        assert all(text.startswith("'") for row in csv.reader(lines) for text in row)


@pytest.mark.parametrize("cell", ["-5", "+5.25", "a=b", "1-2", "", 5, None, -5.0])
def test_numbers_and_words_stay_as_they_are(cell):
    """What no spreadsheet runs is not touched."""
    assert escape_formula(cell) == cell


@FEWER
@given(st.lists(st.text(max_size=12) | st.sampled_from(HOSTILE), min_size=1, max_size=4))
@example(["half of a pair: \ud800"])
@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_any_text_is_written(tmp_path_factory, ending, texts):
    """Every text can be written, as many rows are read back, and none runs."""
    path = tmp_path_factory.mktemp("t") / f"t.{ending}"
    write_table(pd.DataFrame({"a": pd.Series(texts, dtype=object), "n": 1}), path)
    back = read_table(path)
    assert len(back) == len(texts)
    if ending == "jsonl":
        assert back["a"].tolist() == texts


@pytest.mark.parametrize("name", ["a.csv", "a-b_c.2.jsonl", "0.parquet", "A.CSV"])
def test_a_plain_name_is_a_file(name):
    """Letters, digits, dots and dashes, with an ending that says what is written."""
    check_file(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        ".csv",
        "../a.csv",
        "/a.csv",
        "a/b.csv",
        "a\\b.csv",
        "C:a.csv",
        "con.csv",
        "NUL.csv",
        "com1.x.csv",
        "a.csv ",
        "a\0.csv",
        "a\n.csv",
        "-a.csv",
        "a.exe",
        "a.csv.exe",
        f"{'a' * 200}.csv",
        "\u0430.csv",
        "a.csv:x",
        5,
    ],
)
def test_any_other_name_is_refused(name):
    """Nothing that leads out of the folder, opens a device or hides something."""
    with pytest.raises(PipelineError):
        check_file(name)


def test_what_is_there_is_never_written_over(tmp_path):
    """A file, and a link to somewhere else, stay what they are."""
    (tmp_path / "t.csv").write_text("mine")
    (tmp_path / "l.csv").symlink_to(tmp_path / "elsewhere.csv")
    for name in ("t.csv", "l.csv"):
        with pytest.raises(PipelineError, match="cannot write the table"):
            write_table(FRAME, tmp_path / name)
    assert (tmp_path / "t.csv").read_text() == "mine"
    assert not (tmp_path / "elsewhere.csv").exists()


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("none.csv", None, "cannot read the table"),
        ("t.txt", b"a", "no kind of table"),
        ("t.csv", b"", "no table in it"),
        ("t.csv", b"\xff\xfe\x00", "no table in it"),
        ("t.csv", b'a,b\n"1', "no table in it"),
        ("t.json", b"{", "no table in it"),
        ("t.json", b'{"a": 1}', "no list of objects"),
        ("t.jsonl", b"[1]\n", "no list of objects"),
        ("t.parquet", b"PAR1", "no table in it"),
    ],
)
def test_what_is_no_table_is_told(tmp_path, name, content, what):
    """No file, a damaged one and one of another kind are errors that name it."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(PipelineError, match=what) as caught:
        read_table(tmp_path / name)
    assert name in caught.value.location


def test_json_and_json_lines_are_tables(tmp_path):
    """A list of objects, and an object on each line."""
    (tmp_path / "t.json").write_text('[{"a": 1}, {"b": "x"}]')
    (tmp_path / "t.jsonl").write_text('\ufeff{"a": 1}\r\n\n{"b": "x\u2028"}')
    assert read_table(tmp_path / "t.json").columns.tolist() == ["a", "b"]
    assert read_table(tmp_path / "t.jsonl")["b"].tolist()[1] == "x\u2028"
