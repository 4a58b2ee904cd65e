"""A signature in a case says whose it is and what it covers, and every way of bending one is told by its name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import CaseError, MissingExtra
from clew.graph.case import Case
from clew.graph.format.events import Signed, event_json, step_hash
from clew.graph.recording.case_recorder import CaseRecorder
from clew.graph.signing import ssh_keys as keys
from clew.graph.signing.allowed_signers import Signers
from clew.graph.signing.case_signatures import Fault, Statement
from clew.graph.signing.sshsig import SshSignature
from clew.graph.store import Store
from clew.pivots.workspace import Workspace
from clew.settings import Settings
from tests.graph.cases import Clock, bare_workspace, edit, fill
from tests.graph.keyring import public, write_key
from tests.graph.strategies import entities, texts
from tests.support import FEWER

PRINTABLE = "".join(map(chr, range(32, 127)))


@pytest.fixture(scope="module")
def alice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_key(tmp_path_factory.mktemp("alice") / "id")


@pytest.fixture(scope="module")
def mallory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_key(tmp_path_factory.mktemp("mallory") / "id")


def make(path: Path, key: Path, *, title: str = "ir") -> Path:
    """A signed case that goes on for one step after it."""
    around = bare_workspace(path.parent, analyst="alice")
    fill(Case.open(path, title=title, workspace=around))
    with Case.open(path, workspace=around) as opened:
        opened.sharing.sign(key)
        opened.note("an afterthought")
    return path


@pytest.fixture
def case(tmp_path: Path, alice: Path) -> Path:
    return make(tmp_path / "ir.clew", alice)


def verified(path: Path, key: Path | None = None, statement: Path | None = None):
    with Case.open(path, workspace=bare_workspace(path.parent)) as opened:
        return opened.verify(signers=key and public(key), statement=statement)


def rewritten(path: Path, change: Callable[[int, Any], Any]) -> None:
    """What somebody does who knows how cases are made: change steps, drop some, and make every hash anew."""
    with Store(path) as store:
        steps = [(step, change(step.number, step.event)) for step in store.steps()]
        with store.transaction() as connection:
            connection.execute("DELETE FROM steps")
            previous, number = "0" * 64, 0
            for step, event in steps:
                if event is None:
                    continue
                number, body = number + 1, event_json(event)
                at = Statement.of((1, ""), step.at, "x").time
                digest = step_hash(previous, number, at, step.by, step.tool, body)
                row = (number, at, step.by, step.tool, event.kind, zstandard.compress(body.encode()), previous, digest)
                connection.execute("INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
                previous = digest
            connection.execute("UPDATE head SET number = ?, hash = ?", (number, previous))
            store.rebuild()


def noted(number: int, event: Any) -> Any:
    return replace(event, text="looks good") if event.kind == "noted" else event


# --- what a good signature says --------------------------------------------------------------------------------------


def test_a_signature_says_who_signed_what(case: Path, alice: Path):
    """Who, with which key, up to which step, and how many steps came after it."""
    with Case.open(case, workspace=bare_workspace(case.parent)) as opened:
        (signature,) = opened.sharing.signatures()
        assert signature
        assert (signature.signer, signature.covers, signature.step) == (
            "alice",
            len(opened.history) - 2,
            len(opened.history) - 1,
        )
        found = opened.verify(signers=public(alice))
    assert found
    assert found.unsigned_steps == 1
    assert f"signed by alice with {signature.key}, valid" in str(found)
    assert f"the last 1 of {found.total} steps are not signed" in str(found)


def test_without_signers_signatures_are_looked_at_all_the_same(case: Path, alice: Path, mallory: Path):
    """A case that nobody signed is sound where nobody asks for signatures; a forged signature is a problem anyway."""
    assert verified(case)
    with Case.open(case.with_name("other.clew"), workspace=bare_workspace(case.parent)) as other:
        assert other.verify()
        assert other.sharing.signatures() == ()
        assert other.verify(signers=public(alice)).faults == (Fault.MISSING,)


def test_a_case_can_be_signed_by_several(case: Path, alice: Path, mallory: Path):
    """Each signs what is there, the signatures before included; any of those that were asked for is enough."""
    with Case.open(case, workspace=bare_workspace(case.parent, analyst="mallory")) as opened:
        opened.sharing.sign(mallory)
        assert [bool(each) for each in opened.sharing.signatures()] == [True, True]
        assert opened.verify(signers=public(alice)).unsigned_steps == 2
        assert opened.verify(signers=public(mallory)).unsigned_steps == 0


def test_taking_back_leaves_the_signature(case: Path, alice: Path):
    """What was signed stays signed when a step of it is undone later: taking back is a step of its own."""
    with Case.open(case, workspace=bare_workspace(case.parent)) as opened:
        opened.undo(3)
        found = opened.verify(signers=public(alice))
    assert found
    assert found.unsigned_steps == 4


# --- every way of bending one ----------------------------------------------------------------------------------------


def test_a_rewritten_chain_is_found_when_a_signer_is_asked_for(case: Path, alice: Path):
    """Who changes a step, makes all hashes anew and drops the end has a sound case, but not one that is signed."""
    rewritten(case, lambda number, event: None if event.kind == "signed" else noted(number, event))
    assert verified(case)
    found = verified(case, alice)
    assert not found
    assert found.faults == (Fault.MISSING,)
    assert "nobody signed it" in str(found)


def test_a_rewritten_chain_that_keeps_the_signature_is_found_by_everybody(case: Path, alice: Path):
    """The signature of the case that it was is told as one of another case, and counts for nobody."""
    rewritten(case, noted)
    assert verified(case).faults == (Fault.FOREIGN,)
    found = verified(case, alice)
    assert found.faults == (Fault.FOREIGN, Fault.MISSING)
    assert "it was given to another case" in str(found)


def test_a_signature_of_somebody_else_is_told(case: Path, mallory: Path):
    """Who signed is named, and who should have."""
    found = verified(case, mallory)
    assert found.faults == (Fault.STRANGER,)
    assert "only others signed it (step" in str(found)


def test_a_forged_signature_is_told(case: Path, alice: Path, mallory: Path):
    """A statement that names the key of one and is signed by another is forged."""
    genuine = SshSignature.read(keys.sign(b"x", keys.load_private(alice)).armour())

    def forge(_: int, event: Any) -> Any:
        if not isinstance(event, Signed):
            return event
        made = keys.sign(event.statement.encode(), keys.load_private(mallory))
        return replace(event, signature=replace(made, key=genuine.key).armour())

    rewritten(case, forge)
    found = verified(case, alice)
    assert found.faults == (Fault.FORGED, Fault.MISSING)
    assert "it is forged" in str(found)


def test_a_signature_copied_from_another_step_is_told(case: Path, alice: Path):
    """A signature says after which step it was given, and proves nothing about later ones."""
    with Store(case) as store:
        (signed,) = (step for step in store.steps() if isinstance(step.event, Signed))
        store.append(signed.event, at=signed.at, by=signed.by)
    found = verified(case, alice)
    assert found.faults == (Fault.MOVED,)
    assert f"it was given after step {signed.number - 1}, not after step {found.total - 1}" in str(found)


def test_a_signature_copied_from_another_case_is_told(case: Path, alice: Path):
    """A signature is of one case."""
    other = make(case.with_name("other.clew"), alice, title="another")
    with Store(case) as store:
        (signed,) = (step for step in store.steps() if isinstance(step.event, Signed))
    with Store(other) as store:
        store.append(signed.event, at=signed.at, by=signed.by)
    assert verified(other, alice).faults == (Fault.FOREIGN,)


ALTERED: dict[str, tuple[dict[str, str], Fault]] = {
    "another name": ({"signer": "bob"}, Fault.ALTERED),
    "another key": ({"key": "SHA256:AAAA"}, Fault.ALTERED),
    "another statement": ({"statement": "clew case signature 1\nstep: 1\n"}, Fault.UNREADABLE),
    "no statement": ({"statement": ""}, Fault.UNREADABLE),
    "no signature": ({"signature": "-----BEGIN SSH SIGNATURE-----\n"}, Fault.UNREADABLE),
    "another text": ({"signature": "\x1b[31m"}, Fault.UNREADABLE),
}


@pytest.mark.parametrize(("fields", "fault"), ALTERED.values(), ids=ALTERED)
def test_a_signature_that_says_something_else_is_told(case: Path, alice: Path, fields: dict[str, str], fault: Fault):
    """What a step says of a signature has to be what was signed."""
    rewritten(case, lambda _, event: replace(event, **fields) if isinstance(event, Signed) else event)
    found = verified(case, alice)
    assert found.faults == (fault, Fault.MISSING)
    assert "\x1b" not in str(found)


def test_a_changed_byte_of_a_signed_step_is_found():
    """Whatever happened in a case, its signature is good, and no byte of a signed step changes without being found."""
    key = ed25519.Ed25519PrivateKey.generate()
    deeds = st.one_of(
        st.tuples(st.just(Case.add), entities),
        st.tuples(st.just(Case.note), texts),
        st.tuples(st.just(Case.tag), entities, texts),
    )

    @FEWER
    @given(st.lists(deeds, max_size=6), st.data())
    def check(history: list[tuple[Any, ...]], data: st.DataObject) -> None:
        opened = Case(CaseRecorder(Store(None), workspace=Workspace(Settings()), clock=Clock()))
        opened.note("the first")
        for act, *arguments in history:
            act(opened, *arguments)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("clew.graph.case_sharing.load_private", lambda *_: key)
            opened.sharing.sign("id")
        assert opened.verify()
        signature = opened.sharing.signatures()[-1]
        assert signature
        change_a_byte(opened._store, data.draw(st.integers(1, signature.covers)), data)
        found = opened.verify()
        assert not found
        # What cannot be read any more is told as the damaged step that it is.
        assert found.faults == (Fault.FOREIGN,) or found.bad_step

    check()


def change_a_byte(store: Store, number: int, data: st.DataObject) -> None:
    """Change one byte of what a step says, and make its hash and every one after it anew."""
    with store.transaction() as connection:
        rows = connection.execute("SELECT number, at, by, tool, body, hash FROM steps ORDER BY number").fetchall()
        previous = "0" * 64
        for place, *said, packed, _ in rows:
            fields = [*said, zstandard.decompress(packed).decode()]
            if place == number:
                which = data.draw(st.integers(0, 3))
                where = data.draw(st.integers(0, len(fields[which]) - 1))
                new = data.draw(st.sampled_from(PRINTABLE.replace(fields[which][where], "")))
                fields[which] = fields[which][:where] + new + fields[which][where + 1 :]
            at, by, tool, body = fields
            digest = step_hash(previous, place, at, by, tool, body)
            values = (at, by, tool, zstandard.compress(body.encode()), previous, digest, place)
            connection.execute(
                "UPDATE steps SET at = ?, by = ?, tool = ?, body = ?, previous = ?, hash = ? WHERE number = ?", values
            )
            previous = digest
        connection.execute("UPDATE head SET hash = ?", (previous,))


# --- beside the case -------------------------------------------------------------------------------------------------


def test_a_statement_kept_elsewhere_finds_that_later_steps_are_gone(case: Path, alice: Path, tmp_path: Path):
    """A case that was cut back to an older signature is still signed; the one kept elsewhere says it was longer."""
    before = case.read_bytes()
    with Case.open(case, workspace=bare_workspace(tmp_path)) as opened:
        opened.sharing.sign_beside(alice, tmp_path / "kept.txt")
    assert case.read_bytes() == before
    assert verified(case, alice, tmp_path / "kept.txt").unsigned_steps == 0
    rewritten(case, lambda _, event: None if getattr(event, "text", "") == "an afterthought" else event)
    assert verified(case, alice)
    found = verified(case, alice, tmp_path / "kept.txt")
    assert found.faults == (Fault.CUT,)
    assert "the later ones are gone" in str(found)


def test_a_statement_that_is_none_is_refused(case: Path, tmp_path: Path):
    """What is not there, or is no signed statement, is an error and not a verdict."""
    (tmp_path / "kept.txt").write_text("hello")
    (tmp_path / "kept.txt.sig").write_text("hello")
    with pytest.raises(CaseError, match="no signed statement"):
        verified(case, statement=tmp_path / "kept.txt")
    with pytest.raises(CaseError, match="there is no such file"):
        verified(case, statement=tmp_path / "none.txt")


def test_without_the_library_signatures_are_not_checked(case: Path, alice: Path, monkeypatch: pytest.MonkeyPatch):
    """A case is verified all the same and says that its signatures were not; who asks for one is told what to do."""

    def missing(name: str) -> object:
        raise ImportError(name) if name == "cryptography" else importlib.import_module(name)

    monkeypatch.setattr("clew.graph.signing.ssh_keys.import_module", missing)
    found = verified(case)
    assert found
    assert "not checked: " in str(found)
    assert found.unsigned_steps == found.total
    for asking in (lambda: verified(case, alice), lambda: keys.load_private(alice)):
        with pytest.raises(MissingExtra, match=r"pip install 'clew\[share\]'"):
            asking()


def test_a_key_counts_in_its_time(case: Path, alice: Path, tmp_path: Path):
    """A signature from before a key was good, or from after that, does not count."""
    key = " ".join(public(alice).read_text().split()[:2])
    with Case.open(case, workspace=bare_workspace(tmp_path)) as opened:
        for option, good in (
            ('valid-after="20200101"', True),
            ('valid-before="20200101"', False),
            ('valid-after="209901011200Z"', False),
            ('valid-after="20200101",valid-before="20990101"', True),
        ):
            (tmp_path / "allowed").write_text(f"alice {option} {key}\n")
            assert bool(opened.verify(signers=tmp_path / "allowed")) is good


def test_damage_is_told_before_signatures(case: Path, alice: Path):
    """Where a step is damaged, the signatures after it are not looked at, and the case is not signed."""
    edit(case, "UPDATE steps SET by = 'mallory' WHERE number = 3")
    found = verified_raw(case, alice)
    assert found.bad_step == 3
    assert found.faults == (Fault.MISSING,)


def verified_raw(path: Path, key: Path):
    from clew.graph.signing.verification import verify

    with Store(path) as store:
        return verify(store, Signers.load(public(key)))
