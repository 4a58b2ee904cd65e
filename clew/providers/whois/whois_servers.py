"""Which WHOIS server to ask, and how it wants to be asked."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from types import MappingProxyType

from clew.entities.host_names import canonical_name
from clew.errors import EntityError

ROOT = "whois.iana.org"
#: Servers that take more than the name: `{}` is what is asked about.
_QUERIES: Mapping[str, str] = MappingProxyType(
    {
        "whois.arin.net": "n + {}",
        "whois.denic.de": "-T dn,ace {}",
        "whois.jprs.jp": "{}/e",
        "whois.nic.ad.jp": "{}/e",
        # Without the data of people, which is counted, and shuts out who asks for much of it.
        "whois.ripe.net": "-r {}",
        "whois.verisign-grs.com": "domain {}",
    }
)
#: Registries of names below a top-level domain that the IANA does not name.
_SECOND_LEVEL_SERVERS: Mapping[str, str] = MappingProxyType(
    {
        "ac.uk": "whois.nic.ac.uk",
        "gov.uk": "whois.nic.ac.uk",
        "co.za": "coza-whois.registry.net.za",
        "net.za": "net-whois.registry.net.za",
        "org.za": "org-whois.registry.net.za",
        "web.za": "web-whois.registry.net.za",
        "za.org": "whois.za.org",
        "za.net": "whois.za.net",
    }
)


def query(server: str, value: str) -> str:
    """What to send to the server to ask about a name or an address."""
    return _QUERIES.get(server, "{}").format(value)


def known_server(name: str) -> str:
    """The server for a registered name that the IANA would not name; empty for none."""
    return _SECOND_LEVEL_SERVERS.get(name.partition(".")[2], "")


def root_query(address: str) -> str:
    """The large network around an address: that is enough for the IANA to say whose it is."""
    network = ipaddress.ip_network(f"{address}/{32 if ':' in address else 8}", strict=False)
    return str(network.network_address)


def checked_server(text: str) -> str:
    """The name of a server that a reply gives, in its one spelling; empty for what is none."""
    try:
        name = canonical_name(text.strip().partition("://")[2] or text.strip(), "a server")
    except EntityError:
        return ""
    return name if "." in name else ""
