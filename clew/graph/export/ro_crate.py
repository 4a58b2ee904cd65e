"""A case as an RO-Crate: a folder with the case, its tables and its provenance, each file described and hashed."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from clew.entities.checked_text import stamp
from clew.errors import CaseExists, CaseNotFound, CaseReadOnly, PipelineError
from clew.graph.case_reader import CaseReader
from clew.graph.export.folder_manifest import sha256_of, write_manifest
from clew.graph.export.legal_names import encodable_text, local_name
from clew.graph.export.prov import write_prov
from clew.graph.export.ro_crate_preview import preview
from clew.graph.export.step_log import ExportLog
from clew.graph.store import TOOL, Store

#: Draws the case into a file.
PageWriter = Callable[[Path], object]
CASE, METADATA, PREVIEW = "case.clew", "ro-crate-metadata.json", "ro-crate-preview.html"
_PROFILE = "https://w3id.org/ro/crate/1.2"
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,60}")
_TABLES: Mapping[str, tuple[str, Callable[[CaseReader], Any]]] = {
    "nodes.csv": ("entities, one per row", CaseReader.nodes),
    "edges.csv": ("edges, one per row", CaseReader.edges),
    "claims.csv": ("what each source said of edges, one claim per row", CaseReader.claims),
    "findings.csv": ("what each source answered, one answer per row", CaseReader.findings),
}


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a crate: its name, which no attacker gave it, and what it is."""

    name: str
    media_type: str
    about: str


def write_crate(
    store: Store, folder: Path, *, by: str, at: datetime, evidence: bool = False, page: PageWriter | None = None
) -> Path:
    """Write a case as a crate, whole or not at all, while others go on working with it.

    Args:
        by: who exports it.
        at: when.
        evidence: raw replies as files too, each named by its hash; the case has them in any case.
        page: draws the case as one HTML page.

    Raises:
        CaseExists: the folder has files already.
        CaseReadOnly: it cannot be written.
        CaseDamaged: a step or a piece of evidence is not what was written.
    """
    with _atomic_folder(folder) as scratch:
        store.copy(scratch / CASE)
        with Store(scratch / CASE) as copied_store:
            files = [
                _File(CASE, "application/vnd.sqlite3", "the case; clew opens it"),
                *_write_tables(copied_store, scratch),
            ]
            files += _write_evidence(copied_store, scratch) if evidence else []
            log = ExportLog.of(copied_store.steps())
        if page is not None:
            page(scratch / "page.html")
            files.append(_File("page.html", "text/html", "the graph as one page that loads nothing"))
        _write_metadata(scratch, files, log, by, at)
        write_manifest(scratch)
        _sync_folder(scratch)
    return folder


def _write_tables(store: Store, folder: Path) -> Iterator[_File]:
    """The tables and the provenance."""
    # Imported here: pipelines read cases themselves.
    from clew.graph.export.table_files import write_table

    for name, (about, table) in _TABLES.items():
        write_table(table(CaseReader(store)), folder / name)
        yield _File(name, "text/csv", about)
    write_prov(store, folder / "prov.json")
    yield _File("prov.json", "application/json", "where all of it came from, as W3C PROV-JSON")


def _write_evidence(store: Store, folder: Path) -> Iterator[_File]:
    """Raw replies, as they came."""
    evidence_folder = folder / "evidence"
    evidence_folder.mkdir()
    for fingerprint in store.evidence():
        reply = store.verified_reply(fingerprint)
        # By the hash of the content itself: what the case calls it is somebody else's text.
        (evidence_folder / reply.fingerprint).write_bytes(reply.body)
        media_match = _MEDIA_TYPE.fullmatch(reply.media_type)
        media_type = reply.media_type if media_match else "application/octet-stream"
        yield _File(f"evidence/{reply.fingerprint}", media_type, "a raw reply, as it came")


# -- what the files are ------------------------------------------------------------------------------------------


