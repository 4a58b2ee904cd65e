"""A maker gives the entity that its cells name, and nothing where they name none."""

from __future__ import annotations

from clew.entities import Alert, AttackTechnique, Incident, Vulnerability
from clew.logs.entity_makers import alert, attack_technique, incident, vulnerability


def test_an_alert_or_incident_needs_its_provider() -> None:
    assert alert("Defender", "da637-1", None) == Alert("defender:da637-1")
    assert incident("Defender", "42", None) == Incident("defender:42")
    assert alert(None, "da637-1", "title") is None
    assert incident("Defender", None, "title") is None


def test_techniques_and_vulnerabilities_are_known_by_their_identifiers() -> None:
    assert attack_technique("t1059.001", None) == AttackTechnique("T1059.001")
    assert vulnerability("cve-2021-44228") == Vulnerability("CVE-2021-44228")
    assert attack_technique(None, "PowerShell") is None
    assert vulnerability(None) is None
