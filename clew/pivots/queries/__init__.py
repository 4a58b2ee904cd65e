"""Menus `query`, one module an entity: written by `clew.pivots.generate` out of query packs."""
