"""The menus of pivots: tables that bind operations to entities."""
