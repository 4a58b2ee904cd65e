"""The memory: one event log, and the graph that follows from it."""
