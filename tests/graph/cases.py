"""Small cases made by hand: answers as a provider would give them, and files altered behind a case's back."""

import hashlib
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clew.entities import Account, Entity, File, Finding, Host, IpAddress, Link, Process, Relation, Url
from clew.graph.case import Case
from clew.graph.format.database import open_database
from clew.graph.format.events import Noted, Pivoted
from clew.graph.projection.digest import digest_lines
from clew.graph.recording.case_recorder import CaseRecorder
from clew.graph.store import Store
from clew.pivots.invocation import Invocation
from clew.pivots.workspace import Workspace
from clew.providers.exchange import Answer
from clew.settings import Settings
from clew.sqlite import Connection

NOON = datetime(2026, 3, 17, 12, tzinfo=UTC)
SHORT, FULL = "ws01", "ws01.corp.example"
GUID = "b34bc01c-7fae-5f63-1000-000000000400"
ENCODED = "powershell -enc dwBoAG8AYQBtAGkA"


class Clock:
    """A time that goes on by a second with each look, and by more when told to."""

    def __init__(self, start: datetime = NOON) -> None:
        self.time = start

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


def bare_workspace(folder: Path, **settings: Any) -> Workspace:
    """Nothing connected, nothing set, and no settings of whoever runs the tests."""
    return Workspace(Settings(cache=folder / "cache", **settings))


def case_in_memory(around: Workspace | None = None) -> Case:
    return Case(CaseRecorder(Store(None), workspace=around or Workspace(Settings()), clock=Clock()))


def link(
    source: Entity, target: Entity, relation: Relation = Relation.RELATED_TO, *, at: datetime | None = None
) -> Link:
    return Link(source, relation, target, ("/rows/0",), at, at)


def told(subject: Entity, *links: Link, **fields: Any) -> Finding:
    """An answer as the logs would give it."""
    given = {"pivot": "query.connections", "provider": "logs", "asked_at": NOON, "evidence": ("e" * 64,)}
    return Finding(subject, links=links, **(given | fields))


def tell(case: Case, subject: Entity, *links: Link, **fields: Any) -> Finding:
    """Record an answer that no pivot gave: everything behind the asking is as ever."""
    finding = told(subject, *links, **fields)
    return record(case, finding)


def record(case: Case, finding: Finding) -> Finding:
    """A step of an answer, as a pivot would make it."""
    recorder = case._recorder
    return recorder.steps.record_pivot(
        Invocation(finding.pivot, finding.subject), Answer(finding, (), {}), recorder.clock()
    )


def host_of_many() -> tuple[Entity, ...]:
    """What one machine has that exists on it alone, by its short name."""
    return (
        Process(GUID, host=SHORT, pid=4711, started=NOON, image=r"C:\a.exe"),
        File(path=r"C:\a.exe", host=SHORT),
        Account("S-1-5-18", host=SHORT),
    )


def graph_of(case: Case, *, without: tuple[str, ...] = ()) -> list[str]:
    """Everything that the graph is, as lines, without some kinds of lines."""
    lines = digest_lines(case._store.connection)
    return [line for line in lines if not line.startswith(tuple(f'["{kind}"' for kind in without))]


def keys(case: Case) -> set[str]:
    return set(case.tables.nodes()["key"])


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def beside(path: Path) -> list[str]:
    """The names of other files that begin with the name of this one."""
    return sorted(other.name for other in path.parent.iterdir() if other.name.startswith(path.name) and other != path)


def steps_of(path: Path) -> list[tuple[int, str]]:
    """The number and hash of every step, each checked."""
    with Store(path) as store:
        return [(step.number, step.hash) for step in store.steps()]


@contextmanager
def tampering(path: Path) -> Generator[Connection]:
    """A case in the hands of somebody who changes it on purpose: the checksums of the pages fit what he writes."""
    with closing(open_database(path)) as connection:
        with connection:
            yield connection
        connection.execute("PRAGMA journal_mode = DELETE")  # leaves no file beside it


def edit(path: Path, sql: str, *values: Any) -> None:
    """Change a case on purpose."""
    with tampering(path) as connection:
        connection.execute(sql, values)


def pivots_recorded(case: Case) -> list[Pivoted]:
    return [step.event for step in case.history if isinstance(step.event, Pivoted)]


def fill(case: Case) -> None:
    """Some of everything that a case can do with nothing connected."""
    with case:
        seed, process = IpAddress("198.51.100.7"), Process(GUID, host=SHORT, command_line=ENCODED)
        case.add(seed, Host(SHORT))
        seed.ti.lookup()
        seed.geo.locate()
        process.transform.decode()
        Url("https://evil.example/a?b=c").transform.parts()
        case.add(Host(FULL))
        case.note("looks bad", about=seed)
        case.tag(seed, "c2")


def merged(*entities: Entity) -> Case:
    case = case_in_memory()
    case.add(*entities)
    return case


def active(case: Case) -> list[tuple[str, str]]:
    table = case.tables.merges()
    table = table[table["undone_by"].isna()]
    return list(zip(table["keep"], table["gone"], strict=True))


def full_of(entity: Entity) -> Entity:
    return type(entity)(**{**entity.filled_fields(), "host": FULL})


def notes(path: Path) -> list[str]:
    with Case.open(path, workspace=bare_workspace(path.parent)) as case:
        return [step.event.text for step in case.history if isinstance(step.event, Noted)]


def look_at_everything(path: Path) -> None:
    with Case.open(path, workspace=bare_workspace(path.parent)) as case:
        tables = case.tables
        for table in (tables.nodes, tables.edges, tables.claims, tables.findings, tables.timeline, tables.merges):
            table()
        tables.remarks()
        tables.digest()
        case.graph.size()