def _write_metadata(folder: Path, files: Sequence[_File], log: ExportLog, by: str, at: datetime) -> None:
    file_entries = [_file_entry(folder, file, at) for file in files]
    title = encodable_text(log.title) or "a case"
    graph = [*_crate_entries(title, file_entries, log, by, at), *file_entries]
    metadata = {"@context": f"{_PROFILE}/context", "@graph": graph}
    (folder / METADATA).write_text(json.dumps(metadata, indent=1), "ascii", newline="\n")
    export_text = f"Exported {stamp(at)} by {by} with {TOOL}; {len(log.entries)} steps."
    (folder / PREVIEW).write_text(preview(title, export_text, file_entries), "utf-8", "backslashreplace", newline="\n")


def _file_entry(folder: Path, file: _File, at: datetime) -> dict[str, Any]:
    path = folder / file.name
    return {
        "@id": file.name,
        "@type": "File",
        "name": file.name,
        "description": file.about,
        "encodingFormat": file.media_type,
        "contentSize": str(path.stat().st_size),
        "sha256": sha256_of(path),
        "dateModified": stamp(at),
    }


def _crate_entries(
    title: str, files: Sequence[Mapping[str, Any]], log: ExportLog, by: str, at: datetime
) -> Iterator[dict[str, Any]]:
    people = {name: f"#{local_name('analyst', name)}" for name in (*(entry.by for entry in log.entries), by)}
    tool, terms = f"#{local_name('tool', TOOL)}", "#terms"
    yield {"@id": METADATA, "@type": "CreativeWork", "conformsTo": _ref(_PROFILE), "about": _ref("./")}
    yield {
        "@id": "./",
        "@type": "Dataset",
        "name": title,
        "description": f"A security investigation of {len(log.entries)} steps: the case, its tables, its provenance.",
        "datePublished": stamp(at),
        "license": _ref(terms),
        "creator": [_ref(person_id) for person_id in people.values()],
        "mainEntity": _ref(CASE),
        "hasPart": [_ref(file["@id"]) for file in files],
        "mentions": _ref("#export"),
    }
    yield {
        "@id": terms,
        "@type": "CreativeWork",
        "name": "Not licensed",
        "description": "Nobody said who may pass this on. Ask whoever gave it to you.",
    }
    yield {
        "@id": "#export",
        "@type": "CreateAction",
        "name": "export of the case",
        "agent": _ref(people[by]),
        "instrument": _ref(tool),
        "object": _ref(CASE),
        "result": _ref("./"),
        "endTime": stamp(at),
    }
    name, _, version = TOOL.partition(" ")
    yield {"@id": tool, "@type": "SoftwareApplication", "name": name, "softwareVersion": version}
    for person, identifier in people.items():
        yield {"@id": identifier, "@type": "Person", "name": encodable_text(person)}


def _ref(identifier: str) -> dict[str, str]:
    return {"@id": identifier}


# -- the folder --------------------------------------------------------------------------------------------------


@contextmanager
def _atomic_folder(folder: Path) -> Generator[Path]:
    """A scratch folder to fill, which appears under its name only when it is whole."""
    target = folder.absolute()
    if not target.parent.is_dir():
        raise CaseNotFound("there is no such folder", location=str(target.parent), next_step="make it first")
    scratch = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        _check_empty(folder)
        scratch.mkdir()
        yield scratch
        with suppress(FileNotFoundError):
            target.rmdir()
        scratch.rename(target)
    except (OSError, PipelineError) as error:
        reason = error.message if isinstance(error, PipelineError) else error.strerror
        raise CaseReadOnly(
            f"the crate cannot be written: {reason}", location=str(folder), next_step="choose another place"
        ) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _check_empty(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise CaseExists("there is something already", location=str(folder), next_step="choose a new or empty folder")


def _sync_folder(folder: Path) -> None:
    """Wait until a crash of the machine cannot take any of it away."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
