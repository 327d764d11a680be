"""Text, cut into chunks."""
