"""A table that no schema knows: what its columns are is said on the spot, kept with the case, and suggested."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import clew
from clew import Host, Investigation, IpAddress
from clew.entities import Domain, Outcome
from clew.errors import ConnectError
from clew.logs.column_map import read_column_map
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.event_mapper import EventKind
from clew.logs.log_hints import LogHints
from clew.logs.map_suggestion import suggest_columns
from clew.logs.schema_files import load_schemas
from clew.pivots.workspace import Workspace
from clew.settings import Settings
from tests.logs.events import rows

TABLE = (
    "From Addr,to,when,proto,sent,who\n"
    "192.0.2.1,198.51.100.7,17/Mar/2026:09:15:00 +0000,6,5,alice\n"
    "2001:DB8:0::1,198.51.100.8,17/Mar/2026:09:16:00 +0000,udp,6,bob\n"
)
MAP = {
    "From Addr": "source.ip",
    "to": "destination.ip",
    "when": "@timestamp",
    "proto": "network.transport",
    "sent": "source.bytes",
}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


def test_mapped_columns_are_cells_as_entities_spell_them(table, tmp_path):
    """Addresses, times and protocols are canonical, and all rows are in the view that has the columns."""
    source = ENGINE.open(str(table), tmp_path / "cache", hints=LogHints(MAP))
    first, second = rows(source, "connections")
    assert (first["local_ip"], first["peer_ip"], first["network_transport"]) == ("192.0.2.1", "198.51.100.7", "tcp")
    assert (first["time"].isoformat(), first["local_bytes"], first["dataset"]) == ("2026-03-17T09:15:00", 5, "mapped")
    assert second["local_ip"] == "2001:db8::1"
    assert source.description.hints.view == "connections"
    assert source.description.hints.columns["From Addr"] == "local_ip"


def test_a_case_keeps_what_was_said(table, tmp_path):
    """Opened again the logs answer, a replay is identical, and the same file under no map is another source."""
    workspace = Workspace(Settings(cache=tmp_path / "cache"))
    path = tmp_path / "case.clew"
    with Investigation.open(path, workspace=workspace) as case:
        plain = case.connect(table)
        mapped = case.connect(table, map=MAP)
        assert plain.description.identity != mapped.description.identity
        assert IpAddress("198.51.100.7").query.flows().returned == 1
    with Investigation.open(path, workspace=workspace) as case:
        assert IpAddress("198.51.100.8").query.flows().returned == 1
    assert Investigation.replay(path).identical


def test_a_view_may_be_named(table, tmp_path):
    """The same columns may be those of another view; a view that lacks one says what it has."""
    columns = {"From Addr": "source.ip", "to": "destination.ip", "when": "@timestamp"}
    source = ENGINE.open(str(table), tmp_path / "cache", hints=LogHints(columns, "web_requests"))
    assert [row["destination_ip"] for row in rows(source, "web_requests")] == ["198.51.100.7", "198.51.100.8"]
    with pytest.raises(ConnectError, match="the view 'processes' has no source_ip, destination_ip") as caught:
        ENGINE.open(str(table), tmp_path / "cache", hints=LogHints(columns, "processes"))
    assert "process_pid" in caught.value.next_step


@pytest.mark.parametrize(
    ("columns", "view", "message", "next_step"),
    [
        ({"From Adr": "source.ip"}, "", "there is no column 'From Adr'", "did you mean From Addr?"),
        (
            {"to": "destination.ipp"},
            "",
            "'destination.ipp', which is no column of logs",
            "did you mean destination_ip?",
        ),
        ({"to": "quux"}, "", "'quux', which is no column", "named as in the Elastic Common Schema"),
        ({"to": "row"}, "", "'row', which is no column", ""),
        ({"to": "source.ip", "From Addr": "source.ip"}, "", "both 'to' and 'From Addr'", "choose one"),
        ({"to": "source.ip"}, "conections", "there is no view 'conections'", "did you mean connections?"),
        ({"to": "source.ip", "who": "share.name", "when": "wmi.query"}, "", "no view has all of", "map fewer columns"),
    ],
)
def test_what_is_not_there_is_named_with_the_nearest(table, tmp_path, columns, view, message, next_step):
    """A column of no file, a target of no view, two for one: each error says what to write instead."""
    with pytest.raises(ConnectError, match=message) as caught:
        ENGINE.open(str(table), tmp_path / "cache", hints=LogHints(columns, view))
    assert next_step in caught.value.next_step


def test_columns_of_objects_are_reached_by_their_path(tmp_path):
    """A dotted path leads into JSON; a row that has none of the columns but its time is counted as empty."""
    path = tmp_path / "a.ndjson"
    path.write_text('{"q": {"name": "CDN.evil.example."}, "at": 1773738900}\n{"at": 1773738901, "q": {}}\n')
    source = ENGINE.open(
        str(path), tmp_path / "cache", hints=LogHints({"q.name": "dns.question.name", "at": "@timestamp"})
    )
    assert [row["dns_question_name"] for row in rows(source, "resolutions")] == ["cdn.evil.example"]
    assert source.coverage.total(EventKind.EMPTY) == 1


def test_what_is_known_already_may_be_said_otherwise(tmp_path):
    """What the user says of columns comes before what a schema knows of them."""
    path = tmp_path / "conn.ndjson"
    path.write_text('{"_path": "conn", "ts": 1773738900, "id.orig_h": "192.0.2.1", "id.resp_h": "198.51.100.7"}\n')
    columns = {"id.orig_h": "destination.ip", "id.resp_h": "source.ip", "ts": "@timestamp"}
    (row,) = rows(ENGINE.open(str(path), tmp_path / "cache", hints=LogHints(columns)), "connections")
    assert (row["local_ip"], row["peer_ip"]) == ("198.51.100.7", "192.0.2.1")


def test_a_map_is_suggested_and_can_be_pasted(table, tmp_path):
    """Rows of no known layout come with a map out of names and values, in Python and for the command line."""
    source = ENGINE.open(str(table), tmp_path / "cache")
    line = next(line for line in source.coverage.lines() if "map=" in line)
    suggestion = eval(line.partition("map=")[2])
    assert suggestion == {
        "when": "@timestamp",
        "From Addr": "source.ip",
        "to": "destination.ip",
        "proto": "network.transport",
    }
    again = ENGINE.open(str(table), tmp_path / "cache", hints=LogHints(suggestion))
    assert len(rows(again, "connections")) == 2
    command = next(line for line in source.coverage.lines(is_for_commands=True) if "--map" in line)
    words = shlex.split(command.partition("are: ")[2])
    assert words[2:4] == ["--map", "From Addr=source.ip"]


@pytest.mark.parametrize(
    ("rows_of_table", "columns"),
    [
        ([{"src": "not an address"}], {}),
        ([{"a": "192.0.2.1", "b": "198.51.100.7"}], {"a": "source.ip", "b": "destination.ip"}),
        ([{"h": "d" * 64, "n": 5}], {"h": "file.hash.sha256"}),
        ([{"link": "https://a.example/", "x": ""}], {"link": "url.full"}),
        (
            [{"Time": "2026-03-17T09:15:00Z", "Host": "WS01", "User": "a"}],
            {"Time": "@timestamp", "Host": "host.name", "User": "user.name"},
        ),
        ([{"count": 1773738900}], {}),
        ([], {}),
    ],
)
def test_values_decide_over_names(rows_of_table, columns):
    """A name alone is not enough where values say otherwise, and a number is no time because it could be one."""
    assert suggest_columns(rows_of_table) == columns


@pytest.mark.parametrize("view", sorted(load_schemas().views))
def test_every_view_can_be_mapped_to(view):
    """Each column of each view that is not clew's own is a target."""
    schemas = load_schemas()
    targets = [name for name in schemas.views[view].columns if name not in ("dataset", "source", "row")]
    column_map = read_column_map({f"c{name}": name for name in targets}, schemas, view)
    assert {*column_map.columns} == {*targets}
    assert column_map.schema().maps


