"""Messages of programs: what they say is read, and what a stranger writes into one is not believed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.logs.messages.message import message_fields
from clew.logs.messages.patterns import pattern_table


@pytest.mark.parametrize(
    ("program", "text", "fields"),
    [
        (
            "sshd",
            "Failed publickey for invalid user bob from 2001:db8::1 port 8759 ssh2: RSA SHA256:x",
            {"event": "logon", "outcome": "failure", "user": "bob", "source_ip": "2001:db8::1", "source_port": "8759"},
        ),
        ("sshd-session", "Accepted publickey for a b from 192.0.2.1 port 1", {"user": "a b", "outcome": "success"}),
        ("sshd", "Invalid user bob from 192.0.2.1 port 5", {"event": "invalid user", "user": "bob"}),
        (
            "sudo",
            "alice : TTY=pts/0 ; PWD=/tmp ; USER=root ; COMMAND=/bin/sh -c a ; b",
            {"event": "command", "user": "alice", "target_user": "root", "command": "/bin/sh -c a ; b"},
        ),
        (
            "sudo",
            "bob : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
            {"event": "command refused", "reason": "user NOT in sudoers", "user": "bob", "command": "/bin/sh"},
        ),
        ("su", "(to root) alice on pts/0", {"event": "change of user", "user": "alice", "target_user": "root"}),
        ("su", "FAILED SU (to root) bob on pts/1", {"event": "change of user refused", "user": "bob"}),
        ("/usr/sbin/CRON", "(root) CMD (touch /tmp/(a))", {"event": "scheduled command", "command": "touch /tmp/(a)"}),
        ("useradd", "new user: name=eve, UID=0, GID=0, home=/, shell=/bin/sh", {"event": "account added", "uid": "0"}),
        ("usermod", "add 'eve' to group 'sudo'", {"event": "member added", "target_user": "eve", "group": "sudo"}),
        ("passwd", "pam_unix(passwd:chauthtok): password changed for eve", {"event": "password changed"}),
        ("su(pam_unix)", "session closed for user news", {"event": "logoff", "user": "news"}),
        ("systemd", "Started Rotate log files.", {"event": "service", "service": "Rotate log files"}),
        ("dnsmasq", "query[A] www.example from 192.0.2.5", {"event": "query", "query": "www.example"}),
        ("dnsmasq", "reply www.example is 198.51.100.1", {"event": "answer", "answer": "198.51.100.1"}),
        (
            "named",
            "client @0x7f 192.0.2.5#53124 (www.example): query: www.example IN A +E(0)K (192.0.2.1)",
            {"event": "query", "source_ip": "192.0.2.5", "query": "www.example", "query_type": "A"},
        ),
        (
            "haproxy",
            "192.0.2.9:51000 [11/Mar/2026:22:55:30.1] front back/s1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "
            '"GET /a HTTP/1.1"',
            {"event": "web request", "status": "200", "request": "GET /a HTTP/1.1", "server": "back/s1"},
        ),
        (
            "kernel",
            "[ 1.5] DROP: IN=eth0 OUT= MAC=00:01 SRC=198.51.100.7 DST=192.0.2.1 LEN=40 PROTO=TCP SPT=4000 DPT=22 SYN",
            {"event": "packet", "rule": "DROP:", "source_ip": "198.51.100.7", "destination_port": "22"},
        ),
        ("app", "something else", {}),
    ],
)
def test_a_message_is_read(program, text, fields):
    """The fields are those that the text has, whatever stands before the name of the program."""
    assert fields.items() <= message_fields(program, text).items()
    assert bool(fields) == bool(message_fields(program, text))


def test_a_name_does_not_stand_in_for_an_address():
    """Who logs on under a name that looks like the end of the message comes from where the message ends."""
    text = "Failed password for invalid user x from 192.0.2.1 port 22 ssh2 from 198.51.100.7 port 4000 ssh2"
    fields = message_fields("sshd", text)
    assert (fields["source_ip"], fields["source_port"]) == ("198.51.100.7", "4000")
    assert fields["user"] == "x from 192.0.2.1 port 22 ssh2"


def test_one_failure_of_sshd_is_one_logon():
    """What PAM says of a logon that sshd tells itself is no second one; of other programs it is the only one."""
    text = "authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.9  user=root"
    assert message_fields("sshd", f"pam_unix(sshd:auth): {text}")["event"] == "authentication by pam"
    assert message_fields("login", f"pam_unix(login:auth): {text}") == {
        "event": "logon",
        "outcome": "failure",
        "service": "login",
        "by_uid": "0",
        "terminal": "ssh",
        "source": "192.0.2.9",
        "user": "root",
    }


@given(st.sampled_from(sorted(pattern_table())), st.text(max_size=200))
def test_no_text_breaks_a_pattern(program, text):
    """Whatever a program writes, there are fields or none, and they are texts."""
    assert all(isinstance(value, str) for value in message_fields(program, text).values())


@pytest.mark.parametrize("program", sorted(pattern_table()))
def test_patterns_cannot_run_wild(program):
    """No repetition is within another, anything may follow a few times at most, and what is very long is not tried."""
    for item in pattern_table()[program]:
        assert len(re.findall(r"\.[*+]", item.pattern.pattern)) <= 4
        assert not re.search(r"[*+]\??\)[*+{]", item.pattern.pattern)
        assert item.read(item.contains + "a" * 40_000) is None
