"""clew: entities, typed pivots, and an investigation that remembers."""

from importlib import import_module
from typing import TYPE_CHECKING

from clew.entities import (
    Account,
    AutonomousSystem,
    Certificate,
    Domain,
    Entity,
    Fact,
    File,
    Finding,
    Host,
    IpAddress,
    Key,
    Link,
    Outcome,
    Process,
    Relation,
    Severity,
    Url,
    Verdict,
    parse,
)
from clew.entities.times import TimeWindow, When
from clew.pivots import attach_menus, configure, connect

if TYPE_CHECKING:
    from clew.graph.pipelines import Pipeline
    from clew.graph.plan import Budget
    from clew.pivots.sources import sources
    from clew.views.accessor import extend_pandas
    from clew.views.browser import browse
    from clew.views.investigation import Investigation
    from clew.views.result_browser import browse_results

__all__ = [
    "Account",
    "AutonomousSystem",
    "Budget",
    "Certificate",
    "Domain",
    "Entity",
    "Fact",
    "File",
    "Finding",
    "Host",
    "Investigation",
    "IpAddress",
    "Key",
    "Link",
    "Outcome",
    "Pipeline",
    "Process",
    "Relation",
    "Severity",
    "TimeWindow",
    "Url",
    "Verdict",
    "When",
    "browse",
    "browse_results",
    "configure",
    "connect",
    "extend_pandas",
    "parse",
    "sources",
]

attach_menus()

# The case is loaded when it is first named: a pivot without one needs a third less time to the first answer.
_LATER = {
    "Budget": "clew.graph.plan",
    "Investigation": "clew.views.investigation",
    "Pipeline": "clew.graph.pipelines",
    "browse": "clew.views.browser",
    "browse_results": "clew.views.result_browser",
    "extend_pandas": "clew.views.accessor",
    "sources": "clew.pivots.sources",
    "load_ipython_extension": "clew.views.magics",  # `%load_ext clew` looks for it here
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module 'clew' has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
