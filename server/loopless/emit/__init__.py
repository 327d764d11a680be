"""Pieces -> tensor code -> edits, in the words of the file."""
