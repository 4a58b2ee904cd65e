"""What may leave a case: markings and permissions are steps, fail closed, and what was sent is on record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clew import Investigation, IpAddress
from clew.entities import Finding, Outcome
from clew.entities.tlp import Tlp
from clew.errors import EntityError
from clew.pivots.workspace import Workspace
from clew.providers.base import Reply
from clew.providers.gate import Gate
from clew.providers.ti.abuseipdb import AbuseIpDb
from clew.providers.web.http_transport import fake_network
from clew.settings import Settings

SEED = IpAddress("9.9.9.9")
OTHER = IpAddress("8.8.4.4")
BODY = {"data": {"abuseConfidenceScore": 0, "totalReports": 0}}


class Vendor:
    """A service that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def answer(self, sent: str) -> Reply:
        self.asked.append(sent)
        return Reply(json.dumps(BODY).encode(), "application/json", datetime.now(UTC))


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Vendor:
    monkeypatch.setenv("CLEW_ABUSEIPDB_KEY", "not-a-real-key-0123456789")
    return Vendor()


def opened(folder: Path, vendor: Vendor, **settings: object) -> Investigation:
    around = Workspace(Settings(cache=folder / "cache", **settings), transport=fake_network(vendor.answer))  # type: ignore[arg-type] - any
    return Investigation.open(folder / "x.clew", workspace=around)


def refused(finding: Finding, rule: str) -> bool:
    return finding.outcome is Outcome.REFUSED and rule in finding.reason


def test_nothing_of_a_red_case_leaves(tmp_path: Path, vendor: Vendor) -> None:
    """A case that is marked RED causes no request, for whoever opens it, until somebody marks it otherwise."""
    with opened(tmp_path, vendor) as case:
        case.set_gate(tlp="TLP:RED", reason="from the national CERT")
        assert refused(SEED.ti.abuseipdb(), "TLP:RED")
    with opened(tmp_path, vendor, analyst="somebody else") as case:
        assert refused(SEED.ti.abuseipdb(), "TLP:RED")
        assert case.tables.audit().empty
        assert vendor.asked == []
        case.set_gate(tlp=Tlp.GREEN, reason="released")
        assert SEED.ti.abuseipdb().outcome is Outcome.NOTHING
    assert len(vendor.asked) == 1


def test_nothing_leaves_about_a_red_entity(tmp_path: Path, vendor: Vendor) -> None:
    """An entity that is tagged RED, or with a marking that nobody knows, is not sent; others of the case are."""
    with opened(tmp_path, vendor) as case:
        case.tag(SEED, "tlp:red")
        case.tag(OTHER, "TLP:purple")
        assert refused(SEED.ti.abuseipdb(), "TLP:RED")
        assert refused(OTHER.ti.abuseipdb(), "TLP:RED")
        assert IpAddress("1.1.1.1").ti.abuseipdb().outcome is Outcome.NOTHING
        assert case.plan(SEED, pivots=("ti.abuseipdb",)).calls[0].refused
    assert len(vendor.asked) == 1


@pytest.mark.parametrize("marking", list(Tlp))
def test_a_provider_is_told_up_to_its_ceiling(marking: Tlp) -> None:
    """What is stricter than a provider may see is refused, and the refusal says what it may see."""
    refusal = Gate(tlp=marking).refusal(AbuseIpDb, SEED)
    assert (refusal is None) == (marking.rank <= AbuseIpDb.tlp.rank)
    if refusal is not None:
        assert str(AbuseIpDb.tlp) in refusal.next_step


def test_offline_is_for_everybody_and_cannot_be_lifted(tmp_path: Path, vendor: Vendor) -> None:
    """A case can be taken offline; a case cannot allow what the settings forbid."""
    with opened(tmp_path, vendor) as case:
        case.set_gate(offline=True, reason="we are being watched")
        assert refused(SEED.ti.abuseipdb(), "offline")
        case.undo(2)  # the ask that was refused, and the change before it
        assert not case.gate.offline
    with opened(tmp_path, vendor, offline=True) as case:
        case.set_gate(offline=False, reason="please")
        assert refused(SEED.ti.abuseipdb(), "offline")
    assert vendor.asked == []


def test_a_permission_counts_for_who_gave_it(tmp_path: Path, vendor: Vendor) -> None:
    """Active providers that one analyst allowed stay off for another who opens the case; a ban counts for all."""
    with opened(tmp_path, vendor, analyst="ada") as case:
        case.set_gate(active=True, reason="the owner agreed")
        assert case.gate.allow_active
    with opened(tmp_path, vendor, analyst="bob") as case:
        assert not case.gate.allow_active
        case.set_gate(active=False, reason="no")
    with opened(tmp_path, vendor, analyst="ada", allow_active=True) as case:
        assert not case.gate.allow_active


def test_the_audit_is_what_the_vendor_was_asked(tmp_path: Path, vendor: Vendor) -> None:
    """Every request that arrived is in the audit and nothing else: no recorded answer, no refusal; undone ones are."""
    with opened(tmp_path, vendor) as case:
        for address in (SEED, OTHER, SEED, IpAddress("10.0.0.1")):
            address.ti.abuseipdb()
            address.net.kind()
        case.undo(2)
        audit = case.tables.audit()
    assert len(vendor.asked) == 2
    assert [*audit["subject"]] == [str(SEED.key), str(OTHER.key)]
    assert {*audit["provider"]} == {"abuseipdb"}
    for sent, where, asked in zip(vendor.asked, audit["where"], audit["asked"], strict=True):
        assert where in sent
        assert asked["params"]["ipAddress"] in sent
    assert "not-a-real-key" not in audit.to_csv()


def test_an_unknown_marking_is_refused(tmp_path: Path, vendor: Vendor) -> None:
    """A marking that there is not is told at once, with those that there are."""
    with opened(tmp_path, vendor) as case, pytest.raises(EntityError, match="no marking 'purple'") as caught:
        case.set_gate(tlp="purple", reason="x")
    assert "amber+strict" in caught.value.next_step
