"""A case that was changed behind clew's back: the chain finds it and names the step, or nothing has changed."""

import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import zstandard

from clew.errors import CaseDamaged, CaseError
from clew.graph import store
from clew.graph.case import Case
from clew.graph.case_reader import CaseReader
from clew.graph.format.database import open_database
from clew.graph.format.events import step_hash
from clew.graph.store import GENESIS, Store
from tests.graph.cases import bare_workspace, beside, edit, look_at_everything, sha256, tampering

Bytes = bytearray
PAGE = 4096


@pytest.fixture
def copy(sample: Path, tmp_path: Path) -> Path:
    path = tmp_path / "x.clew"
    shutil.copyfile(sample, path)
    return path


def history(path: Path) -> list[tuple[int, str]]:
    with Case.open(path, workspace=bare_workspace(path.parent)) as case:
        return [(step.number, step.hash) for step in case.history]


def body(path: Path, number: int) -> str:
    with closing(open_database(path)) as connection:
        (packed,) = connection.execute("SELECT body FROM steps WHERE number = ?", (number,)).fetchone()
    return zstandard.ZstdDecompressor().decompress(packed).decode()


def pack(text: str) -> bytes:
    return zstandard.ZstdCompressor().compress(text.encode())


# --- somebody with a database tool -----------------------------------------------------------------------------------


def change_body(path: Path) -> None:
    text = body(path, 3)
    edit(path, "UPDATE steps SET body = ? WHERE number = 3", pack(text.replace("added", "Added", 1)))


def change_title(path: Path) -> None:
    edit(path, "UPDATE steps SET body = ? WHERE number = 1", pack(body(path, 1).replace("sample", "simple")))


def swap(path: Path) -> None:
    for old, new in ((3, -1), (4, 3), (-1, 4)):
        edit(path, "UPDATE steps SET number = ? WHERE number = ?", new, old)


def swap_bodies(path: Path) -> None:
    three, four = body(path, 3), body(path, 4)
    edit(path, "UPDATE steps SET body = ? WHERE number = 3", pack(four))
    edit(path, "UPDATE steps SET body = ? WHERE number = 4", pack(three))


def forge(path: Path) -> None:
    """A changed step with a hash that fits it: the next one does not follow from it any more."""
    text = body(path, 2).replace("198.51.100.7", "198.51.100.8")
    with tampering(path) as connection:
        at, by, tool, previous = connection.execute(
            "SELECT at, by, tool, previous FROM steps WHERE number = 2"
        ).fetchone()
        values = (pack(text), step_hash(previous, 2, at, by, tool, text))
        connection.execute("UPDATE steps SET body = ?, hash = ? WHERE number = 2", values)


TAMPERED: dict[str, tuple[Callable[[Path], None] | str, int]] = {
    "a byte of a body": (change_body, 3),
    "a word of the first body": (change_title, 1),
    "two steps swapped": (swap, 3),
    "two bodies swapped": (swap_bodies, 3),
    "a forged step": (forge, 3),
    "a step deleted from the middle": ("DELETE FROM steps WHERE number = 4", 4),
    "the first step deleted": ("DELETE FROM steps WHERE number = 1", 1),
    "who did it": ("UPDATE steps SET by = 'somebody' WHERE number = 2", 2),
    "when it was done": ("UPDATE steps SET at = '2020-01-01T00:00:00.000000Z' WHERE number = 2", 2),
    "with which tool": ("UPDATE steps SET tool = 'other' WHERE number = 2", 2),
    "what kind it is": ("UPDATE steps SET kind = 'noted' WHERE number = 2", 2),
    "the end": (f"UPDATE head SET hash = '{GENESIS}'", 11),
    "no end": ("UPDATE head SET number = 'x'", 0),
    "a hash": (f"UPDATE steps SET hash = '{GENESIS}' WHERE number = 2", 2),
    "the hash before": (f"UPDATE steps SET previous = '{GENESIS}' WHERE number = 2", 2),
    "a body that is text": ("UPDATE steps SET body = 'text' WHERE number = 2", 2),
    "a body that is a number": ("UPDATE steps SET body = 5 WHERE number = 2", 2),
    "an empty body": ("UPDATE steps SET body = x'' WHERE number = 2", 2),
    "a body that is no archive": ("UPDATE steps SET body = x'00010203' WHERE number = 2", 2),
    "a time that is bytes": ("UPDATE steps SET at = x'00' WHERE number = 2", 2),
    "a name that is not UTF-8": ("UPDATE steps SET by = CAST(x'ff' AS TEXT) WHERE number = 2", 0),
}


