"""One file for each computation that Loopless finds in loops."""
