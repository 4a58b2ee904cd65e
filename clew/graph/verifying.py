"""Whether a case is what was written, and what of a damaged one can be saved."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from clew.entities.display import visible
from clew.errors import CaseDamaged
from clew.graph.digest import digest_lines
from clew.graph.schema import check_pages
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
    """

    steps: int
    total: int
    evidence: int
    problems: tuple[str, ...]
    bad_step: int = 0

    def __bool__(self) -> bool:
        return not self.problems

    def __str__(self) -> str:
        if not self.problems:
            return f"sound: {self.steps} steps, {self.evidence} pieces of evidence, and the graph that follows"
        lines = [f"not sound: {self.steps} of {self.total} steps are good"]
        lines += [f"  {visible(problem, 400)}" for problem in self.problems]
        if self.bad_step > 1:
            lines.append(f"  next: clew verify CASE --salvage OUT saves the {self.bad_step - 1} steps before it")
        return "\n".join(lines)


def verify(store: Store) -> Verification:
    """Check the chain of steps, every piece of evidence, and that the graph is what follows from both."""
    total = store.head()[0]
    problems: list[str] = []
    good = 0
    try:
        for step in store.steps():
            good = step.number
    except CaseDamaged as error:
        problems.append(error.what)
    bad = good + 1 if problems else 0
    evidence, lost = _check_evidence(store)
    problems += lost
    if not problems:
        problems += _check_graph(store, total)
    return Verification(good, total, evidence, tuple(problems), bad)


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
    with Store(path) as store:
        found = verify(store)
        if found.steps == 0:
            raise CaseDamaged("no step of the case is good", where=str(path), next_step="restore it from a copy")
        store.copy_until(found.steps, to)
        return found
