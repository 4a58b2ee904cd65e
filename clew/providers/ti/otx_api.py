"""What all questions to OTX have in common: the request for a section, and how it names what it is asked about."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, ClassVar

from clew.entities import Domain, File, IpAddress, Url
from clew.providers.base import Ask, Provider, Quota, Reply
from clew.providers.file_hashes import first_hash
from clew.providers.json_reply import JsonObject
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest, SecretLocation

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

API, PAGES = "https://otx.alienvault.com/api/v1/indicators", "https://otx.alienvault.com/indicator"

_NOT_FOUND = frozenset({404})

#: A section of what is known; None where OTX has none of it.
SectionSteps = Generator[Ask, Reply, JsonObject | None]


class OtxBase(Provider):
    """The service, whatever it is asked."""

    name: ClassVar[str] = "otx"
    title: ClassVar[str] = "AlienVault OTX"
    docs: ClassVar[str] = "https://otx.alienvault.com/api"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_OTX_KEY"
    #: Indicators are public.
    secret_optional: ClassVar[bool] = True
    #: It says how many it allows to nobody in writing; this is no more than courtesy.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(1000, timedelta(hours=1)),)


def fetch_section(path: str, name: str, **params: str) -> SectionSteps:
    """Ask for one section of an indicator."""
    reply = yield HttpRequest(
        "GET",
        f"{API}/{path}/{name}",
        tuple(params.items()),
        secret=SecretLocation("header", "X-OTX-API-KEY"),
        answers=_NOT_FOUND,
    )
    return None if reply.status == 404 else JsonObject.of(reply)


def path_of(subject: IpAddress | Domain | Url | File) -> str:
    """The indicator as OTX names it.

    >>> path_of(Domain("shop.example.co.uk")), path_of(Domain("example.co.uk"))
    ('hostname/shop.example.co.uk', 'domain/example.co.uk')
    >>> path_of(Url("https://evil.example/a?b"))
    'url/https%3A%2F%2Fevil.example%2Fa%3Fb'

    Raises:
        AskSkipped: a file without a hash that OTX goes by.
    """
    match subject:
        case IpAddress():
            return f"IPv{6 if ':' in subject.value else 4}/{subject.value}"
        case Domain():
            return f"{'domain' if _registrable(subject.value) else 'hostname'}/{percent_encode(subject.value)}"
        case Url():
            return f"url/{percent_encode(subject.value)}"
        case File():
            return f"file/{first_hash(subject, 'sha256', 'sha1', 'md5').value}"


def page_of(path: str) -> str:
    """The page for people about an indicator."""
    kind, _, name = path.partition("/")
    return f"{PAGES}/{'ip' if kind.startswith('IP') else kind}/{name}"


def _registrable(name: str) -> bool:
    """Whether it is what one registers, as `example.co.uk`, and not a name below that."""
    return (_suffixes().privatesuffix(name) or name) == name


@cache
def _suffixes() -> PublicSuffixList:
    # Loaded here: it reads the list.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=True)
