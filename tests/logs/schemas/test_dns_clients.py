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
