"""What may leave a case, and what did, from the command line."""

from __future__ import annotations

from clew.demo.scenario import Scenario
from tests.cli.commands import Run


def test_the_gate_is_shown_and_changed(clew: Run, scenario: Scenario) -> None:
    """Each change needs a reason, is kept, and is told; a marked case refuses to ask."""
    clew("connect", "ir.clew", str(scenario.logs))
    assert "marked TLP:CLEAR" in clew("gate", "ir.clew")[1]
    code, _, error = clew("gate", "ir.clew", "--tlp", "red")
    assert (code, "--reason" in error) == (2, True)
    code, out, _ = clew("gate", "ir.clew", "--tlp", "red", "--active", "--reason", "from the CERT")
    assert (code, "marked TLP:RED" in out, "allowed" in out) == (0, True, True)
    assert "TLP:RED" in clew("pivot", "ir.clew", "9.9.9.9", "ti.abuseipdb")[1]
    assert "from the CERT" in clew("history", "ir.clew")[1]
    assert clew("audit", "ir.clew") == (0, "0 asks left the machine\n", "")


def test_a_marking_that_there_is_not(clew: Run, scenario: Scenario) -> None:
    """It is told with those that there are, and nothing changes."""
    clew("connect", "ir.clew", str(scenario.logs))
    code, _, error = clew("gate", "ir.clew", "--tlp", "purple", "--reason", "x")
    assert code != 0
    assert "amber+strict" in error
