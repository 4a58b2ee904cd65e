"""From a path to log files: folders, files and zips, each within its bounds."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
import zstandard

from clew.errors import ConnectError
from clew.logs.engines import containers
from clew.logs.engines.containers import DAMAGE
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.engines.log_files import SkippedFile, content_digest, fingerprint, log_files
from tests.logs.events import ALL, STARTED, ndjson, rows
from tests.support import HOSTILE, hiding

NAMES = ("../../CANARY.ndjson", "/tmp/CANARY_abs.ndjson", "..\\..\\CANARY_win.ndjson", "C:\\CANARY.ndjson", "ok.ndjson")


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def read(path: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """The content of each log file, and why others were skipped, as text that is safe to print."""
    contents: dict[str, bytes] = {}
    skipped: dict[str, str] = {}
    for file in log_files(path):
        if isinstance(file, SkippedFile):
            skipped[file.name] = file.reason
            continue
        try:
            contents[file.name] = file.stream.read()
        except (*DAMAGE, OSError) as error:
            skipped[file.name] = str(error)
    return contents, skipped


def listed(path: Path) -> list[str]:
    return [*read(path)[0]]


def test_a_folder_is_its_log_files(tmp_path):
    """All log files below a folder, in the order of their names; other files are told, links not followed."""
    (tmp_path / "b").mkdir()
    for name in ("b/x.JSON", "a.ndjson", "e.jsonl", "no-ending"):
        (tmp_path / name).write_bytes(b'{"a": 1}')
    (tmp_path / "c.csv").write_bytes(b"a,b\n1,2\n")
    (tmp_path / "d.parquet").write_bytes(b"PAR1")
    (tmp_path / "notes.txt").write_bytes(b"to do")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "z.ndjson").symlink_to("/etc/passwd")
    (tmp_path / "zz").symlink_to("/etc")
    assert listed(tmp_path) == ["a.ndjson", "b/x.JSON", "c.csv", "d.parquet", "e.jsonl", "no-ending"]
    assert read(tmp_path)[1] == {"empty.csv": "the file is empty", "notes.txt": "no known format of logs"}


def test_nothing_there_says_what_to_give(tmp_path):
    """A path with nothing at it, and what is no file, are errors with the next step."""
    with pytest.raises(ConnectError, match="there are no logs") as refused:
        listed(tmp_path / "gone")
    assert refused.value.next_step == "give a folder, a file or an archive"
    with pytest.raises(ConnectError, match="this is no file"):
        listed(Path("/dev/null"))


def packed(kind: str, content: bytes) -> bytes:
    match kind:
        case "gz":
            return gzip.compress(content)
        case "bz2":
            return bz2.compress(content)
        case "xz":
            return lzma.compress(content)
        case "zst":
            half = len(content) // 2  # two frames, as tools write that append
            return b"".join(map(zstandard.ZstdCompressor().compress, (content[:half], content[half:])))
        case "tar" | "tar.gz":
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode="w:gz" if kind == "tar.gz" else "w") as archive:
                for name in ("a.ndjson", "../b.csv"):
                    info = tarfile.TarInfo(name)
                    info.size = len(content)
                    archive.addfile(info, io.BytesIO(content))
                link = tarfile.TarInfo("link.ndjson")
                link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
                archive.addfile(link)
            return out.getvalue()
        case _:
            raise AssertionError(kind)


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst", "tar", "tar.gz"])
def test_what_is_compressed_is_its_content(tmp_path, kind):
    """Whatever it is compressed with, and whatever its file is called, its content is read; links are no files."""
    content = ndjson(ALL) * 2000
    (tmp_path / f"x.{kind}").write_bytes(packed(kind, content))
    names = [f"x.{kind}/a.ndjson", f"x.{kind}/../b.csv"] if kind.startswith("tar") else [f"x.{kind}"]
    assert read(tmp_path / f"x.{kind}") == (dict.fromkeys(names, content), {})


def test_a_zip_is_its_members(tmp_path):
    """The log members of a zip are cited by their names; what is no log is told, and archives in it are opened."""
    inner = zipped(tmp_path / "inner.zip", {"c.csv.gz": gzip.compress(b"a,b\n1,2\n")}).read_bytes()
    path = zipped(tmp_path / "logs.zip", {"a.ndjson": b'{"a":1}', "readme.txt": b"3", "sub/inner.zip": inner})
    contents, skipped = read(path)
    assert contents == {"logs.zip/a.ndjson": b'{"a":1}', "logs.zip/sub/inner.zip/c.csv.gz": b"a,b\n1,2\n"}
    assert {name: reason.partition(":")[0] for name, reason in skipped.items()} == {
        "logs.zip/readme.txt": "no known format of logs"
    }


def test_archives_in_archives_have_an_end(tmp_path):
    """What is nested more than three deep is told, and not opened."""
    content = zipped(tmp_path / "0.zip", {"a.ndjson": b"{}"}).read_bytes()
    for _ in range(4):
        content = zipped(tmp_path / "n.zip", {"n.zip": content}).read_bytes()
    ((_, reason),) = read(tmp_path / "n.zip")[1].items()
    assert reason == "archives are nested more than 3 deep"


def test_the_name_of_a_member_is_never_a_path(tmp_path, monkeypatch):
    """Traversal, absolute and drive names are names of rows; nothing is written anywhere."""
    path = zipped(tmp_path / "slip.zip", dict.fromkeys(NAMES, b"{}"))
    assert len(listed(path)) == len(NAMES)
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == {path}
    assert not Path("/tmp/CANARY_abs.ndjson").exists()


def test_a_member_may_be_called_anything(tmp_path):
    """A hostile name is data: the rows of the member are read, and cite it."""
    names = [f"{value.replace(chr(0), '')}.ndjson" for value in HOSTILE if len(value) < 100 and "\ud800" not in value]
    archive = zipped(tmp_path / "x.zip", dict.fromkeys(names, ndjson([STARTED])))
    store = ENGINE.open(str(archive), tmp_path / "cache")
    assert {row["source"] for row in rows(store, "processes")} == {f"x.zip/{name}" for name in names}


@pytest.mark.parametrize("kind", ["zip", "gz", "bz2", "xz", "zst", "tar.gz"])
def test_a_bomb_is_given_up(tmp_path, monkeypatch, kind):
    """What unpacks to far more than its size allows is given up there, with the name of the member shown safely."""
    assert (containers.MAX_RATIO, containers.MIN_BUDGET) == (200, 64 * 2**20)
    monkeypatch.setattr(containers, "MIN_BUDGET", 2**20)
    content = b'{"a": 1}\n' + b" " * (4 * 2**20)
    if kind == "zip":
        zipped(tmp_path / "bomb.zip", {"a\x1b[31m\u202e.ndjson": content})
    else:
        (tmp_path / f"bomb.{kind}").write_bytes(packed(kind, content))
    monkeypatch.setattr(containers, "MAX_RATIO", 2)
    with pytest.raises(ConnectError, match="unpacks to far more than its size allows; unpack it yourself") as refused:
        ENGINE.open(str(next(tmp_path.glob("bomb.*"))), tmp_path / "cache")
    assert hiding(str(refused.value)) == set()


def test_the_bound_is_one_for_all_members(tmp_path, monkeypatch):
    """Members that are small enough each may be too large together."""
    monkeypatch.setattr(containers, "MIN_BUDGET", 2**20)
    monkeypatch.setattr(containers, "MAX_RATIO", 1)
    half = b"{}" + b" " * 700_000
    assert read(zipped(tmp_path / "one.zip", {"a.ndjson": half}))[1] == {}
    assert "far more" in str(read(zipped(tmp_path / "two.zip", {"a.ndjson": half, "b.ndjson": half}))[1])


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    """An archive with more members than there may be is told before one is read; as many as may be are read."""
    monkeypatch.setattr(containers, "MAX_MEMBERS", 10)
    names = [f"{number}.ndjson" for number in range(11)]
    assert len(listed(zipped(tmp_path / "ok.zip", dict.fromkeys(names[1:], b"{}")))) == 10
    many = read(zipped(tmp_path / "many.zip", dict.fromkeys(names, b"{}")))
    assert many == ({}, {"many.zip": "the archive has more than 10 members"})


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_zip_is_refused(tmp_path, method):
    """Cut off or overwritten anywhere, a zip of any method is read or refused, never another exception."""
    whole = zipped(tmp_path / "whole.zip", {"a.ndjson": ndjson(ALL) * 20}, method).read_bytes()
    path = tmp_path / "damaged.zip"
    outcomes = set()
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        for content in (whole[:place], whole[:place] + b"\xff" * 4 + whole[place + 4 :]):
            path.write_bytes(content)
            _, skipped = read(path)
            outcomes.update(reason.partition(":")[0] for reason in skipped.values())
    assert len(outcomes) > 1


def test_an_encrypted_zip_is_refused(tmp_path):
    """A member that needs a password is told."""
    content = bytearray(zipped(tmp_path / "a.zip", {"a.ndjson": b"{}"}, zipfile.ZIP_STORED).read_bytes())
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(header) + offset] |= 1
    (tmp_path / "locked.zip").write_bytes(content)
    assert "encrypted" in str(read(tmp_path / "locked.zip"))


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


def test_a_digest_is_not_fooled(tmp_path):
    """A file that was changed in its middle, with its time put back, has another digest than before."""
    path = tmp_path / "a.ndjson"
    content = bytearray(ndjson(ALL) * 3000)
    path.write_bytes(content)
    status, before = path.stat(), (fingerprint(path), content_digest(path))
    content[len(content) // 2 + 5000] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert fingerprint(path) == before[0]
    assert content_digest(path) != before[1]


def test_hostile_archives_are_read_or_told(shared_data):
    """Public hostile archives have nothing to read, or are damaged: each member is read or told with a reason."""
    archives = sorted(shared_data("../hostile-files").glob("*.zip"))
    assert len(archives) > 5
    outcomes = {path.name: read(path) for path in archives}
    assert all(contents or skipped for contents, skipped in outcomes.values())
