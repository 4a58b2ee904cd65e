"""Rules for Zeek match what they are about, however the log spells its names; on real sensors, what reading says."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("sigma")

from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.sigma.detector import detect
from tests.logs.events import ndjson, opened
from tests.logs.network_events import CALLED, LOOKUP, OPENED, PAPER, REMOTE_DESKTOP, REQUEST, TICKET
from tests.logs.schemas.test_zeek_schema import anonymous, nested, underscored

#: For a service of Zeek, an event and what a rule asks of it.
SERVICES = {
    "dns": (LOOKUP, "query|endswith: .evil.example"),
    "http": (REQUEST, "c-uri|endswith: .exe"),
    "smb_files": (OPENED, "name|endswith: a.exe"),
    "dce_rpc": (CALLED, "operation: CreateServiceW"),
    "kerberos": (TICKET, "cipher: rc4-hmac"),
    "rdp": (REMOTE_DESKTOP, "id.orig_h|cidr: 192.0.2.0/24"),
    "x509": (PAPER, "certificate.serial: 0AFF"),
}


def rule(service: str, selection: str) -> str:
    """A rule for a log of Zeek."""
    return f"""
title: About {service}
logsource: {{product: zeek, service: {service}}}
detection:
  a:
    {selection}
  condition: a
"""


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_a_log_in_every_spelling(tmp_path: Path, service: str) -> None:
    """A rule for a log matches its events with dots, underscores and objects, and where nothing names the log."""
    event, selection = SERVICES[service]
    spellings = [event, underscored(event), nested(event), anonymous(event)]
    made = opened(tmp_path, ndjson(spellings))
    detection = detect([made], [rule(service, selection)])
    assert [match.last.row for match in detection.matches] == [1, 2, 3, 4]
    made.close()


#: For real recordings, the rules that match, and how often.
REAL = {
    "incident-apt29-zeek/day1_combined_zeek.jsonl.gz": {"Executable from Webdav": 4},
    "zeek-wrccdc": {"Low Reputation Effective Top-Level Domain (eTLD)": 2},
}


@pytest.mark.parametrize("folder", REAL)
def test_rules_of_sigmahq_match_real_sensors(shared_data, tmp_path: Path, folder: str) -> None:
    """Of SigmaHQ's rules for Zeek and for DNS, those match whose conditions hold when the recordings are read."""
    with zipfile.ZipFile(shared_data("sigma-rules") / "rules.zip") as archive:
        names = [name for name in archive.namelist() if "zeek_" in name or "net_dns_" in name]
        rules = [archive.read(name).decode() for name in names]
    root, _, name = folder.partition("/")
    source = ENGINE.open(str(shared_data(root) / name), tmp_path / "cache")
    (tmp_path / "rules").mkdir()
    for number, text in enumerate(rules):
        (tmp_path / "rules" / f"{number}.yml").write_text(text)
    detection = detect([source], [str(tmp_path / "rules")])
    assert Counter(match.rule.title for match in detection.matches) == REAL[folder]
    source.close()


def test_what_rules_match_is_what_the_recordings_say(shared_data) -> None:
    """The counts above, read out of the recordings by hand."""
    with gzip.open(shared_data("incident-apt29-zeek") / "day1_combined_zeek.jsonl.gz") as stream:
        requests = [event for event in map(json.loads, stream) if event["@stream"] == "http"]
    webdav = [event for event in requests if "webdav" in f"{event.get('user_agent')} {event['uri']}".lower()]
    programs = [
        event
        for event in webdav
        if event["uri"].lower().endswith(".exe") or "dosexec" in str(event.get("resp_mime_types"))
    ]
    assert len(programs) == 4
    with gzip.open(shared_data("zeek-wrccdc") / "dns.json.gz") as stream:
        names = [json.loads(line).get("query", "") for line in stream]
    assert [name for name in names if name.endswith((".cloud", ".top", ".icu", ".live", ".pro", ".lat"))] == [
        "ocsp.globalsign.cloud"
    ] * 2
