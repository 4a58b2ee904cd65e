"""What happened is written down so that it reads the same again; what would not is not written at all."""

import dataclasses
import json
from datetime import datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Account, Entity, Fact, File, Finding, Host, IpAddress, Outcome, Table, dump
from clew.errors import CaseError, EntityError
from clew.graph.case import Case
from clew.graph.format.events import Event, Noted, Opened, Pivoted, event_adapter, event_json, step_hash
from clew.graph.format.serialization import pack_finding, unpack_finding
from clew.pivots.invocation import Invocation
from clew.pivots.lookup_verdict import combine_findings
from tests.graph.cases import FULL, NOON, case_in_memory, link, tell, told
from tests.graph.strategies import EVENTS, combined, entities, findings


def as_written(value: Any) -> Any:
    """Every field of it: entities compare by identity alone, and would hide a field that was lost."""
    if isinstance(value, Entity):
        return dump(value)
    if dataclasses.is_dataclass(value):
        return {field.name: as_written(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [as_written(item) for item in value]
    return value


def test_every_event_is_tried() -> None:
    """The table of random events has every kind there is."""
    kinds = {
        get_args(cls.__annotations__["kind"]) or cls.__dataclass_fields__["kind"].default for cls in get_args(Event)
    }
    assert kinds == set(EVENTS)


@pytest.mark.parametrize("kind", EVENTS)
def test_events_read_as_they_were_written(kind: str) -> None:
    """An event that is written and read is the same, in every field, and is written the same again."""

    @given(EVENTS[kind])
    def check(event: Event) -> None:
        text = event_json(event)
        again = event_adapter().validate_json(text)
        assert as_written(again) == as_written(event)
        assert type(again) is type(event)
        assert event_json(again) == text
        assert text.isascii()

    check()


@given(findings(entities) | combined(entities))
def test_findings_read_as_they_were_packed(finding: Finding) -> None:
    """A finding that is packed, written as JSON and unpacked has every link, part, fact and time that it had."""
    packed = json.loads(json.dumps(pack_finding(finding)))
    assert as_written(unpack_finding(packed)) == as_written(finding)


def test_a_table_is_not_kept() -> None:
    """Rows are not written twice: a finding comes back without its table, and is the same otherwise."""
    finding = told(Host(FULL), link(Host(FULL), IpAddress("198.51.100.7"), at=NOON), table=Table(("a",), ((1,),)))
    again = unpack_finding(pack_finding(finding))
    assert again.table is None
    assert as_written(again) == as_written(dataclasses.replace(finding, table=None))


def test_tables_of_parts_are_not_kept() -> None:
    """The same holds for the parts of a finding that several sources gave."""
    parts = tuple(told(Host(FULL), table=Table(("a",), ((1,),)), provider=name) for name in ("a", "b"))
    again = unpack_finding(pack_finding(combine_findings(Host(FULL), "ti.lookup", parts)))
    assert [part.table for part in again.parts] == [None, None]
    assert [part.provider for part in again.parts] == ["a", "b"]


def test_entities_are_packed_once() -> None:
    """An answer with a hundred links of one host names that host once, unless a mention knows more."""
    host = Host(FULL)
    links = [link(host, IpAddress(f"198.51.100.{number}")) for number in range(100)]
    packed = pack_finding(told(host, *links, link(Host(FULL, os="Windows"), IpAddress("198.51.100.1"))))
    names = [entity for entity in packed["entities"] if entity["kind"] == "host"]
    assert [entity.get("os") for entity in names] == [None, "Windows"]
    assert len(packed["entities"]) == 102


@given(st.integers(-14 * 60, 14 * 60))
def test_times_are_kept_in_utc(minutes: int) -> None:
    """A time of any zone is kept as the same moment, written in UTC."""
    moment = datetime(2026, 3, 17, 12, tzinfo=timezone(timedelta(minutes=minutes)))
    case = case_in_memory()
    tell(case, Host(FULL), link(Host(FULL), IpAddress("198.51.100.7"), at=moment))
    (claim,) = case.claim_list()
    assert claim.observed_first == moment
    assert claim.observed_first.utcoffset() == timedelta(0)


@pytest.mark.parametrize("position", range(6))
def test_everything_that_a_step_says_is_in_its_hash(position: int) -> None:
    """No part of a step can change without its hash: not its place, its time, its author, its tool or its content."""
    content = ["0" * 64, 1, "2026-03-17T12:00:00.000000Z", "alice", "clew", event_json(Opened("x"))]
    changed = [*content]
    changed[position] = 2 if position == 1 else f"{content[position]}1"
    assert step_hash(*content) != step_hash(*changed)  # type: ignore[arg-type]


def test_parts_of_a_step_cannot_run_into_each_other() -> None:
    """Moving text from one part of a step into the next changes the hash."""
    assert step_hash("0" * 64, 1, "ab", "c", "d", "{}") != step_hash("0" * 64, 1, "a", "bc", "d", "{}")
    assert step_hash("0" * 64, 1, "a", "b", "cd", "{}") != step_hash("0" * 64, 1, "a", "b", "c", "d{}")


# --- what cannot be kept ---------------------------------------------------------------------------------------------

LONE = "\ud800"


def keep_finding(case: Case, **fields: Any) -> None:
    tell(case, IpAddress("198.51.100.7"), **fields)


UNKEEPABLE = {
    "a note": lambda case: case.note(f"a{LONE}"),
    "a tag": lambda case: case.tag(Host(FULL), LONE),
    "a path": lambda case: case.add(File(path=f"C:\\{LONE}.exe", host=FULL)),
    "a reason": lambda case: keep_finding(case, reason=LONE),
    "a fact": lambda case: keep_finding(case, facts=(Fact("name", LONE),)),
    "the name of a fact": lambda case: keep_finding(case, facts=(Fact(LONE, 1),)),
    "an argument": lambda case: case._recorder.record(
        Pivoted(Invocation("x", Host(FULL), {"a": LONE}), Finding(Host(FULL), asked_at=NOON), ())
    ),
}


@pytest.mark.parametrize("act", UNKEEPABLE.values(), ids=UNKEEPABLE)
def test_what_cannot_be_read_again_is_not_written(act: Any) -> None:
    """Text that is no text gives a typed error at once, and does not spoil the case."""
    case = case_in_memory()
    case.add(Host(FULL))
    with pytest.raises((CaseError, EntityError)):
        act(case)
    case.note("afterwards")
    assert [step.event.kind for step in case.history] == ["added", "noted"]
    digest = case.tables.digest()
    case._store.rebuild()
    assert case.tables.digest() == digest


@pytest.mark.parametrize(
    "text", ["", "\0", "a\0b", "\U0001f600", "<script>", "\u202e", "'; DROP TABLE steps; --", "\n" * 9]
)
def test_any_text_can_be_noted(text: str) -> None:
    """A note comes back as it was written, whatever characters it holds."""
    case = case_in_memory()
    case.note(text)
    assert [step.event for step in case.history] == [Noted(text)]
    assert case.tables.remarks()["text"].to_list() == [text]


def test_a_local_account_of_a_machine_known_by_its_short_name() -> None:
    """An account of a machine, with SID and name and the machine's short name, can be kept and read."""
    case = case_in_memory()
    case.add(Account("S-1-5-21-1-2-3-1001", name="WS01\\alice", host="WS01"))
    assert [step.event.kind for step in case.history] == ["added"]


def test_outcomes_other_than_found_are_kept_whole() -> None:
    """An answer that was no answer is kept with its reason."""
    for outcome in Outcome:
        finding = told(Host(FULL), outcome=outcome, reason=f"because {outcome}")
        assert unpack_finding(pack_finding(finding)) == finding
