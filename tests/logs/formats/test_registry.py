"""A log file has the format that is surest of it, by its content before its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clew.logs.formats import registry
from clew.logs.formats.log_format import FileHead, LogEvent, LogFile, Match
from clew.logs.formats.registry import FormatTable, format_table, recognised_format


@dataclass(frozen=True, slots=True)
class Beginning:
    """Recognised by how a file begins, as sure as it says."""

    name: str
    begins: bytes
    match: Match
    title: str = "made up"

    def recognises(self, head: FileHead) -> Match:
        """By the first bytes."""
        return self.match if head.content.startswith(self.begins) else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """No events."""
        return iter(())


@pytest.fixture
def more_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three formats beside those of clew."""
    others = (
        Beginning("sure", b"%", Match.SIGNATURE),
        Beginning("likely", b"%%", Match.SHAPE),
        Beginning("own", b"{", Match.SIGNATURE),
    )
    table = FormatTable((*format_table().formats, *others), ())
    monkeypatch.setattr(registry, "format_table", lambda: table)


def recognised(name: str, content: bytes) -> str | None:
    """The name of the format of a file."""
    log_format = recognised_format(FileHead(name, content))
    return log_format.name if log_format else None


@pytest.mark.parametrize(
    ("name", "content", "format_name"),
    [
        ("a.ndjson", b'{"a": 1}', "json"),
        ("a", b'{"a": 1}', "json"),
        ("a.txt", b'\xef\xbb\xbf [\n {"a": 1}', "json"),
        ("a.csv", b"a", "csv"),
        ("a", b"time,host\n1,2\n", "csv"),
        ("a.log", b"time;host\n1;2\n", "csv"),
        ("x.parquet", b"PAR1", "parquet"),
        ("x", b"PAR1", "parquet"),
        ("x.parquet", b"something", "parquet"),
        ("x.json", b"<html>", "json"),
        ("a.txt", b"Dear all, here is the list,\nas we said, it is not long.", None),
        ("readme", b"one\ntwo", None),
        ("picture.png", b"\x89PNG\r\n", None),
        ("empty", b"", None),
    ],
)
def test_a_format_is_recognised_by_its_content(name: str, content: bytes, format_name: str | None) -> None:
    """Whatever a file is called, its content says what it is; a name counts where the content says nothing."""
    assert recognised(name, content) == format_name


@pytest.mark.parametrize(
    ("name", "content", "format_name"),
    [
        ("a.txt", b"%", "sure"),
        ("a.txt", b"%%", "sure"),
        ("a.csv", b"%", "sure"),
        ("a.json", b'{"a": 1}', "own"),
        ("a.json", b'["a"]', "json"),
    ],
)
@pytest.mark.usefixtures("more_formats")
def test_the_surest_format_has_the_file(name: str, content: bytes, format_name: str) -> None:
    """Among equals, a format of another package comes before those of clew."""
    assert recognised(name, content) == format_name


def test_no_two_formats_share_a_name() -> None:
    """Each format has a name of its own, and a title for people."""
    formats = format_table().formats
    assert len({item.name for item in formats}) == len(formats) >= 3
    assert all(item.title for item in formats)


@given(st.one_of(st.binary(max_size=200), st.text(alphabet="a,;\"'\n\r\t|=[]{} 0:", max_size=60).map(str.encode)))
@example(b'a,"b\nc,d')
def test_no_content_breaks_recognition(content: bytes) -> None:
    """Whatever a file begins with, each format says how sure it is, and one of them or none has it."""
    head = FileHead("a.log", content)
    assert all(item.recognises(head) in Match for item in format_table().formats)
    assert recognised_format(head) is None or recognised_format(head) in format_table().formats
