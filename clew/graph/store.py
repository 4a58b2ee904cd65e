"""Steps in, rows out: the one place that writes a case. A step and all that follows from it are one transaction."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import zstandard
from pydantic import ValidationError

from clew.entities.checked_text import stamp
from clew.entities.display import visible
from clew.errors import CaseClosed, CaseDamaged, CaseError, EntityError
from clew.graph.format.database import case_errors, copy_database
from clew.graph.format.events import Event, Step, event_adapter, event_json, step_hash
from clew.graph.format.migration import add_checksums, checked_format, format_of, replace_tables
from clew.graph.format.schema import CHECKSUM_VERSION, DERIVED_TABLES, VERSION, atomic_file, connect
from clew.graph.format.undo import inactive_steps
from clew.graph.projection.fold import Fold
from clew.graph.projection.key_views import create_key_views
from clew.providers.base import Reply
from clew.providers.exchange import Exchange
from clew.sqlite import Connection, SqliteError, immediate_transaction

MAX_BODY = 256 * 1024 * 1024
#: What a step is written with: clew and its version, and the format of the case.
TOOL = f"clew 0.1.0, format {VERSION}"
GENESIS = "0" * 64
_LAST = 2**63 - 1
_SOME_STEPS = (
    "SELECT number, at, by, tool, kind, body, previous, hash FROM steps WHERE number > ? AND number <= ? "
    "ORDER BY number LIMIT 64"
)
_NEVER = datetime.min.replace(tzinfo=UTC)  # for evidence whose time nobody asks for
# How reading fails on a body that is not what clew writes.
_UNREADABLE = (AttributeError, EntityError, LookupError, TypeError, ValidationError, ValueError, zstandard.ZstdError)


class CaseHead(NamedTuple):
    """Where a case ends: the number of its last step, and the hash of that, which covers all before it."""

    step: int
    hash: str


class Store:
    """The file of a case, or its likeness in memory.

    Args:
        fallback: has the raw replies that this one has not.
        migrate: make a case of an older format one of today's; if not, only its steps and raw replies can be read.

    Attributes:
        is_outdated: whether it is of an older format still.
    """

    def __init__(self, path: Path | None, *, fallback: Store | None = None, migrate: bool = True) -> None:
        self.path = path
        self._fallback = fallback
        # Threads share the connection, which serves one at a time; and the steps of one thread must not end up in the
        # transaction of another.
        self._lock = threading.RLock()
        self._connection: Connection | None = connect(path)
        try:
            with case_errors(path):
                create_key_views(self._connection)
                self.is_outdated = checked_format(self._connection, path) < VERSION
            if self.is_outdated and migrate:
                self._migrate()
                self.is_outdated = False
        except BaseException:
            self._connection.close()
            raise

    @classmethod
    @contextmanager
    def open_readonly(cls, path: Path) -> Generator[Store]:
        """The case in a file that stays as it is: one of an older format is folded in memory."""
        with cls(path, migrate=False) as store:
            if not store.is_outdated:
                yield store
                return
            with store.as_of(store.head().step) as projection:
                yield projection

    @property
    def connection(self) -> Connection:
        """The open database. Raises CaseClosed after `close`."""
        if self._connection is None:
            raise CaseClosed("the case is closed", location=str(self.path or "memory"), next_step="open it again")
        return self._connection

    def close(self) -> None:
        """Let the file go; closing twice is fine."""
        if self._connection is not None:
            with suppress(SqliteError):
                # Takes the empty journal away: a closed case is one file.
                self._connection.execute("PRAGMA journal_mode = DELETE")
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """The open database, to read what followed from the steps.

        Raises:
            CaseDamaged: that is not what clew writes; the steps may still be good.
        """
        with self._lock, case_errors(self.path):
            try:
                yield self.connection
            except _UNREADABLE as error:
                problem = f"the graph of the case cannot be read ({type(error).__name__})"
                location = str(self.path or "memory")
                raise CaseDamaged(problem, location=location, next_step="restore it from a copy") from error

    @contextmanager
    def transaction(self) -> Generator[Connection]:
        """All or nothing, and durable when the block ends. Blocks inside a block belong to the outer one."""
        with self._lock, case_errors(self.path):
            connection = self.connection
            if connection.in_transaction:
                yield connection
                return
            with immediate_transaction(connection):
                yield connection

    def append(
        self, event: Event, *, at: datetime, by: str, replies: Mapping[str, Reply] | None = None, tool: str = TOOL
    ) -> int:
        """Record an event and everything that follows from it; returns the number of the step.

        Raises:
            CaseError: it could not be read back, so it is not written either; or the file cannot be written.
        """
        body = self._checked_body(event)
        with self.transaction() as connection:
            number, previous = self.head()
            number += 1
            self._insert_replies(replies or {})
            moment = stamp(at)
            digest = step_hash(previous, number, moment, by, tool, body)
            connection.execute(
                "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (number, moment, by, tool, event.kind, _compress(body.encode()), previous, digest),
            )
            connection.execute("INSERT OR REPLACE INTO head VALUES (0, ?, ?)", (number, digest))
            Fold(connection, evidence=self.body).apply(number, event)
        return number

    def _checked_body(self, event: Event) -> str:
        """The text of an event, if it can be read again: one step that cannot be would end the chain for good."""
        try:
            body = event_json(event)
            event_adapter().validate_json(body)
        except _UNREADABLE as error:
            reason = visible(str(error).partition("\n")[0], 200)
            raise CaseError(
                f"the step cannot be kept: {reason}",
                location=str(self.path or "memory"),
                next_step="nothing was recorded",
            ) from None
        return body

    def head(self) -> CaseHead:
        """The number and hash of the last step; 0 and zeros in an empty case."""
        row = self._fetch_one("SELECT number, hash FROM head", ())
        if row is None:
            return CaseHead(0, GENESIS)
        number, digest = row
        if not (isinstance(number, int) and isinstance(digest, str)):
            raise CaseDamaged(
                "where the case ends cannot be read",
                location=str(self.path or "memory"),
                next_step="restore it from a copy",
            )
        return CaseHead(number, digest)

    def steps(self) -> Iterator[Step]:
        """Every step, each checked against the hash chain.

        Raises:
            CaseDamaged: names the first step that is not what was written.
        """
        last, last_hash = self.head()  # first, so that steps written meanwhile are none too many
        number, previous = 0, GENESIS
        for number, row in enumerate(self._rows(), start=1):
            step = self._step(row)
            if (step.number, step.previous, step.event.kind) != (number, previous, row[4]):
                raise self._damage_error(number, "it does not follow from the step before it")
            if number == last and step.hash != last_hash:
                raise self._damage_error(number, "it is not the one that was written last")
            previous = step.hash
            yield step
        if number < last:
            raise self._damage_error(number + 1, "it is missing")

    def step(self, number: int) -> Step:
        """One step, checked against its own hash. Raises CaseDamaged if it is missing or was changed."""
        row = self._fetch_one(
            "SELECT number, at, by, tool, kind, body, previous, hash FROM steps WHERE number = ?", (number,)
        )
        if row is None:
            raise self._damage_error(number, "it is missing")
        return self._step(row)

    def _step(self, row: tuple[Any, ...]) -> Step:
        number, at, by, tool, _, blob, previous, digest = row
        try:
            body = _decompress(blob).decode()
            if step_hash(previous, number, at, by, tool, body) != digest:
                raise self._damage_error(number, "its content does not match its hash")
            event = event_adapter().validate_json(body)
            return Step(number, datetime.fromisoformat(at), by, tool, event, previous, digest)
        except _UNREADABLE as error:
            raise self._damage_error(number, f"it cannot be read ({type(error).__name__})") from None

    def _damage_error(self, number: int, reason: str) -> CaseDamaged:
        return CaseDamaged(
            f"step {number} is damaged: {reason}",
            location=str(self.path or "memory"),
            next_step=f"steps before {number} are good; restore the rest from a copy",
        )

    def reply(self, fingerprint: str, *, at: datetime, status: int = 200, step: int | None = None) -> Reply:
        """A raw reply by its content address, as it was received at that time.

        Raises:
            CaseDamaged: it is missing, or is not what its address says.
        """
        location, name = str(self.path or "memory"), f"evidence {fingerprint[:16]}{f' of step {step}' if step else ''}"
        row = self._fetch_one("SELECT media_type, body FROM evidence WHERE fingerprint = ?", (fingerprint,))
        if row is None and self._fallback is not None:
            return self._fallback.reply(fingerprint, at=at, status=status, step=step)
        if row is None:
            raise CaseDamaged(f"{name} is missing", location=location, next_step="restore the case from a copy")
        try:
            reply = Reply(_decompress(row[1]), row[0], at, status)
        except (zstandard.ZstdError, TypeError):
            raise CaseDamaged(
                f"{name} cannot be read", location=location, next_step="restore the case from a copy"
            ) from None
        if reply.fingerprint != fingerprint:
            raise CaseDamaged(f"{name} was changed", location=location, next_step="do not trust this file")
        return reply

    def evidence(self) -> list[str]:
        """The content addresses of all raw replies."""
        with self.reading() as connection:
            fingerprints = [
                str(row[0]) for row in connection.execute("SELECT fingerprint FROM evidence ORDER BY fingerprint")
            ]
        return fingerprints if self._fallback is None else sorted({*fingerprints, *self._fallback.evidence()})

    def verified_reply(self, fingerprint: str) -> Reply:
        """A raw reply, if it is what its address says. Raises CaseDamaged."""
        return self.reply(fingerprint, at=_NEVER)

    def replies(self, exchanges: Iterable[Exchange], *, step: int) -> dict[str, Reply]:
        """The replies of the exchanges of a step, by content address. Raises CaseDamaged."""
        return {
            exchange.evidence: self.reply(exchange.evidence, at=exchange.at, status=exchange.status, step=step)
            for exchange in exchanges
            if exchange.evidence and not exchange.unkept
        }

    def size(self) -> int:
        """How large the case is, in bytes."""
        (pages,), (page,) = self._fetch_one("PRAGMA page_count", ()), self._fetch_one("PRAGMA page_size", ())
        return int(pages) * int(page)

    def _fetch_one(self, sql: str, values: tuple[Any, ...]) -> Any:
        with self._lock, case_errors(self.path):
            return self.connection.execute(sql, values).fetchone()

    def _insert_replies(self, replies: Mapping[str, Reply]) -> None:
        self.connection.executemany(
            "INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?)",
            [
                (fingerprint, reply.media_type, len(reply.body), _compress(reply.body))
                for fingerprint, reply in replies.items()
            ],
        )

    # -- what follows from the steps -----------------------------------------------------------------------------

    def rebuild(self) -> None:
        """Make everything that follows from the steps again."""
        with self.transaction() as connection:
            for table in DERIVED_TABLES:
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are constants
            self._fold_all(connection)

    def _migrate(self) -> None:
        """Make a case of an older format one of today's: in one transaction, so that it is never half of both."""
        # All of it in memory first: a case that is damaged stays as it is.
        self.as_of(self.head().step).close()
        if format_of(self.connection) < CHECKSUM_VERSION:
            with self._lock, case_errors(self.path):
                add_checksums(self.connection)
        with self.transaction() as connection:
            if format_of(connection) < VERSION:  # another process may have been first
                replace_tables(connection)
                self._fold_all(connection)

    def _fold_all(self, connection: Connection) -> None:
        steps = list(self.steps())
        fold = Fold(connection, undone=inactive_steps(steps), evidence=self.body)
        for step in steps:
            fold.apply(step.number, step.event)

    def body(self, fingerprint: str) -> bytes:
        """The bytes of a raw reply. Raises CaseDamaged."""
        return self.verified_reply(fingerprint).body

    # -- copies --------------------------------------------------------------------------------------------------

    def as_of(self, number: int) -> Store:
        """The case as it was after a step, in memory. Raw replies are still read from this one."""
        past = Store(None, fallback=self)
        with past.transaction() as connection:
            for row in self._rows(number):
                connection.execute("INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
                connection.execute("INSERT OR REPLACE INTO head VALUES (0, ?, ?)", (row[0], row[-1]))
            past._fold_all(connection)
        return past

    def _rows(self, last: int = _LAST) -> Iterator[tuple[Any, ...]]:
        """Steps as they are kept, up to one of them. Others may use the connection between two of them."""
        after = -_LAST
        while True:
            with self._lock, case_errors(self.path):
                rows = list(self.connection.execute(_SOME_STEPS, (after, last)))
            yield from rows
            if not rows:
                return
            after = rows[-1][0]

    def copy(self, path: Path) -> None:
        """Write the case as it is now into a new file, whole or not at all, while others go on with this one.

        Raises:
            CaseError: there is such a file already, or it cannot be written.
        """
        with atomic_file(path) as scratch, self._lock:
            copy_database(self.connection, scratch)

    def copy_until(self, number: int, path: Path) -> None:
        """Write the steps up to one of them, with all good evidence, into a new file. Raises CaseError as `copy`."""
        with self.as_of(number) as past:
            with past.transaction() as connection:
                for fingerprint in self.evidence():
                    with suppress(CaseDamaged):
                        reply = self.verified_reply(fingerprint)
                        row = (fingerprint, reply.media_type, len(reply.body), _compress(reply.body))
                        connection.execute("INSERT INTO evidence VALUES (?, ?, ?, ?)", row)
            past.copy(path)


def _compress(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(data)


def _decompress(data: Any) -> bytes:
    if not isinstance(data, bytes):  # SQLite stores any type in any column
        raise TypeError("a body is bytes")
    if zstandard.frame_content_size(data) > MAX_BODY:
        # The library makes room for whatever the frame says before it looks at the rest.
        raise zstandard.ZstdError("it unpacks to too much")
    return zstandard.ZstdDecompressor().decompress(data, max_output_size=MAX_BODY)
