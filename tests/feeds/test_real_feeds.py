"""Feeds that others publish, and reports of the same incident in several formats."""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
import zipfile
from pathlib import Path

import pytest

from clew.entities import Domain, IpAddress, Outcome, Verdict, parse
from clew.errors import FeedUnusable
from clew.feeds.listing_verdict import MANY_LISTS
from clew.feeds.store import FeedStore
from tests.feeds.asked import keys, looked_up, read

pytestmark = pytest.mark.long  # real recordings

# Ends of names that are more likely files.
FILES = {"bat", "bin", "cmd", "dat", "dll", "exe", "html", "jar", "php", "ps1", "scr", "sys", "tmp", "vbs"}


def test_every_address_of_ipsum_is_found_with_its_count(shared_data, tmp_path):
    """Of 120,430 addresses each is listed; those on many blocklists are malicious, the others suspicious."""
    path = tmp_path / "ipsum.txt"
    path.write_bytes(gzip.decompress((shared_data("ti-feeds") / "ipsum" / "ipsum.txt.gz").read_bytes()))
    store = FeedStore(tmp_path / "store")
    feed = store.add(path)
    truth = dict(line.split("\t") for line in path.read_text().splitlines() if not line.startswith("#"))
    assert (feed.entries, feed.refused) == (len(truth), 0) == (120_430, 0)
    (opened,) = store.feeds()
    listed = opened.find(f"ip:{address}" for address in truth)
    assert {each.key.removeprefix("ip:"): each.details["reports"] for each in listed} == {
        address: int(count) for address, count in truth.items()
    }
    draw = random.Random(1)
    others = {".".join(str(draw.randrange(1, 255)) for _ in range(4)) for _ in range(2_000)} - truth.keys()
    assert opened.find(f"ip:{address}" for address in others) == []
    for address, count in [*truth.items()][::2_000]:
        found = looked_up(IpAddress(address), store=store)
        assert found.fact("blocklists") == int(count)
        assert found.verdict is (Verdict.MALICIOUS if int(count) >= MANY_LISTS else Verdict.SUSPICIOUS)
    assert looked_up(IpAddress("198.51.100.7"), store=store).outcome is Outcome.NOTHING
    level5 = (shared_data("ti-feeds") / "ipsum" / "level5.txt").read_text()
    assert keys(level5) == {f"ip:{address}" for address, count in truth.items() if int(count) >= 5}


def test_the_trails_of_maltrail_know_their_family(shared_data, tmp_path):
    """Each of 1,517 lists is named by its file; every plain value in it is listed under that name."""
    with zipfile.ZipFile(shared_data("ti-feeds") / "maltrail_static.zip") as packed:
        packed.extractall(tmp_path / "maltrail")
    store = FeedStore(tmp_path / "store")
    feed = store.add(tmp_path / "maltrail")
    assert feed.files == 1_517
    assert feed.entries > 380_000
    (opened,) = store.feeds()
    values = 0
    for file in sorted((tmp_path / "maltrail").rglob("*.txt")):
        lines = {line.strip() for line in file.read_text().splitlines()}
        names = {key for key in map(_plain_key, lines) if key}
        found = [each for each in opened.find(names) if each.source.endswith(f"{file.parent.name}/{file.name}")]
        assert {listed.key for listed in found} == names, file
        assert {listed.details.get("name", "") for listed in found} <= {_family(file)}, file
        values += len(names)
    assert values == 215_908
    assert opened.find(f"domain:not-listed-{number}.example" for number in range(2_000)) == []
    paths = [place for _, place, why in opened.rejected_lines() if "is a path" in why]
    assert len(paths) * 10 > len(opened.rejected_lines()) * 9


def _plain_key(line: str) -> str:
    """The key of a line that is an address, with a port or without, or a name, and nothing else."""
    if re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?", line):
        return f"ip:{line.partition(':')[0]}"
    # What ends like a file is left out on purpose, and a name is not longer than the DNS allows.
    is_name = re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,20}", line)
    return f"domain:{line}" if is_name and line.rpartition(".")[2] not in FILES else ""


def _family(file: Path) -> str:
    """The family that a trail is named for."""
    return " ".join(file.stem.replace("_", " ").split())


def test_indicators_of_a_table_are_all_found(shared_data, tmp_path):
    """Each of 247 indicators of a CSV export is listed with what its row says."""
    path = shared_data("ti-feeds") / "cobalt_strike_c2_otx.csv"
    rows = [*csv.DictReader(path.read_text("utf-8-sig").splitlines())]
    store = FeedStore(tmp_path / "store")
    feed = store.add(path)
    assert (feed.entries, feed.refused, len(rows)) == (247, 0, 247)
    for row in rows:
        found = looked_up(parse(row["Indicator"]), store=store)
        assert (bool(found), found.fact("description") or "") == (True, row["Description"]), row


