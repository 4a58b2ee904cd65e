"""What is known before anybody has looked at a log: the alert, and a feed of indicators."""

import csv
import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path
from random import Random

from clew.demo.attack import PAYLOAD
from clew.demo.estate import C2, LOG_START, SEED, WS01, clock, digests

_HEADER = ("indicator", "type", "verdict", "severity", "name", "first_seen", "last_seen", "reference")
_FAMILIES = ("GreyLoader", "PaperStealer", "OldMiner", "Phishing kit, generic", "MooringBot")
_DECOY_NAMES = (
    *("account-verify", "cloud-invoice", "parcel-status", "secure-login-help", "free-wallet", "tax-refund-now"),
    *("support-portal", "video-codec", "prize-center", "browser-fix"),
)
_Line = tuple[str, str, str, str, str]


def write_alert(path: Path) -> None:
    """Write the alert that the investigation begins with, as JSON."""
    alert = {
        "title": "Connection to a known command-and-control address",
        "time": clock("11:31:07").strftime("%Y-%m-%dT%H:%M:%SZ"),
        "severity": "high",
        "source": "network detection",
        "entities": [{"type": "ip", "value": C2.address}],
        "host": WS01.fqdn,
        "description": f"{WS01.fqdn} has connected to {C2.address} about once a minute since the morning.",
    }
    path.write_bytes((json.dumps(alert, indent=1) + "\n").encode())


def write_feed(path: Path) -> None:
    """A feed that knows two things about this incident; all its other lines are about others."""
    rng = Random(f"{SEED} feed")
    indicators: list[_Line] = [
        (C2.address, "ipv4-addr", "malicious", "high", "BeaconKit C2"),
        (digests(PAYLOAD)["SHA256"].lower(), "file-sha256", "malicious", "high", "BeaconKit implant"),
    ]
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(_HEADER)
    for number, line in enumerate(sorted([*indicators, *_decoys(rng)], key=lambda line: line[1:2] + line[:1])):
        last = LOG_START - timedelta(days=1 + int(rng.random() * 30))
        first = last - timedelta(days=int(rng.random() * 200))
        reference = f"https://intel.feed.example/reports/{2600 + number}"
        writer.writerow((*line, f"{first:%Y-%m-%dT00:00:00Z}", f"{last:%Y-%m-%dT00:00:00Z}", reference))
    path.write_bytes(table.getvalue().encode())


def _decoys(rng: Random) -> list[_Line]:
    values = [(f"198.51.100.{number}", "ipv4-addr") for number in range(3, 15, 2)]
    values += [(f"203.0.113.{number}", "ipv4-addr") for number in range(224, 254, 6)]
    values += [(f"{name}.example", "domain-name") for name in _DECOY_NAMES]
    values += [(f"http://{name}.example/gate.php?id={len(name)}", "url") for name in _DECOY_NAMES[:8]]
    values += [(hashlib.sha256(f"decoy {n}".encode()).hexdigest(), "file-sha256") for n in range(9)]
    lines: list[_Line] = []
    for value, kind in values:
        verdict = "malicious" if rng.random() < 0.7 else "suspicious"
        severity = ("low", "medium", "high")[int(rng.random() * 3)]
        lines.append((value, kind, verdict, severity, _FAMILIES[int(rng.random() * len(_FAMILIES))]))
    return lines
