"""AbuseIPDB, on the examples of others."""

from __future__ import annotations

import json

from clew.entities import Domain, IpAddress, Outcome, Verdict
from clew.providers.ti.abuseipdb import AbuseIpDb
from tests.providers.ti.recorded import answered, facts

_NAMES = {
    "abuse_score": "abuseConfidenceScore",
    "reports": "totalReports",
    "country_code": "countryCode",
    "isp": "isp",
    "usage_type": "usageType",
    "domain": "domain",
    "is_tor": "isTor",
}


def test_every_example_says_what_it_says_there(shared_data):
    """Score, reports and owner are those of the example; without reports it is nothing, and nobody is benign."""
    examples = json.loads((shared_data("ti-examples") / "abuse_ipdb" / "CheckIpReputation.json").read_text("utf-8"))
    assert len(examples) == 2
    for example in examples:
        about = example["EntityResult"]
        found, (ask,) = answered(AbuseIpDb.ip, IpAddress(about["ipAddress"]), {"data": about})
        assert ask.description()["params"]["ipAddress"] == example["Entity"]
        said = {name: about.get(there) for name, there in _NAMES.items()}
        assert facts(found) == {name: value for name, value in said.items() if value is not None}
        is_known = about["totalReports"] > 0 or about["abuseConfidenceScore"] > 0
        assert found.outcome is (Outcome.FOUND if is_known else Outcome.NOTHING)
        assert found.verdict is Verdict.UNKNOWN
        assert {link.source for link in found.links} == (
            {Domain(name) for name in about["hostnames"]} if is_known else set()
        )