def test_a_report_of_amnesty_lists_the_same_as_text_and_as_stix(shared_data):
    """The domains of Pegasus in STIX are those in the list: all 1,438."""
    folder = shared_data("ioc-reports") / "amnesty" / "2021-07-18_nso"
    text, stix = keys((folder / "domains.txt").read_bytes()), read((folder / "pegasus.stix2").read_bytes())
    listed = {key for entry in stix[1] for key in entry.keys}
    assert len(text) == 1_438
    assert {key for key in listed if key.startswith("domain:")} == text
    assert {entry.details.name for entry in stix[1]} == {"Pegasus"}
    assert {row.reason for row in stix[2]} == {
        "process by its name is not looked up",
        "file by its name is not looked up",
    }


def test_hashes_of_eset_are_the_same_as_list_and_in_misp(shared_data):
    """Where an incident has both, the SHA-1 of its MISP event are in the list of samples."""
    compared = 0
    for event in sorted((shared_data("ioc-reports") / "eset").rglob("*.json")):
        samples = event.with_name("samples.sha1")
        if not samples.exists() or "MISP" not in _format(event):
            continue
        listed = {key for key in keys(event.read_bytes()) if key.startswith("file:sha1:")}
        known = keys(samples.read_bytes())
        assert all(key.startswith("file:sha1:") for key in known)
        compared += len(listed & known)
        # Some events name files of other reports too; most of what both have is the same.
        assert len(listed & known) * 2 >= min(len(listed), len(known)), event
    assert compared > 100


def _format(path: Path) -> str:
    try:
        return read(path.read_bytes())[0]
    except FeedUnusable:
        return ""


def test_tables_of_volexity_are_read_whole(shared_data):
    """Each of 795 rows lists its value, with what the report says of it."""
    rows = 0
    for file in sorted((shared_data("ioc-reports") / "volexity").rglob("*.csv")):
        _, entries, refused = read(file.read_bytes())
        with file.open(encoding="utf-8-sig", newline="") as lines:
            truth = [row for row in csv.reader(lines) if any(row)][1:]
        assert (len(entries), refused) == (len(truth), []), file
        described = [row[2].strip() for row in truth]
        assert [bool(entry.details.description) for entry in entries] == [bool(text) for text in described], file
        rows += len(truth)
    assert rows == 795


def test_indicators_of_unit_42_are_all_accounted_for(shared_data):
    """Each indicator of 40 bundles is listed, or left out with the reason; hashes, names and addresses never are."""
    indicators = 0
    for file in sorted((shared_data("ioc-reports") / "unit42" / "stix2").glob("*.json")):
        document = json.loads(file.read_text("utf-8"))
        given = [each for each in document["objects"] if each["type"] == "indicator"]
        _, entries, refused = read(file.read_bytes())
        told = {entry.location for entry in entries} | {row.location for row in refused}
        assert len(told) == len(given), file
        indicators += len(given)
        left_out = {document["objects"][int(row.location.rpartition("/")[2])]["pattern"] for row in refused}
        # One of them gives a path as a domain.
        wrong = [each for each in left_out if re.match(r"\[(?:domain-name|ipv4-addr|file:hashes)[^/]*$", each)]
        assert wrong == [], file
    assert indicators == 1_693


def test_a_listed_value_links_to_what_was_published_with_it(shared_data, tmp_path):
    """A name that an event joins with an address resolves to it; the event quoted is the evidence."""
    store = FeedStore(tmp_path / "store")
    store.add(shared_data("ioc-reports") / "eset", name="eset")
    (opened,) = store.feeds()
    linked = [
        listed
        for file in sorted((shared_data("ioc-reports") / "eset").rglob("*misp*.json"))
        for listed in opened.find(key for key in keys(file.read_bytes()) if key.startswith("domain:"))
        if any(relation == "resolves-to" for relation, _, _ in listed.related_keys)
    ]
    assert linked
    finding = looked_up(Domain(linked[0].key.removeprefix("domain:")), store=store)
    assert {link.relation for link in finding.links} == {"resolves-to"}
    assert all(link.pointers[0].endswith("/raw") for link in finding.links)


def test_hostile_files_are_read_or_refused(shared_data, tmp_path):
    """Bombs, entities, depth, damage and foreign databases end in a feed or in a typed error, and in nothing else."""
    files = sorted((shared_data("ti-feeds").parents[1] / "hostile-files").glob("*"))
    if not files:
        pytest.skip("no hostile files are beside the data")
    store = FeedStore(tmp_path / "store")
    refused = {}
    for file in files:
        try:
            store.add(file, name="hostile")
        except FeedUnusable as error:
            refused[file.name] = error.message
    assert "document type" in refused["billion_laughs.xml"]
    assert "document type" in refused["xxe.xml"]
    assert "no usable JSON" in refused["deep.json"]
    assert "it is no text" in refused["bomb_64MiB.gz"]
    assert not looked_up(IpAddress("198.51.100.7"), store=store)
