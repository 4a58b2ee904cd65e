"""Every format that a case can be written in: clew's own, and those of other packages by their entry points.

In the group `clew.exporters`, `acme = clew_acme:ACME` makes the format `acme`; what it names is an `Exporter`.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clew.entities.display import visible
from clew.entities.spelling import spelling_hint
from clew.errors import ExportError
from clew.graph.export.exporter import Exporter, ExportSource, registered_exporters
from clew.graph.export.prov import PROV
from clew.graph.export.ro_crate import RO_CRATE
from clew.graph.export.table_folder import CSV, JSONL, PARQUET
from clew.graph.format.atomic_write import atomic_file, atomic_folder
from clew.plugins import Plugin, PluginFailure, installed_plugins, load_plugin

EXPORTER_GROUP = "clew.exporters"
_BUILT_IN = (PROV, RO_CRATE, CSV, JSONL, PARQUET)


@dataclass(frozen=True, slots=True)
class Export:
    """What was written.

    Attributes:
        path: the file or the folder.
        format: the name of the format.
        losses: what of the case is not in it.
    """

    path: Path
    format: str
    losses: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([f"wrote {visible(self.path)}", *(f"  not in it: {loss}" for loss in self.losses)])


@dataclass(frozen=True, slots=True)
class PluginExporters:
    """The formats of other packages.

    Attributes:
        exporters: those that can be used.
        failures: why the others cannot.
    """

    exporters: tuple[Exporter, ...]
    failures: tuple[PluginFailure, ...]


def exporters() -> tuple[Exporter, ...]:
    """Every format that can be used. To know, the packages of other formats are imported."""
    return (*_own_exporters(), *plugin_exporters(_own_exporters()).exporters)


def exporter_failures() -> tuple[PluginFailure, ...]:
    """The formats of other packages that cannot be used, and why."""
    return plugin_exporters(_own_exporters()).failures


def _own_exporters() -> tuple[Exporter, ...]:
    return (*_BUILT_IN, *registered_exporters())


@functools.cache
def plugin_exporters(own_exporters: tuple[Exporter, ...]) -> PluginExporters:
    """The formats of other packages, beside those of clew. Where two claim one name, neither gets it."""
    plugins = installed_plugins(EXPORTER_GROUP)
    counts = Counter(plugin.name for plugin in plugins)
    own_names = {exporter.name for exporter in own_exporters}
    usable: list[Exporter] = []
    failures: list[PluginFailure] = []
    for plugin in plugins:
        if plugin.name in own_names:
            result: Exporter | PluginFailure = PluginFailure(plugin, f"{plugin.name} is taken by clew itself")
        elif counts[plugin.name] > 1:
            result = PluginFailure(plugin, f"{plugin.name} is offered more than once: {_offers(plugins, plugin.name)}")
        else:
            result = _load_exporter(plugin)
        if isinstance(result, Exporter):
            usable.append(result)
        else:
            failures.append(result)
    return PluginExporters(tuple(usable), tuple(failures))


def _offers(plugins: Sequence[Plugin], name: str) -> str:
    return "by " + " and by ".join(str(plugin) for plugin in plugins if plugin.name == name)


def _load_exporter(plugin: Plugin) -> Exporter | PluginFailure:
    candidate = load_plugin(plugin)
    if isinstance(candidate, PluginFailure):
        return candidate
    if not isinstance(candidate, Exporter):
        return PluginFailure(plugin, "it is no format: a format is an Exporter")
    if candidate.name != plugin.name:
        return PluginFailure(plugin, f"it calls itself {candidate.name!r}, its entry point calls it {plugin.name!r}")
    return PluginFailure(plugin, candidate.problem) if candidate.problem else candidate


def choose_exporter(path: Path, name: str | None = None) -> Exporter:
    """The format by its name; without one, that of the ending of a file.

    Raises:
        ExportError: there is no such format; the ending is that of none, or of several; or the two do not fit.
    """
    by_ending = _exporters_by_ending(path)
    if name is None:
        if len(by_ending) == 1:
            return by_ending[0]
        reason = "several formats end so" if by_ending else "no format ends so"
        raise ExportError(f"{visible(path.name)}: {reason}", location="format", next_step=_choices(by_ending))
    exporter = next((exporter for exporter in exporters() if exporter.name == name), None)
    if exporter is None:
        names = [exporter.name for exporter in exporters()]
        hint = spelling_hint(name, names)
        raise ExportError(
            f"there is no format {visible(name, 60)}",
            location="format",
            next_step=hint if hint.startswith("there are ") else f"{hint} There are {', '.join(names)}",
        )
    if exporter.ending and exporter not in by_ending:
        raise ExportError(
            f"{visible(path.name)} does not end in {exporter.ending}, as {exporter.title} does",
            location="format",
            next_step=f"end it in {exporter.ending}, or choose another format",
        )
    if not exporter.ending and by_ending:
        raise ExportError(
            f"{visible(path.name)} ends as {by_ending[0].title} does, and {exporter.title} is a folder",
            location="format",
            next_step="give the folder another name, or choose another format",
        )
    return exporter


def _exporters_by_ending(path: Path) -> list[Exporter]:
    """The formats of files that end so; where one ending is part of another, those of the longer."""
    name = path.name.lower()
    matching = [exporter for exporter in exporters() if exporter.ending and name.endswith(exporter.ending)]
    longest = max((len(exporter.ending) for exporter in matching), default=0)
    return [exporter for exporter in matching if len(exporter.ending) == longest]


def _choices(by_ending: Sequence[Exporter]) -> str:
    if by_ending:
        return f"choose a format: {', '.join(exporter.name for exporter in by_ending)}"
    files = ", ".join(f"{exporter.ending} ({exporter.name})" for exporter in exporters() if exporter.ending)
    folders = ", ".join(exporter.name for exporter in exporters() if not exporter.ending)
    return f"end it in {files}, or choose the format of a folder: {folders}"


def export_case(source: ExportSource, path: Path, exporter: Exporter) -> Export:
    """Write a case in a format: a file that is there is replaced in one step, a folder that has files is left alone.

    Raises:
        CaseExists: the folder has files already.
        CaseReadOnly: it cannot be written there.
        CaseDamaged: a step or a piece of evidence is not what was written.
    """
    scratch_context = atomic_file if exporter.ending else atomic_folder
    with scratch_context(path, f"the export ({exporter.name})") as scratch:
        exporter.writer(source, scratch)
    return Export(path, exporter.name, exporter.losses)
