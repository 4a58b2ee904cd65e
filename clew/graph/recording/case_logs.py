"""The logs of a case: which were connected, and those of them that are open on this machine."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from clew.errors import ConnectError, MissingExtra
from clew.graph.format.events import Connected
from clew.graph.recording.case_recorder import CaseRecorder

if TYPE_CHECKING:
    from clew.logs.engines.duckdb_engine import LogStore


class CaseLogs:
    """Connects logs for one case.

    Attributes:
        stores: those that are open.
    """

    def __init__(self, recorder: CaseRecorder) -> None:
        self.stores: tuple[LogStore, ...] = ()
        self._recorder = recorder

    def connect(self, path: Path) -> LogStore:
        """Make logs queryable for the case, and remember which they were. Raises ConnectError."""
        from clew.logs.engines.duckdb_engine import LogStore

        store = LogStore.open(path, self._recorder.workspace.settings.cache)
        self.stores = (*(existing for existing in self.stores if existing.digest != store.digest), store)
        self._recorder.record(
            Connected(store.name, str(path.resolve()), store.digest, store.files, store.rows, store.damaged_rows)
        )
        return store

    def reconnect(self) -> None:
        """Connect the logs of the case again, if they were read here before; otherwise they have to be connected.

        The paths that a case names are not opened: it may come from anybody, and they may lead anywhere.
        """
        from clew.logs.engines.duckdb_engine import LogStore

        events = {
            step.event.digest: step.event for step in self._recorder.store.steps() if isinstance(step.event, Connected)
        }
        for event in events.values():
            # A query will say that no logs are connected.
            with suppress(ConnectError, MissingExtra):
                store = LogStore.from_cache(event.name, event.digest, self._recorder.workspace.settings.cache)
                self.stores = (*self.stores, store) if store is not None else self.stores

    def close(self) -> None:
        """Let them go."""
        for store in self.stores:
            store.close()
        self.stores = ()
