"""Rules over connected logs: log sources, correlations, what is told of each rule, and what a case keeps."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("sigma")

from clew import Investigation
from clew.errors import QueryError
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.engines.duckdb_source import DuckDbSource
from clew.logs.sigma.detections import Detection, RuleState
from clew.logs.sigma.detector import detect
from clew.pivots.workspace import Workspace
from clew.settings import Settings
from tests.logs.events import HOST, security, sysmon

CMD = """
title: A made-up shell
id: 6f4b9a3e-0000-4000-8000-000000000001
level: high
tags: [attack.t1059.003]
logsource: {category: process_creation, product: windows}
detection:
  a: {Image|endswith: '\\cmd.exe'}
  condition: a
"""
LOGON = """
title: A failed logon
name: failed_logon
logsource: {product: windows, service: security}
detection:
  a: {EventID: 4625}
  condition: a
"""
MANY = """
title: Many failed logons
correlation:
  type: event_count
  rules: [failed_logon]
  group-by: [IpAddress]
  timespan: 1m
  condition: {gte: 3}
level: medium
"""


def source(folder: Path, *events: dict[str, Any]) -> DuckDbSource:
    """Logs of these events."""
    (folder / "logs").mkdir()
    (folder / "logs" / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    return ENGINE.open(str(folder / "logs"), folder / "cache")


def logon(second: int, address: str, code: int = 4625) -> dict[str, Any]:
    """A logon of Security."""
    return {
        "Channel": "Security",
        "EventID": code,
        "Hostname": HOST,
        "@timestamp": f"2026-03-17T09:00:{second:02d}Z",
        "IpAddress": address,
        "TargetUserName": "alice",
    }


def rows(detection: Detection, title: str) -> list[int]:
    """The rows that a rule of that title matches."""
    return [match.last.row for match in detection.matches if match.rule.title == title]


def state(detection: Detection, title: str) -> RuleState:
    """What became of the rule of that title."""
    return next(outcome.state for outcome in detection.outcomes if outcome.rule.title == title)


def test_a_rule_is_about_its_log_source_alone(tmp_path: Path) -> None:
    """A process creation of Sysmon or Security matches; the same field in another kind of event does not."""
    process_start = {
        "Channel": "Security",
        "EventID": 4688,
        "Hostname": HOST,
        "@timestamp": "2026-03-17T09:00:00Z",
        "NewProcessName": "C:\\Windows\\CMD.exe",
    }
    events = [
        sysmon(1, Image="C:\\cmd.exe"),
        sysmon(5, Image="C:\\cmd.exe"),
        process_start,
        sysmon(1, Image="C:\\x.exe"),
    ]
    detection = detect([source(tmp_path, *events)], CMD)
    assert rows(detection, "A made-up shell") == [3, 1]
    assert detection.matches[0].rule.techniques == ("T1059.003",)
    frame = detection.to_frame()
    assert frame["level"].tolist() == ["high", "high"]
    assert str(frame["time"].dt.tz) == "UTC"


def test_each_rule_is_told(tmp_path: Path) -> None:
    """Matched, ran, without events, without fields, not converted: each rule is one row, with the reason."""
    other = CMD.replace("A made-up shell", "Other").replace("000001", "000002")
    texts = [
        CMD,
        other.replace("cmd.exe", "nothing.exe"),
        other.replace("Other", "Elsewhere").replace("process_creation", "driver_load"),
        other.replace("Other", "Fieldless").replace("Image|endswith", "Colour|endswith"),
        other.replace("Other", "Broken").replace("endswith", "nonsense"),
    ]
    detection = detect([source(tmp_path, sysmon(1, Image="C:\\cmd.exe"))], texts)
    titles = ["A made-up shell", "Other", "Elsewhere", "Fieldless", "Broken"]
    assert [state(detection, title) for title in titles] == [
        RuleState.MATCHED,
        RuleState.RAN,
        RuleState.NO_EVENTS,
        RuleState.NO_FIELDS,
        RuleState.NOT_CONVERTED,
    ]
    frame = detection.rules_frame().set_index("title")
    assert "Colour" in frame.loc["Fieldless", "reason"]
    assert frame.loc["A made-up shell", "matches"] == 1
    assert "1 matched" in str(detection)


def test_a_correlation_needs_its_matches_in_one_span_and_one_group(tmp_path: Path) -> None:
    """Three failures of one address within a minute; those of another, and the parts alone, are no match."""
    events = [
        logon(1, "192.0.2.1"),
        logon(2, "192.0.2.2"),
        logon(3, "192.0.2.1"),
        logon(4, "192.0.2.1", code=4624),
        logon(5, "192.0.2.1"),
    ]
    detection = detect([source(tmp_path, *events)], LOGON + "---" + MANY)
    (match,) = detection.matches
    assert match.rule.title == "Many failed logons"
    assert [event.row for event in match.events] == [1, 3, 5]
    assert state(detection, "A failed logon") is RuleState.PART


@pytest.mark.parametrize(
    ("kind", "condition", "is_match"),
    [
        ("value_count", {"field": "TargetUserName", "gte": 2}, False),
        ("value_count", {"field": "IpAddress", "gte": 2}, True),
        ("temporal", {"gte": 2}, True),
        ("temporal_ordered", {"gte": 2}, True),
        ("value_sum", {"field": "EventID", "gt": 9000}, True),
        ("value_avg", {"field": "EventID", "gt": 4625}, False),
    ],
)
def test_correlations_of_each_kind(tmp_path: Path, kind: str, condition: dict[str, Any], is_match: bool) -> None:
    """Kinds of correlations count what they say."""
    good = LOGON.replace("failed_logon", "good_logon").replace("A failed", "A good").replace("4625", "4624")
    correlation = {"type": kind, "rules": ["failed_logon", "good_logon"], "timespan": "1m", "condition": condition}
    text = yaml.safe_dump({"title": "Both", "correlation": correlation})
    events = [logon(1, "192.0.2.1"), logon(9, "192.0.2.2", code=4624)]
    detection = detect([source(tmp_path, *events)], "---".join([LOGON, good, "\n" + text]))
    assert bool(rows(detection, "Both")) is is_match, detection.rules_frame()


def test_filters_of_others_apply(tmp_path: Path) -> None:
    """A filter file takes events from the rules that it names, and none from others."""
    text = """
