"""The demonstration incident: the same every time, nobody's real data, and as true as its own truth says."""

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias, cast
from urllib.parse import urlsplit

import pytest

from clew.demo.scenario import Scenario

Row: TypeAlias = dict[str, str | int | list[str]]

INSIDE = (ip_network("192.0.2.0/24"), ip_network("2001:db8:c0::/48"))
DOCUMENTATION = tuple(map(ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")))
NOBODY = {"127.0.0.1", "::1"}
IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:.])")
REAL_NAME = re.compile(
    r"\b[\w-]+\.(?:com|net|org|edu|gov|io|info|biz|local|test|uk|de|fr|nl|ru|cn|dev|cloud)\b", re.IGNORECASE
)
LINK = re.compile(r"https?://[^\s')]+")
NAME_FIELDS = ("Hostname", "host", "SourceHostname", "DestinationHostname", "QueryName", "TargetServerName")
SHORT_NAMES = {"FS01", "-"}
COLUMNS = ["indicator", "type", "verdict", "severity", "name", "first_seen", "last_seen", "reference"]
ASKED = "https://api.abuseipdb.com/api/v2/check"


@dataclass(frozen=True)
class Demo:
    scenario: Scenario
    rows: dict[str, list[Row]]

    def every(self) -> Iterator[Row]:
        for rows in self.rows.values():
            yield from rows

    def find(self, event_id: int, host: str = "", **fields: str) -> list[Row]:
        """Rows of one kind, on hosts whose name begins so, with just these values."""
        return [
            row
            for row in self.every()
            if row["EventID"] == event_id
            and str(row["Hostname"]).startswith(host)
            and all(row.get(name) == value for name, value in fields.items())
        ]

    def process(self, guid: str) -> Row:
        (row,) = self.find(1, ProcessGuid=guid)
        return row


@pytest.fixture(scope="module")
def demo(scenario: Scenario) -> Demo:
    rows = {
        path.stem: [cast("Row", json.loads(line)) for line in path.read_text("utf-8").splitlines()]
        for path in sorted(scenario.logs.iterdir())
    }
    return Demo(scenario, rows)


@pytest.fixture(scope="module")
def geo(demo: Demo) -> Iterator[Any]:
    with pytest.importorskip("maxminddb").open_database(str(demo.scenario.geo)) as reader:
        yield reader


def values(rows: Iterable[Row], field: str) -> set[str]:
    return {str(row[field]) for row in rows if field in row}


def program(row: Row) -> str:
    return str(row["Image"]).rpartition("\\")[2].lower()


