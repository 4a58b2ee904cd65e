"""What web servers, proxies and the Windows firewall log: each line is a request or a connection, and none is lost."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, IpAddress, Relation, Url
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.engines.duckdb_source import DuckDbSource
from clew.logs.event_mapper import EventKind
from clew.logs.formats import access_log, squid_access, w3c_extended
from clew.logs.formats.log_format import FileHead, LogFile, LogFormat, Match
from clew.logs.formats.registry import recognised_format
from clew.logs.query_packs import load_queries
from clew.logs.sigma.detector import detect
from tests.logs.events import ask, rows

COMMON = '192.0.2.9 - alice [17/Mar/2026:10:15:00 +0100] "GET /a/b.php?c=d HTTP/1.1" 200 494'
COMBINED = f'{COMMON} "https://www.example/start" "Mozilla/5.0 (X11)"'
SQUID = (
    "1773738900.525 12 192.0.2.9 TCP_MISS/200 1785 GET HTTP://WWW.example/a?b alice HIER_DIRECT/198.51.100.7 text/html"
)
TUNNEL = "1773738901.000 9 192.0.2.9 TCP_TUNNEL/200 99 CONNECT files.example:443 - HIER_DIRECT/198.51.100.8 -"
IIS = """#Software: Microsoft Internet Information Services 10.0
#Version: 1.0
#Date: 2026-03-17 09:15:00
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status
2026-03-17 09:15:00 198.51.100.7 POST /owa/auth.aspx x=1%27 443 CORP\\alice 192.0.2.9 Mozilla/5.0+(Windows) 500
#Fields: time c-ip cs-method cs-uri-stem sc-status s-computername
09:16:00 192.0.2.10 GET /shell.aspx 200 WEB01
"""
CLOUDFRONT = (
    "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status "
    "cs(Referer) cs(User-Agent) cs-uri-query x-edge-result-type x-host-header cs-protocol\n2026-03-17\t09:15:00\tFRA2"
    "\t100\t192.0.2.9\tGET\td1.cdn.example\t/a.js\t200\t-\tMozilla/5.0%20(X11)\tv=2\tHit\twww.example\thttps\n"
)
FIREWALL = (
    "#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n#Fields: date time action protocol "
    "src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path\n"
    "2026-03-17 09:15:00 DROP TCP 198.51.100.7 192.0.2.9 4000 445 52 S 1 0 1 - - - RECEIVE\n"
    "2026-03-17 09:15:01 ALLOW UDP 192.0.2.9 198.51.100.8 50000 53 0 - - - - - - - SEND\n"
)


def connect(tmp_path: Path, text: str) -> DuckDbSource:
    path = tmp_path / "web.log"
    path.write_text(text, "utf-8")
    return ENGINE.open(str(path), tmp_path / "cache")


def requests(tmp_path: Path, text: str) -> list[dict[str, Any]]:
    return rows(connect(tmp_path, text), "web_requests")


def filled(row: dict[str, Any]) -> dict[str, Any]:
    return {name: cell for name, cell in row.items() if cell is not None and name not in ("raw", "source", "row")}


def test_a_line_of_apache_is_a_request(tmp_path):
    """Client, user, time in UTC, method, path, status, size, and where the log has them the referrer and the agent."""
    common, combined = requests(tmp_path, f"{COMMON}\n{COMBINED}\n")
    assert common["time"].isoformat() == "2026-03-17T09:15:00"
    assert filled(combined) == {
        **filled(common),
        "source_ip": "192.0.2.9",
        "user_name": "alice",
        "http_method": "GET",
        "url_path": "/a/b.php?c=d",
        "http_status": 200,
        "response_bytes": 494,
        "http_referrer": "https://www.example/start",
        "user_agent": "Mozilla/5.0 (X11)",
        "dataset": "access-log",
    }


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (f"www.example:443 {COMBINED}", {"cs-host": "www.example:443", "c-ip": "192.0.2.9"}),
        (f'{COMBINED} "203.0.113.5" 0.012', {"extra": '"203.0.113.5" 0.012'}),
        (COMMON.replace("GET /a/b.php?c=d HTTP/1.1", "\\x16\\x03\\x01"), {"cs-request": "\x16\x03\x01"}),
        (COMMON.replace("/a/b.php?c=d", '/a\\"b'), {"cs-uri": '/a"b', "cs-method": "GET"}),
        (COMMON.replace("/a/b.php?c=d", '/?q=<a b="c">'), {"cs-uri-query": 'q=<a b="c">', "sc-status": "200"}),
        (COMMON.replace("GET /a/b.php?c=d HTTP/1.1", "-").replace("200 494", "408 -"), {"sc-status": "408"}),
    ],
)
def test_what_servers_add_and_clients_send_is_read(line, fields):
    """More fields, escapes, quotation marks that nobody escaped, and what is no HTTP at all cost no line."""
    found = access_log.line_fields(line)
    assert found is not None
    assert fields.items() <= found.items()


def test_a_request_through_squid_has_its_url(tmp_path):
    """The URL is spelled as the entity spells it, a tunnel has the name alone, and both lead on."""
    source = connect(tmp_path, f"{SQUID}\n{TUNNEL}\n")
    whole, tunnel = rows(source, "web_requests")
    assert (whole["url_full"], whole["url_domain"], whole["url_path"]) == (
        "http://www.example/a?b",
        "www.example",
        "/a?b",
    )
    assert (whole["destination_ip"], whole["event_action"], whole["http_status"]) == ("198.51.100.7", "TCP_MISS", 200)
    assert (tunnel["url_full"], tunnel["url_domain"]) == (None, "files.example")
    queries = load_queries()
    finding = ask(source, queries["Url.web_requests"], Url("http://www.example/a?b"))
    client = IpAddress("192.0.2.9")
    assert (client, Relation.COMMUNICATES_WITH, Url("http://www.example/a?b")) in {
        (link.source, link.relation, link.target) for link in finding.links
    }
    assert ask(source, queries["Domain.web_requests"], Domain("files.example")).returned == 1
    assert ask(source, queries["IpAddress.web_requests"], client, path="A?").returned == 1


def test_the_fields_of_iis_may_change_within_a_file(tmp_path):
    """Each row is read under the fields before it; the day may stand in the header, blanks as plus signs."""
    first, second = requests(tmp_path, IIS)
    assert (first["source_ip"], first["destination_ip"], first["destination_port"]) == (
        "192.0.2.9",
        "198.51.100.7",
        443,
    )
    assert (first["url_path"], first["user_agent"]) == ("/owa/auth.aspx?x=1%27", "Mozilla/5.0 (Windows)")
    assert (first["user_domain"], first["user_name"]) == ("CORP", "alice")
    assert (second["time"].isoformat(), second["host_name"], second["http_status"]) == (
        "2026-03-17T09:16:00",
        "web01",
        200,
    )


def test_cloudfront_says_scheme_and_host(tmp_path):
    """Its rows are parted by tabs, and the URL is whole."""
    (row,) = requests(tmp_path, CLOUDFRONT)
    assert (row["url_full"], row["user_agent"]) == ("https://www.example/a.js?v=2", "Mozilla/5.0 (X11)")
    assert row["event_action"] == "Hit"


def test_connections_of_the_windows_firewall_have_a_direction(tmp_path):
    """What was received has the machine at its destination; whose zone the times are in is told as assumed."""
    source = connect(tmp_path, FIREWALL)
    dropped, allowed = rows(source, "connections")
    assert (dropped["local_ip"], dropped["local_port"], dropped["peer_ip"]) == ("192.0.2.9", 445, "198.51.100.7")
    assert (dropped["initiated"], dropped["event_action"]) == (False, "DROP")
    assert (allowed["peer_ip"], allowed["peer_port"], allowed["initiated"]) == ("198.51.100.8", 53, True)
    assert "assumed for web.log: times are those of the machine's own zone" in str(source)


@pytest.mark.parametrize(
    ("log_format", "content", "match"),
    [
        (access_log.FORMAT, COMBINED, Match.SHAPE),
        (access_log.FORMAT, SQUID, Match.NONE),
        (squid_access.FORMAT, f"{SQUID}\n{TUNNEL}", Match.SHAPE),
        (squid_access.FORMAT, COMBINED, Match.NONE),
        (w3c_extended.FORMAT, IIS, Match.SIGNATURE),
        (w3c_extended.FORMAT, FIREWALL, Match.SIGNATURE),
        (w3c_extended.FORMAT, "# notes\nof mine\n#Fields: a b\n", Match.NONE),
        (w3c_extended.FORMAT, "", Match.NONE),
    ],
)
def test_each_is_recognised_by_its_lines(log_format, content, match):
    """And by no other of them."""
    head = FileHead("web.log", content.encode())
    assert log_format.recognises(head) is match
    assert match is Match.NONE or recognised_format(head) is log_format


def test_rules_for_web_servers_and_proxies_match(tmp_path):
    """A rule names the fields as Sigma does, whichever server logged the request."""
    rule = """
