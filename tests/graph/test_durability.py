"""What was acknowledged is there: after kills, beside other processes, on full disks, and in one file when closed."""

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clew.entities import IpAddress
from clew.errors import CaseError, CaseReadOnly
from clew.graph.case import Case
from tests.graph.cases import bare_workspace, beside, notes, steps_of
from tests.graph.children import BEGIN, go, line, python, start

WRITER = (
    BEGIN
    + """
    case = opened(sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(sys.argv[3])):
        case.note(f"{sys.argv[2]} {number}")
    case.close()
"""
)
# Loads clew once, then makes a child for every line; each writes numbers down for ever and says which are safe.
NURSERY = (
    BEGIN
    + """
    case = opened(sys.argv[1])
    case.close()
    first = 0
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            case, number = opened(sys.argv[1]), int(line)
            os.write(1, f"pid {os.getpid()}\\n".encode())
            while True:
                case.note(str(number))
                os.write(1, f"{number}\\n".encode())
                number += 1
        os.waitpid(child, 0)
        os.write(1, b"dead\\n")
"""
)


def test_a_closed_case_is_one_file(tmp_path: Path) -> None:
    """Nothing is left beside a case when it has been closed, whatever was done with it."""
    path = tmp_path / "x.clew"
    case = Case.open(path, workspace=bare_workspace(tmp_path))
    case.note("one")
    case.close()
    assert beside(path) == []
    assert notes(path) == ["one"]
    assert beside(path) == []


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    """Two processes that write fifty steps each leave a hundred, each in its own order, and a chain that holds."""
    path = tmp_path / "x.clew"
    Case.open(path, workspace=bare_workspace(tmp_path)).close()
    writers = [start(WRITER, path, name, 50) for name in ("a", "b")]
    assert [line(writer) for writer in writers] == ["ready", "ready"]
    for writer in writers:
        go(writer)
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    written = notes(path)
    for name in ("a", "b"):
        assert [note for note in written if note.startswith(name)] == [f"{name} {number}" for number in range(50)]
    assert [number for number, _ in steps_of(path)] == list(range(1, 102))


OPENER = """
    for number in range(int(sys.argv[2])):
        print("ready", flush=True)
        sys.stdin.readline()
        opened(Path(sys.argv[1]) / f"{number}.clew").close()
"""


def test_two_processes_may_begin_one_case(tmp_path: Path) -> None:
    """Of two processes that open the same new case at once one makes it, and the other opens it."""
    openers = [start(BEGIN + OPENER, tmp_path, 10) for _ in range(2)]
    for _ in range(10):
        assert [line(opener) for opener in openers] == ["ready", "ready"]
        for opener in openers:
            go(opener)
    for opener in openers:
        opener.communicate()
        assert opener.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{number}.clew" for number in range(10))
    assert {len(steps_of(path)) for path in tmp_path.iterdir()} == {1}


def test_a_case_that_cannot_be_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a new case cannot be written, there is neither half a case nor anything else beside it."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(CaseReadOnly, match="No space left"):
            Case.open(tmp_path / "x.clew", workspace=bare_workspace(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_case_is_made_where_files_have_one_name_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system without links a case is made as well."""

    def unsupported(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", unsupported)
    Case.open(tmp_path / "x.clew", workspace=bare_workspace(tmp_path)).close()
    assert [path.name for path in tmp_path.iterdir()] == ["x.clew"]
    assert len(steps_of(tmp_path / "x.clew")) == 1


def test_threads_lose_nothing(tmp_path: Path) -> None:
    """Threads that share a case write one step after the other."""
    path, together = tmp_path / "x.clew", threading.Barrier(8)
    case = Case.open(path, workspace=bare_workspace(tmp_path))

    def write(name: int) -> None:
        together.wait()
        for number in range(20):
            case.add(IpAddress(f"198.51.{name}.{number}"))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))
    digest = case.tables.digest()
    case._store.rebuild()
    assert (len(case.tables.nodes()), case.tables.digest()) == (160, digest)
    case.close()
    assert len(steps_of(path)) == 161


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    process = start(NURSERY, tmp_path / "x.clew")
    yield process
    process.communicate()


def kill_in_mid_write(nursery: "subprocess.Popen[str]", first: int, rng: random.Random) -> list[int]:
    """What a writer says is safe before it is killed without warning."""
    assert nursery.stdin is not None
    nursery.stdin.write(f"{first}\n")
    nursery.stdin.flush()
    pid = int(line(nursery).removeprefix("pid "))
    safe = [int(line(nursery)) for _ in range(rng.randrange(1, 5))]
    time.sleep(rng.random() * 0.01)
    os.kill(pid, signal.SIGKILL)
    while (said := line(nursery)) != "dead":
        safe.append(int(said))
    return safe


def check_kills(nursery: "subprocess.Popen[str]", path: Path, kills: int) -> None:
    rng, expected, cut = random.Random(kills), list[str](), 0
    for _ in range(kills):
        expected += map(str, kill_in_mid_write(nursery, len(expected), rng))
        found = notes(path)
        # The step in flight may have been written without having been acknowledged.
        assert found in (expected, [*expected, str(len(expected))])
        cut += found == expected
        expected = found
    assert cut
    assert len(steps_of(path)) == len(expected) + 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_acknowledged_steps_survive_kills(nursery: "subprocess.Popen[str]", tmp_path: Path) -> None:
    """Each step that returned is there after kill -9, at most the one in flight besides, and the chain holds."""
    check_kills(nursery, tmp_path / "x.clew", 20)


@pytest.mark.long
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_acknowledged_steps_survive_many_kills(nursery: "subprocess.Popen[str]", tmp_path: Path) -> None:
    """The same, two hundred times over."""
    check_kills(nursery, tmp_path / "x.clew", 200)


FULL = (
    BEGIN
    + """
    import resource, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    case = opened(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
    for number in range(10_000):
        try:
            case.note(f"{number} {os.urandom(2_000).hex()}")
        except CaseError as error:
            print(number, type(error).__name__, error.next_step)
            break
    print(len(list(case.history)))
    case.close()
"""
)


def test_a_full_disk_keeps_what_was_written(tmp_path: Path) -> None:
    """When there is no room for a step, it is told, and the steps before it are there."""
    path = tmp_path / "x.clew"
    Case.open(path, workspace=bare_workspace(tmp_path)).close()
    failed, readable = python(FULL, path, path.stat().st_size + 50_000)
    number, kind, told = failed.split(maxsplit=2)
    assert (kind, told) == ("CaseReadOnly", "free some space, and look whether the step is there")
    assert int(number) > 3
    assert int(readable) == int(number) + 1
    assert len(notes(path)) == int(number)


def test_a_step_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If what follows from a step cannot be written, the step is not there either."""
    with Case.open(tmp_path / "x.clew", workspace=bare_workspace(tmp_path)) as case:
        before = case.tables.digest()

        def broken(*_: object) -> Iterator[object]:
            raise CaseError("in the middle")

        with monkeypatch.context() as patch:
            patch.setattr("clew.graph.recording.recorder.due_merges", broken)
            with pytest.raises(CaseError, match="in the middle"):
                case.add(IpAddress("198.51.100.7"))
        assert (case.tables.digest(), len(list(case.history))) == (before, 1)
        case.add(IpAddress("198.51.100.7"))
        assert len(case.tables.nodes()) == 1
