"""From a path to log files: folders, files and zips, each within its bounds."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from clew.errors import ConnectError
from clew.logs.engines import log_files as sources
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.engines.log_files import content_digest, log_files
from clew.logs.formats.registry import format_endings
from tests.logs.events import ALL, STARTED, ndjson, rows
from tests.support import HOSTILE, hiding

NAMES = ("../../CANARY.ndjson", "/tmp/CANARY_abs.ndjson", "..\\..\\CANARY_win.ndjson", "C:\\CANARY.ndjson", "ok.ndjson")


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def listed(path: Path) -> list[str]:
    with log_files(path) as found:
        assert all(file.path.is_file() for file in found)
        return [file.name for file in found]


def refusal(path: Path) -> str:
    """Why a path is no log source, as text that is safe to print."""
    with pytest.raises(ConnectError) as refused, log_files(path):
        pass
    assert hiding(str(refused.value)) == set()
    return str(refused.value)


def test_a_folder_is_its_log_files(tmp_path):
    """All log files below a folder, in the order of their names; other files are not touched, links not followed."""
    (tmp_path / "b").mkdir()
    for name in ("b/x.JSON", "a.ndjson", "c.csv", "d.parquet", "e.jsonl", "notes.txt", "f.evtx"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "z.ndjson").symlink_to("/etc/passwd")
    (tmp_path / "zz").symlink_to("/etc")
    assert listed(tmp_path) == ["a.ndjson", "b/x.JSON", "c.csv", "d.parquet", "e.jsonl"]


def test_a_file_is_one_log_file(tmp_path):
    """A file is itself; one that is no log says what clew reads."""
    (tmp_path / "a.ndjson").touch()
    (tmp_path / "a.evtx").touch()
    assert listed(tmp_path / "a.ndjson") == ["a.ndjson"]
    assert all(suffix in refusal(tmp_path / "a.evtx") for suffix in format_endings())
    assert "give a folder, a file or a zip" in refusal(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    assert "no log file" in refusal(tmp_path / "empty")


def test_a_zip_is_its_members(tmp_path):
    """The log members of a zip are cited by their names, and are gone when they have been read."""
    path = zipped(tmp_path / "logs.zip", {"a.ndjson": b"1", "sub/b.csv": b"2", "readme.txt": b"3"})
    with log_files(path) as found:
        assert [(file.name, file.path.read_bytes()) for file in found] == [
            ("logs.zip/a.ndjson", b"1"),
            ("logs.zip/sub/b.csv", b"2"),
        ]
        unpacked = [file.path for file in found]
    assert not any(path.exists() for path in unpacked)


def test_the_name_of_a_member_is_never_a_path(tmp_path, monkeypatch):
    """Traversal, absolute and drive names are written under names of our own; nothing is written anywhere else."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    path = zipped(tmp_path / "slip.zip", dict.fromkeys(NAMES, b"{}"))
    with log_files(path) as found:
        assert len(found) == len(NAMES)
        assert all(file.path.resolve().is_relative_to(scratch) for file in found)
        written = {file for file in tmp_path.rglob("*") if file.is_file()}
        assert written == {path, *(file.path for file in found)}
    assert not Path("/tmp/CANARY_abs.ndjson").exists()


def test_a_member_may_be_called_anything(tmp_path):
    """A hostile name is data: the rows of the member are read, and cite it."""
    names = [f"{value.replace(chr(0), '')}.ndjson" for value in HOSTILE if len(value) < 100 and "\ud800" not in value]
    archive = zipped(tmp_path / "x.zip", dict.fromkeys(names, ndjson([STARTED])))
    store = ENGINE.open(str(archive), tmp_path / "cache")
    assert {row["source"] for row in rows(store, "processes")} == {f"x.zip/{name}" for name in names}


