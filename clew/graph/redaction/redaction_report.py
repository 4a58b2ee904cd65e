"""What a redaction replaces, what it leaves out, and what it cannot tell from other text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clew.entities.display import visible

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Replacement:
    """One value that is inside, what stands for it, and how many times it was there."""

    kind: str
    value: str
    pseudonym: str
    times: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A raw reply that is not in the redacted case, because it is no text and so cannot be rewritten safely.

    Attributes:
        evidence: its content address in the original; `stand_in` is that of the text in its place.
        size: in bytes.
    """

    evidence: str
    stand_in: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Redaction:
    """What a redaction does, or would do.

    Attributes:
        replacements: every value, the most frequent first.
        left_out: raw replies that do not go along.
        plain: kinds and names that are inside, but too short or too common to be told from other text. They stay.
        unreadable_steps: steps whose answers cannot be read again from what is left; they are as they were recorded.
        steps, nodes, claims: how many there are, in the original and in the redacted case.
        path: of the redacted case; None where none was written.
    """

    replacements: tuple[Replacement, ...]
    left_out: tuple[LeftOut, ...]
    plain: tuple[tuple[str, str], ...]
    unreadable_steps: tuple[int, ...]
    steps: int
    nodes: int
    claims: int
    path: Path | None = None

    @property
    def counts(self) -> Mapping[str, int]:
        """How many times values of each kind are replaced."""
        totals: Counter[str] = Counter()
        for replacement in self.replacements:
            totals[replacement.kind] += replacement.times
        return dict(sorted(totals.items()))

    def to_frame(self) -> pd.DataFrame:
        """One row per value: kind, value, pseudonym, times. It holds what must not get out."""
        import pandas as pd

        rows = [
            (replacement.kind, replacement.value, replacement.pseudonym, replacement.times)
            for replacement in self.replacements
        ]
        return pd.DataFrame(rows, columns=["kind", "value", "pseudonym", "times"])

    def __str__(self) -> str:
        summary = ", ".join(f"{kind} {times:,}" for kind, times in self.counts.items()) or "nothing"
        lines = [
            f"{len(self.replacements):,} values replaced ({summary}); {self.steps:,} steps, {self.nodes:,} nodes and "
            f"{self.claims:,} claims stay"
        ]
        if self.plain:
            names = ", ".join(f"{visible(name, 40)} ({kind})" for kind, name in self.plain)
            lines.append(f"not replaced, too short or too common to be told from other text: {names}")
        if self.left_out:
            lines.append(f"left out, since they are no text: {len(self.left_out):,} of the raw replies")
        if self.unreadable_steps:
            lines.append(
                f"as recorded, since they cannot be read again: steps {', '.join(map(str, self.unreadable_steps))}"
            )
        return "\n".join(lines)
