"""Menu `query` of IpAddress entities: questions to the connected logs.

Generated from clew/logs/queries by `python -m clew.pivots.generate`. Do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from clew.entities import IpAddress
from clew.entities.times import When
from clew.pivots.binding import Menu, bind
from clew.providers.base import Steps, operation
from clew.providers.local.logs import LogProvider


class IpLogs(LogProvider):
    """Log queries about IpAddress entities."""

    @operation(calls=1)
    def connections(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Processes and hosts that talked to the address.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.connections", ip, {}, limit, start, end)

    @operation(calls=1)
    def logons(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Logons that came from the address.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.logons", ip, {}, limit, start, end)

    @operation(calls=1)
    def hosts(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """The host that used the address as its own.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.hosts", ip, {}, limit, start, end)

    @operation(calls=1)
    def resolutions(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Names that resolved to the address.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.resolutions", ip, {}, limit, start, end)

    @operation(calls=1)
    def kerberos_tickets(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Kerberos tickets that were asked for from the address.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.kerberos_tickets", ip, {}, limit, start, end)

    @operation(calls=1)
    def shares(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Shares and files in them that were opened from the address.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.shares", ip, {}, limit, start, end)

    @operation(calls=1)
    def rdp_sessions(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Sessions of Remote Desktop from the address.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.rdp_sessions", ip, {}, limit, start, end)

    @operation(calls=1)
    def explicit_credentials(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Credentials of another account that were used from the address.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.explicit_credentials", ip, {}, limit, start, end)


class IpQuery(Menu[IpAddress]):
    """Questions to the logs about IpAddress entities."""

    menu: ClassVar[str] = "query"
    connections = bind(IpLogs.connections)
    logons = bind(IpLogs.logons)
    hosts = bind(IpLogs.hosts)
    resolutions = bind(IpLogs.resolutions)
    kerberos_tickets = bind(IpLogs.kerberos_tickets)
    shares = bind(IpLogs.shares)
    rdp_sessions = bind(IpLogs.rdp_sessions)
    explicit_credentials = bind(IpLogs.explicit_credentials)