title: A made-up request
logsource: {{category: {category}}}
detection:
  selection: {{{field}|contains: {text}}}
  condition: selection
"""
    for number, (text, category, field, word) in enumerate(
        [
            (COMBINED, "webserver", "cs-uri-query", "c=d"),
            (COMBINED, "webserver", "cs-user-agent", "X11"),
            (IIS, "webserver", "cs-uri-stem", "shell.aspx"),
            (SQUID, "proxy", "c-uri", "www.example/a"),
            (TUNNEL, "proxy", "cs-host", "files.example"),
            (CLOUDFRONT, "proxy", "c-useragent", "X11"),
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        source = connect(folder, text)
        assert len(detect([source], rule.format(category=category, field=field, text=word))) == 1, field
        assert len(detect([source], rule.format(category=category, field=field, text="nothing-like-it"))) == 0


def test_real_logs_are_read_whole(shared_data, tmp_path):
    """Of the samples of plaso every line is a row, those with quotation marks in the request among them."""
    folder = shared_data("linux-web-logs")
    for name, view, count in (("apache_access.log", "web_requests", 15), ("iis", "web_requests", 14)):
        source = ENGINE.open(str(folder / name), tmp_path)
        assert len(rows(source, view)) == source.description.counts["rows"] == count
        assert source.coverage.total(EventKind.DAMAGED, EventKind.NO_TIME) == 0
    assert len(rows(ENGINE.open(str(folder / "windows_firewall.log"), tmp_path), "connections")) == 14


@pytest.mark.parametrize("log_format", [access_log.FORMAT, squid_access.FORMAT, w3c_extended.FORMAT])
@given(data=st.data())
def test_no_line_is_lost(log_format: LogFormat, data: st.DataObject):
    """Whatever stands in a line, it is one event or, in the W3C's format, a line of the header."""
    line = st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=80)
    known = [COMBINED, SQUID, TUNNEL, *IIS.splitlines(), *FIREWALL.splitlines()]
    lines = data.draw(st.lists(st.one_of(line, st.sampled_from(known)), max_size=8))
    content = "\n".join(lines).encode()
    events = [*log_format.events(LogFile("a", log_format, io.BufferedReader(io.BytesIO(content))))]
    is_w3c = log_format is w3c_extended.FORMAT
    expected_lines = [item for item in lines if item.strip() and not (is_w3c and item.startswith("#"))]
    assert len(events) == len(expected_lines)
