"""What a source allows each key, kept by all processes of a user together.

A call is counted from when it may start until it is over, and then for as long as the window lasts. Whenever it reached
the source in between, no stretch of time of that length saw more of them than are allowed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from clew.entities.checked_text import stamp
from clew.errors import AskRefused
from clew.providers.base import Provider, Quota
from clew.providers.web.cache_file import CacheFile, CacheFileBusy, CacheFileUnusable
from clew.providers.web.clock import Deadline
from clew.sqlite import Connection

_log = logging.getLogger(__name__)
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS calls (id INTEGER PRIMARY KEY, bucket TEXT NOT NULL, until REAL NOT NULL)",
    "CREATE INDEX IF NOT EXISTS calls_by_bucket ON calls (bucket, until)",
    "CREATE TABLE IF NOT EXISTS holds (bucket TEXT PRIMARY KEY, until REAL NOT NULL)",
)
#: How long a source is believed that says when to come back: it may be wrong about the year.
MAX_HOLD = timedelta(days=1)
#: The shortest and the longest wait before looking again: calls of others may be over sooner than they have to be.
_MIN_WAIT, _MAX_WAIT = 0.02, 1.0
_HOUR_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class _Grant:
    """A call may start."""

    call: int


@dataclass(frozen=True, slots=True)
class _FullQuota:
    """None may before that time, in seconds since 1970."""

    possible_at: float


class Quotas:
    """The calls of all keys, in a file of that folder.

    Args:
        overrides: what sources allow whoever asks, by their names, where that is not what they allow everybody.
    """

    def __init__(self, folder: Path, overrides: Mapping[str, tuple[Quota, ...]] = MappingProxyType({})) -> None:
        self._overrides = overrides
        self._file = CacheFile(folder / "quotas.sqlite", _SCHEMA, "the count of calls", journal="DELETE")

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
            self._end_call(call, deadline)

    def hold(self, provider: type[Provider], key: str, seconds: float, deadline: Deadline) -> None:
        """The source says that it takes no call for so long: nobody needs to try."""
        hold_until = deadline.clock.now().timestamp() + min(seconds, MAX_HOLD.total_seconds())
        statement = "INSERT OR REPLACE INTO holds VALUES (?, ?)"
        self._run_quietly(
            lambda connection: connection.execute(statement, (_bucket(provider, key), hold_until)), deadline
        )

    def quotas_of(self, provider: type[Provider]) -> tuple[Quota, ...]:
        """What holds for a key of the provider, all of them at once."""
        return self._overrides.get(provider.counted_with or provider.name, provider.quotas)

    def _wait(self, provider: type[Provider], key: str, deadline: Deadline) -> int:
        clock = deadline.clock
        while True:
            result = self._take_call(provider, key, deadline)
            if isinstance(result, _Grant):
                return result.call
            wait = result.possible_at - clock.now().timestamp()
            if wait >= deadline.remaining:
                raise quota_refusal(
                    f"{provider.title}'s quota for this key is used up", result.possible_at, was_sent=False
                )
            clock.sleep(min(deadline.remaining, max(_MIN_WAIT, min(wait, _MAX_WAIT)) * (1 + clock.random() / 10)))

    def _take_call(self, provider: type[Provider], key: str, deadline: Deadline) -> _Grant | _FullQuota:
        bucket, quotas = _bucket(provider, key), self.quotas_of(provider)
        # Other processes may know nothing of the account: what they count by is kept for them.
        longest = max((quota.per for quota in (*quotas, *provider.quotas)), default=timedelta(0))
        try:
            return self._file.run(
                lambda connection: _reserve_call(connection, bucket, quotas, longest, deadline), wait=deadline.remaining
            )
        except CacheFileBusy:
            raise AskRefused(
                f"{provider.title} was not asked: other processes hold the count of its calls",
                kind="quota",
                next_step="try again",
                sent=False,
            ) from None
        except CacheFileUnusable as error:
            _log.warning("calls are not counted, and a quota may be exceeded: %s", error)
            return _Grant(0)

    def _end_call(self, call: int, deadline: Deadline) -> None:
        if call:
            now = deadline.clock.now().timestamp()
            statement = "UPDATE calls SET until = ? WHERE id = ?"
            self._run_quietly(lambda connection: connection.execute(statement, (now, call)), deadline)

    def _run_quietly(self, work: Callable[[Connection], object], deadline: Deadline) -> None:
        try:
            self._file.run(work, wait=max(_MAX_WAIT, deadline.remaining))
        except CacheFileUnusable as error:
            _log.warning("calls are not counted: %s", error)


def quota_refusal(message: str, possible_at: float, *, was_sent: bool) -> AskRefused:
    """The refusal that says when to come back, in seconds since 1970."""
    moment = stamp(datetime.fromtimestamp(possible_at, UTC))
    return AskRefused(message, kind="quota", next_step=f"next call possible at {moment}", sent=was_sent)


def _bucket(provider: type[Provider], key: str) -> str:
    return f"{provider.counted_with or provider.name} {key}"


def _reserve_call(
    connection: Connection, bucket: str, quotas: tuple[Quota, ...], longest: timedelta, deadline: Deadline
) -> _Grant | _FullQuota:
    now = deadline.clock.now().timestamp()
    connection.execute("DELETE FROM holds WHERE until <= ?", (now,))
    hold_row = connection.execute("SELECT until FROM holds WHERE bucket = ?", (bucket,)).fetchone()
    if hold_row is not None:
        return _FullQuota(hold_row[0])
    if not quotas:
        return _Grant(0)
    # Later than any call can last: the clock was put back. They count from now on.
    latest_end = now + max(_HOUR_SECONDS, deadline.seconds)
    connection.execute("UPDATE calls SET until = ? WHERE bucket = ? AND until > ?", (now, bucket, latest_end))
    connection.execute("DELETE FROM calls WHERE bucket = ? AND until <= ?", (bucket, now - longest.total_seconds()))
    possible_at = max(_possible_at(connection, bucket, quota.calls, quota.per, now) for quota in quotas)
    if possible_at > now:
        return _FullQuota(possible_at)
    # Until it is over it counts as if it lasted to its deadline, should this process not live to say.
    connection.execute("INSERT INTO calls (bucket, until) VALUES (?, ?)", (bucket, now + deadline.remaining))
    return _Grant(connection.last_insert_rowid())


def _possible_at(connection: Connection, bucket: str, calls: int, per: timedelta, now: float) -> float:
    """When a window takes another call at the earliest."""
    statement = "SELECT until FROM calls WHERE bucket = ? ORDER BY until DESC LIMIT 1 OFFSET ?"
    row = connection.execute(statement, (bucket, calls - 1)).fetchone()
    if row is None or row[0] + per.total_seconds() <= now:
        return 0.0
    # One that is on its way may be over the next moment.
    return min(float(row[0]), now + _MIN_WAIT) + per.total_seconds()
