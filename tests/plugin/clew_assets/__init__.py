"""An example of a plug-in for clew: a menu of its own, and a provider that joins `ti.lookup`."""
