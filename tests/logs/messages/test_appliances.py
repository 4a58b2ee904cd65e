"""What network appliances write into syslog: connections, requests, alerts and logons, each in its view.

The samples are made up after the documentation that the modules of clew/logs/messages name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import IpAddress
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.event_mapper import EventKind
from clew.logs.messages.message import message_fields
from clew.logs.query_packs import load_queries
from tests.logs.events import ask, rows

HEADER = "Mar 11 2026 22:55:30 fw01"
ENDS = {"source_ip": "198.51.100.7", "source_port": "4000", "destination_ip": "192.0.2.1", "destination_port": "443"}
CEF = (
    r"CEF:0|Acme|Wall\|Guard|1.0|42|A \\ threat|9|rt=1773269730000 src=198.51.100.7 spt=4000 dst=192.0.2.1 dpt=443 "
    r"proto=TCP act=blocked cs1Label=Policy Name cs1=a \= b msg=several words"
)
LEEF = (
    "LEEF:2.0|Acme|Wall|1.0|42|^|src=198.51.100.7^srcPort=4000^dst=192.0.2.1^dstPort=443^proto=TCP^action=blocked^"
    "usrName=alice"
)
FORTIGATE = (
    'date=2026-03-11 time=22:55:30 devname="fw01" devid="FG1" logid="0000000013" type="traffic" subtype="forward" '
    'level="notice" tz="+0100" srcip=198.51.100.7 srcport=4000 dstip=192.0.2.1 dstport=443 proto=6 action="close" '
    "sentbyte=10 rcvdbyte=20"
)
FORTIGATE_WEB = (
    'date=2026-03-11 time=22:55:30 devname="fw01" devid="FG1" logid="0316013056" type="utm" subtype="webfilter" '
    'srcip=192.0.2.9 dstip=198.51.100.7 service="HTTPS" hostname="www.example" url="/a?b=c" action="blocked" '
    'user="alice"'
)
FORTIGATE_LOGON = (
    'date=2026-03-11 time=22:55:30 devname="fw01" devid="FG1" logid="0100032002" type="event" subtype="system" '
    'action="login" status="failed" user="admin" srcip=198.51.100.7 msg="Administrator admin login failed"'
)
_PAN = (
    "1,2026/03/11 22:55:31,0123,{kind},{subtype},2561,2026/03/11 22:55:30,198.51.100.7,192.0.2.1,0.0.0.0,0.0.0.0,"
    'to web,acme\\alice,,ssl,vsys1,out,in,e1,e2,log,,77,1,4000,443,0,0,0x0,tcp,{action},"{first}",{rest}'
)
PAN_TRAFFIC = _PAN.format(kind="TRAFFIC", subtype="end", action="allow", first="30", rest="10,20,5,2026/03/11 22:55:00")
PAN_THREAT = _PAN.format(
    kind="THREAT", subtype="spyware", action="drop", first="a,b", rest="Evil(31337),any,critical,client-to-server"
)
PAN_URL = _PAN.format(
    kind="THREAT", subtype="url", action="block-url", first="www.example/a,b", rest="(9999),malware,informational,c"
)
FILTERLOG = "4,,,1000,em0,match,block,in,4,0x0,,64,1,0,DF,6,tcp,60,198.51.100.7,192.0.2.1,4000,443,0,S,1,,64,,"
FILTERLOG_6 = "4,,,1000,em0,match,pass,out,6,0x00,0x0,64,UDP,17,60,2001:db8::1,2001:db8::2,4000,53,40"
ASA_IN = (
    "%ASA-6-302013: Built inbound TCP connection 9 for outside:198.51.100.7/4000 (198.51.100.7/4000) "
    "to dmz:192.0.2.1/443 (192.0.2.1/443)"
)
ASA_OUT = (
    "%ASA-6-302013: Built outbound TCP connection 9 for outside:192.0.2.1/443 (192.0.2.1/443) "
    "to inside:198.51.100.7/4000 (198.51.100.7/4000)"
)
ASA_DENY = '%ASA-4-106023: Deny tcp src outside:198.51.100.7/4000 dst dmz:192.0.2.1/443 by access-group "x" [0x0, 0x0]'
IOS_DENY = "%SEC-6-IPACCESSLOGP: list 102 denied tcp 198.51.100.7(4000) -> 192.0.2.1(443), 1 packet"


def connect(tmp_path: Path, *lines: str) -> Any:
    (tmp_path / "fw.log").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return ENGINE.open(str(tmp_path / "fw.log"), tmp_path / "cache")


@pytest.mark.parametrize(
    ("program", "text", "fields"),
    [
        ("", CEF, {"appliance": "cef", "event": "threat", "product": "Wall|Guard", "rule": "A \\ threat"}),
        ("", LEEF, {"appliance": "leef", "event": "flow", "user": "alice", "action": "blocked"}),
        ("", FORTIGATE, {"appliance": "fortigate", "event": "flow", "timestamp": "2026-03-11T22:55:30+0100"}),
        ("", PAN_TRAFFIC, {"appliance": "pan-os", "event": "flow", "bytes_sent": "10", "rule": "to web"}),
        ("", PAN_THREAT, {"event": "threat", "rule": "Evil", "rule_id": "31337", "file_path": "a,b"}),
        ("", PAN_URL, {"event": "web access", "url": "http://www.example/a,b"}),
        ("filterlog", FILTERLOG, {"appliance": "filterlog", "event": "flow", "action": "block", "protocol": "tcp"}),
        ("", ASA_IN, {"appliance": "cisco-asa", "event": "flow", "rule_id": "ASA-6-302013"}),
        ("", ASA_OUT, {"event": "flow", "interface_in": "inside"}),
        ("", ASA_DENY, {"event": "flow", "action": "deny", "rule": "x"}),
        (
            "",
            "%IPS-4-SIGNATURE: Sig:51 Subsig:2 Sev:5 Some Overflow [198.51.100.7:4000 -> 192.0.2.1:443]",
            {"event": "threat", "rule": "Some Overflow", "signature": "51", "event_severity": "5"},
        ),
        ("", f"*Mar  1 00:00:00.1: {IOS_DENY}", {"appliance": "cisco-ios", "action": "denied", "rule": "102"}),
    ],
)
def test_a_message_of_an_appliance_is_read(program, text, fields):
    """Whoever wrote it, the ends of the connection have the same names, the one that opened it first."""
    assert (fields | ENDS).items() <= message_fields(program, text).items()


def test_an_event_of_cef_may_have_a_header_alone():
    """Without an extension, it has what its header says."""
    assert message_fields("", "CEF:0|Acme|Wall|1.0|42|Restarted|3|")["rule"] == "Restarted"
    assert message_fields("", "CEF:0|Acme|Wall|1.0|42|Restarted|3|no pair")["values"] == {}


def test_values_of_cef_may_hold_signs_and_blanks():
    """A value ends where the next key begins, and a label names the field that it is for."""
    values = message_fields("", CEF)["values"]
    assert values["Policy Name"] == "a = b"
    assert values["msg"] == "several words"


@pytest.mark.parametrize(
    "line",
    [
        *(f"{HEADER} {text}" for text in (CEF, LEEF, FORTIGATE, PAN_TRAFFIC, ASA_IN, ASA_OUT, ASA_DENY, IOS_DENY)),
        f"{HEADER} filterlog[1]: {FILTERLOG}",
        f"Mar 11 2026 22:55:30: {ASA_IN}",
        f"Mar 11 2026 22:55:30 fw01 : {ASA_IN}",
        f"Mar 11 2026 22:55:30 fw01: {ASA_IN}",
        f"Mar 11 2026 22:55:30 fw01 123: *Mar 11 22:55:30.1: {IOS_DENY}",
        f"<189>{FORTIGATE}",
        f"<14>1 2026-03-11T22:55:30Z fw01 - - - - {CEF}",
        CEF,
        PAN_THREAT,
    ],
)
def test_a_connection_is_a_row_whatever_stands_before_it(tmp_path, line):
    """The source of the connection leads to its destination, with ports and the time."""
    source = connect(tmp_path, line)
    (row,) = rows(source, "connections")
    assert (row["local_ip"], row["local_port"]) == ("198.51.100.7", 4000)
    assert (row["peer_ip"], row["peer_port"]) == ("192.0.2.1", 443)
    assert row["time"].strftime("%Y-%m-%d") == "2026-03-11"
    assert ask(source, load_queries()["IpAddress.connections"], IpAddress("192.0.2.1")).returned == 1


def test_a_request_has_its_url_and_who_asked(tmp_path):
    """FortiGate tells host and path apart, Palo Alto leaves the scheme out; the user has the domain before the bar."""
    source = connect(tmp_path, FORTIGATE_WEB, PAN_URL)
    first, second = rows(source, "web_requests")
    assert {first["url_full"], second["url_full"]} == {"https://www.example/a?b=c", "http://www.example/a,b"}
    assert {first["url_domain"], second["url_domain"]} == {"www.example"}
    assert {(row["user_domain"], row["user_name"]) for row in (first, second)} == {(None, "alice"), ("acme", "alice")}


def test_a_threat_is_an_alert(tmp_path):
    """It has the name and the severity of what was detected, and both ends."""
    (row,) = rows(connect(tmp_path, PAN_THREAT), "alerts")
    assert (row["rule_name"], row["rule_id"], row["event_severity"]) == ("Evil", "31337", "critical")
    assert (row["source_ip"], row["destination_ip"]) == ("198.51.100.7", "192.0.2.1")


def test_a_logon_on_an_appliance_is_one(tmp_path):
    """Who logs on to the firewall itself is found beside those who log on to machines."""
    asa = '%ASA-6-605004: Login denied from 198.51.100.7/4000 to outside:192.0.2.1/ssh for user "admin"'
    logons = rows(connect(tmp_path, FORTIGATE_LOGON, f"{HEADER} : {asa}"), "logons")
    assert [(row["user_name"], row["event_outcome"], row["host_name"]) for row in logons] == [
        ("admin", "failure", "fw01"),
        ("admin", "failure", "fw01"),
    ]


def test_ipv6_has_its_own_columns(tmp_path):
    """pfSense writes the fields of IPv6 in another order."""
    (row,) = rows(connect(tmp_path, f"{HEADER} filterlog[1]: {FILTERLOG_6}"), "connections")
    assert (row["local_ip"], row["peer_ip"], row["peer_port"]) == ("2001:db8::1", "2001:db8::2", 53)


def test_what_has_no_view_is_counted(tmp_path):
    """The end of a connection, a message of the system and one that is cut off are told as what they are."""
    source = connect(
        tmp_path,
        f"{HEADER} : %ASA-6-302014: Teardown TCP connection 9 for outside:192.0.2.1/443 to inside:192.0.2.9/1",
        "1,2026/03/11 22:55:31,0123,SYSTEM,general,0,2026/03/11 22:55:30,,general,,0,0,general,informational,done",
        f"{HEADER} CEF:0|Acme",
    )
    assert source.coverage.total(EventKind.NO_VIEW) == 3
    assert source.coverage.total(EventKind.DAMAGED, EventKind.NO_LAYOUT) == 0


BEGINNINGS = (
    *("", "CEF:0|", "CEF:0|a|b|c|d|e|3|", "LEEF:2.0|a|b|c|d|", "%ASA-6-302013: ", "%SEC-6-X: list 1 "),
    *("date=1 ", "date=1 devid=1 type=x ", "1,2026/03/11 22:55:31,0,THREAT,"),
)


@given(st.sampled_from(["", "filterlog", "7"]), st.sampled_from(BEGINNINGS), st.text(max_size=200))
def test_no_text_breaks_a_reader(program, beginning, text):
    """Whatever follows a beginning that is known, there are fields or none."""
    assert isinstance(message_fields(program, beginning + text), dict)


def test_real_messages_of_ios_are_read(shared_data):
    """Of the samples of Wazuh, the two of access lists are connections and the three of its IPS are alerts."""
    text = (shared_data("linux-web-logs") / "wazuh-ruleset-tests" / "cisco_ios.ini").read_text("utf-8")
    messages = [line.partition(" 10.10.10.1 ")[2] for line in text.splitlines() if " 10.10.10.1 %" in line]
    events = [message_fields("", message)["event"] for message in messages]
    assert (events.count("flow"), events.count("threat")) == (2, 3)
