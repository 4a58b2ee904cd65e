"""How long feeds take to build and to ask. Nothing here passes or fails by a time."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from clew import Domain, IpAddress
from clew.entities import Entity
from clew.feeds.collection_mirror import Mirror, Subscription
from clew.feeds.lookup import Feeds
from clew.feeds.store import FeedStore
from clew.feeds.warninglists import Warninglists
from clew.providers.local.feed_channel import FeedChannel
from clew.providers.taxii.collections import CollectionFetcher
from clew.providers.web import HttpRequest
from clew.providers.web.raw_response import RawResponse

Figure = Callable[[str, str, str], None]
MILLION, ASKED = 1_000_000, 100_000


def cpu(run: Callable[[], Any]) -> float:
    """CPU seconds of this process."""
    begun = time.process_time()
    run()
    return time.process_time() - begun


def write_million(path: Path) -> None:
    """Addresses, hashes, names and URLs in equal parts."""
    draw = random.Random(1)
    with path.open("w") as file:
        for number in range(MILLION // 5):
            address = ".".join(str(draw.randrange(1, 250)) for _ in range(4))
            file.write(f"{address}\n{draw.randrange(16**40):040x}\n{draw.randrange(16**64):064x}\n")
            file.write(f"c{number}.evil{number % 977}.example\nhttps://evil{number}.example/gate.php?id={number}\n")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FeedStore:
    return FeedStore(tmp_path_factory.mktemp("store"))


def test_a_million(store: FeedStore, tmp_path: Path, benchmark: Any, figure: Figure) -> None:
    path = tmp_path / "million.txt"
    write_million(path)
    seconds = benchmark.pedantic(lambda: cpu(lambda: store.add(path)), rounds=1)
    size = (store.folder / "million.feed").stat().st_size / 2**20
    figure("build a feed of 1,000,000 values", f"{seconds:.1f} CPU s, {size:.0f} MiB", "aim: 20 CPU s")
    figure("add it again, unchanged", f"{cpu(lambda: store.add(path)):.2f} CPU s", "")
    values = path.read_text().splitlines()
    rows = "".join(f"{value},C2 of number {number},2026-01-02\n" for number, value in enumerate(values))
    table = tmp_path / "table.csv"
    table.write_text(f"indicator,description,first_seen\n{rows}")
    other = FeedStore(tmp_path / "other")
    seconds = cpu(lambda: other.add(table))
    figure("build it from CSV, each row with words of its own", f"{seconds:.1f} CPU s", "aim: 20 CPU s")


SUBJECTS: dict[str, Callable[[int], Entity]] = {
    "addresses": lambda n: IpAddress(f"{n % 223 + 1}.{n % 251}.{n % 241}.{n % 239}"),
    "domains": lambda n: Domain(f"c{n * 7}.evil{n * 7 % 977}.example"),
}


@pytest.mark.parametrize("kind", SUBJECTS)
def test_many_at_once(kind: str, store: FeedStore, benchmark: Any, figure: Figure) -> None:
    channel = FeedChannel(Feeds((), store))
    subjects = [SUBJECTS[kind](number) for number in range(ASKED)]
    told: dict[str, Any] = {}
    seconds = benchmark.pedantic(lambda: cpu(lambda: told.update(channel.columns(subjects))), rounds=1)
    found = told["outcome"].count("found")
    figure(f"ask a million values about 100,000 {kind} ({found:,} found)", f"{seconds:.2f} CPU s", "aim: 1 CPU s")


ASK = """
import re, sys
from pathlib import Path
from clew import IpAddress
from clew.providers.local.feed_channel import FeedChannel
from clew.feeds.lookup import Feeds
from clew.feeds.store import FeedStore
def peak(): return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
before = peak()
feeds = Feeds((), FeedStore(Path(sys.argv[1])))
for number in range(2_000):
    feeds.lookup((f"ip:{number % 223 + 1}.{number % 251}.7.9",))
print(before, peak())
"""


def test_memory(store: FeedStore, benchmark: Any, figure: Figure) -> None:
    command = [sys.executable, "-c", ASK, str(store.folder)]
    done = benchmark.pedantic(
        lambda: subprocess.run(command, check=True, capture_output=True, text=True).stdout, rounds=1
    )
    before, peak = map(float, done.split())
    figure("memory of asking a million values", f"{peak:.0f} MiB, {before:.0f} MiB of it before", "aim: 150 MiB")


def page(start: int) -> RawResponse:
    """A page of a thousand indicators, which are those from that number on."""
    objects = [
        {
            "type": "indicator",
            "spec_version": "2.1",
            "id": f"indicator--00000000-0000-4000-8000-{number:012x}",
            "created": "2026-01-02T00:00:00Z",
            "modified": "2026-01-02T00:00:00Z",
            "pattern_type": "stix",
            "pattern": f"[domain-name:value = 'c{number}.evil{number % 977}.example']",
            "valid_from": "2026-01-02T00:00:00Z",
            "indicator_types": ["malicious-activity"],
        }
        for number in range(start, start + 1_000)
    ]
    body = {"objects": objects, "more": start + 1_000 < ASKED, "next": str(start + 1_000)}
    return RawResponse(200, {"content-type": "application/taxii+json;version=2.1"}, json.dumps(body).encode())


def test_taxii(tmp_path: Path, benchmark: Any, figure: Figure) -> None:
    store = FeedStore(tmp_path)
    pages = {number: page(number) for number in range(0, ASKED, 1_000)}
    Mirror.create(store.mirror_path("isac"), Subscription("https://taxii.example/api/collections/c1/")).close()
    way = CollectionFetcher(store, lambda ask, _: pages[int(dict(cast("HttpRequest", ask).params).get("next", 0))])
    seconds = benchmark.pedantic(lambda: cpu(lambda: way.fetch("isac")), rounds=1)
    figure("take 100,000 objects of TAXII, and read them", f"{seconds:.1f} CPU s", "")
    figure("take them again, all known", f"{cpu(lambda: way.fetch('isac')):.1f} CPU s", "")


def test_warning_lists(shared_data: Callable[[str], Path], tmp_path: Path, benchmark: Any, figure: Figure) -> None:
    with zipfile.ZipFile(shared_data("warninglists") / "misp-warninglists.zip") as packed:
        packed.extractall(tmp_path)
    lists = Warninglists((tmp_path,))
    seconds = benchmark.pedantic(lambda: cpu(lambda: lists.names(IpAddress("8.8.8.8"))), rounds=1)
    figure("load 68 warning lists, 311,552 entries", f"{seconds:.2f} CPU s", "")
    subjects = [make(number) for make in SUBJECTS.values() for number in range(5_000)]
    seconds = cpu(lambda: [lists.names(subject) for subject in subjects])
    figure("ask them about one entity", f"{seconds / len(subjects) * 1e6:.1f} us", "")


def test_maltrail(shared_data: Callable[[str], Path], tmp_path: Path, benchmark: Any, figure: Figure) -> None:
    with zipfile.ZipFile(shared_data("ti-feeds") / "maltrail_static.zip") as packed:
        packed.extractall(tmp_path / "maltrail")
    store = FeedStore(tmp_path / "store")
    seconds = benchmark.pedantic(lambda: cpu(lambda: store.add(tmp_path / "maltrail")), rounds=1)
    figure("build Maltrail's 1,517 lists", f"{seconds:.1f} CPU s", "")
