"""The logs of a case: which were connected, and those of them that are open on this machine."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from clew.errors import ConnectError, MissingExtra
from clew.graph.format.connection_event import Connected
from clew.graph.recording.case_recorder import CaseRecorder
from clew.logs.log_hints import LogHints

if TYPE_CHECKING:
    from clew.logs.engines.protocol import LogSource


class CaseLogs:
    """Connects logs for one case.

    Attributes:
        sources: those that are open.
    """

    def __init__(self, recorder: CaseRecorder) -> None:
        self.sources: tuple[LogSource, ...] = ()
        self._recorder = recorder

    def connect(self, location: str, hints: LogHints) -> LogSource:
        """Make logs queryable for the case, and remember which they were, and what was said of them.

        Raises:
            ConnectError: nothing there, nothing readable, or damaged.
            MissingExtra: the log engine is not installed.
        """
        from clew.logs.engines.registry import add_source, open_source

        source = open_source(location, self._recorder.workspace.settings.cache, hints)
        self.sources = add_source(self.sources, source)
        self._recorder.workspace.trim_log_cache(self.sources)
        self._recorder.record(Connected(source.description))
        return source

    def reconnect(self) -> None:
        """Connect the logs of the case again, if they were read here before; otherwise they have to be connected.

        The places that a case names are not looked at: it may come from anybody, and they may lead anywhere.
        """
        from clew.logs.engines.registry import reopen_source

        events = [step.event for step in self._recorder.store.steps() if isinstance(step.event, Connected)]
        for event in {event.source_key: event for event in events}.values():
            # A query will say that no logs are connected.
            with suppress(ConnectError, MissingExtra):
                source = reopen_source(event.source, self._recorder.workspace.settings.cache)
                self.sources = (*self.sources, source) if source is not None else self.sources

    def close(self) -> None:
        """Let them go."""
        for source in self.sources:
            source.close()
        self.sources = ()
