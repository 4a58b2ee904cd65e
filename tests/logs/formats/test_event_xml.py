"""Windows events as XML text are read one by one, and what is broken costs itself."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.logs.formats.event_xml import FORMAT, read_event
from clew.logs.formats.log_format import FileHead, LogEvent, LogFile, Match
from tests.logs.events import counts, opened, rows
from tests.support import FEWER

EVENT = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
    "<Provider Name='Microsoft-Windows-Sysmon' Guid='{5770385f-c22a-43e0-bf4c-06f5698ffbd9}'/><EventID>1</EventID>"
    "<TimeCreated SystemTime='2026-03-17T09:15:00.1234567Z'/>"
    "<Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>ws01.corp.example</Computer>"
    "<Security UserID='S-1-5-18'/></System><EventData>"
    "<Data Name='UtcTime'>2026-03-17 09:15:00.123</Data>"
    "<Data Name='ProcessGuid'>{b34bc01c-7fae-5f63-1000-000000000400}</Data><Data Name='ProcessId'>6700</Data>"
    "<Data Name='Image'>C:\\Windows\\cmd.exe</Data><Data Name='CommandLine'>cmd /c \"a &amp;&amp; b\" &gt; c</Data>"
    "</EventData></Event>"
)


def events(content: bytes) -> list[LogEvent]:
    stream = cast("Any", io.BufferedReader(cast("Any", io.BytesIO(content))))
    return [*FORMAT.events(LogFile("x.xml", FORMAT, stream))]


@pytest.mark.parametrize(
    "content",
    [
        f"{EVENT}{EVENT}".encode(),
        f"{EVENT}\n\n{EVENT}\r\n".encode(),
        f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n<Events>{EVENT}{EVENT}</Events>'.encode(),
        f"<Events>\n{EVENT}\n{EVENT}\n</Events>".replace("><", ">\n<").encode(),
        f"<Events>{EVENT}{EVENT}</Events>".encode("utf-16"),
    ],
    ids=["one-line", "line-each", "root", "indented", "utf-16"],
)
def test_every_way_of_writing_events_down(tmp_path: Path, content: bytes) -> None:
    """With a root or without, on one line or many, in either encoding, the same processes come out."""
    source = opened(tmp_path, content, name="export.xml")
    assert counts(source) == (1, 2, 0)
    found = rows(source, "processes")
    assert [row["process_command_line"] for row in found] == ['cmd /c "a && b" > c'] * 2
    assert {row["process_pid"] for row in found} == {6700}
    assert {row["time"].isoformat() for row in found} == {"2026-03-17T09:15:00.123000"}
    source.close()


def test_the_fields_are_those_of_evtx() -> None:
    """The same event has the same names as XML and as EVTX; `Data` without names are a list, UserData stays nested."""
    event = cast("Any", read_event(EVENT.encode()))["Event"]
    assert event["System"]["TimeCreated"] == {"#attributes": {"SystemTime": "2026-03-17T09:15:00.1234567Z"}}
    assert event["EventData"]["ProcessId"] == "6700"
    assert read_event(b"<Event><EventData><Data>a</Data><Data>b</Data></EventData></Event>") == {
        "Event": {"EventData": {"Data": ["a", "b"]}}
    }
    assert read_event(
        b"<Event><UserData><x:Cleared xmlns:x='y'><Channel>System</Channel></x:Cleared></UserData></Event>"
    ) == {"Event": {"UserData": {"Cleared": {"Channel": "System"}}}}


HOSTILE = [
    b'<!DOCTYPE x [<!ENTITY a "b">]><Event>&a;</Event>',
    b'<Event><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>&a;</Event>',
    b"<Event>&undefined;</Event>",
    b"<Event>" + b"<a>" * 100_000 + b"</Event>",
    b"<Event><a></Event>",
    b"<Event>\x00\xff</Event>",
    b"<Event/>",
    b"",
]


@pytest.mark.parametrize("content", HOSTILE)
def test_no_document_type_and_no_entity(content: bytes) -> None:
    """A document type is never read, nothing is expanded, and what is no XML is no event."""
    assert read_event(content) is None


def test_a_broken_event_costs_itself() -> None:
    """Of three events, one with an open element and one that is cut off are damaged, and the third is read."""
    cut = EVENT[: EVENT.index("</EventData>")]
    found = events(f"{EVENT.replace('</System>', '')}\n{cut}\n{EVENT}\n{cut}".encode())
    assert [event.fields is not None for event in found] == [False, False, True, False]
    assert found[2].raw.decode() == EVENT


def test_it_is_recognised_by_its_first_element() -> None:
    """Other XML is of no such format, whatever it is called."""
    assert FORMAT.recognises(FileHead("a.txt", f"\ufeff{EVENT}".encode())) is Match.SIGNATURE
    for other in (b"<Events><Eventually/></Events>", b"<rss/>", b"<Task><Event/></Task>", b""):
        assert FORMAT.recognises(FileHead("a.xml", other)) is Match.NONE


@FEWER
@given(
    st.lists(st.sampled_from(["<Event>", "</Event>", "<a>", "</a>", "x", "\n", "&lt;", "<Event", "<!DOCTYPE a>", "\0"]))
)
def test_whatever_stands_there_is_read_or_damaged(words: list[str]) -> None:
    """For any mixture of tags no other exception comes, and each `<Event>` that begins is an event or damaged."""
    content = "".join(words).encode()
    found = events(content)
    assert all(event.raw in content for event in found)
    assert len(found) <= content.count(b"<Event")


@FEWER
@given(
    st.dictionaries(
        st.text("abcXYZ", min_size=1), st.text(st.characters(min_codepoint=32, blacklist_categories=["Cs", "Cn"]))
    )
)
def test_what_is_written_is_read_again(data: dict[str, str]) -> None:
    """Any texts under any names come back as they were."""
    from xml.sax.saxutils import escape

    body = "".join(f'<Data Name="{name}">{escape(text)}</Data>' for name, text in data.items())
    event = cast("Any", read_event(f"<Event><EventData>{body}</EventData></Event>".encode()))["Event"]
    content = event["EventData"] if data else {}
    assert json.dumps(content, sort_keys=True) == json.dumps(data, sort_keys=True)
