"""The shire recordings: lateral movement between two workstations, held against the Empire console."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clew import Account, Budget, Host, Investigation, IpAddress, Process
from clew.entities import Outcome, Relation
from tests.incidents.transcripts import agents, console, moved_to

pytestmark = pytest.mark.long  # real recordings

#: Recording, and the process that starts the new agent: WinRM, the service manager, WMI.
RECORDINGS = {
    "empire_psremoting_stager": "wsmprovhost.exe",
    "empire_psexec_dcerpc_tcp_svcctl": "cmd.exe",
    "empire_wmi_dcerpc_wmi_IWbemServices_ExecMethod": "wmiprvse.exe",
}


class Movement:
    """One recording, investigated from the host that the operator moved to."""

    def __init__(self, folder: Path, name: str, case_file: Path) -> None:
        (metadata,) = (folder / "metadata").glob(f"{name}__*.yaml")
        text = console(metadata)
        self.starter = RECORDINGS[name]
        self.target = Host(moved_to(text))
        self.agents = agents(text)
        #: The agent that the console lists last on the target is the one that the movement brought.
        self.agent = [agent for agent in self.agents if agent.host.lower() == self.target.short][-1]
        self.source = next(agent for agent in self.agents if agent.host.lower() != self.target.short)
        self.case = Investigation.open(case_file)
        with self.case:
            self.case.connect(folder / f"{name}.zip")
            self.case.add(Host(self.target.short))
            found = Host(self.target.short).query.processes(image="powershell.exe")
            powershells = [entity for entity in found.entities if isinstance(entity, Process)]
            for process in powershells:
                self.case.expand(process, depth=3, budget=Budget(calls=90))
        self.case = Investigation.open(case_file)

    def stager(self) -> Process:
        """The process of the new agent, by the id that the console shows."""
        found = [node.entity for node in self.case.node_list() if isinstance(node.entity, Process)]
        (stager,) = (entity for entity in found if isinstance(entity, Process) and entity.pid == self.agent.pid)
        return stager


@pytest.fixture(scope="module", params=RECORDINGS)
def movement(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]
):
    found = Movement(shared_data("incident-shire"), request.param, tmp_path_factory.mktemp("shire") / "ir.clew")
    yield found
    found.case.close()


def test_the_new_agent_is_a_process_with_its_starter(movement: Movement) -> None:
    """The process id that the console shows for the new agent is a PowerShell that the remote service started."""
    stager = movement.stager()
    nodes = {node.key: node.entity for node in movement.case.node_list()}
    parents = [
        nodes[claim.source]
        for claim in movement.case.claim_list()
        if claim.target == stager.key and claim.relation is Relation.CREATED
    ]
    assert stager.name.lower() == "powershell.exe"
    assert {parent.name.lower() for parent in parents if isinstance(parent, Process)} == {movement.starter}


def test_the_stager_talked_to_the_c2_that_it_hides(movement: Movement) -> None:
    """The address in the encoded launcher is the one that the process then talked to."""
    claims = movement.case.claim_list()
    hidden = {claim.target for claim in claims if claim.relation is Relation.DECODED_TO and claim.target.kind == "ip"}
    called = {
        claim.target
        for claim in claims
        if claim.relation is Relation.COMMUNICATES_WITH and claim.source == movement.stager().key
    }
    assert hidden == called
    assert len(called) == 1


def test_the_account_is_the_one_of_the_console(movement: Movement) -> None:
    """The new agent runs as the account that the console shows, SYSTEM under the service manager."""
    key = movement.stager().key
    nodes = {node.key: node.entity for node in movement.case.node_list()}
    ran_as = [
        nodes[claim.target]
        for claim in movement.case.claim_list()
        if claim.source == key and claim.relation is Relation.RAN_AS
    ]
    names = {account.label.rpartition("\\")[2] for account in ran_as if isinstance(account, Account)}
    assert names == {movement.agent.user.rpartition("\\")[2].lower()}


def test_the_movement_is_in_the_graph(movement: Movement) -> None:
    """The host that the operator sat on reached the host that the operator named, by address or by name."""
    claims = movement.case.claim_list()
    target = movement.case.entity(movement.target).key
    own = {claim.target for claim in claims if claim.relation is Relation.HAS_ADDRESS and claim.source == target}
    reached = {
        claim.source.scope or claim.source.value
        for claim in claims
        if claim.relation is Relation.COMMUNICATES_WITH and claim.target in own
    }
    came_from = {str(claim.target) for claim in claims if claim.relation is Relation.LOGGED_ON_FROM}
    known_as = {name.partition(".")[0] for name in reached}
    assert movement.source.host.lower() in known_as or f"ip:{movement.source.address}" in came_from


def test_short_and_full_name_are_one_node_by_a_merge_that_can_be_undone(movement: Movement) -> None:
    """The machine that was named in short is the one of the rows; taking the merge back gives two nodes again."""
    case, short = movement.case, Host(movement.target.short)
    hosts = [node.key.value for node in case.node_list() if isinstance(node.entity, Host)]
    assert movement.target.value in hosts
    assert short.value not in hosts
    assert case.entity(short) == movement.target
    merges = case.tables.merges()
    (step,) = merges[merges.gone == str(short.key)].step
    before = case.tables.digest()
    case.unmerge(int(step), reason="to see that it can be done")
    assert {short.value, movement.target.value} <= {node.key.value for node in case.node_list()}
    case.merge(movement.target, short, reason="it is the same machine after all")
    assert case.entity(short) == movement.target
    assert before != case.tables.digest()  # the history tells of both


def test_the_case_replays_offline(movement: Movement) -> None:
    """What was recorded gives the same graph again."""
    assert movement.case.path is not None
    assert Investigation.replay(movement.case.path).identical


def test_private_addresses_were_refused_and_say_so(movement: Movement) -> None:
    """Nobody outside was told of the lab's addresses; asked by name, a source is refused, and the rule is named."""
    assert movement.case.tables.audit().empty
    refused = IpAddress(movement.source.address).ti.abuseipdb()
    assert (refused.outcome, "private or reserved" in refused.reason) == (Outcome.REFUSED, True)
