"""Replies that a case knows already, and replies that came in a file."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from clew.entities import Outcome
from clew.entities.checked_text import stamp, utc
from clew.errors import EntityError, SettingsError
from clew.graph.projection.verdict import reply_outcome_sql
from clew.graph.store import Store
from clew.providers.base import Ask, Provider, Reply, canonical_json
from clew.providers.exchange import Recordings
from clew.providers.web import HttpRequest

# The latest reply that was understood, and whether it said that nothing is known.
_LATEST = (
    f"SELECT evidence, at, status, {reply_outcome_sql(Outcome.NOTHING)} FROM exchanges e "  # noqa: S608 - constants of ours
    f"WHERE fingerprint = ? AND evidence <> '' AND NOT {reply_outcome_sql(Outcome.FAILED)} ORDER BY at DESC LIMIT 1"
)


class CaseRecordings:
    """What the case was told by services outside, as long as it is still good. Local sources are asked each time.

    Args:
        store: the case.
        providers: those of the pivot that is running; each says how long its replies last.
        fallback: asked when the case knows nothing.
    """

    def __init__(self, store: Store, providers: dict[str, type[Provider]], fallback: Recordings | None = None) -> None:
        self._store = store
        self._providers = providers
        self._fallback = fallback

    def find(self, ask: Ask, provider: str, now: datetime) -> Reply | None:
        """The latest good reply to the same ask; one that could not be understood is none."""
        if not ask.leaves:
            return None
        with self._store.reading() as connection:
            row = connection.execute(_LATEST, (ask.fingerprint,)).fetchone()
        if row:
            evidence, at, status, is_nothing = row
            source = self._providers[provider]
            if at >= stamp(now - (source.lifetime_nothing if is_nothing else source.lifetime)):
                return self._store.reply(evidence, at=datetime.fromisoformat(at), status=status)
        reply = self._fallback.find(ask, provider, now) if self._fallback else None
        return reply if isinstance(reply, Reply) else None


class ReplyFile:
    """Recorded replies of web services in a JSON file: a list of requests, each with its reply."""

    def __init__(self, replies: dict[str, Reply]) -> None:
        self._replies = replies

    @classmethod
    def load(cls, path: Path) -> ReplyFile:
        """Read the file.

        Raises:
            SettingsError: it cannot be read, or an entry lacks something.
        """
        try:
            entries: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
            replies = dict(_entry(entry) for entry in entries)
        except (AttributeError, EntityError, KeyError, OSError, RecursionError, TypeError, ValueError) as error:
            raise SettingsError(f"the recorded replies cannot be read: {error!r}", location=str(path)) from None
        return cls(replies)

    def find(self, ask: Ask, provider: str, now: datetime) -> Reply | None:
        """The reply of the entry with the same method, URL and parameters."""
        return self._replies.get(ask.fingerprint)


def _entry(entry: dict[str, Any]) -> tuple[str, Reply]:
    request = HttpRequest(entry["method"], entry["url"], tuple(sorted(entry["params"].items())))
    body = canonical_json(entry["body"]).encode()
    return request.fingerprint, Reply(
        body, "application/json", utc(entry["at"], "the time of a reply"), entry["status"]
    )
