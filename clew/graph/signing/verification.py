"""Whether a case is what was written, and what of a damaged one can be saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from clew.entities.display import visible
from clew.errors import CaseDamaged
from clew.graph.format.schema import check_pages
from clew.graph.projection.digest import digest_lines
from clew.graph.signing.allowed_signers import Signers
from clew.graph.signing.case_signatures import Fault, Signature, SignatureChecker, check_detached
from clew.graph.signing.ssh_keys import require_cryptography
from clew.graph.store import Store


@dataclass(frozen=True, slots=True)
class Verification:
    """What looking at every byte that matters found.

    Attributes:
        steps: how many steps are good, from the first on.
        total: how many the case says it has.
        evidence: how many pieces of evidence were checked.
        problems: what is wrong, in words; empty if nothing is.
        bad_step: the first step that is not what was written; 0 if all are.
        signatures: in the case, in their order; then the one that was kept beside it, if there is one.
        faults: what is wrong with signatures, or that none is good enough.
        unsigned_steps: how many steps come after the last signature that counts; all of them without one.
    """

    steps: int
    total: int
    evidence: int
    problems: tuple[str, ...]
    bad_step: int = 0
    signatures: tuple[Signature, ...] = ()
    faults: tuple[Fault, ...] = ()
    unsigned_steps: int = 0

    def __bool__(self) -> bool:
        return not self.problems

    def __str__(self) -> str:
        if not self.problems:
            lines = [f"sound: {self.steps} steps, {self.evidence} pieces of evidence, and the graph that follows"]
            return "\n".join([*lines, *self._signature_lines()])
        lines = [f"not sound: {self.steps} of {self.total} steps are good"]
        lines += [f"  {visible(problem, 400)}" for problem in self.problems]
        lines += self._signature_lines()
        if self.bad_step > 1:
            lines.append(f"  next: clew verify CASE --salvage OUT saves the {self.bad_step - 1} steps before it")
        return "\n".join(lines)

    def _signature_lines(self) -> list[str]:
        lines = [f"  {signature}" for signature in self.signatures if signature.fault in (None, Fault.UNCHECKED)]
        if lines and self.unsigned_steps:
            lines.append(f"  the last {self.unsigned_steps} of {self.total} steps are not signed")
        return lines


def verify(store: Store, signers: Signers | None = None, statement: Path | None = None) -> Verification:
    """Check the chain of steps, every piece of evidence, that the graph is what follows from both, and signatures.

    Args:
        signers: those of whom one has to have signed; if not given, signatures only have to be good.
        statement: a signed statement that was kept beside the case, which has to be about it.

    Raises:
        MissingExtra: signers are given, and there is no library to check signatures with.
        CaseError: there is no such statement.
    """
    if signers is not None:
        require_cryptography()
    total = store.head().step
    problems: list[str] = []
    checker = SignatureChecker()
    try:
        for step in store.steps():
            checker.follow(step)
    except CaseDamaged as error:
        problems.append(error.message)
    good = len(checker.hashes)
    bad = good + 1 if problems else 0
    signatures = [*checker.signatures, *([check_detached(statement, checker.hashes)] if statement is not None else [])]
    evidence, evidence_problems = _check_evidence(store)
    problems += evidence_problems
    if not problems and not store.is_outdated:  # the tables of an older format are made anew when it is opened
        problems += _check_graph(store, total)
    signature_problems = [*_bad_signatures(signatures), *_signer_problems(signatures, signers)]
    problems += [reason for _, reason in signature_problems]
    faults, unsigned_steps = (
        tuple(fault for fault, _ in signature_problems),
        _unsigned_count(signatures, signers, total),
    )
    return Verification(good, total, evidence, tuple(problems), bad, tuple(signatures), faults, unsigned_steps)


def _bad_signatures(signatures: list[Signature]) -> Iterator[tuple[Fault, str]]:
    for signature in signatures:
        if signature.fault not in (None, Fault.UNCHECKED):
            yield signature.fault, f"the signature of {signature.location} is not good: {signature.reason}"


def _signer_problems(signatures: list[Signature], signers: Signers | None) -> Iterator[tuple[Fault, str]]:
    """Why none of the signatures is what was asked for; nothing if one is."""
    if signers is None or any(signature.owner(signers) for signature in signatures):
        return
    if not signatures:
        yield Fault.MISSING, f"nobody signed it; signatures of {signers} count"
    elif good := [
        f"{signature.location}: {signature.signer} with {signature.key}" for signature in signatures if signature
    ]:
        yield Fault.STRANGER, f"only others signed it ({'; '.join(good)}); signatures of {signers} count"
    else:
        yield Fault.MISSING, f"no signature is good; signatures of {signers} count"


def _unsigned_count(signatures: list[Signature], signers: Signers | None, total: int) -> int:
    """How many steps nobody signed. What a signature in a case says of itself is signed as well."""
    valid_signatures = (signature for signature in signatures if (signature.owner(signers) if signers else signature))
    return total - max((signature.step or signature.covers for signature in valid_signatures), default=0)


def _check_evidence(store: Store) -> tuple[int, list[str]]:
    problems: list[str] = []
    names = store.evidence()
    for name in names:
        try:
            store.verified_reply(name)
        except CaseDamaged as error:
            problems.append(error.message)
    return len(names), problems


def _check_graph(store: Store, last: int) -> list[str]:
    """The first line in which the tables are not what the steps say."""
    with store.as_of(last) as projection, store.reading() as connection:
        try:
            check_pages(connection, store.path)
        except CaseDamaged as error:
            return [error.message]
        for stored_line, derived_line in zip_longest(digest_lines(connection), digest_lines(projection.connection)):
            if stored_line != derived_line:
                return [f"the graph does not follow from the steps: it has {stored_line}, and they give {derived_line}"]
    return []


def salvage(path: Path, to: Path) -> Verification:
    """Write the good steps of a damaged case, from the first on, into a new file; returns what was found.

    Raises:
        CaseError: not even the first step is good, the file cannot be opened at all, or there is such a file already.
    """
    with Store(path, migrate=False) as store:
        verification = verify(store)
        if verification.steps == 0:
            raise CaseDamaged("no step of the case is good", location=str(path), next_step="restore it from a copy")
        store.copy_until(verification.steps, to)
        return verification