title: Ours
logsource: {category: process_creation, product: windows}
filter:
  rules: [6f4b9a3e-0000-4000-8000-000000000001]
  ours: {Image|startswith: 'C:\\Ours'}
  condition: not ours
"""
    events = [sysmon(1, Image="C:\\Ours\\cmd.exe"), sysmon(1, Image="C:\\cmd.exe")]
    assert rows(detect([source(tmp_path, *events)], [CMD, text]), "A made-up shell") == [2]


def test_rules_come_from_files_folders_and_archives(tmp_path: Path) -> None:
    """The same rules, wherever they stand; what is nowhere is an error that says what to give."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "cmd.yml").write_text(CMD)
    (tmp_path / "rules" / "notes.yml").write_text("just: notes")
    with zipfile.ZipFile(tmp_path / "rules.zip", "w") as archive:
        archive.writestr("deep/cmd.yml", CMD)
    logs = source(tmp_path, sysmon(1, Image="C:\\cmd.exe"))
    for place in (tmp_path / "rules", tmp_path / "rules" / "cmd.yml", tmp_path / "rules.zip", CMD):
        assert len(detect([logs], place)) == 1
    (tmp_path / "rules" / "large.yml").write_text(CMD + "#" * (4 * 2**20))
    large = next(outcome for outcome in detect([logs], tmp_path / "rules").outcomes if outcome.rule.file == "large.yml")
    assert (large.state, large.reason) == (RuleState.NOT_CONVERTED, "it is larger than 4 MiB")
    with pytest.raises(QueryError, match="cannot be read"):
        detect([logs], tmp_path / "nowhere.yml")


