"""Sources on this machine: thin adapters over logs, feeds and transforms."""
