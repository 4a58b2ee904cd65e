"""What is shipped: its licences, and that the pins agree with what is asked for."""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

from try_wheel import TESTS

ROOT = Path(__file__).parents[2]
# LGPL may come in by an extra; these may not come in at all.
KEPT_OUT = re.compile(r"\bA?GPL|Affero|(?<!Lesser )General Public License", re.IGNORECASE)


def requirements(of: Distribution, extras: frozenset[str]) -> list[Requirement]:
    found = [Requirement(text) for text in of.requires or ()]
    environments = [default_environment() | {"extra": extra} for extra in {"", *extras}]
    return [each for each in found if not each.marker or any(map(each.marker.evaluate, environments))]


def brought_in(name: str, extras: frozenset[str]) -> dict[str, Distribution]:
    """Every distribution that `name[extras]` installs, by name."""
    found, waiting = {}, [(name, extras)]
    while waiting:
        step = waiting.pop()
        if step in found:
            continue
        try:
            found[step] = distribution(step[0])
        except PackageNotFoundError:
            continue
        waiting += [(each.name, frozenset(each.extras)) for each in requirements(found[step], step[1])]
    return {step[0]: each for step, each in found.items()}


def licence(of: Distribution) -> str:
    classifiers = [text for text in of.metadata.get_all("Classifier") or () if text.startswith("License ::")]
    return " ".join([of.metadata.get("License-Expression") or of.metadata.get("License") or "", *classifiers])


def test_no_licence_that_binds_the_user_is_brought_in():
    found = brought_in("clew", frozenset({"all"}))
    assert {"clew", "pandas", "duckdb", "bokeh", "netaddr"} <= set(found)
    assert {name: licence(each) for name, each in found.items() if KEPT_OUT.search(licence(each))} == {}


def test_a_licence_that_is_kept_out_is_recognised():
    assert all(
        map(KEPT_OUT.search, ["GPL-3.0-only", "AGPL-3.0", "License :: OSI Approved :: GNU General Public License v2"])
    )
    assert not any(map(KEPT_OUT.search, ["MIT", "LGPL-2.1", "GNU Lesser General Public License v3"]))


def test_what_the_wheel_is_tried_with_is_there():
    """Every test that `make wheel` names is a file or a folder of tests."""
    assert [name for name in TESTS if not (ROOT / name).exists()] == []
