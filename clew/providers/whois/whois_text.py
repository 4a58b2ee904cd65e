"""What a WHOIS server said, as text and as statements: a label, a value, and the heading above them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_COMMENT = re.compile(r"\s*(?:%|#|;|--|>>>|\*\*\*|//)")
_BRACKET_FORM = re.compile(r"\s*(?:[a-z]\. *)?\[(?P<label>[^\]]{1,40})\]\s*(?P<value>.*)")
_LABEL_FORM = re.compile(r"\s*(?P<label>[^\s:][^:]{0,60}?)[\s.]*:(?!//)\s*(?P<value>.*)")
_TAB_FORM = re.compile(r"\s*(?P<label>\S[^:]{0,40}?)#?(?:\t+| {3,}|(?:\. ?){3,})(?P<value>\S.*)")
_SENTENCE_FORM = re.compile(
    r"\s*(?P<label>(?:domain |record )[a-z ]{0,20}(?:creat|updat|chang|expire|modifi)[a-z]*(?! date)(?: on)?)[:\s]+"
    r"(?=\D{0,12}\d)(?P<value>.*)",
    re.IGNORECASE,
)
_CLASS_PREFIX = re.compile(r"\s*(?:domain|network|contact):(?=[A-Z][\w-]{1,30}(?:;I)?:)")
#: What is read of one line, and how many of them: who writes more writes no record.
_MAX_LINE_LENGTH, _MAX_LINES = 1_000, 20_000
_JAPANESE_ESCAPE, _JAPANESE_ENCODINGS = b"\x1b$", ("shift_jis", "euc_jp")
#: How registries of a country write that do not write UTF-8.
_ENCODINGS = {"jp": _JAPANESE_ENCODINGS, "kr": ("euc_kr",), "tw": ("big5",), "cn": ("gb18030",), "ru": ("koi8_r",)}


@dataclass(frozen=True, slots=True)
class WhoisStatement:
    """One line that says something.

    Attributes:
        label: in small letters and without decoration; empty for a line that has none.
        heading: the label of the paragraph that it stands in.
        line: all of it.
    """

    label: str
    value: str
    heading: str = ""
    line: str = ""


def decode_reply(body: bytes, server: str) -> str:
    """The reply as text: the protocol names no encoding, so it is UTF-8 if it can be, else what the country writes.

    >>> decode_reply("größer".encode("latin-1"), "whois.denic.de")
    'größer'
    """
    if _JAPANESE_ESCAPE in body:
        return body.decode("iso2022_jp", "replace")
    for encoding in ("utf-8", *_ENCODINGS.get(server.rpartition(".")[2], ())):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    return body.decode("latin-1")


def lines_of(text: str) -> list[str]:
    """The lines of a reply, as far as they are read."""
    return [line[:_MAX_LINE_LENGTH] for line in text.splitlines()[:_MAX_LINES]]


def parse_statements(text: str, is_heading: Callable[[str], object]) -> list[WhoisStatement]:
    """The statements of a reply, in their order, without comments.

    Args:
        is_heading: whether a line with nothing but these words is the heading of what follows.
    """
    return [*_iterate_statements(text, is_heading)]


def _iterate_statements(text: str, is_heading: Callable[[str], object]) -> Iterator[WhoisStatement]:
    heading, label, is_new = "", "", False
    for line in lines_of(text):
        if not line.strip():
            # A heading may have a blank line below it.
            heading, label = (heading, label) if is_new else ("", "")
            continue
        if _COMMENT.match(line):
            continue
        pair = _split_line(line)
        if pair is None and is_heading(normalized_label(line)):
            pair = normalized_label(line), ""
        if pair is not None and not pair[1]:
            heading = label = pair[0]
            is_new = True
            continue
        is_new = False
        label, value = pair if pair is not None else (label, line.strip())
        yield WhoisStatement(label, value, heading, line.strip())


def _split_line(line: str) -> tuple[str, str] | None:
    line = _CLASS_PREFIX.sub("", line, count=1)
    for form in (_BRACKET_FORM, _SENTENCE_FORM, _LABEL_FORM, _TAB_FORM):
        match = form.match(line)
        if match is not None:
            return normalized_label(match["label"]), match["value"].strip()
    return None


def normalized_label(label: str) -> str:
    """A label as it is compared.

    >>> normalized_label("*Registrar Name.....")
    'registrar name'
    """
    return " ".join(re.sub(r"[^\w/()'-]+", " ", label.lower().replace("_", " ")).split())


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a reply, without comments."""
    lines = ("" if _COMMENT.match(line) else line.rstrip() for line in lines_of(text))
    return [paragraph for paragraph in re.split(r"\n{2,}", "\n".join(lines).strip()) if paragraph.strip()]
