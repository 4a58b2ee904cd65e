"""VirusTotal: from objects and relationships to verdicts and links, on made-up and on recorded replies."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, File, IpAddress, Outcome, Relation, Severity, Url, Verdict
from clew.providers.ti.virustotal_behaviour import VirusTotalBehaviour
from clew.providers.ti.virustotal_objects import VirusTotal
from clew.providers.ti.virustotal_related import VirusTotalRelated
from clew.providers.ti.virustotal_resolutions import VirusTotalResolutions
from tests.providers.ti.recorded import answered, cassettes, facts, links, pointed
from tests.support import HOSTILE, hiding

IP = IpAddress("198.51.100.7")


def attributes(**given: object) -> dict[str, object]:
    return {"data": {"type": "ip_address", "id": IP.value, "attributes": given}}


@pytest.mark.parametrize(
    ("malicious", "suspicious", "verdict", "severity"),
    [
        (0, 0, Verdict.UNKNOWN, Severity.INFORMATIONAL),
        (0, 1, Verdict.SUSPICIOUS, Severity.LOW),
        (1, 0, Verdict.SUSPICIOUS, Severity.LOW),
        (2, 9, Verdict.SUSPICIOUS, Severity.LOW),
        (3, 0, Verdict.MALICIOUS, Severity.MEDIUM),
        (9, 0, Verdict.MALICIOUS, Severity.MEDIUM),
        (10, 0, Verdict.MALICIOUS, Severity.HIGH),
    ],
)
def test_the_number_of_scanners_is_the_verdict(malicious, suspicious, verdict, severity):
    """Three scanners make it malicious, ten a matter of high severity; that none objects is no innocence."""
    stats = {"malicious": malicious, "suspicious": suspicious, "harmless": 60, "undetected": 20}
    found, _ = answered(VirusTotal.ip, IP, attributes(last_analysis_stats=stats))
    assert (found.outcome, found.verdict, found.severity) == (Outcome.FOUND, verdict, severity)


def test_what_it_does_not_know_is_nothing():
    """A 404 is an answer: nothing is known, and no verdict is given."""
    found, _ = answered(VirusTotal.file, File("5f" * 32), {"error": {"code": "NotFoundError"}}, status=404)
    assert (found.outcome, found.verdict) == (Outcome.NOTHING, Verdict.UNKNOWN)


def test_a_file_gets_all_its_hashes():
    """Asked by its MD5, the answer says which SHA-256 that is."""
    about = attributes(sha256="5f" * 32, sha1="6a" * 20, md5="7b" * 16, last_analysis_stats={"undetected": 60})
    found, _ = answered(VirusTotal.file, File("7b" * 16), about)
    assert [(each.sha256, each.sha1, each.md5) for each in found.same] == [("5f" * 32, "6a" * 20, "7b" * 16)]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in names and owners, the verdict is that of the scanners, and the finding can be shown."""
    stats = {"malicious": 12, "undetected": 50}
    about = attributes(as_owner=value, country=value, tags=[value], last_analysis_stats=stats, network=value)
    found, _ = answered(VirusTotal.ip, IP, about)
    assert found.verdict is Verdict.MALICIOUS
    assert hiding(str(found)) == set()


@given(
    st.dictionaries(
        st.sampled_from(["malicious", "suspicious", "harmless", "timeout"]),
        st.one_of(st.integers(-5, 90), st.text(max_size=3), st.none()),
    )
)
def test_no_counts_break_it(stats):
    """Counts that are none are not counted: the answer is a finding, and never more scanners than asked."""
    found, _ = answered(VirusTotal.ip, IP, attributes(last_analysis_stats=stats))
    said = facts(found)
    assert found.outcome is Outcome.FOUND
    assert 0 <= said["detections"] <= said["engines"]


# -- recorded with the real service -------------------------------------------------------------------------------


