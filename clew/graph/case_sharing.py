"""Giving a case away: a copy of it, and what a copy may leave out, prove, or be in the formats of others."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from clew.graph.recording.case_recorder import CaseRecorder
from clew.graph.redaction import OwnerKey, Redaction, Rules
from clew.graph.signing.case_signatures import Signature, SignatureChecker, Statement
from clew.graph.signing.ssh_keys import Passphrase, load_private
from clew.graph.store import Store

if TYPE_CHECKING:
    from clew.graph.export.registry import Export
    from clew.graph.redaction.redact import Draft

#: Draws a case into a file.
PageWriter = Callable[[Path], object]


class CaseSharing:
    """Hands a case to somebody else, or shows that it is as it was."""

    def __init__(self, recorder: CaseRecorder) -> None:
        self._recorder = recorder

    def export_copy(self, path: str | Path) -> Path:
        """Write the case as it is now into a new file, whole or not at all; nobody has to stop working meanwhile.

        Raises:
            CaseError: there is such a file already, or it cannot be written.
        """
        self._recorder.store.copy(Path(path))
        return Path(path)

    def sign(self, key: str | Path, *, passphrase: Passphrase | None = None) -> Signature:
        """Sign everything that the case holds so far, in a step of its own, which `ssh-keygen -Y verify` can check.

        Args:
            key: a private key of OpenSSH: Ed25519, ECDSA or RSA.
            passphrase: is asked for it, if the key has one.

        Raises:
            KeyUnusable: the key cannot be read, or others can read it.
            MissingExtra: there is no library to sign with.
        """
        # First: somebody may have to type, and nobody should wait for that.
        private_key = load_private(Path(key).expanduser(), passphrase)
        with self._recorder.store.transaction():
            at = self._recorder.clock()
            signature = Signature.create(self._statement(at), private_key)
            step = self._recorder.steps.record(signature.event, at)
        return dataclasses.replace(signature, step=step)

    def sign_beside(self, key: str | Path, to: str | Path, *, passphrase: Passphrase | None = None) -> Signature:
        """Sign as `sign` does, but write the statement, and its signature with `.sig`, into files beside the case.

        Raises:
            KeyUnusable: the key cannot be read, or others can read it.
            MissingExtra: there is no library to sign with.
            CaseReadOnly: the files cannot be written.
        """
        private_key = load_private(Path(key).expanduser(), passphrase)
        signature = Signature.create(self._statement(self._recorder.clock()), private_key)
        signature.save(to)
        return signature

    def signatures(self) -> tuple[Signature, ...]:
        """Every signature in the case, with whom it is of, what it covers, and whether it is good."""
        checker = SignatureChecker()
        for step in self._recorder.store.steps():
            checker.follow(step)
        return tuple(checker.signatures)

    def export(self, path: str | Path, *, format: str | None = None) -> Export:  # noqa: A002 - as people call it
        """Write the case in a format of others, whole or not at all; the answer says what of the case is not in it.

        A file that is there is replaced in one step; a folder that has files is left alone.

        Args:
            format: `prov`, `html` (files), `ro-crate`, `csv`, `jsonl`, `parquet` (folders), or one of another package;
                without it, that of the ending, such as `.prov.json`.

        Raises:
            ExportError: there is no such format, or it does not fit the ending.
            CaseExists: the folder has files already.
            CaseReadOnly: it cannot be written there.
            CaseDamaged: a step or a piece of evidence is not what was written.
            MissingExtra: there is no library to write this format with.
        """
        from clew.graph.export.exporter import ExportSource
        from clew.graph.export.registry import choose_exporter, export_case

        exporter, recorder = choose_exporter(Path(path), format), self._recorder
        with self._snapshot() as snapshot:
            source = ExportSource(snapshot, recorder.analyst, recorder.clock())
            return export_case(source, Path(path), exporter)

    def to_crate(self, folder: str | Path, *, evidence: bool = False, page: PageWriter | None = None) -> Path:
        """Write an RO-Crate: a folder with the case, its tables and its provenance, each file described and hashed.

        Args:
            evidence: raw replies as files too; the case in the folder has them in any case.
            page: draws the case as a page into a file: `case.to_html`.

        Raises:
            CaseExists: the folder has files already.
            CaseReadOnly: it cannot be written.
            CaseDamaged: a step or a piece of evidence is not what was written.
        """
        from clew.graph.export.ro_crate import write_crate

        by, at = self._recorder.analyst, self._recorder.clock()
        return write_crate(self._recorder.store, Path(folder), by=by, at=at, evidence=evidence, page=page)

    def redaction(self, rules: Rules | None = None, *, key: bytes | str | Path) -> Redaction:
        """What `redact` would replace, with what and how often; nothing is written.

        Args:
            rules: what is inside, and what stays.
            key: the owner's, of at least 16 bytes; or the file that it is in, which nobody else can read.

        Raises:
            KeyUnusable: the key cannot be read, or others can read it.
            NotRedacted: the case cannot be redacted so.
            CaseDamaged: a step or a piece of evidence is not what was written.
            MissingExtra: there is no library to seal with.
        """
        with self._draft(rules, key) as draft:
            return draft.redaction

    def redact(self, path: str | Path, rules: Rules | None = None, *, key: bytes | str | Path) -> Redaction:
        """Write a new case for an outsider: what is inside is replaced in all of it, the same by the same.

        The new case has the same steps, nodes and claims, is sound and replays. Who has the key finds the way back with
        `restore`; without it nothing leads back. This case stays as it is.

        Args:
            rules: what is inside, and what stays.
            key: the owner's, of at least 16 bytes; or the file that it is in, which nobody else can read.

        Raises:
            KeyUnusable: the key cannot be read, or others can read it.
            NotRedacted: the case cannot be redacted so; nothing is written.
            CaseDamaged: a step or a piece of evidence is not what was written.
            CaseError: there is such a file already, or it cannot be written.
            MissingExtra: there is no library to seal with.
        """
        with self._draft(rules, key) as draft:
            draft.store.copy(Path(path))
            return dataclasses.replace(draft.redaction, path=Path(path))

    def restore(self, path: str | Path, *, key: bytes | str | Path) -> Path:
        """Write the original of this redacted case into a new file, with what was added to it since.

        Where nothing was added, it is the original, step for step and hash for hash.

        Raises:
            NotRedacted: the case was not redacted.
            KeyUnusable: it was redacted with another key, or the key cannot be read.
            CaseDamaged: what was redacted was changed since.
            CaseError: there is such a file already, or it cannot be written.
            MissingExtra: there is no library to open the seal with.
        """
        from clew.graph.redaction.restore import restore

        owner = OwnerKey.of(key)
        with self._snapshot() as snapshot, restore(snapshot, owner) as original:
            original.copy(Path(path))
        return Path(path)

    @contextmanager
    def _draft(self, rules: Rules | None, key: bytes | str | Path) -> Generator[Draft]:
        from clew.graph.redaction.redact import redact_case

        owner, workspace = OwnerKey.of(key), self._recorder.workspace
        at, by = self._recorder.clock(), workspace.settings.analyst
        with self._snapshot() as snapshot:
            result = redact_case(snapshot, rules or Rules(), owner, workspace.gate, at=at, by=by)
        with result.store:
            yield result

    def _statement(self, at: datetime) -> Statement:
        return Statement.of(self._recorder.store.head(), at, self._recorder.analyst)

    @contextmanager
    def _snapshot(self) -> Generator[Store]:
        """The case as it is now, while others go on writing it."""
        with TemporaryDirectory(prefix="clew-") as folder:
            path = Path(folder) / "case.clew"
            self._recorder.store.copy(path)
            with Store(path) as store:
                yield store


def branch_path(path: Path, name: str) -> Path:
    """The file of a branch beside that of its case: what is no letter, digit, dot or dash becomes a dash.

    A letter is up to four bytes and a file system takes names of 255.
    """
    ending = re.sub(r"[^\w.-]+", "-", name)[:40].strip(".-") or "branch"
    return path.with_name(f"{path.stem}-{ending}{path.suffix}")
