"""GeoIP over a column, against a loop over the library's own reader. Nothing here passes or fails by a time."""

from __future__ import annotations

import contextvars
import gc
import random
import time
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import maxminddb
import pandas as pd
import pytest
from maxminddb.reader import Reader

from clew import IpAddress, configure
from clew.providers.geo.database_files import bundled_database

Figure = Callable[[str, str, str], None]
ROWS, DISTINCT = 100_000, 20_000
LANGUAGES = ("de", "en", "es", "fr", "ja", "pt-BR", "ru", "zh-CN")
# Unicast addresses that are neither private nor reserved.
FIRST, LAST = int(IPv4Address("11.0.0.0")), int(IPv4Address("95.0.0.0"))


def record(number: int) -> dict[str, Any]:
    """As large as a record of GeoLite2-City, each with coordinates of its own; countries and cities come again."""
    nation, city = number % 60, number % 3000

    def names(text: str) -> dict[str, str]:
        return {language: f"{text} {language}" for language in LANGUAGES}

    country = {"geoname_id": nation, "iso_code": f"N{nation:02}", "names": names(f"Country {nation}")}
    return {
        "city": {"geoname_id": 10_000 + city, "names": names(f"City {city}")},
        "continent": {"code": "EU", "geoname_id": 6255148, "names": names("Europe")},
        "country": country,
        "location": {
            "accuracy_radius": 20,
            "latitude": number % 1700 / 10 - 85.05,
            "longitude": number % 3500 / 10 - 175.05,
            "time_zone": "Europe/Amsterdam",
        },
        "postal": {"code": str(10_000 + number)},
        "registered_country": country,
        "subdivisions": [{"geoname_id": 500 + nation, "iso_code": f"S{nation}", "names": names(f"Part {nation}")}],
    }


def write(path: Path, networks: Sequence[str]) -> Path:
    """A City database with a record for each network."""
    writer, netaddr = pytest.importorskip("mmdb_writer"), pytest.importorskip("netaddr")
    made = writer.MMDBWriter(6, "GeoLite2-City", ["en"], {"en": "made up"}, ipv4_compatible=True)
    for number, network in enumerate(networks):
        made.insert_network(netaddr.IPSet([network]), record(number))
    made.to_db_file(str(path))
    return path


def text(number: int) -> str:
    return str(IPv4Address(number))


def inputs(folder: Path) -> dict[str, tuple[Path, list[str]]]:
    """What is asked of what: by the name of the input, the database and the distinct addresses."""
    dice = random.Random(7)
    wide = sorted({dice.randrange(FIRST, LAST) >> 8 << 8 for _ in range(4_000)})
    own = sorted({dice.randrange(FIRST, LAST) for _ in range(DISTINCT)})
    anywhere = [text(dice.randrange(FIRST, LAST)) for _ in range(DISTINCT)]
    shared = [text(dice.choice(wide) + dice.randrange(256)) for _ in range(DISTINCT)]
    by_24 = write(folder / "wide.mmdb", [f"{text(number)}/24" for number in wide])
    made = {
        "4,000 networks": (by_24, shared),
        "each address in a network of its own": (write(folder / "own.mmdb", [*map(text, own)]), [*map(text, own)]),
        "1 in 100 known": (
            write(folder / "few.mmdb", [f"{text(number)}/24" for number in wide[:200]]),
            [*anywhere[:-200], *(text(number + 3) for number in wide[:200])],
        ),
        "50 distinct": (by_24, shared[:50]),
    }
    brought = bundled_database()
    return made | ({"GeoLite2-City of 2018": (brought, anywhere)} if brought is not None else {})


def cpu(run: Callable[[], object]) -> float:
    """CPU seconds of this process, the best of three."""
    taken: list[float] = []
    for _ in range(3):
        gc.collect()
        begun = time.process_time()
        run()
        taken.append(time.process_time() - begun)
    return min(taken)


def test_a_column_of_addresses(benchmark: Any, figure: Figure, tmp_path: Path) -> None:
    """Distinct values, the reader of the same kind (pure Python, in memory), and the records back to the rows."""
    dice = random.Random(8)

    def measure(name: str, database: Path, distinct: list[str]) -> None:
        rows = [*distinct, *dice.choices(distinct, k=ROWS - len(distinct))]
        dice.shuffle(rows)
        column = pd.Series(rows, dtype=object)
        python = Reader(database, maxminddb.MODE_MEMORY)

        def by_hand(reader: Any) -> pd.Series[Any]:
            known = {address: reader.get(address) for address in column.unique()}
            return pd.Series([known[address] for address in column], dtype=object)

        configure(geoip=database)
        frame = IpAddress.geo.locate.over(column)
        assert len(frame) == ROWS
        assert frame.status.isin(["found", "nothing"]).all()
        assert [*frame.city.notna()[:2000]] == [
            bool((python.get(address) or {}).get("city")) for address in rows[:2000]
        ]
        taken, least = cpu(lambda: IpAddress.geo.locate.over(column)), cpu(lambda: by_hand(python))
        told = f"{taken / least:.2f} times the reader alone in Python"
        if maxminddb.extension:  # where the library was built with it
            with maxminddb.open_database(str(database), maxminddb.MODE_MMAP_EXT) as reader:
                told += f", {taken / cpu(lambda: by_hand(reader)):.1f} times that in C"
        figure(f"GeoIP over {ROWS:,} rows, {name}", f"{taken:.2f} CPU s", f"{told}; aim: 1.3 times in Python")

    def measure_all() -> None:
        for name, (database, distinct) in inputs(tmp_path).items():
            contextvars.copy_context().run(measure, name, database, distinct)

    benchmark.pedantic(measure_all, rounds=1)
