"""The incident of the graph is what pipelines run on, too."""

from tests.graph.conftest import around, case, incident

__all__ = ["around", "case", "incident"]  # fixtures are found by name
