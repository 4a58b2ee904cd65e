"""Names and addresses on the network."""
