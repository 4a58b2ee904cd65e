"""Every error that clew raises on purpose, drawn once.

    ClewError
    |-- EntityError          a value that cannot be the entity it was given as
    |-- SettingsError        a setting or a file named by a setting cannot be used
    |   |-- FeedUnusable     a feed, or what the store of feeds holds of one, that cannot be read
    |   |-- MissingExtra     an optional library is not installed; says the install command
    |   `-- KeyUnusable      a key, or a list of keys, that cannot be used
    |-- PluginError          a plug-in that cannot be used; an AttributeError too, because it is met as an attribute
    |-- ConnectError         a log source that cannot be opened or understood
    |-- QueryError           a query that cannot be asked as it is
    |-- PipelineError        a pipeline that cannot be read, or run, as it is; says all that is wrong
    |-- ExportError          a format that there is not, or that does not fit the name of the file
    |-- AskError             an ask that got no usable answer; becomes an outcome, never silence
    |   |-- AskFailed        tried and failed: time-out, status, damaged reply
    |   |-- AskRefused       the gate, or the vendor, said no
    |   `-- AskSkipped       not tried: no key, no database, no logs
    `-- CaseError            a case file that cannot be read, written or replayed
        |-- CaseNotFound     there is no such file
        |-- CaseForeign      a file of some other program
        |-- CaseNewer        written by a newer clew
        |-- CaseDamaged      the content contradicts its own hashes or schema
        |-- CaseLocked       another process holds it
        |-- CaseReadOnly     the file or its folder cannot be written
        |-- CaseExists       there is a file where a new one should be written
        |-- NotRedacted      a case that cannot be redacted, or brought back, as it is
        `-- CaseClosed       used after it was closed

Each carries what was wrong, where, and the next step.
"""

from __future__ import annotations

from typing import ClassVar


class ClewError(Exception):
    """What was wrong, where it was, and what to do next."""

    def __init__(self, message: str, *, location: str = "", next_step: str = "") -> None:
        self.message = message
        self.location = location
        self.next_step = next_step
        super().__init__(message)

    def __str__(self) -> str:
        location = f" ({self.location})" if self.location else ""
        step = f"\n  next: {self.next_step}" if self.next_step else ""
        return f"{self.message}{location}{step}"


class EntityError(ClewError):
    """A value that cannot be the entity it was given as."""


class SettingsError(ClewError):
    """A setting, or a file that a setting names, cannot be used."""


class FeedUnusable(SettingsError):
    """A feed, or what the store of feeds holds of one, cannot be read."""


class MissingExtra(SettingsError):
    """An optional library is not installed."""

    def __init__(self, library: str, *, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the library {library!r}, which is not installed",
            next_step=f"pip install 'clew[{extra}]'",
        )


class KeyUnusable(SettingsError):
    """A key that cannot be used, or a list of keys that cannot be read."""


class PluginError(ClewError, AttributeError):
    """A plug-in that cannot be used. What looks an entity over (`dir`, `help`, `hasattr`) takes it as not there."""


class ConnectError(ClewError):
    """A log source that cannot be opened or understood."""


class QueryError(ClewError):
    """A query that cannot be asked as it is."""


class PipelineError(ClewError):
    """A pipeline that cannot be read, or run, as it is. `problems` are all that were found, each with its place."""

    def __init__(
        self, message: str, *, location: str = "", next_step: str = "", problems: tuple[ClewError, ...] = ()
    ) -> None:
        super().__init__(message, location=location, next_step=next_step)
        self.problems = problems or (self,)

    def __str__(self) -> str:
        if self.problems == (self,):
            return super().__str__()
        return "\n".join([self.message, *map(str, self.problems)])


class ExportError(ClewError):
    """A case cannot be written in a format: there is none of that name, or it does not fit the name of the file."""


class AskError(ClewError):
    """An ask that got no usable answer.

    `outcome` is what the finding will say; `sent`, whether anybody was asked; `attempts`, how often; `together`, how
    many asks went out as one with it.
    """

    outcome: ClassVar[str] = "failed"

    def __init__(self, message: str, *, kind: str, location: str = "", next_step: str = "", sent: bool = True) -> None:
        super().__init__(message, location=location, next_step=next_step)
        self.kind = kind
        self.sent = sent
        self.attempts = 1
        self.together = 1

    @property
    def reason(self) -> str:
        """What the finding will say."""
        return f"{self.message}; {self.next_step}" if self.next_step else self.message


class AskFailed(AskError):
    """The ask failed; `kind` is one of timeout, connect, status, not-found, redirect, reply, io, breaker."""


class AskRefused(AskError):
    """The gate or the vendor refused; `kind` names the rule."""

    outcome = "refused"


class AskSkipped(AskError):
    """The ask was not tried; `kind` is one of no-key, no-source, offline."""

    outcome = "skipped"


class CaseError(ClewError):
    """A case file that cannot be read, written or replayed. `exit_code` is the command line's."""

    exit_code: ClassVar[int] = 10


class CaseNotFound(CaseError):
    """There is no case file at that path."""

    exit_code = 11


class CaseForeign(CaseError):
    """The file belongs to some other program, or is no case at all."""

    exit_code = 12


class CaseNewer(CaseError):
    """The case was written by a newer clew."""

    exit_code = 13


class CaseDamaged(CaseError):
    """The content of the case contradicts its own hashes or its schema."""

    exit_code = 14


class CaseLocked(CaseError):
    """Another process is writing the case and did not let go in time."""

    exit_code = 15


class CaseReadOnly(CaseError):
    """The case, or the folder it is in, cannot be written."""

    exit_code = 16


class CaseExists(CaseError):
    """There is a file where a new one should be written; it is left as it is."""

    exit_code = 17


class NotRedacted(CaseError):
    """The case cannot be redacted without telling what it should not, or there is nothing in it to bring back."""

    exit_code = 18


class CaseClosed(CaseError):
    """The case was used after it was closed."""
