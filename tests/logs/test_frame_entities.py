"""Rows of a DataFrame become entities: one for each row, none lost, each reason told."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Account, Host, IpAddress, Process
from clew.errors import EntityError, QueryError
from clew.logs.frame_entities import entities_of
from clew.logs.schema_files import load_schemas
from tests.support import HOSTILE, hosts

VIEWS = load_schemas().views
AT = datetime(2026, 3, 17, 9, 15, tzinfo=UTC)
GUID = "b34bc01c-7fae-5f63-1000-000000000400"
USERS = {"user_name": "SubjectUserName", "user_domain": "SubjectDomainName", "user_id": None, "host_name": None}
PROCESSES = {
    "host_name": ["WS01", "WS01", None, "WS01", "WS01"],
    "process_entity_id": [GUID.upper(), None, GUID, None, None],
    "process_pid": [6700, 4, 5, None, 4],
    "process_started": [AT, AT, AT, AT, None],
    "process_executable": ["C:\\a.exe", None, None, None, None],
    "process_command_line": ["a.exe -x", "", None, None, None],
}
FOUND = (Process(GUID, host="ws01"), Process(pid=4, started=AT, host="ws01"), None, None, None)


def times(cells: list[object]) -> pd.DataFrame:
    """Processes that differ in what stands for their start."""
    return pd.DataFrame({"host": ["ws01"] * len(cells), "pid": [4] * len(cells), "at": pd.Series(cells, dtype=object)})


STARTED = {
    "host_name": "host",
    "process_pid": "pid",
    "process_started": "at",
    "process_entity_id": None,
    "process_executable": None,
    "process_command_line": None,
}


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "pyarrow"])
def test_every_library_gives_the_same_entities(library):
    """Empty cells, whole numbers beside them and times are the same in every kind of frame."""
    made = entities_of(library(PROCESSES), view="processes", part="process")
    assert made.entities == FOUND
    assert made.errors == {}
    first = made.entities[0]
    assert (first.pid, first.started, first.image, first.command_line) == (6700, AT, "C:\\a.exe", "a.exe -x")


def test_the_order_and_the_index_are_kept():
    """The series stands beside the frame that it is from, duplicates of its index included."""
    frame = pd.DataFrame({"peer": ["198.51.100.7", None, "127.0.0.1", "198.51.100.7"]}, index=["b", "a", "a", "c"])
    made = entities_of(frame, view="connections", part="peer", columns={"peer_ip": "peer"})
    assert made.entities == (IpAddress("198.51.100.7"), None, None, IpAddress("198.51.100.7"))
    assert made.to_series().index.tolist() == ["b", "a", "a", "c"]
    assert made.distinct == (IpAddress("198.51.100.7"),)
    assert made.entities[0] is made.entities[3]


def test_columns_are_renamed_or_said_to_be_missing():
    """A frame may call a column as it likes, and may lack it if that is said."""
    frame = pd.DataFrame({"SubjectUserName": ["Alice", "SYSTEM"], "SubjectDomainName": ["CORP", "NT AUTHORITY"]})
    made = entities_of(frame, view="processes", part="account", columns=USERS)
    assert made.entities == (Account("corp\\alice"), Account("NT AUTHORITY\\SYSTEM"))


def test_a_bad_row_costs_only_itself():
    """A row with an impossible value has no entity and says why; the others are as they were."""
    frame = pd.DataFrame(
        {"SubjectUserName": ["Alice", "a\\b\\c", 7, "Bob"], "SubjectDomainName": "CORP"}, index=[9] * 4
    )
    made = entities_of(frame, view="processes", part="account", columns=USERS)
    assert made.entities == (Account("corp\\alice"), None, None, Account("corp\\bob"))
    assert list(made.errors) == [1, 2]
    assert "is not an account" in made.errors[1]
    assert made.errors[2] == "user_name cannot be int 7"


@pytest.mark.parametrize(
    ("cell", "pid"),
    [
        (6700, 6700),
        (6700.0, 6700),
        ("6700", 6700),
        ("0x1a2c", 6700),
        ("", None),
        (None, None),
        (float("nan"), None),
        (pd.NA, None),
    ],
)
def test_a_process_id_is_read_however_it_is_written(cell, pid):
    """A number, one with a point, and text of either base; an empty cell is none."""
    frame = pd.DataFrame({"host_name": ["ws01"], "id": [GUID], "pid": pd.Series([cell], dtype=object)})
    names = {"process_entity_id": "id", "process_pid": "pid", "process_executable": None}
    made = entities_of(frame, view="files", part="process", columns=names)
    assert made.entities[0].pid == pid
    assert made.errors == {}


@pytest.mark.parametrize("cell", [4.5, float("inf"), "four", "-4", True, 2**40, [4], b"4", "9" * 21])
def test_what_is_no_process_id_is_told(cell):
    """A cell that is no number leaves its row without an entity, never with another one."""
    frame = pd.DataFrame({"host_name": ["ws01"], "id": [GUID], "pid": pd.Series([cell], dtype=object)})
    names = {"process_entity_id": "id", "process_pid": "pid", "process_executable": None}
    made = entities_of(frame, view="files", part="process", columns=names)
    assert made.entities == (None,)
    assert list(made.errors) == [0]


def test_a_time_is_read_however_it_is_written():
    """A timestamp, a datetime and ISO text are one time; one without a time zone is told, not guessed."""
    cells = [pd.Timestamp(AT), AT, "2026-03-17T09:15:00Z", pd.NaT, "", AT.replace(tzinfo=None), 5]
    made = entities_of(times(cells), view="processes", part="process", columns=STARTED)
    whole = Process(pid=4, started=AT, host="ws01")
    assert made.entities == (whole, whole, whole, None, None, None, None)
    assert list(made.errors) == [5, 6]
    assert "no time zone" in made.errors[5]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_column_of_times_is_read_in_its_zone(unit):
    """Times of any unit and zone are the same moments in UTC; a column without a zone says so in every row."""
    column = pd.Series([pd.Timestamp(AT), pd.NaT]).dt.as_unit(unit)
    frame = pd.DataFrame({"host": ["ws01"] * 2, "pid": [4] * 2, "at": column.dt.tz_convert("Asia/Tokyo")})
    made = entities_of(frame, view="processes", part="process", columns=STARTED)
    assert made.entities == (Process(pid=4, started=AT, host="ws01"), None)
    naive = frame.assign(at=column.dt.tz_localize(None))
    assert "no time zone" in entities_of(naive, view="processes", part="process", columns=STARTED).errors[0]


def test_a_failed_logon_is_told_by_its_outcome():
    """Whose outcome is not known has neither logged on nor failed to."""
    frame = pd.DataFrame(
        {
            "event_outcome": ["success", "failure", None],
            "user_name": ["a", "b", "c"],
            "user_domain": "CORP",
            "user_id": "",
            "host_name": "ws01",
        }
    )
    assert entities_of(frame, view="logons", part="account").entities == (Account("CORP\\a"), None, None)
    assert entities_of(frame, view="logons", part="failed").entities == (None, Account("CORP\\b"), None)


@pytest.mark.parametrize(
    ("view", "part", "columns", "what", "there"),
    [
        ("logins", "host", {}, "there is no view 'logins'", "processes, logons"),
        ("logons", "user", {}, "a row of logons has no part 'user'", "host, account, failed"),
        ("logons", "host", {"user_id": "sid"}, "no column 'user_id' is needed", "needed are host_name"),
        ("logons", "host", {}, "there is no column 'host_name'", "there are Computer, 5"),
        ("logons", "host", {"host_name": "computer"}, "there is no column 'computer'", "columns={'host_name': ...}"),
    ],
)
def test_what_is_not_there_is_named(view, part, columns, what, there):
    """A misspelt view, part or column is an error that says which there are."""
    with pytest.raises(QueryError) as refused:
        entities_of(pd.DataFrame({"Computer": ["ws01"], 5: [1]}), view=view, part=part, columns=columns)
    assert refused.value.message == what
    assert there in refused.value.next_step


def test_no_rows_give_no_entities():
    """An empty frame is no error."""
    made = entities_of(pd.DataFrame({"host_name": []}), view="logons", part="host")
    assert made.entities == made.distinct == ()
    assert len(made.to_series()) == 0


CELLS = st.one_of(
    st.none(), st.just(float("nan")), st.sampled_from(HOSTILE), hosts, st.integers(), st.just(AT), st.text()
)


def alone(name: str | None) -> tuple[object, str | None]:
    """The host of one cell, and why there is none."""
    try:
        return VIEWS["files"].rows.entities["host"].make(name), None
    except EntityError as error:
        return None, error.message


@given(st.lists(st.one_of(st.none(), st.sampled_from(HOSTILE), hosts), max_size=8))
def test_a_row_makes_what_its_cells_make(names):
    """Each row has the entity that its cells make alone, or the reason why they make none."""
    made = entities_of(pd.DataFrame({"host_name": pd.Series(names, dtype=object)}), view="files", part="host")
    for place, name in enumerate(names):
        assert (made.entities[place], made.errors.get(place)) == alone(name)


#: A part for each way in which one is made: most views have the same host.
PARTS = {rule.make: (view, part) for view, schema in VIEWS.items() for part, rule in schema.rows.entities.items()}


@pytest.mark.parametrize(("view", "part"), PARTS.values())
@given(data=st.data())
def test_no_cell_breaks_a_part(view, part, data):
    """Whatever stands in the cells, there is one entity or None for each row, and a reason only where there is None."""
    names = VIEWS[view].rows.entities[part].columns
    rows = data.draw(st.lists(st.tuples(*(CELLS for _ in names)), max_size=3))
    columns = {name: pd.Series([row[place] for row in rows], dtype=object) for place, name in enumerate(names)}
    made = entities_of(pd.DataFrame(columns), view=view, part=part)
    assert len(made.entities) == len(rows)
    assert all(made.entities[place] is None for place in made.errors)


def test_hosts_of_a_category_are_text():
    """A column of categories is read as the text that it stands for."""
    frame = pd.DataFrame({"host_name": pd.Categorical(["WS01", "ws02", "WS01", None])})
    assert entities_of(frame, view="logons", part="host").entities == (Host("ws01"), Host("ws02"), Host("ws01"), None)
