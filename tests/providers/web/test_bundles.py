"""Asks that go out as one: fewer requests, and for each subject the answer that it would have got alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from clew import Investigation, IpAddress
from clew.entities import Outcome
from clew.errors import AskFailed
from clew.pivots.workspace import Workspace
from clew.providers.base import Batch, Reply, Steps, operation
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.web import HttpRequest
from clew.settings import Settings
from tests.providers.web.doubles import Free, addresses
from tests.providers.web.faults import Behaviour, Seen, Server, by, reply, reset, serving
from tests.providers.web.test_batches import menu, perform

SILENT = "9.9.9.66"


def join(asks: Sequence[HttpRequest]) -> HttpRequest:
    """One POST with all addresses."""
    return HttpRequest("POST", asks[0].url, json=[dict(ask.params)["ip"] for ask in asks], idempotent=True)


def split(got: Reply, asks: Sequence[HttpRequest]) -> list[bytes | AskFailed]:
    """What is said of each address."""
    document = got.object()["answers"]
    names = [dict(ask.params)["ip"] for ask in asks]
    left_out = AskFailed("left out", kind="reply")
    return [json.dumps(document[name]).encode() if name in document else left_out for name in names]


class Crowd(Free):
    """A vendor that takes a hundred addresses at once."""

    name: ClassVar[str] = "crowd"
    title: ClassVar[str] = "Crowd"
    url: ClassVar[str] = ""
    batch: ClassVar[Batch] = Batch(100, join, split)

    @operation(calls=1, facts=("description",))
    def ip(self, ip: IpAddress) -> Steps:
        """What the crowd says."""
        got = yield HttpRequest("GET", self.url, (("ip", ip.value),), batch=self.batch)
        said = JsonObject.of(got).text("said")
        return found(ip, said, facts={"description": said}) if said else nothing(ip, "nobody knows it")


def crowd(server: Server) -> Any:
    """The row of a menu that asks that server."""
    body = {"url": server.url, "ip": operation(calls=1, facts=("description",))(Crowd.ip.function)}
    return menu(type("Crowd", (Crowd,), body)).crowd


def answering(seen: Seen) -> Behaviour:
    """Its own words for each address; nothing at all for one of them."""
    if seen.method == "GET":
        return reply(json.dumps({"said": f"alone {seen.path.partition('ip=')[2]}"}).encode())
    asked = json.loads(seen.body)
    return reply(json.dumps({"answers": {ip: {"said": f"of {ip}"} for ip in asked if ip != SILENT}}).encode())


@pytest.fixture
def around(tmp_path: Path) -> Workspace:
    return Workspace(Settings(cache=tmp_path / "cache"))


def test_250_addresses_are_three_requests(around):
    """Each row has the answer to its own address, in order, and none was asked twice."""
    values = addresses(250)
    with serving(by(answering)) as server:
        heard = perform(around, crowd(server), values)
    assert [finding.fact("description") for finding in heard] == [f"of {value}" for value in values]
    assert sorted(len(json.loads(seen.body)) for seen in server.seen) == [50, 100, 100]
    assert sorted(ip for seen in server.seen for ip in json.loads(seen.body)) == sorted(values)


def test_one_address_is_asked_alone(around):
    """There is nobody to go with."""
    with serving(by(answering)) as server:
        (found,) = perform(around, crowd(server), ["9.9.9.9"])
    assert found.reason == "alone 9.9.9.9"
    assert [seen.method for seen in server.seen] == ["GET"]


def test_who_is_left_out_fails_alone(around):
    """An address of which the reply says nothing is a failure with a reason, and no other row is."""
    values = [*addresses(5), SILENT]
    with serving(by(answering)) as server:
        heard = perform(around, crowd(server), values)
    assert [finding.outcome for finding in heard] == [Outcome.FOUND] * 5 + [Outcome.FAILED]
    assert heard[-1].reason == "left out"


@pytest.mark.parametrize("body", [b"{}", b"<html>", b'{"answers": []}', b'{"answers": 5}'])
def test_a_reply_that_answers_nobody_is_a_failure_of_each(around, body):
    """Whatever comes back instead of answers, every row says so, and none says nothing was found."""
    with serving(reply(body)) as server:
        heard = perform(around, crowd(server), addresses(3))
    assert [finding.outcome for finding in heard] == [Outcome.FAILED] * 3
    assert all(finding.reason for finding in heard)


def test_what_must_not_leave_goes_with_nobody(around):
    """A private address is refused in its own row; the others are asked together without it."""
    values = ["9.9.9.1", "10.0.0.1", "9.9.9.2"]
    with serving(by(answering)) as server:
        heard = perform(around, crowd(server), values)
    assert [finding.outcome for finding in heard] == [Outcome.FOUND, Outcome.REFUSED, Outcome.FOUND]
    assert [json.loads(seen.body) for seen in server.seen] == [["9.9.9.1", "9.9.9.2"]]


def test_what_was_told_is_kept_for_each(around, tmp_path):
    """Another process that asks about some of them asks nobody, and about another, only for that."""
    with serving(by(answering)) as server:
        perform(around, crowd(server), addresses(4))
        again = Workspace(Settings(cache=tmp_path / "cache"))
        heard = perform(again, crowd(server), [addresses(4)[2], "9.9.9.77", addresses(4)[0], "9.9.9.78"])
    assert [finding.outcome for finding in heard] == [Outcome.FOUND] * 4
    assert [json.loads(seen.body) for seen in server.seen] == [addresses(4), ["9.9.9.77", "9.9.9.78"]]


def test_a_case_says_that_they_went_together(around, tmp_path):
    """The audit has a row for each address and how many went with it."""
    with serving(by(answering)) as server, Investigation.open(tmp_path / "a.clew", workspace=around) as case:
        perform(case, crowd(server), addresses(6))
        audit = case.tables.audit()
    assert len(server.seen) == 1
    assert audit["subject"].tolist() == [f"ip:{value}" for value in addresses(6)]
    assert audit["together"].tolist() == [6] * 6
    assert (1 / audit["together"]).sum() == pytest.approx(len(server.seen))


@pytest.mark.parametrize("last", [reply(b'{"said": "hello"}'), reply(status=404)], ids=["answered", "failed"])
def test_the_audit_adds_up_to_the_log_of_the_server(around, tmp_path, last):
    """An ask that was sent again is one row with as many attempts as the server saw, whatever came of it."""
    with (
        serving(reset(), reply(status=503), last) as server,
        Investigation.open(tmp_path / "a.clew", workspace=around) as case,
    ):
        perform(case, crowd(server), ["9.9.9.9"])
        audit = case.tables.audit()
    assert (audit["attempts"] / audit["together"]).sum() == len(server.seen) == 3


@pytest.mark.parametrize("last", [by(answering), reply(status=500), reply(b"{}")], ids=["some", "error", "nobody"])
def test_the_audit_adds_up_where_many_go_together(around, tmp_path, last):
    """Each of the asks that went out as one says how many there were, also those that got no answer."""
    with serving(reset(), last) as server, Investigation.open(tmp_path / "a.clew", workspace=around) as case:
        perform(case, crowd(server), [*addresses(4), SILENT])
        audit = case.tables.audit()
    assert audit["together"].tolist() == [5] * 5
    assert (audit["attempts"] / audit["together"]).sum() == pytest.approx(len(server.seen))
