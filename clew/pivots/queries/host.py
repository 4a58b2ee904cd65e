"""Menu `query` of Host entities: questions to the connected logs.

Generated from clew/logs/queries by `python -m clew.pivots.generate`. Do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Host
from clew.entities.times import TimeLike
from clew.pivots.binding import Menu, bind
from clew.providers.base import Steps, operation
from clew.providers.local.logs import LogProvider


class HostLogs(LogProvider):
    """Log queries about Host entities."""

    @operation(calls=1, broad=True)
    def alerts(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Alerts that name the host, and what else they name.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.alerts", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def autoruns(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """What starts by itself on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.autoruns", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def cloud_sign_ins(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Sign-ins to services that came from the host as a device.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.cloud_sign_ins", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def leases(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Addresses that the host was given.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.leases", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def web_requests(
        self,
        host: Host,
        *,
        path: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Web requests that the host served.

        Args:
            path: only requests whose path contains this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.web_requests", host, {"path": path}, limit, start, end)

    @operation(calls=1, broad=True)
    def processes(
        self,
        host: Host,
        *,
        image: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
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
        start: TimeLike | None = None,
        end: TimeLike | None = None,
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
        start: TimeLike | None = None,
        end: TimeLike | None = None,
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
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Names that the host's processes looked up.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.resolutions", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def registry(
        self,
        host: Host,
        *,
        path: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Changes of the registry on the host.

        Args:
            path: only keys whose path contains this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.registry", host, {"path": path}, limit, start, end)

    @operation(calls=1, broad=True)
    def images(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Libraries and drivers that were loaded on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.images", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def remote_threads(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Threads that were started in other processes on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.remote_threads", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def pipes(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Named pipes that were made and connected to on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.pipes", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def process_ends(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Processes that ended on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.process_ends", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def file_changes(
        self,
        host: Host,
        *,
        path: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Files on the host that were deleted, given a stream or another time.

        Args:
            path: only files whose path contains this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.file_changes", host, {"path": path}, limit, start, end)

    @operation(calls=1, broad=True)
    def object_accesses(
        self,
        host: Host,
        *,
        name: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Objects that were opened, accessed or deleted on the host.

        Args:
            name: only objects whose name contains this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.object_accesses", host, {"name": name}, limit, start, end)

    @operation(calls=1, broad=True)
    def directory_changes(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Changes of objects in the directory on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.directory_changes", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def services(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Services that were installed, started, stopped or failed on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.services", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def scheduled_tasks(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Scheduled tasks that were made, changed, deleted or run on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.scheduled_tasks", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def script_blocks(
        self,
        host: Host,
        *,
        text: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Scripts and commands of PowerShell on the host.

        Args:
            text: only scripts that contain this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.script_blocks", host, {"text": text}, limit, start, end)

    @operation(calls=1, broad=True)
    def account_changes(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Accounts that were made, changed, locked or deleted on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.account_changes", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def group_changes(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Groups that were changed, and their members on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.group_changes", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def kerberos_tickets(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Kerberos tickets that were asked for on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.kerberos_tickets", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def privilege_uses(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Special privileges that were given or used on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.privilege_uses", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def explicit_credentials(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Credentials of another account that were used on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.explicit_credentials", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def shares(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Shares and files in them that were opened on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.shares", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def wmi_events(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Subscriptions, providers and queries of WMI on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.wmi_events", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def malware_detections(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """What Microsoft Defender found and did on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.malware_detections", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def firewall_changes(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Changes of the firewall on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.firewall_changes", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def rdp_sessions(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Sessions of Remote Desktop on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.rdp_sessions", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def log_clears(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Logs that were cleared on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.log_clears", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def logoffs(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Logons that ended on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.logoffs", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def bits_jobs(
        self,
        host: Host,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Downloads and uploads in the background on the host.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.bits_jobs", host, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def rare_processes(
        self,
        host: Host,
        *,
        machines: int | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Processes of the host whose program ran on few machines.

        Args:
            machines: on how many machines at the most; 1 if nothing is said.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Host.rare_processes", host, {"machines": machines}, limit, start, end)


class HostQuery(Menu[Host]):
    """Questions to the logs about Host entities."""

    menu: ClassVar[str] = "query"
    alerts = bind(HostLogs.alerts)
    autoruns = bind(HostLogs.autoruns)
    cloud_sign_ins = bind(HostLogs.cloud_sign_ins)
    leases = bind(HostLogs.leases)
    web_requests = bind(HostLogs.web_requests)
    processes = bind(HostLogs.processes)
    logons = bind(HostLogs.logons)
    connections = bind(HostLogs.connections)
    resolutions = bind(HostLogs.resolutions)
    registry = bind(HostLogs.registry)
    images = bind(HostLogs.images)
    remote_threads = bind(HostLogs.remote_threads)
    pipes = bind(HostLogs.pipes)
    process_ends = bind(HostLogs.process_ends)
    file_changes = bind(HostLogs.file_changes)
    object_accesses = bind(HostLogs.object_accesses)
    directory_changes = bind(HostLogs.directory_changes)
    services = bind(HostLogs.services)
    scheduled_tasks = bind(HostLogs.scheduled_tasks)
    script_blocks = bind(HostLogs.script_blocks)
    account_changes = bind(HostLogs.account_changes)
    group_changes = bind(HostLogs.group_changes)
    kerberos_tickets = bind(HostLogs.kerberos_tickets)
    privilege_uses = bind(HostLogs.privilege_uses)
    explicit_credentials = bind(HostLogs.explicit_credentials)
    shares = bind(HostLogs.shares)
    wmi_events = bind(HostLogs.wmi_events)
    malware_detections = bind(HostLogs.malware_detections)
    firewall_changes = bind(HostLogs.firewall_changes)
    rdp_sessions = bind(HostLogs.rdp_sessions)
    log_clears = bind(HostLogs.log_clears)
    logoffs = bind(HostLogs.logoffs)
    bits_jobs = bind(HostLogs.bits_jobs)
    rare_processes = bind(HostLogs.rare_processes)
