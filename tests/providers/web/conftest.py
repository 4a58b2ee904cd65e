"""A key for the vendor that does not exist."""

from __future__ import annotations

import pytest

from tests.providers.web.doubles import KEY, VARIABLE


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
