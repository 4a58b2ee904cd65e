"""What every engine of logs is held to, as tests to inherit.

    class TestAcme(LogEngineSuite):
        engine = ENGINE
        view, column = "connections", "peer_ip"

        def make_logs(self, folder: Path) -> str: ...

Tests that need a source make one in a folder of their own, so nothing is shared between them.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import ClassVar

from clew.errors import ConnectError, QueryError
from clew.graph.format.connection_event import Connected
from clew.graph.format.events import event_adapter, event_json
from clew.logs.engines.protocol import LogEngine, LogSource
from clew.logs.engines.registry import log_engine, open_source
from clew.logs.schema_files import load_schemas
from clew.testing.providers import check

#: Values that break what takes them for code.
HOSTILE_VALUES = (
    "' OR '1'='1",
    "'; DROP TABLE events; --",
    "x') UNION SELECT * FROM events --",
    '"; SELECT 1; --',
    "$1 :name ?",
    "%' ESCAPE '\\' --",
    "/* */ ; SELECT 1",
    "a\x00b",
    "\u202e",
)
#: What is not exactly one SELECT, with `{view}` for one of the views.
NO_QUERIES = (
    "",
    ";",
    "SELECT",
    "SELECT * FROM {view}; SELECT 1",
    "DELETE FROM {view}",
    "UPDATE {view} SET source = ''",
    "DROP TABLE {view}",
    "CREATE TABLE other AS SELECT 1",
    "SELECT * FROM nowhere",
)
#: Identities that no source has; a case from anybody may name them.
NO_IDENTITIES = ("", "0", "..", "../../etc/passwd", "/dev/zero", "https://evil.example/", "f" * 64)
_MAX_ROWS = 1000


class LogEngineSuite:
    """The contract of an engine. A subclass whose name begins with `Test` is run by pytest.

    Attributes:
        view: one that the sources of `make_logs` have rows of, two at least and less than a thousand.
        column: a column of the view that holds text.
        hostile_values: what is bound in its place.
    """

    engine: ClassVar[LogEngine]
    view: ClassVar[str]
    column: ClassVar[str]
    hostile_values: ClassVar[tuple[str, ...]] = HOSTILE_VALUES

    def make_logs(self, folder: Path) -> str:
        """Make logs in an empty folder, and return the location to open them by."""
        raise NotImplementedError

    @contextmanager
    def open_source_in(self, folder: Path) -> Generator[LogSource]:
        """A source over the logs, with its cache beside them."""
        logs = folder / "logs"
        logs.mkdir()
        with closing(self.engine.open(self.make_logs(logs), folder / "cache")) as source:
            yield source

    def all_rows_sql(self) -> str:
        """A SELECT of all rows of the view."""
        return f"SELECT * FROM {self.view}"  # noqa: S608 - the suite's own word

    def test_it_is_found_by_its_name(self) -> None:
        """The registry has it under its name, and what it needs is named."""
        check(re.fullmatch(r"[a-z][a-z0-9-]{1,20}", self.engine.name), f"{self.engine.name!r} is no short name")
        check(log_engine(self.engine.name) is self.engine, "the registry has another engine under its name")
        check(all(map(str.isidentifier, self.engine.libraries)), "libraries are named as they are imported")

    def test_it_is_found_by_a_location(self, tmp_path: Path) -> None:
        """A location of its kind is opened by it, and one that nobody knows is none of its."""
        check(not self.engine.recognises("unheard-of://x"), "it takes a location that nobody knows")
        location = self.make_logs(tmp_path)
        check(self.engine.recognises(location), f"it does not recognise {location!r}")
        with closing(open_source(location, tmp_path / "cache")) as source:
            check(source.description.engine == self.engine.name, f"{location!r} is opened by another engine")

    def test_nothing_there_is_a_connect_error(self, tmp_path: Path) -> None:
        """A location of its kind with nothing at it is a typed error."""
        location = self.make_logs(tmp_path)
        try:
            self.engine.open(location.replace(tmp_path.name, "nowhere"), tmp_path / "cache")
        except ConnectError:
            return
        check(condition=False, message="a location with nothing at it is opened")

    def test_its_description_is_complete(self, tmp_path: Path) -> None:
        """Names, an identity and counts that are numbers; written as an event and read, it is the same."""
        with self.open_source_in(tmp_path) as source:
            description = source.description
        check(source.name == description.name, "the source and its description have two names")
        check(description.identity and description.location, "it has an identity and a location")
        check(all(type(count) is int and count >= 0 for count in description.counts.values()), "counts are counts")
        event = event_adapter().validate_json(event_json(Connected(description)))
        check(event == Connected(description), "its description is another one when it was written and read")

    def test_its_identity_is_stable(self, tmp_path: Path) -> None:
        """Opened again and reopened from the cache it is the same source, wherever a case says that it was."""
        with self.open_source_in(tmp_path) as source:
            first = source.description
        for full_check in (False, True):
            with closing(self.engine.open(first.location, tmp_path / "cache", full_check=full_check)) as source:
                check(source.description == first, "opened again it is another source")
        moved_description = dataclasses.replace(first, location="/dev/zero")
        reopened_source = self.engine.reopen(moved_description, tmp_path / "cache")
        if reopened_source is None:
            raise AssertionError("what was open on this machine is not found by its identity")
        with closing(reopened_source) as source:
            check(source.description == moved_description, "reopened it is another source")
            check(source.select(self.all_rows_sql(), {}, _MAX_ROWS).rows, "reopened it has no rows")

    def test_what_was_never_open_is_not_reopened(self, tmp_path: Path) -> None:
        """An identity that nothing had on this machine gives None, and leaves nothing behind."""
        with self.open_source_in(tmp_path) as source:
            description = source.description
        cache = tmp_path / "other-cache"
        for identity in (description.identity, *NO_IDENTITIES):
            absent = dataclasses.replace(description, identity=identity)
            check(self.engine.reopen(absent, cache) is None, f"{identity!r} is reopened")
        check(not cache.exists() or not any(cache.iterdir()), "something is left in the cache")

    def test_rows_have_the_columns_of_their_view(self, tmp_path: Path) -> None:
        """Every view that it can have is one of clew's, with its columns, and raw events only where it says so."""
        with self.open_source_in(tmp_path) as source:
            check(self.view in source.capabilities.views, f"it cannot have rows of {self.view}")
            views = load_schemas().views
            for name in source.capabilities.views:
                check(name in views, f"there is no view {name!r}")
                rows = source.select(f"SELECT * FROM {name}", {}, 1)  # noqa: S608 - the name of a view
                raw = ("raw",) if source.capabilities.raw_events else ()
                check(rows.columns == (*views[name].columns, *raw), f"a row of {name} has the columns {rows.columns}")

    def test_a_limit_is_kept_and_told(self, tmp_path: Path) -> None:
        """No more rows than the limit come, the first ones by time, with how many there are."""
        with self.open_source_in(tmp_path) as source:
            all_rows = source.select(self.all_rows_sql(), {}, _MAX_ROWS)
            first = source.select(self.all_rows_sql(), {}, 1)
            is_exact = source.capabilities.exact_count
        check(1 < len(all_rows.rows) < _MAX_ROWS, "the logs of the suite have two rows at least, and not too many")
        check(all_rows.available == len(all_rows.rows), "all rows are not as many as are available")
        check(first.rows == all_rows.rows[:1], "the first row with a limit is not the first one")
        check(first.available == all_rows.available or not is_exact, "with a limit another number is available")

    def test_values_are_bound(self, tmp_path: Path) -> None:
        """A value never becomes part of the statement: it is found where it stands, and nowhere else."""
        with self.open_source_in(tmp_path) as source:
            all_rows = source.select(self.all_rows_sql(), {}, _MAX_ROWS)
            sql = f"{self.all_rows_sql()} WHERE {self.column} = {source.dialect.parameter('value')}"
            index = all_rows.columns.index(self.column)
            value = next(row[index] for row in all_rows.rows if row[index])
            found_rows = source.select(sql, {"value": value}, _MAX_ROWS).rows
            expected_rows = tuple(row for row in all_rows.rows if row[index] == value)
            check(found_rows == expected_rows, f"{value!r} is not found")
            for hostile in self.hostile_values:
                try:
                    rows = source.select(sql, {"value": hostile}, _MAX_ROWS).rows
                except QueryError:
                    rows = ()
                check(rows == (), f"{hostile!r} finds {rows}")
            check(source.select(self.all_rows_sql(), {}, _MAX_ROWS) == all_rows, "the rows are not what they were")

    def test_parameters_are_those_of_the_query(self, tmp_path: Path) -> None:
        """A parameter that is missing, and one that is too many, are a QueryError."""
        with self.open_source_in(tmp_path) as source:
            sql = f"{self.all_rows_sql()} WHERE {self.column} = {source.dialect.parameter('value')}"
            for parameters in ({}, {"value": "x", "other": "y"}, {"other": "y"}):
                self._check_refused(source, sql, parameters)

    def test_a_query_is_one_select(self, tmp_path: Path) -> None:
        """Whatever is not exactly one SELECT over the views is a QueryError, and changes nothing."""
        with self.open_source_in(tmp_path) as source:
            all_rows = source.select(self.all_rows_sql(), {}, _MAX_ROWS)
            for sql in NO_QUERIES:
                self._check_refused(source, sql.replace("{view}", self.view), {})
            check(source.select(self.all_rows_sql(), {}, _MAX_ROWS) == all_rows, "the rows are not what they were")

    def _check_refused(self, source: LogSource, sql: str, parameters: Mapping[str, object]) -> None:
        try:
            source.select(sql, parameters, _MAX_ROWS)
        except QueryError:
            return
        check(condition=False, message=f"{sql!r} with {parameters} is answered")

    def test_it_may_be_closed_twice(self, tmp_path: Path) -> None:
        """Closing twice is fine."""
        with self.open_source_in(tmp_path) as source:
            source.close()
