"""Attacker-written text made safe to show: terminals, HTML, and what both do to characters that hide."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clew.entities.entity import Entity
    from clew.entities.finding import Finding

ROWS_SHOWN = 20
CELL_SHOWN = 160
# Cc controls, Cf invisible and bidirectional marks, Cs lone surrogates, Co private use, Zl and Zp line separators.
_HIDING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters that draw nothing, and so can hide in names although they are letters.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5\u180b\u180c\u180d")

# Variation selectors.
_VARIANT = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def is_hiding(char: str) -> bool:
    """True for a character that moves, hides or commands instead of being seen."""
    return char in _BLANK or unicodedata.category(char) in _HIDING or _VARIANT.match(char) is not None


def visible(value: object, limit: int = 0) -> str:
    r"""Text for a terminal or a log: everything that is not plainly visible is written as an escape.

    >>> visible("a\x1b[31mb\u202ec")
    'a\\x1b[31mb\\u202ec'
    """
    text = str(value)
    if not (text.isascii() and text.isprintable()):
        text = "".join(_escape(char) if is_hiding(char) else char for char in text)
    return f"{text[: limit - 1]}…" if limit and len(text) > limit else text


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def plural(number: int, noun: str) -> str:
    """A number with its noun.

    >>> plural(1, "node"), plural(1200, "node")
    ('1 node', '1,200 nodes')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def time_text(time: datetime | None) -> str:
    """A time as people read it, to the second; whoever shows it says once that it is UTC. Empty for none."""
    return f"{time:%Y-%m-%d %H:%M:%S}" if time else ""


def escape_html(value: object, limit: int = 0) -> str:
    """Text for HTML, in element content and in quoted attributes alike."""
    return html.escape(visible(value, limit), quote=True)


def entity_html(entity: Entity) -> str:
    """A small table of what is known of an entity."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape_html(name)}</th><td>{escape_html(value, CELL_SHOWN)}</td></tr>"
        for name, value in entity.filled_fields().items()
    )
    caption = f"{escape_html(type(entity).__name__)} <b>{escape_html(entity.label)}</b>"
    return f"<table><caption>{caption}</caption>{rows}</table>"


def finding_text(finding: Finding) -> str:
    """A finding in a few lines for a terminal."""
    lines = [headline(finding)]
    lines += [f"  {visible(fact.name)}: {visible(fact.value, CELL_SHOWN)}" for fact in finding.facts]
    lines += [f"  - {headline(part)}" for part in finding.parts]
    if finding.truncated_by:
        extent = f"{finding.returned} of {count_text(finding.available)} returned"
        lines.append(f"  cut by {visible(finding.truncated_by)}: {extent}")
    return "\n".join(lines)


def headline(finding: Finding) -> str:
    """Who said what about whom, in one line."""
    verdict = f", {finding.verdict} ({finding.severity})" if finding.verdict != "unknown" else ""
    rows = f", {finding.returned} returned" if finding.table is not None else ""
    reason = f": {visible(finding.reason, CELL_SHOWN)}" if finding.reason else ""
    subject = visible(finding.subject.label, CELL_SHOWN)
    return f"{finding.provider or finding.pivot} on {subject}: {finding.outcome}{verdict}{rows}{reason}"


def count_text(number: int | None) -> str:
    """A number that may be unknown."""
    return "unknown" if number is None else f"{number:,}"


def finding_html(finding: Finding) -> str:
    """A finding as an HTML fragment: the headline, then rows or facts. No scripts, no links that open by themselves."""
    head = f"<p>{escape_html(headline(finding))}</p>"
    if finding.table is not None:
        body = html_table(finding.table.columns, finding.table.rows[:ROWS_SHOWN])
        remaining = len(finding.table) - ROWS_SHOWN
        note = f"<p>{remaining:,} more rows: use .to_frame()</p>" if remaining > 0 else ""
    else:
        body = html_table(("fact", "value"), [(fact.name, fact.value) for fact in finding.facts])
        note = "".join(finding_html(part) for part in finding.parts)
    truncation = (
        f"<p>Cut by {escape_html(finding.truncated_by)}: {finding.returned:,} of {count_text(finding.available)}</p>"
        if finding.truncated_by
        else ""
    )
    return f"<div>{head}{body}{truncation}{note}</div>"


def html_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """An escaped HTML table; nothing for no rows."""
    if not rows:
        return ""
    head = "".join(f"<th>{escape_html(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    return f"<td>{'' if value is None else escape_html(value, CELL_SHOWN)}</td>"
