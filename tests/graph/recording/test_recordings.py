"""A case does not ask outside twice for what it was told, for as long as that is good; and it repeats no failure."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from clew.demo.scenario import Scenario
from clew.entities import IpAddress, Outcome
from clew.errors import SettingsError
from clew.graph.case import Case
from clew.graph.recording.case_recorder import CaseRecorder
from clew.graph.store import Store
from clew.pivots.workspace import Workspace
from clew.providers.ti.abuseipdb import AbuseIpDb
from clew.settings import Settings
from tests.graph.cases import bare_workspace, pivots_recorded

ADDRESS = IpAddress("9.9.9.9")
KEY = "canary-0123456789abcdef"


def report(score: int = 90) -> dict[str, Any]:
    return {"data": {"abuseConfidenceScore": score, "totalReports": 3, "countryCode": "CH"}}


class Service:
    """A reputation service that counts what it is asked, and answers as it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Callable[[], httpx.Response] = lambda: httpx.Response(200, json=report())

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.params["ipAddress"])
        return self.answer()

    def workspace(self, **settings: Any) -> Workspace:
        return Workspace(Settings(**settings), transport=lambda: httpx.MockTransport(self))


class Later:
    """The time, moved on by so much."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setenv(AbuseIpDb.secret, KEY)
    return Service()


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def open_case(service: Service, later: Later) -> Iterator[Case]:
    with Case(CaseRecorder(Store(None), workspace=service.workspace(), clock=later)) as case:
        yield case


def sent(case: Case) -> list[bool]:
    return [exchange.sent for event in pivots_recorded(case) for exchange in event.exchanges]


def test_the_same_is_asked_once(open_case: Case, service: Service) -> None:
    """A second equal request is answered from the case, with the time of the first, and says that it was not sent."""
    first, second = ADDRESS.ti.abuseipdb(), ADDRESS.ti.abuseipdb()
    assert service.asked == [ADDRESS.value]
    assert (second.outcome, second.facts, second.evidence) == (first.outcome, first.facts, first.evidence)
    assert second.asked_at == first.asked_at
    assert sent(open_case) == [True, False]


def test_another_question_is_asked(open_case: Case, service: Service) -> None:
    """Another address, or the same one with another argument, is another request."""
    ADDRESS.ti.abuseipdb()
    ADDRESS.ti.abuseipdb(max_age_days=7)
    IpAddress("149.112.112.112").ti.abuseipdb()
    assert service.asked == ["9.9.9.9", "9.9.9.9", "149.112.112.112"]


def test_a_look_up_uses_what_its_row_was_told(open_case: Case, service: Service) -> None:
    """What one pivot was told is good for every other that asks the same of the same source."""
    ADDRESS.ti.abuseipdb()
    finding = ADDRESS.ti.lookup()
    assert service.asked == [ADDRESS.value]
    assert [part.outcome for part in finding.parts] == [Outcome.FOUND, Outcome.SKIPPED]


@pytest.mark.parametrize(("age", "times"), [(timedelta(0), 1), (timedelta(hours=23), 1), (timedelta(hours=25), 2)])
def test_an_answer_is_good_for_its_lifetime(
    open_case: Case, service: Service, later: Later, age: timedelta, times: int
) -> None:
    """An answer is used again for as long as its provider says, and asked for anew afterwards."""
    ADDRESS.ti.abuseipdb()
    later.by = age
    service.answer = lambda: httpx.Response(200, json=report(10))
    finding = ADDRESS.ti.abuseipdb()
    assert len(service.asked) == times
    assert finding.fact("abuse_score") == (90 if times == 1 else 10)


@pytest.mark.parametrize(("age", "times"), [(timedelta(minutes=59), 1), (timedelta(minutes=61), 2)])
def test_that_nothing_is_known_is_good_for_less_long(
    open_case: Case, service: Service, later: Later, age: timedelta, times: int
) -> None:
    """What nobody has reported yet is asked for again sooner; it may have been reported since."""
    service.answer = lambda: httpx.Response(200, json={"data": {"abuseConfidenceScore": 0, "totalReports": 0}})
    assert ADDRESS.ti.abuseipdb().outcome is Outcome.NOTHING
    later.by = age
    service.answer = lambda: httpx.Response(200, json=report())
    again = ADDRESS.ti.abuseipdb()
    assert (len(service.asked), again.outcome) == (times, Outcome.NOTHING if times == 1 else Outcome.FOUND)


def test_the_latest_answer_is_used(open_case: Case, service: Service, later: Later) -> None:
    """Of two good answers to the same request the later one is used."""
    ADDRESS.ti.abuseipdb()
    later.by = timedelta(hours=25)
    service.answer = lambda: httpx.Response(200, json=report(10))
    ADDRESS.ti.abuseipdb()
    later.by = timedelta(0)
    assert ADDRESS.ti.abuseipdb().fact("abuse_score") == 10


def drop() -> httpx.Response:
    raise httpx.ConnectError("no route")


FAILURES: dict[str, tuple[Callable[[], httpx.Response], Outcome]] = {
    "no connection": (drop, Outcome.FAILED),
    "a server error": (lambda: httpx.Response(500), Outcome.FAILED),
    "no such address": (lambda: httpx.Response(404), Outcome.FAILED),
    "a refused key": (lambda: httpx.Response(401), Outcome.REFUSED),
    "a used-up quota": (lambda: httpx.Response(429, headers={"retry-after": "60"}), Outcome.REFUSED),
    "a page instead of an answer": (lambda: httpx.Response(200, text="<html>log in</html>"), Outcome.FAILED),
    "an answer without a score": (lambda: httpx.Response(200, json={"data": {}}), Outcome.FAILED),
    "an answer of another shape": (lambda: httpx.Response(200, json=[1, 2]), Outcome.FAILED),
}


@pytest.mark.parametrize(("answer", "outcome"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_never_repeated(
    open_case: Case, service: Service, answer: Callable[[], httpx.Response], outcome: Outcome
) -> None:
    """What failed or was refused is recorded with its reason, is no verdict, and is asked again the next time."""
    service.answer = answer
    finding = ADDRESS.ti.abuseipdb()
    assert (finding.outcome, finding.verdict, bool(finding.reason)) == (outcome, "unknown", True)
    service.answer = lambda: httpx.Response(200, json=report())
    del service.asked[:]
    assert ADDRESS.ti.abuseipdb().outcome is Outcome.FOUND
    assert len(service.asked) == 1
    assert open_case.tables.findings()["outcome"].to_list() == [outcome, "found"]


def test_what_was_not_tried_is_tried_later(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key nothing is sent and that is recorded; with the key the same pivot is sent."""
    monkeypatch.delenv(AbuseIpDb.secret)
    with Case(CaseRecorder(Store(None), workspace=service.workspace())) as case:
        assert ADDRESS.ti.abuseipdb().outcome is Outcome.SKIPPED
        assert service.asked == []
        monkeypatch.setenv(AbuseIpDb.secret, KEY)
        assert ADDRESS.ti.abuseipdb().outcome is Outcome.FOUND
        assert case.tables.findings()["outcome"].to_list() == ["skipped", "found"]


