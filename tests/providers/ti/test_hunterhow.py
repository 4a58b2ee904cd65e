"""hunter.how: services of addresses, on made-up replies and on a recorded one."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import IpAddress, Outcome, Verdict
from clew.graph.case import Case
from clew.pivots.workspace import Workspace
from clew.providers.ti.hunterhow import HunterHow
from clew.providers.web import HttpRequest, SecretLocation
from clew.settings import Settings
from tests.providers.ti.anything import objects, replies
from tests.providers.ti.recorded import answered, cassettes, links, pointed
from tests.support import HOSTILE, hiding

IP = IpAddress("198.51.100.7")
SPAN = {"start": "2025-03-18T00:00:00Z", "end": "2026-03-17T09:15:00Z"}


def listed(*services: object, total: object = None) -> dict[str, object]:
    data = {"list": list(services), "total": len(services) if total is None else total}
    return {"code": 200, "message": "success", "data": data}


def service(port: object, domain: object = "", ip: str = IP.value) -> dict[str, object]:
    return {"domain": domain, "ip": ip, "port": port}


def asked(*bodies: object, **arguments: object):
    """What is made of the bodies, for a year that ends in spring, and the request; None where nothing was sent."""
    found, sent = answered(HunterHow.ip, IP, *bodies, **{**SPAN, **arguments})
    return found, sent[0] if sent else None


def test_it_is_asked_as_documented():
    """The query is coded as URLs take it, the time is the last year, and the key stands in no description."""
    _, ask = asked(listed(), page=3)
    assert isinstance(ask, HttpRequest)
    assert ask.description() == {
        "method": "GET",
        "url": "https://api.hunter.how/search",
        "params": {
            "query": "aXA9IjE5OC41MS4xMDAuNyI=",
            "page": "3",
            "page_size": "100",
            "start_time": "2025-03-18",
            "end_time": "2026-03-17",
        },
    }
    assert ask.secret == SecretLocation("query", "api-key")


@pytest.mark.parametrize("missing", [("start",), ("end",), ("start", "end")])
def test_without_a_stretch_of_time_it_is_not_asked(missing):
    """Where neither the call nor the case says from when until when, it is skipped, and says how to say it."""
    found, ask = asked(listed(), **dict.fromkeys(missing))
    assert (found.outcome, ask) == (Outcome.SKIPPED, None)
    assert 'start="-364d", end="now"' in found.reason


def test_the_window_of_a_case_is_asked_about(tmp_path, monkeypatch):
    """What the call does not say of the time is that of the case, and a replay asks about the same days."""
    monkeypatch.setenv(HunterHow.secret, "made-up-key")
    outside = IpAddress("9.9.9.9")
    sent: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=listed(service(22, ip=outside.value)))

    workspace = Workspace(Settings(cache=tmp_path), transport=lambda: httpx.MockTransport(serve))
    with Case.open(tmp_path / "a.clew", workspace=workspace) as case:
        case.set_window("2026-03-01T00:00Z", "2026-03-08T00:00Z")
        found = outside.related.hunterhow()
    assert found.outcome is Outcome.FOUND
    assert [(request.url.params["start_time"], request.url.params["end_time"]) for request in sent] == [
        ("2026-03-01", "2026-03-08")
    ]


def test_a_service_is_a_row():
    """Port and name stand in one row, and the name is a link."""
    found, _ = asked(listed(service(8443, "c2.example"), service(22)))
    assert [*found.table.records()] == [
        {"service_port": 8443, "related": "domain:c2.example"},
        {"service_port": 22, "related": None},
    ]
    assert links(found) == {("ip:198.51.100.7", "related-to", "domain:c2.example")}
    assert found.verdict is Verdict.UNKNOWN


def test_further_pages_are_told():
    """Where there are more services than the page that was asked for, it is said how many."""
    first, _ = asked(listed(service(80), total=101))
    assert (first.returned, first.available, first.truncated_by) == (1, 101, "limit")
    for total in (101, 200):
        last, _ = asked(listed(service(80), total=total), page=2)
        assert (last.returned, last.available, last.truncated_by) == (1, 1, "")


@pytest.mark.parametrize("data", [{"list": [], "total": 0}, {"list": None, "total": 0}, {}])
def test_without_services_it_is_nothing(data):
    """An address at which nothing was seen has no verdict."""
    found, _ = asked({"code": 200, "data": data})
    assert (found.outcome, found.verdict) == (Outcome.NOTHING, Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("body", "outcome", "says"),
    [
        ({"code": 40001, "message": "made-up"}, Outcome.REFUSED, "CLEW_HUNTERHOW_KEY"),
        ({"code": 400, "message": "Token expired"}, Outcome.REFUSED, "CLEW_HUNTERHOW_KEY"),
        ({"code": 400, "message": "Exceed the daily query usage, try again tomorrow"}, Outcome.REFUSED, "quota"),
        ({"code": 400, "message": "The interval cannot exceed one year"}, Outcome.FAILED, "one year"),
        ({"code": 500}, Outcome.FAILED, "no reason"),
        ({"data": {"list": [], "total": 0}}, Outcome.FAILED, "error"),
        ({"code": 200, "data": []}, Outcome.FAILED, "/data"),
        (listed("text"), Outcome.FAILED, "/data/list"),
        ({"code": 200, "data": {"list": {}, "total": 0}}, Outcome.FAILED, "/data/list"),
        (listed(total=41), Outcome.FAILED, "none of the services"),
        (listed(total=-1), Outcome.FAILED, "/data/total"),
        (listed(service(80), service(80, ip="203.0.113.9")), Outcome.FAILED, "not about this address"),
        (listed({"port": 80}), Outcome.FAILED, "not about this address"),
    ],
)
def test_an_error_with_status_200_is_none_of_an_answer(body, outcome, says):
    """Key and quota are refusals; other errors, and what is no list of services there, are failures."""
    found, _ = asked(body)
    assert (found.outcome, found.links, says in found.reason) == (outcome, (), True)


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in ports and names, each service is a row, and it can be shown."""
    found, _ = asked(listed(service(80, "c2.example"), service(value, value)))
    failed, _ = asked({"code": 1, "message": value})
    assert ("ip:198.51.100.7", "related-to", "domain:c2.example") in links(found)
    assert (found.returned, found.verdict) == (2, Verdict.UNKNOWN)
    assert hiding(f"{found} {failed}") == set()


