"""Where a pivot runs: in the open case if there is one, else in the workspace of the process."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from clew.entities import Entity, Finding
from clew.entities.finding import Scalar
from clew.errors import QueryError
from clew.logs.log_hints import LogHints
from clew.pivots.invocation import Invocation, Pivot
from clew.pivots.workspace import Workspace

if TYPE_CHECKING:
    from clew.logs.engines.protocol import LogSource
    from clew.logs.sigma.detections import Detection
    from clew.logs.sigma.rule_files import RuleLocations


class Session(Protocol):
    """Something that runs pivots."""

    def perform(self, invocation: Invocation, pivot: Pivot) -> Finding:
        """Run a pivot to its finding."""
        ...

    async def aperform(self, invocation: Invocation, pivot: Pivot) -> Finding:
        """The asynchronous twin."""
        ...

    def perform_all(
        self, pivot: Pivot, subjects: Sequence[Entity], arguments: Mapping[str, Any], tell: Callable[[int], None]
    ) -> list[Finding]:
        """Run a pivot for each subject; `tell` hears how many more are done."""
        ...

    def columns(
        self, pivot: Pivot, subjects: Sequence[Entity], arguments: Mapping[str, Any]
    ) -> Mapping[str, Sequence[Scalar]] | None:
        """The answers as columns, one cell for each subject; None where they have to be findings."""
        ...

    def note(self, text: str) -> None:
        """Write something down where answers are recorded; nowhere, if none are."""
        ...


#: What a case sets while it is open.
session_variable: ContextVar[Session | None] = ContextVar("clew_session", default=None)
#: What `use_workspace` sets.
workspace_variable: ContextVar[Workspace | None] = ContextVar("clew_workspace", default=None)


@functools.cache
def _default_workspace() -> Workspace:
    """One object for all threads: what is connected process-wide is connected in each of them."""
    return Workspace()


def workspace() -> Workspace:
    """The workspace of the process."""
    return workspace_variable.get() or _default_workspace()


def use_workspace(replacement: Workspace) -> None:
    """Make it the workspace of what follows, in this thread and the tasks it starts."""
    workspace_variable.set(replacement)


def current_session() -> Session:
    """The open case, else the workspace."""
    return session_variable.get() or workspace()


def connect(
    location: str | Path,
    *,
    map: Mapping[str, str] | None = None,  # noqa: A002 - of columns
    view: str = "",
    host: str = "",
) -> LogSource:
    """Make logs queryable for the whole process: a folder, a file or an archive of either.

    Args:
        location: a path, or what an engine of another package recognises.
        map, view: what columns of an unknown table are, as ECS names them (`{"src": "source.ip"}`), and its view.
        host: the machine of the rows that name none.

    Raises:
        ConnectError: nothing there, nothing readable, or damaged; columns that are not there, or of no view.
        MissingExtra: the log engine is not installed.
    """
    return workspace().connect(location, LogHints(map or {}, view, host))


def detect(
    rules: RuleLocations, *, placeholders: Mapping[str, Sequence[str]] | None = None, limit: int | None = None
) -> Detection:
    """Run Sigma rules over the logs that are connected to the process; nothing is recorded.

    Args:
        rules: files, folders, zip archives, or the text of a rule.
        placeholders: for the names of placeholders (`%admins%` is `admins`), the values that they stand for.
        limit: how many matches of each rule are kept; all are counted.

    Raises:
        QueryError: no logs are connected, or there are no rules there.
        MissingExtra: a library is not installed.
    """
    from clew.logs.sigma.detector import KEPT_MATCHES
    from clew.logs.sigma.detector import detect as run_rules

    sources = workspace().logs
    if not sources:
        raise QueryError("no logs are connected", next_step="clew.connect(path)")
    return run_rules(sources, rules, placeholders=placeholders, limit=KEPT_MATCHES if limit is None else limit)