def test_a_refused_value_is_not_sent(open_case: Case, service: Service) -> None:
    """A private address is refused with the reason, nothing is sent, and the refusal is in the case."""
    finding = IpAddress("10.0.0.1").ti.abuseipdb()
    assert (finding.outcome, service.asked) == (Outcome.REFUSED, [])
    assert open_case.tables.findings()[["outcome", "reason"]].to_numpy().tolist() == [["refused", finding.reason]]


def test_local_sources_are_asked_each_time(incident: Case, scenario: Scenario) -> None:
    """Logs and local databases may have changed: they are asked again each time."""
    for _ in range(2):
        IpAddress(scenario.seed).query.connections()
        IpAddress(scenario.seed).geo.locate()
    assert sent(incident) == [True] * 4


def test_a_reopened_case_remembers(service: Service, tmp_path: Path) -> None:
    """What a case was told is good in another session too."""
    for _ in range(2):
        with Case.open(tmp_path / "x.clew", workspace=service.workspace(cache=tmp_path)):
            ADDRESS.ti.abuseipdb()
    assert len(service.asked) == 1


def test_what_arrived_before_an_interruption_is_kept(open_case: Case, service: Service) -> None:
    """A pivot over a column that is interrupted keeps the answers that it had; the next one asks for the rest alone."""
    column = [f"9.9.9.{number}" for number in range(5)]

    def interrupt() -> httpx.Response:
        if len(service.asked) == 3:
            raise KeyboardInterrupt
        return httpx.Response(200, json=report())

    service.answer = interrupt
    with pytest.raises(KeyboardInterrupt):
        IpAddress.ti.abuseipdb.over(column)
    kept = {subject.removeprefix("ip:") for subject in open_case.tables.findings()["subject"]}
    service.answer = lambda: httpx.Response(200, json=report())
    del service.asked[:]
    table = IpAddress.ti.abuseipdb.over(column)
    assert sorted(service.asked) == [address for address in column if address not in kept]
    assert table["status"].to_list() == ["found"] * 5
    digest = open_case.tables.digest()
    open_case._store.rebuild()
    assert open_case.tables.digest() == digest


