"""The raw replies behind a finding: from the case that it is recorded in, bounded and safe to look at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from clew.entities import Claim, Finding, Relation
from clew.entities.display import plural
from clew.errors import CaseError
from clew.graph.case_reader import CaseReader
from clew.graph.format.events import Step, pivot_events
from clew.views.explorer.raw_evidence import readable

#: How much of the replies to one question is shown.
CHARACTERS = 20_000
#: How many rows of a log are read at a time.
ROWS = 10_000
_DEEPEST = 20
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True)
class ReplyText:
    """Raw text as it is shown, and what was left out."""

    text: str
    note: str = ""


@dataclass(slots=True)
class Replies:
    """Who has the raw replies: a case, or nobody."""

    case: CaseReader | None
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
        return [text for name in finding.evidence for text in self._reply_texts(self.case, finding, name)]

    def preview(self, finding: Finding) -> ReplyText:
        """As much of it as is good to look at, JSON with line breaks.

        Raises:
            CaseError: it is not kept: says why, and how to have it.
        """
        texts, remaining = self.texts(finding), CHARACTERS
        blocks: list[str] = []
        omitted_count = 0
        for text in texts:
            if remaining <= 0:
                break
            block, extra = indent_json(text, remaining)
            blocks.append(readable(block))
            remaining, omitted_count = remaining - len(block), omitted_count + extra
        parts = len(texts) - len(blocks)
        notes = [f"{omitted_count:,} more characters"] * bool(omitted_count) + [f"{plural(parts, 'more row')}"] * bool(
            parts
        )
        return ReplyText("\n".join(blocks), f"{' and '.join(notes)}: .raw has all of it" if notes else "")

    def _reply_texts(self, case: CaseReader, finding: Finding, name: str) -> list[str]:
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

    def _step(self, case: CaseReader, name: str) -> Step:
        """The step that brought a reply."""
        if name not in self._steps and self._read != len(case.history):
            self._steps, self._read = dict(_evidence_steps(case)), len(case.history)
        if name not in self._steps:
            raise CaseError(
                "this case does not have the raw reply: it was received outside of it", next_step="ask inside the case"
            )
        return self._steps[name]


def _rows(case: CaseReader, claim: Claim) -> Iterator[str]:
    for first in count(0, ROWS):
        rows = case.evidence(replace(claim, pointers=tuple(f"/rows/{first + offset}" for offset in range(ROWS))))
        yield from rows
        if len(rows) < ROWS:
            return


def _evidence_steps(case: CaseReader) -> Iterator[tuple[str, Step]]:
    for step in case.history:
        for single in pivot_events(step.event):
            yield from ((name, step) for name in single.finding.evidence)


def indent_json(text: str, limit: int) -> tuple[str, int]:
    """JSON with line breaks, other text as it is, up to so many characters.

    No character but white space is changed: numbers, escapes and doubled keys stay as they were received.

    >>> indent_json('{"a":[1.50,{}]}', 100)
    ('{\\n "a": [\\n  1.50,\\n  {}\\n ]\\n}', 0)

    Returns:
        The text, and how many characters of it are left out.
    """
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text[:limit], len(text[limit:])
    pieces: list[str] = []
    remaining, depth, previous = limit, 0, ""
    for match in _TOKEN.finditer(text):
        lexeme = match[0]
        depth -= lexeme in "}]"
        piece = f"{_white_space(previous, lexeme, depth)}{lexeme}"
        if len(piece) > remaining:
            kept_length = max(0, remaining - len(piece) + len(lexeme))
            pieces.append(piece[:remaining])
            return "".join(pieces), len(text) - match.start() - kept_length
        pieces.append(piece)
        remaining -= len(piece)
        depth += lexeme in "{["
        previous = lexeme
    return "".join(pieces), 0


def _white_space(previous: str, lexeme: str, depth: int) -> str:
    """The white space before a word of JSON."""
    if previous == ":":
        return " "
    opens, closes = previous in ("{", "["), lexeme in ("}", "]")
    return f"\n{' ' * min(depth, _DEEPEST)}" if (opens or closes or previous == ",") and not (opens and closes) else ""
