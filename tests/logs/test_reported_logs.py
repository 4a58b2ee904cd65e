"""Logs that users of such tools reported, each in a layout or a spelling that was not understood somewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clew import Domain, Finding, Host, Investigation, IpAddress, Outcome
from clew.logs.engines.protocol import LogSource
from clew.pivots.session import workspace

Connect = Callable[[str], LogSource]
TIME = "2026-03-17T09:15:00.123"


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Investigation]:
    """An open case, which the pivots of a test are asked in; the process has no logs besides."""
    monkeypatch.setattr(workspace(), "logs", ())
    with Investigation.open(tmp_path / "x.clew") as opened_case:
        yield opened_case


@pytest.fixture
def connect(shared_data, case: Investigation) -> Connect:
    """Connect a folder or a file of the reported cases, alone."""
    folder = shared_data("../cases").resolve()
    return lambda name: case.connect(folder / name)


def times(finding: Finding) -> set[str]:
    return {str(record["time"])[:23] for record in finding.table.records()}


def test_windows_events_in_the_layouts_of_other_tools(connect: Connect) -> None:
    """Velociraptor, EvtxECmd, Elasticsearch and Splunk write one process each, and all four are found by their host."""
    connect("10-logs-layout-not-known")
    finding = Host("ws01.corp.example").query.processes()
    records = [*finding.table.records()]
    assert {record["source"] for record in records} == {
        "elastic_source.ndjson",
        "evtxecmd.csv",
        "splunk.json",
        "velociraptor.json",
    }
    assert {(record["process_executable"], record["process_pid"]) for record in records} == {
        ("C:\\Windows\\System32\\cmd.exe", 6700)
    }
    assert times(finding) == {TIME}


@pytest.mark.parametrize("name", ["evtx_separate.jsonl", "sentinel.csv", "sentinel_portal.csv"])
def test_times_under_other_names(connect: Connect, name: str) -> None:
    """Whatever the time is called, and however it is written, a window finds the row, and its process has a start."""
    connect(f"13-logs-time-not-read/{name}")
    finding = Host("ws01.corp.example").query.processes(start="2026-03-17Z", end="2026-03-18Z")
    assert times(finding) == {TIME}
    assert "process" in {entity.kind for entity in finding.entities}


def test_ipv6_in_full(connect: Connect) -> None:
    """An address that Sysmon writes in full is found, and a firewall's row of the same connection is the same one."""
    connect("15-logs-ipv6-spelling/sysmon.ndjson")
    assert IpAddress("2001:db8::1").query.connections().returned == 1


def test_ipv6_of_two_sensors(connect: Connect) -> None:
    """One connection that two sensors spell differently is told once."""
    connect("15-logs-ipv6-spelling/sysmon_and_firewall.ndjson")
    assert IpAddress("2001:db8::1").query.connections().returned == 1


def test_names_as_entities_spell_them(connect: Connect) -> None:
    """Case, a final dot, and letters outside ASCII make no other name; an answer is found by its address."""
    connect("17-logs-names")
    assert Domain("upper.example").query.resolutions().returned == 1
    assert Domain("bücher.example").query.resolutions().returned == 2
    assert IpAddress("2001:db8::6").query.resolutions().returned == 1


def test_numbers_that_became_floats(connect: Connect) -> None:
    """A process id with a fraction of nought is the id; a row without its event id is told as one of no kind."""
    source = connect("18-logs-number-as-float")
    (record,) = Host("ws01.corp.example").query.processes().table.records()
    assert record["process_pid"] == 6700
    assert source.description.counts["unknown"] == 1


def test_one_bad_file(connect: Connect) -> None:
    """An empty file costs itself, and is told by name and reason."""
    source = connect("19-one-bad-file")
    assert dict(source.coverage.skipped_files)["empty.json"] == "the file is empty"
    assert Host("ws01.corp.example").query.processes().returned == 1


def test_json_documents_one_behind_the_other(connect: Connect) -> None:
    """Documents over several lines, one behind another, are the events of a file."""
    source = connect("44-json-one-behind-the-other")
    assert source.description.counts["rows"] == 2


def test_security_events_without_a_channel(connect: Connect) -> None:
    """A table of SecurityEvent that has lost its channel is understood by its event id and fields."""
    connect("45-security-events-without-channel")
    finding = Host("ws01.corp.example").query.processes()
    assert times(finding) == {TIME}


def test_what_nobody_understands_is_not_nothing(case: Investigation, tmp_path: Path) -> None:
    """With rows of no known layout alone, a question is skipped, and says what it needs and what is there."""
    (tmp_path / "x.csv").write_text("who,what\nalice,cake\nbob,tea\n")
    case.connect(tmp_path / "x.csv")
    finding = Host("ws01.corp.example").query.processes()
    assert finding.outcome is Outcome.SKIPPED
    assert "no connected logs can have rows of processes: 2 rows of no known layout" in finding.reason
    assert "sysmon" in finding.reason
