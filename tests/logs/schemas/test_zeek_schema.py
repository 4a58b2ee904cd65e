"""Zeek's logs become rows of views, by their name or by their fields, however their fields are spelled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clew import Investigation, IpAddress
from clew.entities import Certificate
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.event_mapper import EventKind, EventMapper
from clew.logs.schema_files import load_schemas
from tests.logs import network_events
from tests.logs.events import Event, ndjson, opened, rows

VIEWS = {
    "CONN": "connections",
    "LOOKUP": "resolutions",
    "REQUEST": "web_requests, transfers",
    "FILE": "transfers",
    "SESSION": "tls_sessions",
    "PAPER": "tls_sessions",
    "UPLOAD": "transfers",
    "MAPPED": "shares",
    "OPENED": "shares",
    "CALLED": "remote_calls",
    "TICKET": "kerberos_tickets",
    "NTLM": "logons",
    "REMOTE_DESKTOP": "rdp_sessions",
    "MAIL": "mail_messages",
    "INTEL": "alerts",
    "SIGNED": "alerts",
    "LEASE": "leases",
}


def event(name: str) -> Event:
    made: Event = getattr(network_events, name)
    return made


def underscored(fields: Event) -> Event:
    """As Corelight's exporters spell names."""
    return {name.replace(".", "_"): value for name, value in fields.items()}


def anonymous(fields: Event) -> Event:
    """As Zeek writes JSON by itself: which log it is, is the name of the file alone."""
    return {name: value for name, value in fields.items() if name != "_path"}


def nested(fields: Event) -> Event:
    """As a shipper has it that takes dots for objects."""
    made: dict[str, Any] = {}
    for name, value in fields.items():
        parent, _, child = name.rpartition(".")
        (made.setdefault(parent, {}) if parent else made)[child] = value
    return made


@pytest.mark.parametrize("name", VIEWS)
def test_a_log_is_of_its_view_in_every_spelling(name: str) -> None:
    """A row says the same with dots, with underscores, as objects, and where nothing says which log it is of."""
    mapper = EventMapper(load_schemas())
    fields = event(name)
    plain = mapper.map_event(fields)
    assert (plain.kind, plain.label) == (EventKind.IN_VIEWS, VIEWS[name])
    for spelling in (underscored, anonymous, nested, lambda item: anonymous(underscored(item))):
        assert mapper.map_event(spelling(fields)) == plain, spelling


@pytest.mark.parametrize(("name", "label"), [("ODD", "zeek: weird"), ("PASSIVE", "zeek: ftp")])
def test_what_no_view_has_is_counted_as_zeeks(name: str, label: str) -> None:
    """A log of no view is counted under its name."""
    outcome = EventMapper(load_schemas()).map_event(event(name))
    assert (outcome.kind, outcome.label) == (EventKind.NO_VIEW, label)


def test_a_log_of_no_view_is_known_by_its_fields() -> None:
    """Where nothing says which log it is, the fields do; what only looks a little like it is of no known layout."""
    mapper = EventMapper(load_schemas())
    outcome = mapper.map_event(anonymous(network_events.ODD))
    assert (outcome.kind, outcome.label) == (EventKind.NO_VIEW, "zeek: weird")
    other = {"level": "info", "message": "hello", "location": "a.py", "certificate_subject": "CN=a.example"}
    assert mapper.map_event(other).kind is EventKind.NO_LAYOUT


def test_a_download_has_the_url_of_its_request_and_the_hashes_of_its_file(tmp_path: Path) -> None:
    """files.log knows what was carried, http.log from where: one row says both, and who sent it to whom."""
    made = opened(tmp_path, ndjson([network_events.REQUEST, network_events.FILE, network_events.UPLOAD]))
    upload, download = rows(made, "transfers")
    assert (download["source_ip"], download["destination_ip"]) == ("198.51.100.7", "192.0.2.1")
    assert (download["url_full"], download["file_hash_sha256"]) == ("http://cdn.evil.example:8080/a.exe", "c" * 64)
    assert (download["network_protocol"], download["file_size"]) == ("http", 2048)
    assert (upload["source_ip"], upload["user_name"], upload["event_outcome"]) == ("192.0.2.1", "bob", "success")
    made.close()


def test_a_server_that_is_asked_by_address_has_no_name(tmp_path: Path) -> None:
    """Where the host of a request or a session is an address, the row names no domain, and lacks nothing."""
    session = {**network_events.SESSION, "server_name": "198.51.100.7"}
    logs = tmp_path / "logs"
    logs.mkdir()
    request = {**network_events.REQUEST, "host": "198.51.100.7"}
    (logs / "zeek.json").write_bytes(ndjson([request, session]))
    with Investigation.open(tmp_path / "x.clew") as case:
        case.connect(logs)
        for finding in (IpAddress("192.0.2.1").query.transfers(), IpAddress("192.0.2.1").query.tls_sessions()):
            assert (finding.returned, finding.reason) == (1, "")
            assert "domain" not in {entity.kind for entity in finding.entities}


