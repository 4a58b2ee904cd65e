"""Which RDAP server to ask, by the registries of the IANA (RFC 9224)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import cast

from clew.errors import AskFailed
from clew.providers.json_reply import JsonObject

#: Where the registries are; they are files, and say nothing about who is asked about.
URL = "https://data.iana.org/rdap/{}.json"
#: How well an entry of a registry fits; None where it does not.
_Fit = Callable[[str], int | None]


def server_for_name(registry: JsonObject, name: str) -> str:
    """The server of the entry that shares most labels with the end of the name; empty for none."""
    labels = name.lower().rstrip(".").split(".")

    def fit(entry: str) -> int | None:
        entry_labels = [label for label in entry.lower().strip(".").split(".") if label]
        return (
            len(entry_labels)
            if labels[len(labels) - len(entry_labels) :] == entry_labels and len(entry_labels) <= len(labels)
            else None
        )

    return _best_server(registry, fit)


def server_for_address(registry: JsonObject, address: str) -> str:
    """The server of the smallest network that the address lies in; empty for none."""
    ip = ipaddress.ip_address(address)

    def fit(entry: str) -> int | None:
        network = ipaddress.ip_network(entry, strict=False)
        return network.prefixlen if ip in network else None

    return _best_server(registry, fit)


def server_for_system(registry: JsonObject, number: int) -> str:
    """The server of the smallest range that the number of an autonomous system lies in; empty for none."""

    def fit(entry: str) -> int | None:
        first, _, last = entry.partition("-")
        ends = int(first), int(last or first)
        return ends[0] - ends[1] if ends[0] <= number <= ends[1] else None

    return _best_server(registry, fit)


def _best_server(registry: JsonObject, fit: _Fit) -> str:
    best: tuple[int, str] | None = None
    for entries, urls in _services(registry):
        url = next((url for url in urls if url.startswith("https://")), None)
        if url is None:
            continue  # plain http is not asked
        for entry in entries:
            try:
                score = fit(entry)
            except ValueError:
                continue  # an entry of a kind that is yet to come
            if score is not None and (best is None or score > best[0]):
                best = score, url
    return best[1].rstrip("/") + "/" if best else ""


def _services(registry: JsonObject) -> Iterator[tuple[list[str], list[str]]]:
    """Entries and the URLs of their servers. Raises AskFailed for what is no registry."""
    services = registry.value("services")
    if not isinstance(services, list):
        raise AskFailed("the registry has no list at /services", kind="reply")
    for service in cast("list[object]", services):
        # Those of entity tags have the mail address of somebody before them.
        lists = cast("list[object]", service)[-2:] if isinstance(service, list) else []
        if len(lists) == 2:
            yield _texts(lists[0]), _texts(lists[1])


def _texts(value: object) -> list[str]:
    return [item for item in cast("list[object]", value) if isinstance(item, str)] if isinstance(value, list) else []
