"""One question to Team Cymru about many addresses."""

from __future__ import annotations

from collections.abc import Sequence

from clew.errors import AskFailed
from clew.providers.base import Batch, Reply
from clew.providers.whois.cymru_origins import NO_ANSWER, SERVER, parse_row
from clew.providers.whois.whois_channel import WhoisQuestion
from clew.providers.whois.whois_text import lines_of

_BEFORE, _AFTER = ("begin", "verbose"), "end"


def build_question(*addresses: str) -> WhoisQuestion:
    """One question about all of the addresses."""
    return WhoisQuestion(SERVER, "\n".join((*_BEFORE, *addresses, _AFTER)), BATCH)


def _addresses_of(whois_question: WhoisQuestion) -> list[str]:
    """The addresses that it is about."""
    return whois_question.query.split("\n")[len(_BEFORE) : -1]


def join(questions: Sequence[WhoisQuestion]) -> WhoisQuestion:
    """One question that asks all of them."""
    return build_question(
        *dict.fromkeys(address for whois_question in questions for address in _addresses_of(whois_question))
    )


def split(reply: Reply, questions: Sequence[WhoisQuestion]) -> list[bytes | AskFailed]:
    """The lines of the one reply that answer each of the questions."""
    lines: dict[str, list[str]] = {}
    for line in lines_of(reply.body.decode("utf-8", "replace")):
        row = parse_row(line)
        if row is not None:
            lines.setdefault(row[1], []).append(line)
    answers = (
        [line for address in _addresses_of(whois_question) for line in lines.get(address, ())]
        for whois_question in questions
    )
    return [
        "\n".join((*answer_lines, "")).encode() if answer_lines else AskFailed(NO_ANSWER, kind="reply")
        for answer_lines in answers
    ]


BATCH = Batch(500, join, split)
