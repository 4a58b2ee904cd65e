"""What a claim points at in the raw replies that it rests on: rows of logs and imports, parts of a document, or all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from clew.errors import AskFailed
from clew.graph.projection.imports import IMPORTED_ROWS, ImportBatch
from clew.providers.base import Reply
from clew.providers.local.logs import raw_rows


def evidence_excerpts(replies: Sequence[Reply], pointers: Sequence[str]) -> list[str]:
    """The raw text of each place in the replies that have it; all of them whole where none has."""
    excerpts = [
        reply_excerpts(reply, pointers)
        for reply in replies
        if len(replies) == 1 or has_pointer_targets(reply, pointers)
    ]
    return [text for texts in excerpts or [reply_excerpts(reply, ()) for reply in replies] for text in texts]


def has_pointer_targets(reply: Reply, pointers: Sequence[str]) -> bool:
    """Whether a reply has the places that pointers mean; an answer may rest on several, of which only one does."""
    return raw_rows(reply) is not None or bool(_document_parts(reply, pointers) or _document_lines(reply, pointers))


def reply_excerpts(reply: Reply, pointers: Sequence[str]) -> list[str]:
    """The raw text of each place; of the whole reply where it has no such places.

    Args:
        pointers: `/rows/7` for rows, `/lines/7` for a document in each line, JSON pointers (RFC 6901) for documents.
    """
    rows = raw_rows(reply)
    if rows is not None:
        return [rows[number] for number in _row_indexes(pointers, len(rows))]
    if reply.media_type == IMPORTED_ROWS:
        batch = ImportBatch.read(reply.body)
        indexes = _row_indexes(pointers, len(batch.links))
        texts = [text for number in indexes for text in batch.raw_texts(number)]
        return texts or [json.dumps(batch.links[number], ensure_ascii=False) for number in indexes]
    return (
        _document_parts(reply, pointers)
        or _document_lines(reply, pointers)
        or [reply.body.decode("utf-8", "backslashreplace")]
    )


def _row_indexes(pointers: Sequence[str], size: int) -> list[int]:
    """The places that there are; a case from somebody else may point anywhere."""
    last = (pointer.rpartition("/")[2] for pointer in pointers)
    return [int(number) for number in last if number.isascii() and number.isdigit() and int(number) < size]


def _document_parts(reply: Reply, pointers: Sequence[str]) -> list[str]:
    try:
        document = reply.json() if pointers else None
        return [json.dumps(_resolve_pointer(document, pointer), ensure_ascii=False, indent=1) for pointer in pointers]
    except (AskFailed, LookupError, TypeError, ValueError):
        return []  # no document, or no such place in it: the reader gets all of it


def _document_lines(reply: Reply, pointers: Sequence[str]) -> list[str]:
    """The lines that pointers mean; none if one of them means something else."""
    if not all(pointer.startswith("/lines/") for pointer in pointers):
        return []
    lines = reply.body.splitlines()
    return [lines[number].decode("utf-8", "backslashreplace") for number in _row_indexes(pointers, len(lines))]


def _resolve_pointer(document: Any, pointer: str) -> Any:
    """The part of a document that a JSON pointer means. Raises LookupError, TypeError or ValueError for none."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        document = document[int(name) if isinstance(document, list) else name]
    return document
