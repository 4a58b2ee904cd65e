"""dnstwister: names that look like another, on made-up replies and on a recorded one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, Outcome, Relation, Verdict
from clew.providers.ti.dnstwister import DnsTwister
from clew.providers.web import HttpRequest
from tests.providers.ti.anything import objects, replies
from tests.providers.ti.recorded import answered, cassettes, links, pointed
from tests.support import HOSTILE, hiding

BANK = Domain("bank.example")


def fuzzed(*names: tuple[object, object], domain: object = "bank.example") -> dict[str, object]:
    listed = [(domain, "Original*"), *names]
    return {"domain": domain, "fuzzy_domains": [{"domain": name, "fuzzer": fuzzer} for name, fuzzer in listed]}


def test_it_is_asked_with_the_name_in_hexadecimal():
    """One GET without a key; names in other letters are asked in punycode."""
    _, (ask,) = answered(DnsTwister.domain, BANK, fuzzed())
    assert isinstance(ask, HttpRequest)
    url = "https://dnstwister.report/api/fuzz/62616e6b2e6578616d706c65"
    assert ask.description() == {"method": "GET", "url": url, "params": {}}
    assert ask.secret is None
    _, (other,) = answered(DnsTwister.domain, Domain("bänk.example"), fuzzed())
    assert bytes.fromhex(other.url.rpartition("/")[2]) == b"xn--bnk-qla.example"


def test_each_name_is_a_row_and_a_link():
    """How a name was made stands beside it; the domain itself is left out."""
    found, _ = answered(DnsTwister.domain, BANK, fuzzed(("banka.example", "Addition"), ("b.ank.example", "Subdomain")))
    assert links(found) == {
        ("domain:bank.example", "related-to", "domain:banka.example"),
        ("domain:bank.example", "related-to", "domain:b.ank.example"),
    }
    assert [tuple(row.values()) for row in found.table.records()] == [
        ("domain:banka.example", "Addition"),
        ("domain:b.ank.example", "Subdomain"),
    ]
    assert (found.returned, found.available) == (2, 2)


def test_a_look_alike_is_no_accusation():
    """Nobody looked whether the names are registered: the reason says so, and there is no verdict."""
    found, _ = answered(DnsTwister.domain, BANK, fuzzed(("banka.example", "Addition")))
    assert (found.verdict, found.reason) == (
        Verdict.UNKNOWN,
        "1 names look like it: permutations, and nobody has registered all of them",
    )


def test_the_domain_itself_is_left_out_however_it_is_spelt():
    """Of upper case or under another word it is still the same domain; alone it is nothing."""
    found, _ = answered(DnsTwister.domain, BANK, fuzzed(("BANK.example.", "Various"), domain="BANK.EXAMPLE"))
    assert (found.outcome, found.verdict, found.links) == (Outcome.NOTHING, Verdict.UNKNOWN, ())


def test_names_that_are_none_and_too_many_are_told():
    """What is no name is counted, and so are the links that were left out; rows are not."""
    many = [(f"bank{number}.example", "Addition") for number in range(600)]
    found, _ = answered(DnsTwister.domain, BANK, fuzzed(("not a name", "Various"), *many))
    assert (len(found.links), len(found.table), found.returned, found.truncated_by) == (500, 600, 601, "links")
    assert "values that name nothing to follow: 1; links left out: 100" in found.reason


@pytest.mark.parametrize(
    "body",
    [
        fuzzed(domain="other.example"),
        {"domain": "bank.example"},
        {"fuzzy_domains": []},
        {"domain": "bank.example", "fuzzy_domains": {}},
        {"domain": "bank.example", "fuzzy_domains": ["a.example"]},
        [],
        b"<h1>Bad Request</h1>",
    ],
    ids=range(7),
)
def test_what_is_no_answer_is_a_failure(body):
    """What is about another domain, or has no list of names, says nothing of this one."""
    found, _ = answered(DnsTwister.domain, BANK, body)
    assert (found.outcome, found.links) == (Outcome.FAILED, ())


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_text(value):
    """Whatever stands in names and in how they were made, the names beside them are linked, and it can be shown."""
    found, _ = answered(DnsTwister.domain, BANK, fuzzed(("banka.example", value), (value, "Addition")))
    assert ("domain:bank.example", "related-to", "domain:banka.example") in links(found)
    assert hiding(str(found)) == set()


odd_names = st.lists(objects(["domain", "fuzzer"])).map(lambda many: {"domain": BANK.value, "fuzzy_domains": many})


@given(st.one_of(replies(["fuzzy_domains"], domain=st.just(BANK.value)), odd_names))
def test_no_reply_breaks_it(body):
    """Any bytes, any JSON and any names end in a finding of one of three outcomes."""
    found, _ = answered(DnsTwister.domain, BANK, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)
    assert str(found)


# -- recorded with the real service -------------------------------------------------------------------------------


def test_recorded_names(shared_data):
    """Every recorded name but the domain itself is a row and a link to where it stands, with how it was made."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_DNSTwister")
    document = json.loads(cassette.body)
    subject = Domain(document["domain"])
    found, (ask,) = answered(DnsTwister.domain, subject, cassette.body)
    assert (ask.method, ask.url) == (cassette.method, cassette.url)
    original, *others = document["fuzzy_domains"]
    assert (original["domain"], original["fuzzer"]) == (subject.value, "Original*")
    assert found.returned == found.available == len(others) == len(found.table) == len(found.links)
    assert [tuple(row.values()) for row in found.table.records()] == [
        (str(Domain(each["domain"]).key), each["fuzzer"]) for each in others
    ]
    for link, each in zip(found.links, others, strict=True):
        assert (link.source, link.relation, link.target) == (subject, Relation.RELATED_TO, Domain(each["domain"]))
        assert [pointed(document, pointer) for pointer in link.pointers] == [each]
