"""Menu `query` of IpAddress entities: questions to the connected logs.

Generated from clew/logs/queries by `python -m clew.pivots.generate`. Do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from clew.entities import IpAddress
from clew.entities.times import TimeLike
from clew.pivots.binding import Menu, bind
from clew.providers.base import Steps, operation
from clew.providers.local.logs import LogProvider


class IpLogs(LogProvider):
    """Log queries about IpAddress entities."""

    @operation(calls=1, broad=True)
    def cloud_calls(
        self,
        ip: IpAddress,
        *,
        action: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """What was called in clouds and services from the address, and by whom.

        Args:
            action: only what is called this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.cloud_calls", ip, {"action": action}, limit, start, end)

    @operation(calls=1, broad=True)
    def cloud_sign_ins(
        self,
        ip: IpAddress,
        *,
        outcome: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Who signed in to services from the address.

        Args:
            outcome: only those with this outcome: success or failure.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.cloud_sign_ins", ip, {"outcome": outcome}, limit, start, end)

    @operation(calls=1, broad=True)
    def failed_sign_ins(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Sign-ins from the address that failed: many accounts tell of guessing.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.failed_sign_ins", ip, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def identity_changes(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """What was changed in directories from the address.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.identity_changes", ip, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def mailbox_changes(
        self,
        ip: IpAddress,
        *,
        action: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """What was done to mailboxes from the address.

        Args:
            action: only what is called this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.mailbox_changes", ip, {"action": action}, limit, start, end)

    @operation(calls=1, broad=True)
    def mail(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Mails that the address delivered.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.mail", ip, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def alerts(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Alerts that name the address.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.alerts", ip, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def flows(
        self,
        ip: IpAddress,
        *,
        port: int | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Connections from and to the address, as hosts and sensors saw them.

        Args:
            port: only connections to this port.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.flows", ip, {"port": port}, limit, start, end)

    @operation(calls=1, broad=True)
    def big_flows(
        self,
        ip: IpAddress,
        *,
        minimum: int = 1000000,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Connections of the address in which one end sent much.

        Args:
            minimum: the fewest bytes that one of the ends sent.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.big_flows", ip, {"minimum": minimum}, limit, start, end)

    @operation(calls=1, broad=True)
    def rare_peers(
        self,
        ip: IpAddress,
        *,
        clients: int = 1,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Whom the address talked to, and hardly anybody else did: once each.

        Args:
            clients: the most addresses that talked to the peer.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.rare_peers", ip, {"clients": clients}, limit, start, end)

    @operation(calls=1, broad=True)
    def dns_questions(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Names that the address asked for.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.dns_questions", ip, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def rare_names(
        self,
        ip: IpAddress,
        *,
        clients: int = 1,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Names that the address, and hardly anybody else, asked for: once each.

        Args:
            clients: the most addresses that asked for the name.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.rare_names", ip, {"clients": clients}, limit, start, end)

    @operation(calls=1, broad=True)
    def tls_sessions(
        self,
        ip: IpAddress,
        *,
        fingerprint: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Sessions of TLS from and to the address, with names and certificates.

        Args:
            fingerprint: only clients with this JA3 fingerprint.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.tls_sessions", ip, {"fingerprint": fingerprint}, limit, start, end)

    @operation(calls=1)
    def certificates(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Certificates that the address showed: the first time of each.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.certificates", ip, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def transfers(
        self,
        ip: IpAddress,
        *,
        protocol: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Files that the address sent or received.

        Args:
            protocol: only this protocol: http, ftp, smb.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.transfers", ip, {"protocol": protocol}, limit, start, end)

    @operation(calls=1, broad=True)
    def remote_calls(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Procedures that were called from the address, and on it.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.remote_calls", ip, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def rdp_clients(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Sessions of Remote Desktop to the address, as sensors saw them.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.rdp_clients", ip, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def share_clients(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Shares and files in them that were opened at the address.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.share_clients", ip, {}, limit, start, end)

    @operation(calls=1)
    def leases(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Hosts that were given the address, and by which server.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.leases", ip, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def web_requests(
        self,
        ip: IpAddress,
        *,
        path: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Web requests that the address made, and that were made to it.

        Args:
            path: only requests whose path contains this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.web_requests", ip, {"path": path}, limit, start, end)

    @operation(calls=1, broad=True)
    def rare_paths(
        self,
        ip: IpAddress,
        *,
        clients: int = 1,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Paths that the address, and hardly anybody else, asked for: once each.

        Args:
            clients: the most addresses that asked for the path.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.rare_paths", ip, {"clients": clients}, limit, start, end)

    @operation(calls=1)
    def connections(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
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
        start: TimeLike | None = None,
        end: TimeLike | None = None,
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
        start: TimeLike | None = None,
        end: TimeLike | None = None,
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
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Names that resolved to the address.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.resolutions", ip, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def kerberos_tickets(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Kerberos tickets that were asked for from the address.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.kerberos_tickets", ip, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def shares(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Shares and files in them that were opened from the address.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.shares", ip, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def rdp_sessions(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Sessions of Remote Desktop from the address.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("IpAddress.rdp_sessions", ip, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def explicit_credentials(
        self,
        ip: IpAddress,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
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
    cloud_calls = bind(IpLogs.cloud_calls)
    cloud_sign_ins = bind(IpLogs.cloud_sign_ins)
    failed_sign_ins = bind(IpLogs.failed_sign_ins)
    identity_changes = bind(IpLogs.identity_changes)
    mailbox_changes = bind(IpLogs.mailbox_changes)
    mail = bind(IpLogs.mail)
    alerts = bind(IpLogs.alerts)
    flows = bind(IpLogs.flows)
    big_flows = bind(IpLogs.big_flows)
    rare_peers = bind(IpLogs.rare_peers)
    dns_questions = bind(IpLogs.dns_questions)
    rare_names = bind(IpLogs.rare_names)
    tls_sessions = bind(IpLogs.tls_sessions)
    certificates = bind(IpLogs.certificates)
    transfers = bind(IpLogs.transfers)
    remote_calls = bind(IpLogs.remote_calls)
    rdp_clients = bind(IpLogs.rdp_clients)
    share_clients = bind(IpLogs.share_clients)
    leases = bind(IpLogs.leases)
    web_requests = bind(IpLogs.web_requests)
    rare_paths = bind(IpLogs.rare_paths)
    connections = bind(IpLogs.connections)
    logons = bind(IpLogs.logons)
    hosts = bind(IpLogs.hosts)
    resolutions = bind(IpLogs.resolutions)
    kerberos_tickets = bind(IpLogs.kerberos_tickets)
    shares = bind(IpLogs.shares)
    rdp_sessions = bind(IpLogs.rdp_sessions)
    explicit_credentials = bind(IpLogs.explicit_credentials)
