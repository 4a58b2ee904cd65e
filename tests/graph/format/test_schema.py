"""What is a case file and what is not: each kind of wrong file has its own error, and none is ever written."""

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clew.errors import CaseDamaged, CaseError, CaseForeign, CaseNewer, CaseNotFound
from clew.graph.case import Case
from clew.graph.format import schema
from tests.graph.cases import bare_workspace, beside, edit, sha256, tampering
from tests.graph.children import python

APPLICATION = slice(68, 72)
CLEW = b"clew"
# What each hostile file is; `adopted` once it has been given the mark of a case, so that the checks behind it are met.
AS_THEY_ARE = {
    "case_bitflip.db": CaseForeign,
    "case_foreign_app.db": CaseForeign,
    "case_garbage.db": CaseForeign,
    "case_generated_col.db": CaseForeign,
    "case_hot_journal.db-journal": CaseForeign,
    "case_is_json.db": CaseForeign,
    "case_newer_version.db": CaseForeign,
    "case_ok.db": CaseForeign,
    "case_pickle_blob.db": CaseForeign,
    "case_trigger.db": CaseForeign,
    "case_truncated.db": CaseForeign,
    "case_view_bomb.db": CaseForeign,
    "case_xss_note.db": CaseForeign,
    "case_zero_bytes.db": CaseDamaged,
}
ADOPTED = {
    "case_bitflip.db": CaseDamaged,
    "case_generated_col.db": CaseDamaged,
    "case_newer_version.db": CaseNewer,
    "case_ok.db": CaseDamaged,
    "case_pickle_blob.db": CaseDamaged,
    "case_trigger.db": CaseDamaged,
    "case_truncated.db": CaseDamaged,
    "case_view_bomb.db": CaseDamaged,
    "case_xss_note.db": CaseDamaged,
}


def refused(path: Path, kind: type[CaseError]) -> CaseError:
    """The error of opening it, which came at once and left everything as it was."""
    before, started = sha256(path), time.perf_counter()
    with pytest.raises(CaseError) as caught:
        Case.open(path, workspace=bare_workspace(path.parent))
    assert time.perf_counter() - started < 1
    assert type(caught.value) is kind
    assert sha256(path) == before
    assert beside(path) == []
    return caught.value


def test_all_hostile_files_are_tried(hostile_files: Path) -> None:
    """Every case file of the hostile collection stands in the table of this test."""
    manifest = json.loads((hostile_files / "manifest.json").read_text("utf-8"))
    assert {entry["id"] for entry in manifest if entry["group"] == "case"} == set(AS_THEY_ARE)


@pytest.mark.parametrize(("name", "kind"), AS_THEY_ARE.items())
def test_a_file_of_another_program_is_refused(
    hostile_files: Path, tmp_path: Path, name: str, kind: type[CaseError]
) -> None:
    """A file that clew did not write is told apart within a second and stays as it is, to the byte."""
    shutil.copyfile(hostile_files / name, tmp_path / "x.clew")
    assert str(tmp_path / "x.clew") in str(refused(tmp_path / "x.clew", kind))


@pytest.mark.parametrize(("name", "kind"), ADOPTED.items())
def test_the_mark_of_a_case_is_not_enough(
    hostile_files: Path, tmp_path: Path, name: str, kind: type[CaseError]
) -> None:
    """A file that claims to be a case is still refused for its version, its schema or its damage."""
    content = bytearray((hostile_files / name).read_bytes())
    content[APPLICATION] = CLEW
    (tmp_path / "x.clew").write_bytes(content)
    refused(tmp_path / "x.clew", kind)


HIDDEN = {
    "a view": "CREATE VIEW extra AS SELECT * FROM steps",
    "a view in the place of a table": "DROP TABLE remarks; CREATE VIEW remarks AS SELECT 1 AS step, '' AS about",
    "a trigger": "CREATE TRIGGER extra AFTER INSERT ON steps BEGIN DELETE FROM evidence; END",
    "a virtual table": "CREATE VIRTUAL TABLE extra USING fts5(body)",
    "a generated column": "ALTER TABLE remarks ADD COLUMN more TEXT AS (upper(text))",
    "another column": "ALTER TABLE remarks ADD COLUMN more TEXT",
    "another table": "CREATE TABLE extra (a)",
    "another index": "CREATE INDEX extra ON steps (kind)",
    "a missing index": "DROP INDEX claims_by_source",
    "a missing table": "DROP TABLE remarks",
    "an index over an expression": "DROP INDEX aliases_by_node; CREATE INDEX aliases_by_node ON aliases (lower(node))",
}


@pytest.mark.parametrize("script", HIDDEN.values(), ids=HIDDEN)
def test_only_the_schema_of_a_case_is_opened(sample: Path, tmp_path: Path, script: str) -> None:
    """Whatever is in the schema besides the tables of a case is found before anything of it runs."""
    path = tmp_path / "x.clew"
    shutil.copyfile(sample, path)
    with tampering(path) as connection:
        connection.execute(script)
    assert "do not trust" in refused(path, CaseDamaged).next_step


def test_a_newer_case_names_both_versions(sample: Path, tmp_path: Path) -> None:
    """A case of a later format is refused with its version, the one that is understood, and what to do."""
    path = tmp_path / "x.clew"
    shutil.copyfile(sample, path)
    edit(path, f"PRAGMA user_version = {schema.VERSION + 1}")
    text = str(refused(path, CaseNewer))
    assert f"format {schema.VERSION + 1}" in text
    assert "newer clew" in text


