"""clew: entities, typed pivots, and an investigation that remembers."""

from importlib import import_module
from typing import TYPE_CHECKING

from clew.entities import (
    Account,
    Alert,
    AttackTechnique,
    AutonomousSystem,
    Certificate,
    Domain,
    Entity,
    Fact,
    File,
    Finding,
    Host,
    Incident,
    IpAddress,
    Key,
    Link,
    Outcome,
    Process,
    Relation,
    Severity,
    Url,
    Verdict,
    Vulnerability,
    parse,
)
from clew.entities.times import TimeLike, TimeWindow
from clew.feeds.front_door import serve_with
from clew.pivots import attach_menus, configure, connect, detect
from clew.pivots.feed_service import WorkspaceFeeds

if TYPE_CHECKING:
    from clew.graph.expansion.plan import Budget
    from clew.logs.alerts import alerts
    from clew.pipelines import Pipeline
    from clew.pivots.source_catalog import sources
    from clew.views.investigation import Investigation
    from clew.views.notebook.accessor import extend_pandas
    from clew.views.notebook.pivot_browser import browse
    from clew.views.notebook.result_browser import browse_results

__all__ = [
    "Account",
    "Alert",
    "AttackTechnique",
    "AutonomousSystem",
    "Budget",
    "Certificate",
    "Domain",
    "Entity",
    "Fact",
    "File",
    "Finding",
    "Host",
    "Incident",
    "Investigation",
    "IpAddress",
    "Key",
    "Link",
    "Outcome",
    "Pipeline",
    "Process",
    "Relation",
    "Severity",
    "TimeLike",
    "TimeWindow",
    "Url",
    "Verdict",
    "Vulnerability",
    "alerts",
    "browse",
    "browse_results",
    "configure",
    "connect",
    "detect",
    "extend_pandas",
    "parse",
    "sources",
]

attach_menus()
serve_with(WorkspaceFeeds())

# The case is loaded when it is first named: a pivot without one needs a third less time to the first answer.
_LAZY_NAMES = {
    "Budget": "clew.graph.expansion.plan",
    "Investigation": "clew.views.investigation",
    "Pipeline": "clew.pipelines",
    "alerts": "clew.logs.alerts",
    "browse": "clew.views.notebook.pivot_browser",
    "browse_results": "clew.views.notebook.result_browser",
    "extend_pandas": "clew.views.notebook.accessor",
    "sources": "clew.pivots.source_catalog",
    "load_ipython_extension": "clew.views.notebook.magics",  # `%load_ext clew` looks for it here
}


def __getattr__(name: str) -> object:
    if name not in _LAZY_NAMES:
        raise AttributeError(f"module 'clew' has no attribute {name!r}")
    return getattr(import_module(_LAZY_NAMES[name]), name)
