"""WHOIS replies of domains: what they say, over 403 real ones, and that no reply makes a name free which is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.providers.whois.domain_registration import Registration, parse_registration
from clew.providers.whois.registration_status import ReplyState
from clew.providers.whois.registry_dates import day_of
from clew.providers.whois.whois_text import decode_reply
from tests.providers.whois.truth import Expected, expected

# Each reply that is not read as its authors read it, by field, and why. A reply that leaves the list raises the figure;
# none may come to it. The rules were made by looking at these replies: the figures say that these are read, and not how
# well those are that nobody has seen.
UNREAD = {
    "created": {},
    "changed": {
        "whois.iana.org/tld/status_not_assigned": "it is assigned to nobody: then nothing is said of it",
    },
    "expires": {
        "org-whois.registry.net.za/org.za/status_registered": "the year 2999, which stands for never",
        "whois.ua/ua/uanic/status_registered": "it stands in the status: OK-UNTIL 20140903121852",
    },
    "servers": {
        "whois.mynic.my/my/status_registered": "a table with the label in one line and the value in the next but one",
        "whois.safenames.net/status_registered": "two registrations in one reply, of which only the second is expected",
    },
    "registrar": {
        "whois.comlaude.com/status_registered": "two names: the one of the label Registrar is taken",
        "whois.nic.es/es/status_registered": "the reply names none: the expected one is known from elsewhere",
        "whois.nic.es/es/status_available": "the reply names none: the expected one is known from elsewhere",
        "whois.nic.uk/uk/status_registered": "the trading name is taken with the legal one",
        "whois.nic.uk/uk/status_reserved": "the reply names none: the expected one is known from elsewhere",
        "whois.pir.org/org/status_registered": "the code behind the name is taken away",
        "whois.safenames.net/status_registered": "two registrations in one reply, in two spellings",
    },
    "registered?": {
        "whois.registro.br/br/status_registered_limited": "the reply says that it is shortened because of a limit",
        "whois.tonic.to/to/status_registered": "lines such as `go ns-1.myphotoalbum.com`, and no word what they are",
    },
    "available?": {},
    "response_throttled?": {},
    "response_unavailable?": {},
}
FLOORS = {
    "created": 1.0,
    "changed": 0.98,
    "expires": 0.97,
    "servers": 0.98,
    "registrar": 0.9,
    "registered?": 0.98,
    "available?": 1.0,
    "response_throttled?": 1.0,
    "response_unavailable?": 1.0,
}


@pytest.fixture(scope="module")
def replies(shared_data) -> list[tuple[Expected, Registration]]:
    """The real replies, read."""
    folder: Path = shared_data("whois-rdap")
    return [(each, parse_registration(each.body, each.server)) for each in expected(folder)]


def said(found: Registration, field: str) -> object:
    """What a registration says, in the words of the expectations."""
    match field:
        case "servers":
            return sorted(each.name for each in found.servers)
        case "available?":
            return found.state is ReplyState.AVAILABLE
        case "registered?":
            # To the authors what a registry keeps is registered.
            return found.state in (ReplyState.REGISTERED, ReplyState.RESERVED)
        case "response_throttled?":
            return found.state is ReplyState.THROTTLED
        case "response_unavailable?":
            return found.state is ReplyState.UNAVAILABLE
        case _:
            return getattr(found, field)


def told(replies: list[tuple[Expected, Registration]], field: str) -> Iterator[tuple[str, bool]]:
    """Each reply of which the field is expected to have a value, and whether it is read."""
    for each, found in replies:
        if each.fields.get(field) not in (None, False, []):
            yield each.path, said(found, field) == each.fields[field]


def test_all_replies_are_there(replies):
    """403 replies have expectations."""
    assert len(replies) == 403


@pytest.mark.parametrize("field", FLOORS)
def test_real_replies_are_read(replies, field):
    """Of each field so many replies are read as their authors read them, and the others are known."""
    results = dict(told(replies, field))
    unread = {path for path, is_read in results.items() if not is_read}
    assert unread == set(UNREAD[field])
    assert sum(results.values()) / len(results) >= FLOORS[field]


@pytest.mark.parametrize("field", ["created", "changed", "expires"])
def test_no_day_is_made_up(replies, field):
    """Where a reply has no such day, none is said."""
    without = [(each, found) for each, found in replies if field in each.fields and each.fields[field] is None]
    assert len(without) > 90
    assert [each.path for each, found in without if said(found, field) is not None] == []


def test_no_name_is_called_free_that_is_not(replies):
    """No reply of a registered name, of a limit that was reached or of a broken service says that the name is free."""
    free = [each for each, found in replies if found.state is ReplyState.AVAILABLE]
    others = ("created", "expires", "servers", "registered?", "response_throttled?", "response_unavailable?")
    assert len(free) > 100
    assert [
        each.path for each in free if any(map(each.fields.get, others)) or each.fields.get("available?") is False
    ] == []


def test_no_free_name_is_called_registered(replies):
    """No reply that says that a name is free says that it is registered."""
    assert [
        each.path
        for each, found in replies
        if each.fields.get("available?") is True and found.state is not ReplyState.AVAILABLE
    ] == []


THROTTLED = (
    "WHOIS LIMIT EXCEEDED - SEE WWW.PIR.ORG/WHOIS FOR DETAILS",
    "Your connection limit exceeded. Please slow down and try again later.",
    "% Too many connections.",
    "Number of allowed queries exceeded.",
    "Error: Ratelimit exceeded, access denied for 192.0.2.1",
    "%ERROR:201: access denied for 192.0.2.1\n%\n% Queries from your IP address have passed the daily limit.",
    "You have exceeded your quota of queries.",
    "ERROR: your IP address has been blacklisted",
)


@pytest.mark.parametrize("text", THROTTLED)
def test_a_limit_is_no_free_name(text):
    """A notice that a limit was reached is that, and nothing about the name."""
    assert parse_registration(text.encode(), "whois.nic.example").state is ReplyState.THROTTLED


def test_terms_of_use_are_no_answer():
    """What terms of use say of limits, of names that are available and of such as are not found changes nothing."""
    record = b"""Domain Name: UPDATE-CHECK.EXAMPLE
