"""The name that is registered, of which a domain is a part."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from clew.entities import Domain

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def registered_name(domain: Domain) -> str:
    """The name that a registry knows: one label more than the suffix under which it registers.

    >>> registered_name(Domain("cdn.update-check.example")), registered_name(Domain("www.city.co.uk"))
    ('update-check.example', 'city.co.uk')
    """
    registrable_name: str | None = _suffixes().privatesuffix(domain.value)
    return registrable_name or domain.value


@functools.cache
def _suffixes() -> PublicSuffixList:
    # Loaded here: few sessions need it. Names that companies give out (`github.io`) are registered by the company.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=True, only_icann=True)
