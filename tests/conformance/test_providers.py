"""Every provider of clew keeps the contract that plug-ins are held to."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import clew.pivots
import clew.providers
from clew.entities import ENTITY_TYPES
from clew.pivots.registry import pivots_for
from clew.providers.base import Provider
from clew.testing import ProviderSuite
from clew.testing.recordings import operations

RECORDINGS = Path(__file__).parents[1] / "recordings"
for package in (clew.providers, clew.pivots):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def providers(cls: type[Provider] = Provider) -> dict[str, type[Provider]]:
    """The providers of clew itself that can be asked something, by class name."""
    below = {name: each for child in cls.__subclasses__() for name, each in providers(child).items()}
    own = {cls.__name__: cls} if operations(cls) and cls.__module__.startswith("clew.") else {}
    return dict(sorted((below | own).items()))


# One class for each, as pytest names them: TestAbuseIpDb, TestLocalFeed, ...
globals().update(
    {
        f"Test{name}": type(
            f"Test{name}",
            (ProviderSuite,),
            {
                "provider": each,
                "recordings": RECORDINGS / name,
                "__module__": __name__,
            },
        )
        for name, each in providers().items()
    }
)


def test_there_are_providers():
    """The registry that this file is made of is not empty."""
    assert {"AbuseIpDb", "LocalFeed", "MaxMind", "Decoder", "UrlParts", "HostLogs"} <= set(providers())


def test_no_recording_is_of_nobody():
    """Every folder and file of recordings belongs to a provider and to one of its operations."""
    for file in RECORDINGS.rglob("*.json"):
        assert file.parent.name in providers(), file
        assert file.stem.partition("-")[0] in operations(providers()[file.parent.name]), file


def test_names_are_unique():
    """Two sources never share a name; the log providers are one source."""
    owners: dict[str, set[str]] = {}
    for each in providers().values():
        owners.setdefault(each.name, set()).add(each.title)
    assert {name: titles for name, titles in owners.items() if len(titles) > 1} == {}


def test_a_name_has_one_type_everywhere():
    """A fact or column of one name means the same thing, in the same type, at every provider."""
    types: dict[str, set[type]] = {}
    for pivot in (pivot for cls in ENTITY_TYPES.values() for pivot in pivots_for(cls).values()):
        for name, term in pivot.shape.items():
            types.setdefault(name, set()).add(term.type)
    assert types
    assert {name: kinds for name, kinds in types.items() if len(kinds) > 1} == {}