@pytest.mark.parametrize(("how", "step"), TAMPERED.values(), ids=TAMPERED)
def test_a_changed_step_is_named(copy: Path, how: Callable[[Path], None] | str, step: int) -> None:
    """Whatever is changed in the log of events, the first step that is not as it was written is named."""
    edit(copy, how) if isinstance(how, str) else how(copy)
    with pytest.raises(CaseDamaged, match=f"step {step} " if step else "damaged|cannot be read"):
        history(copy)


def test_steps_before_the_damage_are_given_first(copy: Path) -> None:
    """Reading a damaged history gives the good steps before it tells of the bad one."""
    change_body(copy)
    good: list[int] = []
    with Store(copy) as opened, pytest.raises(CaseDamaged, match="steps before 3 are good"):
        good.extend(step.number for step in opened.steps())
    assert good == [1, 2]


@pytest.mark.parametrize("lost", [1, 3])
def test_steps_lost_at_the_end_are_missed(copy: Path, lost: int) -> None:
    """The chain does not know its end, but the case does: of steps that are cut off, the first is named."""
    last = len(history(copy))
    edit(copy, "DELETE FROM steps WHERE number > ?", last - lost)
    with pytest.raises(CaseDamaged, match=f"step {last - lost + 1} is damaged: it is missing"):
        history(copy)


def test_an_end_that_was_made_up_cannot_be_told(copy: Path) -> None:
    """Who cuts steps off and also changes where the case ends is not found by the hashes alone: that is their limit."""
    before = history(copy)
    edit(copy, "DELETE FROM steps WHERE number = ?", len(before))
    edit(copy, "UPDATE head SET number = ?, hash = ?", *before[-2])
    assert history(copy) == before[:-1]
    # The graph still shows what the step did.
    assert not Case.replay(copy).identical


def test_a_body_that_claims_to_be_huge_is_refused(copy: Path) -> None:
    """A body whose head promises a terabyte is damaged; nobody makes room for it."""
    frame = zstandard.MAGIC_NUMBER.to_bytes(4, "little") + b"\xe0" + (1 << 40).to_bytes(8, "little") + b"\1\0\0"
    edit(copy, "UPDATE steps SET body = ? WHERE number = 2", frame)
    with pytest.raises(CaseDamaged, match="step 2 "):
        history(copy)


