"""A package beside clew: a format, a schema with a view and a query, an engine and a menu, a file each."""
