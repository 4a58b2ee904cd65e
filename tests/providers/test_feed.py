"""Local feeds: CSV files that people write, as people write them."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, Entity, File, Finding, IpAddress, Outcome, Severity, Url, Verdict
from clew.providers.base import Provider
from clew.providers.ti.feed import MAX_FEED, FeedChannel, LocalFeed
from tests.providers.doubles import PUBLIC, runner
from tests.support import HOSTILE

HEADER = "indicator,type,verdict,severity,name,first_seen,last_seen,reference"
LISTED = "8[.]8[.]4[.]4,ip,malicious,high,BeaconKit C2,2026-01-02,2026-03-01T10:00:00+02:00,https://a.example/r"


def looked_up(subject: Entity, *feeds: Path) -> Finding:
    """What the feeds say."""
    operation = {IpAddress: LocalFeed.ip, Domain: LocalFeed.domain, Url: LocalFeed.url, File: LocalFeed.file}
    made = dataclasses.replace(runner(None), channels={"feed": FeedChannel(feeds)})
    return made.run("ti.feed", LocalFeed, subject, operation[type(subject)].steps(subject)).finding


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
    assert finding.reason == "listed as BeaconKit C2 (feed.csv)"
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


@pytest.mark.parametrize(("given_verdict", "verdict"), [
    ("malicious", "malicious"), ("MALICIOUS", "malicious"), (" Suspicious ", "suspicious"), ("benign", "benign"),
    ("unknown", "unknown"), ("", "suspicious"), ("bad", "suspicious"),
])  # fmt: skip
def test_a_verdict_is_read_in_any_case(feed, given_verdict, verdict):
    """The words of clew count in any case; any other word, or none, is suspicious."""
    assert looked_up(PUBLIC, feed(f"indicator,verdict\n8.8.4.4,{given_verdict}\n")).verdict == verdict


def test_the_worst_of_several_rows_counts(feed):
    """All rows of all feeds are named; the worst verdict is the verdict."""
    mild = feed("indicator,verdict,name\n8.8.4.4,benign,Scanner\n8.8.4.4,suspicious,Noise\n", "mild.csv")
    finding = looked_up(PUBLIC, mild, feed(f"{HEADER}\n{LISTED}\n", "grave.csv"))
    assert finding.verdict is Verdict.MALICIOUS
    assert finding.returned == 3
    assert finding.reason == "listed as Scanner (mild.csv), Noise (mild.csv), BeaconKit C2 (grave.csv)"


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
        ("", "no column 'indicator'"),
        ("ip,verdict\n8.8.4.4,malicious\n", "no column 'indicator'"),
        ("indicator;verdict\n8.8.4.4;malicious\n", "no column 'indicator'"),
        ("indicator,x\n8.8.4.4,x\n".encode("utf-16"), "no column 'indicator'"),
    ],
)
def test_what_is_no_feed_is_a_skip_that_says_why(feed, content, why):
    """A file without the one column that is needed is told by name, with the columns that there may be."""
    finding = looked_up(PUBLIC, feed(content))
    assert finding.outcome is Outcome.SKIPPED
    assert why in finding.reason
    assert "feed.csv" in finding.reason
    assert "first_seen" in finding.reason


def test_a_feed_that_cannot_be_read_is_a_skip(tmp_path, feed, monkeypatch):
    """No feeds, a missing one, a folder and one that is too large are skips, never `nothing`."""
    assert "set CLEW_FEEDS" in looked_up(PUBLIC).reason
    missing, folder = looked_up(PUBLIC, tmp_path / "gone.csv"), looked_up(PUBLIC, tmp_path)
    assert "gone.csv" in missing.reason
    monkeypatch.setattr("clew.providers.ti.feed.MAX_FEED", 10)
    large = looked_up(PUBLIC, feed(f"{HEADER}\n{LISTED}\n"))
    assert {finding.outcome for finding in (missing, folder, large, looked_up(PUBLIC))} == {Outcome.SKIPPED}
    assert MAX_FEED == 64 * 2**20


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
