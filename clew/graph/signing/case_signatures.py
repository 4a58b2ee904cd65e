"""Signed cases: what is signed, what a signature in a case proves, and what it does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from clew.entities.checked_text import stamp
from clew.entities.display import visible
from clew.errors import CaseError, CaseNotFound, MissingExtra
from clew.graph.format.atomic_write import atomic_write
from clew.graph.format.events import Signed, Step
from clew.graph.signing import ssh_keys as keys
from clew.graph.signing.sshsig import BadSignature, SshSignature, fingerprint

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from clew.graph.signing.allowed_signers import Signer, Signers

_STATEMENT = re.compile(
    r"clew case signature 1\nstep: ([1-9][0-9]{0,17})\nhash: ([0-9a-f]{64})\n"
    r"time: ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{15}Z)\nsigner: ([^\n]{1,200})\n"
)
# No statement, and no signature, is larger than this, in bytes.
_MAX_BYTES = 65_536


class Fault(StrEnum):
    """Why a signature does not prove what is asked of it."""

    UNCHECKED = "not checked"
    UNREADABLE = "unreadable"
    FORGED = "forged"
    ALTERED = "altered"
    MOVED = "moved"
    FOREIGN = "foreign"
    CUT = "cut"
    STRANGER = "stranger"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is signed. The hash of a step covers all steps before it, and so all evidence that they name.

    Attributes:
        step: the number of the last step that is signed.
        hash: its hash.
        time: when, by the clock of whoever signs; UTC.
        signer: the name of whoever signs, by their own word.
    """

    step: int
    hash: str
    time: str
    signer: str

    @classmethod
    def of(cls, head: tuple[int, str], at: datetime, signer: str) -> Statement:
        """The statement about a case that ends with this step."""
        return cls(*head, stamp(at), visible(signer, 200) or "nobody")

    @classmethod
    def read(cls, text: str) -> Statement:
        """The statement in a text. Raises BadSignature for anything else."""
        match = _STATEMENT.fullmatch(text)
        if match is None:
            raise BadSignature("what was signed is no statement about a case")
        return cls(int(match[1]), match[2], match[3], match[4])

    @property
    def at(self) -> datetime:
        """When. Raises BadSignature for a time that is none."""
        try:
            return datetime.fromisoformat(self.time)
        except ValueError:
            raise BadSignature("what was signed has no time") from None

    def __str__(self) -> str:
        fields = (f"step: {self.step}", f"hash: {self.hash}", f"time: {self.time}", f"signer: {self.signer}")
        return "".join(f"{line}\n" for line in ("clew case signature 1", *fields))


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature in a case, and whether it is good.

    Attributes:
        step: the step that it is; 0 where it is kept beside the case.
        signer: who signed, by their own word.
        key: the fingerprint of the key, as `ssh-keygen -l` prints it.
        covers: the last step that is signed.
        fault: what is wrong with it; None if it is good.
        reason: the same in words; empty if it is good.
        event: the statement and its signature, as they are kept.
    """

    step: int
    signer: str
    key: str
    covers: int
    fault: Fault | None
    reason: str
    event: Signed

    @classmethod
    def create(cls, statement: Statement, key: PrivateKeyTypes) -> Signature:
        """A new one, which is nowhere yet. Raises KeyUnusable for a key that signs nothing."""
        signature = keys.sign(str(statement).encode(), key)
        by = fingerprint(signature.key)
        event = Signed(str(statement), signature.armour(), by, statement.signer)
        return cls(0, statement.signer, by, statement.step, None, "", event)

    def __bool__(self) -> bool:
        return self.fault is None

    def __str__(self) -> str:
        summary = f"steps 1 to {self.covers} signed by {visible(self.signer, 80)} with {visible(self.key, 80)}"
        state = "valid" if self else f"{'not checked' if self.fault is Fault.UNCHECKED else 'NOT valid'}: {self.reason}"
        return f"{self.location}: {summary}, {visible(state, 400)}"

    @property
    def location(self) -> str:
        """Where it is."""
        return f"step {self.step}" if self.step else "beside the case"

    def owner(self, signers: Signers) -> Signer | None:
        """Whose it is, of those whose signatures count; None for nobody's, or where it is not good."""
        if not self:
            return None
        return signers.find(SshSignature.read(self.event.signature).key, Statement.read(self.event.statement).at)

    def save(self, path: str | Path) -> Path:
        """Write the statement, and its signature beside it with `.sig`, as `ssh-keygen -Y verify` wants them.

        Raises:
            CaseReadOnly: they cannot be written there.
        """
        statement = Path(path)
        atomic_write(self.event.signature, statement.with_name(f"{statement.name}.sig"), "the signature")
        return atomic_write(self.event.statement, statement, "the statement")