def fingerprint(folder: Path) -> str:
    """One hash of the names and bytes of all files."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in cast("dict[object, object]", value).items():
            yield from strings(key)
            yield from strings(item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from strings(item)


@pytest.fixture(scope="module")
def texts(demo: Demo) -> set[str]:
    """Every string of every text file, with what the encoded commands say."""
    scenario = demo.scenario
    found = {text for row in demo.every() for text in strings(row)}
    for path in (scenario.replies, scenario.alert):
        found.update(strings(json.loads(path.read_text("utf-8"))))
    with scenario.feed.open(encoding="utf-8", newline="") as lines:
        found.update(cell for line in csv.reader(lines) for cell in line)
    for text in tuple(found):
        found.update(b64decode(code).decode("utf-16-le") for code in re.findall(r"-EncodedCommand (\S+)", text))
    return found


def remote_addresses(demo: Demo) -> set[str]:
    """The addresses outside that the logs connect to, are called from or resolve."""
    found: set[str] = set()
    for row in demo.every():
        for field in ("SourceIp", "DestinationIp", "SourceAddress", "DestAddress", "IpAddress"):
            found.add(str(row.get(field, "-")))
        found.update(part.removeprefix("::ffff:") for part in str(row.get("QueryResults", "")).split(";"))
    addresses = {ip_address(text) for text in found if re.fullmatch(r"[\d.]+|[0-9a-f:]{6,}", text)}
    outside = {one for one in addresses if not any(one in network for network in INSIDE)}
    return {str(address) for address in outside} - NOBODY


def test_the_same_bytes_every_time(demo: Demo, tmp_path: Path) -> None:
    """Two runs write the same files, whatever the hash seed and the time zone of the interpreter."""
    code = "import sys, pathlib; from clew.demo.scenario import write_scenario as w; w(pathlib.Path(sys.argv[1]))"
    elsewhere = os.environ | {"PYTHONHASHSEED": "4", "TZ": "Pacific/Chatham", "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=elsewhere)
    assert fingerprint(tmp_path) == fingerprint(demo.scenario.folder)


def test_rows_are_counted(demo: Demo) -> None:
    """About twenty thousand rows lie in one file a host, and the intrusion is a small part of them."""
    assert set(demo.rows) == {"WS01", "WS02", "FS01", "DC01", "MAIL01"}
    assert 19_000 <= sum(map(len, demo.rows.values())) <= 21_000
    assert demo.scenario.rows == sum(map(len, demo.rows.values()))
    assert 60 <= demo.scenario.truth.steps <= 120


def test_rows_are_in_the_order_of_time(demo: Demo) -> None:
    """Each file goes forward in time, and its record numbers with it."""
    for rows in demo.rows.values():
        moments = [str(row["@timestamp"]) for row in rows]
        assert moments == sorted(moments)
        assert {moment[:10] for moment in moments} == {"2026-03-17"}
        sysmon = [row["RecordNumber"] for row in rows if "Sysmon" in str(row["Channel"])]
        assert sysmon == list(range(cast("int", sysmon[0]), cast("int", sysmon[0]) + len(sysmon)))


def test_every_address_is_for_documentation(texts: set[str]) -> None:
    """No string holds an address from outside the documentation networks."""
    found = {text for value in texts for pattern in (IPV4, IPV6) for text in pattern.findall(value)}
    # Times of day look like the beginning of an IPv6 address, and versions of programs like an IPv4 address.
    candidates = {text for text in found if not re.fullmatch(r"\d\d:\d\d:\d\d|10\.0\.19041\.\d+|7\.1\.0\.0", text)}
    addresses = {ip_address(text.removeprefix("::ffff:")) for text in candidates - NOBODY if text != "::ffff:"}
    assert addresses
    assert [one for one in addresses if not any(one in network for network in DOCUMENTATION)] == []


def test_every_name_is_an_example(demo: Demo, texts: set[str]) -> None:
    """No string holds a name that could be registered, and every host that a field names ends in `.example`."""
    found = texts - {ASKED}
    assert [text for text in found if REAL_NAME.search(text)] == []
    named = {str(row[field]) for row in demo.every() for field in NAME_FIELDS if field in row}
    named |= {urlsplit(str(link)).hostname or "" for text in found for link in LINK.findall(text)}
    assert [name for name in named - SHORT_NAMES if not name.endswith(".example")] == []


def test_one_machine_goes_by_two_names(demo: Demo) -> None:
    """The file server's agent signs about half of its rows with the short name; the other agents never do."""

    names = [str(row["Hostname"]) for row in demo.rows["FS01"]]
    assert set(names) == {"FS01", "FS01.corp.example"}
    assert 0.4 < names.count("FS01") / len(names) < 0.6
    for host in ("WS01", "WS02", "DC01", "MAIL01"):
        assert values(demo.rows[host], "Hostname") == {f"{host}.corp.example"}


def test_every_process_was_started(demo: Demo) -> None:
    """Whatever a process does, it does after its start and before its end on the same host, or it ran all along."""
    for rows in demo.rows.values():
        alive = set(demo.scenario.boot_guids)
        ended: set[str] = set()
        for row in rows:
            named = ("ProcessGuid", "ParentProcessGuid", "SourceProcessGUID", "TargetProcessGUID")
            guids = {field: str(row[field]) for field in named if field in row}
            if row["EventID"] == 1:
                assert guids["ProcessGuid"] not in alive | ended, "a GUID belongs to one process"
                alive.add(guids["ProcessGuid"])
            known = alive | ended if row["EventID"] == 1 else alive
            assert set(guids.values()) <= known, row
            if row["EventID"] == 5:
                alive.remove(guids["ProcessGuid"])
                ended.add(guids["ProcessGuid"])


def test_both_process_audits_agree(demo: Demo) -> None:
    """Each start of a process is told twice, with one number: in decimal by Sysmon, in hexadecimal by Security."""
    for rows in demo.rows.values():
        sysmon = [(int(str(row["ProcessId"])), row["CommandLine"]) for row in rows if row["EventID"] == 1]
        security = [(int(str(row["NewProcessId"]), 16), row["CommandLine"]) for row in rows if row["EventID"] == 4688]
        assert sysmon == security


