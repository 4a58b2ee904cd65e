"""Background activities between machines: the web, mail, names, shares, the directory."""

from clew.demo import logons
from clew.demo.estate import (
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
from clew.demo.machine_scene import MachineScene
from clew.demo.office import add_seconds, service
from clew.demo.process import DemoProcess
from clew.demo.sysmon import ConnectionEnd, dns_failure, dns_query

_COMMON_SITES = (NEWS, NEWS, SEARCH, SEARCH, LOGIN, WEATHER, PICTURES)
_GARDEN_SITES = (SHOP, FORUM)
"""Only one of the two office workers has a garden."""
_SYSTEM_SITES = (("wuauserv", UPDATES), ("CryptSvc", REVOCATION), ("MsMpEng", SIGNATURES), ("W32Time", TIME))


def _visit(scene: MachineScene, process: DemoProcess, site: Site) -> None:
    if site in BENIGN and scene.rng.random() < 0.7:
        scene.machine.emit(scene.at, dns_query(process, site))
    scene.machine.connect(add_seconds(scene.at, 0.04), process, site, udp=site is TIME, audit=scene.rng.random() < 0.5)


def browse(scene: MachineScene) -> None:
    """A page on the web; where nobody sits, the system fetches something."""
    if scene.desk is None:
        return fetch_update(scene)
    gardener = scene.desk.logon.account is BOB
    return _visit(
        scene, scene.desk.apps["chrome"], scene.pick(_COMMON_SITES + _GARDEN_SITES if gardener else _COMMON_SITES)
    )


def open_messages(scene: MachineScene) -> None:
    """Mail and chat."""
    if scene.desk is None:
        return fetch_update(scene)
    name, site = scene.pick((("outlook", service(MAIL01, 443)), ("outlook", LOGIN), ("teams", CHAT)))
    return _visit(scene, scene.desk.apps[name], site)


def fetch_update(scene: MachineScene) -> None:
    """A service of the system talks to the site where it gets its updates."""
    name, site = scene.pick(_SYSTEM_SITES)
    _visit(scene, scene.machine.boot_processes[name], site)


def look_up_name(scene: MachineScene) -> None:
    """A name of the own network, which sometimes does not exist."""
    process = scene.pick((scene.machine.boot_processes["Dnscache"], scene.random_process()))
    if scene.rng.random() < 0.15:
        scene.machine.emit(scene.at, dns_failure(process, f"wpad.{DOMAIN}"))
    else:
        scene.machine.emit(scene.at, dns_query(process, service(scene.pick(HOSTS), 0)))


def open_share(scene: MachineScene) -> None:
    """Somebody at a desk opens a file on the file server."""
    if scene.desk is None:
        return query_directory(scene)
    account, host = scene.desk.logon.account, scene.machine.host
    server = scene.office.machine_of(FS01)
    scene.office.request_ticket(scene.at, account, host, FS01)
    source = scene.machine.connect(scene.at, scene.machine.boot_processes["System"], service(FS01, 445))
    server.accept(add_seconds(scene.at, 0.01), server.boot_processes["System"], source, 445)
    logon = scene.office.log_on(add_seconds(scene.at, 0.1), account, source, FS01)
    return server.emit(scene.random_time(8, 90), logons.logged_off(logon, 3))


def query_directory(scene: MachineScene) -> None:
    """The machine itself asks the directory."""
    host, controller = scene.machine.host, scene.office.machine_of(DC01)
    scene.office.request_ticket(scene.at, host.account, host, DC01)
    source = scene.machine.connect(scene.at, scene.machine.boot_processes["lsass"], service(DC01, 389), audit=False)
    controller.accept(add_seconds(scene.at, 0.01), controller.boot_processes["lsass"], source, 389)
    logon = scene.office.log_on(add_seconds(scene.at, 0.1), host.account, source, DC01, with_privileges=host is DC01)
    controller.emit(scene.random_time(1, 40), logons.logged_off(logon, 3))


def log_on_service(scene: MachineScene) -> None:
    """A service logs on under the account of the system."""
    services = scene.machine.boot_processes["services"]
    logon = scene.machine.boot_processes["System"].logon
    scene.machine.emit(
        scene.at, logons.logged_on_local(scene.machine.host, logon, 5, services), logons.privileges_assigned(logon)
    )


def exchange_mail(scene: MachineScene) -> None:
    """Mail comes from, or goes to, a partner."""
    transport = scene.machine.boot_processes["transport"]
    if scene.rng.random() < 0.5:
        _visit(scene, transport, PARTNER_MAIL)
    else:
        source = ConnectionEnd(PARTNER_MAIL.address, scene.random_number(30000, 60000))
        scene.machine.accept(scene.at, transport, source, 25)


def resolve_name(scene: MachineScene) -> None:
    """The name server of the domain passes a question on."""
    dns = scene.machine.boot_processes["dns"]
    site = scene.pick((NEWS, SEARCH, UPDATES, LOGIN, CHAT, SIGNATURES))
    scene.machine.emit(scene.at, dns_query(dns, site))
