"""What the results browser shows of one subject and of one source, as HTML in which nothing runs or loads by itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from clew.entities import Entity, Finding, Link
from clew.entities.display import (
    CELL_SHOWN,
    ROWS_SHOWN,
    count_text,
    escape_html,
    html_table,
    plural,
    time_text,
    visible,
)
from clew.entities.finding import Scalar
from clew.views.notebook.pivot_browser_model import entity_code
from clew.views.notebook.result_browser_model import (
    SOURCE_SHOWN,
    Result,
    is_answer,
    severity_of,
    sign_of,
    source_of,
    verdict_of,
)

#: How many of each are shown; how many are left out is said.
FACTS, LINKS, ENTITIES, COLUMNS, SOURCES = 100, 50, 50, 30, 20
VALUE_SHOWN = 1_200
_CODE_SHOWN = 2_000
# RFC 3986, without the user name that makes one host look like another, and without what could end an attribute.
_HTTPS = re.compile(
    r"https://[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?(?:[/?#][\w.~:/?#\[\]@!$&()*+,;=%-]*)?", re.ASCII
)


def summary_html(result: Result) -> str:
    """The verdict, who did not answer, and the reason of each source."""
    rows = [
        (
            f"{sign_of(part)} {source_of(part)}",
            part.pivot,
            part.outcome,
            *_verdict_texts(part),
            part.reason,
            time_text(part.asked_at),
        )
        for part in result.parts
    ]
    head = f"<p><b>{escape_html(result.headline)}</b>: {escape_html(result.name)}</p>"
    silent = (
        ""
        if not result.silence
        else _paragraph(f"not everybody answered: {result.silence}; silence is never innocence")
    )
    table = html_table(("source", "pivot", "outcome", "verdict", "severity", "reason", "asked (UTC)"), rows[:SOURCES])
    return f"{head}{silent}{table}{_more_note(len(rows) - SOURCES, 'source', 'in .selection.parts')}"


def source_html(part: Finding) -> str:
    """What one source said: outcome, reason, reference, facts or rows, and links."""
    verdict, severity = _verdict_texts(part)
    verdict_note = f", {verdict} ({severity})" if verdict else ""
    asked_note = f", asked {time_text(part.asked_at)} UTC" if part.asked_at else ""
    pivot = f" ({visible(part.pivot, CELL_SHOWN)})" if part.pivot else ""
    summary = f"{pivot}{asked_note}: {part.outcome}{verdict_note}"
    head = f"<p><b>{escape_html(source_of(part))}</b>{escape_html(summary)}</p>"
    first, last = time_text(part.observed_first), time_text(part.observed_last)
    seen_note = f"seen from {first or 'an unknown time'} to {last or 'an unknown time'} UTC" if first or last else ""
    notes = [part.reason, _extent(part), seen_note]
    paragraphs = "".join(_paragraph(clipped_text(note)) for note in notes if note)
    return f"{head}{paragraphs}{reference_html(part.reference)}{_facts(part)}{_rows(part)}{_links(part.links)}"


def reference_html(text: str) -> str:
    """Where a person can read more: a link if it is plainly https, else only text. All of it is shown."""
    if not text:
        return ""
    html = escape_html(text, VALUE_SHOWN)
    if len(text) <= VALUE_SHOWN and _HTTPS.fullmatch(text):
        return f'<p>more: <a href="{html}" target="_blank" rel="noopener noreferrer">{html}</a></p>'
    return f"<p>more: {html}</p>"


def entities_code(entities: Sequence[Entity]) -> str:
    """Entities as a list in Python, ready for the next pivot; empty for none."""
    lines = [line for line in map(entity_code, entities[:ENTITIES]) if len(line) <= _CODE_SHOWN]
    extra_count = len(entities) - len(lines)
    left_out = [f"    # and {extra_count:,} more, or too long: .finding.entities"] * bool(extra_count)
    return "\n".join(["[", *(f"    {line}," for line in lines), *left_out, "]"]) if entities else ""


def tab_titles(result: Result) -> list[str]:
    """The tabs: the summary, then each source with its sign; what it was asked, where it was asked twice."""
    titles = ["summary"]
    source_counts = Counter(map(source_of, result.parts))
    name_counts: Counter[str] = Counter()
    for part in result.parts[:SOURCES]:
        source, verb = source_of(part), visible(part.pivot.rpartition(".")[2], SOURCE_SHOWN)
        name = source if source_counts[source] == 1 else verb if verb != source else visible(part.pivot, SOURCE_SHOWN)
        name_counts[name] += 1
        titles.append(f"{sign_of(part)} {name}{f' ({name_counts[name]})' if name_counts[name] > 1 else ''}")
    return titles


def clipped_text(text: object) -> str:
    """A long text up to a bound, and how much longer it is."""
    full_text = str(text)
    note = f" (cut: {VALUE_SHOWN:,} of {len(full_text):,} characters)" if len(full_text) > VALUE_SHOWN else ""
    return f"{visible(full_text[:VALUE_SHOWN])}{note}"


def _paragraph(text: str) -> str:
    return f"<p>{escape_html(text)}</p>"


def _verdict_texts(part: Finding) -> tuple[str, str]:
    """Verdict and severity, where a source that answered has one."""
    verdict = verdict_of(part)
    return (verdict.value, severity_of(part).value) if verdict != "unknown" else ("", "")


def _extent(part: Finding) -> str:
    if part.truncated_by:
        return f"{part.returned:,} of {count_text(part.available)} returned, cut by {part.truncated_by}"
    return f"{part.returned:,} returned" if part.returned and is_answer(part) else ""


def _facts(part: Finding) -> str:
    pairs = [(fact.name, fact.value) for fact in part.facts[:FACTS]]
    return _table(("fact", "value"), pairs) + _more_note(len(part.facts) - FACTS, "fact", "in .finding.facts")


def _rows(part: Finding) -> str:
    if part.table is None:
        return ""
    columns, rows = part.table.columns, part.table.rows
    table = _table(columns[:COLUMNS], [row[:COLUMNS] for row in rows[:ROWS_SHOWN]])
    left_out = _more_note(len(columns) - COLUMNS, "column", "in .finding.to_frame()")
    return f"{table}{_more_note(len(rows) - ROWS_SHOWN, 'row', 'in .finding.to_frame()')}{left_out}"


def _links(links: Sequence[Link]) -> str:
    rows = [
        (
            _entity_text(link.source),
            link.relation.value.replace("-", " "),
            _entity_text(link.target),
            time_text(link.observed_first),
            time_text(link.observed_last),
        )
        for link in links[:LINKS]
    ]
    table = _table(("source", "relation", "target", "first (UTC)", "last (UTC)"), rows)
    return table + _more_note(len(links) - LINKS, "link", "in .finding.links")


def _entity_text(entity: Entity) -> str:
    return f"{type(entity).__name__} {entity.label}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[Scalar]]) -> str:
    """A table whose cells have room for a long text."""
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    head = "".join(f"<th>{escape_html(name, CELL_SHOWN)}</th>" for name in columns)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if body else ""


def _cell(value: Scalar) -> str:
    return f"<td>{'' if value is None else escape_html(clipped_text(value))}</td>"


def _more_note(number: int, noun: str, location: str) -> str:
    return _paragraph(f"{plural(number, f'more {noun}')} {location}") if number > 0 else ""
