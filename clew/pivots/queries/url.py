"""Menu `query` of Url entities: questions to the connected logs.

Generated from clew/logs/queries by `python -m clew.pivots.generate`. Do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Url
from clew.entities.times import TimeLike
from clew.pivots.binding import Menu, bind
from clew.providers.base import Steps, operation
from clew.providers.local.logs import LogProvider


class UrlLogs(LogProvider):
    """Log queries about Url entities."""

    @operation(calls=1, broad=True)
    def mail(
        self,
        url: Url,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Mails with the URL in them.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Url.mail", url, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def alerts(
        self,
        url: Url,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Alerts that name the URL.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Url.alerts", url, {}, limit, start, end)

    @operation(calls=1)
    def transfers(
        self,
        url: Url,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Files that were carried from the URL or to it, with their hashes.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Url.transfers", url, {}, limit, start, end)

    @operation(calls=1)
    def web_requests(
        self,
        url: Url,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Web requests for the URL, and by whom.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Url.web_requests", url, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def bits_jobs(
        self,
        url: Url,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Downloads in the background from the URL.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Url.bits_jobs", url, {}, limit, start, end)


class UrlQuery(Menu[Url]):
    """Questions to the logs about Url entities."""

    menu: ClassVar[str] = "query"
    mail = bind(UrlLogs.mail)
    alerts = bind(UrlLogs.alerts)
    transfers = bind(UrlLogs.transfers)
    web_requests = bind(UrlLogs.web_requests)
    bits_jobs = bind(UrlLogs.bits_jobs)
