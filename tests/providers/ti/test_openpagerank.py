"""Open PageRank: how well known domains are, one by one and a hundred at once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, Outcome, Severity, Verdict
from clew.errors import AskFailed, AskRefused
from clew.providers.base import Reply
from clew.providers.ti.openpagerank import BATCH, OpenPageRank
from clew.providers.web import HttpRequest, SecretLocation
from clew.testing.recordings import AT
from tests.providers.ti.recorded import answered, facts
from tests.support import HOSTILE, hiding

NAME = Domain("known.example")


def entry(name: str = NAME.value, **more: object) -> dict[str, object]:
    return {
        "status_code": 200,
        "error": "",
        "page_rank_decimal": 4.68,
        "page_rank_integer": 5,
        "rank": "1234",
        "domain": name,
        **more,
    }


def body(*entries: dict[str, object]) -> dict[str, object]:
    return {"status_code": 200, "response": list(entries), "last_updated": "26th February 2026"}


ABSENT = {"status_code": 404, "error": "Domain not found", "page_rank_decimal": 0, "page_rank_integer": 0, "rank": None}


def test_it_is_asked_as_documented():
    """One GET with the domain in a list of one, and the key in its header."""
    _, (ask,) = answered(OpenPageRank.domain, NAME, body(entry()))
    assert isinstance(ask, HttpRequest)
    assert ask.description() == {
        "method": "GET",
        "url": "https://openpagerank.com/api/v1.0/getPageRank",
        "params": {"domains[]": "known.example"},
    }
    assert ask.secret == SecretLocation("header", "API-OPR")


@pytest.mark.parametrize("rank", [0.01, 4.68, 10, "7.5"])
def test_a_rank_is_a_fact_and_never_a_verdict(rank):
    """A domain that all the world links to may serve malware, and a new one need not."""
    found, _ = answered(OpenPageRank.domain, NAME, body(entry(page_rank_decimal=rank)))
    assert (found.outcome, found.verdict, found.severity) == (Outcome.FOUND, Verdict.UNKNOWN, Severity.INFORMATIONAL)
    assert facts(found) == {"page_rank": float(rank), "popularity_rank": 1234}


def test_a_domain_that_is_not_known_is_nothing():
    """It has a status of its own within the reply; its rank of 0 is not told."""
    found, _ = answered(OpenPageRank.domain, NAME, body(entry(**ABSENT)))
    assert (found.outcome, facts(found)) == (Outcome.NOTHING, {})


@pytest.mark.parametrize(
    ("document", "outcome"),
    [
        ({"status_code": 401, "message": "Invalid API Key or Domain limit reached"}, Outcome.REFUSED),
        ({"status_code": 403, "message": "no"}, Outcome.REFUSED),
        ({"status_code": 429, "message": "Rate limit exceeded"}, Outcome.REFUSED),
        ({"status_code": 500}, Outcome.FAILED),
        ({"response": []}, Outcome.FAILED),
        ({"status_code": 200, "response": []}, Outcome.FAILED),
        (body(entry("other.example")), Outcome.FAILED),
        (body(entry(status_code=500, error="try later")), Outcome.FAILED),
        (body(entry(page_rank_decimal=None)), Outcome.FAILED),
    ],
)
def test_an_error_with_status_200_is_none_of_an_answer(document, outcome):
    """What the document calls an error is a refusal or a failure, with its words."""
    found, _ = answered(OpenPageRank.domain, NAME, document)
    assert (found.outcome, found.verdict) == (outcome, Verdict.UNKNOWN)
    assert str(document.get("message", "")) in found.reason


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in an error or beside the rank, the finding can be shown."""
    refused, _ = answered(OpenPageRank.domain, NAME, {"status_code": 401, "message": value})
    found, _ = answered(OpenPageRank.domain, NAME, body(entry(rank=value, error=value)))
    assert (refused.outcome, found.outcome) == (Outcome.REFUSED, Outcome.FOUND)
    assert hiding(f"{refused} {found}") == set()


def asking(*names: str) -> list[HttpRequest]:
    asks = [answered(OpenPageRank.domain, Domain(name), b"")[1][0] for name in names]
    return [ask for ask in asks if isinstance(ask, HttpRequest) and ask.batch is BATCH]


def test_a_hundred_domains_are_asked_at_once():
    """One request names them all; each gets what it would have got alone, and one that is left out has failed."""
    names = [f"site{number}.example" for number in range(100)]
    asks = asking(*names)
    joined = BATCH.join(asks)
    assert (BATCH.size, joined.params) == (100, tuple(("domains[]", name) for name in names))
    assert joined.secret == SecretLocation("header", "API-OPR")
    entries = [entry(name, **(ABSENT if number % 2 else {})) for number, name in enumerate(names[:-1])]
    split = BATCH.split(Reply(json.dumps(body(*reversed(entries))).encode(), "application/json", AT), asks)
    assert isinstance(split[-1], AskFailed)
    for number, (name, part) in enumerate(zip(names[:-1], split, strict=False)):
        found, _ = answered(OpenPageRank.domain, Domain(name), part)
        assert found.outcome is (Outcome.NOTHING if number % 2 else Outcome.FOUND)


@pytest.mark.parametrize(
    ("document", "error"), [(b"<html>", AskFailed), (b"[]", AskFailed), (b'{"status_code": 401}', AskRefused)]
)
def test_a_refusal_is_one_for_all_of_them(document, error):
    """What answers none of them is raised once."""
    with pytest.raises(error):
        BATCH.split(Reply(document, "application/json", AT), asking("a.example", "b.example"))


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
entries = st.fixed_dictionaries(
    {"domain": st.just(NAME.value)},
    optional=dict.fromkeys(("status_code", "page_rank_decimal", "rank", "error"), st.one_of(st.just(200), json_values)),
)


@given(st.one_of(st.binary(max_size=30), json_values, st.lists(entries, max_size=2).map(lambda many: body(*many))))
def test_no_reply_breaks_it(document):
    """Any bytes and any JSON end in a finding of one of three outcomes."""
    found, _ = answered(OpenPageRank.domain, NAME, document)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)
