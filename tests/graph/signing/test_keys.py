"""Keys and signatures are those of OpenSSH: what one signs the other checks, and whatever is none is refused."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from clew import Investigation
from clew.errors import KeyUnusable
from clew.graph.signing import ssh_keys as keys
from clew.graph.signing.allowed_signers import Signers
from clew.graph.signing.case_signatures import Statement
from clew.graph.signing.sshsig import BadSignature, SshSignature
from tests.graph.cases import Clock, bare_workspace
from tests.graph.keyring import KINDS, public, write_key
from tests.support import HOSTILE

KEYGEN = shutil.which("ssh-keygen")
needs_keygen = pytest.mark.skipif(KEYGEN is None, reason="ssh-keygen is not installed")


@pytest.fixture(scope="module")
def alice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_key(tmp_path_factory.mktemp("alice") / "id")


# --- ssh-keygen ------------------------------------------------------------------------------------------------------


def keygen(*arguments: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    assert KEYGEN is not None
    return subprocess.run([KEYGEN, *map(str, arguments)], input=given, capture_output=True, check=False)


@needs_keygen
@pytest.mark.parametrize("kind", KINDS)
def test_ssh_keygen_checks_what_clew_signed(tmp_path: Path, kind: str):
    """The statement and the signature that a case gives out are good for `ssh-keygen -Y verify`, and only unchanged."""
    key = write_key(tmp_path / "id", kind)
    allowed = tmp_path / "allowed"
    allowed.write_text(f'alice@corp.example namespaces="clew" {public(key).read_text()}')
    with Investigation.open(tmp_path / "ir.clew", workspace=bare_workspace(tmp_path)) as opened:
        signature = opened.sharing.sign(key)
        statement = signature.save(tmp_path / "statement")
        assert opened.verify(signers=allowed)
    command = ["-Y", "verify", "-f", allowed, "-I", "alice@corp.example", "-n", "clew", "-s", f"{statement}.sig"]
    done = keygen(*command, given=statement.read_bytes())
    assert done.returncode == 0, done.stderr
    assert signature.key.encode() in done.stdout
    assert keygen(*command, given=statement.read_bytes() + b"x").returncode != 0


@needs_keygen
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hashed", ["sha256", "sha512"])
def test_clew_checks_what_ssh_keygen_signed(tmp_path: Path, kind: str, hashed: str):
    """A signature by `ssh-keygen -Y sign` is read and checked, with any of its hashes; for another use it is none."""
    key = write_key(tmp_path / "id", kind)
    made = keygen("-Y", "sign", "-f", key, "-n", "clew", "-O", f"hashalg={hashed}", given=b"hello\n")
    signature = SshSignature.read(made.stdout.decode())
    keys.check(signature, b"hello\n")
    assert signature.armour() == made.stdout.decode()
    with pytest.raises(BadSignature, match="not of this statement"):
        keys.check(signature, b"hello")
    other = keygen("-Y", "sign", "-f", key, "-n", "file", given=b"hello\n")
    with pytest.raises(BadSignature, match="made for 'file'"):
        keys.check(SshSignature.read(other.stdout.decode()), b"hello\n")


@needs_keygen
def test_keys_that_ssh_keygen_made_are_read(tmp_path: Path):
    """With a passphrase and without."""
    for number, passphrase in enumerate(("", "correct horse")):
        path = tmp_path / f"id{number}"
        keygen("-q", "-t", "ed25519", "-N", passphrase, "-f", path)
        keys.load_private(path, lambda said=passphrase: said)


# --- keys ------------------------------------------------------------------------------------------------------------


def test_a_key_that_others_can_read_is_refused(tmp_path: Path):
    """As ssh does: what others could have copied proves nothing."""
    key = write_key(tmp_path / "id")
    for mode in (0o640, 0o604, 0o660):
        key.chmod(mode)
        with pytest.raises(KeyUnusable, match="others can read the private key") as refused:
            keys.load_private(key)
        assert "chmod 600" in refused.value.next_step


def test_a_passphrase_is_asked_for_only_where_there_is_one(tmp_path: Path):
    """Without a way to ask, and with the wrong answer, it says so."""
    key = write_key(tmp_path / "id", passphrase="correct horse")
    with pytest.raises(KeyUnusable, match="has a passphrase"):
        keys.load_private(key)
    with pytest.raises(KeyUnusable, match="does not open the key"):
        keys.load_private(key, lambda: "wrong")
    keys.load_private(key, lambda: "correct horse")
    keys.load_private(write_key(tmp_path / "open"), lambda: pytest.fail("nobody should be asked"))


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"]
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes):
    """Whatever the file is, the error is typed and names it."""
    path = tmp_path / "id"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyUnusable) as refused:
        keys.load_private(path)
    assert str(path) in str(refused.value)
    with pytest.raises(KeyUnusable):
        keys.load_private(tmp_path / "none")


def test_a_weak_key_signs_nothing(tmp_path: Path):
    """An RSA key that can be broken proves nothing."""
    key = rsa.generate_private_key(65537, 1024)
    with pytest.raises(KeyUnusable, match="signs nothing"):
        keys.sign(b"x", key)


# --- whose signatures count ------------------------------------------------------------------------------------------


def listed(path: Path, text: str) -> Signers:
    path.write_text(text)
    return Signers.load(path)


def test_a_list_of_signers_is_read_as_ssh_keygen_reads_it(tmp_path: Path, alice: Path):
    """Comments and empty lines are passed over; a key for other uses, and one that certifies, is not taken."""
    key = " ".join(public(alice).read_text().split()[:2])
    names = 'a@x,b@x namespaces="git,clew" ', '"c d" ', 'e@x namespaces="*,!git" ', 'f@x namespaces="cl?w" '
    others = 'g@x namespaces="git" ', "h@x cert-authority ", 'i@x namespaces="*,!clew" '
    text = "# people\n\n" + "".join(f"{name}{key}\n" for name in (*names, *others))
    assert [each.name for each in listed(tmp_path / "all", text).signers] == ["a@x,b@x", "c d", "e@x", "f@x"]
    assert [each.name for each in listed(tmp_path / "one", f"{key} alice at work").signers] == ["alice at work"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no key in the file"),
        ("# nobody\n", "no key in the file"),
        ("alice ssh-ed25519 AAAA\n", "line 1: there is no key in it"),
        ("\nalice no-such-option {key}", "line 2: what"),
        ('alice valid-after="yesterday" {key}', "is no time"),
        ('alice valid-after="20201301" {key}', "line 1"),
        ("alice cert-authority {key}", "no key in the file"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "private key"),
        *((f"{text} \x00", "line 1") for text in HOSTILE[:4]),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path, alice: Path, text: str, why: str):
    """A line that is not understood is an error: leaving it out could let somebody in, or keep somebody out."""
    key = " ".join(public(alice).read_text().split()[:2])
    with pytest.raises(KeyUnusable, match=why):
        listed(tmp_path / "allowed", text.replace("{key}", key))


@given(st.text() | st.text("-BEGIN SHIGATUR\nabc=/+").map(lambda text: f"-----BEGIN SSH SIGNATURE-----\n{text}"))
def test_whatever_is_no_signature_is_told(text: str):
    """Reading what a stranger wrote ends with a signature or with the one error for it."""
    with pytest.raises(BadSignature):
        SshSignature.read(text)


@given(st.binary(max_size=80), st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_signature_is_never_good(message: bytes, place: int, byte: int):
    """Whatever byte of it changes, a signature is not read, not good, or the same as before."""
    made = keys.sign(message, KEY)
    damaged = bytearray(made.armour().encode())
    damaged[place % len(damaged)] = byte
    try:
        read = SshSignature.read(damaged.decode("latin-1"))
        keys.check(read, message)
    except BadSignature:
        return
    assert read == made


KEY = ed25519.Ed25519PrivateKey.generate()


@given(st.text())
def test_statements_read_as_they_were_written(name: str):
    """Whatever a person calls themselves, the statement has five lines and reads as it was written."""
    made = Statement.of((7, "a" * 64), Clock()(), name)
    assert str(made).count("\n") == 5
    assert str(Statement.read(str(made))) == str(made)
