"""Many files in one question to CIRCL hashlookup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from clew.providers.base import Reply, canonical_json
from clew.providers.json_reply import JsonObject
from clew.providers.web import Batch, HttpRequest

API = "https://hashlookup.circl.lu"
HASH_FIELDS = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256"}
ABSENT = "Non existing"


def _join(kind: str, requests: Sequence[HttpRequest]) -> HttpRequest:
    hashes = [request.url.rpartition("/")[2] for request in requests]
    return HttpRequest("POST", f"{API}/bulk/{kind}", json={"hashes": hashes}, idempotent=True)


def _split(kind: str, reply: Reply, requests: Sequence[HttpRequest]) -> Sequence[bytes]:
    """A file that is not known is left out of the one reply, or an empty object in it."""
    records = {(about.text(HASH_FIELDS[kind]) or "").lower(): about.fields for about in JsonObject.all_of(reply)}
    bodies: list[bytes] = []
    for request in requests:
        value = request.url.rpartition("/")[2]
        absent: dict[str, object] = {"message": f"{ABSENT} {HASH_FIELDS[kind]}", "query": value}
        bodies.append(canonical_json(records.get(value, absent)).encode())
    return bodies


#: How many are asked at once, by the kind of the hash; the service has no such question for SHA-256.
BULK: Mapping[str, Batch] = {kind: Batch(100, partial(_join, kind), partial(_split, kind)) for kind in ("md5", "sha1")}