@given(replies(["data", "message"], code=st.just(200)))
def test_no_reply_breaks_it(body):
    """Any bytes and any JSON end in a finding of one of three outcomes."""
    found, _ = asked(body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)
    assert str(found)


@given(st.lists(objects(["port", "domain"], ip=st.just(IP.value)), min_size=1))
def test_no_service_is_lost(services):
    """Whatever is told of a service, it is a row."""
    found, _ = asked(listed(*services))
    assert (found.outcome, found.returned, len(found.table)) == (Outcome.FOUND, len(services), len(services))


# -- recorded with the real service -------------------------------------------------------------------------------


def test_recorded_services(shared_data):
    """Every recorded service is a row with its port and name, and every name is linked from all places that say it."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_HunterHow")
    document = json.loads(cassette.body)
    services = document["data"]["list"]
    (address,) = {each["ip"] for each in services}
    subject = IpAddress(address)
    found, (ask,) = answered(HunterHow.ip, subject, cassette.body, start="2023-08-01T00:00Z", end="2023-08-31T00:00Z")
    theirs = {name: value for name, (value,) in parse_qs(urlsplit(cassette.url).query).items()}
    ours = dict(ask.params)
    assert (ask.method, ask.url) == (cassette.method, cassette.url.partition("?")[0])
    assert {*ours, ask.secret.name} == theirs.keys()
    same = ("page", "page_size", "start_time", "end_time")
    assert [ours[name] for name in same] == [theirs[name] for name in same]
    # They wrote a colon; the documentation has the sign of equality.
    spelt = [base64.urlsafe_b64decode(each["query"]).decode() for each in (theirs, ours)]
    assert spelt == [f'ip:"{address}"', f'ip="{address}"']
    rows = list(found.table.records())
    assert found.returned == found.available == document["data"]["total"] == len(services) == len(rows)
    assert [(row["service_port"], row["related"]) for row in rows] == [
        (each["port"], f"domain:{each['domain']}" if each["domain"] else None) for each in services
    ]
    said = {pointer: link.target.value for link in found.links for pointer in link.pointers}
    assert said == {f"/data/list/{n}/domain": each["domain"] for n, each in enumerate(services) if each["domain"]}
    assert all(pointed(document, pointer) == name for pointer, name in said.items())
    assert {(link.source, link.relation.value) for link in found.links} == {(subject, "related-to")}
    assert found.verdict is Verdict.UNKNOWN
