"""Replaying the file of a case: on its recordings, with what differs, or live."""

from __future__ import annotations

from pathlib import Path

from clew.errors import CaseNotFound, QueryError
from clew.graph.expansion.plan import Budget
from clew.graph.replay.difference import Difference
from clew.graph.replay.live_replay import Age, replay_live
from clew.graph.replay.offline_replay import Replay, reparse_case, replay_case
from clew.graph.store import Store
from clew.pivots.session import workspace as current_workspace
from clew.pivots.workspace import Workspace


def replay_file(
    path: str | Path,
    *,
    live: bool = False,
    reparse: bool = False,
    budget: Budget | None = None,
    older_than: Age | None = None,
    workspace: Workspace | None = None,
) -> Replay | Difference:
    """Run every recorded pivot again, as `Case.replay` says.

    Raises:
        QueryError: arguments that do not go together, or an age that is none.
        CaseError: there is no such case, or it is damaged.
    """
    only_live = (budget, older_than, workspace) != (None, None, None)
    if (live and reparse) or (only_live and not live):
        raise QueryError(
            "a replay with live=True asks again, and only that takes a budget, an age and a workspace",
            next_step="give live=True or reparse=True, or neither",
        )
    if not Path(path).exists():
        raise CaseNotFound("there is no such case", location=str(path))
    with Store.open_readonly(Path(path)) as store:
        if live:
            live_workspace = workspace or current_workspace()
            return replay_live(store, live_workspace, budget=budget or Budget(), older_than=older_than)
        return reparse_case(store) if reparse else replay_case(store)
