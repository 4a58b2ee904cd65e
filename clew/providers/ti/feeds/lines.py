"""Lists of one value a line: with comments, counts, as hosts files, as networks with a name behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clew.errors import EntityError
from clew.providers.ti.feeds.model import MAX_TAGS, Entry, Refused, Row, Says, words
from clew.providers.ti.feeds.recognising import keys_of

# Addresses that a hosts file gives to a name so that nobody reaches it.
_NOWHERE = frozenset({"0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1"})  # noqa: S104 - nothing is bound
_NOBODY = frozenset({"broadcasthost", "localhost", "localhost.localdomain", "local"})
# A comment begins a line, or follows a space; lists are known that put it straight behind a name.
_COMMENT = re.compile(r"\s[#;].*|(?<=[A-Za-z0-9])#(?=\s).*|\s//\s.*", re.DOTALL)
# One word, and no comment behind it.
_PLAIN = re.compile(r"[^\s#;,]+")
_TOLD = re.compile(r"[#;/\s]*(aliases|references?)\s*:\s*(.+)", re.IGNORECASE)


def read_lines(lines: Iterator[str], given: Says) -> Iterator[Row]:
    """Every value of a list. A comment `Reference:` or `Aliases:` holds for what follows it."""
    says = given
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        if text[0] in "#;!" or text.startswith("//"):
            says = _told(text, says)
        elif _PLAIN.fullmatch(text):
            try:
                yield Entry(keys_of(text), str(number), text, says)
            except EntityError as error:
                yield Refused(str(number), error.what)
        else:
            yield from _of_line(text, str(number), says)


def _of_line(text: str, place: str, says: Says) -> Iterator[Row]:
    bare = _COMMENT.sub("", text) if "#" in text or ";" in text or " //" in text else text
    parts = bare.split()
    try:
        if len(parts) == 1:
            yield Entry(keys_of(parts[0].rstrip(",")), place, text, says)
        elif len(parts) > 1 and parts[0] in _NOWHERE:
            yield from _of_hosts(parts[1:], place, text, says)
        elif parts:
            yield _with_more(bare, parts, place, text, says)
    except EntityError as error:
        yield Refused(place, error.what)


def _of_hosts(names: list[str], place: str, text: str, says: Says) -> Iterator[Row]:
    """The names of a line of a hosts file. A hosts file means each name, and nothing below it."""
    for name in names:
        if name.lower() not in _NOBODY:
            yield Entry(keys_of(name, "hostname"), place, text, says)


def _with_more(bare: str, parts: list[str], place: str, text: str, says: Says) -> Entry:
    """A value with words or a count behind it, or a range."""
    if len(parts) == 2 and parts[1].isascii() and parts[1].isdigit() and len(parts[1]) < 7:
        return Entry(keys_of(parts[0]), place, text, says._replace(reports=int(parts[1])))
    try:
        return Entry(keys_of(bare), place, text, says)
    except EntityError:
        more = words(" ".join(parts[1:]).strip("-,;# \t"))
        return Entry(keys_of(parts[0].rstrip(",;")), place, text, says._replace(description=says.description or more))


def _told(text: str, says: Says) -> Says:
    found = _TOLD.match(text)
    if not found:
        return says
    told = found[2].strip()
    if found[1].lower().startswith("ref"):
        return says._replace(reference=told[:2_000]) if told.startswith("http") else says
    aliases = [words(alias) for alias in told.split(",")]
    return says._replace(tags=tuple(dict.fromkeys([*says.tags, *filter(None, aliases)]))[:MAX_TAGS])
