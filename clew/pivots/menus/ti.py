"""Menu `ti`: what is known about an entity's reputation."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Account, Domain, File, IpAddress, Url
from clew.pivots.binding import Menu, bind
from clew.pivots.lookup import Lookup
from clew.providers.local.feeds import LocalFeed
from clew.providers.ti.abuseipdb import AbuseIpDb
from clew.providers.ti.censys_hosts import Censys
from clew.providers.ti.circl_hashlookup import CirclHashlookup
from clew.providers.ti.crowdsec import CrowdSec
from clew.providers.ti.greynoise import GreyNoise
from clew.providers.ti.greynoise_community import GreyNoiseCommunity
from clew.providers.ti.internetdb import InternetDb
from clew.providers.ti.ipqualityscore import IpQualityScore, IpQualityScoreUrls
from clew.providers.ti.malwarebazaar import MalwareBazaar
from clew.providers.ti.openpagerank import OpenPageRank
from clew.providers.ti.otx_objects import Otx
from clew.providers.ti.pulsedive_indicators import Pulsedive
from clew.providers.ti.shodan import Shodan
from clew.providers.ti.threatfox import ThreatFox
from clew.providers.ti.tor import TorExits
from clew.providers.ti.urlhaus import UrlHaus
from clew.providers.ti.urlscan import UrlScan
from clew.providers.ti.virustotal_objects import VirusTotal
from clew.providers.ti.virustotal_v2 import VirusTotal2
from clew.providers.ti.xforce_reports import XForce


class IpTi(Menu[IpAddress]):
    """Threat intelligence about addresses."""

    menu: ClassVar[str] = "ti"
    lookup = Lookup[IpAddress]()
    abuseipdb = bind(AbuseIpDb.ip)
    censys = bind(Censys.ip)
    crowdsec = bind(CrowdSec.ip)
    greynoise = bind(GreyNoise.ip)
    greynoise_community = bind(GreyNoiseCommunity.ip)
    internetdb = bind(InternetDb.ip)
    ipqualityscore = bind(IpQualityScore.ip)
    otx = bind(Otx.ip)
    pulsedive = bind(Pulsedive.ip)
    shodan = bind(Shodan.ip)
    threatfox = bind(ThreatFox.ip)
    tor = bind(TorExits.ip)
    urlhaus = bind(UrlHaus.ip)
    urlscan = bind(UrlScan.ip)
    virustotal = bind(VirusTotal.ip)
    virustotal_v2 = bind(VirusTotal2.ip)
    xforce = bind(XForce.ip)
    feed = bind(LocalFeed.ip)


class DomainTi(Menu[Domain]):
    """Threat intelligence about domains."""

    menu: ClassVar[str] = "ti"
    lookup = Lookup[Domain]()
    ipqualityscore = bind(IpQualityScoreUrls.domain)
    openpagerank = bind(OpenPageRank.domain)
    otx = bind(Otx.domain)
    pulsedive = bind(Pulsedive.domain)
    threatfox = bind(ThreatFox.domain)
    urlhaus = bind(UrlHaus.domain)
    urlscan = bind(UrlScan.domain)
    virustotal = bind(VirusTotal.domain)
    virustotal_v2 = bind(VirusTotal2.domain)
    xforce = bind(XForce.domain)
    feed = bind(LocalFeed.domain)


class UrlTi(Menu[Url]):
    """Threat intelligence about URLs."""

    menu: ClassVar[str] = "ti"
    lookup = Lookup[Url]()
    ipqualityscore = bind(IpQualityScoreUrls.url)
    otx = bind(Otx.url)
    pulsedive = bind(Pulsedive.url)
    threatfox = bind(ThreatFox.url)
    urlhaus = bind(UrlHaus.url)
    urlscan = bind(UrlScan.url)
    virustotal = bind(VirusTotal.url)
    virustotal_v2 = bind(VirusTotal2.url)
    xforce = bind(XForce.url)
    feed = bind(LocalFeed.url)


class FileTi(Menu[File]):
    """Threat intelligence about files."""

    menu: ClassVar[str] = "ti"
    lookup = Lookup[File]()
    circl_hashlookup = bind(CirclHashlookup.file)
    malwarebazaar = bind(MalwareBazaar.file)
    otx = bind(Otx.file)
    threatfox = bind(ThreatFox.file)
    urlhaus = bind(UrlHaus.file)
    urlscan = bind(UrlScan.file)
    virustotal = bind(VirusTotal.file)
    virustotal_v2 = bind(VirusTotal2.file)
    xforce = bind(XForce.file)
    feed = bind(LocalFeed.file)


class AccountTi(Menu[Account]):
    """Threat intelligence about accounts, which are mail addresses there."""

    menu: ClassVar[str] = "ti"
    lookup = Lookup[Account]()
    feed = bind(LocalFeed.account)
