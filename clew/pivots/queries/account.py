"""Menu `query` of Account entities: questions to the connected logs.

Generated from clew/logs/queries by `python -m clew.pivots.generate`. Do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Account
from clew.entities.times import TimeLike
from clew.pivots.binding import Menu, bind
from clew.providers.base import Steps, operation
from clew.providers.local.logs import LogProvider


class AccountLogs(LogProvider):
    """Log queries about Account entities."""

    @operation(calls=1, broad=True)
    def cloud_calls(
        self,
        account: Account,
        *,
        action: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """What the account called in clouds and services, and from where.

        Args:
            action: only what is called this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.cloud_calls", account, {"action": action}, limit, start, end)

    @operation(calls=1, broad=True)
    def cloud_sign_ins(
        self,
        account: Account,
        *,
        outcome: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Where the account signed in to services, and from where.

        Args:
            outcome: only those with this outcome: success or failure.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.cloud_sign_ins", account, {"outcome": outcome}, limit, start, end)

    @operation(calls=1, broad=True)
    def failed_sign_ins(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Sign-ins of the account that failed, and why.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.failed_sign_ins", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def identity_changes(
        self,
        account: Account,
        *,
        action: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Roles, consents, applications and users that the account changed.

        Args:
            action: only what is called this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.identity_changes", account, {"action": action}, limit, start, end)

    @operation(calls=1, broad=True)
    def identity_changed_by(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Who changed the account itself in directories.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.identity_changed_by", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def mailbox_changes(
        self,
        account: Account,
        *,
        action: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """What the account did to mailboxes and their rules.

        Args:
            action: only what is called this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.mailbox_changes", account, {"action": action}, limit, start, end)

    @operation(calls=1, broad=True)
    def mailbox_access(
        self,
        account: Account,
        *,
        action: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """What anybody did to the mailbox of the account.

        Args:
            action: only what is called this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.mailbox_access", account, {"action": action}, limit, start, end)

    @operation(calls=1, broad=True)
    def mail(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Mails from the account and to it.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.mail", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def alerts(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Alerts that name the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.alerts", account, {}, limit, start, end)

    @operation(calls=1)
    def logons(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
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
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Processes that ran as the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.processes", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def account_changes(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Accounts that were made, changed, locked or deleted by the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.account_changes", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def group_changes(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Groups that were changed, and their members by the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.group_changes", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def kerberos_tickets(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Kerberos tickets that were asked for by the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.kerberos_tickets", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def explicit_credentials(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Credentials of another account that were used by the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.explicit_credentials", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def shares(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Shares and files in them that were opened by the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.shares", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def script_blocks(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Scripts and commands of PowerShell by the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.script_blocks", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def privilege_uses(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Special privileges that were given or used by the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.privilege_uses", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def scheduled_tasks(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Scheduled tasks that were made, changed, deleted or run by the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.scheduled_tasks", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def services(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Services that were installed, started, stopped or failed by the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.services", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def rdp_sessions(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Sessions of Remote Desktop by the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.rdp_sessions", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def log_clears(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Logs that were cleared by the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.log_clears", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def logoffs(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Logons of the account that ended.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.logoffs", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def directory_changes(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Changes of objects in the directory by the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.directory_changes", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def object_accesses(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Objects that were opened, accessed or deleted by the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.object_accesses", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def changed_by(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Who changed, locked or deleted the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.changed_by", account, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def credentials_used_by(
        self,
        account: Account,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Who used the credentials of the account.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Account.credentials_used_by", account, {}, limit, start, end)


class AccountQuery(Menu[Account]):
    """Questions to the logs about Account entities."""

    menu: ClassVar[str] = "query"
    cloud_calls = bind(AccountLogs.cloud_calls)
    cloud_sign_ins = bind(AccountLogs.cloud_sign_ins)
    failed_sign_ins = bind(AccountLogs.failed_sign_ins)
    identity_changes = bind(AccountLogs.identity_changes)
    identity_changed_by = bind(AccountLogs.identity_changed_by)
    mailbox_changes = bind(AccountLogs.mailbox_changes)
    mailbox_access = bind(AccountLogs.mailbox_access)
    mail = bind(AccountLogs.mail)
    alerts = bind(AccountLogs.alerts)
    logons = bind(AccountLogs.logons)
    processes = bind(AccountLogs.processes)
    account_changes = bind(AccountLogs.account_changes)
    group_changes = bind(AccountLogs.group_changes)
    kerberos_tickets = bind(AccountLogs.kerberos_tickets)
    explicit_credentials = bind(AccountLogs.explicit_credentials)
    shares = bind(AccountLogs.shares)
    script_blocks = bind(AccountLogs.script_blocks)
    privilege_uses = bind(AccountLogs.privilege_uses)
    scheduled_tasks = bind(AccountLogs.scheduled_tasks)
    services = bind(AccountLogs.services)
    rdp_sessions = bind(AccountLogs.rdp_sessions)
    log_clears = bind(AccountLogs.log_clears)
    logoffs = bind(AccountLogs.logoffs)
    directory_changes = bind(AccountLogs.directory_changes)
    object_accesses = bind(AccountLogs.object_accesses)
    changed_by = bind(AccountLogs.changed_by)
    credentials_used_by = bind(AccountLogs.credentials_used_by)
