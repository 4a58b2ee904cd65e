"""A case that others hold, and a case without rights: what can be read is read, and the rest says why not."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clew.errors import CaseLocked
from clew.graph.case import Case
from clew.graph.format import database
from tests.graph.cases import bare_workspace, beside, notes, sha256
from tests.graph.children import BEGIN, HOLDER, line, python, start


def test_a_case_that_is_being_written_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process writes, reading works; writing waits its time and then says who is in the way."""
    monkeypatch.setattr(database, "BUSY_MS", 200)
    path = tmp_path / "x.clew"
    Case.open(path, workspace=bare_workspace(tmp_path)).close()
    holder = start(HOLDER, path, "BEGIN IMMEDIATE")
    assert line(holder) == "held"
    with Case.open(path, workspace=bare_workspace(tmp_path)) as case:
        assert len(list(case.history)) == 1
        began = time.perf_counter()
        with pytest.raises(CaseLocked, match="another process"):
            case.note("one")
        assert 0.15 < time.perf_counter() - began < 5
        holder.communicate("go\n")
        case.note("two")
    assert notes(path) == ["two"]


def test_a_case_that_is_held_wholly_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another process lets nobody in, opening says so, and works again when it is done."""
    monkeypatch.setattr(database, "BUSY_MS", 200)
    path = tmp_path / "x.clew"
    Case.open(path, workspace=bare_workspace(tmp_path)).close()
    holder = start(HOLDER, path, "BEGIN EXCLUSIVE")
    assert line(holder) == "held"
    with pytest.raises(CaseLocked, match="another process"):
        Case.open(path, workspace=bare_workspace(tmp_path))
    holder.communicate("go\n")
    assert notes(path) == []


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that any user of the machine can reach; those of pytest are closed to others."""
    with tempfile.TemporaryDirectory(prefix="clew-readonly-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


# Everything is loaded before the rights are given up: the interpreter's own files may be out of reach afterwards.
STRANGER = (
    BEGIN
    + """
    opened(sys.argv[1]).close() if sys.argv[2] == "warm" else None
    if os.geteuid() == 0:
        os.seteuid(65534)
    for attempt in (lambda: list(opened(sys.argv[3]).history), lambda: opened(sys.argv[3]).note("x")):
        try:
            attempt()
            print("done")
        except CaseError as error:
            print(type(error).__name__)
"""
)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="this system has no users of that kind")
@pytest.mark.parametrize(
    ("file", "folder", "said"),
    [
        (0o444, 0o755, ["done", "CaseReadOnly"]),
        (0o444, 0o777, ["done", "CaseReadOnly"]),
        (0o666, 0o555, ["done", "CaseReadOnly"]),
        (0o000, 0o777, ["CaseReadOnly", "CaseReadOnly"]),
        (0o666, 0o000, ["CaseReadOnly", "CaseReadOnly"]),
        (None, 0o555, ["CaseReadOnly", "CaseReadOnly"]),
    ],
)
def test_a_case_without_rights(
    shared_folder: Path, tmp_path: Path, file: int | None, folder: int, said: list[str]
) -> None:
    """Without the right to write, a case is read only; without the right to read it or to make it, that is said."""
    path = shared_folder / "x.clew"
    before = None
    if file is not None:
        Case.open(path, workspace=bare_workspace(tmp_path)).close()
        path.chmod(file)
        before = sha256(path)
    shared_folder.chmod(folder)
    assert python(STRANGER, tmp_path / "warm.clew", "warm", path) == said
    shared_folder.chmod(0o755)
    if before is None:
        assert not path.exists()
    else:
        path.chmod(0o644)
        assert sha256(path) == before
    assert beside(path) == []
