"""What would be asked is decided and told before anything is asked, and is the same for the same case."""

from pathlib import Path

import pytest

from clew.demo.scenario import Scenario
from clew.entities import Account, Domain, Entity, Host, IpAddress, Outcome, Url, Verdict
from clew.graph.case import Case
from clew.graph.expansion.plan import Budget, Candidate, Exclusions, Plan, make_plan
from clew.pivots.workspace import Workspace
from clew.providers.gate import Gate
from clew.settings import Settings
from tests.graph.cases import FULL, case_in_memory, link, pivots_recorded, tell

OUTSIDE = IpAddress("9.9.9.9")
INSIDE = IpAddress("10.0.0.1")


def plan_for(
    *leads: Candidate, calls: int = 40, gate: Gate | None = None, asked: Exclusions | None = None, **budget: int
) -> Plan:
    return make_plan(
        1, leads, asked or Exclusions(), gate=gate or Gate(), budget=Budget(**budget), calls=calls, ceiling=calls
    )


def names(plan: Plan) -> list[str]:
    return [call.pivot for call in plan.calls]


def test_a_plan_asks_nobody_and_changes_nothing(incident: Case, scenario: Scenario) -> None:
    """Making a plan leaves no step, no exchange and no node; the file is as it was."""
    before = (len(incident.history), incident.tables.digest())
    plan = incident.plan(IpAddress(scenario.seed))
    assert (len(incident.history), incident.tables.digest()) == before
    assert plan.calls


