"""Menu `query`: questions to the connected logs.

Generated from clew/logs/queries by `python -m clew.pivots.generate`. Do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Account, Domain, File, Host, IpAddress, Process
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


class DomainLogs(LogProvider):
    """Log queries about Domain entities."""

    @operation(calls=1)
    def resolutions(
        self,
        domain: Domain,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
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
    resolutions = bind(DomainLogs.resolutions)


class FileLogs(LogProvider):
    """Log queries about File entities."""

    @operation(calls=1)
    def processes(
        self,
        file: File,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Processes that ran from the file.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("File.processes", file, {}, limit, start, end)

    @operation(calls=1)
    def writers(
        self,
        file: File,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Processes that created the file at its place.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("File.writers", file, {}, limit, start, end)


class FileQuery(Menu[File]):
    """Questions to the logs about File entities."""

    menu: ClassVar[str] = "query"
    processes = bind(FileLogs.processes)
    writers = bind(FileLogs.writers)


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


class IpQuery(Menu[IpAddress]):
    """Questions to the logs about IpAddress entities."""

    menu: ClassVar[str] = "query"
    connections = bind(IpLogs.connections)
    logons = bind(IpLogs.logons)
    hosts = bind(IpLogs.hosts)
    resolutions = bind(IpLogs.resolutions)


class ProcessLogs(LogProvider):
    """Log queries about Process entities."""

    @operation(calls=1)
    def children(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Processes that the process started.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.children", process, {}, limit, start, end)

    @operation(calls=1)
    def parent(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """The process that started it, and who ran it from which file.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.parent", process, {}, limit, start, end)

    @operation(calls=1)
    def connections(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Addresses that the process talked to.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.connections", process, {}, limit, start, end)

    @operation(calls=1)
    def resolutions(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Names that the process looked up.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.resolutions", process, {}, limit, start, end)

    @operation(calls=1)
    def files(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Files that the process created.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.files", process, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def accesses(
        self,
        process: Process,
        *,
        image: str | None = None,
        limit: int = 1000,
        start: When | None = None,
        end: When | None = None,
    ) -> Steps:
        """Processes whose memory the process opened.

        Args:
            image: only targets whose path ends with this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.accesses", process, {"image": image}, limit, start, end)


class ProcessQuery(Menu[Process]):
    """Questions to the logs about Process entities."""

    menu: ClassVar[str] = "query"
    children = bind(ProcessLogs.children)
    parent = bind(ProcessLogs.parent)
    connections = bind(ProcessLogs.connections)
    resolutions = bind(ProcessLogs.resolutions)
    files = bind(ProcessLogs.files)
    accesses = bind(ProcessLogs.accesses)
