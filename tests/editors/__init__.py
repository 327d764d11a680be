"""Real editors, driven as a person would."""
