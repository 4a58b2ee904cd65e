"""A case in the formats of others."""