def test_a_plan_opens_no_socket(incident: Case, scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planning, also with a key and outside values, sends nothing."""

    def nobody(*_: object) -> object:
        raise AssertionError("something was sent")

    for channel in (
        "web.http_channel.HttpChannel",
        "local.logs.LogChannel",
        "local.feed_channel.FeedChannel",
        "geo.geo_channel.GeoChannel",
    ):
        monkeypatch.setattr(f"clew.providers.{channel}.send", nobody)
    plan = incident.plan(OUTSIDE)
    assert plan.egress == {"abuseipdb": 1}
    assert incident.plan(IpAddress(scenario.seed)).egress == {}


@pytest.mark.parametrize(("depth", "calls"), [(1, 3), (2, 1), (2, 7), (3, 40)])
def test_the_plan_is_what_runs_first(incident: Case, scenario: Scenario, depth: int, calls: int) -> None:
    """The calls of the plan are those of the first wave, in the same order, whatever the budget and depth."""
    seed, budget = IpAddress(scenario.seed), Budget(calls=calls)
    plan = incident.plan(seed, budget=budget)
    expansion = incident.expand(seed, depth=depth, budget=budget)
    assert plan.calls == expansion.plans[0].calls
    ran = [(str(event.invocation.subject.key), event.invocation.pivot) for event in pivots_recorded(incident)]
    assert ran[: len(plan.calls)] == [(str(call.subject), call.pivot) for call in plan.calls]


def test_a_plan_knows_the_names_of_the_case(incident: Case) -> None:
    """Planning by another name of a known machine plans for its node, and knows what was asked of it already."""
    incident.add(Host("fs01"), Host("fs01.corp.example"))
    Host("fs01.corp.example").query.logons()
    (call,) = incident.plan(Host("fs01")).calls
    assert (str(call.subject), call.known) == ("host:fs01.corp.example", True)
    assert incident.expand(Host("fs01"), depth=1).plans[0].calls == (call,)


def test_two_cases_with_the_same_logs_plan_the_same(tmp_path: Path, scenario: Scenario, around: Workspace) -> None:
    """A plan depends on the case alone: two cases with the same steps have the same plans, to the letter."""
    told = []
    for name in ("one", "other"):
        with Case.open(tmp_path / f"{name}.clew", workspace=around, replies=scenario.replies) as case:
            case.connect(scenario.logs)
            expansion = case.expand(IpAddress(scenario.seed), depth=3, budget=Budget(calls=60))
            told.append([str(plan) for plan in expansion.plans] + [str(expansion.next)])
    assert told[0] == told[1]


# --- price and gate --------------------------------------------------------------------------------------------------


def test_a_private_value_is_planned_as_refused() -> None:
    """A pivot that the gate would refuse stands in the plan with the reason, and costs nothing."""
    plan = case_in_memory().plan(INSIDE, pivots=("ti.abuseipdb", "geo.locate"))
    refused = {call.pivot: bool(call.refused) for call in plan.calls}
    assert refused == {"ti.abuseipdb": True, "geo.locate": False}
    assert (plan.cost, plan.egress) == (1, {})
    assert "REFUSED: 10.0.0.1 was not sent to AbuseIPDB" in str(plan)


def test_a_look_up_that_is_partly_refused_asks_the_rest() -> None:
    """A look-up of which one source is refused costs what the others cost, and nobody outside learns of the value."""
    around = Workspace(Settings(providers=("abuseipdb",)))
    (inside,) = case_in_memory(around).plan(INSIDE, pivots=("ti.lookup",)).calls
    (outside,) = case_in_memory(around).plan(OUTSIDE, pivots=("ti.lookup",)).calls
    assert (inside.calls, inside.leaves, inside.refused) == (1, (), "")
    assert (outside.calls, outside.leaves, outside.refused) == (2, ("abuseipdb",), "")


def test_offline_nothing_would_leave() -> None:
    """In offline mode a plan has nobody outside learn anything."""
    plan = case_in_memory(Workspace(Settings(offline=True))).plan(OUTSIDE)
    assert plan.egress == {}
    assert "nothing leaves the machine" in str(plan)


def test_a_plan_is_not_wide() -> None:
    """Pivots that answer with much else are left to the analyst, and so are the single rows of a look-up."""
    assert names(case_in_memory().plan(Host(FULL))) == ["query.logons"]
    plan = case_in_memory().plan(OUTSIDE)
    assert [name for name in names(plan) if name.startswith("ti.")] == ["ti.lookup"]


def test_only_the_named_pivots_are_planned() -> None:
    """With names given, exactly those pivots are planned, wide ones too; those that the entity has not are not."""
    plan = case_in_memory().plan(Host(FULL), pivots=("query.processes", "geo.locate"))
    assert names(plan) == ["query.processes"]


def test_what_is_known_costs_nothing(incident: Case, scenario: Scenario) -> None:
    """A pivot that the case has an answer to is planned as known, at no cost; one that failed is planned anew."""
    seed = IpAddress(scenario.seed)
    seed.geo.locate()
    tell(incident, seed, pivot="query.logons", outcome=Outcome.FAILED)
    calls = {call.pivot: call for call in incident.plan(seed).calls}
    assert (calls["geo.locate"].known, calls["geo.locate"].calls) == (True, 0)
    assert not calls["query.connections"].known
    assert not calls["query.logons"].known
    assert "known already" in str(incident.plan(seed))


def test_a_budget_is_at_least_something() -> None:
    """A budget of nothing is a mistake, and is told."""
    for name in ("calls", "rows", "fan_out"):
        with pytest.raises(ValueError, match="at least"):
            Budget(**{name: 0})


@pytest.mark.parametrize("calls", range(1, 25))
def test_a_plan_stays_within_its_calls(calls: int) -> None:
    """A plan never costs more than it may, and what it does not reach is told, with the leads that wait."""
    leads = [Candidate(IpAddress(f"9.9.9.{number}"), siblings=number) for number in range(1, 6)]
    plan, whole = plan_for(*leads, calls=calls), plan_for(*leads, calls=1000)
    assert plan.cost <= calls
    assert len(plan.calls) + len(plan.over_budget) == len(whole.calls)
    assert {lead.entity.key for lead in plan.waiting} == {call.subject for call in plan.over_budget}
    assert plan.calls == whole.calls[: len(plan.calls)]


def test_what_was_asked_in_this_expansion_is_not_planned_again() -> None:
    """A pivot that ran in this expansion is not in its next plans."""
    asked = Exclusions(already_planned=frozenset({(str(OUTSIDE.key), "ti.lookup")}))
    assert "ti.lookup" not in names(plan_for(Candidate(OUTSIDE), asked=asked))


# --- leads -----------------------------------------------------------------------------------------------------------


def test_a_crowd_is_left_out_with_the_reason() -> None:
    """Of an entity in too large a crowd of its kind nothing is asked, unless it is known to be malicious."""
    crowd = Candidate(Domain("a.example"), siblings=26)
    plan = plan_for(
        crowd,
        Candidate(Domain("b.example"), siblings=25),
        Candidate(Domain("c.example"), "malicious", siblings=99),
        calls=200,
    )
    assert {call.subject.value for call in plan.calls} == {"b.example", "c.example"}
    assert plan.left_out == ((crowd.entity, "one of 26 of its kind in one answer"),)
    assert "left out: 1 x domain: one of 26" in str(plan)
    assert plan_for(crowd, fan_out=26).left_out == ()


def test_an_account_that_every_machine_has_is_no_lead() -> None:
    """SYSTEM is left out, with the reason; a domain's account is not."""
    system = Account("S-1-5-18", host=FULL)
    plan = plan_for(Candidate(system), Candidate(Account("corp\\alice")))
    assert plan.left_out == ((system, "an account that every machine has"),)
    assert {call.subject.value for call in plan.calls} == {"corp\\alice"}


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Candidate(OUTSIDE, "malicious"), Candidate(OUTSIDE)),
        (Candidate(OUTSIDE), Candidate(OUTSIDE, "benign")),
        (Candidate(OUTSIDE, siblings=3), Candidate(OUTSIDE, siblings=20)),
        (Candidate(OUTSIDE, path_score=4), Candidate(OUTSIDE)),
        (Candidate(Url("https://evil.example/")), Candidate(Host(FULL))),
    ],
)
def test_better_leads_come_first(better: Candidate, worse: Candidate) -> None:
    """What is worse, rarer, and found through something worse is asked about first."""
    assert better.score > worse.score


def test_equal_leads_are_in_the_order_of_their_keys() -> None:
    """Leads of one score are asked about in the order of their keys, whatever the order in which they came."""
    leads = [Candidate(IpAddress(f"9.9.9.{number}")) for number in (3, 1, 2)]
    subjects = dict.fromkeys(call.subject.value for call in plan_for(*leads, calls=1000).calls)
    assert list(subjects) == ["9.9.9.1", "9.9.9.2", "9.9.9.3"]


def test_text_in_a_plan_is_shown_and_does_nothing() -> None:
    """A plan with hostile names is printed without control characters."""
    subject: Entity = Url("https://evil.example/\u202e\x1b[31m")
    text = str(plan_for(Candidate(subject)))
    assert text.replace("\n", "").isprintable()


def test_claims_of_the_case_weigh_in_the_plan() -> None:
    """A verdict in the case makes its subject a better lead."""
    case = case_in_memory()
    before = case.plan(OUTSIDE).calls[0].score
    tell(case, OUTSIDE, link(Host(FULL), OUTSIDE), verdict=Verdict.MALICIOUS)
    assert case.plan(OUTSIDE).calls[0].score > before
