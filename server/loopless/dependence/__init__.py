"""Which iterations must keep their order: subscript tests and the graph of what depends on what."""
