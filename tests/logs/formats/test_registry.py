"""A log file has a format by how its name ends, or by how it begins."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.logs.formats import registry
from clew.logs.formats.log_format import Documents, LogFile
from clew.logs.formats.registry import FormatTable, format_table, recognised_format


@dataclass(frozen=True, slots=True)
class Beginning:
    """Recognised by how a file begins, among those with one of the endings."""

    name: str
    begins: bytes
    endings: tuple[str, ...] = ()

    def recognises(self, head: bytes) -> bool:
        """By the first bytes."""
        return head.startswith(self.begins)

    def reader(self, file: LogFile) -> Documents:
        """No rows."""
        return Documents([])


@pytest.fixture
def more_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three formats beside those of clew."""
    others = (Beginning("any", b"%"), Beginning("one", b"1", (".log",)), Beginning("two", b"2", (".log", ".json")))
    table = FormatTable((*format_table().formats, *others), ())
    monkeypatch.setattr(registry, "format_table", lambda: table)


def recognised(name: str, head: bytes) -> str | None:
    """The name of the format of a file."""
    found = recognised_format(name, lambda: head)
    return found.name if found else None


@pytest.mark.parametrize(
    ("name", "format_name"),
    [("a.NDJSON", "ndjson"), ("a.jsonl", "ndjson"), ("a.json", "json"), ("a.b.csv", "csv"), ("x.parquet", "parquet")],
)
def test_an_ending_is_enough_for_the_usual_formats(name: str, format_name: str) -> None:
    """The formats of clew go by the ending, in any case; a file that is damaged from its beginning on is told later."""
    assert recognised(name, b"\xff\x00") == format_name


@given(st.text(max_size=20).filter(lambda name: not name.lower().endswith(registry.format_endings())))
def test_other_files_are_not_looked_into(name: str) -> None:
    """Where no format goes by the content alone, a file with another ending is not opened."""
    assert recognised_format(name, lambda: pytest.fail("it was opened")) is None


@pytest.mark.parametrize(
    ("name", "head", "format_name"),
    [
        ("a.log", b"1", "one"),
        ("a.log", b"2", "two"),
        ("a.log", b"%", "any"),
        ("a.log", b"3", None),
        ("a.txt", b"1", None),
        ("a.txt", b"%", "any"),
        ("a.json", b"2", "json"),
        ("a.csv", b"%", "csv"),
    ],
)
@pytest.mark.usefixtures("more_formats")
def test_formats_share_an_ending_by_the_content(name: str, head: bytes, format_name: str | None) -> None:
    """Formats with one ending are told apart by the content; an ending comes before the content alone."""
    assert recognised(name, head) == format_name


def test_no_two_formats_share_a_name() -> None:
    """Each format of clew has a name and endings of its own."""
    formats = format_table().formats
    assert len({item.name for item in formats}) == len(formats) == 4
    assert len(set(registry.format_endings())) == sum(len(item.endings) for item in formats)
