"""dnstwister: names that look like another."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import Domain, Relation
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.reading import Links, Part, told, unknown
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

    @operation(calls=1, wide=True, facts=COLUMNS)
    def domain(self, domain: Domain) -> Steps:
        """Names that look like the domain, and how they were made of it.

        They are permutations: dnstwister makes them without looking whether anybody has registered them.
        """
        spelt = domain.value.encode().hex()
        reply = yield HttpRequest("GET", f"{_SITE}/api/fuzz/{spelt}")
        document, links, reference = Part.of(reply), Links(domain), f"{_SITE}/search/{spelt}"
        if links.made(document.text("domain"), Domain) != domain:
            raise AskFailed("the reply is not about this domain", kind="reply")
        named = [(each, links.made(each.text("domain"), Domain)) for each in document.every("fuzzy_domains")]
        # The domain itself stands among them.
        others = [(each, other) for each, other in named if other != domain]
        if not others:
            return unknown(domain, "dnstwister makes no names of it", reference=reference)
        rows: list[tuple[Scalar, ...]] = []
        for each, other in others:
            if other is not None:
                links.between(domain, Relation.RELATED_TO, other, each.pointer)
                rows.append((str(other.key), each.text("fuzzer")))
        reason = f"{len(rows)} names look like it: permutations, and nobody has registered all of them"
        return told(
            domain, reason, reference=reference, links=links, table=Table(COLUMNS, tuple(rows)), returned=len(others)
        )
