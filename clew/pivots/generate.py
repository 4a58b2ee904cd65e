"""Typed menus out of query packs: `python -m clew.pivots.generate` writes `queries/`, with `--check` it compares."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from clew.logs.query_packs import Query, QueryParameter, load_queries

FOLDER = Path(__file__).with_name("queries")
#: The short names of menus whose entity has a long one.
_MENUS = {"IpAddress": "Ip"}
_HEAD = '''"""Menu `query` of {subject} entities: questions to the connected logs.

Generated from clew/logs/queries by `python -m clew.pivots.generate`. Do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from clew.entities import {subject}
from clew.entities.times import TimeLike
from clew.pivots.binding import Menu, bind
from clew.providers.base import Steps, operation
from clew.providers.local.logs import LogProvider
'''


def module_texts() -> Mapping[str, str]:
    """Every module by file name: one for each entity that there are queries about."""
    own_queries = (query for query in load_queries().values() if not query.package)
    queries = sorted(own_queries, key=lambda query: query.subject)
    groups = groupby(queries, key=lambda query: query.subject)
    return {
        f"{_variable(subject)}.py": f"{_HEAD.format(subject=subject)}\n\n{_block(subject, list(group))}\n"
        for subject, group in groups
    }


def _variable(subject: str) -> str:
    """How one entity is called in code: `ip`."""
    return subject.lower().removesuffix("address")


def _block(subject: str, queries: list[Query]) -> str:
    short = _MENUS.get(subject, subject)
    operations = "\n\n".join(_operation(query) for query in queries)
    rows = "\n".join(f"    {query.name} = bind({short}Logs.{query.name})" for query in queries)
    return (
        f'class {short}Logs(LogProvider):\n    """Log queries about {subject} entities."""\n\n{operations}\n\n\n'
        f'class {short}Query(Menu[{subject}]):\n    """Questions to the logs about {subject} entities."""\n\n'
        f'    menu: ClassVar[str] = "query"\n{rows}'
    )


def _operation(query: Query) -> str:
    subject = _variable(query.subject)
    bindings = ", ".join(f'"{item.name}": {item.name}' for item in query.parameters)
    all_parameters = (*query.parameters, *_COMMON)
    parameters = [f"{item.name}: {item.type} = {item.default!r}" for item in all_parameters]
    # A line each: so it is laid out as the formatter would, however many there are.
    signature = "".join(f"        {line},\n" for line in ["self", f"{subject}: {query.subject}", "*", *parameters])
    notes = "\n".join(f"            {_note(item)}" for item in all_parameters)
    broad = ", broad=True" if query.broad else ""
    return (
        f"    @operation(calls=1{broad})\n"
        f"    def {query.name}(\n{signature}    ) -> Steps:\n"
        f'        """{query.about}\n\n        Args:\n{notes}\n        """\n'
        f'        return self.ask("{query.id}", {subject}, {{{bindings}}}, limit, start, end)'
    )


#: What every query takes besides parameters of its own.
_COMMON = (
    QueryParameter("limit", "int", 1000, "the most rows to fetch; the finding says how many there are"),
    QueryParameter(
        "start", "TimeLike | None", None, "only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says"
    ),
    QueryParameter("end", "TimeLike | None", None, "only rows before then; else as the case says"),
)


def _note(parameter: QueryParameter) -> str:
    return f"{parameter.name}: {parameter.about}."


def main(arguments: list[str]) -> int:
    """Write the modules, or with `--check` say whether they are what would be written."""
    texts = module_texts()
    files = {file.name: file.read_text("utf-8") for file in FOLDER.glob("[!_]*.py")}
    if arguments == ["--check"]:
        stale = sorted(name for name in texts.keys() | files.keys() if texts.get(name) != files.get(name))
        if stale:
            sys.stderr.write(f"{', '.join(stale)} in {FOLDER.name} are stale: run python -m clew.pivots.generate\n")
        return 1 if stale else 0
    for name in files.keys() - texts.keys():
        (FOLDER / name).unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
