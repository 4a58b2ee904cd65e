"""Zeek's logs are read by their own header, and meet what hosts logged on addresses and ports."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew import Domain, Investigation, IpAddress
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.engines.protocol import LogSource
from tests.support import FEWER

HEADER = """#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\t{path}
#open\t2026-03-17-09-00-00
#fields\t{names}
#types\t{types}
"""
CONN = HEADER.format(
    path="conn",
    names="ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\ttunnel_parents",
    types="time\tstring\taddr\tport\taddr\tport\tenum\tset[string]",
)
DNS = HEADER.format(
    path="dns",
    names="ts\tuid\tid.orig_h\tid.resp_h\tquery\tanswers",
    types="time\tstring\taddr\taddr\tstring\tvector[string]",
)
FLOWS = [
    "1773738900.123000\tC1\t192.0.2.1\t50000\t198.51.100.7\t443\ttcp\t(empty)",
    "1773738901.5\tC2\t2001:db8:0:0::1\t50001\t2001:db8::2\t53\tudp\tC1,C9",
]
LOOKUP = "1773738902.0\tC3\t192.0.2.1\t192.0.2.53\tCDN.Evil.example\talias.example,198.51.100.7"


def connected(folder: Path, **files: str) -> LogSource:
    logs = folder / "logs"
    logs.mkdir()
    for name, content in files.items():
        (logs / f"{name}.log").write_bytes(content.encode("utf-8", "surrogateescape"))
    return ENGINE.open(str(logs), folder / "cache")


def test_flows_and_lookups_are_found_by_what_they_name(tmp_path: Path) -> None:
    """An address is found in both directions, in any spelling; a name with the address that it resolved to."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "conn.log").write_text(CONN + "\n".join(FLOWS) + "\n#close\t2026-03-17-10-00-00\n")
    (logs / "dns.log").write_text(DNS + LOOKUP + "\n")
    with Investigation.open(tmp_path / "x.clew") as case:
        case.connect(logs)
        (record,) = IpAddress("192.0.2.1").query.flows().table.records()
        assert (str(record["time"])[:23], record["peer_ip"], record["peer_port"], record["network_transport"]) == (
            "2026-03-17T09:15:00.123",
            "198.51.100.7",
            443,
            "tcp",
        )
        finding = IpAddress("2001:db8::2").query.flows()
        assert {f"{link.source} {link.relation} {link.target}" for link in finding.links} == {
            "2001:db8::1 communicates-with 2001:db8::2"
        }
        (record,) = Domain("cdn.evil.example").query.resolutions().table.records()
        assert record["dns_resolved_ip"] == "198.51.100.7"


def test_every_row_is_counted_once(tmp_path: Path) -> None:
    """A row of another width, or before any header, is damaged; a log of no view is told by its name."""
    weird = HEADER.format(path="weird", names="ts\tname", types="time\tstring") + "1773738900.0\tbad_tcp\n"
    source = connected(tmp_path, conn=CONN + "\n".join([*FLOWS, "1\t2", "", "x"]), weird=weird)
    assert source.description.counts == {"files": 2, "rows": 3, "damaged": 2}
    assert "1 of no view: zeek: weird" in str(source)
    source.close()


def test_a_header_may_change(tmp_path: Path) -> None:
    """In files that were put together, each row is read by the header that stands last before it."""
    source = connected(tmp_path, both=CONN + FLOWS[0] + "\n" + DNS + LOOKUP + "\n" + CONN + FLOWS[1] + "\n")
    assert (source.description.counts["rows"], source.description.counts["damaged"]) == (3, 0)
    assert len(source.select("SELECT * FROM connections", {}, 10).rows) == 2
    source.close()


@pytest.mark.long
def test_host_and_sensor_meet(shared_data, tmp_path: Path) -> None:
    """Of the flows that Sysmon recorded on the victim, as many have the addresses and ports of one of Zeek's as were
    counted in the recordings before; and those besides that the two spell differently.
    """
    folder = shared_data("incident-pandalab") / "campaign_03"
    source = ENGINE.open(str(folder), tmp_path / "cache")
    tuples = {
        dataset: {
            (row[0], row[1], row[2], row[3]) if row[4] is not False else (row[2], row[3], row[0], row[1])
            for row in rows_of(source, dataset)
        }
        for dataset in ("sysmon", "zeek")
    }
    common = tuples["sysmon"] & tuples["zeek"]
    assert (len(tuples["sysmon"]), sum(":" not in str(flow[0]) for flow in common)) == (155, 109)
    assert any(":" in str(flow[0]) for flow in common)
    source.close()


def rows_of(source: LogSource, dataset: str) -> list[tuple[object, ...]]:
    found = source.select("SELECT * FROM connections WHERE dataset = $dataset", {"dataset": dataset}, 100_000)
    names = ("local_ip", "local_port", "peer_ip", "peer_port", "initiated")
    indexes = [found.columns.index(name) for name in names]
    return [tuple(row[index] for index in indexes) for row in found.rows]


@FEWER
@given(st.lists(st.binary(max_size=60), max_size=30))
def test_no_lines_break_it(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    """Whatever lines a log has, each one that is no header and not empty is a row or damaged."""
    lines = [line.translate(None, b"\r\n#") for line in lines]
    content = b"\n".join([CONN.encode() + FLOWS[0].encode(), *lines])
    source = connected(tmp_path_factory.mktemp("any"), conn=content.decode("utf-8", "surrogateescape"))
    counts = source.description.counts
    assert counts["rows"] + counts["damaged"] == 1 + sum(map(bool, lines))
    source.close()
