"""What the DNS says of names and addresses, as facts and links, and off until it is allowed."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, IpAddress, Outcome, Verdict
from clew.errors import AskFailed
from clew.pivots.invocation import Invocation
from clew.pivots.menus.dns import DomainDns
from clew.pivots.workspace import Workspace
from clew.providers.dns.dns_answers import TYPES, parse_answer, text_of
from clew.providers.dns.resolver import DnsResolver
from clew.settings import Settings
from tests.providers.ti.recorded import cassettes, links
from tests.providers.whois.asked import asked
from tests.support import HOSTILE, hiding

NAME = "cdn.update-check.example"
SUBJECT = Domain(NAME)
IP = IpAddress("198.51.100.7")


def answer(*found: tuple[str, str, str], status: int = 0, name: str = NAME) -> dict:
    """A reply of a resolver with these records: owner, kind, data."""
    listed = [{"name": f"{owner}.", "type": TYPES[kind], "TTL": 300, "data": data} for owner, kind, data in found]
    return {"Status": status, "Question": [{"name": f"{name}.", "type": 1}], "Answer": listed}


ALIAS = (NAME, "CNAME", "edge.parking.example.")


def test_addresses_and_aliases_are_links():
    """Each record is a row and a link: the alias to its target, the target to its addresses."""
    four, six = ("edge.parking.example", "A", "9.9.9.9"), ("edge.parking.example", "AAAA", "2620:fe::fe")
    found, asks = asked(DnsResolver.domain, SUBJECT, answer(ALIAS, four), answer(ALIAS, six), answer(ALIAS))
    assert [(ask.name, ask.type) for ask in asks] == [(NAME, "A"), (NAME, "AAAA"), (NAME, "CNAME")]
    assert links(found) == {
        (f"domain:{NAME}", "alias-of", "domain:edge.parking.example"),
        ("domain:edge.parking.example", "resolves-to", "ip:9.9.9.9"),
        ("domain:edge.parking.example", "resolves-to", "ip:2620:fe::fe"),
    }
    assert [row["dns_answer_type"] for row in found.table.records()] == ["CNAME", "A", "AAAA"]
    assert (found.returned, found.reason) == (3, "1 A, 1 CNAME, 1 AAAA")


def test_servers_and_texts():
    """Mail and name servers are links; texts are rows, put together from their pieces; a null MX is no server."""
    mail, null = (NAME, "MX", "10 mx1.parking.example."), (NAME, "MX", "0 .")
    servers, text = (NAME, "NS", "ns1.parking.example."), (NAME, "TXT", '"v=spf1 " "-all"')
    found, _ = asked(DnsResolver.domain, SUBJECT, answer(mail, null), answer(servers), answer(text), types="mx, ns,TXT")
    assert {(relation, target) for _, relation, target in links(found)} == {
        ("mail-handled-by", "domain:mx1.parking.example"),
        ("delegated-to", "domain:ns1.parking.example"),
    }
    assert [row["dns_answer_data"] for row in found.table.records()][-1] == "v=spf1 -all"


def test_no_such_name_and_no_record_are_nothing():
    """NXDOMAIN ends it at once; a name without such records is nothing too, and says so."""
    found, asks = asked(DnsResolver.domain, SUBJECT, answer(status=3))
    assert (found.outcome, len(asks)) == (Outcome.NOTHING, 1)
    assert found.reason == "there is no such name (NXDOMAIN)"
    found, _ = asked(DnsResolver.domain, SUBJECT, answer(), answer(), answer())
    assert (found.outcome, found.reason) == (Outcome.NOTHING, "the name has no records of A, AAAA, CNAME")


def test_a_failure_is_no_answer():
    """One question that fails is told beside the others; all of them failing is a failure, never a name that is not."""
    trouble = AskFailed("the DNS resolver could not say: SERVFAIL", kind="status")
    found, _ = asked(DnsResolver.domain, SUBJECT, answer((NAME, "A", "9.9.9.9")), trouble, answer())
    assert (found.outcome, found.returned) == (Outcome.FOUND, 1)
    assert "SERVFAIL" in found.reason
    found, _ = asked(DnsResolver.domain, SUBJECT, trouble, answer(), answer())
    assert (found.outcome, found.verdict) == (Outcome.FAILED, Verdict.UNKNOWN)
    found, _ = asked(DnsResolver.domain, SUBJECT, *[answer(status=2)] * 3)
    assert found.outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("address", "kind"), [("10.1.2.3", "private"), ("127.0.0.1", "loopback"), ("169.254.169.254", "link-local")]
)
def test_answers_that_lead_inside_are_said(address, kind):
    """A name that leads to an address inside is an answer like any other, and the reason says so."""
    found, _ = asked(DnsResolver.domain, SUBJECT, answer((NAME, "A", address)), types="A")
    assert links(found) == {(f"domain:{NAME}", "resolves-to", f"ip:{address}")}
    assert f"leads to what is not on the internet: {address} ({kind})" in found.reason


def test_records_of_other_names_are_no_answer():
    """A record of a name that was not asked for, and is no alias on the way, is left out; circles of aliases end."""
    other = ("bank.example", "A", "203.0.113.66")
    circle = [(NAME, "CNAME", "b.example."), ("b.example", "CNAME", f"{NAME}.")]
    found, _ = asked(DnsResolver.domain, SUBJECT, answer(other, (NAME, "A", "9.9.9.9"), *circle), types="A")
    assert ("domain:bank.example", "resolves-to", "ip:203.0.113.66") not in links(found)
    assert found.returned == 3


def test_kinds_that_are_none_are_not_asked():
    """A kind of record that clew does not know is told with those that it does."""
    for types in ("A, ANY", "", " , "):
        found, asks = asked(DnsResolver.domain, SUBJECT, types=types)
        assert (found.outcome, asks) == (Outcome.SKIPPED, [])
        assert "known are A, NS, CNAME" in found.reason


def test_the_name_of_an_address_is_what_its_owner_says():
    """A PTR relates a name to the address; only one that leads back resolves to it."""
    pointer = answer(("7.100.51.198.in-addr.arpa", "PTR", "mail.hosting.example."), name="7.100.51.198.in-addr.arpa")
    found, asks = asked(DnsResolver.ip, IP, pointer)
    assert (asks[0].name, asks[0].type) == ("7.100.51.198.in-addr.arpa", "PTR")
    assert links(found) == {("domain:mail.hosting.example", "related-to", "ip:198.51.100.7")}
    back = answer(("mail.hosting.example", "A", IP.value), name="mail.hosting.example")
    found, asks = asked(DnsResolver.ip, IP, pointer, back, confirm=True)
    assert (asks[1].name, asks[1].type) == ("mail.hosting.example", "A")
    assert ("domain:mail.hosting.example", "resolves-to", "ip:198.51.100.7") in links(found)
    other = answer(("mail.hosting.example", "A", "203.0.113.9"), name="mail.hosting.example")
    for second in (other, answer(status=3), AskFailed("no answer", kind="timeout")):
        found, _ = asked(DnsResolver.ip, IP, pointer, second, confirm=True)
        assert links(found) == {("domain:mail.hosting.example", "related-to", "ip:198.51.100.7")}
        assert "confirmed: none" in found.reason


def test_an_address_without_a_name_is_nothing():
    """No name, and no such name, are nothing; IPv6 is asked by its own tree."""
    found, asks = asked(DnsResolver.ip, IpAddress("2001:db8::1"), answer(status=3, name="x.ip6.arpa"))
    assert (found.outcome, found.reason) == (Outcome.NOTHING, "it has no name (NXDOMAIN)")
    assert asks[0].name.endswith(".8.b.d.0.1.0.0.2.ip6.arpa")


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_text(value):
    """Whatever stands in a record, the answer can be shown."""
    found, _ = asked(DnsResolver.domain, SUBJECT, answer((NAME, "TXT", value), (NAME, "A", "9.9.9.9")), types="TXT")
    assert found.returned == 1 + bool(value.strip())  # blank data is no record
    assert hiding(str(found)) == set()


values = st.one_of(st.none(), st.integers(), st.text(max_size=8), st.lists(st.integers(), max_size=2))
entries = st.dictionaries(
    st.sampled_from(["name", "type", "TTL", "data"]), st.one_of(values, st.sampled_from([f"{NAME}.", 1, 5]))
)


@given(
    st.dictionaries(st.sampled_from(["Status", "Question", "Answer"]), st.one_of(values, st.lists(entries, max_size=3)))
)
def test_no_reply_breaks_it(document):
    """Whatever a resolver sends, the answer is found, nothing or failed."""
    found, _ = asked(DnsResolver.domain, SUBJECT, document, types="A")
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)
    assert found.verdict is Verdict.UNKNOWN


@given(st.text(max_size=30))
def test_texts_survive_their_quotes(text):
    """A text in quotes, with quotes and backslashes escaped, is the text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert text_of(f'"{escaped}"') == text


