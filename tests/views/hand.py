"""Cases made by hand: answers with raw rows behind them, and every place where an attacker's text can stand."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clew.entities import Entity, Finding, IpAddress, Link, Process, Relation
from clew.pivots.invocation import Invocation
from clew.pivots.workspace import Workspace
from clew.providers.base import Reply
from clew.providers.exchange import Answer
from clew.providers.local.logs import LOG_ROWS
from clew.settings import Settings
from clew.views.investigation import Investigation

NOON = datetime(2026, 3, 17, 12, tzinfo=UTC)
HOST = "ws01.corp.example"
SERVER = IpAddress("198.51.100.7")


def open_case(folder: Path, title: str = "made by hand") -> Investigation:
    return Investigation.open(folder / "case.clew", title=title, workspace=Workspace(Settings(cache=folder)))


def process(number: int, host: str = HOST, **fields: Any) -> Process:
    given = {"image": rf"C:\Windows\tool{number}.exe"} | fields
    return Process(pid=number, started=NOON + timedelta(seconds=number), host=host, **given)


def link(source: Entity, relation: Relation, target: Entity, row: int = 0, *, until: int = 0, **fields: Any) -> Link:
    at = NOON + timedelta(minutes=row)
    return Link(source, relation, target, (f"/rows/{row}",), at, at + timedelta(minutes=until), **fields)


def tell(
    case: Investigation, subject: Entity, links: Sequence[Link] = (), raw: Sequence[str] = (), **fields: Any
) -> None:
    """Record an answer about `subject`: as the logs would give it, if nothing else is said."""
    replies: dict[str, Reply] = {}
    if raw:
        reply = Reply(json.dumps({"raw": list(raw)}).encode(), LOG_ROWS, NOON, 200)
        replies = {reply.fingerprint: reply}
    given = {"pivot": "query.connections", "provider": "logs", "asked_at": NOON, "evidence": tuple(replies)} | fields
    finding = Finding(subject, links=tuple(links), **given)
    case._recorder.steps.record_pivot(Invocation(finding.pivot, subject), Answer(finding, (), replies), NOON)
