"""The pandalab recordings: from the zip to a graph that holds what the operator's transcript says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from clew import Budget, Host, Investigation, IpAddress, Process
from clew.entities import Relation
from tests.incidents.transcripts import console, session, users

pytestmark = pytest.mark.long  # real recordings

CAMPAIGNS = ("campaign_01", "campaign_02", "campaign_03")
#: Named in the description of the recordings.
PAYLOAD = "winx64_payload.exe"
_MIGRATION = re.compile(r"Migrating from (\d+) to (\d+)")


class Recording:
    """One campaign, investigated from its C2 address."""

    def __init__(self, folder: Path, case_file: Path) -> None:
        (metadata,) = folder.glob("*.yaml")
        (logs,) = (path for path in folder.glob("*.zip") if "zeek" not in path.name)
        self.console = console(metadata)
        self.session = session(self.console)
        self.case = Investigation.open(case_file)
        self.case.connect(logs)
        self.case.expand(IpAddress(self.session.c2), depth=3, budget=Budget(calls=80))

    def processes(self) -> dict[int, Process]:
        """The processes of the graph by their id."""
        entities = (node.entity for node in self.case.node_list())
        return {entity.pid: entity for entity in entities if isinstance(entity, Process) and entity.pid is not None}

    def payload(self) -> Process:
        """The one process that ran the payload and talked to the C2."""
        talked = {claim.source for claim in self.case.claim_list() if claim.relation is Relation.COMMUNICATES_WITH}
        found = [node.entity for node in self.case.node_list() if node.key in talked]
        (payload,) = (entity for entity in found if isinstance(entity, Process) and entity.name == PAYLOAD)
        return payload

    def targets(self, relation: Relation) -> set[str]:
        """What claims of that relation say of the payload."""
        key = self.payload().key
        return {
            str(claim.target) for claim in self.case.claim_list() if claim.source == key and claim.relation is relation
        }


@pytest.fixture(scope="module", params=CAMPAIGNS)
def recording(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]
):
    found = Recording(shared_data("incident-pandalab") / request.param, tmp_path_factory.mktemp("pandalab") / "ir.clew")
    yield found
    found.case.close()


def test_the_payload_talked_to_the_address_and_port_of_the_transcript(recording: Recording) -> None:
    """The process behind the C2 address is the payload, on the port that the operator listened on."""
    assert f"ip:{recording.session.c2}" in recording.targets(Relation.COMMUNICATES_WITH)
    ports = recording.case.pivot(recording.payload(), "query.connections").to_frame().peer_port
    assert recording.session.port in set(ports)


def test_the_payload_has_its_parent(recording: Recording) -> None:
    """Who started the payload is in the graph, and is the browser, the desktop or the dropper that the user clicked."""
    key = recording.payload().key
    labels = {node.key: node.label for node in recording.case.node_list()}
    parents = {
        labels[claim.source]
        for claim in recording.case.claim_list()
        if claim.target == key and claim.relation is Relation.CREATED
    }
    assert {parent.partition(" ")[0] for parent in parents} <= {"explorer.exe", "msedge.exe", "happy_image.jpeg.exe"}
    assert len(parents) == 1


def test_processes_of_the_transcript_are_found_by_their_ids(recording: Recording) -> None:
    """Where the operator migrated from one process to another, both ids are processes of the graph."""
    migration = _MIGRATION.search(recording.console)
    if migration is None:
        pytest.skip("the operator of this campaign did not migrate")
    old, new = int(migration[1]), int(migration[2])
    assert recording.payload().pid == old
    assert f"ip:{recording.session.c2}" in {
        str(claim.target) for claim in recording.case.claim_list() if claim.source == recording.processes()[new].key
    }


def test_the_accounts_of_the_transcript_are_nodes_by_sid(recording: Recording) -> None:
    """The account that ran the payload is the one whose credentials the operator then dumped."""
    dumped = users(recording.console)
    ran_as = recording.targets(Relation.RAN_AS)
    assert len(ran_as) == 1
    if "pedro.gustavo" in dumped:
        assert ran_as == {f"account:{dumped['pedro.gustavo']}"}


def test_the_tool_that_opened_lsass_is_the_one_of_the_transcript(recording: Recording) -> None:
    """The credential dump of the transcript is in the graph: a tool of the operator opened the memory of lsass.exe."""
    opened: set[str] = set()
    for process in recording.processes().values():
        if recording.case.pivot(process, "query.accesses", {"image": "lsass.exe"}):
            opened.add(process.name.lower())
    assert opened & {PAYLOAD, "procdump.exe", "procdump64.exe", "rundll32.exe"}


def test_one_victim_is_one_node(recording: Recording) -> None:
    """However the rows name the machine, it is one host node."""
    hosts = [node.entity for node in recording.case.node_list() if isinstance(node.entity, Host)]
    assert len({host.short for host in hosts if isinstance(host, Host)}) == len(hosts)


def test_the_case_replays_offline(recording: Recording) -> None:
    """What was recorded gives the same graph again."""
    assert recording.case.path is not None
    assert Investigation.replay(recording.case.path).identical
