"""The hashes of a file: which it is asked by, and which a reply has."""

from __future__ import annotations

from typing import NamedTuple

from clew.entities import File
from clew.errors import AskSkipped, EntityError
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector


class FileHash(NamedTuple):
    """A hash of a file in hexadecimal, and its kind: md5, sha1, sha256 or sha512."""

    kind: str
    value: str


def first_hash(file: File, *kinds: str) -> FileHash:
    """The first of these hashes that is known of a file. Raises AskSkipped where none is.

    >>> first_hash(File("d41d8cd98f00b204e9800998ecf8427e"), "sha256", "md5")
    FileHash(kind='md5', value='d41d8cd98f00b204e9800998ecf8427e')
    """
    hashes: dict[str, str | None] = {"sha512": file.sha512, "sha256": file.sha256, "sha1": file.sha1, "md5": file.md5}
    for kind in kinds:
        value = hashes[kind]
        if value:
            return FileHash(kind, value)
    raise AskSkipped(f"none of the hashes that it is asked by is known: {', '.join(kinds)}", kind="no-hash", sent=False)


def file_from_hashes(
    record: JsonObject, links: LinkCollector, *, sha256: str, sha1: str = "", md5: str = "", size: str = ""
) -> File | None:
    """A file by the hashes in the fields of these names; None, and counted, if the best of them is none.

    >>> about = JsonObject({"SHA-256": "", "MD5": "D41D8CD98F00B204E9800998ECF8427E", "bytes": "0"})
    >>> file_from_hashes(about, LinkCollector(File("7b" * 16)), sha256="SHA-256", md5="MD5", size="bytes")
    File('md5:d41d8cd98f00b204e9800998ecf8427e', md5='d41d8cd98f00b204e9800998ecf8427e', size=0)
    """
    hashes = {
        name: record.text(field_name)
        for name, field_name in (("sha256", sha256), ("sha1", sha1), ("md5", md5))
        if field_name
    }
    file = links.entity(next((text for text in hashes.values() if text), None), File)
    try:
        file_size = record.integer(size) if size else None
        return file and File(file.value, sha1=hashes.get("sha1"), md5=hashes.get("md5"), size=file_size)
    except EntityError:
        return file  # the best hash is one, and another is none


def same_file(file: File, *digests: str | None) -> File | None:
    """The file with the hashes that a source tells of it; None where they are not new, or those of another file.

    >>> same_file(File("7b" * 16), "5f" * 32, None, "7b" * 16).value == "sha256:" + "5f" * 32
    True
    >>> same_file(File("7b" * 16), "5f" * 32, "8c" * 16) is None
    True
    """
    hashes: dict[str, str] = {}
    for text in digests:
        try:
            kind, _, value = File(text or "").value.partition(":")
        except EntityError:
            continue
        hashes.setdefault(kind, value)
    if not hashes:
        return None
    reported_file = File(
        sha512=hashes.get("sha512"), sha256=hashes.get("sha256"), sha1=hashes.get("sha1"), md5=hashes.get("md5")
    )
    mine, theirs = {file.key, *file.aliases}, {reported_file.key, *reported_file.aliases}
    return reported_file if mine & theirs and theirs - mine else None