def test_matches_beyond_the_limit_are_counted(tmp_path: Path) -> None:
    """All matches are counted; as many are kept as were asked for."""
    detection = detect([source(tmp_path, *[sysmon(1, Image="C:\\cmd.exe")] * 5)], CMD, limit=2)
    assert len(detection) == 2
    assert detection.outcomes[0].matches == 5
    assert "5 matches, 2 of them kept" in str(detection)


def test_a_case_keeps_what_matched_with_the_raw_event(tmp_path: Path) -> None:
    """The claims are those of the row, in the name of the rule, on the raw event; a replay is identical."""
    source(tmp_path, sysmon(1, Image="C:\\cmd.exe", CommandLine="cmd.exe /c made-up"))
    workspace = Workspace(Settings(cache=tmp_path / "cache"))
    with Investigation.open(tmp_path / "case.clew", workspace=workspace) as case:
        with pytest.raises(QueryError, match="no logs are connected"):
            case.detect(CMD)
        case.connect(tmp_path / "logs")
        case.detect(CMD)
        claims = case.claim_list()
        assert {claim.provider for claim in claims} == {
            "sigma: A made-up shell (high, T1059.003, 6f4b9a3e-0000-4000-8000-000000000001)"
        }
        assert "ran-on" in {claim.relation.value for claim in claims}
        technique = [claim for claim in claims if claim.target.kind == "technique"]
        assert [(claim.source.kind, claim.target.value) for claim in technique] == [("process", "T1059.003")]
        assert all("made-up" in text for claim in claims for text in claim.evidence())
    assert "identical" in str(Investigation.replay(tmp_path / "case.clew"))


@pytest.mark.long
def test_each_real_case_is_hit_by_its_own_rule(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    """The regression events of SigmaHQ: each is matched by the rule that it was recorded for."""
    archive = zipfile.ZipFile(shared_data("evtx-sigma-regression") / "regression_data.zip")
    rules = shared_data("sigma-rules") / "rules.zip"
    own_rules: dict[str, str] = {}
    for name in archive.namelist():
        if name.endswith(".json"):
            archive.extract(name, tmp_path / "logs")
            info = yaml.safe_load(archive.read(f"{name.rpartition('/')[0]}/info.yml"))
            own_rules[name] = info["rule_metadata"][0]["id"]
    detection = detect([ENGINE.open(str(tmp_path / "logs"), tmp_path / "cache")], rules)
    hits = {(match.last.source, match.rule.id) for match in detection.matches}
    assert len(own_rules) == 102
    assert [item for item in own_rules.items() if item not in hits] == []
    counts = detection.state_counts
    assert len(detection.outcomes) > 3_700
    assert counts[RuleState.NOT_CONVERTED] < 300


def test_a_rule_about_another_event_id_ran_and_matched_nothing(tmp_path: Path) -> None:
    """Of a service, only the event ids that a rule names can match, wherever in its condition they stand."""
    logs = source(tmp_path, security(4624, TargetUserName="a"), security(4625, TargetUserName="b"))
    text = """
title: A made-up logon
logsource: {{product: windows, service: security}}
detection:
  selection:
    EventID: {codes}
  other:
    TargetUserName: b
  condition: {condition}
"""
    one = detect([logs], text.format(codes="4625", condition="selection"))
    assert rows(one, "A made-up logon") == [2]
    assert rows(
        detect([logs], text.format(codes="[4624, 4625]", condition="selection and other")), "A made-up logon"
    ) == [2]
    assert rows(detect([logs], text.format(codes="4624", condition="selection or other")), "A made-up logon") == [1, 2]
    assert rows(detect([logs], text.format(codes="4624", condition="not selection")), "A made-up logon") == [2]
    assert detect([logs], text.format(codes="4720", condition="selection")).outcomes[0].state is RuleState.RAN
