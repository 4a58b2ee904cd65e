"""Menu `query` of Domain entities: questions to the connected logs.

Generated from clew/logs/queries by `python -m clew.pivots.generate`. Do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Domain
from clew.entities.times import TimeLike
from clew.pivots.binding import Menu, bind
from clew.providers.base import Steps, operation
from clew.providers.local.logs import LogProvider


class DomainLogs(LogProvider):
    """Log queries about Domain entities."""

    @operation(calls=1, broad=True)
    def mail(
        self,
        domain: Domain,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Mails with a link to the domain.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Domain.mail", domain, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def alerts(
        self,
        domain: Domain,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Alerts that name the domain.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Domain.alerts", domain, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def clients(
        self,
        domain: Domain,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Addresses that asked for the name: the first time of each.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Domain.clients", domain, {}, limit, start, end)

    @operation(calls=1)
    def tls_sessions(
        self,
        domain: Domain,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Sessions of TLS to the name, and certificates that are for it.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Domain.tls_sessions", domain, {}, limit, start, end)

    @operation(calls=1)
    def transfers(
        self,
        domain: Domain,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Files that were carried from the name or to it, with their hashes.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Domain.transfers", domain, {}, limit, start, end)

    @operation(calls=1)
    def web_requests(
        self,
        domain: Domain,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Web requests to the name, and by whom.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Domain.web_requests", domain, {}, limit, start, end)

    @operation(calls=1)
    def resolutions(
        self,
        domain: Domain,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Who looked the name up, and what it resolved to.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Domain.resolutions", domain, {}, limit, start, end)


class DomainQuery(Menu[Domain]):
    """Questions to the logs about Domain entities."""

    menu: ClassVar[str] = "query"
    mail = bind(DomainLogs.mail)
    alerts = bind(DomainLogs.alerts)
    clients = bind(DomainLogs.clients)
    tls_sessions = bind(DomainLogs.tls_sessions)
    transfers = bind(DomainLogs.transfers)
    web_requests = bind(DomainLogs.web_requests)
    resolutions = bind(DomainLogs.resolutions)
