"""The raw replies behind a finding: from the case that it is recorded in, bounded and safe to look at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from clew.entities import Claim, Finding, Relation
from clew.errors import CaseError
from clew.graph.events import Step, singles
from clew.graph.reading import Reading
from clew.views.evidence import readable
from clew.views.scene import plural

#: How much of the replies to one question is shown.
CHARACTERS = 20_000
#: How many rows of a log are read at a time.
ROWS = 10_000
_DEEPEST = 20
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True)
class Shown:
    """Raw text as it is shown, and what was left out."""

    text: str
    note: str = ""


@dataclass(slots=True)
class Replies:
    """Who has the raw replies: a case, or nobody."""

    case: Reading | None
    _steps: Mapping[str, Step] = field(default_factory=dict[str, Step])
    _read: int = 0

    def texts(self, finding: Finding) -> list[str]:
        """The raw text of each reply; of logs, each row.

        Raises:
            CaseError: it is not kept: says why, and how to have it.
        """
        if not finding.evidence:
            raise CaseError("there is no raw reply behind this: nothing was received")
        if self.case is None:
            step = "ask inside `with clew.Investigation.open('name.clew') as case:`, and browse that case"
            raise CaseError("without a case the raw reply is not kept", next_step=step)
        return [text for name in finding.evidence for text in self._quoted(self.case, finding, name)]

    def shown(self, finding: Finding) -> Shown:
        """As much of it as is good to look at, JSON with line breaks.

        Raises:
            CaseError: it is not kept: says why, and how to have it.
        """
        texts, left = self.texts(finding), CHARACTERS
        blocks: list[str] = []
        rest = 0
        for text in texts:
            if left <= 0:
                break
            block, more = broken(text, left)
            blocks.append(readable(block))
            left, rest = left - len(block), rest + more
        parts = len(texts) - len(blocks)
        cut = [f"{rest:,} more characters"] * bool(rest) + [f"{plural(parts, 'more row')}"] * bool(parts)
        return Shown("\n".join(blocks), f"{' and '.join(cut)}: .raw has all of it" if cut else "")

    def _quoted(self, case: Reading, finding: Finding, name: str) -> list[str]:
        step = self._step(case, name)
        claim = Claim(
            finding.subject.key,
            Relation.RELATED_TO,
            finding.subject.key,
            finding.provider,
            finding.pivot,
            step.number,
            finding.asked_at or step.at,
            (name,),
        )
        # What has no text as a whole has rows.
        return case.evidence(claim) or [*_rows(case, claim)]

    def _step(self, case: Reading, name: str) -> Step:
        """The step that brought a reply."""
        if name not in self._steps and self._read != case.steps:
            self._steps, self._read = dict(_brought(case)), case.steps
        if name not in self._steps:
            raise CaseError(
                "this case does not have the raw reply: it was received outside of it", next_step="ask inside the case"
            )
        return self._steps[name]


def _rows(case: Reading, claim: Claim) -> Iterator[str]:
    for first in count(0, ROWS):
        rows = case.evidence(replace(claim, pointers=tuple(f"/rows/{first + more}" for more in range(ROWS))))
        yield from rows
        if len(rows) < ROWS:
            return


def _brought(case: Reading) -> Iterator[tuple[str, Step]]:
    for step in case.history():
        for single in singles(step.event):
            yield from ((name, step) for name in single.finding.evidence)


def broken(text: str, limit: int) -> tuple[str, int]:
    """JSON with line breaks, other text as it is, up to so many characters; and how many of the text are left out.

    No character but white space is changed: numbers, escapes and doubled keys stay as they were received.

    >>> broken('{"a":[1.50,{}]}', 100)
    ('{\\n "a": [\\n  1.50,\\n  {}\\n ]\\n}', 0)
    """
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text[:limit], len(text[limit:])
    pieces: list[str] = []
    room, depth, before = limit, 0, ""
    for found in _TOKEN.finditer(text):
        word = found[0]
        depth -= word in "}]"
        piece = f"{_between(before, word, depth)}{word}"
        if len(piece) > room:
            kept = max(0, room - len(piece) + len(word))
            pieces.append(piece[:room])
            return "".join(pieces), len(text) - found.start() - kept
        pieces.append(piece)
        room -= len(piece)
        depth += word in "{["
        before = word
    return "".join(pieces), 0


def _between(before: str, word: str, depth: int) -> str:
    """The white space before a word of JSON."""
    if before == ":":
        return " "
    opens, closes = before in ("{", "["), word in ("}", "]")
    return f"\n{' ' * min(depth, _DEEPEST)}" if (opens or closes or before == ",") and not (opens and closes) else ""
