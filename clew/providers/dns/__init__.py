"""The DNS, asked of a resolver."""
