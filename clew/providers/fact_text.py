"""Values as the text of a fact, or of a cell in a row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from clew.entities.checked_text import stamp


def join_texts(texts: Iterable[str | None]) -> str | None:
    """Texts as one fact, each once, parted by commas; None for none."""
    return ", ".join(dict.fromkeys(text for text in texts if text)) or None


def iso_day(moment: datetime | None) -> str | None:
    """A time as a fact: the day, ISO 8601."""
    return None if moment is None else moment.date().isoformat()


def time_text(moment: datetime | None) -> str | None:
    """A time as a cell of a row, ISO 8601 in UTC."""
    return None if moment is None else stamp(moment)
