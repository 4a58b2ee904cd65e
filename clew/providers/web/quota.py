"""What a source allows each key, kept by all processes of a user together.

A call is counted from when it may start until it is over, and then for as long as the window lasts. Whenever it reached
the source in between, no stretch of time of that length saw more of them than are allowed.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from clew.entities.text import stamp
from clew.errors import AskRefused
from clew.providers.base import Provider, Quota
from clew.providers.web.clock import Deadline
from clew.providers.web.shelf import Shelf, ShelfBusy, ShelfUnusable

_log = logging.getLogger(__name__)
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS calls (id INTEGER PRIMARY KEY, bucket TEXT NOT NULL, until REAL NOT NULL)",
    "CREATE INDEX IF NOT EXISTS calls_by_bucket ON calls (bucket, until)",
    "CREATE TABLE IF NOT EXISTS holds (bucket TEXT PRIMARY KEY, until REAL NOT NULL)",
)
#: How long a source is believed that says when to come back: it may be wrong about the year.
MOST_HELD = timedelta(days=1)
#: The shortest and the longest wait before looking again: calls of others may be over sooner than they have to be.
_SOON, _LATER = 0.02, 1.0
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class _Taken:
    """A call may start."""

    call: int


@dataclass(frozen=True, slots=True)
class _Full:
    """None may before that time, in seconds since 1970."""

    possible: float


class Quotas:
    """The calls of all keys, in a file of that folder.

    Args:
        own: what sources allow whoever asks, by their names, where that is not what they allow everybody.
    """

    def __init__(self, folder: Path, own: Mapping[str, tuple[Quota, ...]] = MappingProxyType({})) -> None:
        self._own = own
        self._shelf = Shelf(folder / "quotas.sqlite", _SCHEMA, "the count of calls", journal="DELETE")

    @contextmanager
    def turn(self, provider: type[Provider], key: str, deadline: Deadline) -> Generator[None]:
        """Wait until a call is allowed; the call is what happens inside of the block.

        Args:
            key: the fingerprint of the key that the call is made with.

        Raises:
            AskRefused: none is allowed before the deadline; says when the next one is.
        """
        call = self._wait(provider, key, deadline)
        try:
            yield
        finally:
            self._over(call, deadline)

    def hold(self, provider: type[Provider], key: str, seconds: float, deadline: Deadline) -> None:
        """The source says that it takes no call for so long: nobody needs to try."""
        until = deadline.clock.now().timestamp() + min(seconds, MOST_HELD.total_seconds())
        statement = "INSERT OR REPLACE INTO holds VALUES (?, ?)"
        self._quietly(lambda connection: connection.execute(statement, (_bucket(provider, key), until)), deadline)

    def of(self, provider: type[Provider]) -> tuple[Quota, ...]:
        """What holds for a key of the provider, all of them at once."""
        return self._own.get(provider.counted_with or provider.name, provider.quotas)

    def _wait(self, provider: type[Provider], key: str, deadline: Deadline) -> int:
        clock = deadline.clock
        while True:
            got = self._take(provider, key, deadline)
            if isinstance(got, _Taken):
                return got.call
            wait = got.possible - clock.now().timestamp()
            if wait >= deadline.left:
                raise refused(f"{provider.title}'s quota for this key is used up", got.possible, sent=False)
            clock.sleep(min(deadline.left, max(_SOON, min(wait, _LATER)) * (1 + clock.random() / 10)))

    def _take(self, provider: type[Provider], key: str, deadline: Deadline) -> _Taken | _Full:
        bucket, quotas = _bucket(provider, key), self.of(provider)
        # Other processes may know nothing of the account: what they count by is kept for them.
        longest = max((quota.per for quota in (*quotas, *provider.quotas)), default=timedelta(0))
        try:
            return self._shelf.run(
                lambda connection: _taken(connection, bucket, quotas, longest, deadline), wait=deadline.left
            )
        except ShelfBusy:
            raise AskRefused(
                f"{provider.title} was not asked: other processes hold the count of its calls",
                kind="quota",
                next_step="try again",
                sent=False,
            ) from None
        except ShelfUnusable as error:
            _log.warning("calls are not counted, and a quota may be exceeded: %s", error)
            return _Taken(0)

    def _over(self, call: int, deadline: Deadline) -> None:
        if call:
            now = deadline.clock.now().timestamp()
            statement = "UPDATE calls SET until = ? WHERE id = ?"
            self._quietly(lambda connection: connection.execute(statement, (now, call)), deadline)

    def _quietly(self, work: Callable[[sqlite3.Connection], object], deadline: Deadline) -> None:
        try:
            self._shelf.run(work, wait=max(_LATER, deadline.left))
        except ShelfUnusable as error:
            _log.warning("calls are not counted: %s", error)


def refused(what: str, possible: float, *, sent: bool) -> AskRefused:
    """The refusal that says when to come back, in seconds since 1970."""
    moment = stamp(datetime.fromtimestamp(possible, UTC))
    return AskRefused(what, kind="quota", next_step=f"next call possible at {moment}", sent=sent)


def _bucket(provider: type[Provider], key: str) -> str:
    return f"{provider.counted_with or provider.name} {key}"


def _taken(
    connection: sqlite3.Connection, bucket: str, quotas: tuple[Quota, ...], longest: timedelta, deadline: Deadline
) -> _Taken | _Full:
    now = deadline.clock.now().timestamp()
    connection.execute("DELETE FROM holds WHERE until <= ?", (now,))
    held = connection.execute("SELECT until FROM holds WHERE bucket = ?", (bucket,)).fetchone()
    if held is not None:
        return _Full(held[0])
    if not quotas:
        return _Taken(0)
    # Later than any call can last: the clock was put back. They count from now on.
    late = now + max(_HOUR, deadline.seconds)
    connection.execute("UPDATE calls SET until = ? WHERE bucket = ? AND until > ?", (now, bucket, late))
    connection.execute("DELETE FROM calls WHERE bucket = ? AND until <= ?", (bucket, now - longest.total_seconds()))
    possible = max(_possible(connection, bucket, quota.calls, quota.per, now) for quota in quotas)
    if possible > now:
        return _Full(possible)
    # Until it is over it counts as if it lasted to its deadline, should this process not live to say.
    lasting = connection.execute("INSERT INTO calls (bucket, until) VALUES (?, ?)", (bucket, now + deadline.left))
    return _Taken(lasting.lastrowid or 0)


def _possible(connection: sqlite3.Connection, bucket: str, calls: int, per: timedelta, now: float) -> float:
    """When a window takes another call at the earliest."""
    statement = "SELECT until FROM calls WHERE bucket = ? ORDER BY until DESC LIMIT 1 OFFSET ?"
    row = connection.execute(statement, (bucket, calls - 1)).fetchone()
    if row is None or row[0] + per.total_seconds() <= now:
        return 0.0
    # One that is on its way may be over the next moment.
    return min(float(row[0]), now + _SOON) + per.total_seconds()
