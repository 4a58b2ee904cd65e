"""The commands that hand a case to somebody else."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clew import Investigation, IpAddress
from clew.cli import main
from clew.cli.share import PASSPHRASE
from tests.graph.keyring import write_key
from tests.support import hiding

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def clew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`clew("sign", "ir.clew")`: exit code, output, errors; in a folder with a case of three steps and two keys."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_ANALYST", "alice")
    write_key(Path("alice"))
    write_key(Path("mallory"))
    with Investigation.open("ir.clew") as case:
        case.add(IpAddress("198.51.100.7"))
        case.note("seen in the alert")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["clew", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        assert not hiding(out + err)
        return int(stop.value.code or 0), out, err

    return run


def test_a_signed_case_is_verified(clew: Run) -> None:
    """Signing says what was signed with which key; who has to have signed is asked for, and another is told."""
    code, out, _ = clew("sign", "ir.clew", "--key", "alice")
    assert code == 0
    assert out.startswith("step 4: steps 1 to 3 signed by ")
    assert clew("verify", "ir.clew", "--signer", "alice.pub")[0] == 0
    code, out, _ = clew("verify", "ir.clew", "--signer", "mallory.pub")
    assert code == 3
    assert "only others signed it (step 4: " in out
    assert clew("replay", "ir.clew")[0] == 0


def test_a_case_that_nobody_signed_is_told(clew: Run) -> None:
    """A case that is sound is not enough where a signature is asked for."""
    code, out, _ = clew("verify", "ir.clew", "--signer", "alice.pub")
    assert code == 3
    assert "nobody signed it" in out


def test_a_detached_signature_leaves_the_case_as_it_is(clew: Run) -> None:
    """The statement and its signature are files of their own; kept elsewhere they say what the case was."""
    before = Path("ir.clew").read_bytes()
    code, out, _ = clew("sign", "ir.clew", "--key", "alice", "--detached", "kept.txt")
    assert code == 0
    assert out.splitlines()[1] == "wrote kept.txt and kept.txt.sig"
    assert Path("ir.clew").read_bytes() == before
    assert clew("verify", "ir.clew", "--signer", "alice.pub", "--statement", "kept.txt")[0] == 0
    assert clew("sign", "other.clew", "--key", "alice")[0] == 11


def test_keys_that_cannot_be_used_are_told(clew: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that others can read, one with a passphrase that nobody can give, and none at all: each says what to do."""
    Path("alice").chmod(0o644)
    code, _, err = clew("sign", "ir.clew", "--key", "alice")
    assert (code, "chmod 600 alice" in err) == (1, True)
    write_key(Path("locked"), passphrase="correct horse")
    code, _, err = clew("sign", "ir.clew", "--key", "locked")
    assert (code, f"set {PASSPHRASE}" in err) == (1, True)
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    assert clew("sign", "ir.clew", "--key", "locked")[0] == 0
    assert "ssh-keygen -t ed25519" in clew("sign", "ir.clew", "--key", "none")[2]
    assert clew("verify", "ir.clew", "--signer", "alice")[0] == 1


def test_a_case_is_written_in_a_format_of_others(clew: Run) -> None:
    """The ending or `--format` says which; what is not in it is told; a wrong name is a wrong command line."""
    code, out, _ = clew("export", "ir.clew", "ir.prov.json")
    assert code == 0
    assert out.startswith("wrote ir.prov.json\n  not in it: raw replies")
    assert len(json.loads(Path("ir.prov.json").read_text())["activity"]) == 3
    assert clew("export", "ir.clew", "tables", "--format", "csv")[0] == 0
    assert Path("tables/nodes.csv").read_text().splitlines()[1].startswith("ip:198.51.100.7,")
    assert clew("export", "ir.clew", "tables", "--format", "csv")[0] == 17
    assert clew("export", "ir.clew", "crate", "--format", "ro-crate")[:2] == (0, "wrote crate\n")
    for name, format_name, hint in (
        ("ir.docx", "", "end it in"),
        ("ir.stix.json", "prov", ".prov.json"),
        ("x", "porv", "prov?"),
    ):
        code, _, err = clew("export", "ir.clew", name, *(("--format", format_name) if format_name else ()))
        assert (code, hint in err, Path(name).exists()) == (2, True, False)


def test_a_crate_is_written_and_verified(clew: Run) -> None:
    """Verifying a folder checks every file, then the case in it; the first file that differs is named."""
    clew("sign", "ir.clew", "--key", "alice")
    assert clew("crate", "ir.clew", "out", "--evidence") == (0, "wrote out\n", "")
    assert Path("out/page.html").exists()
    code, out, _ = clew("verify", "out", "--signer", "alice.pub")
    assert code == 0
    assert out.splitlines()[0].startswith("as it was written: 9 files")
    assert out.splitlines()[1].startswith("sound: 4 steps")
    assert clew("crate", "ir.clew", "out")[0] == 17
    Path("out/nodes.csv").write_text("x")
    code, out, _ = clew("verify", "out")
    assert (code, "nodes.csv differs" in out) == (3, True)
    assert clew("verify", ".")[0] == 11
    assert clew("crate", "ir.clew", "plain", "--no-page")[0] == 0
    assert not Path("plain/page.html").exists()
