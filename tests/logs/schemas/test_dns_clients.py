"""Whoever logs a question to the DNS says who asked, where its event has it.

The samples are made up after elastic.co/docs/reference/ecs, schema.ocsf.io, learn.microsoft.com/azure/sentinel
(ASIM), cloud.google.com/chronicle/docs/reference (UDM) and learn.microsoft.com (DNS Server analytical events).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.logs.events import ndjson, opened, rows

NAME, CLIENT, ANSWER = "cdn.evil.example", "192.0.2.1", "198.51.100.7"
WHEN = "2026-03-17T09:15:00Z"
ANALYTICAL = {"Channel": "Microsoft-Windows-DNSServer/Analytical", "Hostname": "dc01", "@timestamp": WHEN}
EVENTS: dict[str, dict[str, Any]] = {
    "ecs": {
        "@timestamp": WHEN,
        "event": {"category": ["network"]},
        "source": {"ip": CLIENT, "port": 40000},
        "destination": {"ip": "192.0.2.53", "port": 53},
        "dns": {"question": {"name": NAME}, "answers": [{"name": "192.0.2.66", "type": "A", "data": ANSWER}]},
    },
    "ocsf": {
        "class_uid": 4003,
        "time": 1773738900000,
        "query": {"hostname": NAME},
        "answers": [{"type": "CNAME", "rdata": "a.example"}, {"type": "A", "rdata": ANSWER}],
        "src_endpoint": {"ip": CLIENT},
    },
    "asim": {
        "EventSchema": "Dns",
        "TimeGenerated": WHEN,
        "DnsQuery": NAME,
        "DnsResponseName": ANSWER,
        "SrcIpAddr": CLIENT,
    },
    "udm": {
        "metadata": {"event_type": "NETWORK_DNS", "event_timestamp": WHEN},
        "principal": {"ip": [CLIENT]},
        "network": {"dns": {"questions": [{"name": NAME}], "answers": [{"name": NAME, "data": ANSWER}]}},
    },
    "windows question": {**ANALYTICAL, "EventID": 256, "Source": CLIENT, "QNAME": f"{NAME}."},
    "windows answer": {**ANALYTICAL, "EventID": 257, "Destination": CLIENT, "QNAME": f"{NAME}."},
}


@pytest.mark.parametrize("schema", EVENTS)
def test_who_asked_is_in_the_row(tmp_path: Path, schema: str) -> None:
    """The row of a question has the name, who asked, and the address that it resolved to where the event has it."""
    made = opened(tmp_path, ndjson([EVENTS[schema]]))
    (row,) = rows(made, "resolutions")
    answer = None if schema.startswith("windows") else ANSWER
    assert (row["dns_question_name"], row["source_ip"], row["dns_resolved_ip"]) == (NAME, CLIENT, answer)
    made.close()


DEBUG = """DNS Server log file creation at 3/17/2026 9:00:00 AM
Message logging key (for packets - other items use a subset of these fields):
\tField #  Information         Values

3/17/2026 9:15:00 AM 0A1C PACKET  000002E1A5600000 UDP Rcv 192.0.2.1       0004   Q [0001   D   NOERROR] A      (3)cdn(4)evil(7)example(0)
3/17/2026 9:15:01 PM 0A1C PACKET  000002E1A5600000 UDP Snd 192.0.2.1       0004 R Q [8081   DR  NOERROR] A      (3)cdn(4)evil(7)example(0)
UDP response info at 000002E1A5600000
  Socket = 356
3/17/2026 9:15:02 AM 0A1C PACKET  000002E1A5600000 UDP Snd 203.0.113.53    1af0   Q [0001   D   NOERROR] A      (3)cdn(4)evil(7)example(0)
3/17/2026 9:15:03 AM 0A1C EVENT   The DNS server did something.
"""  # noqa: E501 - as the server writes them


@pytest.mark.parametrize(
    ("written", "day"), [("3/17/2026 9:15:00 AM", 17), ("17.03.2026 09:15:00", 17), ("20260317 09:15:00", 17)]
)
def test_the_debug_log_of_the_windows_server_says_who_asked(tmp_path: Path, written: str, day: int) -> None:
    """Questions and answers of clients are rows; the server's own are of no view; details are of their packet."""
    text = DEBUG.replace("3/17/2026 9:15:00 AM", written)
    made = opened(tmp_path, text.encode(), name="dns.log")
    question, answer = rows(made, "resolutions")
    assert (question["dns_question_name"], question["source_ip"]) == (NAME, CLIENT)
    assert (str(question["time"]), question["time"].day) == ("2026-03-17 09:15:00", day)
    assert (answer["source_ip"], str(answer["time"])) == (CLIENT, "2026-03-17 21:15:01")
    assert "1 of no view: windows_dns_debug: debug packet" in str(made)
    assert made.description.counts == {"files": 1, "rows": 4, "damaged": 0}
    made.close()


def test_a_tls_session_of_ecs_is_one(tmp_path: Path) -> None:
    """ECS has a session beside its connection, in its own words."""
    event = {
        "@timestamp": WHEN,
        "event": {"category": ["network"]},
        "source": {"ip": CLIENT, "port": 40000},
        "destination": {"ip": ANSWER, "port": 443},
        "tls": {"version": "1.2", "client": {"server_name": NAME}, "server": {"hash": {"sha1": "D" * 40}}},
    }
    made = opened(tmp_path, ndjson([event]))
    (row,) = rows(made, "tls_sessions")
    assert (row["tls_version"], row["tls_server_name"], row["certificate_sha1"]) == ("TLS 1.2", NAME, "d" * 40)
    assert len(rows(made, "connections")) == 1
    made.close()
