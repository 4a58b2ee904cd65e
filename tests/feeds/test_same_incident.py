"""Reports of one incident in several formats list the same; what one of them lists alone, the others do not say.

Whether another form says a value is not asked of clew, but looked for in its plain text.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from clew.entities import Domain, Key
from tests.feeds.asked import read

pytestmark = pytest.mark.long  # real recordings

#: Incidents of ESET, and how many values their text and their event in MISP both list.
ESET = {
    "backdoordiplomacy": 22,
    "cloudmensis": 3,
    "dukes": 87,
    "glupteba": 48,
    "kryptocibule": 100,
    "machete": 110,
    "mozi": 25,
    "ramsay": 17,
    "signsight": 7,
    "swc-candiru": 76,
    "telebots": 39,
    "windigo": 72,
    "winter_vivern": 5,
    "xdspy": 45,
}
#: Incidents in which the text and the event list exactly the same.
EQUAL = {"dukes", "kryptocibule", "xdspy"}
#: What a text says and clew does not list from it: how many values, and the lines in which alone they stand.
LEFT_OUT = {
    # Servers that the malware sends mail by, named in passing and not defanged.
    ("telebots", "README.adoc"): (9, re.compile(r"- `[^`]+` \(ip: .*")),
    # A table of names that an algorithm makes, by day.
    ("windigo", "README.adoc"): (48, re.compile(r"\|\s+\d+ \| \S+")),
}
_FANGS = [
    (r"\[\.\]|\(\.\)|\\\.", "."),
    (r"\[:\]", ":"),
    (r"\bh(?:xx|tx|xt)p", "http"),
    (r"\[@\]", "@"),
    (r"\\/", "/"),
]


def listed(path: Path) -> set[str]:
    return {key for entry in read(path.read_bytes())[1] for key in entry.keys}


def plain(path: Path) -> str:
    """The text of a file in small letters, with nothing defanged."""
    text = path.read_bytes().decode("utf-8", "replace").lower()
    for fang, tooth in _FANGS:
        text = re.sub(fang, tooth, text)
    return text


def spelt(key: str) -> re.Pattern[str]:
    """The value of a key as a text has it, and not as a part of something longer."""
    kind, _, value = key.partition(":")
    if kind == "file":
        return re.compile(rf"(?<![0-9a-f]){value.partition(':')[2]}(?![0-9a-f])")
    if kind == "url":
        return re.compile(rf"{re.escape(value.lower().rstrip('/'))}/?(?![\w/?#%-])")
    return re.compile(rf"(?<![\w.@/-]){re.escape(value)}(?![\w/@-]|\.\w)")


def missed(path: Path, keys: set[str]) -> list[str]:
    """Those of the keys that a file says in its text."""
    text = plain(path)
    return sorted(key for key in keys if _value(key) in text and spelt(key).search(text))


def _value(key: str) -> str:
    return key.partition(":")[2].removeprefix("md5:").removeprefix("sha1:").removeprefix("sha256:").lower().rstrip("/")


def check(first: Path, second: Path, incident: str) -> None:
    """What one of two files lists alone, the other does not say; but for what is left out with a reason."""
    keys = {path: listed(path) for path in (first, second)}
    for path, other in ((first, second), (second, first)):
        found = missed(path, keys[other] - keys[path])
        count, line = LEFT_OUT.get((incident, path.name), (0, re.compile("")))
        if found and (other.suffix in (".ioc", ".json")):
            assert len(found) == count, (path, other, found)
            for key in found:
                lines = [each for each in plain(path).splitlines() if spelt(key).search(each)]
                assert all(line.fullmatch(each.strip()) for each in lines), (key, lines)
        else:
            assert found == [], (path, other)


@pytest.mark.parametrize("incident", ESET)
def test_a_report_its_event_and_its_lists_list_the_same(shared_data, incident):
    """The text, the event in MISP, the lists of samples and the document of OpenIOC of an incident: each lists all of
    the others that it says.
    """
    folder = shared_data("ioc-reports") / "eset" / incident
    (event,) = folder.glob("*.json")
    forms = [folder / "README.adoc", event, *folder.glob("samples.*"), *folder.glob("*.ioc")]
    for first, second in itertools.combinations(forms, 2):
        check(first, second, incident)
    text, misp = listed(folder / "README.adoc"), listed(event)
    assert (len(text & misp), text == misp) == (ESET[incident], incident in EQUAL)


def test_the_hashes_of_a_sample_are_one_file(shared_data):
    """Where an event joins the hashes of a sample, the lists by MD5, SHA-1 and SHA-256 name that one file each."""
    joined = 0
    for incident in ("backdoordiplomacy", "mozi", "machete", "ramsay", "swc-candiru", "cloudmensis", "winter_vivern"):
        folder = shared_data("ioc-reports") / "eset" / incident
        (event,) = folder.glob("*.json")
        files = [entry.keys for entry in read(event.read_bytes())[1] if len(entry.keys) == 3]
        known = {key for kind in ("md5", "sha1", "sha256") for key in listed(folder / f"samples.{kind}")}
        joined += sum(set(keys) <= known for keys in files)
    assert joined == 29


PEGASUS = {
    "domains.txt": 1_438,
    "emails.txt": 29,
    "v2_domains.txt": 95,
    "v3_domains.txt": 600,
    "v4_domains.txt": 688,
    "v4_validation_domains.txt": 26,
    "processes.txt": 0,
}
NOVISPY = {"domains.txt": 7, "sha256.txt": 4, "package_names.txt": 0, "package_cert_hashes.txt": 0}


@pytest.mark.parametrize(
    ("folder", "bundle", "lists"),
    [("2021-07-18_nso", "pegasus.stix2", PEGASUS), ("2024-12-16_serbia_novispy", "novispy.stix2", NOVISPY)],
)
def test_the_lists_of_amnesty_and_their_bundles_list_the_same(shared_data, folder, bundle, lists):
    """Domains, mail addresses and hashes of a bundle are those of the lists. What else the lists hold looks like that
    (names of processes and packages, digests of certificates), and the bundle says that it is none.
    """
    where = shared_data("ioc-reports") / "amnesty" / folder
    _, entries, refused = read((where / bundle).read_bytes())
    stix = {key for entry in entries for key in entry.keys}
    own: set[str] = set()
    for name, count in lists.items():
        keys = listed(where / name)
        assert len(keys & stix) == count, name
        own |= keys & stix
        if count:
            # One name of the list is not in the bundle, in any spelling.
            assert missed(where / bundle, keys - stix) == [], name
            assert len(keys - stix) == (1 if name == "v3_domains.txt" else 0)
        else:
            assert any(
                kind in each.reason for each in refused for kind in ("process by its name", "app by", "certificate")
            )
    assert stix == own


@pytest.mark.parametrize(
    ("text", "bundle", "count", "alone"),
    [("Matrix_IOCs.text", "MatrixRansowmare_IOCs.json", 31, 0), ("Netwalker_IOCs.text", "Netwalker_TA.json", 73, 6)],
)
def test_the_texts_of_unit_42_and_their_bundles_list_the_same(shared_data, text, bundle, count, alone):
    """A bundle lists all that the text of its incident lists; what it lists alone, the text does not say."""
    where = shared_data("ioc-reports") / "unit42"
    report, stix = where / "text" / text, where / "stix2" / bundle
    keys, others = listed(report), listed(stix)
    assert (len(keys), keys - others, len(others - keys)) == (count, set(), alone)
    assert missed(report, others - keys) == []


def test_no_other_text_of_unit_42_is_of_an_incident_that_it_has_a_bundle_of(shared_data):
    """Two texts of Unit 42 list what a bundle lists; no other text has a value in common with any bundle."""
    where = shared_data("ioc-reports") / "unit42"
    bundles = set[str]().union(*(listed(path) for path in (where / "stix2").iterdir()))
    shared = {path.name for path in (where / "text").rglob("*") if path.is_file() and listed(path) & bundles}
    assert shared == {"Matrix_IOCs.text", "Netwalker_IOCs.text"}


def test_a_report_of_amnesty_lists_its_lists_and_the_urls_that_it_tells_of(shared_data):
    """The report on Qatar lists all of the lists beside it, and else nothing but URLs on their domains."""
    where = shared_data("ioc-reports") / "amnesty" / "2021-05-28_qatar"
    report, lists = listed(where / "README.md"), listed(where / "domains.txt") | listed(where / "ips.txt")
    assert (len(lists), lists - report) == (6, set())
    assert {Domain(urlsplit(key.removeprefix("url:")).hostname or "").key for key in map(str, report - lists)} <= {
        Key.parse(key) for key in lists
    }
