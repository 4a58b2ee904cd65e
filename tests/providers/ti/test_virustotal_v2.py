"""The second version of VirusTotal's API, on replies that others recorded and on made-up ones."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import AutonomousSystem, Domain, File, IpAddress, Outcome, Relation, Severity, Url, Verdict
from clew.errors import AskRefused
from clew.providers.base import Reply
from clew.providers.ti.virustotal_v2 import VirusTotal2
from clew.providers.ti.virustotal_v2_batch import FILE_BATCH
from clew.testing.recordings import AT
from tests.providers.ti.recorded import answered, facts, pointed
from tests.support import HOSTILE, hiding

IP = IpAddress("198.51.100.7")
SAMPLES = ("detected_communicating_samples", "detected_downloaded_samples", "detected_referrer_samples")


def body(shared_data, name: str) -> object:
    return json.loads((shared_data("ti-vt-msticpy") / f"{name}.json").read_text("utf-8"))


def examples(shared_data, name: str) -> object:
    (example,) = json.loads((shared_data("ti-examples") / "virus_total" / f"{name}.json").read_text("utf-8"))
    return example["EntityResult"]


def meant(pointer: str, said):
    """What a place in a report names."""
    if not isinstance(said, dict):
        return AutonomousSystem(f"AS{said}") if pointer == "/asn" else Domain(said)
    names = {"url": Url, "sha256": File, "hostname": Domain, "ip_address": IpAddress}
    (made,) = [kind(said[name]) for name, kind in names.items() if name in said]
    return made


def check_host(subject, document) -> None:
    """Every link of a finding is what stands at its place; everything that the reply lists is linked."""
    found, (ask,) = answered(getattr(VirusTotal2, subject.kind), subject, document)
    assert list(ask.description()["params"].values()) == [subject.value]
    for link in found.links:
        said = pointed(document, link.pointers[0])
        other = link.target if link.source == subject else link.source
        assert other == meant(link.pointers[0], said)
    linked = {place for link in found.links for place in link.pointers}
    listed = {
        f"/{name}/{n}"
        for name in ("detected_urls", *SAMPLES, "resolutions", "subdomains", "domain_siblings")
        for n in range(len(document.get(name, [])))
    }
    missing = {place for place in listed - linked if not place.startswith("/resolutions")}
    # A name that is none is counted; beyond the most links, the oldest names are left out, and that is said.
    assert missing == set()
    if listed - linked:
        assert found.truncated_by == "links" or "name nothing" in found.reason
    worst = max((each["positives"] for each in document.get("detected_urls", [])), default=0)
    assert found.verdict is (Verdict.SUSPICIOUS if worst >= 3 else Verdict.UNKNOWN)
    assert facts(found).get("detections", 0) == worst


@pytest.mark.parametrize(
    ("name", "subject", "verdict"),
    [
        ("ip-address_pos", IP, Verdict.SUSPICIOUS),
        ("ip-address_neg", IP, Verdict.UNKNOWN),
        ("domain_pos", Domain("recorded.example"), Verdict.SUSPICIOUS),
        ("domain_neg", Domain("recorded.example"), Verdict.UNKNOWN),
    ],
)
def test_recorded_hosts(shared_data, name, subject, verdict):
    """URLs and samples that scanners object to, addresses, names and subdomains become links; the verdict is that of
    the worst URL.
    """
    document = body(shared_data, name)
    check_host(subject, document)
    assert answered(getattr(VirusTotal2, subject.kind), subject, document)[0].verdict is verdict


def test_examples_of_hosts(shared_data):
    """The examples of others are read as recorded replies are."""
    check_host(IP, examples(shared_data, "scan_ip"))
    check_host(Domain("recorded.example"), examples(shared_data, "get_domain_report"))


@pytest.mark.parametrize(("name", "verdict"), [("url_pos", Verdict.MALICIOUS), ("url_neg", Verdict.UNKNOWN)])
def test_recorded_urls(shared_data, name, verdict):
    """The scanners that object are counted as the reply counts them, and the file that the URL served is linked."""
    document = body(shared_data, name)
    found, _ = answered(VirusTotal2.url, Url(document["url"]), document)
    objecting = sum(scan["detected"] for scan in document["scans"].values())
    assert (facts(found)["detections"], facts(found)["engines"]) == (objecting, len(document["scans"]))
    assert found.verdict is verdict
    served = document["filescan_id"]
    assert [link.target.value for link in found.links] == ([f"sha256:{served.partition('-')[0]}"] if served else [])


def test_recorded_files(shared_data):
    """A file has its detections and all its hashes, also one out of a reply about many."""
    for document in [body(shared_data, "fileresponse"), *body(shared_data, "file-multi_pos")]:
        found, _ = answered(VirusTotal2.file, File(document["md5"]), document)
        objecting = sum(scan["detected"] for scan in document["scans"].values())
        assert (facts(found)["detections"], facts(found)["engines"]) == (objecting, len(document["scans"]))
        assert found.verdict is Verdict.MALICIOUS
        assert [(each.sha256, each.sha1) for each in found.same] == [(document["sha256"], document["sha1"])]


def test_an_example_of_a_file(shared_data):
    """A report with blackened hashes is read, and says none of them; its tags and times are told."""
    document = examples(shared_data, "upload_and_scan_file")
    found, _ = answered(VirusTotal2.file, File("5f" * 32), document)
    assert facts(found) == {
        "detections": document["positives"],
        "engines": document["total"],
        "tags": ", ".join(document["tags"]),
    }
    assert (found.same, found.verdict) == ((), Verdict.UNKNOWN)
    assert str(found.observed_first)[:19] == document["first_seen"]


def test_many_files_are_one_question(shared_data):
    """Files are asked four at a time; each gets the report that names it, also in another order."""
    documents = body(shared_data, "file-multi_pos")
    asks = [answered(VirusTotal2.file, File(each["sha256"]), each)[1][0] for each in documents]
    assert {id(ask.batch_policy) for ask in asks} == {id(FILE_BATCH)}
    joined = FILE_BATCH.join(asks)
    assert dict(joined.params)["resource"] == ",".join(each["sha256"] for each in documents)
    reply = Reply(json.dumps(documents[::-1]).encode(), "application/json", AT)
    assert [json.loads(part) for part in FILE_BATCH.split(reply, asks)] == documents
    short = Reply(json.dumps(documents[:1]).encode(), "application/json", AT)
    assert [isinstance(part, bytes) for part in FILE_BATCH.split(short, asks)] == [True] + [False] * (len(asks) - 1)


def test_an_empty_reply_is_a_used_up_quota():
    """This version says with an empty reply that the quota is used up; nothing is not found by that."""
    found, _ = answered(VirusTotal2.ip, IP, b"", status=204)
    assert (found.outcome, "quota" in found.reason) == (Outcome.REFUSED, True)
    with pytest.raises(AskRefused, match="quota"):
        FILE_BATCH.split(Reply(b"", "application/json", AT, 204), [])


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"response_code": -2}, "queue"),
        ({}, "/response_code"),
        ({"response_code": True}, "/response_code"),
        ({"response_code": 1, "total": 60}, "/positives"),
        ({"response_code": 1, "positives": -4, "total": 60}, "/positives"),
    ],
)
def test_what_is_no_report_is_no_answer(document, reason):
    """What is still to be scanned, or says no number of scanners, is a failure that names the place."""
    found, _ = answered(VirusTotal2.file, File("5f" * 32), document)
    assert (found.outcome, reason in found.reason) == (Outcome.FAILED, True)


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_fields_are_text(value):
    """Whatever stands in owners, names and URLs, the finding can be shown."""
    document = {
        "response_code": 1,
        "as_owner": value,
        "country": value,
        "categories": [value],
        "detected_urls": [{"url": value, "positives": 3, "total": 60}],
        "resolutions": [{"hostname": value}],
    }
    found, _ = answered(VirusTotal2.ip, IP, document)
    assert (found.verdict, found.severity) == (Verdict.SUSPICIOUS, Severity.MEDIUM)
    assert hiding(str(found)) == set()


@given(
    st.dictionaries(
        st.sampled_from(["detected_urls", "resolutions", "subdomains", *SAMPLES, "asn"]),
        st.recursive(st.none() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner, max_size=3)),
    )
)
def test_no_shape_breaks_it(document):
    """Whatever stands where lists are expected, a report that says it is one is a finding."""
    found, _ = answered(VirusTotal2.domain, Domain("c2.example"), {"response_code": 1, **document})
    assert found.outcome is Outcome.FOUND
    assert all(link.relation in Relation for link in found.links)
