"""Rows of the log views become links, each with pointers to the rows that say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Account, Domain, File, Host, IpAddress, Link, Process, Relation
from clew.logs.row_entities import map_rows
from clew.logs.schema_files import load_schemas
from tests.support import FEWER, HOSTILE, hosts

AT = datetime(2026, 3, 17, 9, 15, tzinfo=UTC)
GUID, PARENT = "b34bc01c-7fae-5f63-1000-000000000400", "b34bc01c-7fae-5f63-0f00-000000000400"
HOST = Host("ws01.corp.example")
PROCESS = Process(GUID, host="ws01.corp.example")
SCHEMAS = load_schemas().views
VIEWS = sorted(SCHEMAS)
TYPED = {"time", "process_started", "parent_started"}
NUMBERS = {"process_pid", "parent_pid", "target_pid"}


def links(view: str, *rows: dict[str, Any]) -> tuple[tuple[Link, ...], int]:
    """The links of rows that are given by column name."""
    columns = SCHEMAS[view].columns
    common = {"time": AT, "host_name": "ws01.corp.example"}
    assert not {name for row in rows for name in row} - {*columns}
    return map_rows(SCHEMAS[view].rows, columns, [tuple((common | row).get(name) for name in columns) for row in rows])


def said(view: str, *rows: dict[str, Any]) -> set[tuple[object, Relation, object]]:
    """The statements alone."""
    found, bad = links(view, *rows)
    assert bad == 0
    return {(link.source, link.relation, link.target) for link in found}


def test_every_view_names_entities():
    """Each view makes entities out of columns that it has, and says how they are related."""
    for schema in SCHEMAS.values():
        assert {column for part in schema.rows.entities.values() for column in part.columns} <= set(schema.columns)
        ends = {end for source, _, target in schema.rows.links for end in (source, target)}
        assert ends <= set(schema.rows.entities)
        assert schema.rows.links


def test_a_process_row():
    """A started process has a parent, a host, an account and an image at its place."""
    row = {
        "process_entity_id": GUID,
        "process_pid": 6700,
        "process_started": AT,
        "parent_entity_id": PARENT,
        "process_executable": "C:\\a.exe",
        "process_hash_sha256": "a" * 64,
        "user_domain": "CORP",
        "user_name": "alice",
    }
    image, place = File("a" * 64), File(path="C:\\a.exe", host="ws01.corp.example")
    assert said("processes", row) == {
        (Process(PARENT, host="ws01.corp.example"), Relation.CREATED, PROCESS),
        (PROCESS, Relation.RAN_ON, HOST),
        (PROCESS, Relation.RAN_AS, Account("CORP\\alice")),
        (PROCESS, Relation.EXECUTES, image),
        (image, Relation.LOCATED_AT, place),
    }
    assert said("processes", {"process_pid": 4}) == set()


@pytest.mark.parametrize(
    ("outcome", "relation"), [("success", Relation.LOGGED_ON_TO), ("failure", Relation.FAILED_LOGON_TO)]
)
def test_a_logon_row(outcome, relation):
    """A logon says who, to where, and from where; a failed one is never told as a logon."""
    row = {"event_outcome": outcome, "user_id": "S-1-5-21-1-2-3-1104", "source_ip": "192.0.2.9", "source_host": "ws02"}
    account, address = Account("S-1-5-21-1-2-3-1104"), IpAddress("192.0.2.9")
    assert said("logons", row) == {
        (account, relation, HOST),
        (account, Relation.AUTHENTICATED_FROM, address),
        (HOST, Relation.LOGGED_ON_FROM, address),
        (HOST, Relation.LOGGED_ON_FROM, Host("ws02")),
    }


def test_a_row_recorded_before_a_column_was_there():
    """Rows without a column of the view name the entities that are told by the others."""
    row = {
        "process_entity_id": GUID,
        "dns_question_name": "cdn.evil.example",
        "time": AT,
        "host_name": "ws01.corp.example",
    }
    columns = [name for name in SCHEMAS["resolutions"].columns if name != "source_ip"]
    found, bad = map_rows(SCHEMAS["resolutions"].rows, columns, [tuple(map(row.get, columns))])
    assert {(link.source, link.relation, link.target) for link in found} == {
        (PROCESS, Relation.QUERIED, Domain("cdn.evil.example")),
        (PROCESS, Relation.RAN_ON, HOST),
    }
    assert bad == 0


def test_a_connection_row():
    """A connection is the process's if the row tells which, else the host's."""
    ends = {"local_ip": "192.0.2.1", "peer_ip": "198.51.100.7"}
    peer, local = IpAddress("198.51.100.7"), (HOST, Relation.HAS_ADDRESS, IpAddress("192.0.2.1"))
    assert said("connections", {**ends, "process_entity_id": GUID}) == {
        (PROCESS, Relation.COMMUNICATES_WITH, peer),
        (PROCESS, Relation.RAN_ON, HOST),
        local,
    }
    assert said("connections", ends) == {(HOST, Relation.COMMUNICATES_WITH, peer), local}


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "0.0.0.0", "::", None, ""])
def test_addresses_that_mean_nobody_make_no_link(address):
    """Loopback and unspecified addresses say nothing about anybody, and are no bad cells either."""
    assert said("connections", {"peer_ip": address}) == set()


def test_a_resolution_row():
    """A query links process, name and answer."""
    row = {"process_entity_id": GUID, "dns_question_name": "evil.example", "dns_resolved_ip": "198.51.100.7"}
    assert said("resolutions", row) == {
        (PROCESS, Relation.QUERIED, Domain("evil.example")),
        (PROCESS, Relation.RAN_ON, HOST),
        (Domain("evil.example"), Relation.RESOLVES_TO, IpAddress("198.51.100.7")),
    }


def test_a_file_row_and_an_access_row():
    """A created file is a place; an access goes from process to process."""
    placed = {"process_entity_id": GUID, "file_path": "C:\\b.exe"}
    place = File(path="C:\\b.exe", host="ws01.corp.example")
    assert (PROCESS, Relation.CREATED, place) in said("files", placed)
    opened = {"process_entity_id": GUID, "target_entity_id": PARENT}
    target = Process(PARENT, host="ws01.corp.example")
    assert (PROCESS, Relation.ACCESSED, target) in said("accesses", opened)


def test_rows_that_say_the_same_are_one_link():
    """One link for each statement, in the order of its first row, with a pointer to each row and the span of time."""
    first, other = {"peer_ip": "198.51.100.7"}, {"peer_ip": "198.51.100.8"}
    later, timeless = {**first, "time": AT + timedelta(hours=1)}, {**first, "time": None}
    found, bad = links("connections", later, other, first, timeless)
    assert bad == 0
    assert [(str(link.target), link.pointers) for link in found] == [
        ("198.51.100.7", ("/rows/0", "/rows/2", "/rows/3")),
        ("198.51.100.8", ("/rows/1",)),
    ]
    assert (found[0].observed_first, found[0].observed_last) == (AT, AT + timedelta(hours=1))
    assert links("connections", timeless)[0][0].observed_first is None


def test_a_bad_cell_costs_only_itself():
    """A damaged address loses the link that needs it; the rest of the row, and every other row, is kept."""
    good = {"process_entity_id": GUID, "peer_ip": "198.51.100.7", "local_ip": "192.0.2.1"}
    whole, bad = links("connections", good, {**good, "peer_ip": "198.51.100.999"}, good)
    assert bad == 1
    pointers = {link.relation: link.pointers for link in whole}
    assert pointers[Relation.COMMUNICATES_WITH] == ("/rows/0", "/rows/2")
    assert pointers[Relation.RAN_ON] == ("/rows/0", "/rows/1", "/rows/2")
    assert pointers[Relation.HAS_ADDRESS] == ("/rows/0", "/rows/1", "/rows/2")


@pytest.mark.parametrize("name", ["2k19-dc01", "7zip.corp.example", "1st"])
def test_a_host_may_begin_with_a_digit(name):
    """A name that begins with a digit is a host; an address in its place is none, and no bad cell."""
    assert said("connections", {"host_name": name, "peer_ip": "198.51.100.7"}) == {
        (Host(name), Relation.COMMUNICATES_WITH, IpAddress("198.51.100.7"))
    }
    for address in ("192.0.2.4", "2001:db8::4"):
        assert said("connections", {"host_name": address, "peer_ip": "198.51.100.7"}) == set()


@pytest.mark.parametrize(
    ("row", "account"),
    [
        (
            {"user_id": "S-1-5-18", "user_domain": "NT AUTHORITY", "user_name": "SYSTEM"},
            Account("S-1-5-18", host="ws01.corp.example"),
        ),
        ({"user_id": "S-1-5-21-1-2-3-500", "user_name": "admin"}, Account("S-1-5-21-1-2-3-500")),
        ({"user_name": "alice@corp.example"}, Account("alice@corp.example")),
        ({"user_name": "alice", "user_domain": "CORP"}, Account("CORP\\alice")),
        ({"user_name": "alice"}, Account("alice", host="ws01.corp.example")),
    ],
)
def test_an_account_by_whatever_is_told(row, account):
    """SID, UPN, domain and name, or a name alone, which is one on that machine."""
    assert said("logons", {"event_outcome": "success", **row}) == {(account, Relation.LOGGED_ON_TO, HOST)}


@pytest.mark.parametrize("view", VIEWS)
@FEWER
@given(data=st.data())
def test_no_row_breaks_a_view(view, data):
    """Whatever stands in the cells, rows give links and a count of bad cells, and pointers name rows that exist."""
    text = st.one_of(st.none(), st.sampled_from(HOSTILE), hosts, st.just(GUID), st.text(max_size=20))
    columns = SCHEMAS[view].columns
    cells = [
        st.one_of(st.none(), st.just(AT)) if name in TYPED else st.integers() if name in NUMBERS else text
        for name in columns
    ]
    rows = data.draw(st.lists(st.tuples(*cells), max_size=4))
    found, bad = map_rows(SCHEMAS[view].rows, columns, rows)
    assert 0 <= bad <= len(rows) * len(SCHEMAS[view].rows.entities)
    assert {pointer for link in found for pointer in link.pointers} <= {f"/rows/{n}" for n in range(len(rows))}
