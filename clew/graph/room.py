"""How much raw evidence a case keeps. What is over the limit is not kept, and the step says so."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from clew.errors import CaseError
from clew.providers.base import Reply
from clew.providers.exchange import Answer, Exchange

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True, slots=True)
class Room:
    """Limits for the raw replies of a case.

    Attributes:
        reply: the largest reply that is kept, in bytes.
        case: how large the file may be, in bytes, for more to be kept.
    """

    reply: int
    case: int

    def kept(self, answer: Answer, size: int) -> Answer:
        """The answer as it is kept in a file of that size; what there is no room for is named, with its size."""
        refused = {name: why for name, reply in answer.replies.items() if (why := self.refusal(reply, size))}
        if not refused:
            return answer
        exchanges = tuple(_marked(exchange, refused) for exchange in answer.exchanges)
        replies = {name: reply for name, reply in answer.replies.items() if name not in refused}
        return dataclasses.replace(answer, exchanges=exchanges, replies=replies)

    def refusal(self, reply: Reply, size: int) -> str:
        """Why a reply is not kept; empty if it is."""
        much = len(reply.body)
        if much > self.reply:
            return f"{in_words(much)} are more than the {in_words(self.reply)} that are kept of one reply (reply_limit)"
        if size + much > self.case:
            return f"with its {in_words(much)} the case would be over its {in_words(self.case)} (case_limit)"
        return ""

    def demand(self, reply: Reply, size: int) -> None:
        """Raises CaseError where there is no room for what cannot be left out."""
        if size + len(reply.body) > self.case:
            raise CaseError(
                f"there is no room for {in_words(len(reply.body))} more: {self.refusal(reply, size)}",
                next_step="set case_limit higher, or begin another case",
            )


def _marked(exchange: Exchange, refused: dict[str, str]) -> Exchange:
    return dataclasses.replace(exchange, unkept=refused.get(exchange.evidence, ""))


def in_words(size: int) -> str:
    """A number of bytes for people.

    >>> in_words(900), in_words(16 * 2**20), in_words(1536)
    ('900 bytes', '16 MiB', '1.5 KiB')
    """
    number, unit = float(size), 0
    while number >= 1024 and unit < len(_UNITS) - 1:
        number, unit = number / 1024, unit + 1
    return f"{number:.4g} {_UNITS[unit]}"
