"""Nothing becomes one through a value that unrelated things share."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from clew import File, Host, Investigation
from clew.entities.shared_values import shared_values
from clew.graph.format.events import Common
from tests.graph.cases import bare_workspace, case_in_memory, keys

EMPTY = hashlib.md5(b"", usedforsecurity=False).hexdigest()
ONE, OTHER = "a" * 64, "b" * 64


@pytest.mark.parametrize("content", [b"", b"\n", b"\0"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_files_do_not_become_one_through_the_hash_of_nothing(content: bytes, order: tuple[int, ...]) -> None:
    """Two files for which somebody gives the hash of an empty one stay two, and the empty one is a third."""
    empty = hashlib.md5(content, usedforsecurity=False).hexdigest()
    case = case_in_memory()
    files = (File(sha256=ONE, md5=empty), File(md5=empty), File(sha1=OTHER[:40], md5=empty))
    case.add(*(files[number] for number in order))
    assert keys(case) == {f"file:sha256:{ONE}", f"file:md5:{empty}", f"file:sha1:{OTHER[:40]}"}
    assert case.tables.merges().empty
    told = [step.event for step in case.history if isinstance(step.event, Common)]
    assert [event.about for event in told] == [(File(md5=empty).key,)]
    assert told[0].why in shared_values().values()


def test_machines_do_not_become_one_as_localhost() -> None:
    """What two machines call themselves does not make them one."""
    case = case_in_memory()
    case.add(Host("localhost"), Host("localhost.corp.example"), Host("localhost.lab.example"))
    assert len(keys(case)) == 3
    case.add(Host("localhost.other.example"))
    assert case.tables.merges().empty


def test_a_person_says_what_is_common(tmp_path: Path) -> None:
    """A value that somebody marks makes nothing one until the mark is taken back; the graph still follows the steps."""
    md5 = "c" * 32
    path = tmp_path / "x.clew"
    with Investigation.open(path, workspace=bare_workspace(tmp_path)) as case:
        case.mark_common(File(md5=md5), reason="the installer stub that everything ships with")
        case.add(File(sha256=ONE, md5=md5), File(md5=md5))
        assert len(keys(case)) == 2
        case.unmark_common(File(md5=md5), reason="it is not")
        case.add(File(sha256=ONE, md5=md5))
        assert len(keys(case)) == 1
        assert "installer stub" in str(case.log())
        assert case.verify()
    assert Investigation.replay(path).identical


def test_nothing_becomes_one_through_a_warning_list(tmp_path: Path) -> None:
    """A value on a warning list of the settings is common, and the step names the list."""
    md5 = "c" * 32
    lists = tmp_path / "lists.json"
    lists.write_text(
        json.dumps({"name": "Known stubs", "type": "string", "list": [md5], "matching_attributes": ["md5"]})
    )
    case = case_in_memory(bare_workspace(tmp_path, warninglists=(lists,)))
    case.add(File(sha256=ONE, md5=md5), File(sha1="e" * 40, md5=md5), File(md5=md5))
    assert len(keys(case)) == 3
    told = [step.event.why for step in case.history if isinstance(step.event, Common)]
    assert told == ["on the warning list Known stubs"]


def test_a_merge_by_hand_counts_for_more() -> None:
    """Two nodes that a person makes one are one, whatever their names are."""
    case = case_in_memory()
    case.add(File(sha256=ONE, md5=EMPTY), File(md5=EMPTY))
    case.merge(File(sha256=ONE), File(md5=EMPTY), reason="the sample is empty indeed")
    assert keys(case) == {f"file:sha256:{ONE}"}
    assert case.verify()


def test_marks_are_made_once() -> None:
    """However often a value comes, one step says that it is common."""
    case = case_in_memory()
    for digest in (ONE, OTHER, "d" * 64):
        case.add(File(sha256=digest, md5=EMPTY))
    assert sum(isinstance(step.event, Common) for step in case.history) == 1


def test_ordinary_hashes_still_make_files_one() -> None:
    """A shared hash of something is what makes two mentions one file."""
    case = case_in_memory()
    case.add(File(sha256=ONE, md5="c" * 32), File(md5="c" * 32))
    assert len(keys(case)) == 1
