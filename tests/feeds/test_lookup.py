"""What local feeds say of an entity: of itself, of its network, of the names above it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew import Investigation
from clew.entities import Account, Domain, File, IpAddress, Outcome, Severity, Url, Verdict, parse
from clew.entities.finding_frames import finding_record
from clew.feeds.lookup import Feeds
from clew.feeds.store import MAX_DIRECT
from clew.pivots.workspace import Workspace
from clew.providers.base import Provider
from clew.providers.local.feed_channel import FeedChannel
from clew.providers.local.feeds import LocalFeed
from clew.settings import Settings
from tests.feeds.asked import looked_up
from tests.providers.doubles import PUBLIC
from tests.support import ENTITIES, HOSTILE

HEADER = "indicator,type,verdict,severity,name,first_seen,last_seen,reference"
LISTED = "8[.]8[.]4[.]4,ip,malicious,high,BeaconKit C2,2026-01-02,2026-03-01T10:00:00+02:00,https://a.example/r"


@pytest.fixture
def feed(tmp_path):
    """A writer of feeds: text or bytes in, its path out."""

    def write(content: str | bytes, name: str = "feed.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_a_listed_value_is_found(feed):
    """Verdict, severity, name, times and reference are those of the row."""
    finding = looked_up(PUBLIC, feed(f"{HEADER}\n{LISTED}\n"))
    assert (finding.outcome, finding.verdict, finding.severity) == (Outcome.FOUND, Verdict.MALICIOUS, Severity.HIGH)
    assert finding.reason == "listed by feed.csv since 2026-01-02 as BeaconKit C2"
    assert (finding.fact("feed"), finding.fact("threat_name")) == ("feed.csv", "BeaconKit C2")
    assert finding.observed_first == datetime(2026, 1, 2, tzinfo=UTC)
    assert finding.observed_last == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert finding.reference == "https://a.example/r"


def test_a_value_that_is_not_listed_is_nothing(feed):
    """Not being listed is no verdict."""
    finding = looked_up(IpAddress("9.9.9.9"), feed(f"{HEADER}\n{LISTED}\n"))
    assert (finding.outcome, finding.verdict, finding.reason) == (Outcome.NOTHING, Verdict.UNKNOWN, "in no local feed")


@pytest.mark.parametrize(
    ("subject", "indicator"),
    [
        (Domain("evil.example"), "EVIL[.]example."),
        (Url("https://evil.example/a"), "hxxps://evil[.]example:443/a"),
        (IpAddress("2001:db8::1"), "2001:0DB8::0001"),
        (File(md5="a" * 32, sha256="b" * 64), "A" * 32),
        (File(sha256="b" * 64), "sha256:" + "B" * 64),
        (Account("billing@evil.example"), "Billing@EVIL[.]example"),
        (Account("S-1-5-21-1-2-3-1104", upn="billing@evil.example"), "billing@evil.example"),
    ],
    ids=str,
)
def test_indicators_match_by_identity(feed, subject, indicator):
    """A row matches whatever its spelling, and a file by any of its hashes."""
    if indicator.startswith("sha256:"):
        indicator = f"file:{indicator}"
    assert looked_up(subject, feed(f"indicator\n{indicator}\n"))


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\r\n{LISTED}\r\n",
        f"\ufeff{HEADER}\n{LISTED}\n",
        f'{HEADER}\n"8.8.4.4","ip","malicious","high","a, ""b""\nc"\n',
        "name,indicator\nx,8.8.4.4\n",
        "indicator\n8.8.4.4",
        "indicator,unknown column\n 8.8.4.4 ,x,too,many\n",
        f"{HEADER}\n\n\n,,,,,,,\n{LISTED}\n",
        f"{HEADER}\n" + "".join(f"{value!r},x\n" for value in HOSTILE if value.isprintable()) + LISTED,
        f"{HEADER}\n" + "not an indicator,,,\n" * 999 + LISTED,
        f"{HEADER}\n".encode() + b"\xff\xfe,ip,\xe9\n" + LISTED.encode(),
        f"{HEADER}\n".encode() + b"a\x00b,ip\n" + LISTED.encode(),
        f"{HEADER}\n{LISTED}\nbad,date,x,y,z,never,31/12/2026,\n",
    ],
    ids=range(12),
)
def test_a_feed_may_be_written_in_many_ways(feed, content):
    """Line ends, a byte order mark, quotes, missing and foreign columns, and bad rows cost nothing but those rows."""
    assert looked_up(PUBLIC, feed(content)).outcome is Outcome.FOUND


@pytest.mark.parametrize(
    ("given_verdict", "verdict"),
    [
        ("malicious", "malicious"),
        ("MALICIOUS", "malicious"),
        (" Suspicious ", "suspicious"),
        ("benign", "benign"),
        ("unknown", "unknown"),
        ("", "suspicious"),
        ("bad", "suspicious"),
    ],
)
def test_a_verdict_is_read_in_any_case(feed, given_verdict, verdict):
    """The words of clew count in any case; any other word, or none, is suspicious."""
    assert looked_up(PUBLIC, feed(f"indicator,verdict\n8.8.4.4,{given_verdict}\n")).verdict == verdict


def test_the_worst_of_several_rows_counts(feed):
    """All rows of all feeds are named; the worst verdict is the verdict."""
    mild = feed("indicator,verdict,name\n8.8.4.4,benign,Scanner\n8.8.4.4,suspicious,Noise\n", "mild.csv")
    finding = looked_up(PUBLIC, mild, feed(f"{HEADER}\n{LISTED}\n", "grave.csv"))
    assert finding.verdict is Verdict.MALICIOUS
    assert finding.returned == 3
    assert finding.reason == "listed by grave.csv since 2026-01-02 as BeaconKit C2, by mild.csv as Noise and Scanner"


def test_a_changed_file_is_read_again(feed):
    """What was added to a feed is found without starting anew."""
    path = feed("indicator\n9.9.9.9\n")
    assert not looked_up(PUBLIC, path)
    path.write_text("indicator\n9.9.9.9\n8.8.4.4\n")
    assert looked_up(PUBLIC, path)
    path.write_text("indicator\n9.9.9.9\n7.7.7.7\n")
    os.utime(path, (1, 1))
    assert not looked_up(PUBLIC, path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("indicator,x\nnothing,x\n", "none of its 1 rows lists anything"),
        (b"\x00\x01\x02", "it is no text"),
        ('{"a": 1}', "no STIX bundle and no MISP event"),
        ("{", "no usable JSON"),
        ("<a/>", "no OpenIOC"),
    ],
)
def test_what_is_no_feed_is_a_skip_that_says_why(feed, content, why):
    """A file in which nothing is listed is told by name, with the reason."""
    finding = looked_up(PUBLIC, feed(content))
    assert finding.outcome is Outcome.SKIPPED
    assert why in finding.reason
    assert "feed.csv" in finding.reason


def test_a_feed_that_cannot_be_read_is_a_skip(tmp_path, feed, monkeypatch):
    """No feeds, a missing one, a folder and one that is too large are skips, never `nothing`."""
    assert "set CLEW_FEEDS" in looked_up(PUBLIC).reason
    missing, folder = looked_up(PUBLIC, tmp_path / "gone.csv"), looked_up(PUBLIC, tmp_path)
    assert "gone.csv" in missing.reason
    assert "clew feeds add" in folder.reason
    monkeypatch.setattr("clew.feeds.store.MAX_DIRECT", 10)
    large = looked_up(PUBLIC, feed(f"{HEADER}\n{LISTED}\n"))
    assert {finding.outcome for finding in (missing, folder, large, looked_up(PUBLIC))} == {Outcome.SKIPPED}
    assert MAX_DIRECT == 64 * 2**20


def test_one_broken_feed_hides_nothing_of_the_others(feed, tmp_path):
    """A feed that cannot be read is told beside what the others say, whether they list the value or not."""
    listed = feed(f"{HEADER}\n{LISTED}\n")
    found, nothing = (looked_up(each, listed, tmp_path / "gone.csv") for each in (PUBLIC, IpAddress("9.9.9.9")))
    assert (found.verdict, nothing.outcome) == (Verdict.MALICIOUS, Outcome.NOTHING)
    assert all("the feed gone.csv cannot be read" in finding.reason for finding in (found, nothing))


@pytest.mark.parametrize(
    ("subject", "listed", "verdict", "reason"),
    [
        ("198.51.100.7", "198.51.100.0/24", "malicious", "its network 198.51.100.0/24 is listed by feed.csv"),
        ("198.51.100.7", "198.51.100.5-198.51.100.9", "malicious", "its network 198.51.100.6/31 is listed"),
        ("2001:db8::7", "2001:db8::/32", "malicious", "its network 2001:db8::/32 is listed"),
        ("a.b.evil.example", "*.evil.example", "malicious", "*.evil.example is listed"),
        ("a.b.evil.example", "evil.example", "suspicious", "evil.example above it is listed"),
        ("https://evil.example/a/b?c#d", "https://evil.example/a/", "suspicious", "/a/, with which it begins"),
        ("https://evil.example/a?c=1", "https://evil.example/a", "suspicious", "with which it begins"),
        ("https://evil.example/a", "evil.example/a", "malicious", "listed by feed.csv"),
        ("https://x.evil.example/a", "evil.example", "suspicious", "its host evil.example is listed"),
        ("https://198.51.100.7/a", "198.51.100.7", "suspicious", "its host 198.51.100.7 is listed"),
    ],
)
def test_what_is_near_a_listed_value_is_listed_too(feed, subject, listed, verdict, reason):
    """Networks and wildcards mean all in them; what is below a name or a URL or on a host is suspicious at most."""
    finding = looked_up(parse(subject), feed(f"indicator,verdict\n{listed},malicious\n"))
    assert (finding.verdict, reason in finding.reason) == (verdict, True), finding.reason


@pytest.mark.parametrize(
    ("subject", "content"),
    [
        ("mail.evil.example", "www.evil.example"),
        ("evil.example", "www.evil.example"),
        ("evil.example", "*.evil.example"),
        ("a.www.evil.example", "indicator,type\nwww.evil.example,hostname"),
        ("a.www.evil.example", "0.0.0.0 www.evil.example"),
        ("notevil.example", "evil.example"),
        ("victim.github.io", "github.io"),
        ("https://victim.github.io/", "github.io"),
        ("https://evil.example/ab", "https://evil.example/a"),
        ("http://evil.example/a", "https://evil.example/a"),
        ("198.51.101.7", "198.51.100.0/24"),
    ],
)
def test_what_is_beside_a_listed_value_is_not_listed(feed, subject, content):
    """Siblings of a host, names above it, names below a shared one, and URLs of another begin are not meant."""
    assert looked_up(parse(subject), feed(content)).outcome is Outcome.NOTHING


def test_a_listing_that_has_ended_is_suspicious_at_most(feed):
    """What a feed itself lists no longer is told with its end."""
    finding = looked_up(PUBLIC, feed("indicator,verdict,valid_until\n8.8.4.4,malicious,2020-01-01\n"))
    assert (finding.verdict, finding.fact("listed_until")) == (Verdict.SUSPICIOUS, "2020-01-01T00:00:00.000000Z")


def test_every_listing_is_a_row(feed):
    """The table has a row for each listing, the worst first, with its place in the feed."""
    finding = looked_up(PUBLIC, feed(f"{HEADER}\n8.8.4.4,ip,benign,,Scanner,,,\n{LISTED}\n"))
    rows = [(row["feed"], row["verdict"], row["listed_in"]) for row in finding.table.records()]
    assert rows == [("feed.csv", "malicious", "feed.csv:3"), ("feed.csv", "benign", "feed.csv:2")]


def test_warning_lists_are_told_and_change_no_verdict(feed, tmp_path):
    """A value on a warning list is often benign: that stands in the reason, and the verdict stays."""
    lists = tmp_path / "list.json"
    lists.write_text(json.dumps({"name": "Public DNS", "type": "cidr", "list": ["8.8.4.0/24"]}))
    listed = feed(f"{HEADER}\n{LISTED}\n")
    found = looked_up(PUBLIC, listed, lists=(lists,))
    assert (found.verdict, found.fact("warning_lists")) == (Verdict.MALICIOUS, "Public DNS")
    assert found.reason.endswith("; on the warning list Public DNS: often benign")
    nothing = looked_up(IpAddress("8.8.4.5"), listed, lists=(lists,))
    assert (nothing.outcome, nothing.fact("warning_lists")) == (Outcome.NOTHING, "Public DNS")


def test_an_account_is_asked_about_by_its_mail_address(feed, tmp_path):
    """Whom a pattern of STIX or an attribute of MISP names as a sender is found, with what was named beside it."""
    pattern = "[email-message:from_ref.value = 'billing@evil.example' AND url:value = 'https://evil.example/a']"
    bundle = {"type": "bundle", "objects": [{"type": "indicator", "id": "indicator--1", "pattern": pattern}]}
    event = {"Event": {"info": "x", "Attribute": [{"type": "email-src", "value": "billing@evil.example"}]}}
    paths = (feed(json.dumps(bundle), "bundle.json"), feed(json.dumps(event), "event.json"))
    with Investigation.open(tmp_path / "ir.clew", workspace=Workspace(Settings(feeds=paths, offline=True))) as case:
        found = Account("billing@evil.example").ti.lookup()
        assert found.reason.endswith("listed by bundle.json, by event.json")
        assert Account(r"CORP\alice").ti.feed().reason == "in no local feed"
        assert [claim.target.kind for claim in case.claim_list()] == ["url"]


def test_a_case_keeps_what_the_feed_said_then(feed, tmp_path):
    """The claim quotes the row of the feed; replaying it later gives the same, whatever became of the feed."""
    path = feed("md5,domain,family\n" + "a" * 32 + ",evil.example,Emotet\n")
    case_path = tmp_path / "ir.clew"
    with Investigation.open(case_path, workspace=Workspace(Settings(feeds=(path,)))) as case:
        Domain("evil.example").ti.feed()
        (claim,) = case.claim_list()
        assert claim.target.value == "md5:" + "a" * 32
        assert "evil.example,Emotet" in claim.evidence()[0]
    path.unlink()
    assert Investigation.replay(case_path).identical
    assert not Investigation.replay(case_path, reparse=True).changes


@given(st.lists(st.one_of(ENTITIES["ip"], ENTITIES["domain"]), max_size=8, unique=True), st.data())
def test_columns_say_what_findings_say(tmp_path_factory, subjects, data):
    """Asked for many at once, the feeds say of each what they say of it alone."""
    path = tmp_path_factory.mktemp("feeds") / "feed.csv"
    listed = data.draw(st.lists(st.sampled_from(subjects), max_size=4)) if subjects else []
    rows = [f"{subject},{data.draw(st.sampled_from(['malicious', 'benign', '']))},N" for subject in listed]
    path.write_text("\n".join(["indicator,verdict,name", "198.51.100.0/24,,Net", "*.example,,", *rows]))
    columns = FeedChannel(Feeds((path,))).columns(subjects)
    for number, subject in enumerate(subjects):
        said = finding_record(looked_up(subject, path))
        cells = {name: cells[number] for name, cells in columns.items() if not name.startswith("observed")}
        assert {name: said.get(name) for name in cells} == cells


def test_nothing_leaves(feed):
    """A lookup in a feed is no ask that leaves, and its provider says so."""
    assert not LocalFeed.leaves
    assert issubclass(LocalFeed, Provider)
    assert looked_up(IpAddress("10.0.0.1"), feed("indicator\n10.0.0.1\n"))


@given(st.lists(st.binary(max_size=30), max_size=8))
def test_no_bytes_break_a_feed(tmp_path_factory, rows):
    """Whatever the lines are, a lookup ends in a finding."""
    path = tmp_path_factory.mktemp("feeds") / "feed.csv"
    path.write_bytes(b"\n".join([b"indicator,verdict,first_seen", *rows]))
    assert looked_up(PUBLIC, path).outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.SKIPPED)
