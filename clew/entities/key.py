"""Canonical identity: what a graph node is keyed by, and nothing else."""

from __future__ import annotations

from typing import NamedTuple

from clew.errors import EntityError


class Key(NamedTuple):
    """A kind, a canonical value and, for what exists only on one machine, that machine.

    >>> str(Key("ip", "198.51.100.7"))
    'ip:198.51.100.7'
    >>> str(Key("process", "b34bc01c-7fae-5f63-1000-000000000400", "ws01.corp.example"))
    'process@ws01.corp.example:b34bc01c-7fae-5f63-1000-000000000400'
    >>> Key.parse("process@ws01.corp.example:12@2026-01-01T00:00:00.000000Z").scope
    'ws01.corp.example'
    """

    kind: str
    value: str
    scope: str = ""

    def __str__(self) -> str:
        return f"{self.kind}@{self.scope}:{self.value}" if self.scope else f"{self.kind}:{self.value}"

    @property
    def host(self) -> Key | None:
        """The key of the machine that this key is scoped to."""
        return Key("host", self.scope) if self.scope else None

    @classmethod
    def parse(cls, text: str) -> Key:
        """Read the text form back. Neither kinds nor host names hold a colon, so the first one parts them.

        Raises:
            EntityError: there is no kind, or no value.
        """
        head, colon, value = text.partition(":")
        kind, _, scope = head.partition("@")
        if not (colon and kind and value):
            raise EntityError(f"{text!r} is not a key", next_step="write kind:value, as in ip:198.51.100.7")
        return cls(kind, value, scope)