HALVES = (b"\\ud800", b"\\udfffx", b"\\uDBFF", b"\xed\xa0\x80", b"\\ud83d \\ude00", b"\\udc00\\ud800")


@pytest.mark.parametrize("half", HALVES)
def test_half_a_character_spoils_nothing(open_case: Case, service: Service, half: bytes) -> None:
    """A reply with text that is no text is understood and kept, with a mark in the place of what is none."""
    fields = b'"abuseConfidenceScore": 90, "totalReports": 2, "isp": "a%sb \\ud83d\\ude00 \\\\ud800"' % half
    body = b'{"data": {%s}}' % fields
    service.answer = lambda: httpx.Response(200, content=body, headers={"content-type": "application/json"})
    finding = ADDRESS.ti.abuseipdb()
    isp = str(finding.fact("isp"))
    assert isp.startswith("a\ufffd")
    assert isp.endswith("b \U0001f600 \\ud800")
    (event,) = pivots_recorded(open_case)
    assert event.finding.fact("isp") == isp
    assert open_case._store.reply(finding.evidence[0], at=datetime.now(UTC)).body == body


def test_no_key_is_in_the_case(service: Service, tmp_path: Path) -> None:
    """Neither the key nor an echo of it is anywhere in the file."""
    service.answer = lambda: httpx.Response(200, json={**report(), "your_key": KEY})
    with Case.open(tmp_path / "x.clew", workspace=service.workspace(cache=tmp_path)) as case:
        ADDRESS.ti.abuseipdb()
        texts = [
            str(row)
            for name in ("steps", "exchanges")
            for row in case._store.connection.execute(f"SELECT * FROM {name}")
        ]
        texts += [str(step.event) for step in case.history]
        (fingerprint,) = [row[0] for row in case._store.connection.execute("SELECT fingerprint FROM evidence")]
        texts.append(case._store.reply(fingerprint, at=datetime.now(UTC)).body.decode())
    assert KEY.encode() not in (tmp_path / "x.clew").read_bytes()
    assert not any(KEY in text for text in texts)


# --- replies in a file -----------------------------------------------------------------------------------------------


def entry(address: str = ADDRESS.value, **changes: Any) -> dict[str, Any]:
    params = {"ipAddress": address, "maxAgeInDays": "90", "verbose": ""}
    return {
        "provider": "abuseipdb",
        "method": "GET",
        "url": "https://api.abuseipdb.com/api/v2/check",
        "params": params,
        "status": 200,
        "at": "2026-03-17T12:00:00Z",
        "body": report(42),
        **changes,
    }


def test_replies_in_a_file_are_used_instead_of_asking(service: Service, tmp_path: Path) -> None:
    """A reply that came in a file answers the request that it belongs to, with its own time; others are asked."""
    (tmp_path / "replies.json").write_text(json.dumps([entry()]))
    around, replies = service.workspace(cache=tmp_path), tmp_path / "replies.json"
    with Case.open(tmp_path / "x.clew", workspace=around, replies=replies) as case:
        finding = ADDRESS.ti.abuseipdb()
        assert (service.asked, finding.fact("abuse_score"), sent(case)) == ([], 42, [False])
        assert finding.asked_at == datetime(2026, 3, 17, 12, tzinfo=UTC)
        IpAddress("149.112.112.112").ti.abuseipdb()
        assert service.asked == ["149.112.112.112"]


def test_replies_in_a_file_work_offline(incident: Case, scenario: Scenario) -> None:
    """A recorded reply is good for a value that would not be let out: nothing leaves."""
    finding = IpAddress(scenario.seed).ti.abuseipdb()
    assert finding.outcome is Outcome.FOUND
    assert sent(incident) == [False]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        "[[]]",
        "null",
        "[" * 100_000,
        json.dumps([entry(at="yesterday")]),
        json.dumps([entry(at="2026-03-17T12:00:00")]),
        json.dumps([entry(params=None)]),
        json.dumps([{"method": "GET"}]),
        json.dumps([entry(at=5)]),
        "[NaN]",
    ],
    ids=range(12),
)
def test_replies_that_cannot_be_read_are_told(tmp_path: Path, text: str) -> None:
    """A file of replies that lacks something is a SettingsError that names the file."""
    path = tmp_path / "replies.json"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"replies\.json"):
        Case.open(tmp_path / "x.clew", workspace=bare_workspace(tmp_path), replies=path)


def test_a_missing_file_of_replies_is_told(tmp_path: Path) -> None:
    """A file of replies that is not there is a SettingsError."""
    with pytest.raises(SettingsError, match="nothing"):
        Case.open(tmp_path / "x.clew", workspace=bare_workspace(tmp_path), replies=tmp_path / "nothing.json")
