"""Background activities between machines: the web, mail, names, shares, the directory."""

from . import logons
from .cast import (
    BENIGN,
    BOB,
    CHAT,
    DC01,
    DOMAIN,
    FORUM,
    FS01,
    HOSTS,
    LOGIN,
    MAIL01,
    NEWS,
    PARTNER_MAIL,
    PICTURES,
    REVOCATION,
    SEARCH,
    SHOP,
    SIGNATURES,
    TIME,
    UPDATES,
    WEATHER,
    Site,
)
from .office import later, service
from .process import Process
from .scene import Scene
from .sysmon import End, dns_failure, dns_query

_READING = (NEWS, NEWS, SEARCH, SEARCH, LOGIN, WEATHER, PICTURES)
_GARDENING = (SHOP, FORUM)
"""Only one of the two office workers has a garden."""
_SYSTEM_SITES = (("wuauserv", UPDATES), ("CryptSvc", REVOCATION), ("MsMpEng", SIGNATURES), ("W32Time", TIME))


def _visit(scene: Scene, process: Process, site: Site) -> None:
    if site in BENIGN and scene.rng.random() < 0.7:
        scene.machine.emit(scene.at, dns_query(process, site))
    scene.machine.connect(later(scene.at, 0.04), process, site, udp=site is TIME, audited=scene.rng.random() < 0.5)


def browse(scene: Scene) -> None:
    """A page on the web; where nobody sits, the system fetches something."""
    if scene.desk is None:
        return fetch(scene)
    gardener = scene.desk.logon.account is BOB
    return _visit(scene, scene.desk.apps["chrome"], scene.pick(_READING + _GARDENING if gardener else _READING))


def talk(scene: Scene) -> None:
    """Mail and chat."""
    if scene.desk is None:
        return fetch(scene)
    name, site = scene.pick((("outlook", service(MAIL01, 443)), ("outlook", LOGIN), ("teams", CHAT)))
    return _visit(scene, scene.desk.apps[name], site)


def fetch(scene: Scene) -> None:
    name, site = scene.pick(_SYSTEM_SITES)
    _visit(scene, scene.machine.standing[name], site)


def look_up(scene: Scene) -> None:
    """A name of the own network, which sometimes does not exist."""
    process = scene.pick((scene.machine.standing["Dnscache"], scene.anyone()))
    if scene.rng.random() < 0.15:
        scene.machine.emit(scene.at, dns_failure(process, f"wpad.{DOMAIN}"))
    else:
        scene.machine.emit(scene.at, dns_query(process, service(scene.pick(HOSTS), 0)))


def share(scene: Scene) -> None:
    """Somebody at a desk opens a file on the file server."""
    if scene.desk is None:
        return report(scene)
    account, host = scene.desk.logon.account, scene.machine.host
    server = scene.office.at(FS01)
    scene.office.ticket(scene.at, account, host, FS01)
    source = scene.machine.connect(scene.at, scene.machine.standing["System"], service(FS01, 445))
    server.accept(later(scene.at, 0.01), server.standing["System"], source, 445)
    logon = scene.office.enter(later(scene.at, 0.1), account, source, FS01)
    return server.emit(scene.later(8, 90), logons.logged_off(logon, 3))


def report(scene: Scene) -> None:
    """The machine itself asks the directory."""
    host, controller = scene.machine.host, scene.office.at(DC01)
    scene.office.ticket(scene.at, host.account, host, DC01)
    source = scene.machine.connect(scene.at, scene.machine.standing["lsass"], service(DC01, 389), audited=False)
    controller.accept(later(scene.at, 0.01), controller.standing["lsass"], source, 389)
    logon = scene.office.enter(later(scene.at, 0.1), host.account, source, DC01, privileged=host is DC01)
    controller.emit(scene.later(1, 40), logons.logged_off(logon, 3))


def serve(scene: Scene) -> None:
    """A service logs on under the account of the system."""
    services = scene.machine.standing["services"]
    logon = scene.machine.standing["System"].logon
    scene.machine.emit(
        scene.at, logons.logged_on_local(scene.machine.host, logon, 5, services), logons.privileges_assigned(logon)
    )


def exchange_mail(scene: Scene) -> None:
    """Mail comes from, or goes to, a partner."""
    transport = scene.machine.standing["transport"]
    if scene.rng.random() < 0.5:
        _visit(scene, transport, PARTNER_MAIL)
    else:
        source = End(PARTNER_MAIL.address, scene.number(30000, 60000))
        scene.machine.accept(scene.at, transport, source, 25)


def answer(scene: Scene) -> None:
    """The name server of the domain passes a question on."""
    dns = scene.machine.standing["dns"]
    site = scene.pick((NEWS, SEARCH, UPDATES, LOGIN, CHAT, SIGNATURES))
    scene.machine.emit(scene.at, dns_query(dns, site))