def test_the_chain_leads_from_the_mail_to_the_payload(demo: Demo) -> None:
    """The chain of parents is mail, document, shell, payload, and the shell's script loads the download."""
    truth = demo.scenario.truth
    chain = [demo.process(guid) for guid in truth.parent_chain]
    images = [program(row) for row in chain]
    assert images == ["outlook.exe", "winword.exe", "powershell.exe", "svcupd.exe"]
    assert [row["ParentProcessGuid"] for row in chain[1:]] == list(truth.parent_chain[:-1])
    assert values(chain, "User") == {truth.victims[0]}
    assert truth.document in str(chain[1]["CommandLine"])
    assert truth.download_url in b64decode(str(chain[2]["CommandLine"]).split()[-1]).decode("utf-16-le")
    assert demo.find(11, ProcessGuid=truth.parent_chain[0], TargetFilename=truth.document)
    assert demo.find(11, ProcessGuid=truth.parent_chain[2], TargetFilename=truth.payload_paths[0])


def test_the_download_is_in_the_logs(demo: Demo) -> None:
    """The shell resolved the download name and connected to what it got."""
    truth = demo.scenario.truth
    shell = truth.parent_chain[2]
    (query,) = demo.find(22, ProcessGuid=shell, QueryName=truth.download_domain)
    assert query["QueryResults"] == f"::ffff:{truth.download_address};"
    assert demo.find(3, ProcessGuid=shell, DestinationIp=truth.download_address, DestinationPort="80")
    assert values(demo.find(3, DestinationIp=truth.download_address), "ProcessGuid") == {shell}


def test_the_payload_calls_home_from_two_machines(demo: Demo) -> None:
    """Only the payload talks to the C2 address, about once a minute, and on both machines it is the same file."""
    truth = demo.scenario.truth
    beacons = demo.find(3, DestinationIp=demo.scenario.seed)
    assert truth.c2_address == demo.scenario.seed
    assert values(beacons, "ProcessGuid") == set(truth.payload_guids)
    assert len(beacons) > 400
    runs = [demo.process(guid) for guid in truth.payload_guids]
    assert [row["Image"] for row in runs] == list(truth.payload_paths)
    (hashes,) = values(runs, "Hashes")
    assert f"SHA256={truth.payload_sha256.upper()}" in hashes
    assert values(demo.find(22, QueryName=truth.c2_domain), "ProcessGuid") == set(truth.payload_guids)


def test_credentials_were_dumped(demo: Demo) -> None:
    """Full access to lsass.exe was taken once only, by the dumper, which the payload had started."""
    truth = demo.scenario.truth
    dumps = [row for row in demo.find(10, GrantedAccess="0x1FFFFF") if str(row["TargetImage"]).endswith("lsass.exe")]
    assert [row["SourceProcessGUID"] for row in dumps] == [truth.dumper_guid]
    dumper = demo.process(truth.dumper_guid)
    assert dumper["ParentProcessGuid"] == truth.payload_guids[0]
    assert f"MiniDump {dumps[0]['TargetProcessId']} " in str(dumper["CommandLine"])
    assert len(demo.find(10)) > 100


def test_the_stolen_account_moves_from_host_to_host(demo: Demo) -> None:
    """Each move is a use of explicit credentials on one machine and a network logon from it on the next."""
    truth = demo.scenario.truth
    account = truth.stolen_account.partition("\\")[2]
    names = [host.partition(".")[0] for host in truth.hosts]
    assert names == ["WS01", "FS01", "DC01"]
    for origin, target in pairwise(names):
        assert demo.find(4648, origin, TargetUserName=account, TargetServerName=f"{target}.corp.example")
        (address,) = values(demo.find(3, origin, DestinationIp=truth.c2_address), "SourceIp")
        assert demo.find(4624, target, TargetUserSid=truth.stolen_sid, LogonType="3", IpAddress=address)
        tickets = demo.find(4769, "DC01", ServiceName=f"{target}$", IpAddress=f"::ffff:{address}")
        assert f"{account}@CORP.EXAMPLE" in values(tickets, "TargetUserName")
    (installed,) = demo.find(7045, "FS01", ServiceName=truth.service_name)
    assert installed["ImagePath"] == truth.payload_paths[1]
    (utility,) = (row for row in demo.find(1, "DC01") if program(row) == "ntdsutil.exe")
    assert "ac i ntds" in str(utility["CommandLine"])
    assert utility["User"] == truth.stolen_account


