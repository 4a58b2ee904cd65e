"""Engines that hold logs and answer queries: a protocol, a registry, and one engine for files."""
