"""Replies that are still good, kept for all processes of a user. They were redacted before they come here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from clew.entities import Outcome
from clew.providers.base import Ask, Provider, Reply
from clew.providers.web.cache_file import CacheFile, CacheFileUnusable
from clew.providers.web.clock import Clock
from clew.sqlite import Connection

_log = logging.getLogger(__name__)
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS replies (ask TEXT NOT NULL, key TEXT NOT NULL, at REAL NOT NULL, until REAL NOT NULL, "
    "status INTEGER NOT NULL, media_type TEXT NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL, "
    "body BLOB NOT NULL, PRIMARY KEY (ask, key))",
    "CREATE INDEX IF NOT EXISTS replies_by_end ON replies (until, size)",
    "CREATE INDEX IF NOT EXISTS replies_by_age ON replies (at, size)",
)
#: How long a reply is kept that was not understood yet.
UNSETTLED_LIFETIME = timedelta(minutes=1)
_WAIT = 1.0


class ReplyCache:
    """Replies by ask and key: what a key of one tier is told is not what one of another is.

    Args:
        folder: where the file is.
        limit: in bytes of bodies; beyond it the oldest go.
    """

    def __init__(self, folder: Path, limit: int, clock: Clock) -> None:
        self._file = CacheFile(folder / "replies.sqlite", _SCHEMA, "the cache of replies", journal="MEMORY")
        self._limit = limit
        self._clock = clock

    def find(self, ask: Ask, key: str) -> Reply | None:
        """The reply that is still good, with the time at which it came; None if there is none."""
        reply = self._run(
            lambda connection: _select_reply(connection, ask.fingerprint, key, self._now()), read_only=True
        )
        return reply if isinstance(reply, Reply) else None

    def keep(self, ask: Ask, key: str, reply: Reply) -> None:
        """Keep a reply, for a moment: until it is settled what it means."""
        if len(reply.body) <= self._limit:
            self._run(lambda connection: self._insert_reply(connection, ask.fingerprint, key, reply))

    def settle(self, ask: Ask, key: str, provider: type[Provider], outcome: Outcome) -> None:
        """Keep a reply for as long as it is good, or forget one that could not be understood."""
        lifetimes = {Outcome.FOUND: provider.lifetime, Outcome.NOTHING: provider.lifetime_nothing}
        lifetime = lifetimes.get(outcome, timedelta(0)).total_seconds()
        statement = "UPDATE replies SET until = at + ? WHERE ask = ? AND key = ?"
        self._run(lambda connection: connection.execute(statement, (lifetime, ask.fingerprint, key)))

    def clear(self) -> None:
        """Forget all of them."""
        self._file.remove()

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _insert_reply(self, connection: Connection, ask: str, key: str, reply: Reply) -> None:
        at, size = reply.at.timestamp(), len(reply.body)
        row = (
            ask,
            key,
            at,
            at + UNSETTLED_LIFETIME.total_seconds(),
            reply.status,
            reply.media_type,
            reply.fingerprint,
            size,
        )
        connection.execute("DELETE FROM replies WHERE until <= ?", (self._now(),))
        connection.execute("INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, reply.body))
        (total,) = next(connection.execute("SELECT sum(size) FROM replies"))
        while total > self._limit:
            rowid, oldest_size = next(connection.execute("SELECT rowid, size FROM replies ORDER BY at LIMIT 1"))
            connection.execute("DELETE FROM replies WHERE rowid = ?", (rowid,))
            total -= oldest_size

    def _run(self, work: Callable[[Connection], object], *, read_only: bool = False) -> object:
        """None where the file cannot be used: then everything is asked."""
        try:
            return self._file.run(work, wait=_WAIT, read_only=read_only)
        except CacheFileUnusable as error:
            _log.warning("replies are not kept: %s", error)
            return None


def _select_reply(connection: Connection, ask: str, key: str, now: float) -> Reply | None:
    statement = "SELECT body, media_type, at, status, digest FROM replies WHERE ask = ? AND key = ? AND until > ?"
    # One that came later than now came before the clock was put back.
    row = connection.execute(f"{statement} AND at <= ?", (ask, key, now, now)).fetchone()
    if row is None:
        return None
    body, media_type, at, status, digest = row
    if sha256(body).hexdigest() != digest:
        return None  # damaged; the next reply takes its place
    return Reply(body, media_type, datetime.fromtimestamp(at, UTC), status, sent=False)
