"""Local threat intelligence: feeds of many formats, kept in small indexed files that are asked without any network."""
