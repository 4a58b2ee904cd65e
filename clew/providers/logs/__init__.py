"""Logs: files made queryable on an embedded engine, field maps, and query packs."""
