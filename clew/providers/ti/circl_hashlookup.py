"""CIRCL hashlookup: files that are known, from which software and which collections."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import File
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.file_hashes import first_hash
from clew.providers.findings import nothing
from clew.providers.json_reply import JsonObject
from clew.providers.ti.circl_hashlookup_batch import ABSENT, API, BULK, HASH_FIELDS
from clew.providers.ti.circl_hashlookup_records import FACTS, known_file_finding
from clew.providers.web import HttpRequest


class CirclHashlookup(Provider):
    """Files of operating systems, distributions and the NSRL; some of which others call malicious."""

    name: ClassVar[str] = "circl-hashlookup"
    title: ClassVar[str] = "CIRCL hashlookup"
    docs: ClassVar[str] = "https://www.circl.lu/services/hashlookup/"
    leaves: ClassVar[bool] = True
    #: Free, as well as CIRCL can: it names no figure, and this is courtesy.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(10, timedelta(seconds=1)),)
    concurrency: ClassVar[int] = 5
    #: What a file is does not change, and collections grow slowly.
    lifetime: ClassVar[timedelta] = timedelta(days=7)

    @operation(calls=1, facts=FACTS.names)
    def file(self, file: File) -> Steps:
        """Whether the file is known, and as part of which software."""
        kind, value = first_hash(file, "sha1", "sha256", "md5")  # every file there has a SHA-1
        url = f"{API}/lookup/{kind}/{value}"
        reply = yield HttpRequest("GET", url, answers=frozenset({404}), batch=BULK.get(kind))
        document = JsonObject.of(reply)
        if (document.text("message") or "").startswith(ABSENT):
            return nothing(file, "CIRCL hashlookup does not know it", reference=url)
        if reply.status == 404 or (document.text(HASH_FIELDS[kind]) or "").lower() != value:
            raise AskFailed("the reply is not about this file", kind="reply")
        return known_file_finding(file, document, url)
