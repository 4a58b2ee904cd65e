"""How much of which background each machine gets."""

from collections.abc import Callable
from random import Random
from typing import TypeAlias

from clew.demo import local_activity, network_activity
from clew.demo.estate import DC01, FS01, MAIL01, SEED, WS01, WS02, DemoHost
from clew.demo.machine_scene import MachineScene, draw_scene
from clew.demo.office import Desk, Office

Activity: TypeAlias = Callable[[MachineScene], None]

# Rows a host, everything included. The domain controller comes last: the others' background makes it work.
_BUDGETS = ((WS01, 5200), (WS02, 5200), (MAIL01, 2500), (FS01, 3100), (DC01, 4000))
_COMMON_ACTIVITIES: tuple[tuple[Activity, int], ...] = (
    (local_activity.run_task, 10),
    (local_activity.load_library, 22),
    (local_activity.set_registry_value, 14),
    (local_activity.open_handle, 14),
    (local_activity.write_file, 8),
    (network_activity.look_up_name, 8),
    (network_activity.fetch_update, 6),
    (network_activity.log_on_service, 4),
)
_DESK_ACTIVITIES: tuple[tuple[Activity, int], ...] = (
    *(
        (local_activity.open_tab, 8),
        (network_activity.browse, 16),
        (network_activity.open_messages, 12),
        (network_activity.open_share, 1),
        (network_activity.query_directory, 1),
    ),
)
_HOST_ACTIVITIES: dict[DemoHost, tuple[tuple[Activity, int], ...]] = {
    WS01: _DESK_ACTIVITIES,
    WS02: _DESK_ACTIVITIES,
    FS01: ((network_activity.query_directory, 3),),
    MAIL01: ((network_activity.exchange_mail, 20), (network_activity.query_directory, 3)),
    DC01: ((network_activity.resolve_name, 12), (network_activity.query_directory, 2)),
}


def fill_day(office: Office, desks: tuple[Desk, ...]) -> None:
    """Fill the day of every machine up to its number of rows."""
    for host, budget in _BUDGETS:
        rng = Random(f"{SEED} noise of {host.name}")
        menu = (*_COMMON_ACTIVITIES, *_HOST_ACTIVITIES[host])
        activities = tuple(activity for activity, weight in menu for _ in range(weight))
        desk = next((desk for desk in desks if desk.machine.host is host), None)
        while office.log.count(host) < budget:
            scene = draw_scene(office, office.machine_of(host), desk, rng)
            scene.pick(activities)(scene)