def test_a_zip_bomb_is_refused(tmp_path, monkeypatch):
    """What unpacks to far more than its size allows is refused, with the name of the member shown safely."""
    assert sources.MAX_RATIO == 200
    monkeypatch.setattr(sources, "MAX_RATIO", 2)
    text = refusal(zipped(tmp_path / "bomb.zip", {"a\x1b[31m\u202e.ndjson": b" " * (2 * 2**20 + 1)}))
    assert "unpacks to far more" in text
    assert "unpack it yourself" in text


def test_the_bound_is_one_for_all_members(tmp_path, monkeypatch):
    """Members that are small enough each may be too large together."""
    monkeypatch.setattr(sources, "MAX_RATIO", 2)
    half = b" " * (2**20 + 1)
    assert listed(zipped(tmp_path / "one.zip", {"a.ndjson": half})) == ["one.zip/a.ndjson"]
    assert "far more" in refusal(zipped(tmp_path / "two.zip", {"a.ndjson": half, "b.ndjson": half}))


def test_too_many_members_are_refused(tmp_path):
    """More than a thousand members are refused before one is unpacked; a thousand are read."""
    names = [f"{number}.ndjson" for number in range(sources.MAX_MEMBERS + 1)]
    assert len(listed(zipped(tmp_path / "ok.zip", dict.fromkeys(names[1:], b"")))) == 1000
    assert "more than 1000 members" in refusal(zipped(tmp_path / "many.zip", dict.fromkeys(names, b"")))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_zip_is_refused(tmp_path, method):
    """Cut off or overwritten anywhere, a zip of any method is read or refused, never another exception."""
    whole = zipped(tmp_path / "whole.zip", {"a.ndjson": ndjson(ALL) * 20}, method).read_bytes()
    path = tmp_path / "damaged.zip"
    outcomes = set()
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        for content in (whole[:place], whole[:place] + b"\xff" * 4 + whole[place + 4 :]):
            path.write_bytes(content)
            try:
                with log_files(path) as found:
                    outcomes.add(len(found))
            except ConnectError as error:
                outcomes.add(error.message.partition(":")[0])
    assert {outcome for outcome in outcomes if isinstance(outcome, str)}


def test_an_encrypted_zip_is_refused(tmp_path):
    """A member that needs a password is told."""
    content = bytearray(zipped(tmp_path / "a.zip", {"a.ndjson": b"{}"}, zipfile.ZIP_STORED).read_bytes())
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(header) + offset] |= 1
    (tmp_path / "locked.zip").write_bytes(content)
    assert "encrypted" in refusal(tmp_path / "locked.zip")


def test_a_digest_is_that_of_the_content(tmp_path):
    """A file is its content, whatever it is called; a folder is its names and contents; anything else changes it."""
    (tmp_path / "a.ndjson").write_bytes(b"1")
    (tmp_path / "b.ndjson").write_bytes(b"1")
    assert content_digest(tmp_path / "a.ndjson") == content_digest(tmp_path / "b.ndjson")
    assert content_digest(tmp_path / "a.ndjson") == hashlib.sha256(b"1").hexdigest()
    seen = {content_digest(tmp_path)}
    (tmp_path / "b.ndjson").write_bytes(b"2")
    seen.add(content_digest(tmp_path))
    (tmp_path / "b.ndjson").rename(tmp_path / "c.ndjson")
    seen.add(content_digest(tmp_path))
    (tmp_path / "notes.txt").write_bytes(b"no log")
    seen.add(content_digest(tmp_path))
    assert len(seen) == 3
    with pytest.raises(ConnectError, match="there are no logs"):
        content_digest(tmp_path / "gone")


def test_hostile_archives_are_refused(shared_data):
    """Public hostile archives have nothing to read, or are damaged: each is refused with a reason."""
    archives = sorted(shared_data("../hostile-files").glob("*.zip"))
    assert len(archives) > 5
    why = {path.name: refusal(path) for path in archives}
    assert "more than 1000 members" in why["zip_2k_members.zip"]
    assert "cannot be unpacked" in why["zip_truncated.zip"]
