"""What may leave the machine, and what may not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import ENTITY_TYPES, Account, AutonomousSystem, Domain, File, Host, IpAddress, Process, Url
from clew.errors import AskRefused
from clew.providers.gate import Gate
from clew.providers.local.feed_channel import FeedLookup
from tests.providers.doubles import PUBLIC, Oracle, Prober, Question
from tests.support import ENTITIES, entities

OURS = Gate(
    own_domains=("corp.example", "*.Acme.Example", ".branch.example", "B\u00fccher.example", "our-site.example")
)
PRIVATE = "private or reserved"
NEVER = [
    # Private, loopback, link-local, shared, documentation, benchmarking, reserved, broadcast, unspecified.
    *(
        (IpAddress(text), PRIVATE)
        for text in (
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.2.1",
            "198.51.100.7",
            "203.0.113.9",
            "198.18.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "0.0.0.0",
            "192.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "2001:db8::1",
            "fec0::1",
            "100::1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:a00:1::",
            "2001:0:a00:1::",
            "4000::1",
        )
    ),
    *((IpAddress(text), "multicast") for text in ("224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1")),
    *(
        (Domain(text), "internal")
        for text in (
            "printer.local",
            "db.internal",
            "nas.lan",
            "a.home.arpa",
            "x.test",
            "x.invalid",
            "dc.corp",
            "a.localhost",
            "corp.example",
            "a.b.corp.example",
            "acme.example",
            "www.acme.example",
            "x.branch.example",
            "b\u00fccher.example",
            "shop.xn--bcher-kva.example",
            "our-site.example",
            "mail.our-site.example",
        )
    ),
    *((Host(text), "internal") for text in ("ws01", "ws01.corp.example")),
    *((Account(text), "internal") for text in ("CORP\\alice", "alice@mail.example", "S-1-5-21-1-2-3-4")),
    *(
        (Url(text), "credentials")
        for text in ("https://a:b@evil.example/", "https://a@evil.example/", "https://:b@evil.example/")
    ),
    *(
        (Url(f"https://{text}/x"), PRIVATE)
        for text in (
            "10.0.0.1",
            "0x7f.1",
            "2130706433",
            "127.1",
            "[::1]",
            "[::ffff:10.0.0.1]",
            "[fe80::1]",
            "192.168.1.1:8443",
            "10.0.0.1.",
            "[2002:a00:1::]",
        )
    ),
    *(
        (Url(f"https://{text}/x"), "internal")
        for text in (
            "localhost",
            "localhost.",
            "intranet",
            "printer.local.",
            "CORP.example.:8443",
            "a.our-site.example.",
            "ws01",
        )
    ),
    (File(path="C:\\secret.docx", host="ws01"), "internal"),
    (Process(pid=4, started=datetime(2026, 1, 1, tzinfo=UTC), host="ws01"), "internal"),
]
MAY = [
    *map(IpAddress, ("8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "11.0.0.1")),
    *map(Domain, ("evil.example", "notcorp.example", "corp.example.a.example", "xour-site.example", "lan.a.example")),
    *map(
        Url,
        ("https://evil.example/", "http://8.8.8.8/?u=10.0.0.1", "https://evil.example/@x", "https://evil.example./"),
    ),
    File("a" * 64, path="C:\\a.exe", host="ws01"),
]


@pytest.mark.parametrize(("entity", "why"), NEVER, ids=str)
def test_internal_values_never_leave(entity, why):
    """Values that mean nothing outside, or tell about us, are refused, with the reason."""
    refusal = OURS.refusal(Oracle, entity)
    assert refusal is not None
    assert refusal.kind == "private"
    assert why in refusal.message
    assert refusal.next_step
    with pytest.raises(AskRefused):
        OURS.check(Question(), Oracle, entity)


@pytest.mark.parametrize("entity", MAY, ids=str)
def test_public_values_may_leave(entity):
    """What anybody can see may be asked about."""
    assert OURS.refusal(Oracle, entity) is None
    OURS.check(Question(), Oracle, entity)


@pytest.mark.parametrize("entity", [PUBLIC, *MAY], ids=str)
def test_offline_refuses_everything(entity):
    """Offline nothing leaves, whatever else is allowed."""
    refusal = Gate(offline=True, allow_active=True).refusal(Oracle, entity)
    assert (refusal.kind, refusal.next_step) == ("offline", "set CLEW_OFFLINE=0; a case: case.set_gate(offline=False)")


def test_active_providers_wait_for_leave():
    """A provider that touches the suspect's own infrastructure is refused until that is allowed."""
    assert Gate().refusal(Prober, PUBLIC).kind == "active"
    assert Gate(allow_active=True).refusal(Prober, PUBLIC) is None
    assert Gate(allow_active=True).refusal(Prober, IpAddress("10.0.0.1")).kind == "private"


@given(entities)
def test_what_stays_here_needs_no_leave(entity):
    """An ask that does not leave is never refused."""
    Gate(offline=True).check(FeedLookup((str(entity.key),)), Prober, entity)


@pytest.mark.parametrize(
    "kind", sorted(set(ENTITY_TYPES) - {"asn", "certificate", "ip", "domain", "url", "file", "host"})
)
@given(data=st.data())
def test_kinds_that_are_ours_never_leave(kind, data):
    """Accounts and processes, and any kind that is not known to be public, stay here."""
    assert Gate().refusal(Oracle, data.draw(ENTITIES[kind])).kind == "private"


@given(entities)
def test_the_gate_always_answers(entity):
    """For every entity there is a leave or a refusal, and a URL may leave only if its host may."""
    refusal = OURS.refusal(Oracle, entity)
    assert refusal is None or refusal.kind == "private"


@given(st.ip_addresses())
def test_a_url_is_as_private_as_its_address(address):
    """An address that may not leave may not leave inside a URL either."""
    host = f"[{address}]" if address.version == 6 else str(address)
    assert bool(OURS.private_reason(Url(f"http://{host}/"))) >= bool(OURS.private_reason(IpAddress(str(address))))


@pytest.mark.parametrize(
    ("number", "may"),
    [
        (0, False),
        (1, True),
        (23_456, False),
        (64_495, True),
        (64_496, False),
        (64_512, False),
        (65_551, False),
        (65_552, True),
        (4_199_999_999, True),
        (4_200_000_000, False),
        (4_294_967_295, False),
    ],
)
def test_private_numbers_of_autonomous_systems_stay_here(number, may):
    """Numbers for documentation, for private use and those that nobody can have are not sent; others may be."""
    assert (Gate().refusal(Oracle, AutonomousSystem(f"AS{number}")) is None) == may
