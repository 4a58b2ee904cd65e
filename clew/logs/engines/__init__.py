"""Engines that hold logs and answer queries."""
