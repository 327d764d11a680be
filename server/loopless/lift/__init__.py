"""Loop nests -> pieces on named axes."""
