"""The whole scenario: its files in one folder, and the truth about them."""

from dataclasses import dataclass
from pathlib import Path

from clew.demo.attack import intrude
from clew.demo.context import write_alert, write_feed
from clew.demo.estate import C2
from clew.demo.event_log import EventLog
from clew.demo.geo import write_geo
from clew.demo.noise import fill_day
from clew.demo.office import Office
from clew.demo.replies import write_replies
from clew.demo.routine import run_routines, start_day
from clew.demo.truth import Truth

__all__ = ["Scenario", "Truth", "write_scenario"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Where the files of the incident are, and what they hold."""

    folder: Path
    logs: Path
    feed: Path
    geo: Path
    replies: Path
    alert: Path
    seed: str
    """The address with which the investigation begins."""
    rows: int
    boot_guids: tuple[str, ...]
    """GUIDs of the processes that were running before the logs begin: no row tells of their start."""
    truth: Truth


def write_scenario(folder: Path) -> Scenario:
    """Write the incident into `folder`; every call writes the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    feed, geo = folder / "feed.csv", folder / "geo.mmdb"
    replies, alert = folder / "replies.json", folder / "alert.json"
    # First, because it alone can fail: it needs an extra.
    write_geo(geo)
    office = Office(EventLog())
    alice, bob = start_day(office)
    truth = intrude(office, alice)
    run_routines(office, bob)
    fill_day(office, (alice, bob))
    logs = folder / "logs"
    rows = office.log.write(logs)
    write_feed(feed)
    write_replies(replies)
    write_alert(alert)
    return Scenario(folder, logs, feed, geo, replies, alert, C2.address, rows, office.boot_guids(), truth)
