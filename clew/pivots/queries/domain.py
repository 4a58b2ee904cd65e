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
    resolutions = bind(DomainLogs.resolutions)