def test_the_process_wide_connect_takes_a_map_too(tmp_path):
    """Without a case it is the same word."""
    path = tmp_path / "t.csv"
    path.write_text("name,t\nwww.example,2026-03-17 09:15:00\nmail.example,2026-03-17 09:16:00\n")
    token = clew.pivots.session.workspace_variable.set(Workspace(Settings(cache=tmp_path / "cache")))
    try:
        clew.connect(path, map={"name": "dns.question.name", "t": "@timestamp"})
        assert Domain("mail.example").query.resolutions().returned == 1
        assert Domain("other.example").query.resolutions().outcome is Outcome.NOTHING
    finally:
        clew.pivots.session.workspace_variable.reset(token)


def test_the_machine_of_rows_that_name_none_may_be_said(tmp_path):
    """An audit log without a node is that of the machine that the user names; a row that names one keeps it."""
    line = "type=USER_LOGIN msg=audit(1773738900.000:9): pid=5 uid=0 msg='acct=\"root\" addr=198.51.100.7 res=failed'"
    path = tmp_path / "audit.log"
    path.write_text(f"{line}\nnode=web02 {line.replace(':9)', ':10)')}\n")
    workspace = Workspace(Settings(cache=tmp_path / "cache"))
    with Investigation.open(tmp_path / "case.clew", workspace=workspace) as case:
        source = case.connect(path, host="WEB01")
        assert [row["host_name"] for row in rows(source, "logons")] == ["web01", "web02"]
        assert source.description.hints.host == "web01"
        assert Host("web01").query.logons().returned == 1
        with pytest.raises(ConnectError, match="not a host name"):
            case.connect(path, host="a b")
    with Investigation.open(tmp_path / "case.clew", workspace=workspace):
        assert Host("web01").query.logons().returned == 1
