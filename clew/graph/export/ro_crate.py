"""A case as an RO-Crate: a folder with the case, its tables and its provenance, each file described and hashed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from clew.entities.checked_text import stamp
from clew.graph.case_tables import CaseTables
from clew.graph.export.exporter import Exporter, ExportSource
from clew.graph.export.folder_manifest import sha256_of, write_manifest
from clew.graph.export.legal_names import encodable_text, local_name
from clew.graph.export.prov import write_prov
from clew.graph.export.ro_crate_preview import preview
from clew.graph.export.step_log import ExportLog
from clew.graph.export.table_folder import GRAPH_TABLES, write_tables
from clew.graph.format.atomic_write import atomic_folder
from clew.graph.store import TOOL, Store

#: Draws the case into a file.
PageWriter = Callable[[Path], object]
CASE, METADATA, PREVIEW = "case.clew", "ro-crate-metadata.json", "ro-crate-preview.html"
_PROFILE = "https://w3id.org/ro/crate/1.2"
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,60}")


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
    with atomic_folder(folder, "the crate") as scratch:
        _fill_crate(store, scratch, by, at, evidence=evidence, page=page)
    return folder


def _fill_crate(
    store: Store, folder: Path, by: str, at: datetime, *, evidence: bool = False, page: PageWriter | None = None
) -> None:
    store.copy(folder / CASE)
    with Store(folder / CASE) as copied_store:
        files = [
            _File(CASE, "application/vnd.sqlite3", "the case; clew opens it"),
            *_write_tables(copied_store, folder),
        ]
        files += _write_evidence(copied_store, folder) if evidence else []
        log = ExportLog.of(copied_store.steps())
    if page is not None:
        page(folder / "page.html")
        files.append(_File("page.html", "text/html", "the graph as one page that loads nothing"))
    _write_metadata(folder, files, log, by, at)
    write_manifest(folder)


def _write_tables(store: Store, folder: Path) -> Iterator[_File]:
    """The tables and the provenance."""
    for table in write_tables(CaseTables(store), folder, "csv", GRAPH_TABLES):
        yield _File(f"{table.name}.csv", "text/csv", table.about)
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


def _write(source: ExportSource, folder: Path) -> None:
    _fill_crate(source.store, folder, source.by, source.at)


# The case itself is in it.
RO_CRATE = Exporter("ro-crate", "RO-Crate", "", _write)
