"""How much of which background each machine gets."""

from collections.abc import Callable
from random import Random
from typing import TypeAlias

from . import background as inside
from . import traffic as between
from .cast import DC01, FS01, MAIL01, SEED, WS01, WS02, Host
from .office import Desk, Office
from .scene import Scene, draw

Activity: TypeAlias = Callable[[Scene], None]

# Rows a host, everything included. The domain controller comes last: the others' background makes it work.
_BUDGETS = ((WS01, 5200), (WS02, 5200), (MAIL01, 2500), (FS01, 3100), (DC01, 4000))
_EVERYWHERE: tuple[tuple[Activity, int], ...] = (
    (inside.task, 10),
    (inside.load, 22),
    (inside.registry, 14),
    (inside.handle, 14),
    (inside.write, 8),
    (between.look_up, 8),
    (between.fetch, 6),
    (between.serve, 4),
)
_AT_DESKS: tuple[tuple[Activity, int], ...] = (
    *((inside.tab, 8), (between.browse, 16), (between.talk, 12), (between.share, 1), (between.report, 1)),
)
_ELSEWHERE: dict[Host, tuple[tuple[Activity, int], ...]] = {
    WS01: _AT_DESKS,
    WS02: _AT_DESKS,
    FS01: ((between.report, 3),),
    MAIL01: ((between.exchange_mail, 20), (between.report, 3)),
    DC01: ((between.answer, 12), (between.report, 2)),
}


def fill(office: Office, desks: tuple[Desk, ...]) -> None:
    """Fill the day of every machine up to its number of rows."""
    for host, budget in _BUDGETS:
        rng = Random(f"{SEED} noise of {host.name}")
        menu = (*_EVERYWHERE, *_ELSEWHERE[host])
        activities = tuple(activity for activity, weight in menu for _ in range(weight))
        desk = next((desk for desk in desks if desk.machine.host is host), None)
        while office.log.count(host) < budget:
            scene = draw(office, office.at(host), desk, rng)
            scene.pick(activities)(scene)