def test_a_body_is_unpacked_up_to_a_limit(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that unpacks to more than the limit is refused, whether its head says so or not."""
    monkeypatch.setattr(store, "MAX_BODY", 100_000)
    plain = b" " * 100_001
    for frame in (
        zstandard.ZstdCompressor().compress(plain),
        zstandard.ZstdCompressor(write_content_size=False).compress(plain),
    ):
        edit(copy, "UPDATE steps SET body = ? WHERE number = 2", frame)
        with pytest.raises(CaseDamaged, match="step 2 "):
            history(copy)


FORGED = [
    '{"kind":"added","entity":{"kind":"ip","value":"not an address"}}',
    '{"kind":"added","entity":{"kind":"nothing"}}',
    '{"kind":"added","entity":5}',
    '{"kind":"tagged","about":5,"tag":"x"}',
    '{"kind":"tagged","about":"no key","tag":"x"}',
    '{"kind":"pivoted","invocation":{},"finding":{"parts":5,"subject":5,"pivot":5},"exchanges":[]}',
    '{"kind":"pivoted","invocation":{},"finding":{"subject":{"kind":"ip","value":"1.1.1.1"},"links":[5]},"exchanges":[]}',
    '{"kind":"executed"}',
    "[" * 10_000,
    "{}",
    "null",
]


@pytest.mark.parametrize("text", FORGED, ids=range(len(FORGED)))
def test_a_forged_chain_is_still_only_data(copy: Path, text: str) -> None:
    """A file made up with hashes that fit, but with events that cannot be, is damaged and nothing worse."""
    with tampering(copy) as connection:
        connection.execute("DELETE FROM steps")
        at = "2026-03-17T12:00:00.000000Z"
        digest = step_hash(GENESIS, 1, at, "x", "x", text)
        values = (1, at, "x", "x", "added", pack(text), GENESIS, digest)
        connection.execute("INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        connection.execute("UPDATE head SET number = 1, hash = ?", (digest,))
    with pytest.raises(CaseDamaged, match="step 1 "):
        history(copy)


@pytest.mark.parametrize("how", ["changed", "missing", "garbage", "another type"])
def test_edited_evidence_is_named_with_its_step(copy: Path, how: str) -> None:
    """Raw evidence that was changed or taken away is found when it is replayed, and its step is named."""
    with Store(copy) as opened:
        step = next(step for step in opened.steps() if step.event.kind == "pivoted")
        fingerprint = next(exchange.evidence for exchange in step.event.exchanges if exchange.evidence)
    change = {
        "changed": ("UPDATE evidence SET body = ? WHERE fingerprint = ?", pack("{}"), fingerprint),
        "missing": ("DELETE FROM evidence WHERE fingerprint = ?", fingerprint),
        "garbage": ("UPDATE evidence SET body = x'00' WHERE fingerprint = ?", fingerprint),
        "another type": ("UPDATE evidence SET body = 'text' WHERE fingerprint = ?", fingerprint),
    }
    edit(copy, *change[how])
    with pytest.raises(CaseDamaged, match=f"evidence {fingerprint[:16]} of step {step.number} "):
        Case.replay(copy)


# --- chance ----------------------------------------------------------------------------------------------------------


def flip_a_bit(data: Bytes, rng: random.Random) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def flip_in_the_header(data: Bytes, rng: random.Random) -> None:
    data[rng.randrange(200)] ^= 1 << rng.randrange(8)


def write_noise(data: Bytes, rng: random.Random) -> None:
    start, size = rng.randrange(len(data)), rng.randrange(1, 600)
    data[start : start + size] = rng.randbytes(min(size, len(data) - start))


def cut(data: Bytes, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def cut_pages(data: Bytes, rng: random.Random) -> None:
    del data[PAGE * rng.randrange(1, len(data) // PAGE) :]


def copy_page(data: Bytes, rng: random.Random) -> None:
    source, target = (PAGE * rng.randrange(len(data) // PAGE) for _ in range(2))
    data[target : target + PAGE] = data[source : source + PAGE]


def swap_pages(data: Bytes, rng: random.Random) -> None:
    one, other = (PAGE * rng.randrange(1, len(data) // PAGE) for _ in range(2))
    data[one : one + PAGE], data[other : other + PAGE] = data[other : other + PAGE], data[one : one + PAGE]


def empty_page(data: Bytes, rng: random.Random) -> None:
    start = PAGE * rng.randrange(len(data) // PAGE)
    data[start : start + PAGE] = bytes(PAGE)


def add_pages(data: Bytes, rng: random.Random) -> None:
    data += rng.randbytes(rng.randrange(1, 3 * PAGE))


MUTATIONS = (
    flip_a_bit,
    flip_a_bit,
    flip_in_the_header,
    write_noise,
    cut,
    cut_pages,
    copy_page,
    swap_pages,
    empty_page,
    add_pages,
)


def mutants(sample: Path, folder: Path, count: int) -> Iterator[tuple[str, Path]]:
    rng, original = random.Random(count), sample.read_bytes()
    path = folder / "x.clew"
    for number in range(count):
        data, mutate = Bytes(original), MUTATIONS[number % len(MUTATIONS)]
        mutate(data, rng)
        path.write_bytes(data)
        yield f"{mutate.__name__} {number}", path


def check_mutants(sample: Path, folder: Path, count: int) -> None:
    whole, refused = history(sample), 0
    with Store(sample) as opened:
        graph = CaseReader(opened).tables.digest()
    for number, (name, path) in enumerate(mutants(sample, folder, count)):
        before, began = sha256(path), time.perf_counter()
        try:
            assert history(path) == whole, name
            assert time.perf_counter() - began < 1, name
            if number % 7 == 0:
                look_at_everything(path)
                replay = Case.replay(path)
                assert (not replay.identical) or replay.saved_digest == graph, name
        except CaseError:
            refused += 1
        assert (sha256(path), beside(path)) == (before, []), name
    assert count // 3 < refused < count


def test_no_change_of_a_file_is_silent(sample: Path, tmp_path: Path) -> None:
    """Of 400 altered files each gives a typed error, or all its steps as they were; none is written or takes long."""
    check_mutants(sample, tmp_path, 400)


@pytest.mark.long
def test_no_change_of_many_files_is_silent(sample: Path, tmp_path: Path) -> None:
    """The same for 5,000 files."""
    check_mutants(sample, tmp_path, 5_000)