def test_the_exfiltration_is_found_by_pivoting_only(demo: Demo) -> None:
    """The archive leaves through a child of the payload to an address that neither feed nor reports know."""
    scenario, truth = demo.scenario, demo.scenario.truth
    for guid in (truth.archiver_guid, truth.uploader_guid):
        assert demo.process(guid)["ParentProcessGuid"] == truth.payload_guids[1]
    assert values(demo.find(3, DestinationIp=truth.exfil_address), "ProcessGuid") == {truth.uploader_guid}
    assert demo.find(22, ProcessGuid=truth.uploader_guid, QueryName=truth.exfil_domain)
    feed = scenario.feed.read_text("utf-8")
    assert truth.exfil_address not in feed
    assert truth.exfil_domain not in feed
    assert truth.download_domain not in feed


def test_harmless_things_look_like_harmful_ones(demo: Demo) -> None:
    """Encoded scripts, service installations and visits to the hoster occur outside the intrusion too."""
    truth = demo.scenario.truth
    scripts = [row for row in demo.find(1) if "-EncodedCommand" in str(row["CommandLine"])]
    assert values(scripts, "User") == {truth.victims[0], "CORP\\administrator"}
    assert len(demo.find(7045)) == 2
    assert values(demo.find(3, DestinationIp="203.0.113.70"), "User") == {"CORP\\bob"}


def test_the_feed_knows_the_seed_and_the_payload(demo: Demo) -> None:
    """The feed is a plain table whose only lines about this incident are the C2 address and the payload."""
    with demo.scenario.feed.open(encoding="utf-8", newline="") as lines:
        table = list(csv.DictReader(lines))
    assert list(table[0]) == COLUMNS
    assert {line["type"] for line in table} == {"ipv4-addr", "domain-name", "url", "file-sha256"}
    assert 35 <= len(table) <= 45
    hashes = "".join(values(demo.every(), "Hashes")).lower()
    seen = remote_addresses(demo) | set(re.findall(r"sha256=(\w{64})", hashes))
    known = {line["indicator"]: line for line in table if line["indicator"] in seen}
    assert set(known) == {demo.scenario.seed, demo.scenario.truth.payload_sha256}
    c2 = known[demo.scenario.seed]
    assert (c2["name"], c2["verdict"], c2["severity"]) == ("BeaconKit C2", "malicious", "high")


def test_every_remote_address_has_a_reply(demo: Demo) -> None:
    """One recorded reply exists for each remote address of the logs, and only the hostile ones have a bad name."""
    replies = json.loads(demo.scenario.replies.read_text("utf-8"))
    truth = demo.scenario.truth
    data = {reply["params"]["ipAddress"]: reply["body"]["data"] for reply in replies}
    assert len(data) == len(replies)
    assert set(data) == remote_addresses(demo)
    assert {(reply["provider"], reply["method"], reply["url"], reply["status"]) for reply in replies} == {
        ("abuseipdb", "GET", ASKED, 200)
    }
    assert all(one["totalReports"] == len(one["reports"]) for one in data.values())
    scores = {address: one["abuseConfidenceScore"] for address, one in data.items() if one["abuseConfidenceScore"]}
    assert scores == {truth.c2_address: 100, truth.download_address: 72}
    assert data[truth.c2_address]["totalReports"] == 37
    assert data[truth.exfil_address]["reports"] == []


@pytest.mark.parametrize(
    ("address", "city"),
    [
        ("203.0.113.10", "Frankfurt am Main"),
        ("203.0.113.70", "Vilnius"),
        ("203.0.113.66", "Warsaw"),
        ("198.51.100.23", "Amsterdam"),
        ("198.51.100.101", "Dublin"),
        ("198.51.100.180", "Prague"),
        ("2001:db8:20::50", "Helsinki"),
        ("2001:db8:ffff::1", "Tokyo"),
    ],
)
def test_the_narrowest_network_wins(geo: Any, address: str, city: str) -> None:
    """A lookup answers for the narrowest network, at whatever depth of nesting."""
    record = geo.get(address)
    assert record["city"]["names"]["en"] == city
    assert 64496 <= record["autonomous_system_number"] <= 64511


def test_the_geolocation_file_is_dated(geo: Any) -> None:
    """The file is dated with the day of the incident and knows nothing about the inside of the network."""
    assert geo.metadata().build_epoch == datetime(2026, 3, 17, 7, tzinfo=UTC).timestamp()
    assert geo.get("192.0.2.11") is None


def test_the_alert_names_the_seed(demo: Demo) -> None:
    """The alert gives the investigation its first entity and its first host."""
    alert = json.loads(demo.scenario.alert.read_text("utf-8"))
    assert alert["entities"] == [{"type": "ip", "value": demo.scenario.seed}]
    assert alert["host"] == demo.scenario.truth.hosts[0]
    assert set(alert) == {"title", "time", "severity", "source", "entities", "host", "description"}
