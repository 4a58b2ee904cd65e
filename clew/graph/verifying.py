"""Whether a case is what was written, and what of a damaged one can be saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from clew.entities.display import visible
from clew.errors import CaseDamaged
from clew.graph.digest import digest_lines
from clew.graph.keys import needed
from clew.graph.schema import check_pages
from clew.graph.signers import Signers
from clew.graph.signing import Fault, Seen, Signature, detached
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
        unsigned: how many steps come after the last signature that counts; all of them without one.
    """

    steps: int
    total: int
    evidence: int
    problems: tuple[str, ...]
    bad_step: int = 0
    signatures: tuple[Signature, ...] = ()
    faults: tuple[Fault, ...] = ()
    unsigned: int = 0

    def __bool__(self) -> bool:
        return not self.problems

    def __str__(self) -> str:
        if not self.problems:
            lines = [f"sound: {self.steps} steps, {self.evidence} pieces of evidence, and the graph that follows"]
            return "\n".join([*lines, *self._signed()])
        lines = [f"not sound: {self.steps} of {self.total} steps are good"]
        lines += [f"  {visible(problem, 400)}" for problem in self.problems]
        lines += self._signed()
        if self.bad_step > 1:
            lines.append(f"  next: clew verify CASE --salvage OUT saves the {self.bad_step - 1} steps before it")
        return "\n".join(lines)

    def _signed(self) -> list[str]:
        lines = [f"  {signature}" for signature in self.signatures if signature.fault in (None, Fault.UNCHECKED)]
        if lines and self.unsigned:
            lines.append(f"  the last {self.unsigned} of {self.total} steps are not signed")
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
        needed()
    total = store.head()[0]
    problems: list[str] = []
    seen = Seen()
    try:
        for step in store.steps():
            seen.follow(step)
    except CaseDamaged as error:
        problems.append(error.what)
    good = len(seen.hashes)
    bad = good + 1 if problems else 0
    found = [*seen.signatures, *([detached(statement, seen.hashes)] if statement is not None else [])]
    evidence, lost = _check_evidence(store)
    problems += lost
    if not problems and not store.outdated:  # the tables of an older format are made anew when it is opened
        problems += _check_graph(store, total)
    wrong = [*_bad(found), *_demanded(found, signers)]
    problems += [why for _, why in wrong]
    faults, after = tuple(fault for fault, _ in wrong), _after(found, signers, total)
    return Verification(good, total, evidence, tuple(problems), bad, tuple(found), faults, after)


def _bad(found: list[Signature]) -> Iterator[tuple[Fault, str]]:
    for signature in found:
        if signature.fault not in (None, Fault.UNCHECKED):
            yield signature.fault, f"the signature of {signature.place} is not good: {signature.why}"


def _demanded(found: list[Signature], signers: Signers | None) -> Iterator[tuple[Fault, str]]:
    """Why none of the signatures is what was asked for; nothing if one is."""
    if signers is None or any(signature.owner(signers) for signature in found):
        return
    if not found:
        yield Fault.MISSING, f"nobody signed it; signatures of {signers} count"
    elif good := [f"{each.place}: {each.signer} with {each.key}" for each in found if each]:
        yield Fault.STRANGER, f"only others signed it ({'; '.join(good)}); signatures of {signers} count"
    else:
        yield Fault.MISSING, f"no signature is good; signatures of {signers} count"


def _after(found: list[Signature], signers: Signers | None, total: int) -> int:
    """How many steps nobody signed. What a signature in a case says of itself is signed as well."""
    counted = (each for each in found if (each.owner(signers) if signers else each))
    return total - max((each.step or each.covers for each in counted), default=0)


def _check_evidence(store: Store) -> tuple[int, list[str]]:
    problems: list[str] = []
    names = store.evidence()
    for name in names:
        try:
            store.checked(name)
        except CaseDamaged as error:
            problems.append(error.what)
    return len(names), problems


def _check_graph(store: Store, last: int) -> list[str]:
    """The first line in which the tables are not what the steps say."""
    with store.until(last) as folded, store.reading() as connection:
        try:
            check_pages(connection, store.path)
        except CaseDamaged as error:
            return [error.what]
        for said, follows in zip_longest(digest_lines(connection), digest_lines(folded.connection)):
            if said != follows:
                return [f"the graph does not follow from the steps: it has {said}, and they give {follows}"]
    return []


def salvage(path: Path, to: Path) -> Verification:
    """Write the good steps of a damaged case, from the first on, into a new file; returns what was found.

    Raises:
        CaseError: not even the first step is good, the file cannot be opened at all, or there is such a file already.
    """
    with Store(path, migrate=False) as store:
        found = verify(store)
        if found.steps == 0:
            raise CaseDamaged("no step of the case is good", where=str(path), next_step="restore it from a copy")
        store.copy_until(found.steps, to)
        return found
