"""Suricata's events become rows of views; so do the alerts of its fast.log.

The samples are made up after docs.suricata.io/en/latest/output/eve/eve-json-format.html.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clew.logs.event_mapper import EventKind, EventMapper
from clew.logs.schema_files import load_schemas
from tests.logs.events import Event, ndjson, opened, rows

CLIENT, SERVER = "192.0.2.1", "198.51.100.7"


def eve(event_type: str, **fields: Any) -> Event:
    """An event of the client and the server."""
    ends = {"src_ip": CLIENT, "src_port": 50123, "dest_ip": SERVER, "dest_port": 443, "proto": "TCP"}
    return {"timestamp": "2026-03-17T10:15:00.5+0100", "flow_id": 7, "event_type": event_type, **ends, **fields}


ALERT = eve(
    "alert", alert={"action": "allowed", "signature_id": 2100498, "signature": "odd", "category": "Bad", "severity": 2}
)
TLS = eve(
    "tls",
    tls={
        "subject": "CN=evil.example",
        "issuerdn": "CN=Evil CA",
        "serial": "0A:FF",
        "fingerprint": ":".join(["dd"] * 20),
        "sni": "CDN.evil.example",
        "version": "TLS 1.2",
        "notbefore": "2026-01-01T00:00:00",
        "ja3": {"hash": "e" * 32, "string": "771"},
        "subjectaltname": ["evil.example"],
    },
)
FILE = eve(
    "fileinfo",
    src_ip=SERVER,
    src_port=8080,
    dest_ip=CLIENT,
    app_proto="http",
    http={"hostname": "cdn.evil.example", "http_port": 8080, "url": "/a.exe", "http_method": "GET"},
    fileinfo={"filename": "/a.exe", "size": 3, "sha256": "c" * 64, "state": "CLOSED"},
)
VIEWS = {
    "alerts": ALERT,
    "tls_sessions": TLS,
    "transfers": FILE,
    "connections": eve("flow", flow={"bytes_toserver": 9, "bytes_toclient": 8, "start": "2026-03-17T09:15:00Z"}),
    "web_requests": eve("http", http={"hostname": "cdn.evil.example", "url": "/", "http_method": "GET", "status": 200}),
    "shares": eve("smb", smb={"command": "SMB2_COMMAND_CREATE", "share": "\\\\FS01\\C$", "filename": "a.exe"}),
    "remote_calls": eve("dcerpc", dcerpc={"request": "REQUEST", "req": {"opnum": 12}, "interfaces": [{"uuid": "u"}]}),
    "kerberos_tickets": eve("krb5", krb5={"msg_type": "KRB_TGS_REP", "cname": "alice", "realm": "CORP"}),
    "rdp_sessions": eve("rdp", rdp={"event_type": "initial_request", "cookie": "alice"}),
    "mail_messages": eve("smtp", smtp={"mail_from": "<a@evil.example>", "rcpt_to": ["<b@corp.example>"]}),
    "leases": eve("dhcp", dhcp={"client_mac": "00:00:5e:00:53:01", "assigned_ip": CLIENT, "hostname": "ws01"}),
}


@pytest.mark.parametrize("view", VIEWS)
def test_an_event_is_of_its_view(view: str) -> None:
    """Each kind of event fills its view, also where Filebeat has put it below `suricata.eve`."""
    mapper = EventMapper(load_schemas())
    outcome = mapper.map_event(VIEWS[view])
    assert (outcome.kind, outcome.label) == (EventKind.IN_VIEWS, view)
    shipped = {"@timestamp": "2026-03-17T09:15:00.5Z", "suricata": {"eve": VIEWS[view]}}
    assert mapper.map_event(shipped).rows == outcome.rows


def test_what_no_view_has_is_counted_as_suricatas() -> None:
    """Other events are counted under their type; the statistics too."""
    mapper = EventMapper(load_schemas())
    stats = {"timestamp": "2026-03-17T09:15:00Z", "event_type": "stats", "stats": {"uptime": 1}}
    labels = [(outcome.kind, outcome.label) for outcome in map(mapper.map_event, (eve("anomaly", anomaly={}), stats))]
    assert labels == [(EventKind.NO_VIEW, "suricata: anomaly tcp"), (EventKind.NO_VIEW, "suricata: stats")]


@pytest.mark.parametrize(
    "answer",
    [
        {"type": "answer", "rrname": "CDN.evil.example", "rrtype": "A", "rdata": SERVER},
        {
            "version": 2,
            "rrname": "CDN.evil.example",
            "answers": [{"rrname": "192.0.2.66", "rrtype": "A", "rdata": SERVER}],
        },
        {"version": 2, "rrname": "CDN.evil.example", "grouped": {"A": [SERVER], "CNAME": ["a.example"]}},
        {
            "version": 3,
            "queries": [{"rrname": "CDN.evil.example", "rrtype": "A"}],
            "answers": [{"rrname": "a.example", "rrtype": "CNAME", "rdata": "b.example"}, {"rdata": SERVER}],
        },
    ],
)
@pytest.mark.parametrize("is_turned", [False, True])
def test_every_version_of_an_answer_is_read(tmp_path: Path, answer: dict[str, Any], is_turned: bool) -> None:
    """The name, its address, and who asked: also where the answer goes from the server to the client."""
    asker, server = {"ip": CLIENT, "port": 40000}, {"ip": "192.0.2.53", "port": 53}
    source, target = (server, asker) if is_turned else (asker, server)
    ends = {"src_ip": source["ip"], "src_port": source["port"], "dest_ip": target["ip"], "dest_port": target["port"]}
    made = opened(tmp_path, ndjson([eve("dns", dns=answer, **ends)]))
    (row,) = rows(made, "resolutions")
    assert (row["dns_question_name"], row["dns_resolved_ip"], row["source_ip"]) == ("cdn.evil.example", SERVER, CLIENT)
    made.close()


def test_sessions_files_and_alerts_say_what_zeeks_say(tmp_path: Path) -> None:
    """A session has the certificate by its SHA-1, a file the URL that it was carried from."""
    made = opened(tmp_path, ndjson([TLS, FILE, ALERT]))
    (session,) = rows(made, "tls_sessions")
    assert (session["certificate_sha1"], session["tls_client_ja3"], session["tls_server_name"]) == (
        "d" * 40,
        "e" * 32,
        "cdn.evil.example",
    )
    (transfer,) = rows(made, "transfers")
    assert (transfer["source_ip"], transfer["url_full"]) == (SERVER, "http://cdn.evil.example:8080/a.exe")
    (alert,) = rows(made, "alerts")
    assert (alert["rule_name"], alert["rule_id"], alert["event_severity"]) == ("odd", "2100498", "2")
    assert str(alert["time"]) == "2026-03-17 09:15:00.500000"
    made.close()


FAST = (
    "03/17/2026-09:15:00.307554  [**] [1:2100498:7] odd [x] name [**] [Classification: Bad Traffic] [Priority: 2] "
    "{TCP} 198.51.100.7:80 -> 192.0.2.1:50123"
)
LINES = (
    FAST,
    "03/17/2026-09:15:01.0  [wDrop] [**] [1:1:1] six [**] [Classification: (null)] [Priority: 3] {UDP} "
    "2001:db8::1:53 -> 2001:db8::2:4000",
    "03/17-09:15:02.5  [**] [1:469:1] snort [**] [Priority: 2] {ICMP} 192.0.2.9 -> 192.0.2.1",
    "26/03/17-09:15:03.5  [**] [1:470:1] third [**] [Priority: 2] {ICMP} 192.0.2.9 -> 192.0.2.1",
    "not an alert",
)


def test_alerts_of_fast_log_are_read(tmp_path: Path) -> None:
    """A line is an alert, with addresses of both versions; a day without a year is the last; one line may be bad."""
    made = opened(tmp_path, "\n".join(LINES).encode(), name="fast.log")
    found = {row["rule_id"]: row for row in rows(made, "alerts")}
    assert made.description.counts == {"files": 1, "rows": 4, "damaged": 1}
    assert "assumed for fast.log: times without a year" in str(made)
    assert (found["2100498"]["rule_name"], found["2100498"]["source_ip"]) == ("odd [x] name", "198.51.100.7")
    assert str(found["2100498"]["time"]) == "2026-03-17 09:15:00.307554"
    assert (found["1"]["source_ip"], found["1"]["destination_ip"]) == ("2001:db8::1", "2001:db8::2")
    assert (found["1"]["event_reason"], found["1"]["rule_category"]) == ("blocked", None)
    assert found["469"]["destination_ip"] == "192.0.2.1"
    assert str(found["470"]["time"]) == "2026-03-17 09:15:03.500000"
    assert f"{found['469']['time']:%m-%d %H:%M:%S}" == "03-17 09:15:02"
    made.close()
