"""Menu `query` of Host entities: questions to the connected logs.

Generated from clew/logs/queries by `python -m clew.pivots.generate`. Do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Host
from clew.entities.times import When
from clew.pivots.binding import Menu, bind
from clew.providers.base import Steps, operation
from clew.providers.local.logs import LogProvider


class HostLogs(LogProvider):
    """Log queries about Host entities."""

    @operation(calls=1, broad=True)
    def processes(
        self,
        host: Host,
        *,
        image: str | None = None,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Processes that started on the host.

        Args:
            image: only programs whose path ends with this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.processes", host, {"image": image}, limit, start, end)

    @operation(calls=1)
    def logons(
        self,
        host: Host,
        *,
        logon_type: int | None = None,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Logons to the host, successful and failed.

        Args:
            logon_type: only logons of this Windows type: 2 interactive, 3 network, 10 remote.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.logons", host, {"logon_type": logon_type}, limit, start, end)

    @operation(calls=1, broad=True)
    def connections(
        self,
        host: Host,
        *,
        port: int | None = None,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Network connections of the host's processes.

        Args:
            port: only connections to this port of the peer.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.connections", host, {"port": port}, limit, start, end)

    @operation(calls=1, broad=True)
    def resolutions(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Names that the host's processes looked up.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.resolutions", host, {}, limit, start, end)


class HostQuery(Menu[Host]):
    """Questions to the logs about Host entities."""

    menu: ClassVar[str] = "query"
    processes = bind(HostLogs.processes)
    logons = bind(HostLogs.logons)
    connections = bind(HostLogs.connections)
    resolutions = bind(HostLogs.resolutions)
