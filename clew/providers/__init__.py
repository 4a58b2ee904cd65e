"""The outside world: asks out, replies in, findings back. No graph, no DataFrame, no notebook."""
