"""A workspace of each test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clew.pivots import session
from clew.pivots.workspace import Workspace
from clew.settings import Settings


@pytest.fixture
def workspace(tmp_path) -> Iterator[Workspace]:
    """The workspace of the process, with nothing set, for the time of one test."""
    made = Workspace(Settings(cache=tmp_path / "cache"))
    token = session.workspace_variable.set(made)
    yield made
    session.workspace_variable.reset(token)
