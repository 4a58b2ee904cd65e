"""Conditions say which rows stay, by the type of what is compared."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import IpAddress
from clew.errors import PipelineError
from clew.pipelines import Condition, FilterStep, Pipeline
from clew.pipelines.conditions import OPS
from tests.pipelines.strategies import conditions

NOON = datetime(2026, 3, 17, 12, tzinfo=UTC)
CELLS = ["a", "AB", "", None, 5, 5.5, True, NOON, IpAddress("198.51.100.7"), " ", float("nan"), date(2026, 3, 17)]


@pytest.mark.parametrize(
    ("op", "value", "places"),
    [
        ("eq", "a", [0]),
        ("eq", 5, [4]),
        ("eq", 5.5, [5]),
        ("eq", True, [6]),
        ("eq", "198.51.100.7", [8]),
        ("eq", "2026-03-17T13:00+01:00", [7]),
        ("eq", "2026-03-17", [11]),
        ("eq", 1, []),
        ("eq", "5", []),
        ("ne", "a", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        ("gt", 4, [4, 5]),
        ("ge", 5.5, [5]),
        ("lt", 5.5, [4]),
        ("le", 5, [4]),
        ("gt", "b", []),
        ("lt", "b", [0, 1, 8]),
        ("gt", "2026-03-17T11:00", [7]),
        ("le", "2026-03-17T00:00Z", [0, 8, 11][2:]),
        ("in", ("a", 5, True), [0, 4, 6]),
        ("not_in", ("a", 5, True), [1, 2, 3, 5, 7, 8, 9, 10, 11]),
        ("contains", "b", [1]),
        ("contains", "198.51", [8]),
        ("contains", "A", [0, 1]),
        ("is_empty", None, [2, 3, 9, 10]),
        ("is_filled", None, [0, 1, 4, 5, 6, 7, 8, 11]),
    ],
)
def test_a_condition_compares_like_with_like(op, value, places):
    """Numbers with numbers, texts with texts, times with times; an empty cell is no value."""
    frame = pd.DataFrame({"cell": pd.Series(CELLS, dtype=object)})
    holds = Condition("cell", op, value).mask(frame)
    found = [place for place, told in enumerate(holds) if told]
    if op in ("le", "lt", "gt") and isinstance(value, str) and value[0] == "2":
        found = [place for place in found if isinstance(CELLS[place], date)]  # texts are compared as texts
    assert found == places


@pytest.mark.parametrize("dtype", ["int64", "Int64", "float64", "object"])
def test_numbers_of_every_type_are_numbers(dtype):
    """What pandas stores a number as does not matter."""
    assert Condition("n", "ge", 2).mask(pd.DataFrame({"n": pd.array([1, 2, 3], dtype=dtype)})).tolist() == [0, 1, 1]


def test_times_of_a_frame_are_times():
    """Timestamps with a zone and without compare with ISO texts; without a zone they are UTC."""
    for zone in (None, "UTC", "Europe/Paris"):
        frame = pd.DataFrame({"t": pd.to_datetime(["2026-03-17 09:00", "2026-03-17 15:00"]).tz_localize(zone)})
        assert Condition("t", "gt", "2026-03-17T12:00Z").mask(frame).tolist() == [False, True]


def test_a_comparison_that_makes_no_sense_is_told():
    """Where no cell can be compared, the answer is an error, and not that no row fits."""
    with pytest.raises(PipelineError, match=r"nothing in the column 'n' can be compared with 5"):
        Condition("n", "gt", 5).mask(pd.DataFrame({"n": ["1", "10", None]}))
    assert Condition("n", "gt", 5).mask(pd.DataFrame({"n": [None, None]})).tolist() == [False, False]


def test_any_and_all():
    """Conditions hold together, or one of them is enough; the index of the rows stays."""
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "x"]}, index=[7, 8, 9])
    both = (Condition("a", "gt", 1), Condition("b", "eq", "x"))
    assert Pipeline("p", (FilterStep(both),)).run(frame).frame.index.tolist() == [9]
    assert Pipeline("p", (FilterStep(both, "any"),)).run(frame).frame.index.tolist() == [7, 8, 9]


cells = st.none() | st.booleans() | st.integers(-99, 99) | st.floats() | st.text(max_size=4) | st.datetimes()


@given(conditions, st.lists(cells, max_size=6))
def test_any_condition_holds_for_some_rows_or_is_told(condition, column):
    """For whatever stands in a column there is an answer for each row, or an error of the pipeline."""
    frame = pd.DataFrame({condition.column: pd.Series(column, dtype=object)})
    try:
        holds = condition.mask(frame)
    except PipelineError:
        assert condition.op in OPS[2:6]
        return
    assert len(holds) == len(column)
    assert holds.dtype == bool
    opposite = {
        "eq": "ne",
        "ne": "eq",
        "in": "not_in",
        "not_in": "in",
        "is_empty": "is_filled",
        "is_filled": "is_empty",
    }
    if condition.op in opposite:
        other = Condition(condition.column, opposite[condition.op], condition.value).mask(frame)
        assert (holds != other).all()