def test_recorded_resolutions(shared_data):
    """Every resolution in a recorded reply is a link, with the place where it stands and the time."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_VirusTotal")
    document = json.loads(cassette.body)
    subject = IpAddress(urlsplit(cassette.url).path.split("/")[-2])
    found, (ask,) = answered(VirusTotalResolutions.ip, subject, cassette.body)
    assert urlsplit(ask.url).path == urlsplit(cassette.url).path
    assert found.returned == len(document["data"]) == len(found.table) == len(found.links)
    for link in found.links:
        said = pointed(document, link.pointers[0])["attributes"]
        assert (link.source, link.target) == (Domain(said["host_name"]), IpAddress(said["ip_address"]))
        assert int(link.observed_last.timestamp()) == said["date"]


def test_recorded_files(shared_data):
    """A recorded file says as many detections as its statistics, its hashes and its name."""
    document = json.loads((shared_data("ti-vt-msticpy") / "vt3_file_1.json").read_text("utf-8"))
    about = document["attributes"]
    found, _ = answered(VirusTotal.file, File(about["md5"]), {"data": document})
    assert facts(found)["detections"] == about["last_analysis_stats"]["malicious"]
    assert facts(found)["threat_name"] == about["popular_threat_classification"]["suggested_threat_label"]
    assert found.verdict is Verdict.MALICIOUS
    assert [each.sha256 for each in found.same] == [about["sha256"]]


@pytest.mark.parametrize("number", range(3))
def test_recorded_urls(shared_data, number):
    """Recorded URLs have the detections of their statistics; one that no scanner objects to is no benign one."""
    document = json.loads((shared_data("ti-vt-msticpy") / f"vt3_url_{number}.json").read_text("utf-8"))
    about = document["attributes"]
    found, _ = answered(VirusTotal.url, Url(about["url"]), {"data": document})
    assert facts(found)["detections"] == about["last_analysis_stats"]["malicious"]
    assert found.verdict is not Verdict.BENIGN


def test_recorded_searches_and_links(shared_data):
    """Objects of recorded searches are read as related files, and bare links as related URLs."""
    folder = shared_data("ti-vt-msticpy")
    for listed in json.loads((folder / "vt3_search.json").read_text("utf-8")).values():
        found, _ = answered(VirusTotalRelated.ip, IP, {"data": listed})
        assert {link.source.value for link in found.links} == {f"sha256:{each['id']}" for each in listed}
    bare = json.loads((folder / "vt3_related_links.json").read_text("utf-8"))
    found, _ = answered(VirusTotalRelated.ip, IP, {"data": bare}, relationship="urls")
    assert {link.source.value for link in found.links} == {each["context_attributes"]["url"] for each in bare}


@pytest.mark.parametrize("what", ["with_file", "with_url"])
def test_recorded_intelligence(shared_data, what):
    """Every object of a recorded intelligence search is named by a link, and its detections are in its row."""
    (cassette,) = cassettes(shared_data("ti-recorded") / "Mihari_Analyzers_VirusTotalIntelligence" / what)
    listed = json.loads(cassette.body)["data"]
    found, _ = answered(VirusTotalRelated.ip, IP, {"data": listed})
    rows = list(found.table.records())
    assert len(rows) == len(listed) == found.returned
    assert [row["detections"] for row in rows] == [
        each["attributes"]["last_analysis_stats"]["malicious"] for each in listed
    ]
    assert len(links(found)) == len(listed)


def test_recorded_behaviour(shared_data):
    """Every address, name, URL and dropped file of a recorded summary is linked, and its techniques are told."""
    document = json.loads((shared_data("ti-vt-msticpy") / "vt3_behavior_summary.json").read_text("utf-8"))
    found, (ask,) = answered(VirusTotalBehaviour.file, File("5f" * 32), {"data": document})
    assert ask.url.endswith(f"/files/{'5f' * 32}/behaviour_summary")
    talked = {link.target.value for link in found.links if link.relation is Relation.COMMUNICATES_WITH}
    assert {each["destination_ip"] for each in document["ip_traffic"]} <= talked
    assert {each["hostname"].lower() for each in document["dns_lookups"]} <= talked
    assert {Url(each["url"]).value for each in document["http_conversations"]} <= talked
    dropped = {link.target.value for link in found.links if link.relation is Relation.DROPS}
    assert dropped == {f"sha256:{each['sha256']}" for each in document["files_dropped"] if "sha256" in each}
    assert facts(found)["mitre_techniques"] == ", ".join(sorted(document["attack_techniques"]))
    assert (found.verdict, facts(found)["threat_name"]) == (Verdict.MALICIOUS, document["verdict_labels"][0])


def test_recorded_behaviour_of_one_sandbox(shared_data):
    """What one sandbox reports has the same words, and is read by them."""
    document = json.loads((shared_data("ti-vt-msticpy") / "vt3_behavior_ms_sysinternals.json").read_text("utf-8"))
    about = document["attributes"]
    found, _ = answered(VirusTotalBehaviour.file, File("5f" * 32), {"data": about})
    assert {each["destination_ip"] for each in about["ip_traffic"]} <= {link.target.value for link in found.links}
    assert facts(found)["commands"] == len(about["command_executions"])
    assert found.verdict is Verdict.UNKNOWN
