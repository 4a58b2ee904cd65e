"""How much raw evidence a case keeps. What is over the limit is not kept, and the step says so."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from clew.errors import CaseError
from clew.providers.base import Reply
from clew.providers.exchange import Answer, Exchange

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True, slots=True)
class EvidenceLimits:
    """Limits for the raw replies of a case.

    Attributes:
        max_reply: the largest reply that is kept, in bytes.
        max_case: how large the file may be, in bytes, for more to be kept.
    """

    max_reply: int
    max_case: int

    def apply(self, answer: Answer, size: int) -> Answer:
        """The answer as it is kept in a file of that size; what there is no room for is named, with its size."""
        refusals = {name: reason for name, reply in answer.replies.items() if (reason := self.refusal(reply, size))}
        if not refusals:
            return answer
        exchanges = tuple(_with_refusal(exchange, refusals) for exchange in answer.exchanges)
        replies = {name: reply for name, reply in answer.replies.items() if name not in refusals}
        return dataclasses.replace(answer, exchanges=exchanges, replies=replies)

    def refusal(self, reply: Reply, size: int) -> str:
        """Why a reply is not kept; empty if it is."""
        reply_size = len(reply.body)
        if reply_size > self.max_reply:
            limit = format_size(self.max_reply)
            return f"{format_size(reply_size)} are more than the {limit} that are kept of one reply (reply_limit)"
        if size + reply_size > self.max_case:
            limit = format_size(self.max_case)
            return f"with its {format_size(reply_size)} the case would be over its {limit} (case_limit)"
        return ""

    def require_space(self, reply: Reply, size: int) -> None:
        """Raises CaseError where there is no room for what cannot be left out."""
        if size + len(reply.body) > self.max_case:
            raise CaseError(
                f"there is no room for {format_size(len(reply.body))} more: {self.refusal(reply, size)}",
                next_step="set case_limit higher, or begin another case",
            )


def _with_refusal(exchange: Exchange, refusals: dict[str, str]) -> Exchange:
    return dataclasses.replace(exchange, unkept=refusals.get(exchange.evidence, ""))


def format_size(size: int) -> str:
    """A number of bytes for people.

    >>> format_size(900), format_size(16 * 2**20), format_size(1536)
    ('900 bytes', '16 MiB', '1.5 KiB')
    """
    number, unit = float(size), 0
    while number >= 1024 and unit < len(_UNITS) - 1:
        number, unit = number / 1024, unit + 1
    return f"{number:.4g} {_UNITS[unit]}"
