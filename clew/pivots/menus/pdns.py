"""Menu `pdns`: passive DNS, what names and addresses had to do with each other in the past.

Nobody is resolved, but by a source that is marked as active, and so has to be allowed.
"""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Domain, IpAddress
from clew.pivots.binding import Menu, bind
from clew.pivots.lookup import Lookup
from clew.providers.ti.circl_pdns import CirclPassiveDns
from clew.providers.ti.otx_resolutions import OtxResolutions
from clew.providers.ti.pulsedive_related import PulsediveResolutions
from clew.providers.ti.securitytrails_history import SecurityTrailsHistory
from clew.providers.ti.validin import Validin
from clew.providers.ti.virustotal_resolutions import VirusTotalResolutions
from clew.providers.ti.xforce_related import XForceResolutions

_ABOUT = "Which names had which address, as every configured source has seen it."


class IpPassiveDns(Menu[IpAddress]):
    """Names that addresses had."""

    menu: ClassVar[str] = "pdns"
    lookup = Lookup[IpAddress](_ABOUT)
    circl = bind(CirclPassiveDns.ip)
    otx = bind(OtxResolutions.ip)
    pulsedive = bind(PulsediveResolutions.ip)
    securitytrails = bind(SecurityTrailsHistory.ip)
    validin = bind(Validin.ip)
    virustotal = bind(VirusTotalResolutions.ip)
    xforce = bind(XForceResolutions.ip)


class DomainPassiveDns(Menu[Domain]):
    """Addresses that domains had."""

    menu: ClassVar[str] = "pdns"
    lookup = Lookup[Domain](_ABOUT)
    circl = bind(CirclPassiveDns.domain)
    otx = bind(OtxResolutions.domain)
    pulsedive = bind(PulsediveResolutions.domain)
    securitytrails = bind(SecurityTrailsHistory.domain)
    validin = bind(Validin.domain)
    virustotal = bind(VirusTotalResolutions.domain)
    xforce = bind(XForceResolutions.domain)
