"""Who and what takes part: hosts, accounts, remote sites and the clock. Every other module draws its values from here.

All addresses are from the documentation ranges (RFC 5737, RFC 3849) and all names end in `.example` (RFC 2606), so
nothing here can be anybody's.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SEED = 4471
DOMAIN = "corp.example"
REALM = DOMAIN.upper()
NETBIOS = "CORP"
DOMAIN_SID = "S-1-5-21-2893417706-1473029581-3360187442"
COLLECTOR = f"wec.{DOMAIN}"


def clock(text: str) -> datetime:
    """The moment `HH:MM:SS[.mmm]` of the day of the incident."""
    return datetime.fromisoformat(f"2026-03-17T{text}").replace(tzinfo=UTC)


LOG_START = clock("07:00:00")
LOG_END = clock("14:00:00")
BOOT_TIME = LOG_START - timedelta(days=1, hours=1, minutes=24)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A security principal as Windows writes it."""

    name: str
    sid: str
    domain: str = NETBIOS

    @property
    def user(self) -> str:
        """The account as logs name it: `DOMAIN\\name`."""
        return f"{self.domain}\\{self.name}"


@dataclass(frozen=True, slots=True)
class DemoHost:
    """A machine of the internal network; `aliases` are further names under which its agent reports it."""

    name: str
    address: str
    rid: int
    address6: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def fqdn(self) -> str:
        """Its full name in the DNS."""
        return f"{self.name}.{DOMAIN}"

    @property
    def account(self) -> DemoAccount:
        """The account of the machine in the domain."""
        return DemoAccount(f"{self.name}$", f"{DOMAIN_SID}-{self.rid}")

    @property
    def machine_id(self) -> str:
        """The eight digits with which every Sysmon GUID of this machine begins."""
        return hashlib.sha256(self.fqdn.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Site:
    """A remote service: its name, where it answers, and the names on the way there."""

    name: str
    address: str
    port: int = 443
    via: tuple[str, ...] = ()


WS01 = DemoHost("WS01", "192.0.2.11", 1601, "2001:db8:c0::11")
WS02 = DemoHost("WS02", "192.0.2.12", 1602, "2001:db8:c0::12")
# One machine, two names: its agent was reinstalled half-way and reports now the one, now the other.
FS01 = DemoHost("FS01", "192.0.2.20", 1603, aliases=("FS01",))
DC01 = DemoHost("DC01", "192.0.2.10", 1000)
MAIL01 = DemoHost("MAIL01", "192.0.2.25", 1604)
HOSTS = (WS01, WS02, FS01, DC01, MAIL01)

SYSTEM = DemoAccount("SYSTEM", "S-1-5-18", "NT AUTHORITY")
LOCAL_SERVICE = DemoAccount("LOCAL SERVICE", "S-1-5-19", "NT AUTHORITY")
NETWORK_SERVICE = DemoAccount("NETWORK SERVICE", "S-1-5-20", "NT AUTHORITY")
NOBODY = DemoAccount("-", "S-1-0-0", "-")
ADMINISTRATOR = DemoAccount("administrator", f"{DOMAIN_SID}-500")
KRBTGT = DemoAccount("krbtgt", f"{DOMAIN_SID}-502")
ALICE = DemoAccount("alice", f"{DOMAIN_SID}-1104")
BOB = DemoAccount("bob", f"{DOMAIN_SID}-1105")
SVC_BACKUP = DemoAccount("svc-backup", f"{DOMAIN_SID}-1110")

DOWNLOAD = Site("cdn.update-check.example", "203.0.113.66", 80)
DOWNLOAD_URL = f"http://{DOWNLOAD.name}/a.ps1"
C2 = Site("api.telemetry-sync.example", "198.51.100.23")
EXFIL = Site("drop.files-share.example", "203.0.113.200")
HOSTILE = (C2, DOWNLOAD, EXFIL)

UPDATES = Site("updates.vendor.example", "198.51.100.80", via=("cdn.vendor.example",))
REVOCATION = Site("crl.certs.example", "198.51.100.90", 80)
NEWS = Site("www.news.example", "198.51.100.101", via=("edge.news.example",))
LOGIN = Site("login.office-suite.example", "198.51.100.150")
CHAT = Site("chat.office-suite.example", "198.51.100.151")
SIGNATURES = Site("signatures.antivirus.example", "198.51.100.180")
SEARCH = Site("www.search.example", "203.0.113.10")
# The shop rents from the same hoster as the download host, and is as innocent as its customers.
SHOP = Site("shop.garden.example", "203.0.113.70")
FORUM = Site("forum.garden.example", "203.0.113.71")
TIME = Site("time.clock.example", "203.0.113.123", 123)
PARTNER_MAIL = Site("mx.partner.example", "203.0.113.140", 25)
WEATHER = Site("www.weather.example", "2001:db8:20::50")
PICTURES = Site("img.pictures.example", "2001:db8:30::80", via=("edge.pictures.example",))
BENIGN = (
    *(UPDATES, REVOCATION, NEWS, LOGIN, CHAT, SIGNATURES),
    *(SEARCH, SHOP, FORUM, TIME, PARTNER_MAIL, WEATHER, PICTURES),
)

PAYLOAD_NAME = "svcupd.exe"
PAYLOAD_BYTES = b"MZ: stands in for the implant of the demonstration; harmless, never written to disk"


def digests(image: str) -> dict[str, str]:
    """The hashes of a program, by its file name alone: the same binary is the same file wherever it was copied."""
    name = image.rpartition("\\")[2].lower()
    content = PAYLOAD_BYTES if name == PAYLOAD_NAME else f"program {name}".encode()
    return {
        "SHA1": hashlib.sha1(content, usedforsecurity=False).hexdigest().upper(),
        "MD5": hashlib.md5(content, usedforsecurity=False).hexdigest().upper(),
        "SHA256": hashlib.sha256(content).hexdigest().upper(),
        "IMPHASH": hashlib.md5(b"imports of " + content, usedforsecurity=False).hexdigest().upper(),
    }
