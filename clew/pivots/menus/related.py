"""Menu `related`: what others have seen together with an entity."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Certificate, Domain, File, IpAddress, Url
from clew.pivots.binding import Menu, bind
from clew.providers.ti.censys_certificates import CensysCertificates
from clew.providers.ti.censys_hosts import Censys
from clew.providers.ti.circl_pssl import CirclPassiveSsl
from clew.providers.ti.crtsh import CrtSh
from clew.providers.ti.dnstwister import DnsTwister
from clew.providers.ti.hunterhow import HunterHow
from clew.providers.ti.otx_related import OtxRelated
from clew.providers.ti.pulsedive_related import PulsediveRelated
from clew.providers.ti.securitytrails_domains import SecurityTrails
from clew.providers.ti.shodan import Shodan
from clew.providers.ti.virustotal_behaviour import VirusTotalBehaviour
from clew.providers.ti.virustotal_related import VirusTotalRelated
from clew.providers.ti.xforce_related import XForceRelated


class IpRelated(Menu[IpAddress]):
    """What was seen together with addresses."""

    menu: ClassVar[str] = "related"
    censys = bind(Censys.services)
    circl = bind(CirclPassiveSsl.ip)
    hunterhow = bind(HunterHow.ip)
    otx = bind(OtxRelated.ip)
    pulsedive = bind(PulsediveRelated.ip)
    shodan = bind(Shodan.services)
    virustotal = bind(VirusTotalRelated.ip)
    xforce = bind(XForceRelated.ip)


class DomainRelated(Menu[Domain]):
    """What was seen together with domains."""

    menu: ClassVar[str] = "related"
    crtsh = bind(CrtSh.domain)
    dnstwister = bind(DnsTwister.domain)
    otx = bind(OtxRelated.domain)
    pulsedive = bind(PulsediveRelated.domain)
    securitytrails = bind(SecurityTrails.subdomains)
    securitytrails_dns = bind(SecurityTrails.domain)
    virustotal = bind(VirusTotalRelated.domain)
    xforce = bind(XForceRelated.domain)


class UrlRelated(Menu[Url]):
    """What was seen together with URLs."""

    menu: ClassVar[str] = "related"
    otx = bind(OtxRelated.url)
    pulsedive = bind(PulsediveRelated.url)
    virustotal = bind(VirusTotalRelated.url)
    xforce = bind(XForceRelated.url)


class FileRelated(Menu[File]):
    """What was seen together with files."""

    menu: ClassVar[str] = "related"
    virustotal = bind(VirusTotalRelated.file)
    virustotal_behaviour = bind(VirusTotalBehaviour.file)


class CertificateRelated(Menu[Certificate]):
    """What certificates say, and who presents them."""

    menu: ClassVar[str] = "related"
    censys = bind(CensysCertificates.certificate)
    censys_hosts = bind(CensysCertificates.hosts)
    circl = bind(CirclPassiveSsl.certificate)
