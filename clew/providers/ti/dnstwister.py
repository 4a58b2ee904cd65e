"""dnstwister: names that look like another."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain, Relation
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.web import HttpRequest

COLUMNS = ("related", "classification")
_SITE = "https://dnstwister.report"


class DnsTwister(Provider):
    """Names that somebody may take for a domain: misspelt, with other letters that look alike, with a bit flipped."""

    name: ClassVar[str] = "dnstwister"
    title: ClassVar[str] = "dnstwister"
    docs: ClassVar[str] = f"{_SITE}/documentation/dnstwister_apis"
    leaves: ClassVar[bool] = True
    #: It asks not to be abused, and names no figure: this is courtesy.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(1, timedelta(seconds=1)),)
    concurrency: ClassVar[int] = 1
    #: The names are made by rules, which change seldom.
    lifetime: ClassVar[timedelta] = timedelta(days=7)

    @operation(calls=1, broad=True, facts=COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Names that look like the domain, and how they were made of it.

        They are permutations: dnstwister makes them without looking whether anybody has registered them.
        """
        hex_name = domain.value.encode().hex()
        reply = yield HttpRequest("GET", f"{_SITE}/api/fuzz/{hex_name}")
        document, links, reference = JsonObject.of(reply), LinkCollector(domain), f"{_SITE}/search/{hex_name}"
        if links.entity(document.text("domain"), Domain) != domain:
            raise AskFailed("the reply is not about this domain", kind="reply")
        candidates = [
            (permutation, links.entity(permutation.text("domain"), Domain))
            for permutation in document.require_all("fuzzy_domains")
        ]
        # The domain itself stands among them.
        lookalikes = [(permutation, other) for permutation, other in candidates if other != domain]
        if not lookalikes:
            return nothing(domain, "dnstwister makes no names of it", reference=reference)
        rows: list[tuple[Scalar, ...]] = []
        for permutation, other in lookalikes:
            if other is not None:
                links.link(domain, Relation.RELATED_TO, other, permutation.pointer)
                rows.append((str(other.key), permutation.text("fuzzer")))
        reason = f"{len(rows)} names look like it: permutations, and nobody has registered all of them"
        return found(
            domain,
            reason,
            reference=reference,
            links=links,
            table=Table(COLUMNS, tuple(rows)),
            returned=len(lookalikes),
        )
