"""Menu `query` of Certificate entities: questions to the connected logs.

Generated from clew/logs/queries by `python -m clew.pivots.generate`. Do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Certificate
from clew.entities.times import TimeLike
from clew.pivots.binding import Menu, bind
from clew.providers.base import Steps, operation
from clew.providers.local.logs import LogProvider


class CertificateLogs(LogProvider):
    """Log queries about Certificate entities."""

    @operation(calls=1)
    def tls_sessions(
        self,
        certificate: Certificate,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Sessions of TLS in which the certificate was shown, and by whom.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Certificate.tls_sessions", certificate, {}, limit, start, end)


class CertificateQuery(Menu[Certificate]):
    """Questions to the logs about Certificate entities."""

    menu: ClassVar[str] = "query"
    tls_sessions = bind(CertificateLogs.tls_sessions)
