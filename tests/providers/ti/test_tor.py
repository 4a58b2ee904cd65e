"""Tor: one list for all addresses, and who is in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew import Investigation
from clew.entities import Finding, IpAddress, Outcome, Severity, Verdict
from clew.entities.tlp import Tlp
from clew.pivots.workspace import Workspace
from clew.providers.ti import tor
from clew.providers.ti.tor import TorExits
from clew.settings import Settings
from tests.providers.ti.recorded import answered, facts
from tests.providers.web.faults import Server, reply, serving
from tests.support import HOSTILE, hiding

IP = IpAddress("198.51.100.7")


def entry(relay: str, *addresses: str, at: str = "2026-03-17 05:05:32") -> str:
    head = f"ExitNode {relay}\nPublished 2026-03-16 15:12:45\nLastStatus 2026-03-17 05:00:00\n"
    return head + "".join(f"ExitAddress {address} {at}\n" for address in addresses)


LIST = entry("A" * 40, "198.51.100.7") + entry("B" * 40, "203.0.113.5", "198.51.100.7", at="2026-03-17 06:00:00")


def test_an_address_in_the_list_is_an_exit():
    """It is suspicious and no more; the relays and the latest test are told."""
    found, (ask,) = answered(TorExits.ip, IP, LIST.encode())
    assert (found.outcome, found.verdict, found.severity) == (Outcome.FOUND, Verdict.SUSPICIOUS, Severity.LOW)
    assert facts(found) == {"is_tor": True, "tor_relay": f"{'A' * 40}, {'B' * 40}"}
    assert found.observed_last == datetime(2026, 3, 17, 6, tzinfo=UTC)
    assert ask.description() == {"method": "GET", "url": "https://check.torproject.org/exit-addresses", "params": {}}


@pytest.mark.parametrize("other", ["198.51.100.77", "98.51.100.7", "2001:db8::7"])
def test_another_address_is_none(other):
    """Not even one that is spelt alike; it is nothing, and no benign verdict."""
    found, _ = answered(TorExits.ip, IpAddress(other), LIST.encode())
    assert (found.outcome, found.verdict, facts(found)) == (Outcome.NOTHING, Verdict.UNKNOWN, {"is_tor": False})
    assert "3 exit addresses" in found.reason


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b"198.51.100.7\n", LIST.encode()[:-5], b"ExitNode A\n"])
def test_what_is_no_whole_list_is_a_failure(body):
    """A page, another list, or one that is cut off says of nobody that he is no exit."""
    found, _ = answered(TorExits.ip, IP, body)
    assert (found.outcome, found.verdict) == (Outcome.FAILED, Verdict.UNKNOWN)


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_list_is_text(value):
    """Whatever stands where a relay, an address or a time should, the exit is found and can be shown."""
    text = entry(value, value, at=value) + entry(value, "198.51.100.7", at=value)
    found, _ = answered(TorExits.ip, IP, text.encode("utf-8", "surrogatepass"))
    assert found.verdict is Verdict.SUSPICIOUS
    assert hiding(str(found)) == set()


WORDS = ("ExitNode", "ExitAddress ", "198.51.100.7", " ", "\n", "2026-03-17 05:05:32", "\x00")


@given(st.one_of(st.binary(max_size=40), st.lists(st.sampled_from(WORDS)).map(lambda many: "".join(many).encode())))
def test_no_reply_breaks_it(body):
    """Any bytes end in a finding of one of three outcomes."""
    found, _ = answered(TorExits.ip, IP, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)


# -- one request for everybody ----------------------------------------------------------------------------------------


@pytest.fixture
def project(monkeypatch) -> Iterator[Server]:
    """The Tor project, on loopback."""
    with serving(reply(entry("A" * 40, "9.9.9.7", "9.9.0.21").encode())) as server:
        monkeypatch.setattr(tor, "_URL", server.url)
        yield server


def asked(folder: Path, count: int) -> list[Finding]:
    """What is said of so many addresses in a session of its own."""
    subjects = [IpAddress(f"9.9.{number // 250}.{number % 250}") for number in range(count)]
    session = Workspace(Settings(cache=folder))
    return session.perform_all(IpAddress.ti.tor, subjects, {}, lambda _: None)


@pytest.mark.parametrize("count", [50, 300])
def test_a_column_of_addresses_is_one_request(project, tmp_path, count):
    """However many are asked about, and in however many sessions within the hour, the list is fetched once."""
    findings = asked(tmp_path, count)
    assert [each.subject.value for each in findings if each.outcome is Outcome.FOUND] == ["9.9.0.21"]
    assert [each.outcome for each in findings].count(Outcome.NOTHING) == count - 1
    assert [each.outcome for each in asked(tmp_path, 22)].count(Outcome.FOUND) == 1
    (seen,) = project.seen
    assert (seen.method, seen.body) == ("GET", b"")
    assert "9.9." not in f"{seen.path} {seen.headers}"


def test_a_case_has_the_list_once(project, tmp_path):
    """Fifty addresses in a case are fifty answers on one piece of evidence, which replays offline."""
    with Investigation.open(tmp_path / "x.clew", workspace=Workspace(Settings(cache=tmp_path))) as case:
        IpAddress.ti.tor.over([f"9.9.0.{number}" for number in range(50)])
        assert len(case.tables.findings()) == 50
        assert len({evidence for each in asked(tmp_path, 50) for evidence in each.evidence}) == 1
    assert len(project.seen) == 1
    assert Investigation.replay(tmp_path / "x.clew").identical


def test_a_private_address_asks_nobody(project, tmp_path):
    """The gate is as with all others; as nothing is told, only TLP:RED may not be asked about."""
    (refused,) = Workspace(Settings(cache=tmp_path)).perform_all(
        IpAddress.ti.tor, [IpAddress("10.0.0.1")], {}, lambda _: None
    )
    assert (refused.outcome, project.seen) == (Outcome.REFUSED, [])
    assert TorExits.tlp is Tlp.AMBER_STRICT
