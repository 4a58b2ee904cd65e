"""Recorded replies of a reputation service for every remote address of the story."""

import json
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from random import Random
from typing import TypeAlias

from clew.demo.estate import BENIGN, C2, DOWNLOAD, HOSTILE, SEED, Site, clock
from clew.demo.geography import area_of

Json: TypeAlias = str | int | bool | list["Json"] | dict[str, "Json"] | None

_URL = "https://api.abuseipdb.com/api/v2/check"
_AT = clock("12:00:00")
_SCORES = {C2.address: (100, 37), DOWNLOAD.address: (72, 9)}
"""Score and number of reports; nobody has reported any of the others, the exfiltration host included."""
_COMMENTS = (
    ("Regular outbound connections to tcp/443 about once a minute", [15, 20]),
    ("Beacon seen from an infected workstation", [20]),
    ("Serves PowerShell to hosts that opened a document", [15]),
    ("Unsolicited TLS with a self-signed certificate", [15]),
    ("Port scan", [14]),
)
_REPORTERS = (("AT", "Austria"), ("BR", "Brazil"), ("CA", "Canada"), ("NO", "Norway"), ("NZ", "New Zealand"))


def write_replies(path: Path) -> None:
    """Write what AbuseIPDB would say of each address of the story, as recorded replies in JSON."""
    replies: list[Json] = [_reply(site) for site in (*HOSTILE, *BENIGN)]
    path.write_bytes((json.dumps(replies, indent=1) + "\n").encode())


def _reply(site: Site) -> Json:
    return {
        "provider": "abuseipdb",
        "method": "GET",
        "url": _URL,
        "params": {"ipAddress": site.address, "maxAgeInDays": "90", "verbose": ""},
        "status": 200,
        "at": _AT.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "body": {"data": _check(site)},
    }


def _check(site: Site) -> Json:
    area = area_of(site.address)
    score, count = _SCORES.get(site.address, (0, 0))
    reports = _reports(site, count)
    hostnames: list[Json] = [site.name] if site in BENIGN else []
    return {
        "ipAddress": site.address,
        "isPublic": True,
        "ipVersion": ip_address(site.address).version,
        "isWhitelisted": False,
        "abuseConfidenceScore": score,
        "countryCode": area.city.country.code,
        "countryName": area.city.country.name,
        "usageType": area.owner.usage,
        "isp": area.owner.name,
        "domain": area.owner.domain,
        "hostnames": hostnames,
        "isTor": False,
        "totalReports": count,
        "numDistinctUsers": len({str(report["reporterId"]) for report in reports}),
        "lastReportedAt": reports[0]["reportedAt"] if reports else None,
        "reports": [dict(report) for report in reports],
    }


def _reports(site: Site, count: int) -> list[dict[str, "str | int | list[Json]"]]:
    """Reports of the last weeks, the latest first."""
    rng = Random(f"{SEED} reports about {site.address}")
    reports: list[dict[str, str | int | list[Json]]] = []
    at = _AT
    for _ in range(count):
        at -= timedelta(minutes=int(30 + rng.random() * 2400))
        comment, categories = _COMMENTS[int(rng.random() * len(_COMMENTS))]
        code, name = _REPORTERS[int(rng.random() * len(_REPORTERS))]
        reports.append(
            {
                "reportedAt": at.isoformat(),
                "comment": comment,
                "categories": list(categories),
                "reporterId": 41000 + int(rng.random() * 40),
                "reporterCountryCode": code,
                "reporterCountryName": name,
            }
        )
    return reports
