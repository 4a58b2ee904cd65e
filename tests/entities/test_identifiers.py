"""Things known by the identifier of a public list have one spelling, and what is no identifier is refused."""

from __future__ import annotations

import pytest

from clew.entities import AttackTechnique, Entity, Vulnerability, dump, load, parse
from clew.entities.codec import from_key
from clew.errors import EntityError


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("t1059", AttackTechnique("T1059")),
        (" T1059[.]001 ", AttackTechnique("T1059.001")),
        ("cve-2021-44228", Vulnerability("CVE-2021-44228")),
    ],
)
def test_an_identifier_is_recognised_in_any_case_and_survives_the_codec(text: str, entity: Entity) -> None:
    assert parse(text) == entity == load(dump(entity)) == from_key(entity.key)


def test_a_sub_technique_is_not_its_technique() -> None:
    assert AttackTechnique("T1059.001") != AttackTechnique("T1059")


@pytest.mark.parametrize("text", ["TA0002", "T105", "T1059.1", "T1059.0011", ""])
def test_what_is_no_technique_is_refused(text: str) -> None:
    with pytest.raises(EntityError):
        AttackTechnique(text)


@pytest.mark.parametrize("text", ["CVE-2021-442", "CVE-21-44228", "2021-44228", "CVE-2021-" + "1" * 20])
def test_what_is_no_cve_identifier_is_refused(text: str) -> None:
    with pytest.raises(EntityError):
        Vulnerability(text)
