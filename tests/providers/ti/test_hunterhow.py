"""hunter.how: services of addresses, on made-up replies and on a recorded one."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import IpAddress, Outcome, Verdict
from clew.providers.ti.hunterhow import Calendar, HunterHow, Today
from clew.providers.web import HttpRequest, Place
from tests.providers.ti.anything import objects, replies
from tests.providers.ti.recorded import answered, cassettes, links, pointed
from tests.support import HOSTILE, hiding

IP = IpAddress("198.51.100.7")
TODAY = {"today": "2026-03-17"}


def listed(*services: object, total: object = None) -> dict[str, object]:
    data = {"list": list(services), "total": len(services) if total is None else total}
    return {"code": 200, "message": "success", "data": data}


def service(port: object, domain: object = "", ip: str = IP.value) -> dict[str, object]:
    return {"domain": domain, "ip": ip, "port": port}


def asked(*bodies: object, **arguments: object):
    """What is made of the bodies, on a day in spring, and the request; None where nothing was sent."""
    found, (_, *sent) = answered(HunterHow.ip, IP, TODAY, *bodies, **arguments)
    return found, sent[0] if sent else None


def test_it_is_asked_as_documented():
    """The query is coded as URLs take it, the time is the last year, and the key stands in no description."""
    _, ask = asked(listed(), page=3)
    assert isinstance(ask, HttpRequest)
    assert ask.described() == {"method": "GET", "url": "https://api.hunter.how/search", "params": {
        "query": "aXA9IjE5OC41MS4xMDAuNyI=", "page": "3", "page_size": "100", "start_time": "2025-03-18",
        "end_time": "2026-03-17",
    }}  # fmt: skip
    assert ask.secret == Place("query", "api-key")


def test_what_day_it_is_is_an_answer_too():
    """The day is asked of this machine and is evidence, so that a replay asks about the same days."""
    _, (today, ask) = answered(HunterHow.ip, IP, {"today": "2031-02-03"}, listed())
    assert (today, today.described(), today.leaves) == (Today(), {}, False)
    assert [value for name, value in ask.params if name.endswith("_time")] == ["2030-02-04", "2031-02-03"]
    told = Calendar().send(today, HunterHow)
    assert told.json() == {"today": str(told.at.date())}
    assert HunterHow.channels().keys() == {Today.channel}


@pytest.mark.parametrize("body", [{}, {"today": ""}, {"today": "tomorrow"}, [], b"0"])
def test_nobody_is_asked_on_no_day(body):
    """Where it is not known what day it is, the service is not asked."""
    found, asks = answered(HunterHow.ip, IP, body)
    assert (found.outcome, asks) == (Outcome.FAILED, [Today()])


def test_a_service_is_a_row():
    """Port and name stand in one row, and the name is a link."""
    found, _ = asked(listed(service(8443, "c2.example"), service(22)))
    assert [*found.table.records()] == [
        {"service_port": 8443, "related": "domain:c2.example"}, {"service_port": 22, "related": None},
    ]  # fmt: skip
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
    found, (_, ask) = answered(HunterHow.ip, subject, {"today": "2023-08-11"}, cassette.body)
    theirs = {name: value for name, (value,) in parse_qs(urlsplit(cassette.url).query).items()}
    ours = dict(ask.params)
    assert (ask.method, ask.url) == (cassette.method, cassette.url.partition("?")[0])
    assert {*ours, ask.secret.name} == theirs.keys()
    assert {name: ours[name] for name in ("page", "page_size")} == {
        name: theirs[name] for name in ("page", "page_size")
    }
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
