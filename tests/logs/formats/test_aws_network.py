"""What load balancers and networks of AWS log: each line is a request or a flow, and none is lost."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import IpAddress
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.engines.duckdb_source import DuckDbSource
from clew.logs.event_mapper import EventKind
from clew.logs.formats import aws_flow_log, aws_load_balancer
from clew.logs.formats.log_format import FileHead, LogFile, LogFormat, Match
from clew.logs.formats.registry import recognised_format
from clew.logs.query_packs import load_queries
from tests.logs.events import ask, rows

CLASSIC = (
    "2026-03-17T09:15:00.123456Z web 192.0.2.9:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "
    '"GET http://www.example:80/a?b=c HTTP/1.1" "curl/8" - -'
)
APPLICATION = (
    "https 2026-03-17T09:15:01.5Z app/web/50dc 192.0.2.9:2818 - -1 -1 -1 403 - 34 366 "
    '"POST https://www.example:443/login HTTP/2.0" "Mozilla/5.0" ECDHE TLSv1.2 arn:aws:x "Root=1" "www.example" "arn" '
    '0 2026-03-17T09:15:01.5Z "waf" "-" "-" "-" "-" "-" "-"'
)
FLOW = "2 123456789010 eni-1 192.0.2.9 198.51.100.7 50000 443 6 20 4249 1773738900 1773738960 ACCEPT OK"
NO_DATA = "2 123456789010 eni-1 - - - - - - - 1773738900 1773738960 - NODATA"
CUSTOM = "srcaddr dstaddr dstport action start tcp-flags\n198.51.100.7 192.0.2.9 22 REJECT 1773738901 2\n1 2"

LINES = st.lists(st.one_of(st.sampled_from([CLASSIC, APPLICATION, FLOW, NO_DATA]), st.text(max_size=60)), max_size=8)


def connect(tmp_path: Path, text: str) -> DuckDbSource:
    path = tmp_path / "aws.log"
    path.write_text(text, "utf-8")
    return ENGINE.open(str(path), tmp_path / "cache")


def test_a_request_has_its_client_and_its_target(tmp_path):
    """Of both kinds of balancers; a request without a target has none, and the name comes from the URL or the log."""
    first, second = rows(connect(tmp_path, f"{CLASSIC}\n{APPLICATION}\n"), "web_requests")
    assert (first["source_ip"], first["destination_ip"], first["destination_port"]) == ("192.0.2.9", "10.0.0.1", 80)
    assert (first["http_method"], first["url_path"], first["http_status"]) == ("GET", "/a?b=c", 200)
    assert first["url_full"] == "http://www.example/a?b=c"
    assert (second["destination_ip"], second["url_domain"], second["http_status"]) == (None, "www.example", 403)
    assert (second["event_action"], second["user_agent"]) == ("waf", "Mozilla/5.0")


def test_a_flow_is_a_connection(tmp_path):
    """In the default order or under a header; one without data is of no view, one of another width damaged."""
    source = connect(tmp_path, f"{FLOW}\n{NO_DATA}\n{CUSTOM}\n")
    first, second = rows(source, "connections")
    assert (first["local_ip"], first["peer_ip"], first["peer_port"]) == ("192.0.2.9", "198.51.100.7", 443)
    assert (first["network_transport"], first["local_bytes"], first["event_action"]) == ("tcp", 4249, "ACCEPT")
    assert (second["local_ip"], second["event_action"]) == ("198.51.100.7", "REJECT")
    assert source.coverage.total(EventKind.NO_VIEW) == source.coverage.total(EventKind.DAMAGED) == 1
    assert ask(source, load_queries()["IpAddress.flows"], IpAddress("198.51.100.7")).returned == 2


@pytest.mark.parametrize(
    ("content", "log_format"),
    [
        (CLASSIC, aws_load_balancer.FORMAT),
        (APPLICATION, aws_load_balancer.FORMAT),
        (FLOW, aws_flow_log.FORMAT),
        (CUSTOM, aws_flow_log.FORMAT),
    ],
)
def test_each_is_recognised_by_its_lines(content, log_format):
    """And by no other format."""
    head = FileHead("aws.log", content.encode())
    assert recognised_format(head) is log_format
    assert log_format.recognises(FileHead("a", b"2 things to do\n")) is Match.NONE


def test_a_real_log_is_read_whole(shared_data, tmp_path):
    """Of the sample of plaso every line is a request or a session, with its client."""
    source = ENGINE.open(str(shared_data("linux-web-logs") / "aws_elb_access.log"), tmp_path)
    requests, sessions = rows(source, "web_requests"), rows(source, "tls_sessions")
    assert (len(requests), len(sessions), source.description.counts["rows"]) == (14, 2, 16)
    assert source.coverage.total(EventKind.DAMAGED) == 0
    assert all(row["source_ip"] and row["time"] for row in (*requests, *sessions))


@pytest.mark.parametrize("log_format", [aws_load_balancer.FORMAT, aws_flow_log.FORMAT])
@given(lines=LINES)
def test_no_line_is_lost(log_format: LogFormat, lines: list[str]):
    """Whatever stands in a line, it is one event."""
    content = "\n".join(line.replace("\n", " ").replace("\r", " ") for line in lines).encode("utf-8", "replace")
    events = [*log_format.events(LogFile("a", log_format, io.BufferedReader(io.BytesIO(content))))]
    assert len(events) == sum(bool(line.strip()) for line in content.split(b"\n"))
