"""Every menu of clew keeps the contract that plug-ins are held to."""

from __future__ import annotations

from clew.entities import ENTITY_TYPES
from clew.pivots.registry import spaces_of
from clew.testing import MenuSuite

SPACES = {space.__name__: space for cls in ENTITY_TYPES.values() for space in spaces_of(cls)}

# One class for each, as pytest names them: TestIpTi, TestHostQuery, ...
globals().update(
    {
        f"Test{name}": type(f"Test{name}", (MenuSuite,), {"menu": space, "__module__": __name__})
        for name, space in SPACES.items()
    }
)


def test_there_are_menus():
    """The registry that this file is made of is not empty, and no two menus share a class."""
    assert {"IpTi", "IpGeo", "HostQuery", "ProcessTransform"} <= set(SPACES)
    assert len({(space.entity(), space.menu) for space in SPACES.values()}) == len(SPACES)