def test_a_request_without_a_file_is_a_transfer_of_its_own(tmp_path: Path) -> None:
    """Where files.log is not there, what http.log says of the content is all that there is, for each file of it."""
    made = opened(tmp_path, ndjson([{**network_events.REQUEST, "resp_fuids": ["F1", "F7"]}]))
    assert [row["url_full"] for row in rows(made, "transfers")] == ["http://cdn.evil.example:8080/a.exe"] * 2
    made.close()


@pytest.mark.parametrize(("is_orig", "sender"), [(True, "192.0.2.1"), (False, "198.51.100.7")])
def test_later_versions_say_the_direction(tmp_path: Path, is_orig: bool, sender: str) -> None:
    """Since Zeek 5.1 a file has its connection, and whether the client sent it."""
    fields = network_events.zeek("files", fuid="F4", source="SMB", is_orig=is_orig, seen_bytes=3, sha1="a" * 40)
    made = opened(tmp_path, ndjson([fields, underscored(fields)]))
    assert [row["source_ip"] for row in rows(made, "transfers")] == [sender, sender]
    made.close()


def test_a_session_has_its_certificate(tmp_path: Path) -> None:
    """What x509.log says of the server's certificate, and the hashes that files.log has of it, stand in the session."""
    sensed = [network_events.SESSION, network_events.SHOWN, network_events.PAPER, network_events.LONE_PAPER]
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "zeek.json").write_bytes(ndjson(sensed))
    with Investigation.open(tmp_path / "x.clew") as case:
        case.connect(logs)
        finding = IpAddress("192.0.2.1").query.tls_sessions()
    (row,) = finding.table.records()
    assert (row["tls_version"], row["tls_server_name"]) == ("TLS 1.2", "cdn.evil.example")
    assert (row["certificate_serial"], row["certificate_names"]) == ("0AFF", "cdn.evil.example;*.other.example")
    (certificate,) = {link.target for link in finding.links if isinstance(link.target, Certificate)}
    assert (certificate.key.value, certificate.issuer) == (f"sha1:{'d' * 40}", "CN=Evil CA")
    assert {f"{link.source.kind} {link.relation} {link.target.kind}" for link in finding.links} == {
        "ip communicates-with ip",
        "ip communicates-with domain",
        "ip presents certificate",
        "certificate issued-for domain",
    }


def test_later_versions_know_certificates_by_their_digest(tmp_path: Path) -> None:
    """Since Zeek 4.2 a session names the SHA-256 of its chain, and x509.log logs a certificate under it."""
    session = {**network_events.SESSION, "cert_chain_fps": ["9" * 64, "8" * 64]}
    paper = {**network_events.PAPER, "fingerprint": "9" * 64}
    del session["cert_chain_fuids"], paper["id"]
    made = opened(tmp_path, ndjson([session, paper]))
    (row,) = rows(made, "tls_sessions")
    assert (row["certificate_sha256"], row["certificate_serial"]) == ("9" * 64, "0AFF")
    made.close()


def test_a_mail_is_of_each_recipient(tmp_path: Path) -> None:
    """A mail to two is a row for each, under the addresses alone."""
    made = opened(tmp_path, ndjson([network_events.MAIL]))
    assert [(row["email_sender"], row["email_recipient"]) for row in rows(made, "mail_messages")] == [
        ("eve@evil.example", "a@corp.example"),
        ("eve@evil.example", "b@corp.example"),
    ]
    made.close()


#: For real folders, how many events are in views, and how many of which kind are of none.
REAL = {
    "zeek-wrccdc": (58_829, {"zeek: software": 376, "zeek: known_hosts": 253, "zeek: ftp": 47, "zeek: pe": 21}),
    "incident-apt29-zeek/day1_combined_zeek.jsonl.gz": (2_115, {"zeek: dpd": 12, "zeek: weird": 12, "zeek: pe": 1}),
    "incident-pandalab/campaign_03/metasploit_comsvcs_lsass_memory_dump_zeek_logs.zip": (
        283,
        {"zeek: weird": 19, "zeek: analyzer": 1, "zeek: packet_filter": 1, "zeek: pe": 1},
    ),
}


@pytest.mark.parametrize("folder", REAL)
def test_every_row_of_real_sensors_is_accounted_for(shared_data, tmp_path: Path, folder: str) -> None:
    """Each event of real recordings is in a view, or of a log of Zeek's that no view has; none is of no layout."""
    root, _, name = folder.partition("/")
    source = ENGINE.open(str(shared_data(root) / name), tmp_path / "cache")
    coverage = source.coverage
    no_view = {count.label: count.rows for count in coverage.counts if count.kind is EventKind.NO_VIEW}
    assert (coverage.total(EventKind.IN_VIEWS), no_view) == REAL[folder]
    assert {count.kind for count in coverage.counts} == {EventKind.IN_VIEWS, EventKind.NO_VIEW}
    source.close()
