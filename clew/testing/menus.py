"""What every menu is held to, as tests to inherit.

class TestIpHello(MenuSuite):
    menu = IpHello
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import pydoc
import re
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, ClassVar, cast

from clew.entities import Entity, Outcome, parse
from clew.entities.finding_frames import finding_record
from clew.pivots.binding import Menu, pivots_of
from clew.pivots.bound_call import PivotCall, defaults_of
from clew.pivots.bulk_call import Bulk
from clew.pivots.configuration import configure
from clew.pivots.description import EXAMPLES, describe_pivot
from clew.pivots.execution import aexecute, execute
from clew.pivots.invocation import Invocation, Pivot
from clew.pivots.workspace import Workspace
from clew.providers.runner import Runner
from clew.settings import Settings
from clew.testing.providers import check
from clew.testing.recordings import AT, load_snapshot, snapshot

if TYPE_CHECKING:
    import pandas as pd

#: One entity of each kind that a menu can be of.
SUBJECTS: tuple[str, ...] = (
    "198.51.100.7",
    "c2.example",
    "https://c2.example/a?b=1",
    "host:ws01.corp.example",
    "CORP\\alice",
    "5f" * 32,
    "AS64500",
    f"certificate:sha256:{'c7' * 32}",
    "process@ws01.corp.example:b34bc01c-7fae-5f63-1000-000000000400",
)


class MenuSuite:
    """The contract of a menu. A subclass whose name begins with `Test` is run by pytest."""

    menu: ClassVar[type[Menu[Any]]]

    @property
    def subject(self) -> Entity:
        """An entity that the menu is of."""
        return next(entity for entity in map(parse, SUBJECTS) if type(entity) is self.menu.entity())

    def test_it_is_a_menu_of_one_entity(self) -> None:
        """A menu has a name, a docstring, one class of entities and at least one pivot."""
        check(re.fullmatch(r"[a-z][a-z0-9_]*", self.menu.menu), f"{self.menu.menu!r} is no name of a menu")
        check(inspect.getdoc(self.menu), "it has a docstring")
        check(self.menu.entity() in EXAMPLES, f"{self.menu.entity().__name__} is no entity")
        check(pivots_of(self.menu), "it has at least one pivot")

    def test_every_pivot_explains_itself(self) -> None:
        """One line of at most 72 characters, arguments that are keyword-only, annotated, optional and explained."""
        for name, pivot in pivots_of(self.menu).items():
            check(re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", name), f"{name!r} is no name of a pivot")
            check(10 < len(pivot.about) <= 72 and pivot.about.endswith("."), f"{name}: {pivot.about!r}")
            for argument in pivot.signature.parameters.values():
                label = f"{name}, {argument.name}"
                check(argument.kind is inspect.Parameter.KEYWORD_ONLY, f"{label}: it is keyword-only")
                check(argument.annotation is not inspect.Parameter.empty, f"{label}: it has a type")
                check(argument.default is not inspect.Parameter.empty, f"{label}: it has a default")
                check(f"{argument.name}: " in pivot.help, f"{label}: it is explained")

    def test_every_pivot_can_be_looked_up_before_it_is_called(self) -> None:
        """The card says whom it asks, what leaves, what comes back; `help` shows it."""
        for name, pivot in pivots_of(self.menu).items():
            description = describe_pivot(self.menu.entity(), pivot)
            check(
                description.sources and description.columns and description.leaves and description.cost,
                f"{name}: its card has a gap: {description}",
            )
            check(
                (description.leaves != "nothing") == any(provider.leaves for provider in pivot.providers),
                f"{name}: {description.leaves}",
            )
            help_text = pydoc.render_doc(self._call(name))
            check(description.about in help_text and description.leaves in help_text, f"{name}: help shows {help_text}")

    def test_a_call_is_a_value_and_knows_its_arguments(self) -> None:
        """A call without making it holds every argument; a misspelt or a positional one is a TypeError."""
        for name, pivot in pivots_of(self.menu).items():
            invocation = self._call(name).invocation()
            check((invocation.pivot, invocation.subject) == (name, self.subject), f"{name}: {invocation}")
            check(set(invocation.arguments) == set(pivot.signature.parameters), f"{name}: {invocation.arguments}")
            check(_is_rejected(self._call(name), misspelt=1), f"{name}: a misspelt argument is not refused")
            check(_is_rejected(self._call(name), "positional"), f"{name}: a positional argument is not refused")

    def test_both_forms_of_a_call_are_the_same(self) -> None:
        """With nothing to ask, `ip.menu.pivot()` and its `aio` give one finding, with a reason and no exception."""
        for name, pivot in pivots_of(self.menu).items():
            answer = execute(_offline_runner(), self._invocation(pivot), pivot)
            async_answer = asyncio.run(aexecute(_offline_runner(), self._invocation(pivot), pivot))
            # A source of a plug-in's own may have answered, each time at another moment.
            finding, async_finding = (
                dataclasses.replace(result.finding, asked_at=None) for result in (answer, async_answer)
            )
            check(finding == async_finding, f"{name}: the two forms differ")
            check((finding.subject, finding.pivot) == (self.subject, name), f"{name}: it is about {finding.subject}")
            check(
                finding.outcome is not Outcome.FAILED and finding.reason,
                f"{name}: {finding.outcome}, {finding.reason!r}",
            )
            check(load_snapshot(snapshot(finding)) == finding, f"{name}: its finding does not survive JSON")

    def test_over_a_column_every_row_is_answered(self) -> None:
        """Rows in, rows out: duplicates, empty cells and what is no such entity included."""
        values: list[object] = [self.subject, None, "\x00", self.subject]
        for name in pivots_of(self.menu):
            pivot = cast("Bulk[Any]", getattr(self.menu, name.partition(".")[2]))
            frame = copy_context().run(_over_offline, pivot, values)
            check(len(frame) == len(values), f"{name}: {len(values)} rows in, {len(frame)} out")
            status = [str(cell) for cell in frame["status"]]
            check(status[0] == status[3] and status[1:3] == ["empty", "unparsable"], f"{name}: {status}")

    def test_columns_say_what_findings_say(self) -> None:
        """Where a pivot can answer in columns, each cell is what the finding of the subject says."""
        workspace = Workspace(Settings(offline=True))
        for name, pivot in pivots_of(self.menu).items():
            columns = workspace.columns(pivot, [self.subject], defaults_of(pivot.signature))
            if columns is not None:
                record = finding_record(workspace.perform(self._invocation(pivot), pivot))
                cells = {column: values[0] for column, values in columns.items()}
                check(
                    all(record.get(column) == cell for column, cell in cells.items()), f"{name}: {cells} and {record}"
                )

    def _call(self, name: str) -> PivotCall[...]:
        return cast("PivotCall[...]", getattr(self.menu(self.subject), name.partition(".")[2]))

    def _invocation(self, pivot: Pivot) -> Invocation:
        return Invocation(pivot.name, self.subject, defaults_of(pivot.signature))


def _over_offline(pivot: Bulk[Any], values: list[object]) -> pd.DataFrame:
    configure(offline=True)
    return pivot.over(values)


def _offline_runner() -> Runner:
    """A runner with no source at all, and no network."""
    return Workspace(Settings(offline=True)).runner(clock=lambda: AT)


def _is_rejected(call: PivotCall[...], *args: object, **kwargs: object) -> bool:
    try:
        call.invocation(*args, **kwargs)
    except TypeError:
        return True
    return False