@pytest.mark.parametrize("size", [1, 15, 16, 99, 100, 4096])
def test_a_case_that_is_cut_off_is_damaged(sample: Path, tmp_path: Path, size: int) -> None:
    """A beginning of a case is never taken for a case, wherever it ends."""
    path = tmp_path / "x.clew"
    path.write_bytes(sample.read_bytes()[:size])
    refused(path, CaseForeign if size < 16 else CaseDamaged)


@pytest.mark.parametrize("text", [b"CREATE TABLE steps", b"tablesteps", b"indexaliases_by_node", b"steps (number"])
def test_a_schema_that_is_no_text_is_damaged(sample: Path, tmp_path: Path, text: bytes) -> None:
    """A schema that SQLite cannot read, and cannot even quote, is damage like any other."""
    content = sample.read_bytes()
    assert content.count(text) == 1
    path = tmp_path / "x.clew"
    path.write_bytes(content.replace(text, text[:-5] + b"\xff\xcc" + text[-3:]))
    refused(path, CaseDamaged)


@pytest.mark.parametrize("position", [18, 19])
def test_another_way_to_write_is_not_taken_over(sample: Path, tmp_path: Path, position: int) -> None:
    """A header that asks for a write-ahead log is refused: opening it would write the file and leave others beside."""
    content = bytearray(sample.read_bytes())
    content[position] = 2
    path = tmp_path / "x.clew"
    path.write_bytes(content)
    refused(path, CaseDamaged)


def test_a_folder_is_no_case(tmp_path: Path) -> None:
    """A folder is refused as such."""
    with pytest.raises(CaseForeign, match="folder"):
        Case.open(tmp_path, workspace=bare_workspace(tmp_path))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """A case is not made in a folder that is not there, and neither is the folder."""
    with pytest.raises(CaseNotFound, match="no such folder"):
        Case.open(tmp_path / "no" / "x.clew", workspace=bare_workspace(tmp_path))
    assert not (tmp_path / "no").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    """A named pipe in the place of a case is refused and not waited for."""
    os.mkfifo(tmp_path / "x.clew")
    code = """if True:
        import sys
        from pathlib import Path
        from clew.errors import CaseForeign
        from clew.graph.store import Store
        try:
            Store(Path(sys.argv[1]))
        except CaseForeign as error:
            print(type(error).__name__)
    """
    assert python(code, tmp_path / "x.clew", timeout=20) == ["CaseForeign"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_case_that_names_endless_logs_opens(tmp_path: Path) -> None:
    """A case from somewhere else may say that its logs are a device or a pipe: it opens, and they are not connected."""
    os.mkfifo(tmp_path / "pipe")
    code = """if True:
        import sys
        from datetime import UTC, datetime
        from pathlib import Path
        from clew.graph.case import Case
        from clew.graph.format.connection_event import Connected
        from clew.graph.format.events import Opened
        from clew.logs.engines.protocol import SourceDescription
        from clew.graph.store import Store
        from clew.pivots.workspace import Workspace
        from clew.settings import Settings
        path = Path(sys.argv[1])
        with Store(path) as store:
            store.append(Opened("x"), at=datetime.now(UTC), by="x")
            for number, name in enumerate(sys.argv[2:]):
                event = Connected(SourceDescription("files", "x", name, f"{number}" * 64, {"files": 1}))
                store.append(event, at=datetime.now(UTC), by="x")
        with Case.open(path, workspace=Workspace(Settings(cache=path.parent))) as case:
            print(len(case.history))
    """
    assert python(code, tmp_path / "x.clew", tmp_path / "pipe", "/dev/zero", "/dev/stdin", timeout=30) == ["4"]


def test_a_stray_journal_destroys_nothing(hostile_files: Path, sample: Path, tmp_path: Path) -> None:
    """A journal of nobody's beside a case is not played back into it."""
    path = tmp_path / "x.clew"
    shutil.copyfile(sample, path)
    shutil.copyfile(hostile_files / "case_hot_journal.db-journal", tmp_path / "x.clew-journal")
    before = sha256(path)
    with Case.open(path, workspace=bare_workspace(tmp_path)) as case:
        assert len(case.history) == len(list(case.history)) > 5
    assert (sha256(path), beside(path)) == (before, [])


def test_a_case_that_is_not_there_cannot_be_replayed(tmp_path: Path) -> None:
    """Replaying a path without a case says so and makes none."""
    with pytest.raises(CaseNotFound):
        Case.replay(tmp_path / "x.clew")
    assert list(tmp_path.iterdir()) == []


def test_bad_replies_make_no_case(tmp_path: Path) -> None:
    """Recorded replies that cannot be read are told before a case file is made."""
    (tmp_path / "replies.json").write_text("{")
    with pytest.raises(Exception, match="replies cannot be read"):
        Case.open(tmp_path / "x.clew", workspace=bare_workspace(tmp_path), replies=tmp_path / "replies.json")
    assert not (tmp_path / "x.clew").exists()


@pytest.mark.parametrize("given", [str, Path])
def test_a_case_is_opened_by_text_or_path(tmp_path: Path, given: Callable[[Path], str | Path]) -> None:
    """A path can be given either way; the title of a new case is the name of the file unless it is given."""
    path = tmp_path / "alert.clew"
    with Case.open(given(path), workspace=bare_workspace(tmp_path)) as case:
        assert (case.path, case.title) == (path, "alert")