def test_recorded_answers_of_a_public_resolver(shared_data):
    """The recorded answers of a resolver over HTTPS are read: each record of the name is in the table."""
    count = 0
    for cassette in cassettes(shared_data("ti-recorded") / "Mihari_Enrichers_GooglePublicDNS"):
        document = json.loads(cassette.body)
        name = parse_qs(urlsplit(cassette.url).query)["name"][0]
        found, _ = asked(DnsResolver.domain, Domain(name), document, types="A")
        known = [each for each in document.get("Answer", []) if each["type"] in TYPES.values()]
        assert found.outcome is (Outcome.FOUND if known else Outcome.NOTHING)
        assert {row["dns_resolved_ip"] or row["dns_answer_data"] for row in found.table.records()} == {
            text_of(each["data"]) for each in known
        }
        count += 1
    assert count


# -- the whole way ----------------------------------------------------------------------------------------------------


def perform(resolver: str, tmp_path, subject: Domain, **more: bool):
    """Ask through a workspace with these settings."""
    settings = Settings(resolvers=(resolver,), cache=tmp_path, **more)
    pivot = DomainDns.resolve
    return Workspace(settings).perform(Invocation("dns.resolve", subject, {"types": "A"}), pivot)


def test_it_is_off_until_it_is_allowed(tmp_path):
    """Without leave no resolver hears of it, and the refusal says how to give it; with leave it is asked."""
    pytest.importorskip("dns")
    from tests.providers.dns.servers import resolving, zone

    subject = Domain("cdn.update-check.example")
    with resolving(zone(f"{subject.value} A 203.0.113.5")) as resolver:
        found = perform(resolver.address, tmp_path, subject)
        assert (found.outcome, resolver.seen) == (Outcome.REFUSED, [])
        assert "CLEW_ALLOW_ACTIVE" in found.reason
        found = perform(resolver.address, tmp_path, subject, allow_active=True)
        assert links(found) == {(f"domain:{subject.value}", "resolves-to", "ip:203.0.113.5")}
        again = perform(resolver.address, tmp_path, subject, allow_active=True)
        assert (again.evidence, len(resolver.seen)) == (found.evidence, 1)


def test_a_made_up_network_asks_no_resolver(tmp_path):
    """Where the network is replaced, there is no way to a resolver, and none to a WHOIS server."""
    import httpx

    from clew.pivots.menus.whois import DomainWhois

    around = Workspace(
        Settings(cache=tmp_path, allow_active=True),
        transport=lambda: httpx.MockTransport(lambda _: httpx.Response(500)),
    )
    for pivot, arguments in ((DomainDns.resolve, {"types": "A"}), (DomainWhois.whois, {"registrar": False})):
        found = around.perform(Invocation(pivot.name, Domain("shop.example"), arguments), pivot)
        assert found.outcome is Outcome.SKIPPED
        assert "there is no way to ask" in found.reason


def test_every_kind_of_record_is_read():
    """Each kind that can be asked for has its number."""
    for kind in TYPES:
        _, found = parse_answer(_reply(answer((NAME, kind, "x.example."))))
        assert [each.type for each in found] == [kind]


def _reply(document: dict):
    from clew.providers.base import Reply
    from clew.testing.recordings import AT

    return Reply(json.dumps(document).encode(), "application/dns-json", AT)
