"""clew: entities, typed pivots, and an investigation that remembers."""

from clew.entities import (
    Account,
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
from clew.graph.plan import Budget
from clew.pivots import attach_menus
from clew.pivots.context import configure, connect
from clew.views.investigation import Investigation

__all__ = [
    "Account",
    "Budget",
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
    "Process",
    "Relation",
    "Severity",
    "Url",
    "Verdict",
    "configure",
    "connect",
    "parse",
]

attach_menus()
