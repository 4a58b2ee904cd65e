"""The sources that there are: what each knows, whether look-ups ask it, and what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from clew.entities import ENTITY_TYPES, Entity
from clew.entities.display import html_table, visible
from clew.pivots.description import contact
from clew.pivots.invocation import Pivot
from clew.pivots.registry import own_pivots, pivots_for
from clew.pivots.session import workspace
from clew.providers.base import Provider, Quota
from clew.settings import SPANS

_PivotsOf = Callable[[type[Entity]], Mapping[str, Pivot]]
#: What the cells of a source are.
HEAD = ("source", "title", "contact", "key", "look-ups", "quota", "pivots")
_SPANS: Mapping[timedelta, str] = MappingProxyType(
    {span: f"{'an' if name == 'hour' else 'a'} {name}" for name, span in SPANS.items()}
)


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source.

    Attributes:
        contact: `local` (nothing leaves), `passive` (somebody outside learns of it) or `active` (the suspect may).
        secret: the name of the key; empty if it has none.
        key: `set`, `missing`, `optional` (not set, and not needed) or `none`.
        lookup_state: whether look-ups ask it that name nobody: `yes`, `no`, or `disabled`.
        quotas: what it allows each key, or what the settings say that it allows.
        pivots: everything that it can be asked, as `IpAddress.ti.abuseipdb`.
    """

    name: str
    title: str
    docs: str
    contact: str
    secret: str
    key: str
    lookup_state: str
    quotas: tuple[Quota, ...]
    pivots: tuple[str, ...]

    @property
    def limits(self) -> str:
        """The quotas in words."""
        return limits(self.quotas)

    @property
    def cells(self) -> tuple[str, ...]:
        """As a row of a table."""
        key = f"{self.secret} ({self.key})" if self.secret else ""
        return self.name, self.title, self.contact, key, self.lookup_state, self.limits, " ".join(self.pivots)


class Sources(tuple[SourceState, ...]):
    """Sources, to look through."""

    __slots__ = ()

    def __repr__(self) -> str:
        rows = [HEAD, *(source.cells for source in self)]
        widths = [max(len(row[index]) for row in rows) for index in range(len(HEAD) - 1)]
        lines = ("  ".join([*map(str.ljust, row, widths), row[-1]]) for row in rows)
        return "\n".join(map(visible, lines))

    def _repr_html_(self) -> str:
        return html_table(HEAD, [source.cells for source in self])


def sources() -> Sources:
    """Every source that some pivot asks, those of plug-ins too.

    >>> from clew.pivots.source_catalog import sources
    >>> next(source.contact for source in sources() if source.name == "feed")
    'local'
    """
    active_workspace = workspace()
    includes, has_key, disabled_names = (
        active_workspace.lookup_policy.includes,
        active_workspace.keys.has,
        active_workspace.gate.disabled_providers,
    )
    quotas = active_workspace.quotas
    states: list[SourceState] = []
    for group in group_sources(pivots_for).values():
        provider = group.provider
        key = "set" if provider.secret and has_key(provider) else _lacking(provider)
        lookup_state = "disabled" if provider.name in disabled_names else "yes" if includes(provider) else "no"
        states.append(
            SourceState(
                provider.name,
                provider.title,
                provider.docs,
                contact(provider),
                provider.secret,
                key,
                lookup_state,
                quotas.quotas_of(provider),
                group.pivots,
            )
        )
    return Sources(sorted(states, key=lambda source: source.name))


@dataclass(frozen=True, slots=True)
class SourcePivots:
    """What is asked of one source, by all entities; `provider` is the first class of that name."""

    provider: type[Provider]
    rows: tuple[tuple[type[Entity], Pivot], ...]

    @property
    def pivots(self) -> tuple[str, ...]:
        """As `IpAddress.ti.abuseipdb`."""
        return tuple(f"{entity.__name__}.{row.name}" for entity, row in self.rows)


def group_sources(pivots_of: _PivotsOf = own_pivots) -> dict[str, SourcePivots]:
    """The sources by name, each with the pivots that ask it alone."""
    groups: dict[str, SourcePivots] = {}
    for entity in ENTITY_TYPES.values():
        for row in pivots_of(entity).values():
            if row.member_names:
                continue
            for provider in row.providers:
                group = groups.get(provider.name, SourcePivots(provider, ()))
                groups[provider.name] = SourcePivots(group.provider, (*group.rows, (entity, row)))
    return groups


def limits(quotas: tuple[Quota, ...]) -> str:
    """Quotas in words."""
    return ", ".join(f"{quota.calls:,} {_span(quota.per)}" for quota in quotas)


def _lacking(provider: type[Provider]) -> str:
    return "optional" if provider.secret_optional else "missing" if provider.secret else "none"


def _span(per: timedelta) -> str:
    seconds = per.total_seconds()
    return _SPANS.get(per) or (f"in {seconds / 60:g} minutes" if seconds > 60 else f"in {seconds:g} seconds")
