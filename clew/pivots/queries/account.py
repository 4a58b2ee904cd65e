"""Menu `query` of Account entities: questions to the connected logs.

Generated from clew/logs/queries by `python -m clew.pivots.generate`. Do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Account
from clew.entities.times import When
from clew.pivots.binding import Menu, bind
from clew.providers.base import Steps, operation
from clew.providers.local.logs import LogProvider


class AccountLogs(LogProvider):
    """Log queries about Account entities."""

    @operation(calls=1)
    def logons(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Where the account logged on, and from where.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.logons", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def processes(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Processes that ran as the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.processes", account, {}, limit, start, end)


class AccountQuery(Menu[Account]):
    """Questions to the logs about Account entities."""

    menu: ClassVar[str] = "query"
    logons = bind(AccountLogs.logons)
    processes = bind(AccountLogs.processes)
