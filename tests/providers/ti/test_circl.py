"""CIRCL: files that are known, and DNS records of the past."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, File, IpAddress, Outcome, Severity, Verdict
from clew.errors import AskFailed
from clew.providers.base import Reply
from clew.providers.ti.circl_hashlookup import CirclHashlookup
from clew.providers.ti.circl_hashlookup_batch import BULK
from clew.providers.ti.circl_pdns import CirclPassiveDns
from clew.providers.web import HttpRequest, SecretLocation
from clew.testing.recordings import AT
from tests.providers.ti.recorded import answered, facts, links, pointed
from tests.support import HOSTILE, hiding

SHA256, SHA1, MD5 = "5f" * 32, "6a" * 20, "7b" * 16
NAME, IP = Domain("c2.example"), IpAddress("198.51.100.7")


def known(**more: object) -> dict[str, object]:
    return {"SHA-256": SHA256.upper(), "SHA-1": SHA1.upper(), "MD5": MD5.upper(), "source": "NSRL", **more}


def lines(*records: object) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


def record(
    kind: str = "A", name: str = "c2.example", data: object = "198.51.100.7", **more: object
) -> dict[str, object]:
    return {"rrtype": kind, "rrname": name, "rdata": data, "time_first": 1767225600, "time_last": 1773738900, **more}


# -- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "path"),
    [
        (File(SHA1), f"sha1/{SHA1}"),
        (File(SHA256), f"sha256/{SHA256}"),
        (File(MD5), f"md5/{MD5}"),
        (File(SHA256, sha1=SHA1, md5=MD5), f"sha1/{SHA1}"),
    ],
)
def test_a_file_is_asked_by_the_hash_that_it_is_kept_by(file, path):
    """By SHA-1 where that is known, without a key; the answer gives all its hashes."""
    found, (ask,) = answered(CirclHashlookup.file, file, known())
    assert ask.description() == {"method": "GET", "url": f"https://hashlookup.circl.lu/lookup/{path}", "params": {}}
    assert ask.secret is None
    assert [(each.sha256, each.sha1, each.md5) for each in found.same] == [(SHA256, SHA1, MD5)]


@pytest.mark.parametrize(
    ("trust", "accused", "verdict", "severity"),
    [
        (100, None, Verdict.BENIGN, Severity.INFORMATIONAL),
        (50, None, Verdict.BENIGN, Severity.INFORMATIONAL),
        (None, None, Verdict.BENIGN, Severity.INFORMATIONAL),
        (49, None, Verdict.SUSPICIOUS, Severity.LOW),
        (0, None, Verdict.SUSPICIOUS, Severity.LOW),
        (100, "example-sharing", Verdict.MALICIOUS, Severity.HIGH),
        (30, ["one", "two"], Verdict.MALICIOUS, Severity.HIGH),
    ],
)
def test_a_known_file_is_benign_until_somebody_accuses_it(trust, accused, verdict, severity):
    """Malicious where a source calls it so; suspicious where the service trusts it less than the middle."""
    found, _ = answered(
        CirclHashlookup.file, File(SHA1), known(**{"hashlookup:trust": trust, "KnownMalicious": accused})
    )
    assert (found.verdict, found.severity) == (verdict, severity)
    assert ("known: NSRL" in found.reason) == (not accused)


def test_a_file_that_is_not_known_is_nothing():
    """A 404 in the words of the service; not to be known is no verdict."""
    found, _ = answered(CirclHashlookup.file, File(SHA1), {"message": "Non existing SHA-1", "query": SHA1}, status=404)
    assert (found.outcome, found.verdict) == (Outcome.NOTHING, Verdict.UNKNOWN)


@pytest.mark.parametrize("body", [b"<html>404</html>", {"message": "The requested URL was not found"}, known(MD5="x")])
def test_another_404_is_a_failure(body):
    """A 404 that the service did not write says nothing about the file."""
    found, _ = answered(CirclHashlookup.file, File(MD5), body, status=404)
    assert (found.outcome, found.verdict) == (Outcome.FAILED, Verdict.UNKNOWN)


def test_packages_contain_the_file():
    """Each parent is a file that contains it; those that the reply leaves out are told."""
    parents = [
        {"SHA-1": "1B" * 20, "SHA-256": "1C" * 32, "PackageName": "example", "PackageVersion": "1.0"},
        {"SHA-1": "2b" * 20},
    ]
    body = known(parents=parents, **{"hashlookup:parent-total": 12})
    found, _ = answered(CirclHashlookup.file, File(SHA1), body)
    assert links(found) == {
        (f"file:sha256:{'1c' * 32}", "contains", f"file:sha1:{SHA1}"),
        (f"file:sha1:{'2b' * 20}", "contains", f"file:sha1:{SHA1}"),
    }
    assert [pointed(body, link.pointers[0]) for link in found.links] == parents
    assert (found.returned, found.available, found.truncated_by) == (2, 12, "source")
    assert facts(found)["software"] == "example 1.0"


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_of_files_are_text(value):
    """Whatever stands in names and collections, the verdict is the same, and the finding can be shown."""
    body = known(FileName=value, source=value, db=value, mimetype=value, ProductCode={"ProductName": value})
    found, _ = answered(CirclHashlookup.file, File(SHA1), body)
    assert found.verdict is Verdict.BENIGN
    assert hiding(str(found)) == set()


def asking(kind: str, *hashes: str) -> list[HttpRequest]:
    asks = [answered(CirclHashlookup.file, File(each), b"")[1][0] for each in hashes]
    assert all(isinstance(ask, HttpRequest) and ask.batch is BULK[kind] for ask in asks)
    return [ask for ask in asks if isinstance(ask, HttpRequest)]


@pytest.mark.parametrize("kind", ["md5", "sha1"])
def test_many_files_are_asked_at_once(kind):
    """One POST names all hashes; each gets the reply that it would have got, whatever is left out or empty."""
    length = {"md5": 16, "sha1": 20}[kind]
    hashes = [each * length for each in ("1a", "2b", "3c")]
    asks = asking(kind, *hashes)
    joined = BULK[kind].join(asks)
    assert joined.description() == {
        "method": "POST",
        "url": f"https://hashlookup.circl.lu/bulk/{kind}",
        "params": {},
        "json": {"hashes": hashes},
    }
    assert joined.repeatable
    entry = {{"md5": "MD5", "sha1": "SHA-1"}[kind]: hashes[2].upper(), "source": "NSRL"}
    reply = Reply(json.dumps([{}, entry]).encode(), "application/json", AT)
    bodies = BULK[kind].split(reply, asks)
    outcomes = [
        answered(CirclHashlookup.file, File(each), body)[0].outcome for each, body in zip(hashes, bodies, strict=True)
    ]
    assert outcomes == [Outcome.NOTHING, Outcome.NOTHING, Outcome.FOUND]


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b"null", b'{"message": "JSON format incorrect"}'])
def test_a_damaged_reply_answers_none_of_many(body):
    """What is no list is a failure for all of them."""
    with pytest.raises(AskFailed):
        BULK["md5"].split(Reply(body, "application/json", AT), asking("md5", MD5))


def test_by_sha256_each_is_asked_alone():
    """The service takes no list of SHA-256."""
    _, (ask,) = answered(CirclHashlookup.file, File(SHA256), known())
    assert isinstance(ask, HttpRequest)
    assert ask.batch is None


# -- records --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("operation", "subject"), [(CirclPassiveDns.domain, NAME), (CirclPassiveDns.ip, IP)])
def test_records_are_asked_as_documented(operation, subject):
    """One GET with user and password; a reply of no lines, or a 404, is nothing."""
    found, (ask,) = answered(operation, subject, b"\n")
    assert ask.description() == {
        "method": "GET",
        "url": f"https://www.circl.lu/pdns/query/{subject.value}",
        "params": {},
    }
    assert isinstance(ask, HttpRequest)
    assert ask.secret == SecretLocation("basic")
    missing, _ = answered(operation, subject, b"no such thing", status=404)
    assert found.outcome is missing.outcome is Outcome.NOTHING


def test_records_of_each_kind():
    """Addresses, aliases, mail and name servers are links; all records are rows."""
    body = lines(
        record(data=["198.51.100.7", "198.51.100.8"], count="12"),
        record("AAAA", data="2001:db8::7"),
        record("CNAME", "www.c2.example", "c2.example."),
        record("MX", data="10 mail.c2.example"),
        record("NS", data="ns1.hoster.example"),
        record("TXT", data="v=spf1 -all"),
    )
    found, _ = answered(CirclPassiveDns.domain, NAME, body)
    assert links(found) == {
        ("domain:c2.example", "resolves-to", "ip:198.51.100.7"),
        ("domain:c2.example", "resolves-to", "ip:198.51.100.8"),
        ("domain:c2.example", "resolves-to", "ip:2001:db8::7"),
        ("domain:www.c2.example", "alias-of", "domain:c2.example"),
        ("domain:c2.example", "mail-handled-by", "domain:mail.c2.example"),
        ("domain:c2.example", "delegated-to", "domain:ns1.hoster.example"),
    }
    rows = list(found.table.records())
    assert [(row["dns_answer_type"], row["dns_resolved_ip"] or row["dns_answer_data"]) for row in rows] == [
        ("A", "198.51.100.7"),
        ("A", "198.51.100.8"),
        ("AAAA", "2001:db8::7"),
        ("CNAME", "c2.example."),
        ("MX", "10 mail.c2.example"),
        ("NS", "ns1.hoster.example"),
        ("TXT", "v=spf1 -all"),
    ]
    assert rows[0]["dns_count"] == 12
    assert (found.returned, found.observed_last.isoformat()) == (6, "2026-03-17T09:15:00+00:00")


def test_name_and_answer_may_have_changed_places():
    """Where an address stands as the name, all records of the reply have the answer first."""
    body = lines(record(name="198.51.100.7", data="c2.example"), record("NS", "ns1.hoster.example", "c2.example"))
    found, _ = answered(CirclPassiveDns.domain, NAME, body)
    assert links(found) == {
        ("domain:c2.example", "resolves-to", "ip:198.51.100.7"),
        ("domain:c2.example", "delegated-to", "domain:ns1.hoster.example"),
    }


def test_a_reply_that_is_cut_off_is_a_failure_and_a_record_without_fields_is_counted():
    """Half a line is no end of a reply; a line that is no record costs itself and is told."""
    body = lines(record(), {"rrtype": "A", "rrname": "c2.example"})
    found, _ = answered(CirclPassiveDns.domain, NAME, body)
    assert (found.outcome, len(found.links)) == (Outcome.FOUND, 1)
    assert "values that name nothing to follow: 1" in found.reason
    cut, _ = answered(CirclPassiveDns.domain, NAME, body[:-9])
    assert cut.outcome is Outcome.FAILED


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_records_are_text(value):
    """Whatever stands in names and answers, the records beside them are linked, and the finding can be shown."""
    body = lines(record(), record("CNAME", value, value), record("TXT", data=value), record(value, data=value))
    found, _ = answered(CirclPassiveDns.domain, NAME, body)
    assert ("domain:c2.example", "resolves-to", "ip:198.51.100.7") in links(found)
    assert hiding(str(found)) == set()


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
FIELDS = (
    "rrtype",
    "rrname",
    "rdata",
    "count",
    "time_first",
    "SHA-1",
    "parents",
    "KnownMalicious",
    "hashlookup:trust",
    "FileSize",
    "message",
    "ProductCode",
    "hashlookup:parent-total",
)
entries = st.dictionaries(st.sampled_from(FIELDS), st.one_of(json_values, st.sampled_from([SHA1, "A", "c2.example"])))


@pytest.mark.parametrize(("operation", "subject"), [(CirclHashlookup.file, File(SHA1)), (CirclPassiveDns.domain, NAME)])
@given(body=st.one_of(st.binary(max_size=30), json_values, entries, st.lists(entries).map(lambda many: lines(*many))))
def test_no_reply_breaks_it(operation, subject, body):
    """Any bytes, any JSON and any lines of JSON end in a finding of one of three outcomes."""
    found, _ = answered(operation, subject, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)
    assert str(found)
