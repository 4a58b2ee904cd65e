"""The plug-ins of the logs: their groups of entry points, and those that cannot be used."""

from __future__ import annotations

from clew.logs.engines.registry import ENGINE_GROUP, engine_plugins
from clew.logs.formats.registry import FORMAT_GROUP, format_table
from clew.logs.pack_files import SCHEMA_GROUP
from clew.logs.query_packs import query_table
from clew.logs.schema_files import schema_table
from clew.plugins import PluginFailure

LOG_GROUPS = (FORMAT_GROUP, SCHEMA_GROUP, ENGINE_GROUP)


def log_plugin_failures() -> tuple[PluginFailure, ...]:
    """Every plug-in of these groups is imported; those that cannot be used, or not wholly."""
    return (*format_table().failures, *schema_table().failures, *query_table().failures, *engine_plugins().failures)
