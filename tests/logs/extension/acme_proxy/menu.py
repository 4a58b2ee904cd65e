"""The menu `proxy` of domains."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Domain
from clew.entities.times import TimeLike
from clew.pivots.binding import Menu, bind
from clew.providers.base import Steps, operation
from clew.providers.local.logs import LogProvider


class ProxyLogs(LogProvider):
    """Questions to the proxy's logs."""

    @operation(calls=1)
    def requests(
        self,
        domain: Domain,
        *,
        status: int | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Requests for the domain that went through a proxy.

        Args:
            status: only answers with this status
            limit: the most rows
            start: not before this time
            end: before this time
        """
        return self.ask("Domain.requests", domain, {"status": status}, limit, start, end)


class DomainProxy(Menu[Domain]):
    """What proxies know of a domain."""

    menu: ClassVar[str] = "proxy"
    requests = bind(ProxyLogs.requests)
