"""What was asked and what became of it: the part of a pivot that can be replayed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from clew.entities import Finding, Outcome
from clew.errors import AskError, AskFailed, AskRefused, AskSkipped
from clew.providers.base import WORDING, Ask, Reply, ask_fingerprint

_ERRORS: Mapping[str, type[AskError]] = {cls.outcome: cls for cls in (AskFailed, AskRefused, AskSkipped)}


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """An ask that got no answer, as it is kept."""

    outcome: Outcome
    kind: str
    what: str
    next_step: str = ""

    @classmethod
    def of(cls, error: AskError) -> ErrorRecord:
        """The record of an error."""
        return cls(Outcome(error.outcome), error.kind, error.message, error.next_step)

    def error(self) -> AskError:
        """The error again."""
        return _ERRORS[self.outcome](self.what, kind=self.kind, next_step=self.next_step)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One ask and its reply (by content address) or its trouble.

    Attributes:
        ask: the description of the ask, without secrets.
        fingerprint: of the ask.
        sent: whether it really went out, or was answered by an earlier recording.
        leaves: whether sending it tells somebody outside.
        attempts: how often it was sent.
        together: how many asks were sent as one with it, itself included.
        unkept: why the reply itself was not kept; empty if it was.
    """

    ask: dict[str, Any]
    fingerprint: str
    provider: str
    at: datetime
    sent: bool
    evidence: str = ""
    media_type: str = ""
    status: int = 0
    trouble: ErrorRecord | None = None
    unkept: str = ""
    leaves: bool = False
    attempts: int = 1
    together: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What the runner hands back: the finding, the exchanges behind it, and the replies by content address."""

    finding: Finding
    exchanges: tuple[Exchange, ...]
    replies: Mapping[str, Reply]


class Recordings(Protocol):
    """Replies that are known already."""

    def find(self, ask: Ask, provider: str, now: datetime) -> Reply | AskError | None:
        """What is recorded for the ask and still good at `now`; None where it has to be asked."""
        ...


class NoRecordings:
    """Nothing is known already."""

    def find(self, ask: Ask, provider: str, now: datetime) -> None:
        """Always None."""


def _question(exchange: Exchange) -> str:
    """The fingerprint of what was asked; those of older cases are of its wording too."""
    return ask_fingerprint("logs", exchange.ask) if WORDING in exchange.ask else exchange.fingerprint


class Playback:
    """The exchanges of one recorded step, and nothing else: what is not in them cannot be asked."""

    def __init__(self, exchanges: Iterable[Exchange], replies: Mapping[str, Reply]) -> None:
        self._exchanges = {_question(exchange): exchange for exchange in exchanges}
        self._replies = replies

    def find(self, ask: Ask, provider: str, now: datetime) -> Reply | AskError:
        """The recorded reply or error; an ask that was never made is skipped."""
        exchange = self._exchanges.get(ask.fingerprint)
        if exchange is None:
            return AskSkipped(f"{provider} was not asked this when the step was recorded", kind="no-recording")
        if exchange.trouble is not None:
            return exchange.trouble.error()
        # Equal bodies are kept once: when it came, and as what, is said by the exchange.
        return replace(
            self._replies[exchange.evidence], at=exchange.at, status=exchange.status, media_type=exchange.media_type
        )
