"""A case does not ask outside twice for what it was told, for as long as that is good; and it repeats no failure."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from clew.demo.scenario import Scenario
from clew.entities import Finding, IpAddress, Outcome
from clew.errors import SettingsError
from clew.graph.case import Case
from clew.graph.recordings import ReplyFile
from clew.graph.store import Store
from clew.pivots.context import Workspace
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


def ask(case: Case, address: IpAddress = ADDRESS) -> Finding:
    with case:
        finding = address.ti.abuseipdb()
        # A block within a block: the case is used again by the test.
        case._tokens.append(case._tokens[-1]) if False else None
        return finding


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def open_case(service: Service, later: Later) -> Case:
    case = Case(Store(None), around=service.workspace(), clock=later)
    case.__enter__()
    return case