class _InvalidSignature(Exception):
    """What is wrong with a signature."""

    def __init__(self, fault: Fault, reason: str) -> None:
        super().__init__(reason)
        self.fault = fault


class SignatureChecker:
    """The steps of a case so far, and what the signatures among them prove."""

    def __init__(self) -> None:
        #: Of every step, the first at 0.
        self.hashes: list[str] = []
        self.signatures: list[Signature] = []

    def follow(self, step: Step) -> None:
        """Look at the next step."""
        if isinstance(step.event, Signed):
            self.signatures.append(_check_signature(step.number, step.event, self.hashes, step))
        self.hashes.append(step.hash)


def check_detached(path: Path, hashes: Sequence[str]) -> Signature:
    """What a statement proves that is kept elsewhere, with its signature beside it.

    Raises:
        CaseError: there are no such files, or they cannot be read.
    """
    statement, signature = _text(path), _text(path.with_name(f"{path.name}.sig"))
    try:
        signer, by = Statement.read(statement).signer, fingerprint(SshSignature.read(signature).key)
    except BadSignature as error:
        raise CaseError(f"this is no signed statement: {error}", location=str(path)) from None
    return _check_signature(0, Signed(statement, signature, by, signer), hashes, None)


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise CaseNotFound(
                "there is no such file", location=str(path), next_step="clew sign CASE --detached makes it"
            )
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode("utf-8", "backslashreplace")
    except OSError as error:
        raise CaseError(f"it cannot be read: {error.strerror}", location=str(path)) from None


def _check_signature(number: int, event: Signed, hashes: Sequence[str], step: Step | None) -> Signature:
    fault: Fault | None = None
    reason, covers = "", 0
    try:
        statement = Statement.read(event.statement)
        covers = statement.step
        missing = _check_key(event)
        if step is not None:
            _check_step(step, event, statement)
        _check_position(statement, hashes, number)
        if missing is not None:
            fault, reason = Fault.UNCHECKED, f"{missing.message}; {missing.next_step}"
    except BadSignature as error:
        fault, reason = Fault.UNREADABLE, str(error)
    except _InvalidSignature as error:
        fault, reason = error.fault, str(error)
    return Signature(number, event.signer, event.key, covers, fault, reason, event)


def _check_key(event: Signed) -> MissingExtra | None:
    """Whether the statement was signed by the key that it names; returns what is missing to find out."""
    signature = SshSignature.read(event.signature)
    if fingerprint(signature.key) != event.key:
        raise _InvalidSignature(Fault.ALTERED, "it is by another key than it says")
    try:
        keys.check(signature, event.statement.encode())
    except BadSignature as error:
        raise _InvalidSignature(Fault.FORGED, f"it is forged: {error}") from None
    except MissingExtra as error:
        return error
    return None


def _check_step(step: Step, event: Signed, statement: Statement) -> None:
    """Whether the step says of itself what was signed."""
    actual = (event.signer, visible(step.by, 200) or "nobody", stamp(step.at))
    if actual != (statement.signer, statement.signer, statement.time):
        raise _InvalidSignature(Fault.ALTERED, "the step names another person or time than was signed")


def _check_position(statement: Statement, hashes: Sequence[str], number: int) -> None:
    """Whether it was given to this case, and to the steps right before it."""
    last = statement.step
    if last > len(hashes) and not number:
        raise _InvalidSignature(
            Fault.CUT, f"{last} steps were signed, and the case has {len(hashes)}: the later ones are gone"
        )
    if not last <= len(hashes) or hashes[last - 1] != statement.hash:
        raise _InvalidSignature(
            Fault.FOREIGN, f"it was given to another case: step {last} of this one is not what was signed"
        )
    if number and last != number - 1:
        raise _InvalidSignature(
            Fault.MOVED, f"it was copied here: it was given after step {last}, not after step {number - 1}"
        )
