"""TAXII 2.1: collections of STIX objects that a server keeps, fetched into local feeds page by page."""