Creation Date: 2026-03-11T22:41:07Z
Name Server: NS1.PARKING.EXAMPLE

Access is denied to those who exceed the limits. Query rate limit exceeded is what they are told.
No match for a name says that it is available. Not found: the same. Domain not found.
"""
    found = parse_registration(record, "whois.nic.example")
    assert (found.state, found.created) == (ReplyState.REGISTERED, "2026-03-11")


def test_withheld_values_are_counted_and_not_said():
    """A notice in the place of a name is no name: it is counted."""
    record = (
        b"Domain Name: A.EXAMPLE\nCreation Date: 2026-03-11\nRegistrant Name: REDACTED FOR PRIVACY\n"
        b"Registrant Organization: Data Protected\nRegistrant Country: AT\n"
    )
    found = parse_registration(record, "whois.nic.example")
    assert (found.registrant, found.country, found.withheld) == (None, "AT", 2)


@pytest.mark.parametrize(
    ("encoding", "server", "text"),
    [
        ("utf-8", "whois.nic.example", "Größe"),
        ("latin-1", "whois.nic.example", "Größe"),
        ("shift_jis", "whois.jprs.jp", "日本の会社"),
        ("euc_jp", "whois.jprs.jp", "日本の会社"),
        ("iso2022_jp", "whois.jprs.jp", "日本の会社"),
        ("euc_kr", "whois.kr", "한국인터넷진흥원"),
        ("big5", "whois.twnic.net.tw", "台灣網路資訊中心"),
        ("gb18030", "whois.cnnic.cn", "中国互联网络信息中心"),
    ],
)
def test_each_country_writes_in_its_own_way(encoding, server, text):
    """What is not UTF-8 is read as the country of the registry writes."""
    assert decode_reply(text.encode(encoding), server) == text


@given(st.binary(max_size=400), st.sampled_from(["whois.nic.example", "whois.jprs.jp", "whois.kr"]))
def test_no_bytes_break_it(body, server):
    """Any bytes are read, and without a word for it nothing is free."""
    found = parse_registration(body, server)
    assert found.state in ReplyState
    assert found.state is not ReplyState.AVAILABLE or b"a" in body.lower() or b"n" in body.lower()


@given(
    st.lists(
        st.sampled_from(
            [
                "Domain:",
                "Name Server: ns1.a.example 203.0.113.5",
                "Status: available",
                "  ns2.a.example [2001:db8::1]",
                "Registrar:",
                "created: 2020-01-01",
                "No match",
                "Query limit exceeded",
                "\t\t",
                "a" * 3000,
                "x.y." * 900,
                "%",
                "Name servers:",
                "Record created on 12/18/2001",
                "   . . . . .  ",
                "[Domain] x",
                ":::::",
                "registered: 30.02.2020",
            ]
        ),
        max_size=30,
    )
)
def test_no_order_of_lines_breaks_it(lines):
    """Lines in any order are read, and what was registered at some time, or has servers, is never free."""
    found = parse_registration("\n".join(lines).encode(), "whois.nic.example")
    assert not (found.state is ReplyState.AVAILABLE and (found.created or found.servers))


@given(
    st.dates(date(1980, 1, 1), date(2099, 12, 31)),
    st.sampled_from(
        [
            "%Y-%m-%d",
            "%Y-%m-%dT%H:%M:%SZ",
            "%Y/%m/%d",
            "%Y.%m.%d",
            "%Y. %m. %d.",
            "%Y%m%d",
            "%Y%m%d000000",
            "%d-%b-%Y",
            "%d %B %Y",
            "%B %d, %Y",
            "%d.%m.%Y",
            "%d/%m/%Y",
            "%Y-%b-%d.",
            "%a %b %d %Y",
            "%a %b %d 09:15:00 %Y",
            "%a %b %d 09:15:00 GMT %Y",
        ]
    ),
)
def test_days_are_read_in_every_spelling(day, form):
    """A day in any of the ways that registries write them is that day."""
    assert day_of(day.strftime(form)) == day.isoformat()


@given(st.text(max_size=60))
def test_what_is_no_day_is_none(text):
    """Any text is a day that there is, or none."""
    found = day_of(text)
    assert found is None or date.fromisoformat(found).isoformat() == found
