"""crt.sh: from logged certificates to rows and names, on made-up and on recorded replies."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, Outcome, Verdict
from clew.providers.ti.crtsh import CrtSh
from tests.providers.ti.anything import json_values, objects
from tests.providers.ti.recorded import answered, cassettes, links, pointed
from tests.support import HOSTILE, hiding

NAME = Domain("c2.example")
FIELDS = ("issuer_name", "common_name", "name_value", "entry_timestamp", "not_before", "not_after", "serial_number")


def logged(*names: str, **more: object) -> dict[str, object]:
    return {"id": 9001, "issuer_name": "CN=Example CA", "name_value": "\n".join(names), **more}


def test_the_log_is_asked_as_documented():
    """The name itself, or a pattern for the names below; all parameters are values, and no key is sent."""
    _, (ask,) = answered(CrtSh.domain, NAME, [])
    assert (ask.method, ask.url, ask.params, ask.secret) == (
        "GET",
        "https://crt.sh/",
        (("q", "c2.example"), ("output", "json")),
        None,
    )
    # Every other status is trouble: a 404 of a busy service is no empty log.
    assert ask.answers == frozenset()
    _, (below,) = answered(CrtSh.domain, NAME, [], subdomains=True, expired=False)
    assert dict(below.params) == {"q": "%.c2.example", "output": "json", "exclude": "expired"}


@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("www.c2.example", ("domain:www.c2.example", "subdomain-of", "domain:c2.example")),
        ("*.Dev.c2.example", ("domain:dev.c2.example", "subdomain-of", "domain:c2.example")),
        ("other.example", ("domain:c2.example", "related-to", "domain:other.example")),
        ("notc2.example", ("domain:c2.example", "related-to", "domain:notc2.example")),
        ("198.51.100.7", ("domain:c2.example", "related-to", "ip:198.51.100.7")),
        ("c2.example", None),
        ("*.c2.example", None),
    ],
)
def test_names_in_one_certificate_are_linked(name, link):
    """Names below are subdomains, others related; a wildcard stands for the name that it is below."""
    found, _ = answered(CrtSh.domain, NAME, [logged(name)])
    assert links(found) == ({link} if link else set())


def test_a_name_above_is_the_parent():
    """Of a certificate for a name and the one above it, the subject is the subdomain."""
    found, _ = answered(CrtSh.domain, Domain("login.c2.example"), [logged("c2.example", "login.c2.example")])
    assert links(found) == {("domain:login.c2.example", "subdomain-of", "domain:c2.example")}


def test_names_that_are_none_are_counted():
    """Mail addresses and plain words in a certificate are in its row, and counted."""
    found, _ = answered(CrtSh.domain, NAME, [logged("somebody@c2.example", "*", "localhost")])
    assert found.links == ()
    assert found.reason.endswith("values that name nothing to follow: 3")
    assert [row["names"] for row in found.table.records()] == ["somebody@c2.example, *, localhost"]


def test_no_certificate_is_nothing():
    """An empty list says that no certificate is logged."""
    found, _ = answered(CrtSh.domain, NAME, [])
    assert (found.outcome, found.verdict) == (Outcome.NOTHING, Verdict.UNKNOWN)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><h1>502 Bad Gateway</h1></html>",
        b"",
        {},
        {"error": "busy"},
        ["busy"],
        [None],
        [{}],
        [logged("c2.example"), 5],
        [{"id": "x"}],
    ],
    ids=range(9),
)
def test_a_busy_service_is_no_answer(body):
    """A page, an error, and a list of something else are failed asks: never an empty log."""
    found, _ = answered(CrtSh.domain, NAME, body)
    assert (found.outcome, found.links, found.table) == (Outcome.FAILED, (), None)


def test_many_names_are_cut_and_told():
    """More names than are kept as links are said to be left out; the rows have all of them."""
    found, _ = answered(CrtSh.domain, NAME, [logged(*(f"n{number}.c2.example" for number in range(700)))])
    assert (len(found.links), found.truncated_by) == (500, "links")
    assert "links left out: 200" in found.reason


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in a certificate, it is a row that can be shown."""
    found, _ = answered(CrtSh.domain, NAME, [logged(value, common_name=value, issuer_name=value, not_after=value)])
    assert (found.outcome, found.returned) == (Outcome.FOUND, 1)
    assert hiding(str(found)) == set()


@given(st.one_of(st.binary(max_size=30), json_values))
def test_no_reply_breaks_it(body):
    """Any bytes and any JSON end in a finding of one of three outcomes."""
    found, _ = answered(CrtSh.domain, NAME, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)


@given(st.lists(objects(FIELDS, id=st.integers(0, 2**60)), min_size=1, max_size=4))
def test_no_certificate_is_lost(listed):
    """Whatever stands in certificates, each of them is a row."""
    found, _ = answered(CrtSh.domain, NAME, listed)
    assert (found.outcome, len(found.table)) == (Outcome.FOUND, len(listed))


# -- recorded with the real service -------------------------------------------------------------------------------


def test_recorded_certificates(shared_data):
    """Every recorded certificate is a row with its number, and its names are links with their places."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_Crtsh")
    asked = parse_qs(urlsplit(cassette.url).query)
    subject = Domain(asked["identity"][0])
    document = json.loads(cassette.body)
    found, (ask,) = answered(CrtSh.domain, subject, cassette.body, expired=False)
    assert dict(ask.params) == {"q": subject.value, "output": asked["output"][0], "exclude": asked["exclude"][0]}
    rows = list(found.table.records())
    assert len(rows) == len(document) == found.returned == found.available
    assert [(row["certificate_id"], row["issuer"]) for row in rows] == [
        (each["id"], each["issuer_name"]) for each in document
    ]
    assert [row["names"].split(", ") for row in rows] == [each["name_value"].split("\n") for each in document]
    other = {name.removeprefix("*.") for each in document for name in each["name_value"].split("\n")} - {subject.value}
    assert {link.source.value for link in found.links} == other
    for link in found.links:
        assert all(link.source.value in pointed(document, pointer) for pointer in link.pointers)
        naming = [each for each in document if link.source.value in each["name_value"].split("\n")]
        assert len(link.pointers) == len(naming)
        assert f"{link.observed_first:%Y-%m-%dT%H:%M:%S}" == min(each["entry_timestamp"] for each in naming)[:19]
